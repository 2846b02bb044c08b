"""The scanner of access logs: client, identity, user, a time in brackets, the request in quotes, and the status.

A time in brackets stands out in a whole buffer; from there the fields are followed for all lines at once. Lines with
such a time that do not go by these steps, as those whose request holds quotes, are left to the pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.header import find_within, is_quote
from tailrace.logs.reading.levels import LEVELS
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.scan import Scan, no_records
from tailrace.logs.reading.scan_pattern import LIMIT, scan_pattern
from tailrace.logs.reading.search import first_hits, search
from tailrace.logs.reading.stamps import BAD, Stamps, merge_stamps, no_stamps, read_stamps
from tailrace.logs.reading.words import U64, Positions, byte, is_blank, is_digit

_LONGEST_USER: Final = 64
_BEFORE_STATUS, _AFTER_SIZE = 2, 7  # bytes from the quote that ends the request


@dataclass(frozen=True, slots=True)
class Fields:
    """Where the fields of n lines stand: the blanks after client and identity, the time, and the quotes around the
    request. Where `known` is false a line does not go by these steps."""

    known: NDArray[np.bool_]
    first: Positions
    second: Positions
    stamps: Stamps
    opening: Positions
    closing: Positions


def scan_access(lines: Lines, form: Format) -> Scan:
    """Scan lines of an access log."""
    time = times_in(lines)
    found = np.flatnonzero(time >= 0)
    if not len(found):
        return no_records(lines)
    every = len(found) == len(lines)
    picked = lines if every else lines.pick(found)
    fields = follow(picked, time[found], form)
    known, stamps = fields.known.copy(), fields.stamps
    status = _status(picked, np.maximum(fields.closing, 0) + _BEFORE_STATUS)
    level = np.where(known, _codes(tuple(form.levels.items()))[status], np.uint8(0))
    rest = np.flatnonzero(~known)
    if len(rest):
        slow = scan_pattern(picked.pick(rest), form)
        known[rest], level[rest], stamps = slow.start, slow.level, merge_stamps(stamps, slow.stamps, rest)
    scan = Scan(known, level, stamps)
    if every:
        return scan
    start, levels = np.zeros(len(lines), dtype=np.bool_), np.zeros(len(lines), dtype=np.uint8)
    start[found], levels[found] = scan.start, scan.level
    return Scan(start, levels, merge_stamps(no_stamps(lines), scan.stamps, found))


def times_in(lines: Lines) -> Positions:
    """Return where a time in brackets begins in each line; -1 where there is none."""
    hits = search(lines, " [")
    words = lines.words[hits + 2]
    hits = hits[(byte(words, 2) == U64(47)) & (byte(words, 6) == U64(47))]
    at = first_hits(lines, hits, 2)
    return np.where(at < 0, at, at + 2)


def follow(lines: Lines, time: Positions, form: Format) -> Fields:
    """Follow the fields of lines, given where the time of each begins."""
    assert form.layout is not None
    stamps = read_stamps(lines, time, form.layout)
    first = find_within(lines, lines.heads, lines.ends, is_blank)
    second = find_within(lines, first + 1, np.where(first < 0, 0, lines.ends), is_blank)
    user = time - 2 - second - 1
    good = (first > lines.heads) & (second > first + 1) & (user > 0) & (user <= _LONGEST_USER)
    good &= (lines.byte(first) == 32) & (lines.byte(second) == 32)
    zone = stamps.end - stamps.fraction
    good &= (zone == 0) | ((zone == 6) & (lines.byte(stamps.fraction) == 32))
    good &= (stamps.run >= 0) & (stamps.seconds[stamps.run] != BAD)
    good &= (lines.word(stamps.end) & U64(0xFFFFFF)) == U64(int.from_bytes(b'] "', "little"))
    quote = find_within(lines, stamps.end + 3, np.where(good, lines.ends, 0), is_quote)
    good &= (quote >= 0) & (lines.byte(quote - 1) != ord("\\"))
    good &= quote + _AFTER_SIZE <= np.minimum(lines.ends, lines.heads + LIMIT)
    words = lines.word(np.maximum(quote, 0))
    for index in range(_BEFORE_STATUS, _BEFORE_STATUS + 3):
        good &= is_digit(byte(words, index))
    size = byte(words, 6)
    good &= (byte(words, 1) == U64(32)) & (byte(words, 5) == U64(32)) & (is_digit(size) | (size == U64(ord("-"))))
    return Fields(good, first, second, stamps, stamps.end + 2, quote)


def _status(lines: Lines, at: Positions) -> NDArray[np.int64]:
    """Return the numbers of three digits at each position; less than 1000 whatever stands there."""
    words = lines.word(at)
    digits = [byte(words, index).astype(np.int64) - 48 for index in range(3)]
    status: NDArray[np.int64] = np.clip(digits[0] * 100 + digits[1] * 10 + digits[2], 0, 999)
    return status


@cache
def _codes(levels: tuple[tuple[str, str], ...]) -> NDArray[np.uint8]:
    """Return the level code of every status from 0 to 999."""
    codes = np.zeros(1000, dtype=np.uint8)
    for shape, name in levels:
        fits = [n for n in range(1000) if all(c in ("*", d) for c, d in zip(shape, f"{n:03}", strict=True))]
        codes[fits] = LEVELS.index(name)
    return codes
