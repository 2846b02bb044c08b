"""Parsing flat JSON: records of one shape, whose values are plain texts, numbers, truth values and nulls.

In a record without a backslash every quote begins or ends a text, so the quotes tell where fields stand. One record is
decoded and becomes the mould: what stands between its values has to stand between those of all others, byte by byte.
Records that are unlike it, or hold other values, are left to a decoder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines, as_text, cut_out, text_lines
from tailrace.logs.reading.words import U64, Positions, keep

FEWEST: Final = 64  # records of one shape that are worth columns
_MISSES: Final = 4  # moulds that too few records are like, before the rest is given up
_QUOTE, _BACKSLASH, _BREAK = b'"\\\n'
# Numbers that read the same when they are decoded and written again.
_CANONICAL: Final = (
    r"^(?:true|false|null|0|-?[1-9][0-9]{0,17}|-?[1-9][0-9]{0,8}\.(?:0|[0-9]{0,5}[1-9])|-?0\.(?:0|[0-9]{0,3}[1-9]))$"
)
_ANY: Final = r"^(?:true|false|null|-?(?:0|[1-9][0-9]{0,300})(?:\.[0-9]{1,300})?(?:[eE][+-]?[0-9]{1,9})?)$"
_OPENING: Final = re.compile(rb"\{\s*")
_AFTER_KEY: Final = re.compile(rb"(\s*:\s*)([^\s,}]+)?(?:(\s*,\s*)|(\s*\}))?")

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Flat:
    """Records of one shape: which of all they are, ascending, and their values as text by key, null for null.

    `texts` are the keys of those values that are texts; texts that were not asked for are missing.
    """

    rows: Rows
    values: dict[str, pl.Series]
    texts: frozenset[str]


class _Value(NamedTuple):
    """A field of the mould: its value stands from `begin[1]` bytes after the quote `begin[0]` to `end[1]` bytes before
    the quote `end[0]`; `before` is all that stands between the value before it, or the record's beginning, and it."""

    key: str
    is_text: bool
    begin: tuple[int, int]
    end: tuple[int, int]
    before: bytes


class _Mould(NamedTuple):
    values: list[_Value]
    after: bytes  # what stands after the last value


def flat_records(texts: pl.Series, unread: frozenset[str]) -> Iterator[Flat]:
    """Yield the records that are flat, shape by shape; of what stands under the keys `unread` only the form matters.

    All other values are what `json.loads` and, of what is no text, `json.dumps` make of them.
    """
    lines = text_lines(texts)
    quotes = np.flatnonzero(lines.bytes[: lines.after] == _QUOTE)
    first = np.searchsorted(quotes, lines.starts)
    count = np.diff(np.append(first, len(quotes)))
    count[_rows_with(lines, _BACKSLASH)] = 0
    count[_rows_with(lines, _BREAK)] = 0
    sizes = np.bincount(count)
    for size in (np.flatnonzero(sizes[4::2] >= FEWEST) * 2 + 4).tolist():
        rows = np.flatnonzero(count == size)
        # The end of a record counts as a quote after its last.
        marks = np.column_stack((quotes[first[rows][:, None] + np.arange(size)], lines.ends[rows]))
        yield from _shapes(lines, rows, marks, unread)


def _rows_with(lines: Lines, code: int) -> Rows:
    """Return which records hold a byte."""
    at = np.flatnonzero(lines.bytes[: lines.after] == code)
    row = np.searchsorted(lines.starts, at, "right") - 1
    return row[at < lines.ends[row]]


def _shapes(lines: Lines, rows: Rows, marks: Positions, unread: frozenset[str]) -> Iterator[Flat]:
    """Yield the shapes of records with equally many quotes, each found by the record in the middle of those left."""
    misses = 0
    while len(rows) >= FEWEST and misses < _MISSES:
        middle = len(rows) // 2
        begin, end = lines.starts[rows[middle]], lines.ends[rows[middle]]
        mould = _mould(lines.data[begin:end], marks[middle] - begin)
        left = np.ones(len(rows), dtype=np.bool_)
        left[middle] = False
        misses += 1
        if mould is not None:
            alike = _alike(lines, rows, marks, mould)
            left &= ~alike
            flat = _extracted(lines, rows[alike], marks[alike], mould, unread)
            if flat is not None:
                misses -= 1
                yield flat
        rows, marks = rows[left], marks[left]


def _mould(text: bytes, marks: Positions) -> _Mould | None:
    """Return what a record, given where its quotes stand, consists of; None if it is not flat."""
    decoded = _decoded(text)
    opening = _OPENING.match(text)
    if decoded is None or opening is None:
        return None
    values, at, piece = [], 0, 0
    while at + 1 < len(marks):
        key = text[marks[at] + 1 : marks[at + 1]].decode()
        after = _AFTER_KEY.fullmatch(text[marks[at + 1] + 1 : marks[at + 2]])
        if after is None:
            return None
        colon, other, comma, closing = after.groups(b"")
        if other:
            begin, end, at = (at + 1, 1 + len(colon)), (at + 2, len(comma or closing)), at + 2
        else:
            begin, end, at = (at + 2, 1), (at + 3, 0), at + 4
        start = int(marks[begin[0]]) + begin[1]
        values.append(_Value(key, not other, begin, end, text[piece:start]))
        piece = int(marks[end[0]]) - end[1]
    return _Mould(values, text[piece:]) if [value.key for value in values] == list(decoded) else None


def _decoded(text: bytes) -> dict[str, Any] | None:
    """Return the object that a record holds, if it holds no others."""
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    inner = isinstance(found, dict) and any(isinstance(value, (dict, list)) for value in found.values())
    return found if isinstance(found, dict) and not inner else None


def _alike(lines: Lines, rows: Rows, marks: Positions, mould: _Mould) -> NDArray[np.bool_]:
    """Tell which records have the bytes of the mould wherever it has no value."""
    begins = [marks[:, value.begin[0]] + value.begin[1] for value in mould.values] + [lines.ends[rows]]
    ends = [lines.starts[rows]] + [marks[:, value.end[0]] - value.end[1] for value in mould.values]
    pieces = [value.before for value in mould.values] + [mould.after]
    fits = [begin - end == len(piece) for begin, end, piece in zip(begins, ends, pieces, strict=True)]
    fits += [end >= begin for begin, end in zip(begins, ends[1:], strict=False)]
    chosen = np.flatnonzero(np.logical_and.reduce(fits))
    for end, piece in zip(ends, pieces, strict=True):
        for column in range(0, len(piece), 8):
            part = piece[column : column + 8]
            words = keep(lines.word(end[chosen] + column), len(part))
            chosen = chosen[words == U64(int.from_bytes(part, "little"))]
    alike = np.zeros(len(rows), dtype=np.bool_)
    alike[chosen] = True
    return alike


def _extracted(lines: Lines, rows: Rows, marks: Positions, mould: _Mould, unread: frozenset[str]) -> Flat | None:
    """Return the values of records that are like the mould, but for records in which something else is a value."""
    if len(rows) < FEWEST:
        return None
    good = np.ones(len(rows), dtype=np.bool_)
    columns = {}
    for value in mould.values:
        if not value.is_text:
            column = _column(lines, marks, value)
            good &= column.str.contains(_ANY if value.key in unread else _CANONICAL).to_numpy()
            columns[value.key] = column
    if np.count_nonzero(good) < FEWEST:
        return None
    every = bool(good.all())
    rows, marks = (rows, marks) if every else (rows[good], marks[good])
    for value in mould.values:
        if value.is_text and value.key not in unread:
            columns[value.key] = _column(lines, marks, value)
        elif not value.is_text:
            column = columns[value.key]
            column = column if every else column.filter(pl.Series(good))
            columns[value.key] = column.set(column == "null", None)
    texts = frozenset(value.key for value in mould.values if value.is_text and value.key in columns)
    return Flat(rows, {value.key: columns[value.key] for value in mould.values if value.key in columns}, texts)


def _column(lines: Lines, marks: Positions, value: _Value) -> pl.Series:
    (first, after), (last, before) = value.begin, value.end
    return as_text(cut_out(lines.data, marks[:, first] + after, marks[:, last] - before))[0]
