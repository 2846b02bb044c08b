"""Members: where the fields of JSON objects stand, for many objects at once, without making objects of them.

Every bracket, comma and colon that stands outside of texts is a mark. How many brackets are open at each tells the
fields of an object, and those of the objects that are its values, from all that lies deeper. What a value holds is not
looked at: a number or an inner list is passed on as it is written. A comma too many before the end, and values that are
none, are forgiven; whatever else is not built like an object is told.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.words import U64, Bytes, Positions, keep, pack, places

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
Counts = NDArray[np.int32]

_BLOCK: Final = 1 << 20  # bytes
_QUOTE, _BACKSLASH = 34, 92
_OPEN, _CLOSE, _COLON = 123, 125, 58
_STEP: Final = np.zeros(256, dtype=np.int8)
_STEP[[ord(c) for c in "{["]] = 1
_STEP[[ord(c) for c in "}]"]] = -1
_MARKS: Final = bytes(chr(code) in '{}[],:"' for code in range(256))
_BLANK: Final = np.array([chr(code) in " \t\r\n" for code in range(256)])
_FOLLOWS: Final = np.zeros((128, 128), dtype=np.bool_)  # which of an object's own marks may come next after which
for _first, _next in {"{": ":}", ":": ",}", ",": ":}", "}": "{"}.items():
    _FOLLOWS[ord(_first), [ord(c) for c in _next]] = True


@dataclass(frozen=True, slots=True)
class Members:
    """The m fields of n objects, in their order, those of inner objects in the place of these, and which are objects.

    Field i is of the object `row[i]`. Its key stands from `key[0, i]` to `key[1, i]`, and that of the field whose
    value is the inner object from `outer[0, i]` to `outer[1, i]`, the same for none. Its value, a text without its
    quotes if it is a `text`, stands from `value[0, i]` to `value[1, i]`. Objects that are not `whole` have no fields.
    """

    row: Rows
    outer: Positions
    key: Positions
    value: Positions
    text: Mask
    whole: Mask


class Marks(NamedTuple):
    """Where marks stand, ascending, what they are, how deep, and how many quotes stand before each; the quotes; and
    the first mark of each line.

    The depth of the brackets, commas and colons of an object or list is one more than that of what it stands in.
    """

    at: Positions
    kind: Bytes
    depth: Counts
    before: Counts
    quotes: Positions
    first: Rows

    def rows(self, marks: Rows) -> Rows:
        """Return the lines that marks stand in."""
        row: Rows = np.searchsorted(self.first, marks, "right") - 1
        return row


class _Level(NamedTuple):
    """The fields of objects of one depth: the marks that are their colons, and those that end their values."""

    colon: Rows
    end: Rows


def find_members(lines: Lines) -> Members:
    """Return the fields of lines each of which is, or was meant to be, a JSON object and nothing else.

    The lines follow one another in their buffer. Few are looked at together, so that all that is known of them stays
    in the cache.
    """
    bounds = np.unique(np.searchsorted(lines.starts, np.arange(0, lines.after + _BLOCK, _BLOCK)))
    parts = [_members(lines.pick(slice(*pair)), pair[0]) for pair in itertools.pairwise(bounds.tolist())]
    if len(parts) == 1:
        return parts[0]
    return Members(*(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in Members.__slots__))


def _members(lines: Lines, before: int) -> Members:
    """Return the fields of some lines, before which there are others."""
    marks, whole = find_marks(lines)
    levels = [_level(marks, depth, whole) for depth in (1, 2)]
    if not whole.all():
        levels = [_Level(*(part[whole[marks.rows(level.colon)]] for part in level)) for level in levels]
    outer, inner = levels
    flat = marks.kind[outer.colon + 1] != _OPEN
    colon, end = outer.colon[flat], outer.end[flat]
    above = colon
    if len(inner.colon):
        parent = outer.colon[np.searchsorted(outer.colon, inner.colon) - 1]
        order = np.argsort(np.concatenate((colon, inner.colon)), kind="stable")
        above = np.concatenate((colon, parent))[order]
        colon, end = np.concatenate((colon, inner.colon))[order], np.concatenate((end, inner.end))[order]
    outer_key = _keys(marks, above)
    outer_key[1] = np.where(above < colon, outer_key[1], outer_key[0])
    value, text = _values(lines, marks, colon, end)
    return Members(marks.rows(colon) + before, outer_key, _keys(marks, colon), value, text, whole)


def depths_of(lines: Lines, at: Positions) -> Counts:
    """Return how many brackets are open where values begin, given the places after their colons, ascending."""
    marks, _ = find_marks(lines)
    depths: Counts = marks.depth[np.minimum(np.searchsorted(marks.at, at), len(marks.at)) - 1]
    return depths


def is_null(lines: Lines, members: Members) -> Mask:
    """Tell which fields have no value."""
    begin, end = members.value
    null = (keep(lines.word(begin), 4) == U64(pack("null"))) & (end - begin == 4)
    found: Mask = (null | (end == begin)) & ~members.text
    return found


def _keys(marks: Marks, colon: Rows) -> Positions:
    quote = marks.before[colon]
    return np.stack((marks.quotes[quote - 2] + 1, marks.quotes[quote - 1]))


def _values(lines: Lines, marks: Marks, colon: Rows, end: Rows) -> tuple[Positions, Mask]:
    """Return where values begin and end, and which are texts."""
    text = (end == colon + 1) & (marks.before[end] > marks.before[colon])
    quote = np.minimum(marks.before[colon], len(marks.quotes) - 2)
    begin = np.where(text, marks.quotes[quote], marks.at[colon]) + 1
    stop = np.where(text, marks.quotes[quote + 1], marks.at[end])
    plain = np.flatnonzero(~text)
    begin[plain] += lines.byte(begin[plain]) == ord(" ")
    plain = plain[(_BLANK[lines.byte(begin[plain])] | _BLANK[lines.byte(stop[plain] - 1)]) & (begin < stop)[plain]]
    for row in plain.tolist():
        value = lines.data[begin[row] : stop[row]]
        begin[row] += len(value) - len(value.lstrip())
        stop[row] = begin[row] + len(value.strip())
    return np.stack((begin, stop)), text


def find_marks(lines: Lines) -> tuple[Marks, Mask]:
    """Return the marks of all lines, and which lines are one object by their brackets and quotes."""
    base, after = (int(lines.starts[0]), int(lines.ends[-1]) + 1) if len(lines) else (0, 0)
    marked = np.frombuffer(bytearray(memoryview(lines.data)[base:after]).translate(_MARKS), dtype=np.bool_)
    slashes = places(lines.bytes[base:after] == _BACKSLASH)
    if len(slashes):
        marked[_escaped(slashes)] = False
    at = places(marked) + base
    first = np.searchsorted(at, lines.starts)
    kind = lines.bytes[at]
    quote = kind == _QUOTE
    before = np.cumsum(quote, dtype=np.int32)
    count = np.append(0, before)[np.append(first, len(at))]
    paired = np.diff(count) & 1 == 0
    outside = before & 1 == 0 if paired.all() else (before - np.repeat(count[:-1], _sizes(first, at))) & 1 == 0
    outside &= ~quote
    chosen = np.flatnonzero(outside)
    quotes = at[np.flatnonzero(quote)]
    marks = Marks(at[chosen], kind[chosen], _NONE, before[chosen], quotes, np.searchsorted(chosen, first))
    marks = marks._replace(depth=_depths(marks))
    return marks, paired & _closed(lines, marks)


_NONE: Final = np.empty(0, dtype=np.int32)


def _sizes(first: Rows, marks: Positions) -> Rows:
    """Return how many marks are in each line."""
    return np.diff(np.append(first, len(marks)))


def _escaped(slashes: Rows) -> Rows:
    """Return the places after those backslashes that are not escaped themselves."""
    first = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
    if len(first) == len(slashes):
        return slashes + 1
    place = np.arange(len(slashes)) - np.repeat(first, np.diff(np.append(first, len(slashes))))
    after: Rows = slashes[place % 2 == 0] + 1
    return after


def _depths(marks: Marks) -> Counts:
    step = _STEP[marks.kind]
    depth = np.cumsum(step, dtype=np.int32)
    base = np.append(np.int32(0), depth)[marks.first]
    depth += step < 0
    return depth - np.repeat(base, _sizes(marks.first, marks.at)) if base.any() else depth


def _closed(lines: Lines, marks: Marks) -> Mask:
    """Tell which lines begin with a bracket that closes at their end and not before."""
    size = _sizes(marks.first, marks.at)
    some = np.flatnonzero(size > 1)
    begin, last = marks.first[some], marks.first[some] + size[some] - 1
    good = (marks.at[begin] == lines.heads[some]) & (marks.kind[begin] == _OPEN)
    good &= (marks.kind[last] == _CLOSE) & (marks.depth[last] == 1) & (marks.at[last] + 1 == lines.ends[some])
    tops = np.flatnonzero((marks.depth <= 1) & (_STEP[marks.kind] != 0))
    good &= np.searchsorted(tops, last) - np.searchsorted(tops, begin) == 1
    closed = np.zeros(len(lines), dtype=np.bool_)
    closed[some[good]] = True
    return closed


def _level(marks: Marks, depth: int, whole: Mask) -> _Level:
    """Return the fields of the objects of a depth; lines where these are not built like objects are not `whole`."""
    own = np.flatnonzero(marks.depth == depth)
    if not whole.all():
        own = own[whole[marks.rows(own)]]
    kind = marks.kind[own]
    if depth > 1:
        opens = np.maximum.accumulate(np.where(_STEP[kind] > 0, np.arange(len(own)), 0))
        own, kind = own[kind[opens] == _OPEN], kind[kind[opens] == _OPEN]
    colons = np.flatnonzero(kind == _COLON)
    colon, end = own[colons], own[np.minimum(colons + 1, len(own) - 1)]
    good = np.append(_FOLLOWS[kind[:-1], kind[1:]], True)
    good[colons] &= _is_field(marks, colon, end)
    if not good.all():
        whole[marks.rows(own[~good[: len(own)]])] = False
    return _Level(colon, end)


def _is_field(marks: Marks, colon: Rows, end: Rows) -> Mask:
    """Tell which colons stand between a text and one value."""
    quotes = marks.before[end] - marks.before[colon]
    plain = (end == colon + 1) & ((quotes == 0) | (quotes == 2))
    after = marks.kind[colon + 1]
    deeper = (_STEP[after] > 0) & (marks.before[colon + 1] == marks.before[colon])
    deeper &= (_STEP[marks.kind[end - 1]] < 0) & (marks.before[end] == marks.before[end - 1])
    is_field: Mask = (marks.before[colon] - marks.before[colon - 1] == 2) & (plain | deeper)
    return is_field
