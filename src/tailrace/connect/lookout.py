"""The lookout: hears from the kernel what comes, goes and changes in directories, and holds open what comes.

Who only looks now and then misses a file that is made and deleted between two looks. A thread of its own opens every
file that comes as soon as it has come, so that it can be read when its name is long gone.
"""

from __future__ import annotations

import os
import select
import stat
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, NamedTuple

from tailrace.connect.descriptors import SHARED, place_of
from tailrace.connect.directory import Names
from tailrace.connect.inotify import Event, Inotify, Told, open_inotify, tells_all

_MOST_CHANGES: Final = 1 << 17  # bytes of events at a time: with more of them everything is looked at
_COMINGS: Final = Told.CREATED | Told.MOVED_TO | Told.MOVED_FROM | Told.DELETED
_UNSAID: Final = Told.OVERFLOW | Told.IGNORED | Told.MOVED_FROM | Told.DELETED
"""After these, paths alone do not tell how things stand."""
_OPENING: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


@dataclass
class Heard:
    """What was heard: `paths` to look at, and `places`: files that were opened as they came, with a path of each.

    `everywhere` says that something happened which paths do not tell. `missed` are the paths of files that were gone
    before they could be opened.
    """

    paths: set[str] = field(default_factory=set)
    places: dict[str, str] = field(default_factory=dict)
    everywhere: bool = False
    missed: list[str] = field(default_factory=list)


class Cover(NamedTuple):
    """How well one can listen: `deaf` are directories where something happens that the kernel does not tell.

    With `new` some were not listened in before, so that something may have escaped there.
    """

    deaf: list[str]
    new: bool


class _Ear:
    """One stream of events, and the directories that it listens in, each with the names that it is called by."""

    def __init__(self, stream: Inotify, wanted: Told) -> None:
        self.stream = stream
        self._wanted = wanted
        self._folders: dict[int, tuple[str, ...]] = {}
        self._stale: set[int] = set()

    def cover(self, folders: Iterable[str]) -> set[str]:
        """Listen in these directories and no others; those in which that cannot be done.

        One that is asked for no more is kept for once: it may have come since somebody looked what there is.
        """
        before, self._folders = self._folders, {}
        deaf = {folder for folder in folders if not self.add(folder)}
        left = before.keys() - self._folders.keys()
        for watch in left & self._stale:
            self.stream.remove(watch)
        self._stale = left - self._stale
        self._folders.update((watch, before[watch]) for watch in self._stale)
        return deaf

    def add(self, folder: str) -> bool:
        """Listen in a directory too, if it is one and the kernel does not mind."""
        try:
            watch = self.stream.add(folder, self._wanted)
        except OSError:
            return False
        self._folders[watch] = tuple(dict.fromkeys((*self._folders.get(watch, ()), folder)))
        return True

    def drop(self, watch: int) -> None:
        """Forget a directory that is gone."""
        self._folders.pop(watch, None)

    def paths(self, event: Event) -> Iterator[str]:
        """The paths that an event is about."""
        for folder in self._folders.get(event.watch, ()) if event.name else ():
            yield os.path.join(folder, event.name)  # noqa: PTH118 - for thousands of files

    @property
    def folders(self) -> set[str]:
        """The directories, by all their names."""
        return {folder for folders in self._folders.values() for folder in folders}


class Lookout:
    """Listens in directories, in a thread, until it is closed or forgotten. Any thread may use it."""

    def __init__(self, comings: Inotify, changes: Inotify, wake: Callable[[], None], rest_seconds: float) -> None:
        """Own two streams of events. `wake` is called when there is something to hear, once in that time."""
        self._comings = _Ear(comings, _COMINGS)
        self._changes = _Ear(changes, Told.MODIFIED | Told.TOUCHED)
        self._names = Names((), ())
        self._heard = Heard()
        self._unopened: set[str] = set()  # where files came that could not be opened yet
        self._lock = threading.Lock()
        bell, string = os.pipe()
        told = (wake, rest_seconds, comings.descriptor, changes.descriptor, bell)
        self._thread = threading.Thread(target=_listen, args=(weakref.ref(self), *told), name="lookout", daemon=True)
        self.close = weakref.finalize(self, os.close, string)
        """Listen no more."""
        self._thread.start()

    def cover(self, folders: Iterable[str], names: Names) -> Cover:
        """Listen in these directories, for files of these names, and in no others any more."""
        with self._lock:
            self._attend()
            self._names = names
            before, wanted = self._comings.folders, sorted(folders)
            deaf = self._comings.cover(wanted) | self._changes.cover(wanted)
            deaf |= {folder for folder in wanted if not tells_all(folder)}
            return Cover(sorted(filter(os.path.exists, deaf)), not before.issuperset(wanted))

    def heard(self) -> Heard:
        """What was heard since the last call."""
        with self._lock:
            self._attend()
            for event in dict.fromkeys(self._changes.stream.read(_MOST_CHANGES)):
                self._heard.everywhere |= bool(event.told & _UNSAID)
                self._heard.paths.update(self._changes.paths(event))
            while self._changes.stream.read(_MOST_CHANGES):
                self._heard.everywhere = True
            heard, self._heard = self._heard, Heard()
            return heard

    def attend(self) -> None:
        """Open what has come."""
        with self._lock:
            self._attend()

    def _attend(self) -> None:
        while events := self._comings.stream.read():
            come: set[str] = set()
            fresh: dict[int, bool] = {}  # by cookie: whether what was renamed had not been opened yet
            for event in events:
                self._heard.everywhere |= bool(event.told & _UNSAID)
                if event.told & Told.IGNORED:
                    self._comings.drop(event.watch)
                for path in self._comings.paths(event):
                    self._note(event, path, come, fresh)
            for path in come:  # what has moved on meanwhile will be heard of, and opened there
                self._open(path)

    def _note(self, event: Event, path: str, come: set[str], fresh: dict[int, bool]) -> None:
        """See what has come to a path, or gone from it."""
        if event.told & Told.FOLDER or not self._names.file(path):
            self._heard.everywhere = True
            if event.told & Told.FOLDER and event.told & (Told.CREATED | Told.MOVED_TO) and self._names.folder(path):
                self._enter(path)
            return
        unopened = path in self._unopened
        self._unopened.discard(path)
        come.discard(path)
        if event.told & Told.MOVED_FROM:
            fresh[event.cookie] = unopened
            return
        if unopened:
            self._heard.missed.append(path)
        if not event.told & Told.DELETED:
            come.add(path)
            if fresh.get(event.cookie, True):
                self._unopened.add(path)

    def _enter(self, folder: str) -> None:
        """Listen in a directory that has come, and open what came with it."""
        if not self._comings.add(folder) or not self._changes.add(folder):
            return
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if self._names.file(entry.path):
                    self._open(entry.path)
                if self._names.folder(entry.path) and entry.is_dir(follow_symlinks=False):
                    self._enter(entry.path)

    def _open(self, path: str) -> None:
        """Hold a file open, whatever it is called by then."""
        self._heard.paths.add(path)
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - to open a pipe would let its writer go on
                self._unopened.discard(path)
                return
            descriptor = os.open(path, _OPENING)
        except OSError:
            if os.path.lexists(path):  # a link to nowhere, or what nobody may read: looking will tell
                self._unopened.discard(path)
            return
        self._unopened.discard(path)
        status = os.fstat(descriptor)
        place = place_of(status.st_dev, status.st_ino)
        self._heard.places[place] = path
        if place in SHARED:
            os.close(descriptor)
        else:
            SHARED.keep(place, descriptor)


def _listen(
    lookout: weakref.ref[Lookout], wake: Callable[[], None], rest_seconds: float, comings: int, changes: int, bell: int
) -> None:
    """Attend to what comes as it comes; wake whoever waits for it at once, but not twice within the time to rest."""
    all_ears, half_an_ear = select.poll(), select.poll()
    for each in (comings, bell):
        all_ears.register(each, select.POLLIN)
        half_an_ear.register(each, select.POLLIN)
    all_ears.register(changes, select.POLLIN)
    rested, owed = monotonic(), False
    while True:
        left = rested - monotonic()
        if owed and left <= 0:
            wake()
            owed, left = False, rest_seconds
            rested = monotonic() + left
        ready = [each for each, _ in (half_an_ear.poll(left * 1000 + 1) if left > 0 else all_ears.poll())]
        if bell in ready:
            break
        owed = owed or bool(ready)
        if comings in ready and (here := lookout()) is not None:
            here.attend()
            del here
    for each in (comings, changes, bell):
        os.close(each)


def open_lookout(wake: Callable[[], None], rest_seconds: float) -> Lookout | None:
    """A lookout; None where the kernel tells nothing."""
    streams = [stream for stream in (open_inotify(), open_inotify()) if stream is not None]
    if len(streams) == 2:
        return Lookout(*streams, wake, rest_seconds)
    for stream in streams:
        os.close(stream.descriptor)
    return None
