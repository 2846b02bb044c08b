"""The ingestor: reads announced files and turns their bytes into records and volumes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from tailrace.connect.hands import Hands
from tailrace.logs.ingesting.abreast import LARGE, Large, hands_for_reading
from tailrace.logs.ingesting.files import FileReader
from tailrace.logs.ingesting.gathered import Gathered
from tailrace.logs.ingesting.ledger import Ledger
from tailrace.logs.ingesting.manner import Manner
from tailrace.logs.reading.levels import LEVELS
from tailrace.logs.records import LogRecord, Notification, Volume
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.ports import CHECKPOINT, Checkpoint, Emit, Emits, Inlet, Outlet
from tailrace.model.settings import Setting, Size
from tailrace.model.state import KeyedState
from tailrace.model.streamlet import Streamlet, timer


class FileIngestor(Streamlet):
    """Reads files as far as they are announced, each byte once: WARN and worse as records, all else as volumes.

    The format of each file is told from its content, and so is what it is packed with. The last record of a file is
    held back until the next begins, since more lines may belong to it; after a pause, or at the end of the file, it is
    given out. A file that begins with all that was read of another, as when a rotation copies or packs a log, is read
    from there on only. A time more than a day ahead of the clock is not believed: its record gets the time at which the
    file was written to last.
    """

    notifications = Inlet(Notification)
    records = Outlet(LogRecord, key="app", doc="records of level WARN and worse")
    volumes = Outlet(Volume, key="app", doc="how many records, by second and level")
    zone = Setting(str, default="UTC", check=check_zone, help="the zone of times that name none")
    least = Setting(str, default="WARN", choices=LEVELS[1:], help="the lowest level whose records are given in full")
    formats = Setting(str, default="", help="a YAML file of formats of one's own, which go before the known ones")
    chunk = Setting(Size, default="16MiB", help="how much to read between two commits")
    pause = Setting(
        timedelta, default=timedelta(seconds=2), help="how long a file's last record waits for lines that belong to it"
    )
    files = KeyedState()
    large: ClassVar[Large] = LARGE

    def on_start(self) -> None:
        """Recall how far each file was read."""
        self._manner = Manner.of(self.zone, self.least, self.formats)
        self._met: set[str] = set()  # the files that were counted since the start,
        self._meeting: set[str] = set()  # and those of them that are not committed
        self._recall()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._reader.close()
        self._met -= self._meeting
        self._recall()

    def on_stop(self) -> None:
        """Stop unpacking."""
        self._reader.close()

    def _recall(self) -> None:
        self._ledger = Ledger(self.files)
        self._reader = FileReader(self._ledger, self._manner, self.chunk, self.context, self.make_hands(), self.large)

    def make_hands(self) -> Hands | None:
        """The processes that are to help with large files."""
        return hands_for_reading(self.large)

    def on_batch(self, notifications: Batch[Notification]) -> Emits:
        """Read on in every file that was announced, the newest announcement of each.

        They are read in the order of their first announcements: what was packed comes before the pack.
        """
        gathered = Gathered()
        self._meeting.clear()
        latest = notifications.frame.group_by("identity", maintain_order=True).last()
        for notice in Batch.from_frame(Notification, latest.select(notifications.frame.columns)).records():
            self._count(notice)
            for progress, part in self._reader.announced(notice):
                gathered.add(progress.app, progress.uri, progress.modified, part)
                if gathered.bytes >= self.chunk:
                    yield from self._give(gathered)
                    yield CHECKPOINT
                    self._meeting.clear()
        yield from self._give(gathered)

    @timer("500ms")
    def flush_held(self) -> Emits:
        """Give out records that have waited long enough for more lines."""
        self._meeting.clear()
        gathered = Gathered()
        for progress, part in self._reader.paused(self.context.now - self.pause):
            gathered.add(progress.app, progress.uri, progress.modified, part)
        yield from self._give(gathered)

    def pending(self) -> bool:
        """Whether a file's last record waits for its pause to end."""
        return self._ledger.holding and not self.context.exhaust

    def _count(self, notice: Notification) -> None:
        """Count a file of which there is something to read, once since the start."""
        if notice.identity not in self._met and not self._reader.has_nothing_new(notice):
            self._met.add(notice.identity)
            self._meeting.add(notice.identity)
            self.context.count("files")
        if notice.gone:
            self._met.discard(notice.identity)

    def _give(self, gathered: Gathered) -> Iterator[Emit | Checkpoint]:
        if not gathered.lines and not gathered.bytes:
            return
        records, volumes, invalid, ahead = gathered.assembled(self.context.now)
        for uri, amount in ahead.items():
            self.context.logger.warning("%s: %d records from the future were put in the present", uri, amount)
        for name, amount in (("lines", gathered.lines), ("bytes", gathered.bytes), ("invalid", invalid)):
            if amount:
                self.context.count(name, amount)
        if records.height:
            yield self.records(Batch.from_frame(LogRecord, records))
        if volumes.height:
            yield self.volumes(Batch.from_frame(Volume, volumes))
        gathered.clear()
