"""Kinds: what lines are by themselves, whatever stands around them, in all structured formats at once.

A line that begins a record of several formats is of the most particular. It is *plainly* of it if it could hardly be
anything else: if it has a level, a time with a date, or belongs to a format that nothing else looks like. Only such a
line is taken out of the record before it without more of its like; a line of JSON without level or time, a number that
may be a time, or a bare time of day may as well go on with what was said before.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import FORMATS, FREE_TEXT, Format
from tailrace.logs.reading.header import skip_separators
from tailrace.logs.reading.levels import codes_of
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.openings import looks_within, opens_like
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_pattern import match_pattern
from tailrace.logs.reading.scanners import scan_lines
from tailrace.logs.reading.signatures import signatures_of
from tailrace.logs.reading.stamps import Stamps
from tailrace.logs.reading.words import U64, Positions, count_letters, pack

STRUCTURED: Final = tuple(form for form in FORMATS if form is not FREE_TEXT)
_PARTICULAR: Final = 0.8  # the least weight of formats whose lines are plainly theirs by level or date
_CAPITAL: Final = np.array([chr(code) in string.ascii_uppercase for code in range(256)])
_DIGIT: Final = np.array([chr(code) in string.digits for code in range(256)])
_OPENS: Final = np.array([chr(code) in "[(<" for code in range(256)]).astype(np.int64)
_CLOSES: Final = np.array([chr(code) in "])>:,;| \t\r\n" for code in range(256)])
_LEVELS: Final = tuple(
    (U64((1 << 8 * len(word)) - 1), U64(pack(word))) for word in (" INFO ", " WARN ", " DEBUG ", " ERROR ", " TRACE ")
)
_INDENT: Final = np.array([chr(code) in " \t\r\n" for code in range(256)])

Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]


class Kinds:
    """What the lines `rows` of a buffer are, by the index of formats: a user's own, then those built in.

    `before` names the formats whose records may lie before the first of the lines.
    `best` is, for every line of the buffer, the most particular format that it plainly is of, or -1.
    """

    def __init__(self, lines: Lines, rows: Rows, own: Sequence[Format], before: Sequence[str]) -> None:
        self.forms = (*own, *STRUCTURED)
        self.lines = lines
        self.best = np.full(len(lines), -1, dtype=np.int16)
        self.faint: dict[int, Rows] = {}
        """Lines that begin a record of a format but are not plainly of it."""
        self.joined: dict[int, Rows] = {}
        """Lines that go on with a record of a format."""
        self._before = before
        self._any_plain = False
        self._scans: dict[int, tuple[Rows, Scan]] = {}
        self.weights = np.array([*(2.0 for _ in own), *(form.weight for form in STRUCTURED), 0.0])
        """How particular each format is, a user's own more so than any other; the last is for none."""
        picked = lines.pick(rows)
        found = signatures_of(self.forms).rows(picked) if len(rows) else {}
        for number in sorted(found, key=lambda n: (-float(self.weights[n]), n)):
            self._look(number, self._open(number, rows[found[number]]))

    def index(self, form: Format) -> int:
        """Return the index of a format, however its keys are called; -1 for free text."""
        return next((number for number, each in enumerate(self.forms) if each.name == form.name), -1)

    def starts(self, number: int) -> Mask:
        """Tell which lines begin a record of a format, as far as they were looked at."""
        start = np.zeros(len(self.lines), dtype=np.bool_)
        rows, scan = self.scan(number)
        start[rows] = scan.start
        return start

    def scan(self, number: int) -> tuple[Rows, Scan]:
        """Return the lines that were looked at as a format's, and what was found."""
        if number not in self._scans:
            nothing = np.empty(0, dtype=np.intp)
            self._scans[number] = nothing, scan_lines(self.lines.pick(nothing), self.forms[number])
        return self._scans[number]

    def _open(self, number: int, rows: Rows) -> Rows:
        """Leave out lines that are plainly of a more particular format, if it takes a slow pattern to look at them."""
        if self.forms[number].scanner != "pattern" or not self._any_plain:
            return rows
        free: Mask = self.weights[self.best[rows]] <= self.weights[number]
        return rows[free]

    def _look(self, number: int, rows: Rows) -> None:
        if not len(rows):
            return
        form = self.forms[number]
        scan = scan_rows(self.lines, rows, form)
        any_begins = bool(scan.start.any())
        if "(?P<joined>" in form.pattern and (any_begins or form.name in self._before):
            belongs = match_pattern(self.lines.pick(rows), form)
            self.joined[number] = rows[belongs & ~scan.start]
        if not any_begins:
            return
        self._scans[number] = rows, scan
        plain = scan.start & self._plainly(number, scan)
        self._any_plain |= bool(plain.any())
        taken = rows[plain]
        self.best[taken[self.best[taken] < 0]] = number
        if not plain.all():
            self.faint[number] = rows[scan.start & ~plain]

    def _plainly(self, number: int, scan: Scan) -> Mask:
        form, weight = self.forms[number], float(self.weights[number])
        timed = scan.stamps.run >= 0
        if form.scanner == "json":
            return timed & (scan.level > 0)
        if weight >= 1:
            return np.ones(len(timed), dtype=np.bool_)
        if weight < _PARTICULAR:
            return np.zeros(len(timed), dtype=np.bool_)
        dated = form.layout is not None and "D" in form.layout.template
        return (scan.level > 0) | (timed & dated)


def scan_rows(lines: Lines, rows: Rows, form: Format) -> Scan:
    """Scan some lines; of a format whose records begin with two lines, with those that follow them in sight."""
    if form.lines == 1:
        return scan_lines(lines.pick(rows), form)
    mask = np.zeros(len(lines) + 1, dtype=np.bool_)
    mask[rows] = mask[rows + 1] = True
    near = np.flatnonzero(mask[:-1])
    part, own = scan_lines(lines.pick(near), form), np.cumsum(mask)[rows] - 1
    return Scan(part.start[own], part.level[own], pick_stamps(part.stamps, own))


def standing(lines: Lines) -> Mask:
    """Tell which lines are neither blank nor indented: only these begin records of structured formats."""
    stands: Mask = (lines.heads < lines.ends) & ~_INDENT[lines.byte(np.minimum(lines.heads, lines.after))]
    return stands


def shouting(lines: Lines) -> Mask:
    """Tell which lines begin with a level's word that stands alone, in capitals or within brackets."""
    first = lines.byte(lines.heads)
    at = lines.heads + _OPENS[first]
    words = lines.word(at)
    end = at + count_letters(words)
    close = lines.byte(end)
    capital = _CAPITAL[lines.byte(at)] & _CAPITAL[lines.byte(at + 1)] & _CAPITAL[lines.byte(at + 2)]
    alone = np.where(capital, _CLOSES[close], (at > lines.heads) & (close == first + 1 + (first != ord("("))))
    found: Mask = (codes_of(words) > 0) & (end <= lines.ends) & alone
    return found


def overlapped(lines: Lines, rows: Rows, stamps: Stamps, form: Format, own: Sequence[Format] = ()) -> Rows:
    """Return which of the lines `rows`, records of a format all of them, may be of a more particular one as well.

    `stamps` are the times of all lines.
    """
    if form.weight < _PARTICULAR and form not in own:
        return rows
    heavier = [each for each in STRUCTURED if each.weight > form.weight]
    if form.scanner == "stamped":
        rest = rows[~_levelled(lines, rows, stamps.end[rows])]
        picked = rest[_unusual(lines.pick(rest), stamps.end[rest])]
        return np.union1d(picked, _possible(lines, rows, own, own)) if own else picked
    return _possible(lines, rows, (*own, *heavier), own) if form not in own else rows[:0]


def _possible(lines: Lines, rows: Rows, wanted: Sequence[Format], own: Sequence[Format]) -> Rows:
    """Return which lines may be of some of all formats, those of which that begin with anything left out."""
    if not wanted or not len(rows):
        return rows[:0]
    signatures = signatures_of((*own, *STRUCTURED))
    names = {form.name for form in wanted}
    numbers = {number for number, form in enumerate(signatures.formats) if form.name in names}
    picked = lines.pick(rows)
    found = []
    possible = signatures.rows(picked, numbers)
    for number in possible.keys() - signatures.vague:  # which of them are vague is known once any line came near
        chosen = possible[number]
        openings = signatures.formats[number].openings
        found.append(chosen[opens_like(picked.pick(chosen), openings)] if looks_within(openings) else chosen)
    return rows[np.unique(np.concatenate(found))] if found else rows[:0]


def _levelled(lines: Lines, rows: Rows, at: Positions) -> Mask:
    """Tell where nothing is unusual at a glance: a level between blanks follows the time, no bracket stands before."""
    words = lines.word(at)
    found = np.zeros(len(rows), dtype=np.bool_)
    for mask, level in _LEVELS:
        found |= words & mask == level
    found &= lines.byte(lines.heads[rows]) != ord("[")
    return found


def _unusual(lines: Lines, at: Positions) -> Mask:
    """Tell where, after the time that a line begins with, something else stands than level, thread or a hyphen."""
    first = lines.byte(lines.heads) == ord("[")
    after, second = lines.byte(at), lines.byte(at + 1)
    at = skip_separators(lines, at)
    words = lines.word(at)
    letters = count_letters(words)
    levelled = (codes_of(words) > 0) & (letters > 3) & (lines.byte(at + letters) != ord(":"))
    bracketed = (second == ord("[")) & ~_DIGIT[lines.byte(at + 1)] & (codes_of(lines.word(at + 1)) == 0)
    threaded = bracketed | (second == ord("-"))
    usual = np.where(first, after == ord("]"), after == ord(" ")) & (levelled | (threaded & ~first))
    unusual: Mask = ~usual
    return unusual


def pick_stamps(stamps: Stamps, rows: Rows) -> Stamps:
    """Return the times of some lines."""
    return replace(stamps, run=stamps.run[rows], fraction=stamps.fraction[rows], end=stamps.end[rows])
