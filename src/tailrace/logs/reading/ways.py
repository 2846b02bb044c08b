"""Ways: which lines begin records while a format is a file's main one, and where another takes its place.

Found out for all lines at once, for each main format that is asked for; `switch` follows the ways from change to change
and says what the rules are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from tailrace.logs.reading.course import Circumstances, Codes
from tailrace.logs.reading.formats import FREE_TEXT, Format
from tailrace.logs.reading.kinds import Kinds, Mask, Rows, overlapped, shouting, standing
from tailrace.logs.reading.lines import HEAD, Lines
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_free import begins_record

ALIKE: Final = 3
_STRANGE: Final = 10
_STRANGE_AT_END: Final = 3
_MOST: Final = 0.6
_FEWEST: Final = 0.3  # of a run's lines must not be indented, so that a stack trace is no change
_LOOSE: Final = 100
_LOOSE_SHARE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Way:
    """Lines in a main format: the format of the record that each begins, or -1, and where the main one changes.

    Finding i is complete with the line `top[i]`, ascending, needs those from `since[i]` on, and says that from
    `first[i]` on the main format is `main[i]`.
    """

    code: Codes
    top: list[int]
    since: list[int]
    first: list[int]
    main: list[int]


class Ways:
    """The ways of lines in each main format. `rows` are those that are looked at in other formats than the first.

    Formats go by their index in `forms`; `main` is that of the one that the lines begin in, `free` that of free text.
    """

    def __init__(self, lines: Lines, scan: Scan, form: Format, given: Circumstances, rows: Rows) -> None:
        self._lines, self._scan, self._given, self._rows = lines, scan, given, rows
        self.kinds = Kinds(lines, rows, given.own, (form.name, given.streak[0]))
        self.free = len(self.kinds.forms)
        self.main = self.kinds.index(form) if form.scanner != "free" else self.free
        self.forms = [*self.kinds.forms, FREE_TEXT]
        self._weights = self.kinds.weights
        self._ways: dict[int, Way] = {}

    def number(self, name: str) -> int:
        """Return the index of the format of a name; that of free text if there is none."""
        return next((number for number, form in enumerate(self.forms) if form.name == name), self.free)

    def way(self, main: int) -> Way:
        """Return the way of the lines in a main format."""
        if main not in self._ways:
            code, known = self._codes(main)
            events = [*self._thirds(main, code), *self._runs(main, code, known)]
            events.sort()
            columns = list(zip(*events, strict=True)) or [()] * 4
            self._ways[main] = Way(code, *(list(column) for column in columns))
        return self._ways[main]

    # -- what begins records ------------------------------------------------------------------------------------

    def _start(self, main: int) -> tuple[Mask, Mask]:
        """Which lines begin a record of the main format, and which of these cannot be of another."""
        if main == self.free:
            return begins_record(self._lines), np.zeros(len(self._lines), dtype=np.bool_)
        first = main == self.main
        start = self._scan.start if first else self.kinds.starts(main)
        rows, scan = (np.arange(len(self._lines)), self._scan) if first else self.kinds.scan(main)
        at = np.flatnonzero(scan.start)
        usual = start.copy()
        picked = self._lines if first else self._lines.pick(rows)
        usual[rows[overlapped(picked, at, scan.stamps, self.forms[main], self._given.own)]] = False
        return start, usual

    def _codes(self, main: int) -> tuple[Codes, Mask]:
        """Return the format of the record that each line begins, -1 for none, and which lines some format knows."""
        start, usual = self._start(main)
        kinds, weights = self.kinds, self._weights
        known = _with(start, kinds.joined.get(main, self._rows[:0]))
        over = (kinds.best >= 0) & ~usual & (~known | (weights[kinds.best] > weights[main]))
        code = np.where(over, kinds.best, np.where(start, np.int16(main), np.int16(-1))).astype(np.int16)
        for number, every in kinds.joined.items():
            rows = every[~usual[every] & ((code[every] < 0) | (weights[number] > weights[code[every]]))]
            rows = rows[self._before(code, rows, main) == number]
            code[rows] = -1
            known[rows] = True
        for number, every in kinds.faint.items():
            rows = every[(code[every] < 0) | (code[every] == self.free)]
            code[rows[self._before(code, rows, main) == number]] = number
        if main == self.free:
            rows = self._trailing(code)
            code[rows[self._before(code, rows, main) != main]] = -1
        else:
            rows = self._rows[(code[self._rows] < 0) & ~known[self._rows]]
            code[rows[shouting(self._lines.pick(rows))]] = self.free
        return code, known | (code >= 0)

    def _trailing(self, code: Codes) -> Rows:
        """Return the lines of free text that belong to a structured record if they follow one: a trace's."""
        rows = np.flatnonzero(code[:-1] == self.free)
        after = self._lines.pick(rows + 1)
        rows = rows[~standing(after) & (after.heads < after.ends)]
        return rows[~shouting(self._lines.pick(rows))]

    def _before(self, code: Codes, rows: Rows, main: int) -> Codes:
        """Return the format of the record before each of some lines, of which none counts as its beginning."""
        known = code >= 0
        known[rows] = False
        last = np.maximum.accumulate(np.where(known, np.arange(len(code)), -1))[rows]
        name, count = self._given.streak
        streak = main == self.main and count > 0
        first = self.number(name) if streak else main
        return np.where(last < 0, np.int16(first), code[last])

    # -- where the main format changes --------------------------------------------------------------------------

    def _thirds(self, main: int, code: Codes) -> list[tuple[int, int, int, int]]:
        """Find the third of records in a row that are of one other format."""
        at = np.flatnonzero(code >= 0)
        codes = code[at]
        name, count = self._given.streak
        if main == self.main and count:
            number = self.number(name)
            at = np.concatenate((np.zeros(count, dtype=np.intp), at))
            codes = np.concatenate((np.full(count, number, dtype=np.int16), codes))
        alike = (codes[2:] == codes[1:-1]) & (codes[1:-1] == codes[:-2]) & (codes[2:] != main)
        alike[1:] &= codes[3:] != codes[:-3]  # the third, no later one: a main format begins with a record of it
        third = np.flatnonzero(alike)
        top = at[third + 2].tolist()
        return list(zip(top, at[third].tolist(), top, codes[third + 2].tolist(), strict=True))

    def _runs(self, main: int, code: Codes, known: Mask) -> list[tuple[int, int, int, int]]:
        """Find runs of lines that no format plainly knows."""
        if main == self.free:
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
        for number, rows in self.kinds.faint.items():
            mask = np.zeros(len(code), dtype=np.bool_)
            mask[rows] = True
            mask &= short & (code == self.free)
            lines = np.flatnonzero(mask[:-2] & mask[1:-1] & mask[2:]).tolist()
            found += [(line + ALIKE - 1, line, line, number) for line in lines]
        return found

    def _other(self, tops: Rows, count: int, main: int) -> list[tuple[int, int, int]]:
        """Return those of the runs of `count` lines that end at `tops`, most of whose lines may be of another one."""
        if not len(tops) or not self.kinds.faint:
            return []
        lines, runs = self._lines, tops[:, None] + np.arange(1 - count, 1)
        apart = standing(lines.pick(runs.ravel())).reshape(runs.shape).sum(axis=1)
        enough = apart >= count * _FEWEST
        runs, apart = runs[enough], apart[enough]
        best: dict[int, tuple[int, float, int, int]] = {}
        for number, rows in self.kinds.faint.items():
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
        alone = (self.way(self.free).code == self.free)[runs]
        found = np.flatnonzero(alone.mean(axis=1) >= _LOOSE_SHARE).tolist()
        return [(int(runs[row, -1]), int(runs[row, alone[row].argmax()]), self.free) for row in found]


def _with(mask: Mask, rows: Rows) -> Mask:
    """Return a mask that is true for some lines too."""
    mask = mask.copy()
    mask[rows] = True
    return mask
