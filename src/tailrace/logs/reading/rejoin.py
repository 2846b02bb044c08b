"""Rejoining: crashes whose lines came one by one, each behind a header of its own, become one record each again.

Syslog and the journal know lines, so of a stack trace every line has a time, a host, a program and a number of its
process before it. Here the lines of one process that are a trace, by what is said in them, become one record: the line
that begins it, and what is said in the others. Lines of other programs that stand between them are records of their
own. In what a container's runtime keeps, the lines of two streams, or of several containers, interrupt each other's
traces just so.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.course import Course
from tailrace.logs.reading.crashes import changed
from tailrace.logs.reading.kinds import pick_stamps
from tailrace.logs.reading.lines import Lines, buffers, cut_out, head_texts, lines_in
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_free import free_levels
from tailrace.logs.reading.senders import Said, find_hints, find_indented, raw_message, tells_sender, what_is_said
from tailrace.logs.reading.traces import BEGINS, NEAR, Search, Trace
from tailrace.logs.reading.words import PAD

_REACH: Final = 4096  # bytes of the last lines that are looked at
# Within times no message begins; and of each place but one beginning of a message is tried.
_BEGINS_AFTER_HEADER: Final = re.compile(rf"[:\]-](?![0-9])(?> ?(?:\xef\xbb\xbf ?)?)(?:{BEGINS})")
_BEGINS_IN_ENTRY: Final = re.compile(BEGINS)


Rows = NDArray[np.intp]


def rejoined(
    lines: Lines, course: Course, raw: Lines, bound: int, *, ended: bool, source: Rows | None = None
) -> tuple[Lines, Course, Rows | None]:
    """Return lines with those of each trace side by side and without their headers, their course, and in which order
    the lines are now; None if nothing is to be rejoined. What may go on is no longer decided on.

    `source` tells of wrapped lines by a number where each is from.
    """
    rows, marked = _near(lines, course, ended=ended)
    if len(rows):
        search = Search(
            course.scan,
            np.flatnonzero(course.scan.start),
            said := _said(lines, course, rows),
            marked[said.rows],
            (raw, bound),
        )
        course, traces = _searched(search, course, len(lines), ended=ended)
        course = _raised(course, traces)
        if not any(len(trace.rows) > 1 for trace in traces):
            return lines, course, None
        return _in_order(lines, course, traces, said)
    if source is None:
        return lines, course, None
    rows, marked = _near_others(lines, source, ended=ended)
    if not len(rows):
        return lines, course, None
    said = Said(rows, source[rows].astype(np.uint64), head_texts(lines.pick(rows), lines.heads[rows]))
    search = Search(course.scan, np.arange(len(lines)), said, marked[rows], (raw, bound))
    course, traces = _searched(search, course, len(lines), ended=ended)
    traces = [trace for trace in traces if not trace.close]
    if not traces:
        return lines, course, None
    course, traces = _apart(lines, course, traces, source)
    return _in_order(lines, course, traces, None)


def _searched(search: Search, course: Course, count: int, *, ended: bool) -> tuple[Course, list[Trace]]:
    """Return a course that decides on no trace that may go on, and the traces before."""
    search.run()
    stop = min(course.stop, search.stop(count, ended=ended))
    while across := [trace.rows[0] for trace in search.found if trace.rows[0] < stop <= trace.rows[-1]]:
        stop = min(across)
    if stop < course.stop:
        begun = np.flatnonzero(course.scan.start[: stop + 1])
        course = course.lowered(int(begun[-1]) if len(begun) else 0)
    return course, [trace for trace in search.found if trace.rows[0] < course.stop]


def _near_others(lines: Lines, source: Rows, *, ended: bool) -> tuple[Rows, NDArray[np.bool_]]:
    """Return the lines that stand near to an indented one and to one from elsewhere, and of all which are indented."""
    count = len(lines)
    changes = np.flatnonzero(np.diff(source))
    if not len(changes):
        return changes, np.zeros(0, dtype=np.bool_)
    first = lines.byte(lines.heads)
    marked = ((first == ord(" ")) | (first == ord("\t"))) & (lines.heads < lines.ends)
    marked[np.searchsorted(lines.starts, find_hints(lines), "right") - 1] = True
    tail = slice(max(count - NEAR, 0), count)
    near = _around(np.flatnonzero(marked), count)
    if not ended and _may_begin(lines.pick(tail), bare=True):
        near[tail] = True
    return np.flatnonzero(near & _around(changes, count)), marked


def _apart(lines: Lines, course: Course, traces: list[Trace], source: Rows) -> tuple[Course, list[Trace]]:
    """Return a course in which traces that lines from elsewhere interrupt begin records, or go on with one from where
    they are, and so do those lines; and the traces with the lines that begin their records."""
    scan, count = course.scan, len(lines)
    start, level = scan.start.copy(), scan.level.copy()
    taken = np.array([row for trace in traces for row in trace.rows], dtype=np.intp)
    order, moved = np.arange(count), np.zeros(count + 1, dtype=np.bool_)
    moved[taken] = True
    own = np.maximum.accumulate(np.where(start, order, 0))
    change = np.maximum.accumulate(np.where(np.diff(source, prepend=source[:1]) != 0, order, -1))
    for trace in traces:
        head = trace.rows[0]
        if start[head] or change[head] > own[head] or moved[own[head]]:
            start[head], level[head] = True, trace.worst
        else:
            trace.rows.insert(0, int(own[head]))
            level[own[head]] = level[own[head]] or trace.worst
    others = taken[(taken + 1 < count) & ~moved[taken + 1]] + 1
    others = others[~start[others] & (source[others] != source[others - 1])]
    start[others] = True
    course = changed(course, Scan(start, level, scan.stamps))
    # Frames that were taken for theirs made errors of the lines between.
    free = np.array([form.scanner == "free" for form in course.forms])
    between = taken[taken > 0] - 1
    between = np.union1d(between[start[between] & ~moved[between] & free[course.code[between]]], others)
    level[between] = free_levels(lines.pick(between))
    return course, traces


def _near(lines: Lines, course: Course, *, ended: bool) -> tuple[Rows, NDArray[np.bool_]]:
    """Return the lines that tell their sender and stand near to an indented one, or at the end of what goes on; and
    of all which are indented."""
    nothing, count, marked = np.empty(0, dtype=np.intp), len(lines), np.zeros(len(lines), dtype=np.bool_)
    speaking = [number for number, form in enumerate(course.forms) if tells_sender(form)]
    if len(course.forms) > 1:
        speaking = np.intersect1d(course.code[course.scan.start], speaking).tolist()
    if not speaking:
        return nothing, marked
    for number in speaking:
        marked[find_indented(lines, course.forms[number])] = True
    open_end = not ended and _may_begin(lines.pick(slice(max(count - NEAR, 0), count)))
    if not open_end and not marked.any():
        return nothing, marked
    near = _around(np.flatnonzero(marked), count)
    near[max(count - NEAR, 0) :] |= open_end
    rows = np.flatnonzero(near & course.scan.start)
    return rows[np.isin(course.code[rows], speaking)], marked


def _around(rows: Rows, count: int) -> NDArray[np.bool_]:
    """Tell which of so many lines are near to some."""
    edge = np.zeros(count + 1, dtype=np.int64)
    np.add.at(edge, np.maximum(rows - NEAR, 0), 1)
    np.add.at(edge, np.minimum(rows + NEAR + 1, count), -1)
    return np.cumsum(edge[:-1]) > 0


def _may_begin(lines: Lines, *, bare: bool = False) -> bool:
    """Whether a trace may begin in one of a few lines; `bare` if they are messages without headers."""
    spans = zip(lines.heads.tolist(), np.minimum(lines.ends, lines.heads + _REACH).tolist(), strict=True)
    texts = (lines.data[begin:end].decode("latin-1") for begin, end in spans)
    if bare:
        return any(_BEGINS_IN_ENTRY.match(text) for text in texts)
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


def _raised(course: Course, traces: list[Trace]) -> Course:
    """Return a course with the levels of traces."""
    if not traces:
        return course
    scan, level = course.scan, course.scan.level.copy()
    level[[trace.rows[0] for trace in traces]] = [trace.worst for trace in traces]
    return replace(course, scan=Scan(scan.start, level, scan.stamps))


def _in_order(lines: Lines, course: Course, traces: list[Trace], said: Said | None) -> tuple[Lines, Course, Rows]:
    """Return lines in the order of their records, their course, and the order; `said` in those that go on with one."""
    heads = np.concatenate([np.full(len(trace.rows) - 1, trace.rows[0]) for trace in traces]).astype(np.intp)
    rows = np.array([row for trace in traces for row in trace.rows[1:]], dtype=np.intp)
    scan, count = course.scan, len(lines)
    start, record = scan.start.copy(), np.arange(count)
    start[rows] = True
    own = np.maximum.accumulate(np.where(start, record, 0))
    start[rows] = False
    record[rows] = heads
    order = np.argsort(record[own], kind="stable")
    rows = np.sort(rows) if said is not None else rows[:0]
    text = said.text.gather(np.searchsorted(said.rows, rows)) if said is not None else pl.Series([], dtype=pl.String)
    lines = _rewritten(lines, rows, text, order)
    scan = Scan(start[order], scan.level[order], pick_stamps(scan.stamps, order))
    return lines, replace(course, scan=scan, code=course.code[order]), order


def _rewritten(lines: Lines, rows: Rows, text: pl.Series, order: Rows) -> Lines:
    """Return lines in an order, in a buffer of their own, some of them with another text."""
    texts = cut_out(lines.data, lines.heads, np.append(lines.starts[1:], lines.after))
    other = (text + "\n").to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.large_binary())
    place = np.arange(len(lines))
    place[rows] = len(lines) + np.arange(len(rows))
    data, bounds = buffers(pa.concat_arrays([texts, other]).take(pa.array(place[order])))
    whole = lines_in(data.tobytes() + bytes(PAD), bounds[:-1], bounds[1:])
    closed = (whole.ends > whole.starts) & (whole.byte(np.maximum(whole.ends - 1, 0)) == ord("\n"))
    return replace(whole, ends=whole.ends - closed)
