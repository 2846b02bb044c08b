"""Pieces: the parts of chunks that go into one file, in the order in which they become due."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np

from tailrace.logs.generating.chunks import Chunk, chunks_of, micros_of
from tailrace.logs.generating.likelihood import LEVELS
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.model.errors import TailraceError

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Cuts:
    """When a file is full: at `size` bytes, at the end of an `interval` of simulated time, or at whichever comes first.

    Intervals are counted from the start of the run. A record longer than `size` has a file to itself.
    """

    size: int | None = None
    interval: timedelta | None = None

    def __post_init__(self) -> None:
        if (self.size is not None and self.size < 1) or (self.interval is not None and self.interval <= timedelta()):
            raise TailraceError("a file needs a size or an interval greater than nothing")


@dataclass(frozen=True)
class Piece:
    """The records of a chunk from `start` up to `stop`; `opens` and `closes` tell where a file begins and ends.

    A file that ends together with a chunk is not known to be full yet: the next piece of its app then opens another.
    """

    chunk: Chunk
    start: int
    stop: int
    opens: bool
    closes: bool

    @property
    def last(self) -> int:
        """Time of the last record, in microseconds since 1970."""
        return int(self.chunk.times[self.stop - 1])

    @cached_property
    def lines(self) -> int:
        """How many lines the records take."""
        return int(np.count_nonzero(np.frombuffer(self.data, np.uint8) == ord("\n")))

    @cached_property
    def by_level(self) -> list[int]:
        """How many records there are of each level, in the order of `LEVELS`."""
        return [int(n) for n in np.bincount(self.chunk.levels[self.start : self.stop], minlength=len(LEVELS))]

    @property
    def data(self) -> memoryview:
        """The bytes, without a copy."""
        return self.chunk.bytes_of(self.start, self.stop)


def pieces_of(settings: GeneratorSettings, app: str, cuts: Cuts) -> Iterator[Piece]:
    """The lines of one app, cut into pieces."""
    cutter = _Cutter(micros_of(settings.start), cuts)
    for chunk in chunks_of(settings, app):
        yield from cutter.pieces(chunk)


def generate_pieces(settings: GeneratorSettings, cuts: Cuts) -> Iterator[Piece]:
    """The pieces of all apps, in the order of their last times."""
    return heapq.merge(*(pieces_of(settings, app, cuts) for app in settings.apps), key=lambda piece: piece.last)


class _Cutter:
    """Remembers, from chunk to chunk, how full the file at hand is."""

    def __init__(self, origin: int, cuts: Cuts) -> None:
        self._origin = origin
        self._size = cuts.size
        self._interval = None if cuts.interval is None else cuts.interval // _MICROSECOND
        self._written = 0
        self._until: int | None = None
        self._empty = True

    def pieces(self, chunk: Chunk) -> Iterator[Piece]:
        start = 0
        while start < len(chunk):
            if not self._empty and self._reach(chunk, start) == start:
                self._written, self._empty = 0, True
            opens = self._empty
            if opens:
                self._begin(int(chunk.times[start]))
            stop = max(self._reach(chunk, start), start + opens)
            yield Piece(chunk, start, stop, opens, closes=stop < len(chunk))
            self._written += int(chunk.offsets[stop] - chunk.offsets[start])
            self._empty = stop < len(chunk)
            if self._empty:
                self._written = 0
            start = stop

    def _begin(self, time: int) -> None:
        if self._interval is not None:
            self._until = time + self._interval - (time - self._origin) % self._interval

    def _reach(self, chunk: Chunk, start: int) -> int:
        """The first record, from `start` on, that does not belong into the file at hand."""
        stop = len(chunk)
        if self._until is not None:
            stop = min(stop, int(np.searchsorted(chunk.times, self._until)))
        if self._size is not None:
            room = int(chunk.offsets[start]) + self._size - self._written
            stop = min(stop, int(np.searchsorted(chunk.offsets, room, side="right")) - 1)
        return max(stop, start)
