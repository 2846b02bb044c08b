"""The source: watches files and says how far each can be read."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path
from time import perf_counter, thread_time

from tailrace.connect.descriptors import SHARED, place_of
from tailrace.connect.directory import (
    FileVanished,
    FoundFile,
    Unreadable,
    files_in,
    find_files,
    folder_of,
    found_as,
    open_at,
    place_at,
    print_of,
    to_uri,
)
from tailrace.connect.docker import container_name
from tailrace.logs.apps import app_of, check_pattern
from tailrace.logs.hearing import Hearing
from tailrace.logs.records import Notification
from tailrace.model.ports import Emits, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState, State
from tailrace.model.streamlet import Streamlet, timer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ANY_APP = re.compile("")
_READING = timedelta(minutes=10)  # the reader may take so long to come to what is left of a file that is gone
_SHARE = 4  # looking takes no more of the time than one in so many
_QUIET = timedelta(seconds=10)  # without news for so long, looking takes no more of a core than one in so many:
_QUIET_SHARE = 100
_LONGEST_REST = timedelta(seconds=2)  # but what comes after all is not to wait longer
_HEARING_SHARE = 500  # where the kernel tells what happens, looking is for what it may not tell,
_HEARING_REST = timedelta(seconds=2), timedelta(seconds=30)  # and comes no more and no less often than that


@dataclass(frozen=True)
class Known:
    """What is remembered of a file: where and whose it is, and how it was when it was announced last.

    `folder` is the directory that it lies in, wherever the links of `path` may lead later.
    """

    path: str
    serial: int
    size: int
    modified_ns: int
    complete: bool
    content: str
    folder: str = ""


class DirectorySource(Streamlet):
    """Watches files, directories and globs, and announces each file when it appears and whenever it has grown.

    A file is read once, also when it is moved; a file that is rewritten, or replaced by another, is read from its
    start. One with several names is announced by one of them. Files are announced in the order of their modification
    times. A file that was deleted, or renamed to where nobody looks, is followed as long as it is written to, and is
    taken leave of when it was not for a while.

    Where the kernel tells what happens (Linux, on file systems of this machine), files are opened as they come, so that
    they are read even if they are gone before anybody looks, and are announced as they grow. Elsewhere files are found
    by looking: one that was made and deleted between two looks is not read.
    """

    notifications = Outlet(Notification, key="identity")
    paths = Setting(list[str], help="files, directories and globs to watch; hidden files are passed over")
    exclude = Setting(list[str], default=[], help="globs of files to pass over, by name or by the end of their path")
    app = Setting(
        re.Pattern,
        default=_ANY_APP,
        check=check_pattern,
        help="finds the app in a path (group `app`); where it does not, the container or the file's stem names it",
    )
    poll = Setting(timedelta, default=timedelta(milliseconds=250), help="how often to look")
    listen = Setting(bool, default=True, help="let the kernel tell what happens, where it can, and look less often")
    settle = Setting(
        timedelta,
        default=timedelta(seconds=10),
        help="a file that was not written to for so long is complete: its last line counts without a newline",
    )
    linger = Setting(
        timedelta,
        default=timedelta(minutes=1),
        help="how long a file that was deleted or renamed out of sight is followed after it was written to last",
    )
    known = KeyedState()
    serial = State(int, default=0)

    def on_start(self) -> None:
        """Read what is known of each file."""
        self._patterns = [str(Path(os.path.expanduser(path)).absolute()) for path in self.paths]  # noqa: PTH111 - never fails
        self._excludes = [each if "/" not in each or each.startswith("/") else f"**/{each}" for each in self.exclude]
        self._complaints: dict[str, str] = {}
        self._missing: set[str] = set()
        self._parted: dict[str, tuple[str, datetime]] = {}
        self._slipped: dict[str, str] = {}  # files that were seen, and gone before they could be opened
        self._lost: dict[str, tuple[int, datetime]] = {}  # files without a name: when written to last, since when quiet
        self._looked, self._rest = _EPOCH, timedelta()
        self._last_news = self.context.now
        self._look_again = _EPOCH  # when everything is looked at next
        listen = self.listen and not self.context.exhaust
        self._hearing = Hearing(self._patterns, self._excludes, self.poll, self.context, listen=listen)
        self._recall()

    def on_stop(self) -> None:
        """Let go of the files that are held open."""
        self._hearing.close()
        for key in (*self._files, *self._parted, *self._hearing.caught):
            SHARED.drop(key)

    def on_reject(self) -> None:
        """Know again what was committed last, and look at everything."""
        self._look_again = _EPOCH
        self._recall()

    def _recall(self) -> None:
        self._files = {key: Known(**json.loads(entry)) for key, entry in self.known.items()}
        self._resting = [(known.modified_ns, key) for key, known in self._files.items() if not known.complete]
        heapify(self._resting)

    @timer("poll")
    def look(self) -> Emits:
        """Announce what is new. Where a look takes long, the next one comes later."""
        rests = timedelta() <= self.context.now - self._looked < self._rest  # a clock may have been set back
        if rests and not self._hearing.whole:
            return
        began, used = perf_counter(), thread_time()
        waits = self._looked <= self.context.now < self._look_again
        everywhere = self._hearing.hear() or not waits
        if everywhere and rests:
            self._look_again = _EPOCH
        yield from self._look(everywhere and not rests)
        if rests or not everywhere:
            return
        taken = timedelta(seconds=thread_time() - used)
        self._looked, self._rest = self.context.now, timedelta(seconds=perf_counter() - began) * _SHARE
        if not self._hearing.whole:
            if self.context.now - self._last_news > _QUIET:
                self._rest = max(self._rest, min(taken * _QUIET_SHARE, _LONGEST_REST))
        elif self._look_again > self.context.now:
            shortest, longest = _HEARING_REST
            self._look_again = self.context.now + min(max(taken * _HEARING_SHARE, shortest), longest)

    def _look(self, everywhere: bool) -> Emits:
        faults: list[Unreadable] = []
        rested = (self.context.now - self.settle - _EPOCH) // _MICROSECOND * 1000
        paths = self._hearing.paths | self._at_rest(rested)
        self._hearing.paths.clear()
        files = self._found_everywhere(faults) if everywhere else self._found_at(paths)
        if files.keys() - self._files.keys():
            self._hearing.catch_up()  # what was packed, before the pack
        files = self._hearing.besides(files, self._files.keys()) | files
        if everywhere:
            self._hearing.tell_missed([path for key, path in self._slipped.items() if key not in files])
            self._slipped.clear()
        news: list[Notification] = []
        for key, file in sorted(files.items(), key=lambda each: each[1].modified_ns):  # gzip keeps the time
            complete = self.context.exhaust or file.modified_ns <= rested
            if not _unchanged(file, self._files.get(key), complete):
                news += self._judge(key, file, complete, faults)
        if everywhere:
            news += self._farewells(files, faults)
            self._complain(faults)
        if faults or self._missing or self._lost:
            self._look_again = _EPOCH
        self._let_go()
        if news:
            self._last_news = self.context.now
            yield self.notifications(news)

    def _found_everywhere(self, faults: list[Unreadable]) -> dict[str, FoundFile]:
        """Every file that a pattern names, and those without a name that are held open."""
        found, heard = self._found_listening()
        faults += [each for each in found if isinstance(each, Unreadable)]
        files = self._by_key(each for each in found if isinstance(each, FoundFile))
        self._hold_renamed(self._files.keys() - files.keys())
        self._look_again = self.context.now + _HEARING_REST[0] if heard else _EPOCH
        return files | self._nameless(files)

    def _found_listening(self) -> tuple[list[FoundFile | Unreadable], bool]:
        """What stands where the patterns lead, and whether everything that comes from then on is heard of."""
        linked = {known.folder for known in self._files.values()} - {""}
        found, heard = [], False
        for _ in range(2):  # what came before anybody listened there is found by looking once more
            folders: set[str] = set()
            found = list(find_files(self._patterns, self._excludes, folders))
            heard = self._hearing.listen_in(folders | linked)
            if heard or not self._hearing.whole:
                break
        return found, heard

    def _found_at(self, paths: Iterable[str]) -> dict[str, FoundFile]:
        """The files that these paths lead to, if a pattern names them, or they are known by other names."""
        found = []
        for path in paths:
            try:
                status = os.stat(path)  # noqa: PTH116 - for thousands of files
            except OSError:
                self._look_again = _EPOCH
                continue
            place = place_of(status.st_dev, status.st_ino)
            known = self._files.get(place)
            if known is not None and known.path != path:
                stays = not self._hearing.names.file(path) or place_at(known.path) == place
                found.append(found_as(known.path if stays else path, status))
            elif stat.S_ISREG(status.st_mode) and (known is not None or self._hearing.names.file(path)):
                found.append(found_as(path, status))
        return self._by_key(found)

    def _at_rest(self, rested: int) -> set[str]:
        """Paths of files that were not written to since then, in ns since the epoch, and are not complete yet."""
        found = set()
        while self._resting and self._resting[0][0] <= rested:
            modified, key = heappop(self._resting)
            known = self._files.get(key)
            if known is not None and known.modified_ns == modified and not known.complete:
                found.add(known.path)
        return found

    def _by_key(self, files: Iterable[FoundFile]) -> dict[str, FoundFile]:
        """The files by who they are; of several names for one file the one that it is known by."""
        found: dict[str, FoundFile] = {}
        for file in files:
            key = place_of(file.device, file.inode)
            if key not in found or ((known := self._files.get(key)) is not None and known.path == file.path):
                found[key] = file
        return found

    def _hold_renamed(self, missing: Iterable[str]) -> None:
        """Hold files open that were renamed out of sight while nobody held them, as across a restart."""
        lost: dict[str, set[str]] = {}
        for key in missing:
            if key not in SHARED:
                lost.setdefault(self._files[key].folder, set()).add(key)
        for folder, keys in lost.items():
            for file in files_in(folder) if folder else ():
                key = place_of(file.device, file.inode)
                if key in keys and file.size >= self._files[key].size:
                    self._hold(key, file)

    def _hold(self, key: str, file: FoundFile) -> None:
        """Hold a file open if it is still what it was: its number may be another's by now."""
        known = self._files[key]
        with suppress(OSError, FileVanished):
            descriptor = open_at(file.path, file.device, file.inode)
            if print_of(descriptor, known.size) == known.content:
                SHARED.keep(key, descriptor)
            else:
                os.close(descriptor)

    def _nameless(self, named: Mapping[str, FoundFile]) -> dict[str, FoundFile]:
        """Files that no path leads to any more but that are held open, as long as they are written to."""
        found: dict[str, FoundFile] = {}
        lost: dict[str, tuple[int, datetime]] = {}
        for key in self._files.keys() - named.keys():
            status = SHARED.status(key)
            if status is None:
                continue
            if self.context.exhaust:
                found[key] = found_as(self._files[key].path, status)
                continue
            written, since = self._lost.get(key, (None, self.context.now))
            lost[key] = status.st_mtime_ns, since if written in (None, status.st_mtime_ns) else self.context.now
            if lost[key][1] + self.linger > self.context.now:
                found[key] = found_as(self._files[key].path, status)
        self._lost = lost
        return found

    def _judge(self, key: str, file: FoundFile, complete: bool, faults: list[Unreadable]) -> Iterator[Notification]:
        """Announce a file that is not as it was."""
        before = self._files.get(key)
        try:
            known = self._identify(file, before, complete)
        except (FileVanished, FileNotFoundError):
            self._look_again = _EPOCH  # between two looks; the next will tell
            if before is None:
                self._slipped[key] = file.path
            return
        except OSError as error:
            faults.append(Unreadable(file.path, error.strerror or str(error)))
            return
        if before is not None and known.serial != before.serial:
            yield self._notification(key, before, gone=True)
        self._remember(key, known)
        yield self._notification(key, known)

    def _identify(self, file: FoundFile, before: Known | None, complete: bool) -> Known:
        """Who the file is: the one known by its inode if all that was seen of it still stands, else a new one."""
        place = place_of(file.device, file.inode)
        descriptor = SHARED.borrow(place)
        if descriptor is None:
            descriptor = open_at(file.path, file.device, file.inode)
            SHARED.keep(place, os.dup(descriptor))
        try:
            same = before is not None and file.size >= before.size
            same = same and before is not None and print_of(descriptor, before.size) == before.content
            content = print_of(descriptor, file.size)
        finally:
            os.close(descriptor)
        if before is None or not same:
            self.serial += 1
        serial = before.serial if before is not None and same else self.serial
        folder = before.folder if before is not None and same and before.path == file.path else folder_of(file.path)
        return Known(file.path, serial, file.size, file.modified_ns, complete, content, folder)

    def _notification(self, key: str, known: Known, *, gone: bool = False) -> Notification:
        return Notification(
            app=to_uri(app_of(known.path, self.app, container_name(known.path))),
            uri=to_uri(known.path),
            identity=f"{key}-{known.serial}",
            size=known.size,
            modified=_time(known.modified_ns),
            complete=known.complete or gone,
            gone=gone,
            content=known.content,
        )

    def _farewells(self, present: Iterable[str], faults: list[Unreadable]) -> list[Notification]:
        """Say farewell to files missed twice in a row: one that is being moved may be between two names.

        A file in a directory that cannot be looked into just now is not missed.
        """
        hidden = [each.path for each in faults]
        missing = {key for key in self._files.keys() - set(present) if not _within(self._files[key].path, hidden)}
        gone = sorted(missing & self._missing)
        self._missing = missing - set(gone)
        notices = [self._notification(key, self._files[key], gone=True) for key in gone]
        for key, notice in zip(gone, notices, strict=True):
            self._parted[key] = (notice.identity, self.context.now)
            del self._files[key]
            del self.known[key]
        return notices

    def _let_go(self) -> None:
        """Close what is gone and has been read, or has waited for that long enough."""
        for key, (identity, since) in list(self._parted.items()):
            if SHARED.was_read(identity) or since + _READING <= self.context.now:
                SHARED.drop(key)
                del self._parted[key]

    def _remember(self, key: str, known: Known) -> None:
        self._files[key] = known
        self.known[key] = json.dumps(asdict(known)).encode()
        if not known.complete:
            heappush(self._resting, (known.modified_ns, key))

    def _complain(self, faults: list[Unreadable]) -> None:
        """Log each unreadable place once, and again when the reason changes."""
        for each in faults:
            if self._complaints.get(each.path) != each.reason:
                self.context.logger.warning("cannot read %s: %s", to_uri(each.path), each.reason)
        self._complaints = {each.path: each.reason for each in faults}


def _unchanged(file: FoundFile, before: Known | None, complete: bool) -> bool:
    return (
        before is not None
        and before.path == file.path
        and before.size == file.size
        and before.modified_ns == file.modified_ns
        and before.complete >= complete
    )


def _within(path: str, places: list[str]) -> bool:
    return any(path == place or path.startswith(f"{place}/") for place in places)


def _time(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
