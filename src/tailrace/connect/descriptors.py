"""Files held open, so that their last bytes can be read after their names are gone.

A log that is deleted or renamed out of sight is written to a little longer by whoever has it open, and what it had
when it went may not have been read. Who holds a descriptor reads on. The descriptors are those of this process: a
restart loses them, and with them what stands in files without a name.
"""

from __future__ import annotations

import os
import resource
import threading
from collections import OrderedDict
from typing import Final

_MOST: Final = 512  # descriptors beyond 1,023 are more than `select` can take, whoever uses that
_FEWEST: Final = 16


def place_of(device: int, inode: int) -> str:
    """What a file is known by while it is open: no other file can have its inode."""
    return f"{device:x}.{inode:x}"


class Descriptors:
    """Open files by their places, at most so many: the one that was not asked for longest is closed for another.

    Safe to use from any thread.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: OrderedDict[str, int] = OrderedDict()
        self._read: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, place: str, descriptor: int) -> None:
        """Hold a descriptor, which is not the caller's any more."""
        with self._lock:
            before = self._open.pop(place, None)
            self._open[place] = descriptor
            closed = [before] if before is not None else []
            while len(self._open) > self._most:
                closed.append(self._open.popitem(last=False)[1])
        for each in closed:
            os.close(each)

    def borrow(self, place: str) -> int | None:
        """A second descriptor of a file that is held, the caller's to close; None for a file that is not."""
        with self._lock:
            if place not in self._open:
                return None
            self._open.move_to_end(place)
            return os.dup(self._open[place])

    def status(self, place: str) -> os.stat_result | None:
        """How a file that is held stands now; None for one that is not."""
        with self._lock:
            return os.fstat(self._open[place]) if place in self._open else None

    def drop(self, place: str) -> None:
        """Hold a file no longer."""
        with self._lock:
            descriptor = self._open.pop(place, None)
        if descriptor is not None:
            os.close(descriptor)

    def tell_read(self, identity: str) -> None:
        """Say that a file that is gone has been read to its end. What nobody asks for is forgotten in time."""
        with self._lock:
            self._read[identity] = None
            if len(self._read) > self._most:
                self._read.popitem(last=False)

    def was_read(self, identity: str) -> bool:
        """Whether that was said; it is told once."""
        with self._lock:
            return self._read.pop(identity, 0) is None

    def __contains__(self, place: str) -> bool:
        return place in self._open

    def __len__(self) -> int:
        return len(self._open)


def _room() -> int:
    """Half of the files that a process may have open: the rest is for everything else."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else max(min(_MOST, soft // 2), _FEWEST)


SHARED: Final = Descriptors(_room())
"""Those of this process: who finds files and who reads them are different stations, and share nothing else."""
