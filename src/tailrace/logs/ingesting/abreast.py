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
from typing import Final, Generic, Protocol, TypeVar

import numpy as np

from tailrace.connect.hands import HandLostError, Hands, Work, cores
from tailrace.logs.reading.joints import REACH, Joint, find_joint
from tailrace.logs.reading.segments import Asked
from tailrace.logs.reading.state import ReaderState
from tailrace.model.errors import TailraceError

_WORTH: Final = 1 << 26  # so many bytes have to be left for it to pay to start the processes
_SEEN: Final = 1 << 25  # or so many read, if nothing is known of how many are left
_ROOM: Final = 1 << 24
_MOST: Final = 8  # processes
_MISSES: Final = 3  # in a row, after which nothing is presumed of a file any more


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


def hands_for_reading() -> Hands | None:
    """A process for each core, which reads, once they are needed; None if there is but one core. To be closed."""
    count = min(cores(), _MOST)
    return Hands(count, _ROOM + 2 * REACH, __name__) if count > 1 else None


def read_abreast(
    state: ReaderState, chunks: Iterator[bytes], manners: Manners[R], hands: Hands | None, *, left: int | None = None
) -> Iterator[tuple[bytes | memoryview, R]]:
    """Read chunks that follow each other, from a state on: the bytes that were read, piece by piece, and their outcome.

    Without `hands`, all is read here; also if little is `left` to read, in bytes (None if that is not known). The bytes
    of a piece are to be looked at before the next is asked for. Raises the TailraceError of the chunks after what
    stands before it.
    """
    reading = _Reading(state, manners, hands)
    fault: TailraceError | None = None
    seen = 0
    try:
        while (chunk := _next(chunks)) is not None:
            if isinstance(chunk, TailraceError):
                fault = chunk
                break
            view, many = memoryview(chunk), seen >= _SEEN if left is None else left >= _WORTH
            if many:
                for begin in range(0, len(view), _ROOM):
                    yield from reading.read(view[begin : begin + _ROOM])
            else:
                yield reading.read_here(view)
            seen += len(view)
        yield from reading.rest()
    finally:
        reading.abandon()
    if fault is not None:
        raise fault


def _next(chunks: Iterator[bytes]) -> bytes | TailraceError | None:
    try:
        return next(chunks, None)
    except TailraceError as error:
        return error


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

    def __init__(self, state: ReaderState, manners: Manners[R], hands: Hands | None) -> None:
        self._state = state
        self._manners, self._hands = manners, hands
        self._under_way: deque[_Piece] = deque()
        self._joint: Joint | None = None
        self._carried = b""
        self._misses = 0

    def read(self, chunk: memoryview) -> Iterator[tuple[bytes | memoryview, R]]:
        """Take some bytes, and give what is finished."""
        hands = self._hands
        if hands is not None and self._state.format and self._misses < _MISSES and hands.ready:
            if self._joint is None:
                yield from self.rest()
            while self._under_way and not hands.free:
                yield self._finished(hands)
            if hands.free:
                self._start(hands, chunk)
                return
        yield from self.rest()
        yield self.read_here(chunk)

    def read_here(self, data: bytes | memoryview) -> tuple[bytes | memoryview, R]:
        """Read bytes in this process that follow all that was given out; nothing else may have been taken."""
        outcome = self._manners.here(self._state, data)
        self._state = outcome.state
        return data, outcome

    def rest(self) -> Iterator[tuple[bytes | memoryview, R]]:
        """Give all that has been taken."""
        while self._under_way and self._hands is not None:
            yield self._finished(self._hands)
        if self._joint is not None:
            left = self._carried[len(self._joint.line) :]
            self._joint, self._carried = None, b""
            if left:
                yield self.read_here(left)

    def abandon(self) -> None:
        """Wait for what is under way, and forget it."""
        while self._under_way and self._hands is not None:
            with suppress(HandLostError):
                self._hands.result(self._under_way.popleft().work)

    def _start(self, hands: Hands, chunk: memoryview) -> None:
        """Have a piece read that ends with the last joint within some bytes."""
        memory, carried = hands.memory(), len(self._carried)
        size = carried + len(chunk)
        memory[:carried], memory[carried:size] = self._carried, chunk
        joint, start = self._joint, self._joint.state if self._joint else self._state
        fresh = len(joint.line) if joint else 0
        self._joint = self._find_joint(memory[:size], start, holding=joint is None)
        base = start.offset if joint else start.position
        end = self._joint.end - base if self._joint else size
        if end <= fresh:  # no line is finished in all that was read
            self._joint, end = None, size
        self._carried = bytes(memory[self._joint.state.offset - base : size]) if self._joint else b""
        work = hands.start(0, end, self._manners.apart, start, self._manners.asked)
        self._under_way.append(_Piece(work, joint, fresh, end))

    def _find_joint(self, data: memoryview, start: ReaderState, *, holding: bool) -> Joint | None:
        """The last joint in bytes that are read from a state on."""
        begin = max(len(data) - REACH, 0)
        base = start.position if holding else start.offset
        feeds = start.line + (start.held.count(b"\n") + start.cut_lines if holding else 0) + _feeds(data[:begin])
        return find_joint(start, bytes(data[begin:]), feeds, base + begin, self._manners.asked)

    def _finished(self, hands: Hands) -> tuple[bytes | memoryview, R]:
        """The oldest piece under way, read again if what was presumed does not hold."""
        piece = self._under_way.popleft()
        data = hands.shown(piece.work)[piece.fresh : piece.end]
        try:
            outcome: R = hands.result(piece.work)
        except HandLostError:
            self._misses = _MISSES
            return self.read_here(data)
        right = piece.joint is None or piece.joint.holds(self._state, outcome.state, self._manners.asked)
        if not right or (self._manners.holds is not None and not self._manners.holds(self._state, outcome)):
            self._misses += 1
            return self.read_here(data)
        self._misses, self._state = 0, outcome.state
        return data, outcome


def _feeds(data: memoryview) -> int:
    array = np.frombuffer(data, dtype=np.uint8)
    block = 1 << 18  # what is compared stays in the cache
    return sum(int(np.count_nonzero(array[at : at + block] == 10)) for at in range(0, len(array), block))
