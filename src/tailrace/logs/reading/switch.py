"""Switches: following a file through changes of its format, line by line, however it is cut into chunks.

A file is read in one format at a time, its main one. Lines that are plainly of another (see `kinds`) begin records of
that one at once, so that two programs may write into a file by turns; so do, in a structured format, lines that begin
with a level's word in capitals, as free text. Other lines that the main format does not know go on with the record
before them, as stack traces do. The main format changes

- with the third record in a row that is of another format: from that record on;
- when ten lines in a row were unknown to a structured format and most of them, indented ones left out, may be of
  another though not plainly (or, at the end of the file, three or more); in free text, when three neighbours may be:
  from the first of them on;
- when a hundred in a row were unknown and stand on their own, which makes them free text: from the first of them on.

Of several such findings the one that is complete first holds, so that it does not matter what has been read of the
rest. What lies before a finding is given out only when no finding to come can reach back to it.

Everything is found out for all lines at once, for each main format that occurs; then the way through them is followed
from change to change, so that a file that changes all the time is read nearly as fast as any other.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import FREE_TEXT, Format
from tailrace.logs.reading.kinds import Kinds, Mask, Rows, overlapped, pick_stamps, scan_rows, shouting, standing
from tailrace.logs.reading.lines import HEAD, Lines, head_texts
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_free import begins_record, free_levels
from tailrace.logs.reading.scan_json import commonest, keys_in
from tailrace.logs.reading.stamps import merge_stamps

_STRANGE: Final = 10
_STRANGE_AT_END: Final = 3
_MOST: Final = 0.6
_FEWEST: Final = 0.3  # of a run's lines must not be indented, so that a stack trace is no change
_LOOSE: Final = 100
_LOOSE_SHARE: Final = 0.9
_ALIKE: Final = 3
_MANY: Final = 4  # of so many lines one is in doubt: then all are looked at, since the format is likely to change

Codes = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Course:
    """What became of n lines: which begin records and of which levels and times, and in which format each is.

    `code` is an index of `forms`, and means something where a record begins. `stop` is how many lines are decided on.
    `main` is the format in which to go on from there, `streak` the name of the format, if it is another, of the last
    records before, and how many there are; `changes` counts the changes before.
    """

    scan: Scan
    code: Codes
    forms: tuple[Format, ...]
    stop: int
    main: Format
    streak: tuple[str, int] = ("", 0)
    changes: int = 0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for lines: the `streak` before them, whether no more will come, and a user's own formats.

    Of a record no more than `bound` bytes are looked at, of the lines as they stand in the file (`raw`).
    """

    streak: tuple[str, int]
    ended: bool
    raw: Lines
    bound: int
    own: tuple[Format, ...] = ()


class _Change(NamedTuple):
    """From the line `first` on the main format is the one numbered `main`; the line is a record's beginning that may be
    read as of the format before too, unless it is `certain`."""

    first: int
    main: int
    form: Format
    certain: bool


@dataclass(frozen=True, slots=True)
class _Way:
    """Lines in a main format: the format of the record that each begins, or -1, and where the main one changes.

    Finding i is complete with the line `top[i]`, ascending, needs those from `since[i]` on, and says that from
    `first[i]` on the main format is `main[i]`.
    """

    code: Codes
    top: list[int]
    since: list[int]
    first: list[int]
    main: list[int]


def stay(scan: Scan, form: Format, ended: bool, streak: tuple[str, int] = ("", 0)) -> Course:
    """Return the course of lines that are all of one format."""
    stop = _last(scan.start, ended=ended)
    kept = streak if not scan.start[:stop].any() else ("", 0)
    return Course(scan, np.zeros(len(scan.start), dtype=np.int16), (form,), stop, form, kept)


def follow(lines: Lines, scan: Scan, form: Format, given: Circumstances) -> Course:
    """Return the course of lines that begin in a format, given their scan in that."""
    doubtful = _doubtful(lines, scan, form, given.own)
    if not len(doubtful):
        return stay(scan, form, given.ended, given.streak)
    every = len(doubtful) * _MANY > len(lines)
    traveller = _Traveller(lines, scan, form, given, np.flatnonzero(standing(lines)) if every else doubtful)
    if not every and traveller.leaves:
        traveller = _Traveller(lines, scan, form, given, np.flatnonzero(standing(lines)))
    return traveller.course(traveller.changes())


def _doubtful(lines: Lines, scan: Scan, form: Format, own: tuple[Format, ...]) -> Rows:
    """Return the lines that may begin records of another format than that which they were scanned in."""
    if form.scanner == "free":
        return np.flatnonzero(standing(lines))
    if scan.start.all():
        return overlapped(lines, np.arange(len(lines)), scan.stamps, form, own)
    strange = np.flatnonzero(~scan.start)
    strange = strange[standing(lines.pick(strange))]
    over = overlapped(lines, np.flatnonzero(scan.start), scan.stamps, form, own)
    return np.sort(np.concatenate((strange, over))) if len(over) else strange


def _last(start: Mask, *, ended: bool) -> int:
    """Return how many lines come before the last that begins a record; all of them if no more will come."""
    if ended or not len(start):
        return len(start)
    last = len(start) - 1 - int(start[::-1].argmax())
    return last if start[last] else 0


class _Traveller:
    """Follows lines from change to change. `rows` are those that are looked at in other formats than the first."""

    def __init__(self, lines: Lines, scan: Scan, form: Format, given: Circumstances, rows: Rows) -> None:
        self._lines, self._scan, self._form, self._given = lines, scan, form, given
        self._kinds = Kinds(lines, rows, given.own, (form.name, given.streak[0]))
        self._rows = rows
        self._free = len(self._kinds.forms)
        self._main = self._kinds.index(form) if form.scanner != "free" else self._free
        self._forms = [*self._kinds.forms, FREE_TEXT]
        self._weights = np.array([*(self._kinds.weight(n) for n in range(self._free)), 0.0])
        self._ways: dict[int, _Way] = {}

    # -- the way ------------------------------------------------------------------------------------------------

    @property
    def leaves(self) -> bool:
        """Whether the main format changes."""
        return bool(self._way(self._main).top)

    def changes(self) -> list[_Change]:
        """Return the main formats that lines are read in, one after the other."""
        found = [_Change(0, self._main, self._form, certain=True)]
        while True:
            here = found[-1]
            way = self._way(here.main)
            index = bisect_left(way.top, here.first)
            while index < len(way.top) and way.since[index] < here.first:
                index += 1
            if index == len(way.top):
                return found
            first, main = way.first[index], way.main[index]
            form = self._fitted(main, first, way.top[index] + 1)
            change = _Change(first, main, form, certain=first != way.top[index])
            if change.certain and first == here.first:
                found.pop()
            found.append(change)

    def _fitted(self, main: int, begin: int, end: int) -> Format:
        """Return a format, with the keys that most of the lines within a range use if it is of JSON."""
        form = self._forms[main]
        if form.scanner != "json":
            return form
        rows, levels, times = self._keys
        lines = slice(bisect_left(rows, begin), bisect_left(rows, end))
        return replace(form, keys=(commonest(levels[lines]), commonest(times[lines])))

    @cached_property
    def _keys(self) -> tuple[list[int], list[str | None], list[str | None]]:
        """The lines that are JSON, and the keys of their levels and times."""
        json = next(number for number, form in enumerate(self._forms) if form.scanner == "json")
        rows, scan = self._kinds.scan(json)
        rows = rows[scan.start]
        return rows.tolist(), *keys_in(head_texts(self._lines.pick(rows), self._lines.heads[rows]))

    def _way(self, main: int) -> _Way:
        if main not in self._ways:
            code, known = self._codes(main)
            events = [*self._thirds(main, code), *self._runs(main, code, known)]
            events.sort()
            columns = list(zip(*events, strict=True)) or [()] * 4
            self._ways[main] = _Way(code, *(list(column) for column in columns))
        return self._ways[main]

    # -- what begins records ------------------------------------------------------------------------------------

    def _start(self, main: int) -> tuple[Mask, Mask]:
        """Which lines begin a record of the main format, and which of these cannot be of another."""
        if main == self._free:
            return begins_record(self._lines), np.zeros(len(self._lines), dtype=np.bool_)
        first = main == self._main
        start = self._scan.start if first else self._kinds.starts(main)
        rows, scan = (np.arange(len(self._lines)), self._scan) if first else self._kinds.scan(main)
        at = np.flatnonzero(scan.start)
        usual = start.copy()
        picked = self._lines if first else self._lines.pick(rows)
        usual[rows[overlapped(picked, at, scan.stamps, self._forms[main], self._given.own)]] = False
        return start, usual

    def _codes(self, main: int) -> tuple[Codes, Mask]:
        """Return the format of the record that each line begins, -1 for none, and which lines some format knows."""
        start, usual = self._start(main)
        kinds, weights = self._kinds, self._weights
        known = _with(start, kinds.joined.get(main, self._rows[:0]))
        over = (kinds.best >= 0) & ~usual & (~known | (weights[kinds.best] > weights[main]))
        code = np.where(over, kinds.best, np.where(start, np.int16(main), np.int16(-1))).astype(np.int16)
        for number, every in kinds.joined.items():
            rows = every[~usual[every] & ((code[every] < 0) | (weights[number] > weights[code[every]]))]
            rows = rows[self._before(code, rows, main) == number]
            code[rows] = -1
            known[rows] = True
        for number, every in kinds.faint.items():
            rows = every[(code[every] < 0) | (code[every] == self._free)]
            code[rows[self._before(code, rows, main) == number]] = number
        if main == self._free:
            rows = self._trailing(code)
            code[rows[self._before(code, rows, main) != main]] = -1
        else:
            rows = self._rows[(code[self._rows] < 0) & ~known[self._rows]]
            code[rows[shouting(self._lines.pick(rows))]] = self._free
        return code, known | (code >= 0)

    def _trailing(self, code: Codes) -> Rows:
        """Return the lines of free text that belong to a structured record if they follow one: a trace's."""
        rows = np.flatnonzero(code[:-1] == self._free)
        after = self._lines.pick(rows + 1)
        rows = rows[~standing(after) & (after.heads < after.ends)]
        return rows[~shouting(self._lines.pick(rows))]

    def _before(self, code: Codes, rows: Rows, main: int) -> Codes:
        """Return the format of the record before each of some lines, of which none counts as its beginning."""
        known = code >= 0
        known[rows] = False
        last = np.maximum.accumulate(np.where(known, np.arange(len(code)), -1))[rows]
        name, count = self._given.streak
        streak = main == self._main and count > 0
        first = self._number(name) if streak else main
        return np.where(last < 0, np.int16(first), code[last])

    def _number(self, name: str) -> int:
        return next((number for number, form in enumerate(self._forms) if form.name == name), self._free)

    # -- where the main format changes --------------------------------------------------------------------------

    def _thirds(self, main: int, code: Codes) -> list[tuple[int, int, int, int]]:
        """Find the third of records in a row that are of one other format."""
        at = np.flatnonzero(code >= 0)
        codes = code[at]
        name, count = self._given.streak
        if main == self._main and count:
            number = self._number(name)
            at = np.concatenate((np.zeros(count, dtype=np.intp), at))
            codes = np.concatenate((np.full(count, number, dtype=np.int16), codes))
        alike = (codes[2:] == codes[1:-1]) & (codes[1:-1] == codes[:-2]) & (codes[2:] != main)
        alike[1:] &= codes[3:] != codes[:-3]  # the third, no later one: a main format begins with a record of it
        third = np.flatnonzero(alike)
        top = at[third + 2].tolist()
        return list(zip(top, at[third].tolist(), top, codes[third + 2].tolist(), strict=True))

    def _runs(self, main: int, code: Codes, known: Mask) -> list[tuple[int, int, int, int]]:
        """Find runs of lines that no format plainly knows."""
        if main == self._free:
            return self._neighbours(code)
        order = np.arange(len(code))
        last = np.maximum.accumulate(np.where(code >= 0, order, 0))
        before = np.maximum.accumulate(np.where(known, order, 0))
        depth = order - before + (~known[before])
        raw = self._given.raw
        within = raw.ends - raw.starts[last] <= self._given.bound
        tops = np.flatnonzero((depth == _STRANGE) & within)
        found = self._other(tops, _STRANGE, main)
        left = int(depth[-1])
        if self._given.ended and _STRANGE_AT_END <= left < _STRANGE and within[-1]:
            found += self._other(order[-1:], left, main)
        found += self._none(np.flatnonzero((depth == _LOOSE) & within))
        return [(top, int(last[top]), line, number) for top, line, number in found]

    def _neighbours(self, code: Codes) -> list[tuple[int, int, int, int]]:
        """Find the first lines of three neighbours in free text that may all be of one format."""
        found = []
        short = self._lines.ends - self._lines.starts < HEAD
        for number, rows in self._kinds.faint.items():
            mask = np.zeros(len(code), dtype=np.bool_)
            mask[rows] = True
            mask &= short & (code == self._free)
            lines = np.flatnonzero(mask[:-2] & mask[1:-1] & mask[2:]).tolist()
            found += [(line + _ALIKE - 1, line, line, number) for line in lines]
        return found

    def _other(self, tops: Rows, count: int, main: int) -> list[tuple[int, int, int]]:
        """Return those of the runs of `count` lines that end at `tops`, most of whose lines may be of another one."""
        if not len(tops) or not self._kinds.faint:
            return []
        lines, runs = self._lines, tops[:, None] + np.arange(1 - count, 1)
        apart = standing(lines.pick(runs.ravel())).reshape(runs.shape).sum(axis=1)
        enough = apart >= count * _FEWEST
        runs, apart = runs[enough], apart[enough]
        best: dict[int, tuple[int, float, int, int]] = {}
        for number, rows in self._kinds.faint.items():
            match = np.isin(runs, rows)
            matched = match.sum(axis=1)
            for row in np.flatnonzero((matched >= apart * _MOST) & (matched > 1) & (number != main)).tolist():
                entry = (int(runs[row, match[row].argmax()]), -self._weights[number], -int(matched[row]), number)
                best[row] = min(best.get(row, entry), entry)
        return [(int(runs[row, -1]), line, number) for row, (line, _, _, number) in best.items()]

    def _none(self, tops: Rows) -> list[tuple[int, int, int]]:
        """Return those of the runs of a hundred lines that end at `tops`, nearly all of whose lines stand alone."""
        if not len(tops):
            return []
        runs = tops[:, None] + np.arange(1 - _LOOSE, 1)
        alone = (self._way(self._free).code == self._free)[runs]
        found = np.flatnonzero(alone.mean(axis=1) >= _LOOSE_SHARE).tolist()
        return [(int(runs[row, -1]), int(runs[row, alone[row].argmax()]), self._free) for row in found]

    # -- the outcome --------------------------------------------------------------------------------------------

    def course(self, changes: list[_Change]) -> Course:
        """Return what became of the lines, given their main formats."""
        firsts = np.array([change.first for change in changes])
        stretch = np.searchsorted(firsts, np.arange(len(self._lines)), "right") - 1
        mains = np.array([change.main for change in changes])[stretch] if len(changes) > 1 else None
        code = self._ways[self._main].code.copy()
        for main in {change.main for change in changes[1:]} - {self._main}:
            code = np.where(mains == main, self._ways[main].code, code)
        code[firsts[1:]] = [change.main for change in changes[1:]]
        start = code >= 0
        stop = self._decided(code, changes[-1], start)
        past = [
            each for each in changes if each.first < stop or (each.certain and each.first == stop) or not each.first
        ]
        streak = self._streak(code[:stop], past[-1])
        code, forms = self._keyed(np.where(start, code, changes[0].main), stretch, changes)
        scan = self._gathered(start, code, forms)
        return Course(scan, code, tuple(forms), stop, past[-1].form, streak, len(past) - 1)

    def _decided(self, code: Codes, last: _Change, start: Mask) -> int:
        """Return how many lines are decided on: in free text, not those at the end that may be the first of three."""
        stop = _last(start, ended=self._given.ended)
        if self._given.ended or last.main != self._free:
            return stop
        if stop == len(code) - 1 and code[stop] == self._free:
            before = np.flatnonzero(start[:stop])[-1:]
            if len(before) and code[before[0]] != self._free:
                stop = int(before[0])  # the next line tells whether this one is part of a trace
        for rows in self._kinds.faint.values():
            open_ones = rows[code[rows] == self._free]
            for back in range(1, _ALIKE):
                if len(open_ones) < back or int(open_ones[-back]) != len(code) - back:
                    break
                stop = min(stop, len(code) - back)
        return max(stop, last.first)

    def _streak(self, code: Codes, main: _Change) -> tuple[str, int]:
        """Return the format of the last records, and how many are of it, two at most; none if it is the main one."""
        codes = code[main.first :]
        codes = codes[codes >= 0]
        if not len(codes):
            return self._given.streak if not main.first else ("", 0)
        last = int(codes[-1])
        if last == main.main:
            return "", 0
        count = len(codes) if bool((codes == last).all()) else int((codes[::-1] != last).argmax())
        name, before = self._given.streak
        if count == len(codes) and not main.first and name == self._forms[last].name:
            count += before
        return self._forms[last].name, min(count, _ALIKE - 1)

    def _keyed(self, code: Codes, stretch: Rows, changes: list[_Change]) -> tuple[Codes, list[Format]]:
        """Tell formats of JSON apart by the keys of the stretches that they are the main format of."""
        forms: list[Format] = list(self._forms)
        known: dict[tuple[str, tuple[str, str]], int] = {}
        numbers = []
        for change in changes:
            key = (change.form.name, change.form.keys)
            if change.main != self._free and change.form.scanner == "json" and key not in known:
                known[key] = len(forms)
                forms.append(change.form)
            numbers.append(known.get(key, change.main))
        if not known:
            return code, forms
        mains = np.array([change.main for change in changes])[stretch]
        return np.where(code == mains, np.array(numbers, dtype=np.int16)[stretch], code), forms

    def _gathered(self, start: Mask, code: Codes, forms: list[Format]) -> Scan:
        """Return what was found of each line in the format that it is of."""
        first = self._form
        level, stamps = self._scan.level.copy(), self._scan.stamps
        for number in np.unique(code[start]).tolist():
            form = forms[number]
            if form.name == first.name and form.keys == first.keys:
                continue
            rows = np.flatnonzero(start & (code == number))
            if form.scanner == "free":
                level[rows] = free_levels(self._lines.pick(rows))
                continue
            if number < self._free:
                every, scan = self._kinds.scan(number)
                own = np.searchsorted(every, rows)
                part = Scan(scan.start[own], scan.level[own], pick_stamps(scan.stamps, own))
            else:
                part = scan_rows(self._lines, rows, form)
            level[rows] = part.level
            stamps = merge_stamps(stamps, part.stamps, rows)
        return Scan(start, level, stamps)


def _with(mask: Mask, rows: Rows) -> Mask:
    """Return a mask that is true for some lines too."""
    mask = mask.copy()
    mask[rows] = True
    return mask
