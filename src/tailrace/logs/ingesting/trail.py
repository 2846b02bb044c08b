"""Trails: what is kept of the bytes that were read of a file, to know them again in another. Pure.

A rotation may copy a log before it cuts it off, or pack it: another file, with another inode, begins with all that was
read already. Checksums of what was read tell so, at the cost of reading that much of the other file once.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Final

from isal.isal_zlib import crc32

HEAD: Final = 32
"""How many bytes a trail has at least, and by which trails are found: a line's time and a little more."""
_GROWTH: Final = 2
_LATEST: Final = 4
_PIECE: Final = 1 << 22
_CONVINCING: Final = 1 << 12  # a file that ends before a trail does has to be so long to be taken for its beginning

_MARK: Final = Struct(">QI")

Mark = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Trail:
    """The first `size` bytes were read, and `sum` is their checksum.

    `marks` are sizes and checksums of beginnings: of the first 32 bytes, of twice as many and so on, and of what
    had been read a few times before.
    """

    size: int = 0
    sum: int = 0
    marks: tuple[Mark, ...] = ()

    @property
    def head(self) -> int | None:
        """The checksum of the first 32 bytes; None when there are fewer."""
        return self.marks[0][1] if self.marks else None

    def extended(self, data: bytes | memoryview) -> Trail:
        """The trail when these bytes have been read too."""
        steps, view, size, total = list(self.marks), memoryview(data), self.size, self.sum
        for at in (*_ladder(self.size, self.size + len(data)), self.size + len(data)):
            total = crc32(view[: at - size], total)
            view, size = view[at - size :], at
            if at >= HEAD and (not steps or steps[-1][0] < at):
                steps.append((at, total))
        return Trail(size, total, _thinned(steps))

    def to_text(self) -> str:
        """The trail as ASCII, for `from_text`."""
        return b64encode(b"".join(_MARK.pack(*mark) for mark in (*self.marks, (self.size, self.sum)))).decode()

    @classmethod
    def from_text(cls, text: str) -> Trail:
        """The trail that `to_text` wrote; one of nothing if the text is empty."""
        *marks, (size, total) = _MARK.iter_unpack(b64decode(text)) if text else ((0, 0),)
        return cls(size, total, tuple(marks))


def _ladder(begin: int, end: int) -> list[int]:
    """The sizes between two where marks are always set."""
    found, at = [], HEAD
    while at <= end:
        if at > begin:
            found.append(at)
        at *= _GROWTH
    return found


def _thinned(marks: list[Mark]) -> tuple[Mark, ...]:
    fixed = set(_ladder(0, marks[-1][0])) if marks else set()
    return tuple(mark for place, mark in enumerate(marks) if mark[0] in fixed or place >= len(marks) - _LATEST)


@dataclass(frozen=True, slots=True)
class Likeness:
    """A file begins as the trail called `name`: with all of it, or (not `whole`) it ends before the trail does.

    In the second case no more than the first half of it, at the least, is certain.
    """

    name: str
    whole: bool


def find_likeness(trails: Mapping[str, Trail], read: Callable[[int], bytes]) -> Likeness | None:
    """Which of the trails a content follows, the longest of several; None if it is none of them.

    `read` gives the next bytes, at most so many, and none at the end. No more is read than is needed to tell.
    """
    wanted = sorted({at for trail in trails.values() for at, _ in trail.marks})
    sums: dict[int, int] = {}
    left, at, total = dict(trails), 0, 0
    for place in wanted:
        if not any(trail.size >= place for trail in left.values()):
            break
        while at < place and (data := read(min(place - at, _PIECE))):
            at, total = at + len(data), crc32(data, total)
        if at < place:
            break
        sums[place] = total
        left = {name: trail for name, trail in left.items() if dict(trail.marks).get(place, total) == total}
    return _longest({name: trail for name, trail in left.items() if sums.keys() & dict(trail.marks).keys()}, sums, at)


def _longest(left: Mapping[str, Trail], sums: Mapping[int, int], at: int) -> Likeness | None:
    whole = [name for name, trail in left.items() if sums.get(trail.size) == trail.sum]
    if whole:
        return Likeness(max(whole, key=lambda name: left[name].size), whole=True)
    within = [name for name, trail in left.items() if trail.size > at >= _CONVINCING]
    return Likeness(max(within, key=lambda name: left[name].size), whole=False) if within else None
