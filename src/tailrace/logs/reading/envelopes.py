"""Envelopes: lines of JSON that hold many records each, as exporters write them, and where these records stand.

An envelope is an object with a list of objects somewhere within: OpenTelemetry's `resourceLogs`, what CloudWatch and
CloudTrail deliver, or a bare list. Each object of the list is read as if it stood in a line of its own. The line is
not changed: the bytes between two records belong to the first, those before the first record to that; and what is
around the list, a resource and its scope, is only put before the few records that are taken apart.

A line may be as long as it likes: of one that has not ended only the record that has not ended is held, and the
`opening`: what has to stand before that for it to be within the envelope still.

https://opentelemetry.io/docs/specs/otel/protocol/file-exporter,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines, as_text, buffers, cut_out, lines_in, text_lines
from tailrace.logs.reading.members import Marks, find_marks
from tailrace.logs.reading.printed import OPENS, join_printed
from tailrace.logs.reading.scan_json import keys_in
from tailrace.logs.reading.search import stands
from tailrace.logs.reading.unwrap import Inner
from tailrace.logs.reading.words import PAD, U64, Positions, keep, pack

_MOST_BYTES: Final = 1 << 18  # before the first record of an envelope
_MOST_CONTEXT: Final = 1 << 16  # bytes of what stands around the list on each level, to be put before a record
_OPEN, _LIST, _BLANK = (ord(c) for c in "{[ ")
_BEFORE: Final = np.array([chr(code) in "[, \t" for code in range(256)])
_DEEPEST: Final = 3  # lists

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Envelope:
    """A kind of envelopes: what they begin with, and the keys of the lists within lists, the last of records.

    Without a key the envelope is the list. One that is not `sure` has to have a level or a time in its first record.
    """

    begins: tuple[bytes, ...]
    keys: tuple[str, ...]
    sure: bool = False

    @property
    def depth(self) -> int:
        """How many brackets are open within a record."""
        return 2 * len(self.keys) + 1 if self.keys else 2

    @property
    def end(self) -> bytes:
        """What every opening ends with."""
        return f'"{self.keys[-1]}":['.encode() if self.keys else b"["


ENVELOPES: Final = (
    Envelope((b'{"resourceLogs":[', b'{"resourceLogs": ['), ("resourceLogs", "scopeLogs", "logRecords"), sure=True),
    Envelope((b'{"messageType":"', b'{"owner":"', b'{"messageType": "', b'{"owner": "'), ("logEvents",)),
    Envelope((b'{"Records":[{', b'{"Records": [{'), ("Records",)),
    Envelope((b'{"records":[{', b'{"records": [{'), ("records",)),
    Envelope((b'[{"',), ()),
)
_BARE: Final = len(ENVELOPES) - 1
_THIRD: Final = np.isin(
    np.arange(256), [*(begin[2] for kind in ENVELOPES for begin in kind.begins), *(ord(text[2]) for text in OPENS)]
)


class _Found(NamedTuple):
    """Records of envelopes, ascending: in which line each is, where it begins and ends, and what stands around it.

    `end` is -1 for a record that does not end. `around[i]` is from where to where the text reaches that stands in the
    i-th object around it before the list that holds the record, the same for none; in the text of all envelopes.
    """

    row: Rows
    begin: Positions
    end: Positions
    around: Positions
    kind: Rows

    def picked(self, chosen: Mask | Rows) -> _Found:
        return _Found(*(part[..., chosen] for part in self))


@dataclass(frozen=True, slots=True)
class Opened:
    """The lines of a buffer, each record within an envelope as a line of its own.

    `numbers` says in which line of the buffer each begins, and the one after them; None if no line was an envelope.
    """

    lines: Lines
    numbers: Positions | None = None
    _text: _Text | None = None
    _found: _Found | None = None
    _record: Rows | None = None
    _within: bool = False

    @property
    def last(self) -> NDArray[np.bool_]:
        """Tell which lines are the last within their line of the buffer, that has ended."""
        return np.ones(len(self.lines), dtype=np.bool_) if self.numbers is None else np.diff(self.numbers) > 0

    def number(self, line: int) -> int:
        """Return in which line of the buffer a line begins."""
        return line if self.numbers is None else int(self.numbers[line])

    def first(self, line: int) -> int:
        """Return the first line that is of the same line of the buffer as a line is."""
        return line if self.numbers is None else int(np.searchsorted(self.numbers, self.numbers[line]))

    def opening(self, line: int) -> bytes:
        """Return what has to stand before a line, or the line after them all, for it to be within its envelope."""
        if self._record is None or self._found is None or self._text is None or self._record[line] < 0:
            return b""
        found = int(self._record[line])
        row = self._found.row
        if row[found] != row[found - 1] if found else row[0] > 0 or not self._text.opened:
            return b""
        kind = ENVELOPES[int(self._found.kind[found])]
        around = [self._text.between(*self._found.around[level, :, found]) for level in range(len(kind.keys))]
        each = [b"{" + text + f'"{key}":['.encode() for text, key in zip(around, kind.keys, strict=True)]
        return b"".join(each) or b"["

    def with_context(self, texts: pa.LargeBinaryArray, lines: Rows) -> pa.LargeBinaryArray:
        """Return records' texts, given the lines at which they begin, with what stands around those in envelopes."""
        if self._record is None or self._found is None or self._text is None:
            return texts
        record = self._record[lines]
        inside = np.flatnonzero(record >= 0)
        if not len(inside):
            return texts
        around = self._found.around[:, :, record[inside]]
        parts = [self._text.pieces(*pair) for pair in around]
        data, bounds = buffers(texts.take(pa.array(inside)))
        rest = cut_out(data.tobytes(), np.minimum(bounds[:-1] + 1, bounds[1:]), bounds[1:])
        brace = pa.scalar(b"{", pa.large_binary())
        whole = pc.binary_join_element_wise(brace, *parts, rest, pa.scalar(b"", pa.large_binary()))
        if len(inside) == len(texts):
            return whole
        order = np.arange(len(texts))
        order[inside] = len(texts) + np.arange(len(inside))
        return pa.concat_arrays([texts, whole]).take(pa.array(order))

    def bridge(self, cut: int, after: int) -> bytes | None:
        """Return what may stand for the bytes from a place within a line to another, as far as envelopes are concerned.

        None if it is no envelope's line.
        """
        return None if self._text is None or self._within else self._text.bridge(cut, after)


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of the lines that may be envelopes, before the first of them an opening, and its marks.

    Line i of it stands from `begins[i]` on in the buffer, and ends there before `ends[i]`. The first `opened` bytes
    are the opening.
    """

    lines: Lines
    marks: Marks
    begins: Positions
    ends: Positions
    opened: int

    def shift(self, row: Rows) -> Positions:
        """Return how far the buffer's places are before those of the text, in its lines."""
        first = np.where(row == 0, self.opened, self.lines.starts[row])
        return self.begins[row] - first

    def between(self, begin: int, end: int) -> bytes:
        return self.lines.data[begin:end]

    def pieces(self, begins: Positions, ends: Positions) -> pa.LargeBinaryArray:
        """Return what stands between some places; many are the same."""
        first = np.flatnonzero((np.diff(begins, prepend=-1) != 0) | (np.diff(ends, prepend=-1) != 0))
        which = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(begins))))
        some = first[ends[first] > begins[first]]
        texts = cut_out(self.lines.data, begins[some], ends[some])
        place = np.full(len(first), -1)
        place[np.searchsorted(first, some)] = np.arange(len(some))
        texts = pa.concat_arrays([texts, pa.array([b""], pa.large_binary())])
        return texts.take(pa.array(np.where(place < 0, len(some), place)[which]))

    def bridge(self, cut: int, after: int) -> bytes | None:
        row = int(np.searchsorted(self.begins, cut, "right")) - 1
        if row < 0 or after > int(self.ends[row]):
            return None
        shift = int(self.shift(np.array([row]))[0])
        (depth, text, escaped), (deep, within, follows) = (self._at(place - shift, row) for place in (cut, after))
        steps = b"{" * (deep - depth) + b"}" * (depth - deep)
        if len(steps) > _MOST_CONTEXT:
            return None
        return b"n" * escaped + b'"' * text + steps + b'"' * within + b"\\" * follows

    def _at(self, place: int, row: int) -> tuple[int, bool, bool]:
        """Return how many brackets are open at a place of the text, whether that is within a text, and escaped."""
        start = int(self.lines.starts[row])
        mark = int(np.searchsorted(self.marks.at, place)) - 1
        depth = 0
        if mark >= int(self.marks.first[row]):
            depth = int(self.marks.depth[mark]) - (chr(self.marks.kind[mark]) in "}]")
        quotes = int(np.searchsorted(self.marks.quotes, place) - np.searchsorted(self.marks.quotes, start))
        before = self.lines.data[max(start, place - _MOST_BYTES) : place]
        return depth, quotes % 2 == 1, (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def open_envelopes(lines: Lines, opening: bytes = b"", *, ended: bool = False) -> Opened:
    """Return lines with the records of envelopes among them, also those of one that has not ended in the buffer yet,
    or, where there are none, with the objects that are laid out over several lines.

    `opening` is what has to stand before the buffer, if that begins within an envelope; `ended` whether nothing more
    will come after it.
    """
    likely = np.flatnonzero(_THIRD[lines.byte(np.append(lines.heads, lines.after) + 2)])
    rows, kinds = _kinds(lines, likely, opening)
    if not len(rows):
        printed = join_printed(lines, likely[likely < len(lines)], ended=ended) if len(likely) else None
        return Opened(*printed) if printed else Opened(lines)
    size = len(lines.data) - PAD
    starts, heads = np.append(lines.starts, lines.after), np.append(lines.heads, lines.after)
    ends = np.append(lines.ends, size)
    text = _text(lines, heads[rows], ends[rows], opening)
    found = [_records(text, number, kinds) for number in np.unique(kinds).tolist()]
    every = _Found(*(np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True)))
    every = every.picked(np.argsort(every.begin, kind="stable"))
    every = every._replace(row=rows[every.row])
    every = every.picked(_counting(lines, every, starts, opening))
    return _parted(lines, every, text)


def open_within(lines: Lines, inner: Inner, *, ended: bool) -> tuple[Opened, Inner]:
    """Return lines that others are wrapped in, and these, parted and joined as `open_envelopes` does with the latter.

    A record within an inner line begins about as far within the outer one, never before the one before it.
    """
    opened = open_envelopes(inner.lines, ended=ended)
    if opened.numbers is None:
        return Opened(lines), inner
    rows, following = opened.numbers[:-1], opened.numbers[1:]
    shift = opened.lines.starts - inner.lines.starts[rows]
    starts, heads, ends = (
        lines.starts[rows] + shift,
        lines.heads[rows] + shift,
        lines.ends[np.maximum(following - 1, rows)],
    )
    after = int(np.append(lines.starts, lines.after)[opened.numbers[-1]])
    outer = replace(lines, starts=starts, heads=heads, ends=ends, after=after)
    return replace(opened, lines=outer, _within=True), inner.picked(opened.lines, rows)


def find_elements(lines: Lines) -> tuple[Rows, Lines]:
    """Return the objects in lines that are lists, as lines with a buffer of their own, and in which line each stood."""
    text = _Text(lines, find_marks(lines)[0], lines.heads, lines.ends, 0)
    found = _records(text, _BARE, np.full(len(lines), _BARE))
    found = found.picked(found.end >= 0)
    return found.row, text_lines(as_text(cut_out(lines.data, found.begin, found.end))[0])


def _kinds(lines: Lines, rows: Rows, opening: bytes) -> tuple[Rows, Rows]:
    """Return which of some lines may be envelopes, and of which kind each is; one more is what comes after them all."""
    heads = np.append(lines.heads, lines.after)
    words = lines.word(heads[rows])
    kinds = np.full(len(rows), -1, dtype=np.intp)
    for number, kind in enumerate(ENVELOPES if len(rows) else ()):
        for begin in kind.begins:
            some = np.flatnonzero(keep(words, min(len(begin), 8)) == U64(pack(begin[:8].decode())))
            kinds[some[stands(lines, heads[rows[some]], begin)]] = number
    rows, kinds = rows[kinds >= 0], kinds[kinds >= 0]
    if opening:
        first = next(number for number, kind in enumerate(ENVELOPES) if opening.endswith(kind.end))
        later = rows > 0
        rows, kinds = np.append(0, rows[later]), np.append(first, kinds[later])
    return rows, kinds


def _text(lines: Lines, begins: Positions, ends: Positions, opening: bytes) -> _Text:
    after = np.minimum(ends + 1, len(lines.data) - PAD)
    data, bounds = buffers(cut_out(lines.data, begins, after))
    padded = b"".join((opening, data.tobytes(), bytes(PAD)))
    starts, stops = bounds[:-1] + len(opening), bounds[1:] + len(opening) - (after > ends)
    starts[0] = 0
    whole = lines_in(padded, starts, stops)
    return _Text(whole, find_marks(whole)[0], begins, ends, len(opening))


def _records(text: _Text, number: int, kinds: Rows) -> _Found:
    """Return the records in lines of one kind; lines are those of the text, places of records those in the buffer."""
    kind, marks = ENVELOPES[number], text.marks
    opens, closes = (np.isin(marks.kind, [ord(c) for c in brackets]) for brackets in ("{[", "}]"))
    begin = np.flatnonzero((marks.depth == kind.depth) & (marks.kind == _OPEN))
    begin = begin[kinds[marks.rows(begin)] == number]
    around = np.zeros((_DEEPEST, 2, len(begin)), dtype=np.int64)
    good = _BEFORE[text.lines.bytes[marks.at[begin] - 1]]
    for level, key in enumerate(kind.keys):
        outer, inner = (_latest(opens & (marks.depth == 2 * level + deep), begin) for deep in (1, 2))
        around[level], stand = _before_list(text, marks.at[outer] + 1, marks.at[inner], key)
        if level == len(kind.keys) - 1:
            good &= stand
    inner = _latest(opens & (marks.depth == kind.depth - 1), begin)
    good &= marks.kind[inner] == _LIST
    row = marks.rows(begin)
    end = _next(closes & (marks.depth == kind.depth), begin, row, text)
    shift = text.shift(row)
    found = _Found(row, marks.at[begin] + shift, np.where(end < 0, -1, end + shift), around, np.full(len(row), number))
    return found.picked(good)


def _latest(chosen: Mask, before: Rows) -> Rows:
    """Return the last of chosen marks before each of some."""
    marks = np.flatnonzero(chosen)
    if not len(marks):
        return np.zeros(len(before), dtype=np.intp)
    found: Rows = marks[np.maximum(np.searchsorted(marks, before) - 1, 0)]
    return found


def _next(chosen: Mask, after: Rows, row: Rows, text: _Text) -> Positions:
    """Return the place behind the next of chosen marks after each of some, in the same line; -1 if there is none."""
    marks = np.append(np.flatnonzero(chosen), len(text.marks.at))
    found = marks[np.searchsorted(marks, after)]
    place = np.append(text.marks.at, len(text.lines.data))[found] + 1
    return np.where(place <= text.lines.ends[row], place, -1)


def _before_list(text: _Text, begin: Positions, bracket: Positions, key: str) -> tuple[Positions, Mask]:
    """Return from where to where something stands before a key, and whether that stands before a list's bracket.

    Nothing is told of what is too much.
    """
    colon = bracket - 1 - (text.lines.byte(bracket - 1) == _BLANK)
    end = colon - len(key) - 2
    stand = stands(text.lines, np.maximum(end, 0), f'"{key}":'.encode()) & (end >= begin)
    end = np.where(stand & (end - begin <= _MOST_CONTEXT), end, begin)
    return np.stack((begin, end)), stand


def _counting(lines: Lines, found: _Found, starts: Positions, opening: bytes) -> Mask:
    """Tell which records count: those of lines whose first record is near their beginning, whole, and like a record."""
    first = np.flatnonzero(np.diff(found.row, prepend=-1))
    resumed = np.zeros(len(first), dtype=np.bool_)
    if opening and len(first):
        resumed[0] = found.row[0] == 0
    good = (found.end[first] >= 0) & (found.begin[first] - starts[found.row[first]] <= _MOST_BYTES)
    doubtful = np.flatnonzero(good & ~resumed & ~np.array([kind.sure for kind in ENVELOPES])[found.kind[first]])
    if len(doubtful):
        texts, _ = as_text(cut_out(lines.data, found.begin[first[doubtful]], found.end[first[doubtful]]))
        levels, times = keys_in(texts)
        good[doubtful] = [bool(level or time) for level, time in zip(levels, times, strict=True)]
    return np.repeat(good | resumed, np.diff(np.append(first, len(found.row))))


def _parted(lines: Lines, found: _Found, text: _Text) -> Opened:
    """Return lines parted into records; of the line that has not ended, all records but the last."""
    open_row = len(lines)
    last = len(found.row) > 0 and int(found.row[-1]) == open_row
    count = np.ones(open_row + 1, dtype=np.intp)
    inside, records = np.unique(found.row, return_counts=True)
    count[inside] = records
    count[open_row] -= 1
    numbers = np.repeat(np.arange(open_row + 1), count)
    record = np.full(len(numbers) + 1, -1, dtype=np.intp)
    here = np.flatnonzero(np.isin(numbers, inside))
    record[here] = np.arange(len(here))
    if last:
        record[-1] = len(here)
    starts, heads, ends = (np.append(part, lines.after)[numbers] for part in (lines.starts, lines.heads, lines.ends))
    begin = found.begin[: len(here)]
    heads[here], stop = begin, found.end[: len(here)]
    ends[here] = np.where(stop < 0, ends[here], stop)
    later = np.diff(found.row[: len(here)], prepend=-1) == 0
    starts[here[later]] = begin[later]
    after = int(found.begin[-1]) if last and count[open_row] else lines.after
    parted = replace(lines, starts=starts, heads=heads, ends=ends, after=after)
    return Opened(parted, np.append(numbers, open_row), text, found, record)
