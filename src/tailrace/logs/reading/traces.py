"""Traces: which lines of one sender, among those of others, are a stack trace or a report of a crash.

It goes by lines alone, however a file is cut: a trace may be continued for so many lines, and for two seconds, after
the last line that is plainly of it, and lies with all that stands between its lines within the bound of a record; only
one that nothing stands between may be longer, and is cut as any other record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.crashes import ABOUT_TO_TELL, DUMP, ERROR_REPORT, FATAL_REPORT, MORE, TRACEBACK
from tailrace.logs.reading.levels import ERROR, FATAL, INFO
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_free import ATTACHED, levels_by_pattern
from tailrace.logs.reading.senders import Said
from tailrace.logs.reading.stamps import BAD

NEAR: Final = 40  # lines after the last indented one of a trace, within which it may go on
_PAUSE: Final = 2  # seconds
_FRAME: Final = (
    r'^(?:\s+at |\s+File "|\s+from |\s+\d+: |\t\S+:\d+|\s+what\(\): |\s+\+ Exception Group|at [\w$.<>]+\(|'
    r"\s+\S.* called at \S+ line \d|"
    r"goroutine \d+ \[|Caused by: |\s*---> |\.\.\. \d+ |stack backtrace:|note: run with |#\d+ )"
)
_HEADLINE: Final = r"^(?:[A-Za-z_$][\w$]*[.\\])*[A-Z][\w$]*(?:Error|Exception|Throwable)\b"
_CALLED: Final = r"^\s+at |^\s*\.\.\. \d+ "
_SOURCE: Final = r'^\s+File "|^ {3,4}(?:[^ a]|a[^t]|at[^ ])|^\s+[~^]+$'
_NAMED: Final = r"^[A-Za-z_][\w.]*(?:: |:?$)"
_TELLS: Final = rf"{ABOUT_TO_TELL}|^Exception in thread .*:$|^During handling of the above|^The above exception"
_FROM: Final = r"^\s+from "
_CAUSE: Final = r"^[^\s:]+\.rb:\d+:in "  # Ruby tells of it so, and of nothing else after a trace
_PATTERNS: Final = (
    _FRAME,
    rf"^\s|^$|{MORE}|{ATTACHED}",
    _HEADLINE,
    _CALLED,
    _SOURCE,
    _NAMED,
    _TELLS,
    _FROM,
    _CAUSE,
    r"^\s*$",
)
_IS_FRAME, _IS_MORE, _IS_HEADLINE, _IS_CALLED, _IS_SOURCE, _IS_NAMED, _IS_TELLING, _IS_FROM, _IS_CAUSE, _IS_BLANK = (
    1 << n for n in range(10)
)
# A mere warning begins no trace: of many lines none would be told.
_OPENINGS: Final = ((FATAL_REPORT, FATAL), (ERROR_REPORT, ERROR), (TRACEBACK, ERROR), (DUMP, INFO))
_NO_TIME: Final = -1
BEGINS: Final = "|".join(pattern[1:] for pattern in (_FRAME, _HEADLINE, *(opening for opening, _ in _OPENINGS)))

Rows = NDArray[np.intp]


@dataclass(slots=True)
class Trace:
    """The lines of a trace so far. `sure` is whether some of them are of a trace beyond doubt, `marked` which line is
    the last that is indented, `close` whether no other record stands between them, `last` what kind the last is of."""

    rows: list[int]
    level: int
    second: int
    opened: int = 0
    sure: bool = False
    marked: int = -1
    close: bool = True
    last: int = 0

    @property
    def reach(self) -> int:
        """The line after which it may no longer go on."""
        return max(self.marked, self.rows[0]) + NEAR

    @property
    def worst(self) -> int:
        """Its level: at least an error, unless what it stands with says less."""
        if self.opened:
            return max(self.level, self.opened)
        return ERROR if self.level in (0, INFO) else self.level


class Search:
    """Looks for traces line by line, of the few lines that are near to one.

    What one line is depends on all before it, so the lines are gone through one by one; nearly all have been left out.
    `group` is the first line of traces that overlap, or -1: these lie within the bound together. Lines are neighbours
    if none of `stand` lies between them.
    """

    def __init__(
        self, scan: Scan, stand: Rows, said: Said, marked: NDArray[np.bool_], bounds: tuple[Lines, int]
    ) -> None:
        rows = said.rows
        place, level = np.searchsorted(stand, rows), np.where(scan.start[rows], scan.level[rows], 0)
        self._rows: list[int] = rows.tolist()
        self._sender: list[int] = said.sender.tolist()
        self._before: list[int] = np.where(place > 0, stand[place - 1], -1).tolist()
        self._level: list[int] = level.tolist()
        self._second = _seconds(scan, rows).tolist()
        self._kind, self._opens = _kinds(said.text)
        self._error: list[bool] = ((level >= ERROR) | (levels_by_pattern(said.text) >= ERROR)).tolist()
        self._marked: list[bool] = marked.tolist()
        self._raw, self._bound = bounds
        self._final = int(stand[-1]) if len(stand) else -1
        self._live: dict[int, Trace] = {}
        self._group = self._latest = -1
        self.found: list[Trace] = []
        self._ends: set[int] = set()  # the last lines of these

    def run(self) -> None:
        """Go through the lines."""
        previous = -1
        for index, row in enumerate(self._rows):
            end, sender = int(self._raw.ends[row]), self._sender[index]
            self._expire(row, end, self._second[index], index)
            trace = self._live.get(sender)
            if trace is not None and not self._continues(trace, index):
                self._close(sender)
                trace = None
            if trace is None:
                trace = self._begun(index, previous)
            if trace is not None:
                self._add(trace, index)
            previous = index

    def stop(self, count: int, *, ended: bool) -> int:
        """Return the first line that is not decided on, given how many lines there are, and end the search."""
        stop = count
        if not ended:
            self._expire(count, self._raw.after, _NO_TIME, -1)
            stop = min((trace.rows[0] for trace in self._live.values()), default=count)
            stop = min(stop, self._group) if self._group >= 0 else stop
        for sender in list(self._live):
            self._close(sender)
        return stop

    # -- one line -----------------------------------------------------------------------------------------------

    def _continues(self, trace: Trace, index: int) -> bool:
        """Whether a line goes on with a trace of its sender."""
        kind, last = self._kind[index], trace.last
        if last & _IS_TELLING or (last & _IS_FROM and kind & _IS_CAUSE):
            return True
        if self._opens[index] and not kind & _IS_FRAME:
            return False
        if kind & _IS_HEADLINE and last & (_IS_CALLED | _IS_HEADLINE):
            return False
        if kind & _IS_FRAME:
            return True
        return trace.sure and bool(kind & _IS_MORE or (last & _IS_SOURCE and kind & _IS_NAMED))

    def _begun(self, index: int, previous: int) -> Trace | None:
        """Return the trace that a line begins, together with the record before it perhaps; None if it begins none."""
        kind, opened = self._kind[index], self._opens[index]
        if not opened and not kind & (_IS_FRAME | _IS_HEADLINE):
            return None
        trace = Trace([], self._level[index], self._second[index])
        if previous >= 0 and self._before[index] == self._rows[previous] and self._free(previous, index):
            trace.rows.append(self._rows[previous])
            trace.level = self._level[previous]
        self._live[self._sender[index]] = trace
        return trace

    def _free(self, previous: int, index: int) -> bool:
        """Whether the line before is one that a trace may go on with: of the same sender, and of no trace."""
        if self._sender[previous] != self._sender[index]:
            return False
        if self._rows[previous] in self._ends:
            return False
        return bool(self._kind[index] & _IS_FRAME) or self._error[previous]

    def _add(self, trace: Trace, index: int) -> None:
        """Put a line to a trace."""
        row, kind = self._rows[index], self._kind[index]
        if trace.rows and trace.rows[-1] != self._before[index]:
            trace.close = False
        trace.rows.append(row)
        trace.level = max(trace.level, self._level[index])
        trace.opened = max(trace.opened, self._opens[index])
        trace.sure = trace.sure or bool(trace.opened or kind & _IS_FRAME)
        trace.last = trace.last if kind & _IS_BLANK else kind
        trace.second = max(trace.second, self._second[index])
        if self._marked[index] and trace.sure:
            trace.marked = self._latest = row
            if self._group < 0:
                self._group = min(each.rows[0] for each in self._live.values())

    # -- ends ---------------------------------------------------------------------------------------------------

    def _expire(self, row: int, end: int, second: int, index: int) -> None:
        """Close the traces that a line at a row, which ends so, is too far from; -1 for one that is not known yet."""
        if self._group >= 0 and self._beyond(self._group, end, index):
            for sender in list(self._live):
                self._close(sender)
            self._group = -1
        for sender, trace in list(self._live.items()):
            late = _NO_TIME not in (second, trace.second) and second > trace.second + _PAUSE
            far = row > trace.reach or self._beyond(trace.rows[0], end, index)
            if far or (late and not self._touches(trace, index)):
                self._close(sender)
        if not any(trace.rows[0] <= self._latest + NEAR for trace in self._live.values()):
            self._group = -1

    def _beyond(self, first: int, end: int, index: int) -> bool:
        """Whether what lies between a line and an end is more than the bound, and is not one record that goes on."""
        if end - int(self._raw.starts[first]) <= self._bound:
            return False
        return not any(trace.rows[0] == first and self._touches(trace, index) for trace in self._live.values())

    def _touches(self, trace: Trace, index: int) -> bool:
        """Whether a line goes on with a trace between whose lines nothing stands; -1 for the one to come."""
        if not trace.close:
            return False
        if index < 0:
            return trace.rows[-1] == self._final
        same = self._live.get(self._sender[index]) is trace and self._before[index] == trace.rows[-1]
        return same and self._continues(trace, index)

    def _close(self, sender: int) -> None:
        trace = self._live.pop(sender)
        if trace.marked >= 0:
            self.found.append(trace)
            self._ends.add(trace.rows[-1])


def _seconds(scan: Scan, rows: Rows) -> NDArray[np.int64]:
    """Return the local second of each row, -1 for none."""
    run, known = scan.stamps.run[rows], np.append(scan.stamps.seconds, BAD)
    return np.where(known[run] == BAD, _NO_TIME, known[run])


def _kinds(text: pl.Series) -> tuple[list[int], list[int]]:
    """Return what kind of line each text is, and at which level it begins a report of a crash; 0 for none."""
    kind = np.zeros(len(text), dtype=np.int64)
    for number, pattern in enumerate(_PATTERNS):
        kind |= text.str.contains(pattern).to_numpy() * (1 << number)
    opens = np.zeros(len(text), dtype=np.int64)
    for pattern, level in _OPENINGS:
        opens = np.maximum(opens, text.str.contains(pattern).to_numpy() * level)
    return kind.tolist(), opens.tolist()
