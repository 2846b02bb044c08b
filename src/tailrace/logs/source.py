"""The source: watches files and says how far each can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from tailrace.connect.directory import HEAD_SIZE, FoundFile, Unreadable, find_files, head_digest, to_uri
from tailrace.logs.apps import app_of, check_pattern
from tailrace.logs.records import Notification
from tailrace.model.ports import Emits, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState, State
from tailrace.model.streamlet import Streamlet, timer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ANY_APP = re.compile(r"(?!)")


@dataclass(frozen=True)
class Known:
    """What is remembered of a file: whose it is, and up to where it has been announced."""

    path: str
    serial: int
    head_size: int
    head: str
    size: int
    modified_ns: int
    complete: bool


class DirectorySource(Streamlet):
    """Watches files, directories and globs, and announces each file when it appears and whenever it has grown.

    A file is read once, also when it is moved; a file that is rewritten, or replaced by another, is read from its
    start. Files are announced in the order of their modification times.
    """

    notifications = Outlet(Notification, key="identity")
    paths = Setting(list[str], help="files, directories and globs to watch; hidden files are passed over")
    exclude = Setting(list[str], default=[], help="globs of files to pass over, by name or by whole path")
    app = Setting(
        re.Pattern,
        default=_ANY_APP,
        check=check_pattern,
        help="finds the application's name in a path (group `app`); where it does not, the file's stem is the name",
    )
    poll = Setting(timedelta, default=timedelta(milliseconds=500), help="how often to look")
    settle = Setting(
        timedelta,
        default=timedelta(seconds=10),
        help="a file that was not written to for so long is complete: its last line counts without a newline",
    )
    known = KeyedState()
    serial = State(int, default=0)

    def on_start(self) -> None:
        """Read what is known of each file."""
        self._complaints: dict[str, str] = {}
        self._missing: set[str] = set()
        self._recall()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._recall()

    def _recall(self) -> None:
        self._files = {key: Known(**json.loads(entry)) for key, entry in self.known.items()}

    @timer("poll")
    def look(self) -> Emits:
        """Announce what is new."""
        found = list(find_files(self.paths, self.exclude))
        self._complain([each for each in found if isinstance(each, Unreadable)])
        files = sorted((each for each in found if isinstance(each, FoundFile)), key=lambda file: file.modified_ns)
        news = [notice for file in files for notice in self._judge(file)]
        news += self._farewells({_key(file) for file in files})
        if news:
            yield self.notifications(news)

    def _judge(self, file: FoundFile) -> Iterator[Notification]:
        """Announce the file if there is something to say of it."""
        before = self._files.get(_key(file))
        complete = self.context.exhaust or self._settled(file)
        if before is not None and self._unchanged(file, before, complete):
            return
        try:
            known = self._identify(file, before, complete)
        except OSError as error:
            self._complain([Unreadable(file.path, error.strerror or str(error))])
            return
        if before is not None and known.serial != before.serial:
            yield self._farewell(_key(file), before)
        self._remember(_key(file), known)
        yield self._notification(file, known)

    def _unchanged(self, file: FoundFile, before: Known, complete: bool) -> bool:
        return (
            before.path == file.path
            and before.size == file.size
            and before.modified_ns == file.modified_ns
            and before.complete >= complete
        )

    def _settled(self, file: FoundFile) -> bool:
        return self.context.now - _time(file.modified_ns) >= self.settle

    def _identify(self, file: FoundFile, before: Known | None, complete: bool) -> Known:
        """Who the file is: the one known by its inode if it begins the same and is no shorter, else a new one."""
        head_size = min(file.size, HEAD_SIZE)
        same = (
            before is not None and file.size >= before.size and head_digest(file.path, before.head_size) == before.head
        )
        if before is None or not same:
            self.serial += 1
            self.context.count("files")
            serial, head = self.serial, head_digest(file.path, head_size)
        else:
            serial = before.serial
            head = before.head if head_size == before.head_size else head_digest(file.path, head_size)
        return Known(file.path, serial, head_size, head, file.size, file.modified_ns, complete)

    def _notification(self, file: FoundFile, known: Known) -> Notification:
        return Notification(
            app=app_of(file.path, self.app),
            uri=to_uri(file.path),
            identity=f"{_key(file)}-{known.serial}",
            size=known.size,
            modified=_time(file.modified_ns),
            complete=known.complete,
        )

    def _farewell(self, key: str, known: Known) -> Notification:
        return Notification(
            app=app_of(known.path, self.app),
            uri=to_uri(known.path),
            identity=f"{key}-{known.serial}",
            size=known.size,
            modified=_time(known.modified_ns),
            complete=True,
            gone=True,
        )

    def _farewells(self, present: set[str]) -> list[Notification]:
        """Say farewell to files missed twice in a row: one that is being moved may be between two names."""
        missing = set(self._files) - present
        gone = sorted(missing & self._missing)
        self._missing = missing - set(gone)
        notices = [self._farewell(key, self._files[key]) for key in gone]
        for key in gone:
            del self._files[key]
            del self.known[key]
        return notices

    def _remember(self, key: str, known: Known) -> None:
        self._files[key] = known
        self.known[key] = json.dumps(asdict(known)).encode()

    def _complain(self, places: list[Unreadable]) -> None:
        """Log each unreadable place once, and again when the reason changes."""
        for each in places:
            if self._complaints.get(each.path) != each.reason:
                self._complaints[each.path] = each.reason
                self.context.logger.warning("cannot read %s: %s", to_uri(each.path), each.reason)


def _key(file: FoundFile) -> str:
    return f"{file.device:x}.{file.inode:x}"


def _time(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
