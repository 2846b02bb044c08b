"""Abreast: reading one large file on several cores, to the same result as on one.

The file is cut at joints (`reading.joints`), and every piece is read by another process from the state that is presumed
at its beginning. The pieces are given out in their order, each only if what was presumed turned out to be right; else,
or if the process is lost, it is read here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from pickle import PickleBuffer
from typing import Any, Final, Generic, Protocol, TypeVar

import polars as pl
import pyarrow as pa

from tailrace.connect.hands import HandLostError, Hands, Work, cores
from tailrace.connect.stretch import Stretch
from tailrace.logs.reading.joints import REACH, Joint, find_joint
from tailrace.logs.reading.segments import Asked
from tailrace.logs.reading.state import ReaderState
from tailrace.model.errors import TailraceError

_MOST: Final = 8  # processes
_STEP: Final = 1 << 21  # bytes taken and then counted, while a cache holds them
_FEED: Final = 10
_FEW: Final = 4  # pieces
_MISSES: Final = 3  # in a row, after which nothing is presumed of a file any more


@dataclass(frozen=True, slots=True)
class Large:
    """What is large, in bytes: as much as has to be left of a file for it to pay to start processes, or as much as has
    to have been read of it, where it is not known how much is left; and how much is read at a time."""

    left: int = 1 << 28
    seen: int = 1 << 29
    piece: int = 1 << 24


LARGE: Final = Large()


class Outcome(Protocol):
    """What reading some bytes gave."""

    @property
    def state(self) -> ReaderState:
        """The state to go on from."""


R = TypeVar("R", bound=Outcome)


@dataclass(frozen=True, slots=True)
class Manners(Generic[R]):
    """How bytes are read: `apart` in another process, with what holds for the whole file, and `here` in this one.

    `apart` has to be a function of a module. If `holds` is given, its outcome counts
    only if that says so, of the state before and of it.
    """

    asked: Asked
    apart: Callable[[memoryview, ReaderState, Asked], R]
    here: Callable[[ReaderState, bytes | memoryview], R]
    holds: Callable[[ReaderState, R], bool] | None = None


def hands_for_reading(large: Large = LARGE) -> Hands | None:
    """A process for each core, which reads, once they are needed; None if there is but one core. To be closed."""
    count = min(cores(), _MOST)
    return Hands(count, large.piece + 2 * REACH, __name__) if count > 1 else None


def read_abreast(
    state: ReaderState,
    chunks: Iterator[bytes | Stretch],
    manners: Manners[R],
    hands: Hands | None,
    *,
    left: int | None = None,
    large: Large = LARGE,
) -> Iterator[tuple[bytes | memoryview, R]]:
    """Read chunks that follow each other, from a state on: the bytes that were read, piece by piece, and their outcome.

    Without `hands`, all is read here; also if little is `left` to read, in bytes (None if that is not known). The bytes
    of a piece are to be looked at before the next is asked for. A chunk of no bytes is a piece of its own. Raises the
    TailraceError of the chunks after what stands before it.
    """
    reading = _Reading(state, manners, hands, large)
    fault: TailraceError | None = None
    seen = 0
    try:
        while (chunk := _next(chunks)) is not None:
            if isinstance(chunk, TailraceError):
                fault = chunk
                break
            supply = chunk if isinstance(chunk, Stretch) else _Given(memoryview(chunk))
            seen += supply.left
            if not supply.left:
                yield from reading.pause()
            elif reading.pays(seen, left):
                yield from reading.read(supply)
            else:
                yield from reading.read_here(supply)
        yield from reading.rest()
    finally:
        reading.abandon()
    if fault is not None:
        raise fault


def _next(chunks: Iterator[bytes | Stretch]) -> bytes | Stretch | TailraceError | None:
    try:
        return next(chunks, None)
    except TailraceError as error:
        return error


class _Supply(Protocol):
    """Bytes that follow each other, each given once, as `Stretch` gives them."""

    @property
    def left(self) -> int:
        """How many have not been given."""

    def read(self, most: int) -> bytes | memoryview:
        """The next, at most so many."""

    def into(self, memory: memoryview) -> int:
        """Put the next where they are wanted, and tell how many there were."""


class _Given:
    """Bytes that were read before."""

    def __init__(self, data: memoryview) -> None:
        self._data = data

    @property
    def left(self) -> int:
        return len(self._data)

    def read(self, most: int) -> memoryview:
        data, self._data = self._data[:most], self._data[most:]
        return data

    def into(self, memory: memoryview) -> int:
        data = self.read(len(memory))
        memory[: len(data)] = data
        return len(data)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece that is being read: from which joint (None: from the state that was known), and which bytes are new."""

    work: Work
    joint: Joint | None
    fresh: int
    end: int


class _Reading(Generic[R]):
    """One file on its way.

    `_carried` are bytes that were given but belong to the next piece, its joint's line (of `_joint`) first.
    """

    def __init__(self, state: ReaderState, manners: Manners[R], hands: Hands | None, large: Large) -> None:
        self._state = state
        self._manners, self._hands, self._large = manners, hands, large
        self._under_way: deque[_Piece] = deque()
        self._joint: Joint | None = None
        self._carried = b""
        self._misses = 0

    def pays(self, seen: int, left: int | None) -> bool:
        """Whether so much is left, or was seen, that others should read; of less, if they are there already."""
        if left is None:
            return seen > self._large.seen
        there = self._hands is not None and bool(self._hands.processes)
        return left >= (_FEW * self._large.piece if there else self._large.left)

    def read(self, supply: _Supply) -> Iterator[tuple[bytes | memoryview, R]]:
        """Take some bytes, and give what is finished."""
        while supply.left:
            hands = self._hands
            if hands is None or self._misses >= _MISSES or not hands.ready or not self._state.format:
                yield from self._read_alone(supply, self._alone)
            elif not self._under_way or (self._joint is not None and hands.free):
                self._start(hands, supply)
            elif self._joint is None or hands.done(self._under_way[0].work):
                yield self._finished(hands)
            else:
                hands.wait()

    def read_here(self, supply: _Supply) -> Iterator[tuple[bytes | memoryview, R]]:
        """Read some bytes in this process, and give all that was taken."""
        while supply.left:
            yield from self._read_alone(supply, self._large.piece)

    def pause(self) -> Iterator[tuple[bytes | memoryview, R]]:
        """Read no bytes, after all that was taken."""
        yield from self.rest()
        yield self._read_here(b"")

    def rest(self) -> Iterator[tuple[bytes | memoryview, R]]:
        """Give all that has been taken."""
        while self._under_way and self._hands is not None:
            yield self._finished(self._hands)
        if self._joint is not None:
            left = self._carried[len(self._joint.line) :]
            self._joint, self._carried = None, b""
            if left:
                yield self._read_here(left)

    def abandon(self) -> None:
        """Wait for what is under way, and forget it."""
        while self._under_way and self._hands is not None:
            with suppress(HandLostError):
                self._hands.result(self._under_way.popleft().work)

    @property
    def _alone(self) -> int:
        """How much to read here at a time: less while others are awaited who could do it."""
        if self._hands is None or self._hands.lost or self._misses >= _MISSES:
            return self._large.piece
        return self._large.piece >> (1 if self._state.format else 6)

    def _read_alone(self, supply: _Supply, size: int) -> Iterator[tuple[bytes | memoryview, R]]:
        yield from self.rest()
        if data := supply.read(size):
            yield self._read_here(data)

    def _read_here(self, data: bytes | memoryview) -> tuple[bytes | memoryview, R]:
        outcome = self._manners.here(self._state, data)
        self._state = outcome.state
        return data, outcome

    def _start(self, hands: Hands, supply: _Supply) -> None:
        """Have a piece read that ends with the last joint within the next bytes.

        The last pieces are smaller, so that no process has much to do when the others have nothing.
        """
        memory, carried = hands.memory(), len(self._carried)
        memory[:carried] = self._carried
        size = min(max(supply.left // (2 * hands.count), self._large.piece >> 1), self._large.piece)
        size, feeds = self._taken(supply, memory[carried : carried + size])
        size, feeds = carried + size, self._carried.count(b"\n") + feeds
        joint, start = self._joint, self._joint.state if self._joint else self._state
        fresh = len(joint.line) if joint else 0
        self._joint = self._find_joint(memory[:size], feeds, start, holding=joint is None)
        base = start.offset if joint else start.position
        end = self._joint.end - base if self._joint else size
        if end <= fresh:  # no line is finished in all that was read
            self._joint, end = None, size
        self._carried = bytes(memory[self._joint.state.offset - base : size]) if self._joint else b""
        work = hands.start(0, end, self._manners.apart, start, self._manners.asked)
        self._under_way.append(_Piece(work, joint, fresh, end))

    def _taken(self, supply: _Supply, memory: memoryview) -> tuple[int, int]:
        """Fill some memory as far as the supply goes: with how many bytes, and how many line feeds are among them."""
        size = feeds = 0
        while size < len(memory) and (count := supply.into(memory[size : size + _STEP])):
            feeds += _feeds(memory[size : size + count])
            size += count
        return size, feeds

    def _find_joint(self, data: memoryview, feeds: int, start: ReaderState, *, holding: bool) -> Joint | None:
        """The last joint in bytes that are read from a state on, with so many line feeds."""
        begin = max(len(data) - REACH, 0)
        base, tail = start.position if holding else start.offset, bytes(data[begin:])
        before = start.line + feeds - tail.count(b"\n")
        if holding:
            before += start.held.count(b"\n") + start.cut_lines
        return find_joint(start, tail, before, base + begin, self._manners.asked)

    def _finished(self, hands: Hands) -> tuple[bytes | memoryview, R]:
        """The oldest piece under way, read again if what was presumed does not hold."""
        piece = self._under_way.popleft()
        data = hands.shown(piece.work)[piece.fresh : piece.end]
        try:
            outcome: R = hands.result(piece.work)
        except HandLostError:
            self._misses = _MISSES
            return self._read_here(data)
        right = piece.joint is None or piece.joint.holds(self._state, outcome.state, self._manners.asked)
        if not right or (self._manners.holds is not None and not self._manners.holds(self._state, outcome)):
            self._misses += 1
            return self._read_here(data)
        self._misses, self._state = 0, outcome.state
        return data, outcome


def _reduced(frame: pl.DataFrame) -> tuple[Callable[[bytes], Any], tuple[PickleBuffer]]:
    """How a frame goes from one process to another: as Polars would send it, but for what it then does with each text,
    which takes four times as long."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.newest())
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return _restored, (PickleBuffer(buffer.getvalue()),)


def _restored(buffer: bytes) -> Any:
    return pl.from_arrow(pa.ipc.open_stream(buffer).read_all(), rechunk=False)


ForkingPickler.register(pl.DataFrame, _reduced)  # of outcomes


def _feeds(data: memoryview) -> int:
    """How many line feeds there are; in half the time that numpy would take."""
    array = pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])
    return int((pl.Series(array) == _FEED).sum())
