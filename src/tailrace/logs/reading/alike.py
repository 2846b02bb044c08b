"""Alike: the fields of JSON objects of which most are built like the first, as those of one statement of a program are.

Such objects have the same keys in the same order and as many quotes, and between two values always the same text. So
once that is known of the first, it is compared with the others, and only where the quotes stand is looked for in them.
Objects that are not like the first, and all of them where it has inner ones, are left to `find_members`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines, buffers, cut_out, lines_in, spread
from tailrace.logs.reading.members import Members, find_members
from tailrace.logs.reading.search import stands
from tailrace.logs.reading.words import PAD, Positions, places

_FEW: Final = 16  # objects are not worth it
_QUOTE, _BACKSLASH = 34, 92
_PLAIN: Final = np.array([chr(code) in "+-." or (code < 128 and chr(code).isalnum()) for code in range(256)])

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]


class _Field(NamedTuple):
    """A field of the first object.

    `before` is what stands between the value before and its key, `opening` what from there to its value, `width` how
    long the key is; `text` whether the value is one, and `quote` which of the object's quotes the key's first is.
    """

    before: bytes
    opening: bytes
    width: int
    text: bool
    quote: int


def fields_of(lines: Lines) -> Members:
    """Return what `find_members` does."""
    fields, tail = _first(lines) if len(lines) >= _FEW else ([], b"")
    if not fields:
        return find_members(lines)
    rows, quotes = _quotes(lines, fields[-1].quote + 2 + 2 * fields[-1].text)
    good, value = _compared(lines.pick(rows), quotes, fields, tail)
    if len(good) * 2 < len(lines) or not good.any():
        return find_members(lines)
    if not good.all():
        rows, quotes, value = rows[good], quotes[:, good], value[:, :, good]
    key = np.stack([(quotes[f.quote] + 1, quotes[f.quote] + 1 + f.width) for f in fields])
    members = _ordered(rows, key, value, np.array([f.text for f in fields]))
    rest = np.delete(np.arange(len(lines)), rows)
    return _merged(members, find_members(_alone(lines, rest)), lines, rest) if len(rest) else members


def _first(lines: Lines) -> tuple[list[_Field], bytes]:
    """Return the fields of the first object, and what stands after the last value; none if it is not a simple one."""
    found = find_members(lines.pick(slice(1)))
    begin, end = int(lines.heads[0]), int(lines.ends[0])
    inner = (found.outer[0] < found.outer[1]).any() or not found.whole.all()
    if inner or not len(found.row) or b"\\" in lines.data[begin:end]:
        return [], b""
    fields, quote = [], 0
    for (key, after), (value, stop), text in zip(found.key.T.tolist(), found.value.T.tolist(), found.text, strict=True):
        fields.append(_Field(lines.data[begin : key - 1], lines.data[key - 1 : value], after - key, bool(text), quote))
        if not text and not _PLAIN[np.frombuffer(lines.data[value:stop], dtype=np.uint8)].all():
            return [], b""
        quote += 2 + 2 * bool(text)
        begin = stop
    return fields, lines.data[begin:end]


def _quotes(lines: Lines, count: int) -> tuple[Rows, Positions]:
    """Return which lines hold so many quotes and no backslash, and where the quotes of each stand: a row for each."""
    base, after = int(lines.starts[0]), int(lines.ends[-1])
    at = places(lines.bytes[base:after] == _QUOTE) + base
    first = np.append(np.searchsorted(at, lines.starts), len(at))
    plain = np.diff(first) == count
    slashes = places(lines.bytes[base:after] == _BACKSLASH) + base
    plain[np.searchsorted(lines.starts, slashes, "right") - 1] = False
    rows = np.flatnonzero(plain)
    if len(rows) == len(lines):
        return rows, np.ascontiguousarray(at.reshape(len(lines), count).T)
    return rows, at[first[rows] + np.arange(count)[:, None]]


def _compared(lines: Lines, quotes: Positions, fields: list[_Field], tail: bytes) -> tuple[Mask, Positions]:
    """Tell which lines are built like the first, and where the values of each field begin and end."""
    good = stands(lines, lines.ends - len(tail), tail)
    value = np.empty((len(fields), 2, len(lines)), dtype=np.int64)
    ends = [quotes[field.quote] - len(field.before) for field in fields] + [lines.ends - len(tail)]
    good &= ends[0] == lines.heads
    for field, begin, end, place in zip(fields, ends, ends[1:], value, strict=False):
        good &= stands(lines, begin, field.before + field.opening)
        place[0], place[1] = quotes[field.quote] + len(field.opening), end
        if not field.text:
            good &= place[1] > place[0]
            inside = ~_PLAIN[lines.bytes[spread(place[0], place[1])]]
            if inside.any():
                good[np.repeat(np.arange(len(lines)), np.maximum(place[1] - place[0], 0))[inside]] = False
    return good, value


def _ordered(rows: Rows, key: Positions, value: Positions, text: Mask) -> Members:
    """Return fields, given for each of an object's one after the other, in the order of the objects."""
    key, value = (np.ascontiguousarray(part.transpose(1, 2, 0).reshape(2, -1)) for part in (key, value))
    whole = np.ones(len(rows), dtype=np.bool_)
    return Members(np.repeat(rows, len(text)), np.stack((key[0], key[0])), key, value, np.tile(text, len(rows)), whole)


def _alone(lines: Lines, rows: Rows) -> Lines:
    """Return some lines in a buffer of their own, one after the other."""
    data, offsets = buffers(cut_out(lines.data, lines.heads[rows], lines.ends[rows] + 1))
    return lines_in(data.tobytes() + bytes(PAD), offsets[:-1], offsets[1:] - 1)


def _merged(members: Members, others: Members, lines: Lines, rest: Rows) -> Members:
    """Return all fields in the order of the objects; `others` are those of the lines `rest`."""
    sizes = lines.ends[rest] + 1 - lines.heads[rest]
    shift = (lines.heads[rest] - (np.cumsum(sizes) - sizes))[others.row]
    row = np.concatenate((members.row, rest[others.row]))
    order = np.argsort(row, kind="stable")
    outer, key, value = (
        np.concatenate((getattr(members, name), getattr(others, name) + shift), axis=1)[:, order]
        for name in ("outer", "key", "value")
    )
    whole = np.ones(len(lines), dtype=np.bool_)
    whole[rest] = others.whole
    return Members(row[order], outer, key, value, np.concatenate((members.text, others.text))[order], whole)
