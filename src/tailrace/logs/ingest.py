"""The ingestor: reads announced files and turns their bytes into records and volumes."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tailrace.connect.directory import FileVanished, from_uri, open_at, print_of
from tailrace.logs.reading.chunk import ChunkResult, flush, read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.state import ReaderState
from tailrace.logs.records import LogRecord, Notification, Volume
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError, Transient
from tailrace.model.ports import CHECKPOINT, Checkpoint, Emit, Emits, Inlet, Outlet
from tailrace.model.settings import Setting, Size
from tailrace.model.state import KeyedState
from tailrace.model.streamlet import Streamlet, timer

_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Progress:
    """How far one file has been read, and what is needed to go on; saved with the step."""

    app: str
    uri: str
    modified: datetime
    touched: datetime
    state: ReaderState

    def to_bytes(self) -> bytes:
        """A line of JSON, then the reader's state."""
        head = {
            "app": self.app,
            "uri": self.uri,
            "modified": self.modified.isoformat(),
            "touched": self.touched.isoformat(),
        }
        return json.dumps(head).encode() + b"\n" + self.state.to_bytes()

    @classmethod
    def from_bytes(cls, entry: bytes) -> Progress:
        """The inverse of `to_bytes`."""
        head, _, state = entry.partition(b"\n")
        given: dict[str, str] = json.loads(head)
        return cls(
            given["app"],
            given["uri"],
            datetime.fromisoformat(given["modified"]),
            datetime.fromisoformat(given["touched"]),
            ReaderState.from_bytes(state),
        )


class FileIngestor(Streamlet):
    """Reads files as far as they are announced, each byte once: WARN and worse as records, all else as volumes.

    The format of each file is told from its content. The last record of a file is held back until the next begins,
    since more lines may belong to it; after a pause, or at the end of the file, it is given out. A time more than a day
    ahead of the clock is not believed: its record gets the time at which the file was written to last.
    """

    notifications = Inlet(Notification)
    records = Outlet(LogRecord, key="app", doc="records of level WARN and worse")
    volumes = Outlet(Volume, key="app", doc="how many records, by second and level")
    zone = Setting(str, default="UTC", check=check_zone, help="the zone of times that name none")
    chunk = Setting(Size, default="16MiB", help="how much to read between two commits")
    pause = Setting(
        timedelta, default=timedelta(seconds=2), help="how long a file's last record waits for lines that belong to it"
    )
    files = KeyedState()

    def on_start(self) -> None:
        """Recall how far each file was read."""
        self._recall()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._recall()

    def on_batch(self, notifications: Batch[Notification]) -> Emits:
        """Read on in every file that was announced, the newest announcement of each."""
        gathered = _Gathered()
        latest = notifications.frame.unique("identity", keep="last", maintain_order=True)
        for notice in Batch.from_frame(Notification, latest).records():
            for result in self._results(notice):
                gathered.add(notice.app, notice.uri, result)
                if gathered.bytes >= self.chunk:
                    yield from self._give(gathered)
                    yield CHECKPOINT
        yield from self._give(gathered)

    @timer("500ms")
    def flush_held(self) -> Emits:
        """Give out records that have waited long enough for more lines."""
        gathered = _Gathered()
        for identity, progress in self._waiting():
            result = flush(progress.state, **self._circumstances(progress))
            self._keep(identity, replace(progress, state=result.state))
            self._held.discard(identity)  # an unfinished line may be left, which waits for its end
            gathered.add(progress.app, progress.uri, self._believable(result, progress))
        yield from self._give(gathered)

    def pending(self) -> bool:
        """Whether a file's last record waits for its pause to end."""
        return bool(self._held) and not self.context.exhaust

    # -- reading ------------------------------------------------------------------------------------------------

    def _results(self, notice: Notification) -> Iterator[ChunkResult]:
        """What reading on in one file gives, chunk by chunk; the progress is kept with each."""
        before = self._progress.get(notice.identity)
        state = before.state if before is not None else ReaderState()
        progress = Progress(notice.app, notice.uri, notice.modified, self.context.now, state)
        for chunk, final in self._chunks(notice, state):
            result = read_chunk(progress.state, chunk, final=final, **self._circumstances(progress))
            progress = replace(progress, state=result.state)
            self._keep(notice.identity, progress)
            yield self._believable(result, progress)
        if notice.gone:
            self._forget(notice.identity)

    def _chunks(self, notice: Notification, state: ReaderState) -> Iterator[tuple[bytes, bool]]:
        """The bytes not read so far, each piece with whether it ends the file."""
        position = state.position
        if notice.gone:
            if position < notice.size:
                self.context.logger.warning("%s went with %d bytes unread", notice.uri, notice.size - position)
            if state.pending:
                yield b"", True
            return
        if position >= notice.size:
            if notice.complete and state.pending:
                yield b"", True
            return
        try:
            yield from self._read(notice, position)
        except FileVanished as error:
            self.context.logger.warning("%s", error)

    def _read(self, notice: Notification, position: int) -> Iterator[tuple[bytes, bool]]:
        descriptor = _open(notice)
        try:
            if notice.content and print_of(descriptor, notice.size) != notice.content:
                raise FileVanished(f"{notice.uri} was rewritten before it was read")
            while position < notice.size:
                chunk = os.pread(descriptor, min(self.chunk, notice.size - position), position)
                if not chunk:
                    self.context.logger.warning("%s became shorter while it was read", notice.uri)
                    return
                position += len(chunk)
                yield chunk, notice.complete and position == notice.size
        except OSError as error:
            raise TailraceError(f"cannot read {notice.uri}: {error.strerror}") from None
        finally:
            os.close(descriptor)

    def _circumstances(self, progress: Progress) -> dict[str, Any]:
        clock = TimeContext(progress.modified, ZoneInfo(self.zone), progress.uri)
        return {"clock": clock, "observed": self.context.now}

    def _waiting(self) -> list[tuple[str, Progress]]:
        """Files with a record that has been held for the pause."""
        due = self.context.now - self.pause
        held = ((identity, self._progress[identity]) for identity in sorted(self._held))
        return [(identity, progress) for identity, progress in held if progress.touched <= due]

    # -- memory -------------------------------------------------------------------------------------------------

    def _recall(self) -> None:
        self._progress = {identity: Progress.from_bytes(entry) for identity, entry in self.files.items()}
        self._held = {identity for identity, progress in self._progress.items() if progress.state.pending}

    def _keep(self, identity: str, progress: Progress) -> None:
        (self._held.add if progress.state.pending else self._held.discard)(identity)
        self._progress[identity] = progress
        self.files[identity] = progress.to_bytes()

    def _forget(self, identity: str) -> None:
        self._held.discard(identity)
        if self._progress.pop(identity, None) is not None:
            del self.files[identity]

    def _believable(self, result: ChunkResult, progress: Progress) -> ChunkResult:
        """The result with the file's own time in the place of times that nobody can have seen yet.

        A single one of them would move the watermark so far that all that comes later was late.
        """
        latest = self.context.now + _AHEAD
        ahead = int(result.volumes.filter(pl.col("time") > latest)["lines"].sum())
        if not ahead:
            return result
        self.context.logger.warning("%s: %d records from the future were put in the present", progress.uri, ahead)
        instead = min(progress.modified, self.context.now).replace(microsecond=0)
        time = pl.when(pl.col("time") > latest).then(pl.lit(instead)).otherwise("time").cast(pl.Datetime("us", "UTC"))
        return replace(
            result, records=result.records.with_columns(time=time), volumes=result.volumes.with_columns(time=time)
        )

    # -- giving -------------------------------------------------------------------------------------------------

    def _give(self, gathered: _Gathered) -> Iterator[Emit | Checkpoint]:
        for name, amount in (("lines", gathered.lines), ("bytes", gathered.bytes), ("invalid", gathered.invalid)):
            if amount:
                self.context.count(name, amount)
        if gathered.records:
            frame = pl.concat(gathered.records).with_columns(observed=pl.lit(self.context.now))
            yield self.records(Batch.from_frame(LogRecord, frame))
        if gathered.volumes:
            yield self.volumes(Batch.from_frame(Volume, pl.concat(gathered.volumes)))
        gathered.clear()


class _Gathered:
    """Results of several files, on their way out together."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.records: list[pl.DataFrame] = []
        self.volumes: list[pl.DataFrame] = []
        self.lines = self.bytes = self.invalid = 0

    def add(self, app: str, uri: str, result: ChunkResult) -> None:
        if result.records.height:
            self.records.append(result.records.with_columns(app=pl.lit(app), uri=pl.lit(uri)))
        if result.volumes.height:
            self.volumes.append(result.volumes.with_columns(app=pl.lit(app)))
        self.lines += result.stats.lines
        self.bytes += result.stats.bytes
        self.invalid += result.stats.invalid


def _open(notice: Notification) -> int:
    """Open the announced file, whoever has its name. Raises TailraceError for a file that cannot be read."""
    place = notice.identity.rpartition("-")[0]
    device, _, inode = place.partition(".")
    try:
        return open_at(from_uri(notice.uri), int(device, 16), int(inode, 16))
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise Transient(f"cannot open {notice.uri}: {error.strerror}") from None
        raise TailraceError(f"cannot read {notice.uri}: {error.strerror}", hint="check who may read it") from None
