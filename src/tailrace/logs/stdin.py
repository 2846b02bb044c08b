"""Standard input as a source: what is piped in is parsed as it comes."""

from __future__ import annotations

import os
import select
from datetime import timedelta
from zoneinfo import ZoneInfo

import polars as pl

from tailrace.logs.reading.chunk import ChunkResult, flush, read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.state import ReaderState
from tailrace.logs.records import LogRecord, Volume
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.ports import Emits, Outlet
from tailrace.model.settings import Setting, Size
from tailrace.model.streamlet import Streamlet, timer


class StreamIngestor(Streamlet):
    """Reads a pipe until its end. A pipe cannot be read twice: what was read and not committed when the process is
    killed is gone.

    It reads no faster than it can commit, so the writer of the pipe is slowed down rather than memory filled.
    """

    records = Outlet(LogRecord, key="app", doc="records of level WARN and worse")
    volumes = Outlet(Volume, key="app", doc="how many records, by second and level")
    app = Setting(str, default="stdin", help="the application whose log it is")
    descriptor = Setting(int, default=0, help="the file descriptor to read; 0 is standard input")
    zone = Setting(str, default="UTC", check=check_zone, help="the zone of times that name none")
    chunk = Setting(Size, default="4MiB", help="how much to read between two commits")
    pause = Setting(timedelta, default=timedelta(seconds=2), help="how long the last record waits for further lines")

    def on_start(self) -> None:
        """Nothing is read yet. After a failed step the same bytes are parsed again."""
        if not hasattr(self, "_state"):
            self._state = self._before = ReaderState()
            self._bytes = b""
            self._again = self._ended = False
            self._touched = self.context.now

    def pending(self) -> bool:
        """Whether the pipe is still open, or something read is held."""
        return not self._ended or self._state.pending

    def on_reject(self) -> None:
        """Parse the last bytes once more."""
        self._again = True

    @timer("20ms")
    def read(self) -> Emits:
        """Take what stands in the pipe."""
        if self._again:
            self._state, self._again = self._before, False
        else:
            self._before, self._bytes = self._state, self._take()
        if self._bytes or (self._ended and self._state.pending):
            self._touched = self.context.now
            return self._give(
                read_chunk(self._state, self._bytes, final=self._ended, clock=self._clock(), observed=self.context.now)
            )
        if self._state.pending and self.context.now - self._touched >= self.pause:
            return self._give(flush(self._state, clock=self._clock(), observed=self.context.now))
        return []

    def _take(self) -> bytes:
        """The bytes that stand ready, up to a chunk; none when the writer is slow or has closed the pipe."""
        parts: list[bytes] = []
        room = int(self.chunk)
        while room and not self._ended and select.select([self.descriptor], [], [], 0)[0]:
            part = os.read(self.descriptor, room)
            self._ended = not part
            parts.append(part)
            room -= len(part)
        return b"".join(parts)

    def _clock(self) -> TimeContext:
        return TimeContext(self.context.now, ZoneInfo(self.zone), self.app)

    def _give(self, result: ChunkResult) -> Emits:
        self._state = result.state
        self.context.count("lines", result.stats.lines)
        self.context.count("bytes", result.stats.bytes)
        origin = {"app": pl.lit(self.app), "uri": pl.lit("-"), "observed": pl.lit(self.context.now)}
        if result.records.height:
            yield self.records(Batch.from_frame(LogRecord, result.records.with_columns(**origin)))
        if result.volumes.height:
            yield self.volumes(Batch.from_frame(Volume, result.volumes.with_columns(app=pl.lit(self.app))))
