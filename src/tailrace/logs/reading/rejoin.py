"""Rejoining: crashes whose lines came one by one, each behind a header of its own, become one record each again.

Syslog and the journal know lines, so of a stack trace every line has a time, a host, a program and a number of its
process before it. Here the lines of one process that are a trace, by what is said in them, become one record: the line
that begins it, and what is said in the others. Lines of other programs that stand between them are records of their
own. It goes by lines alone, however a file is cut: a trace may be continued for so many lines, and for two seconds,
after the last line that is plainly of it, and lies with all that stands between its lines within the bound of a record;
only one that nothing stands between may be longer, and is cut as any other record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.course import Course
from tailrace.logs.reading.crashes import ABOUT_TO_TELL, DUMP, ERROR_REPORT, FATAL_REPORT, MORE, TRACEBACK
from tailrace.logs.reading.kinds import pick_stamps
from tailrace.logs.reading.levels import ERROR, FATAL, INFO
from tailrace.logs.reading.lines import Lines, buffers, cut_out
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_free import ATTACHED, levels_by_pattern
from tailrace.logs.reading.senders import Said, find_indented, raw_message, tells_sender, what_is_said
from tailrace.logs.reading.stamps import BAD
from tailrace.logs.reading.words import PAD, view

_NEAR: Final = 40  # lines after the last indented one of a trace, within which it may go on
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
_REACH: Final = 4096  # bytes of the last lines that are looked at
_BEGINS: Final = "|".join(pattern[1:] for pattern in (_FRAME, _HEADLINE, *(opening for opening, _ in _OPENINGS)))
_BEGINS_AFTER_HEADER: Final = re.compile(rf"[:\]-] ?(?:\xef\xbb\xbf)? ?(?:{_BEGINS})")
_BEGINS_IN_ENTRY: Final = re.compile(_BEGINS)


Rows = NDArray[np.intp]


@dataclass(slots=True)
class _Trace:
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
        return max(self.marked, self.rows[0]) + _NEAR

    @property
    def worst(self) -> int:
        """Its level: at least an error, unless what it stands with says less."""
        if self.opened:
            return max(self.level, self.opened)
        return ERROR if self.level in (0, INFO) else self.level


def rejoined(lines: Lines, course: Course, raw: Lines, bound: int, *, ended: bool) -> tuple[Lines, Course, Rows | None]:
    """Return lines with those of each trace side by side and without their headers, their course, and in which order
    the lines are now; None if nothing is to be rejoined. What may go on is no longer decided on."""
    rows, marked = _near(lines, course, ended=ended)
    if not len(rows):
        return lines, course, None
    said = _said(lines, course, rows)
    search = _Search(course, said, np.isin(said.rows, marked), (raw, bound))
    search.run()
    stop = min(course.stop, search.stop(len(lines), ended=ended))
    while across := [trace.rows[0] for trace in search.found if trace.rows[0] < stop <= trace.rows[-1]]:
        stop = min(across)
    course = course.lowered(stop)
    traces = [trace for trace in search.found if trace.rows[0] < course.stop]
    if not any(len(trace.rows) > 1 for trace in traces):
        return lines, _raised(course, traces), None
    return _in_order(lines, _raised(course, traces), traces, said)


def _near(lines: Lines, course: Course, *, ended: bool) -> tuple[Rows, Rows]:
    """Return the lines that tell their sender and stand near to an indented one, or at the end of what goes on; and
    which lines are indented."""
    nothing, count = np.empty(0, dtype=np.intp), len(lines)
    speaking = [number for number, form in enumerate(course.forms) if tells_sender(form)]
    if len(course.forms) > 1:
        speaking = np.intersect1d(course.code[course.scan.start], speaking).tolist()
    if not speaking:
        return nothing, nothing
    marked = np.unique(np.concatenate([find_indented(lines, course.forms[number]) for number in speaking]))
    open_end = not ended and _may_begin(lines.pick(slice(max(count - _NEAR, 0), count)))
    if not len(marked) and not open_end:
        return nothing, nothing
    edge = np.zeros(count + 1, dtype=np.int64)
    np.add.at(edge, np.maximum(marked - _NEAR, 0), 1)
    np.add.at(edge, np.minimum(marked + _NEAR + 1, count), -1)
    edge[max(count - _NEAR, 0)] += open_end
    near = np.flatnonzero(np.cumsum(edge[:-1]))
    return near[course.scan.start[near] & np.isin(course.code[near], speaking)], marked


def _may_begin(lines: Lines) -> bool:
    """Whether a trace may begin in one of a few lines."""
    spans = zip(lines.heads.tolist(), np.minimum(lines.ends, lines.heads + _REACH).tolist(), strict=True)
    texts = (lines.data[begin:end].decode("latin-1") for begin, end in spans)
    return any(
        _BEGINS_IN_ENTRY.match(raw_message(text)) if text.startswith("{") else _BEGINS_AFTER_HEADER.search(text)
        for text in texts
    )


def _said(lines: Lines, course: Course, rows: Rows) -> Said:
    """Return what is said in lines of several formats."""
    parts = []
    for number in np.unique(course.code[rows]).tolist():
        parts.append(what_is_said(lines, rows[course.code[rows] == number], course.forms[number]))
    if len(parts) == 1:
        return parts[0]
    every = np.concatenate([part.rows for part in parts])
    order = np.argsort(every)
    sender = np.concatenate([part.sender for part in parts])[order]
    return Said(every[order], sender, pl.concat([part.text for part in parts]).gather(order))


class _Search:
    """Looks for traces line by line, of the few lines that are near to one.

    What one line is depends on all before it, so the lines are gone through one by one; nearly all have been left out.
    `group` is the first line of traces that overlap, or -1: these lie within the bound together.
    """

    def __init__(self, course: Course, said: Said, marked: NDArray[np.bool_], bounds: tuple[Lines, int]) -> None:
        scan, rows = course.scan, said.rows
        starts = np.flatnonzero(scan.start)
        place = np.searchsorted(starts, rows)
        self._rows: list[int] = rows.tolist()
        self._sender: list[int] = said.sender.tolist()
        self._before: list[int] = np.where(place > 0, starts[place - 1], -1).tolist()
        self._level: list[int] = scan.level[rows].tolist()
        self._second = _seconds(scan, rows).tolist()
        self._kind, self._opens = _kinds(said.text)
        self._error: list[bool] = ((scan.level[rows] >= ERROR) | (levels_by_pattern(said.text) >= ERROR)).tolist()
        self._marked: list[bool] = marked.tolist()
        self._raw, self._bound = bounds
        self._final = int(starts[-1]) if len(starts) else -1
        self._live: dict[int, _Trace] = {}
        self._group = self._latest = -1
        self.found: list[_Trace] = []
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

    def _continues(self, trace: _Trace, index: int) -> bool:
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

    def _begun(self, index: int, previous: int) -> _Trace | None:
        """Return the trace that a line begins, together with the record before it perhaps; None if it begins none."""
        kind, opened = self._kind[index], self._opens[index]
        if not opened and not kind & (_IS_FRAME | _IS_HEADLINE):
            return None
        trace = _Trace([], self._level[index], self._second[index])
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

    def _add(self, trace: _Trace, index: int) -> None:
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
        if not any(trace.rows[0] <= self._latest + _NEAR for trace in self._live.values()):
            self._group = -1

    def _beyond(self, first: int, end: int, index: int) -> bool:
        """Whether what lies between a line and an end is more than the bound, and is not one record that goes on."""
        if end - int(self._raw.starts[first]) <= self._bound:
            return False
        return not any(trace.rows[0] == first and self._touches(trace, index) for trace in self._live.values())

    def _touches(self, trace: _Trace, index: int) -> bool:
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


def _raised(course: Course, traces: list[_Trace]) -> Course:
    """Return a course with the levels of traces."""
    if not traces:
        return course
    scan, level = course.scan, course.scan.level.copy()
    level[[trace.rows[0] for trace in traces]] = [trace.worst for trace in traces]
    return replace(course, scan=Scan(scan.start, level, scan.stamps))


def _in_order(lines: Lines, course: Course, traces: list[_Trace], said: Said) -> tuple[Lines, Course, Rows]:
    """Return lines in the order of their records, their course, and the order."""
    heads = np.concatenate([np.full(len(trace.rows) - 1, trace.rows[0]) for trace in traces]).astype(np.intp)
    rows = np.array([row for trace in traces for row in trace.rows[1:]], dtype=np.intp)
    scan, count = course.scan, len(lines)
    start = scan.start.copy()
    start[rows] = False
    record = np.arange(count)
    own = np.maximum.accumulate(np.where(scan.start, record, 0))
    record[rows] = heads
    order = np.argsort(record[own], kind="stable")
    text = said.text.gather(np.searchsorted(said.rows, np.sort(rows)))
    lines = _rewritten(lines, np.sort(rows), text, order)
    scan = Scan(start[order], scan.level[order], pick_stamps(scan.stamps, order))
    return lines, replace(course, scan=scan, code=course.code[order]), order


def _rewritten(lines: Lines, rows: Rows, text: pl.Series, order: Rows) -> Lines:
    """Return lines in an order, in a buffer of their own, some of them with another text."""
    whole = cut_out(lines.data, lines.heads, np.append(lines.starts[1:], lines.after))
    other = (text + "\n").to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.large_binary())
    place = np.arange(len(lines))
    place[rows] = len(lines) + np.arange(len(rows))
    data, bounds = buffers(pa.concat_arrays([whole, other]).take(pa.array(place[order])))
    padded = data.tobytes() + bytes(PAD)
    array = np.frombuffer(padded, dtype=np.uint8)
    starts, stops = bounds[:-1], bounds[1:]
    closed = (stops > starts) & (array[np.maximum(stops - 1, 0)] == ord("\n"))
    return Lines(padded, array, view(padded), starts, starts, stops - closed, len(data))
