"""Standard input as a source: what is piped in is parsed as it comes."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from datetime import timedelta

from tailrace.connect.piped import Unpacker
from tailrace.logs.ingesting.gathered import Gathered
from tailrace.logs.ingesting.manner import Manner
from tailrace.logs.ingesting.streams import Found, StreamReader, StreamState
from tailrace.logs.reading.levels import LEVELS
from tailrace.logs.records import LogRecord, Volume
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emit, Emits, Outlet
from tailrace.model.settings import Setting, Size
from tailrace.model.streamlet import Streamlet, timer


class StreamIngestor(Streamlet):
    """Reads a pipe until its end. A pipe cannot be read twice: what was read and not committed when the process is
    killed is gone.

    It reads no faster than it can commit, so the writer of the pipe is slowed down rather than memory filled. What is
    packed is unpacked. Of the journal (`journalctl -o json`) each entry belongs to the application that its unit names.
    """

    records = Outlet(LogRecord, key="app", doc="records of level WARN and worse")
    volumes = Outlet(Volume, key="app", doc="how many records, by second and level")
    app = Setting(
        str, default="", help="the application whose log it is; else each unit of a journal, and stdin for all others"
    )
    descriptor = Setting(int, default=0, help="the file descriptor to read; 0 is standard input")
    zone = Setting(str, default="UTC", check=check_zone, help="the zone of times that name none")
    least = Setting(str, default="WARN", choices=LEVELS[1:], help="the lowest level whose records are given in full")
    formats = Setting(str, default="", help="a YAML file of formats of one's own, which go before the known ones")
    chunk = Setting(Size, default="4MiB", help="how much to read between two commits")
    pause = Setting(timedelta, default=timedelta(seconds=2), help="how long the last record waits for further lines")

    def on_start(self) -> None:
        """Nothing is read yet. After a failed step the same bytes are parsed again."""
        self._reader = StreamReader(Manner.of(self.zone, self.least, self.formats), self.app)
        if not hasattr(self, "_state"):
            self._state = self._before = StreamState()
            self._unpacker = Unpacker("standard input")
            self._bytes = b""
            self._again = self._closed = self._ended = False
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
        now = self.context.now
        if self._again:
            self._state, self._again = self._before, False
        else:
            self._before, self._bytes = self._state, self._take()
        if self._bytes or (self._ended and self._state.pending):
            self._touched = now
            found, self._state = self._reader.read(self._state, self._bytes, now, final=self._ended)
            return self._give(found)
        if self._state.pending and not timedelta() <= now - self._touched < self.pause:  # a clock may be set back
            found, self._state = self._reader.pause(self._state, now)
            return self._give(found)
        return []

    def _take(self) -> bytes:
        """What stands ready, unpacked, up to a chunk; nothing when the writer is slow or has closed the pipe."""
        if self._ended:
            return b""
        try:
            data = self._unpacker.read(self.chunk)
            if not data and not self._closed:
                self._unpacker.feed(self._taken(), final=self._closed)
                data = self._unpacker.read(self.chunk)
        except TailraceError as error:
            self.context.logger.warning("%s", error)
            self._ended = True
            return b""
        self._ended = self._closed and not data
        if self._ended and self._unpacker.truncated:
            self.context.logger.warning("standard input is cut short: what came of it was read")
        return data

    def _taken(self) -> bytes:
        """The bytes that stand in the pipe, up to a chunk."""
        parts: list[bytes] = []
        room = int(self.chunk)
        while room and not self._closed and self._ready():
            part = os.read(self.descriptor, room)
            self._closed = not part
            parts.append(part)
            room -= len(part)
        return b"".join(parts)

    def _ready(self) -> bool:
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        return bool(poll.poll(0))

    def _give(self, found: Found) -> Iterator[Emit]:
        gathered, now = Gathered(), self.context.now
        for app, part in found:
            gathered.add(app, "-", now, part)
        records, volumes, invalid, _ = gathered.assembled(now)
        for name, amount in (("lines", gathered.lines), ("bytes", gathered.bytes), ("invalid", invalid)):
            self.context.count(name, amount)
        if records.height:
            yield self.records(Batch.from_frame(LogRecord, records))
        if volumes.height:
            yield self.volumes(Batch.from_frame(Volume, volumes))
