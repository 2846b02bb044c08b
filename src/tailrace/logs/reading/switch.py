"""Switches: noticing that a file has changed its format, at the same line however the file is cut into chunks.

A file in a structured format has changed when ten lines in a row do not belong to it and most of them, indented ones
left out, belong to another (or, at the end of the file, three or more); or when a hundred in a row belong to none and
stand on their own, which makes them free text. Free text has changed when three neighbouring lines belong to one
structured format. Of several such findings the one that is complete first holds, so that it does not matter what has
been read of the rest.

Every format's findings are made for all lines at once; then the way through them is followed from change to change, so
that a file that changes all the time is read nearly as fast as any other.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import FORMATS, FREE_TEXT, JSON_LINES, Format, format_named
from tailrace.logs.reading.lines import HEAD, Lines, head_texts
from tailrace.logs.reading.scan_json import commonest, keys_in
from tailrace.logs.reading.scanners import begin_records, belong_to

_STRANGE: Final = 10
_STRANGE_AT_END: Final = 3
_MOST: Final = 0.6
_FEWEST: Final = 0.3  # of a run's lines must not be indented, so that a stack trace is no change
_LOOSE: Final = 100
_LOOSE_SHARE: Final = 0.9
_ALIKE: Final = 3
_STRUCTURED: Final = tuple(form for form in FORMATS if form is not FREE_TEXT)

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]
# The line that completes a run, the first line of the new format, its name, and the run's length.
_Found = tuple[int, int, str, int]


class Stretch(NamedTuple):
    """Lines of one format, from the line `first`, by its index, up to the next stretch."""

    first: int
    form: Format


@dataclass(frozen=True, slots=True)
class _Findings:
    """Where a format ends, ascending: finding i needs all lines from `since[i]` on, and says that the lines from
    `line[i]` on are in the format named `name[i]`, whose keys, if it has any, those from `seen[i][0]` to `seen[i][1]`
    tell."""

    since: list[int]
    line: list[int]
    name: list[str]
    seen: list[tuple[int, int]]


def find_stretches(
    lines: Lines, start: Mask, form: Format, *, ended: bool, reach: tuple[Lines, int], own: tuple[Format, ...] = ()
) -> list[Stretch]:
    """Return the stretches that lines consist of, given which of them begin a record of the format they begin in.

    `ended` says that no more lines will come, `own` are formats of a user. Only the first bytes of a record
    are looked at: `reach` says how many, of the lines as they stand in the file.
    """
    stretches = [Stretch(0, form)]
    if form.scanner != "free" and start.all():
        return stretches
    table = _Table(lines, ended, reach, own)
    findings = {form.name: table.leaving(form, start)}
    while True:
        here = stretches[-1]
        if here.form.name not in findings:
            findings[here.form.name] = table.leaving(here.form, table.starts(here.form))
        found = findings[here.form.name]
        index = bisect_left(found.since, here.first)
        if index == len(found.since):
            return stretches
        fitted = table.fitted(found.name[index], *found.seen[index])
        if found.line[index] == here.first:
            stretches.pop()
        stretches.append(Stretch(found.line[index], fitted))


class _Table:
    """What the lines are in every format, found out when it is first asked for."""

    def __init__(self, lines: Lines, ended: bool, reach: tuple[Lines, int], own: tuple[Format, ...]) -> None:
        self._lines = lines
        self._ended = ended
        self._raw, self._bound = reach
        self._own = own
        self._structured = (*own, *_STRUCTURED)
        self._starts: dict[str, Mask] = {}

    def starts(self, form: Format) -> Mask:
        """Which lines begin a record of a format."""
        if form.name not in self._starts:
            self._starts[form.name] = begin_records(self._lines, form)
        return self._starts[form.name]

    @cached_property
    def _keys(self) -> tuple[list[str | None], list[str | None]]:
        """The keys of level and time of every line that is JSON."""
        chosen = np.flatnonzero(self.starts(JSON_LINES))
        keys: tuple[list[str | None], ...] = ([None] * len(self._lines), [None] * len(self._lines))
        found = keys_in(head_texts(self._lines.pick(chosen), self._lines.heads[chosen]))
        for column, values in zip(keys, found, strict=True):
            for line, value in zip(chosen.tolist(), values, strict=True):
                column[line] = value
        return keys[0], keys[1]

    def fitted(self, name: str, begin: int, end: int) -> Format:
        """Return a format by its name, with the keys that most of the lines within a range use."""
        form = format_named(name, self._own)
        if form.scanner != "json":
            return form
        levels, times = self._keys
        return replace(form, keys=(commonest(levels[begin:end]), commonest(times[begin:end])))

    def leaving(self, form: Format, start: Mask) -> _Findings:
        """Return where lines in a format turn to another, given which begin a record of it."""
        return self._structure() if form.scanner == "free" else self._strange(form, start)

    def _structure(self) -> _Findings:
        """Find the first lines of three neighbours that belong to one structured format."""
        found, alike = [], _alike(self._lines)
        for form in self._structured:
            mask = self._neighbouring(form) & alike
            found += [(line, form.name) for line in np.flatnonzero(mask[:-2] & mask[1:-1] & mask[2:]).tolist()]
        found.sort(key=lambda entry: entry[0])
        at = [line for line, _ in found]
        return _Findings(at, at, [name for _, name in found], [(line, line + _ALIKE) for line in at])

    def _neighbouring(self, form: Format) -> Mask:
        """Which lines begin a record of a format, as far as three neighbours do: one of them is every third line."""
        if form.name in self._starts:
            return self._starts[form.name]
        lines = self._lines
        third = np.flatnonzero(begin_records(lines.pick(slice(_ALIKE - 1, None, _ALIKE)), form)) * _ALIKE + _ALIKE - 1
        mask = np.zeros(len(lines), dtype=np.bool_)
        if len(third):
            near = np.unique(third[:, None] + np.arange(1 - _ALIKE, _ALIKE))
            near = near[(near >= 0) & (near < len(lines))]
            mask[near] = begin_records(lines.pick(near), form)
        return mask

    def _strange(self, form: Format, start: Mask) -> _Findings:
        """Find runs of lines that do not belong to a structured format but to another, or to none."""
        order = np.arange(len(self._lines))
        last = np.maximum.accumulate(np.where(start, order, 0))
        depth = order - last + (~start[last])
        within = self._raw.ends - self._raw.starts[last] <= self._bound
        found = []
        for count in (_STRANGE, _LOOSE):
            tops = np.flatnonzero((depth == count) & within)
            found += self._other(tops, count, form) if count == _STRANGE else self._none(tops, count)
        left = int(depth[-1])
        if self._ended and _STRANGE_AT_END <= left < _STRANGE and within[-1]:
            found += self._other(order[-1:], left, form)
        found.sort()
        since = [int(last[top]) for top, *_ in found]
        seen = [(top + 1 - count, top + 1) for top, _, _, count in found]
        return _Findings(since, [line for _, line, *_ in found], [name for _, _, name, _ in found], seen)

    def _other(self, tops: Rows, count: int, form: Format) -> list[_Found]:
        """Return those of the runs of `count` lines that end at `tops`, most of whose lines are in another format."""
        lines, runs = self._lines, tops[:, None] + np.arange(1 - count, 1)
        indented = np.isin(lines.byte(lines.heads[runs]), (9, 10, 13, 32))
        apart = (~indented).sum(axis=1)
        enough = apart >= count * _FEWEST
        runs, apart = runs[enough], apart[enough]
        if not len(runs):
            return []
        best: dict[int, tuple[int, float, int, str]] = {}
        # A few runs are not worth a look at every line.
        few = lines.pick(runs.ravel()).copied() if runs.size * 4 <= len(lines) else None
        for other in self._structured:
            if other.name == form.name:
                continue
            if few is None or other.name in self._starts:
                match = self.starts(other)[runs]
            else:
                match = begin_records(few, other).reshape(runs.shape)
            matched = match.sum(axis=1)
            if "(?P<joined>" in other.pattern and match.any():
                # Lines that only go on with a record speak for a format too, but cannot be where it begins.
                matched = belong_to(few or lines.pick(runs.ravel()).copied(), other).reshape(runs.shape).sum(axis=1)
                matched *= match.any(axis=1)
            for row in np.flatnonzero((matched >= apart * _MOST) & (matched > 1)).tolist():
                entry = (int(runs[row, match[row].argmax()]), -other.weight, -int(match[row].sum()), other.name)
                best[row] = min(best.get(row, entry), entry, key=lambda each: each[:3])
        return [(int(runs[row, -1]), line, name, count) for row, (line, _, _, name) in best.items()]

    def _none(self, tops: Rows, count: int) -> list[_Found]:
        """Return those of the runs of `count` lines that end at `tops`, nearly all of whose lines stand alone."""
        if not len(tops):
            return []
        runs = tops[:, None] + np.arange(1 - count, 1)
        alone = self.starts(FREE_TEXT)[runs]
        found = np.flatnonzero(alone.mean(axis=1) >= _LOOSE_SHARE)
        rows = [(row, int(alone[row].argmax())) for row in found.tolist()]
        return [(int(runs[row, -1]), int(runs[row, line]), FREE_TEXT.name, count) for row, line in rows]


def _alike(lines: Lines) -> Mask:
    """Tell which lines may show a change from free text: those that are not indented, and short enough to be held."""
    first = lines.byte(lines.heads)
    alike: Mask = (lines.ends - lines.starts < HEAD) & (first != 10) & (first != 32) & (first != 9)
    return alike


def settled(lines: Lines, start: Mask, last: Stretch, own: tuple[Format, ...] = ()) -> int:
    """Return how many lines are decided on: those before the last that begins a record.

    In free text, up to two last lines that may be the beginning of another format are not.
    """
    begins = np.flatnonzero(start)
    stop = int(begins[-1]) if len(begins) else 0
    if last.form.scanner == "free" and len(lines):
        tail = lines.pick(slice(1 - _ALIKE, None))
        alike, tail = _alike(tail), tail.copied()
        for form in (*own, *_STRUCTURED):
            mask = alike & begin_records(tail, form)
            back = len(mask) if mask.all() else int(mask[::-1].argmin())
            stop = min(stop, len(lines) - back)
    return max(stop, last.first)
