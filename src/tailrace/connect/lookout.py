"""The lookout: hears from the kernel what comes, goes and changes in directories, and has what comes held open.

Who only looks now and then misses a file that is made and deleted between two looks, and learns late of what grows.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, NamedTuple

from tailrace.connect.descriptors import SHARED, place_of
from tailrace.connect.inotify import CHANGES, COMINGS, Ear, Inotify, Told, open_inotify, tells_all
from tailrace.connect.porter import Handed, Porter, start_porter

_MOST_EVENTS: Final = 1 << 17  # bytes: with more of them everything is looked at
_PATIENCE: Final = 5.0  # seconds that the porter may take to begin, or to open what has come
_UNSAID: Final = Told.OVERFLOW | Told.IGNORED | Told.MOVED_FROM | Told.DELETED | Told.FOLDER
"""After these, paths alone do not tell how things stand."""


@dataclass
class Heard:
    """What was heard: `paths` to look at, and `places`: files that were opened as they came, with a path of each.

    `everywhere` says that something happened which paths do not tell. `missed` are the paths of files that were gone
    before they could be opened. After a `gap` others may have come and gone without a word.
    """

    paths: set[str] = field(default_factory=set)
    places: dict[str, str] = field(default_factory=dict)
    everywhere: bool = False
    missed: list[str] = field(default_factory=list)
    gap: bool = False


class Cover(NamedTuple):
    """How well one can listen: `deaf` are directories where something happens that the kernel does not tell.

    With `new` some were not listened in before, so that something may have escaped there.
    """

    deaf: list[str]
    new: bool


class Lookout:
    """Listens in directories until it is closed.

    `wake` is called when there is something to hear: at once, but not again before `rest_seconds` are over. Without it
    nobody waits, and nothing is held open: then there is neither a thread nor a process.
    """

    def __init__(self, stream: Inotify, wake: Callable[[], None] | None, rest_seconds: float) -> None:
        """Own a stream of events."""
        self._ear = Ear(stream, COMINGS | CHANGES)
        self._rest = rest_seconds
        self._handed = Heard()
        self._lock = threading.Lock()
        self._porter: Porter | None = None
        self._late = False
        self._vain = False  # a porter ended before it had begun, as the next one would
        self._thread: threading.Thread | None = None
        if wake is not None:
            self._porter = start_porter()
            self._bell, self._string = os.pipe()
            self._thread = threading.Thread(target=self._listen, args=(wake,), name="lookout", daemon=True)
            self._thread.start()

    def cover(self, folders: Iterable[str], patterns: Sequence[str], excludes: Sequence[str]) -> Cover:
        """Listen in these directories and no others any more, and have files of these patterns opened as they come.

        Returns when that is so: what comes from now on is heard of.
        """
        before, wanted = self._ear.folders, sorted(folders)
        deaf = self._ear.cover(wanted) | {folder for folder in wanted if not tells_all(folder)}
        if self._thread is not None:
            if self._porter is None and not self._vain:
                self._porter = start_porter()
                os.write(self._string, b".")
            if self._porter is not None:
                self._porter.ask(patterns, excludes, wanted)
                self._wait()
        return Cover(sorted(filter(os.path.exists, deaf)), not before.issuperset(wanted))

    def catch_up(self) -> None:
        """Have every file opened that came until now: what `heard` tells next is no older than what anybody sees."""
        if self._porter is not None:
            self._porter.ask_for_all()
            self._wait()

    def _wait(self) -> None:
        """Wait until the porter has done what it was asked for, but not for ever, and not again before it has."""
        deadline = monotonic() + _PATIENCE
        with self._lock:
            while self._porter is not None and self._porter.behind and not self._late:
                poll = select.poll()
                poll.register(self._porter.descriptor, select.POLLIN)
                self._late = not poll.poll(max(deadline - monotonic(), 0) * 1000)
                self._handed.gap |= self._late
                self._take()

    def heard(self) -> Heard:
        """What was heard since the last call."""
        with self._lock:
            self._take()
            heard, self._handed = self._handed, Heard()
        for event in dict.fromkeys(self._ear.read(_MOST_EVENTS)):
            heard.everywhere |= bool(event.told & _UNSAID)
            heard.paths.update(self._ear.paths(event))
        while self._ear.read(_MOST_EVENTS):
            heard.everywhere = True
        return heard

    def close(self) -> None:
        """Listen no more."""
        if self._thread is not None:
            os.close(self._string)
            self._thread.join()
            os.close(self._bell)
        if self._porter is not None:
            self._porter.close()
        self._ear.stream.close()

    def _listen(self, wake: Callable[[], None]) -> None:
        """Take what the porter hands over, and wake whoever waits, until the bell breaks."""
        rested, owed = monotonic(), False
        while True:
            left = rested - monotonic()
            if owed and left <= 0:
                wake()
                owed, left = False, self._rest
                rested = monotonic() + left
            porter = self._porter
            ready = self._await(porter, left)
            if self._bell in ready and not os.read(self._bell, 1):
                return
            if porter is not None and porter.descriptor in ready:
                with self._lock:
                    self._take()
            owed = owed or bool(ready - {self._bell})

    def _await(self, porter: Porter | None, left: float) -> set[int]:
        """What there is to hear; while it is time to rest, only what cannot wait."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if porter is not None:
            poll.register(porter.descriptor, select.POLLIN)
        if left <= 0:
            poll.register(self._ear.stream.descriptor, select.POLLIN)
        return {descriptor for descriptor, _ in poll.poll(left * 1000 + 1 if left > 0 else None)}

    def _take(self) -> None:
        """Hold what was handed over. A porter that worked and has ended is replaced when everything is looked at."""
        handed = self._porter.take() if self._porter is not None else Handed()
        if handed is None:
            assert self._porter is not None
            self._handed.everywhere = self._handed.gap = True
            self._vain = not self._porter.began
            self._porter.close()
            self._porter, self._late = None, False
            return
        self._handed.missed += handed.missed
        self._handed.gap |= handed.gap
        if self._late and self._porter is not None and not self._porter.behind:
            self._handed.everywhere, self._late = True, False
        for path, descriptor in handed.opened:
            status = os.fstat(descriptor)
            place = place_of(status.st_dev, status.st_ino)
            self._handed.places[place] = path
            if place in SHARED:
                os.close(descriptor)
            else:
                SHARED.keep(place, descriptor)


def open_lookout(wake: Callable[[], None] | None, rest_seconds: float) -> Lookout | None:
    """A lookout; None where the kernel tells nothing."""
    stream = open_inotify()
    return Lookout(stream, wake, rest_seconds) if stream is not None else None
