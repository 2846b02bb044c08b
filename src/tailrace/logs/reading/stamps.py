"""Stamps: the times that lines carry, read once for every run of lines within the same second.

A layout says in which columns the digits stand, as data: `YYYY-MM-DD?hh:mm:ss`. Neighbouring lines mostly carry the
same second, so lines are compared with the line before, eight bytes at a time, and only where they differ are the
digits read, for all such lines at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines, Rows
from tailrace.logs.reading.named_zones import codes_of_zones, may_be_zone, names_in, offsets_in_zones
from tailrace.logs.reading.words import U64, Positions, Words, byte, count_digits, count_letters, is_digit, keep, pack

NAIVE: Final = -(1 << 31)  # stands where an offset from UTC would, if the text names none
BAD: Final = -(1 << 62)  # stands for seconds where the digits name no time that exists, in a year from 1 to 9999
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS_BEFORE: Final = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.int64)
_DAYS_IN: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
_BLANK, _ZERO = np.uint8(ord(" ")), np.uint8(ord("0"))
_APART: Final = np.array([not chr(code).isalnum() and chr(code) not in "_:-/." for code in range(256)])
LETTERS: Final = "YMDhmsEnwfp"  # that stand for something in a layout
_FIELDS: Final = "YMDhmsE"  # of these, those whose digits make a number
_FEW: Final = 4  # of so many words less than one differs from that before: then only these are looked at
YEAR_ONE: Final = -62_135_596_800  # seconds since 1970 of 0001-01-01; what lies before is a time without a year


@dataclass(frozen=True)
class Layout:
    """The columns of a time: Y M D h m s stand for digits, `Mon` for a month's name, `?` for any of ` T_`.

    Every other character stands for itself. A first digit of a day or an hour may be a blank. A two-digit year is of
    this century up to 68, else of the last; without a year, a time is read as one of the year 0, a leap year that no
    full time lies in.
    A layout without a day is a time of day; `E` stands for a digit of seconds since 1970, `Www` for a weekday's name,
    which is not looked at, and `pp` for AM or PM, which may follow any other layout too. Digits after the second follow
    the layout, or stand within it as `f`.
    """

    template: str

    @cached_property
    def plain(self) -> str:
        """The template with one letter for each column of a name."""
        return self.template.replace("Mon", "nnn").replace("Www", "www")

    @cached_property
    def dated(self) -> bool:
        """Whether a day can be told from it."""
        return "D" in self.template or "E" in self.template

    @cached_property
    def columns(self) -> dict[str, tuple[int, ...]]:
        """Where the digits of each field stand, by the field's letter."""
        return {letter: tuple(i for i, c in enumerate(self.plain) if c == letter) for letter in LETTERS}

    @cached_property
    def literals(self) -> tuple[list[int], NDArray[np.uint8]]:
        """The columns that hold neither digits nor names, and what may stand in each: the ways to write it are rows."""
        columns = [i for i, c in enumerate(self.plain) if c not in LETTERS]
        ways = [[ord(" T_"[way] if self.plain[i] == "?" else self.plain[i]) for i in columns] for way in range(3)]
        return columns, np.array(ways if "?" in self.plain else ways[:1], dtype=np.uint8)

    @cached_property
    def digits(self) -> tuple[list[int], NDArray[np.int64]]:
        """The columns that hold digits, and what each of them counts in each of the fields `_FIELDS`."""
        columns = [i for i, c in enumerate(self.plain) if c in _FIELDS + "f"]
        counts = np.zeros((len(columns), len(_FIELDS)), dtype=np.int64)
        for field, letter in enumerate(_FIELDS):
            for power, column in enumerate(reversed(self.columns[letter])):
                counts[columns.index(column), field] = 10**power
        return columns, counts

    @cached_property
    def blank(self) -> list[int]:
        """The columns of digits in whose place a blank may stand."""
        day, hour = self.columns["D"], self.columns["h"]
        return [*day[:1], *(hour[:1] if self.dated and len(hour) > 1 else ())]

    @cached_property
    def fraction(self) -> int:
        """The column after the second, where the point before its fraction stands if it has one."""
        inside = self.columns["f"]
        return inside[0] - 1 if inside else len(self)

    def __len__(self) -> int:
        return len(self.template)


@dataclass(frozen=True, slots=True)
class Stamps:
    """The times of n lines, in m runs: line i belongs to run `run[i]`, or has no time if that is -1.

    `seconds` holds a run's local seconds since 1970, or since midnight if the layout is not `dated`; `offset` its
    distance from UTC in seconds, or `NAIVE`, or `NAMED` and more for a named zone; a time that does not exist is `BAD`;
    `dated` is whether it names a day. `fraction` is where each line's digits after the second begin, `end` where its
    time has been read to, both as positions within `text`.
    """

    text: Lines
    run: NDArray[np.int32]
    seconds: NDArray[np.int64]
    offset: NDArray[np.int64]
    fraction: Positions
    end: Positions
    dated: NDArray[np.bool_]


def read_stamps(lines: Lines, at: Positions, layout: Layout, rows: Rows | None = None) -> Stamps:
    """Read the time that stands at each given position, if one does; the number of positions is n.

    `rows` are the bytes that follow them, if these have been looked at before.
    """
    rows, width = lines.rows(at) if rows is None else rows, len(layout)
    digits = _fraction_width(lines, rows, at, width)
    zone, end = _zones(lines, rows, at + (width + digits), width + digits if isinstance(digits, int) else None)
    first = np.flatnonzero(_changed(rows, width, zone))
    shaped, seconds = _read(lines, at[first], layout)
    offset = np.full(len(first), 0 if layout.columns["E"] else NAIVE, dtype=np.int64)
    if zone is not None:
        half = _halves(zone[first])
        if half.any() and not (layout.columns["p"] or layout.columns["E"]):
            seconds = _in_halves(seconds, half)
        offset = offset if layout.columns["E"] else _offsets(np.where(half > 0, U64(0), zone[first]))
    run = np.where(shaped, np.arange(len(first), dtype=np.int32), np.int32(-1))
    run = np.repeat(run, np.diff(first, append=len(at)))
    return Stamps(lines, run, seconds, offset, at + layout.fraction, end, np.full(len(first), layout.dated))


def no_stamps(lines: Lines) -> Stamps:
    """Return the times of lines that have none."""
    count = len(lines)
    none, nowhere = np.empty(0, dtype=np.int64), np.zeros(count, dtype=np.int64)
    return Stamps(lines, np.full(count, -1, dtype=np.int32), none, none, nowhere, nowhere, none.astype(np.bool_))


def merge_stamps(main: Stamps, other: Stamps, where: NDArray[np.intp]) -> Stamps:
    """Return the times of all lines: those of `other`, which tells of the lines `where`, put in among those of `main`.

    Both must be read from the same buffer.
    """
    run, fraction, end = main.run.copy(), main.fraction.copy(), main.end.copy()
    run[where] = np.where(other.run < 0, -1, other.run + len(main.seconds))
    fraction[where], end[where] = other.fraction, other.end
    seconds = np.concatenate((main.seconds, other.seconds))
    offset, dated = np.concatenate((main.offset, other.offset)), np.concatenate((main.dated, other.dated))
    return Stamps(main.text, run, seconds, offset, fraction, end, dated)


def on_days(times: Stamps, days: Stamps) -> Stamps:
    """Return times of day on the days that the same lines name elsewhere."""
    both = np.flatnonzero((times.run >= 0) & (days.run >= 0))
    run = np.full(len(times.run), -1, dtype=np.int32)
    run[both] = np.arange(len(both))
    day, second = days.seconds[days.run[both]], times.seconds[times.run[both]]
    seconds = np.where((day == BAD) | (second == BAD), BAD, day + second)
    dated = np.ones(len(both), dtype=np.bool_)
    return Stamps(times.text, run, seconds, times.offset[times.run[both]], times.fraction, times.end, dated)


def in_zones(stamps: Stamps, names: pl.Series) -> Stamps:
    """Return times in the zones that lines name in full (Europe/Berlin); null for those that name none."""
    named = np.flatnonzero(names.is_not_null().to_numpy() & (stamps.run >= 0))
    if not len(named):
        return stamps
    every = np.flatnonzero(stamps.run >= 0)
    used = stamps.run[every]
    run = np.full(len(stamps.run), -1, dtype=np.int32)
    run[every] = np.arange(len(every))
    offset = stamps.offset[used].copy()
    found = offsets_in_zones(names.gather(named), stamps.seconds[stamps.run[named]], NAIVE)
    offset[run[named]] = np.where(found == NAIVE, offset[run[named]], found)
    return Stamps(stamps.text, run, stamps.seconds[used], offset, stamps.fraction, stamps.end, stamps.dated[used])


def micros(stamps: Stamps, chosen: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the microseconds within the second of the chosen lines' times."""
    lines, at = stamps.text, stamps.fraction[chosen]
    mark = lines.byte(at)
    point = ((mark == 44) | (mark == 46) | (mark == 58)).astype(np.int64)
    words = lines.word(at + point)
    count = count_digits(words)
    total = np.zeros(len(at), dtype=np.int64)
    for column in range(6):
        digit = byte(words, column).astype(np.int64) - 48
        total = total * 10 + np.where(column < count, digit, 0)
    return total


def _changed(rows: Rows, width: int, zone: Words | None) -> NDArray[np.bool_]:
    """Tell which times, of a width, and zones differ from those before; the first does."""
    changed = np.zeros(len(rows), dtype=np.bool_) if zone is None else _changes(zone)
    changed[:1] = True
    for column in {*range(0, max(width - 8, 0), 8), max(width - 8, 0)}:
        words = rows.word(column) if width >= 8 else keep(rows.word(column), width)
        if len(words) and not (words == words[0]).all():
            changed |= _changes(words)
    return changed


def _changes(words: Words) -> NDArray[np.bool_]:
    changed = np.ones(len(words), dtype=np.bool_)
    np.not_equal(words[1:], words[:-1], out=changed[1:])
    return changed


def _fraction_width(lines: Lines, rows: Rows, at: Positions, column: int) -> NDArray[np.int64] | int:
    """Return how many bytes a point, comma or colon and the digits after it take that stand at a column.

    One number says that they are as many everywhere.
    """
    words, at = rows.word(column), at + column
    if len(words):
        width = _width_of(words[0])
        if width is not None and _as_wide(words, width):
            return width
    low = byte(words, 0)
    point = ((low == U64(44)) | (low == U64(46)) | (low == U64(58))) & is_digit(byte(words, 1))
    # A byte shifted out at the top reads as zero, which is no digit, so seven digits are the most that are seen here.
    count = count_digits(words >> U64(8))
    widths: NDArray[np.int64] = (count + 1) * point
    long = np.flatnonzero(widths == 8)
    widths[long] += count_digits(lines.word(at[long] + 8))
    alike = len(widths) > 0 and bool((widths == widths[0]).all())
    return int(widths[0]) if alike else widths


def _width_of(word: np.uint64) -> int | None:
    """Return how many bytes a point, comma or colon and the digits after it take in a word; None if not plain."""
    text = int(word).to_bytes(8, "little")
    if text[0] not in b",.:":
        return 0
    width = len(text) - len(text[1:].lstrip(b"0123456789"))
    return width if 1 < width < 8 else None


def _as_wide(words: Words, width: int) -> bool:
    """Tell whether all words begin as the first does: with the same byte, digits up to a width, and the same byte."""
    digits = (1 << 8 * width) - 1 & ~0xFF
    alike = U64(digits & 0xF0F0F0F0F0F0F0F0 | 0xFF << 8 * width | 0xFF)
    six = U64(digits & 0x0606060606060606)  # added, it takes what is no digit out of its row of the ASCII table
    return all(
        bool(((each & alike) == (each[0] & alike)).all()) for each in ((words, words + six) if width else (words,))
    )


def _zones(lines: Lines, rows: Rows, at: Positions, column: int | None) -> tuple[Words | None, Positions]:
    """Return the zone that stands at each position as a word (0 for none), or None if none does, and where it ends.

    The positions are at a column of the rows, if they all are at the same.
    """
    words = lines.word(at) if column is None else rows.word(column)
    changed = np.flatnonzero(_changes(words))
    few = len(changed) * _FEW <= len(words)
    zone, width = _zones_of(words[changed] if few else words)
    if zone is None:
        return None, at
    if not few:
        return zone, at + width
    sizes = np.diff(changed, append=len(words))
    return np.repeat(zone, sizes), at + np.repeat(width, sizes)


def _zones_of(words: Words) -> tuple[Words | None, NDArray[np.int64]]:
    """Return the zone that each word begins with, 0 for none, after a blank perhaps, and the width of both.

    None says that there are none.
    """
    space = byte(words, 0) == U64(32)
    words = np.where(space, words >> U64(8), words)
    chosen = np.flatnonzero(may_be_zone(words))
    if len(chosen) == len(words):
        zone, width = _zones_in(words, space)
        return zone, width + (space & (width > 0))
    width = np.zeros(len(words), dtype=np.int64)
    if not len(chosen):
        return None, width
    zone = np.zeros(len(words), dtype=np.uint64)
    zone[chosen], width[chosen] = _zones_in(words[chosen], space[chosen])
    return zone, width + (space & (width > 0))


def _zones_in(words: Words, space: NDArray[np.bool_]) -> tuple[Words, Positions]:
    """Return the zone that each word begins with, 0 for none, and its width; `space` tells that a blank was before."""
    low = byte(words, 0)
    signed = ((low == U64(43)) | (low == U64(45))) & is_digit(byte(words, 1)) & is_digit(byte(words, 2))
    colon = byte(words, 3) == U64(58)
    hours = signed & ~space & _APART[byte(words, 3).astype(np.intp)]  # PostgreSQL writes +02
    signed &= is_digit(byte(words, 4)) & (colon | is_digit(byte(words, 3)))
    zulu = (low == U64(90)) & ~space
    width = np.where(signed, np.where(colon, 6, 5), np.where(hours, 3, zulu))
    zone = np.where(signed, np.where(colon, keep(words, 6), keep(words, 5)), np.where(zulu, U64(90), U64(0)))
    zone = np.where(hours & ~signed, keep(words, 3), zone)
    rest = np.flatnonzero(width == 0)
    if len(rest):
        zone[rest] = names_in(words[rest])
        width[rest] = count_letters(words[rest]) * (zone[rest] > 0)
        half = rest[(_halves(keep(words[rest], 2)) > 0) & _APART[byte(words[rest], 2).astype(np.intp)]]
        zone[half], width[half] = keep(words[half], 2), 2
    return zone, width


def _halves(zone: Words) -> NDArray[np.int64]:
    """Return 1 where AM stands in the place of a zone, 2 for PM, 0 for all else."""
    half: NDArray[np.int64] = (zone == U64(pack("AM"))) * 1 + (zone == U64(pack("PM"))) * 2
    return half


def _in_halves(seconds: NDArray[np.int64], half: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return times that were read as if a day had 24 hours in the half of the day that is named behind them."""
    hour = seconds // 3600 % 24
    halved = (seconds != BAD) & (hour > 0) & (hour < 13)
    later, earlier = halved & (half == 2) & (hour < 12), halved & (half == 1) & (hour == 12)
    return np.where(later, seconds + 12 * 3600, np.where(earlier, seconds - 12 * 3600, seconds))


def _offsets(zone: Words) -> NDArray[np.int64]:
    """Return the seconds east of UTC that zone words say, or `NAMED` and more for an abbreviation.

    `NAIVE` stands for none and for an impossible one.
    """
    digit = [byte(zone, i).astype(np.int64) - 48 for i in range(6)]
    colon = digit[3] == 10
    minutes = np.where(colon, digit[4] * 10 + digit[5], digit[3] * 10 + digit[4])
    minutes = np.where(byte(zone, 3) == 0, 0, minutes)
    seconds = (digit[1] * 10 + digit[2]) * 3600 + minutes * 60
    impossible = (zone == 0) | (seconds > 18 * 3600) | (minutes > 59)
    seconds = np.where(digit[0] + 48 == 45, -seconds, seconds)
    named = keep(zone, 1) >= U64(ord("A"))
    offset = np.where(named, codes_of_zones(zone), np.where(impossible, NAIVE, seconds))
    return np.where(zone == U64(90), 0, offset)


def _read(lines: Lines, at: Positions, layout: Layout) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Read the digits of a layout at each position: whether they have its shape, and their seconds or `BAD`."""
    text = lines.bytes[np.minimum(at[:, None] + np.arange(len(layout)), len(lines.bytes) - 1)]
    for column in layout.blank:
        text[text[:, column] == _BLANK, column] = _ZERO
    columns, ways = layout.literals
    good = np.logical_or.reduce([text[:, columns] == way for way in ways]).all(axis=1)
    columns, counts = layout.digits
    digits = text[:, columns] - _ZERO
    good &= (digits < 10).all(axis=1)
    field = dict(zip(_FIELDS, (digits.astype(np.int64) @ counts).T, strict=True))
    if layout.columns["E"]:
        return good, field["E"]
    if layout.columns["n"]:
        field["M"] = _month(text[:, layout.columns["n"]].astype(np.int64))
    hour, minute, second = (field[letter] for letter in "hms")
    right = (hour < 24) & (minute < 60) & (second < 61)
    right |= (hour == 24) & (minute + second == 0) & layout.dated  # the end of a day, as ISO 8601 allows
    if layout.columns["p"]:
        half = text[:, layout.columns["p"]] | 32
        good &= ((half[:, 0] == ord("a")) | (half[:, 0] == ord("p"))) & (half[:, 1] == ord("m"))
        right &= (hour > 0) & (hour < 13)
        hour = hour % 12 + np.where(half[:, 0] == ord("p"), 12, 0)
    seconds = hour * 3600 + minute * 60 + second
    if layout.dated:
        year = _years(field["Y"], layout) if layout.columns["Y"] else None
        exists, days = _days(year, field["M"], field["D"])
        right, seconds = right & exists, days * 86_400 + seconds
    return good, np.where(right, seconds, BAD)


def _month(names: NDArray[np.int64]) -> NDArray[np.int64]:
    codes = (names | 32) @ np.array([1 << 16, 1 << 8, 1])
    known = [int.from_bytes(name.encode(), "big") for name in _MONTHS]
    month: NDArray[np.int64] = (codes[:, None] == np.array(known)) @ np.arange(1, 13)
    return month


def _years(digits: NDArray[np.int64], layout: Layout) -> NDArray[np.int64]:
    if len(layout.columns["Y"]) > 2:
        return digits
    return np.where(digits < 69, digits + 2000, digits + 1900)


def _days(
    year: NDArray[np.int64] | None, month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether a date exists, in a year from 1 to 9999 or in no year, and its days since 1970-01-01."""
    named = year is not None
    year = np.zeros(len(month), dtype=np.int64) if year is None else year
    inside = np.clip(month - 1, 0, 11)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good = (month > 0) & (month < 13) & (day > 0) & (day <= _DAYS_IN[inside] + (leap & (month == 2)))
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719_162
    return good & ((year > 0) | (not named)), days + _DAYS_BEFORE[inside] + (leap & (month > 2)) + day - 1
