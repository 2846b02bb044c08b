"""Segments: a stretch of a file in one format, cut into records and counted.

A record is the line that begins it and all lines up to the next that does. The last record of what has been read stays
in the state, since its next line may still come; of one that grows beyond its bound only the beginning is held, and
the rest is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.clock import TimeContext, resolve
from tailrace.logs.reading.course import Circumstances, Course, stay
from tailrace.logs.reading.crashes import with_crashes
from tailrace.logs.reading.described import describes_itself, follow_fields
from tailrace.logs.reading.detect import SAMPLE_BYTES, SAMPLE_LINES, detect
from tailrace.logs.reading.early import detect_early
from tailrace.logs.reading.envelopes import Opened, open_envelopes, open_within
from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.levels import SEVERITIES
from tailrace.logs.reading.lines import Lines, cut_out, find_lines, trimmed, whole_characters
from tailrace.logs.reading.neighbours import Around, keep_recent
from tailrace.logs.reading.rejoin import rejoined
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scanners import scan_lines
from tailrace.logs.reading.stamps import BAD, micros
from tailrace.logs.reading.state import ClockState, ReaderState
from tailrace.logs.reading.switch import follow
from tailrace.logs.reading.unwrap import unwrap
from tailrace.logs.reading.words import PAD, Positions

MOST_BYTES: Final = 1 << 18  # of a record's text
MOST_LINES: Final = 500
_KEPT: Final = MOST_BYTES + 8  # held of a record or a line: its text, a byte-order mark, and the character after it
_SEVERITY: Final = np.array(SEVERITIES, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Sample:
    """Which records below the asked severity are kept in full besides: those that begin in the first `whole` bytes of a
    file or, after them, in the first of `every` blocks of `block` bytes; and all that are not one line of a format."""

    whole: int
    block: int
    every: int

    def holds(self, offset: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which offsets in the file are those of records to be kept."""
        within: NDArray[np.bool_] = (offset - self.whole) // self.block % self.every == 0
        return within | (offset < self.whole)

    def share(self, size: int) -> int:
        """Return how many of the first bytes of a file are in it."""
        rounds, rest = divmod(max(size - self.whole, 0), self.block * self.every)
        return min(size, self.whole) + rounds * self.block + min(rest, self.block)


@dataclass(frozen=True, slots=True)
class Asked:
    """What holds for a whole call: the file's clock, when it is read, the least severity to keep in
    full, the user's own formats, and which other records to keep."""

    clock: TimeContext
    observed: datetime
    least: int
    formats: tuple[Format, ...] = ()
    sample: Sample | None = None

    @property
    def fallback(self) -> int:
        """The UTC second of records without a time: the file's modification, but not later than now."""
        return int(min(self.clock.file_modified, self.observed).timestamp())


@dataclass(frozen=True, slots=True)
class Segment:
    """The finished records of a stretch.

    Of the k records kept in full: their bytes `texts`, level codes, UTC microseconds, line numbers from 1, how many
    lines they `span`, byte offsets, how many bytes were cut off, what lies around them, and whether a format began
    them. Of all: v rows of UTC second, level code, records, bytes.
    """

    form: Format
    texts: pa.LargeBinaryArray
    level: NDArray[np.uint8]
    micros: NDArray[np.int64]
    line: NDArray[np.int64]
    span: NDArray[np.int64]
    offset: NDArray[np.int64]
    cut: NDArray[np.int64]
    around: Around
    known: NDArray[np.bool_]
    volumes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
    lines: int


@dataclass(frozen=True, slots=True)
class _Buffer:
    """The held bytes and the new ones as lines, with the way from places in it to places in the file."""

    lines: Lines
    state: ReaderState
    opened: Opened
    order: NDArray[np.intp] | None = None  # in which its lines are taken, if not as they stand

    @property
    def size(self) -> int:
        return len(self.lines.data) - PAD

    def true(self, at: Positions) -> Positions:
        """Return the file offsets of positions in the buffer."""
        if not self.state.cut_bytes and not self.state.cut_tail:
            return at + self.state.offset
        gap = np.where(at >= self.state.kept, self.state.cut_bytes, 0)
        return at + self.state.offset + gap + np.where(at >= len(self.state.held), self.state.cut_tail, 0)

    def true_one(self, at: int) -> int:
        return int(self.true(np.array([at]))[0])

    def number(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers, from 0, of lines given by their index; `len(lines)` is the line after all."""
        line = index if self.opened.numbers is None else self.opened.numbers[index]
        if not self.state.cut_lines:
            return self.state.line + line
        starts = np.append(self.lines.starts, self.lines.after)[index]
        return self.state.line + line + np.where(starts >= self.state.kept, self.state.cut_lines, 0)

    def number_one(self, line: int) -> int:
        return int(self.number(np.array([line]))[0])

    def row(self, line: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return which lines of the buffer are taken as lines given by their index."""
        return line if self.order is None else self.order[line]

    def edges(self, first: NDArray[np.intp], stop: int) -> Positions:
        """Return where chosen lines begin, and the last before `stop` ends, as if they stood in the file as taken."""
        if self.order is None:
            return self.true(np.append(self.lines.starts[first], self.begin(stop)))
        edges = self.true(np.append(self.lines.starts[:stop], self.begin(stop)))
        taken = np.append(0, np.cumsum(np.diff(edges)[self.order[:stop]]))
        chosen: Positions = taken[np.append(first, stop)]
        return chosen

    def spans(self, first: NDArray[np.intp], after: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return how many lines of the file each record has, from its first line to the one after it."""
        if self.order is None:
            return self.number(after) - self.number(first)
        each = np.diff(self.number(np.arange(len(self.lines) + 1)))[self.order]
        counted = np.append(0, np.cumsum(each))
        spans: NDArray[np.int64] = counted[after] - counted[first]
        return spans

    @property
    def resumed(self) -> int:
        """The index of the line before which lines were dropped; -1 if none were."""
        return int(np.searchsorted(self.lines.starts, self.state.kept)) if self.state.cut_bytes else -1

    def begin(self, line: int) -> int:
        return int(self.lines.starts[line]) if line < len(self.lines) else self.lines.after


def read_segments(
    state: ReaderState, data: bytes | memoryview, asked: Asked, *, final: bool, flush: bool
) -> tuple[list[Segment], ReaderState]:
    """Read on by some bytes, through every change of format: what is finished, and the state after it."""
    form = state.known_format(asked.formats)
    lines = find_lines((state.held, data), final=final, first=state.offset == 0)
    bare = state.forced and form is not None and form.scanner != "json"
    opened = Opened(lines) if state.wrapper or bare else open_envelopes(lines, state.opening, ended=final)
    buffer, lines = _Buffer(opened.lines, state, opened), opened.lines
    if form is None or state.wrapper is None:
        enough = len(lines) >= SAMPLE_LINES or buffer.size >= SAMPLE_BYTES or final or flush
        found = detect_early(lines, int(np.searchsorted(lines.ends, len(state.held))), asked.formats)
        if not buffer.size or (found is None and not enough):
            return [], replace(state, held=lines.data[: buffer.size])
        found = found or detect(lines.data[: buffer.size], asked.formats)
        form = form or found.format
        state = replace(state, format=form.name, keys=form.keys, wrapper=found.wrapper)
    if not len(lines):
        return [], _hold(buffer, lines, state, 0)
    inner = unwrap(lines, state.wrapper or "", resumed=buffer.resumed, stream=state.stream)
    if state.wrapper:
        opened, inner = open_within(lines, inner, ended=final)
        buffer = replace(buffer, lines=opened.lines, opened=opened)
    state, lines = replace(state, stream=inner.open), inner.lines
    if not len(lines):
        return [], _hold(buffer, lines, state, 0)
    ended = final or flush
    if describes_itself(lines, form):
        course = follow_fields(lines, form, ended=ended, changes=state.switches)
    elif state.forced:
        course = stay(scan_lines(lines, form), form, ended)
    else:
        given = Circumstances(state.streak, ended, buffer.lines, MOST_BYTES, asked.formats)
        course = follow(lines, scan_lines(lines, form), form, given)
    course = with_crashes(lines, course)
    course = replace(course, scan=inner.timed(course.scan))
    lines, course, order = rejoined(lines, course, buffer.lines, MOST_BYTES, ended=ended, source=inner.source)
    buffer = replace(buffer, order=order)
    if state.wrapper:
        course = course.lowered(opened.first(course.stop))
    scan, main, stop = course.scan, course.main, course.stop
    state = replace(state, format=main.name, keys=main.keys, streak=course.streak)
    state = replace(state, switches=state.switches + course.changes)
    if not stop:
        return [], _hold(buffer, lines, state, 0)
    segments, clock = _cut_records(buffer, lines, scan, course, asked)
    return segments, _hold(buffer, lines, replace(state, clock=clock), stop)


def _hold(buffer: _Buffer, inner: Lines, state: ReaderState, stop: int) -> ReaderState:
    """Return the state that holds everything from a line on, no more of it than the bound."""
    begin, after, data = buffer.begin(stop), buffer.lines.after, buffer.lines.data
    record, tail = data[begin:after], data[after : buffer.size]
    if len(tail) > _KEPT:
        tail = tail[:_KEPT] + (buffer.opened.bridge(after + _KEPT, buffer.size) or b"")
    whole = buffer.true_one(after) - buffer.true_one(begin)
    if buffer.state.cut_bytes and begin < buffer.state.kept:
        record = data[begin : buffer.state.kept]
    elif whole > len(record) or len(record) > _KEPT + 1:
        bridge = buffer.opened.bridge(begin + _KEPT, after) if len(record) > _KEPT else None
        record, within = record[:_KEPT], bridge is not None and bool(buffer.opened.opening(len(buffer.lines)))
        record = record + (bridge or b"") + b"," if within else _shortened(record, whole_lines=bool(state.wrapper))
    feeds = buffer.number_one(len(buffer.lines)) - buffer.number_one(stop)
    return replace(
        state,
        offset=buffer.true_one(begin),
        line=buffer.number_one(stop),
        held=record + tail,
        kept=len(record),
        cut_bytes=whole - len(record),
        cut_lines=feeds - record.count(b"\n"),
        cut_tail=buffer.true_one(buffer.size) - buffer.true_one(after) - len(tail),
        recent=keep_recent(inner, stop, state.recent),
        opening=buffer.opened.opening(stop),
    )


def _shortened(record: bytes, *, whole_lines: bool) -> bytes:
    """Return the beginning of a record with a line feed at its end; of whole lines, if the first is not too long."""
    feed = record.rfind(b"\n")
    return record[: feed + 1] if whole_lines and feed >= 0 else record + b"\n"


def _cut_records(
    buffer: _Buffer, lines: Lines, scan: Scan, course: Course, asked: Asked
) -> tuple[list[Segment], ClockState]:
    """Cut the (inner) lines that are decided on into records, count all, and take out those to be kept in full."""
    raw, stamps, stop = buffer.lines, scan.stamps, course.stop
    first, level, run = _begins(scan, stop)
    changed, second, clock = _seconds(run, scan, buffer.state.clock, asked)
    size = np.diff(buffer.edges(first, stop))
    chosen = level >= np.searchsorted(_SEVERITY, asked.least)
    if asked.sample is not None:
        chosen |= asked.sample.holds(buffer.true(raw.heads[buffer.row(first)])) | (np.diff(first, append=stop) > 1)
        chosen |= ~_known(scan, course, first)
    kept = np.flatnonzero(chosen)
    begins, after = first[kept], np.append(first, stop)[kept + 1]
    begin, end, row = lines.heads[begins], lines.ends[after - 1], buffer.row(begins)
    span = buffer.spans(begins, after)
    limited = (size[kept] > MOST_BYTES) | (span > MOST_LINES)
    stop_at, shown = _bounded(buffer, lines, begins, after) if limited.any() else (end, size[kept])
    end = trimmed(lines, begin, np.where(limited, stop_at, end))
    within = np.where(run[kept] < 0, 0, micros(stamps, begins))
    segment = Segment(
        course.forms[course.code[0]],
        buffer.opened.with_context(cut_out(lines.data, begin, end), row),
        level[kept],
        second[np.searchsorted(changed, kept, "right") - 1] * 1_000_000 + within,
        buffer.number(row) + 1,
        span,
        buffer.true(raw.heads[row]),
        np.where(limited, size[kept] - (shown if lines is not raw else end - begin), 0),
        Around(lines, buffer.state.recent, begins, after),
        _known(scan, course, begins),
        _count(changed, second, level, size),
        buffer.number_one(stop) - buffer.state.line,
    )
    return _by_format(segment, course.code[begins], course.forms), clock


def _begins(scan: Scan, stop: int) -> tuple[NDArray[np.intp], NDArray[np.uint8], NDArray[np.int32]]:
    """Return the lines before `stop` at which records begin, their levels and runs of times; the first always does."""
    start = scan.start[:stop]
    if start.all():
        return np.arange(stop), scan.level[:stop], scan.stamps.run[:stop]
    first = np.flatnonzero(start)
    if start[0]:
        return first, scan.level[first], scan.stamps.run[first]
    level, run = np.insert(scan.level[first], 0, 0), np.insert(scan.stamps.run[first], 0, -1)
    return np.insert(first, 0, 0), level, run


def _by_format(segment: Segment, code: NDArray[np.int16], forms: tuple[Format, ...]) -> list[Segment]:
    """Part the records kept in full, given the numbers of their formats, by these."""
    found = np.unique(code).tolist()
    if len(found) < 2:
        return [replace(segment, form=forms[found[0]]) if found else segment]
    parts = [_part(segment, forms[number], np.flatnonzero(code == number)) for number in found]
    return [replace(parts[0], volumes=segment.volumes, lines=segment.lines), *parts[1:]]


def _known(scan: Scan, course: Course, lines: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which lines begin a record of a format that is more than free text."""
    structured = np.array([form.scanner != "free" for form in course.forms])
    known: NDArray[np.bool_] = scan.start[lines] & structured[course.code[lines]]
    return known


def _part(segment: Segment, form: Format, rows: NDArray[np.intp]) -> Segment:
    """Return some of the records kept in full, and no counts."""
    texts = segment.texts.take(pa.array(rows))
    nothing = np.empty(0, dtype=np.int64)
    return Segment(
        form,
        texts,
        segment.level[rows],
        segment.micros[rows],
        segment.line[rows],
        segment.span[rows],
        segment.offset[rows],
        segment.cut[rows],
        segment.around.picked(rows),
        segment.known[rows],
        (nothing, nothing, nothing, nothing),
        0,
    )


def _seconds(
    run: NDArray[np.int32], scan: Scan, state: ClockState, asked: Asked
) -> tuple[NDArray[np.intp], NDArray[np.int64], ClockState]:
    """Return the records at which the run of times changes, and the UTC seconds from each of them on.

    A record without a time has that of the record before.
    """
    stamps = scan.stamps
    before = asked.fallback if state.last is None else state.last
    changed = np.flatnonzero(run[1:] != run[:-1]) + 1
    changed = np.insert(changed, 0, 0)
    used = run[changed]
    local = np.where(used < 0, BAD, stamps.seconds[used] if len(stamps.seconds) else BAD)
    offset = stamps.offset[used] if len(stamps.offset) else local
    dated = stamps.dated[used] if len(stamps.dated) else np.ones(len(used), dtype=np.bool_)
    utc, state = resolve(local, offset, dated, state, asked.clock)
    good = utc != BAD
    latest = np.maximum.accumulate(np.where(good, np.arange(len(utc)), -1))
    return changed, np.where(latest < 0, before, utc[latest]), state


def _starts(lines: Lines) -> Positions:
    """Return where lines begin, and where the line after them all would."""
    return np.append(lines.starts, lines.after)


def _bounded(
    buffer: _Buffer, lines: Lines, first: NDArray[np.intp], after: NDArray[np.intp]
) -> tuple[Positions, Positions]:
    """Return where the text of records ends that are cut, and how many bytes of the file it takes.

    It ends with the last line, or the last character, within the bound; of lines within other lines, with a line.
    """
    last = np.minimum(after, first + MOST_LINES)
    end = whole_characters(lines, np.minimum(lines.ends[last - 1], lines.heads[first] + MOST_BYTES))
    if lines is buffer.lines:
        return end, end - lines.heads[first]
    every = np.arange(len(lines))
    begins = buffer.edges(every, len(lines))[:-1]
    stops = begins + np.diff(_starts(buffer.lines))[buffer.row(every)]
    last = np.minimum(last, np.searchsorted(stops, begins[first] + MOST_BYTES, "right"))
    whole, shown = last > first, np.maximum(last - 1, 0)
    end = np.where(whole, lines.ends[shown], end)
    return end, np.where(whole, stops[shown] - begins[first], end - lines.heads[first])


def _count(
    changed: NDArray[np.intp], second: NDArray[np.int64], level: NDArray[np.uint8], size: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Count records and bytes by level, from each record at which the second may change to the next."""
    group = np.repeat(np.arange(len(changed)) * 8, np.diff(np.append(changed, len(level)))) + level
    records = np.bincount(group)
    weights = np.bincount(group, weights=size)  # exact up to 2**53 bytes
    found = np.flatnonzero(records)
    return second[found >> 3], found & 7, records[found], weights[found].astype(np.int64)
