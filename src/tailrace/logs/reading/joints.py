"""Joints: places within a file where reading can begin before what stands before them has been read.

A piece of a file can be read on its own if the state of the reader at its beginning is known. At a line that begins a
record that state holds nothing but what can be told from a few lines around and from the state of long before, as
long as the format stays; the clock is presumed to have gone on from one such line to the next. What is presumed is
compared with what was, once that is known: only if it was right does the reading of the piece hold, and then it is
what reading in one go would have given, record for record, with a cut after the joint's line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.clock import resolve
from tailrace.logs.reading.envelopes import Opened, open_envelopes
from tailrace.logs.reading.lines import find_lines
from tailrace.logs.reading.neighbours import keep_recent
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scanners import scan_lines
from tailrace.logs.reading.segments import Asked
from tailrace.logs.reading.stamps import BAD, NAIVE
from tailrace.logs.reading.state import ClockState, ReaderState
from tailrace.logs.reading.unwrap import unwrap

REACH: Final = 1 << 16
"""So many bytes at the end of a piece are looked through for a joint."""
_BEFORE: Final = 4  # lines, the first of them perhaps not whole

# One time as a line carries it: its local seconds, its distance from UTC and whether it has a date.
_Time = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Joint:
    """A line that begins a record, at which the reader is presumed to be in the state `state`, holding nothing.

    `line` are the bytes of that line, and `time` the time that it carries.
    """

    state: ReaderState
    line: bytes
    time: _Time

    @property
    def end(self) -> int:
        """The offset in the file of the line after it: up to there the piece before it has to be read."""
        return self.state.offset + len(self.line)

    def holds(self, found: ReaderState, then: ReaderState, asked: Asked) -> bool:
        """Tell whether the state `then` that was read to from here holds, given that found before, this line included.

        The clock is the same if it is so after this line's record; that has to be finished, therefore.
        """
        presumed = replace(self.state, held=self.line, kept=len(self.line), clock=found.clock)
        if found != presumed or then.offset == found.offset:
            return False
        return _after(self.time, found.clock, asked) == _after(self.time, self.state.clock, asked)


def find_joint(known: ReaderState, tail: bytes, feeds: int, offset: int, asked: Asked) -> Joint | None:
    """Return the last joint within some bytes of a file, which stand at an offset after so many line feeds.

    `known` is the latest state that is known or presumed, of a known format. None if there is no such place.
    """
    form = known.known_format(asked.formats)
    lines = find_lines((tail,), final=False, first=False)
    if form is None or known.wrapper is None or len(lines) <= _BEFORE:
        return None
    opened = Opened(lines) if known.wrapper else open_envelopes(lines)
    lines = opened.lines
    inner = unwrap(lines, known.wrapper)
    scan = inner.timed(scan_lines(inner.lines, form))
    row = _chosen(scan, opened.last)
    if row < _BEFORE:
        return None
    begin, time = int(lines.starts[row]), _time(scan, row)
    after = int(lines.starts[row + 1]) if row + 1 < len(lines) else lines.after
    state = replace(
        known,
        offset=offset + begin,
        line=feeds + opened.number(row),
        held=b"",
        kept=0,
        cut_bytes=0,
        cut_lines=0,
        cut_tail=0,
        clock=_after(time, known.clock, asked)[1],
        stream=0,
        streak=("", 0),
        recent=keep_recent(inner.lines, row, b""),
        opening=opened.opening(row),
    )
    return Joint(state, tail[begin:after], time)


def _chosen(scan: Scan, possible: NDArray[np.bool_]) -> int:
    """Return the last possible line that begins a record, with a time if any that does has one; -1 if none does."""
    begins = np.flatnonzero(scan.start & possible)
    timed = begins[scan.stamps.run[begins] >= 0]
    return int((timed if len(timed) else begins)[-1]) if len(begins) else -1


def _time(scan: Scan, row: int) -> _Time:
    stamps, run = scan.stamps, int(scan.stamps.run[row])
    if run < 0:
        return np.array([BAD]), np.array([NAIVE]), np.array([True])
    return stamps.seconds[[run]], stamps.offset[[run]], stamps.dated[[run]]


def _after(time: _Time, clock: ClockState, asked: Asked) -> tuple[int, ClockState]:
    """Return the UTC second that a time is after a clock, and the clock after it."""
    utc, clock = resolve(*time, clock, asked.clock)
    return int(utc[0]), clock
