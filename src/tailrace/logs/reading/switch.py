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
from dataclasses import replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from tailrace.logs.reading.course import Circumstances, Codes, Course, decided, stay
from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.kinds import Mask, Rows, overlapped, pick_stamps, scan_rows, standing
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_free import free_levels
from tailrace.logs.reading.scan_json import commonest, keys_in
from tailrace.logs.reading.stamps import merge_stamps
from tailrace.logs.reading.ways import ALIKE, Ways

_MANY: Final = 4  # of so many lines one is in doubt: then all are looked at, since the format is likely to change


class _Change(NamedTuple):
    """From the line `first` on the main format is the one numbered `main`; the line is a record's beginning that may be
    read as of the format before too, unless it is `certain`."""

    first: int
    main: int
    form: Format
    certain: bool


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


def _passed(change: _Change, stop: int) -> bool:
    """Whether a change lies before a line, or certainly at it."""
    return change.first < stop or (change.certain and change.first == stop) or not change.first


class _Traveller:
    """Follows lines from change to change. `rows` are those that are looked at in other formats than the first."""

    def __init__(self, lines: Lines, scan: Scan, form: Format, given: Circumstances, rows: Rows) -> None:
        self._lines, self._scan, self._form, self._given = lines, scan, form, given
        self._ways = Ways(lines, scan, form, given, rows)
        self._forms: dict[tuple[tuple[str | None, ...], tuple[str | None, ...]], Format] = {}  # of JSON, by its keys

    # -- the way ------------------------------------------------------------------------------------------------

    @property
    def leaves(self) -> bool:
        """Whether the main format changes."""
        return bool(self._ways.way(self._ways.main).top)

    def changes(self) -> list[_Change]:
        """Return the main formats that lines are read in, one after the other."""
        found = [_Change(0, self._ways.main, self._form, certain=True)]
        while True:
            here = found[-1]
            way = self._ways.way(here.main)
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
        form = self._ways.forms[main]
        if form.scanner != "json":
            return form
        rows, levels, times = self._keys
        lines = slice(bisect_left(rows, begin), bisect_left(rows, end))
        used = tuple(levels[lines]), tuple(times[lines])
        if used not in self._forms:
            self._forms[used] = replace(form, keys=(commonest(levels[lines]), commonest(times[lines])))
        return self._forms[used]

    @cached_property
    def _keys(self) -> tuple[list[int], list[str | None], list[str | None]]:
        """The lines that are JSON, and the keys of their levels and times."""
        json = next(number for number, form in enumerate(self._ways.forms) if form.scanner == "json")
        rows, scan = self._ways.kinds.scan(json)
        rows = rows[scan.start]
        return rows.tolist(), *keys_in(head_texts(self._lines.pick(rows), self._lines.heads[rows]))

    # -- the outcome --------------------------------------------------------------------------------------------

    def course(self, changes: list[_Change]) -> Course:
        """Return what became of the lines, given their main formats."""
        firsts = np.array([change.first for change in changes])
        stretch = np.searchsorted(firsts, np.arange(len(self._lines)), "right") - 1
        mains = np.array([change.main for change in changes])[stretch] if len(changes) > 1 else None
        code = self._ways.way(self._ways.main).code.copy()
        for main in {change.main for change in changes[1:]} - {self._ways.main}:
            code = np.where(mains == main, self._ways.way(main).code, code)
        code[firsts[1:]] = [change.main for change in changes[1:]]
        start = code >= 0
        stop = self._decided(code, changes[-1], start)
        found = code

        def standing(stop: int) -> tuple[Format, tuple[str, int], int]:
            past = [each for each in changes if _passed(each, stop)]
            return past[-1].form, self._streak(found[:stop], past[-1]), len(past) - 1

        code, forms = self._keyed(np.where(start, code, changes[0].main), stretch, changes)
        scan = self._gathered(start, code, forms)
        return Course(scan, code, tuple(forms), stop, *standing(stop), standing)

    def _decided(self, code: Codes, last: _Change, start: Mask) -> int:
        """Return how many lines are decided on: in free text, not those at the end that may be the first of three."""
        stop = decided(start, ended=self._given.ended)
        if self._given.ended or last.main != self._ways.free:
            return stop
        if stop == len(code) - 1 and code[stop] == self._ways.free:
            before = np.flatnonzero(start[:stop])[-1:]
            if len(before) and code[before[0]] != self._ways.free:
                stop = int(before[0])  # the next line tells whether this one is part of a trace
        for rows in self._ways.kinds.faint.values():
            open_ones = rows[code[rows] == self._ways.free]
            for back in range(1, ALIKE):
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
        if count == len(codes) and not main.first and name == self._ways.forms[last].name:
            count += before
        return self._ways.forms[last].name, min(count, ALIKE - 1)

    def _keyed(self, code: Codes, stretch: Rows, changes: list[_Change]) -> tuple[Codes, list[Format]]:
        """Tell formats of JSON apart by the keys of the stretches that they are the main format of."""
        forms: list[Format] = list(self._ways.forms)
        known: dict[tuple[str, tuple[str, str]], int] = {}
        numbers = []
        for change in changes:
            key = (change.form.name, change.form.keys)
            if change.main != self._ways.free and change.form.scanner == "json" and key not in known:
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
            if number < self._ways.free:
                every, scan = self._ways.kinds.scan(number)
                own = np.searchsorted(every, rows)
                part = Scan(scan.start[own], scan.level[own], pick_stamps(scan.stamps, own))
            else:
                part = scan_rows(self._lines, rows, form)
            level[rows] = part.level
            stamps = merge_stamps(stamps, part.stamps, rows)
        return Scan(start, level, stamps)
