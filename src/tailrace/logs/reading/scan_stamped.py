"""The scanner of lines that begin with a time, followed by a level and a thread in either order."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.header import find_bracket, find_within, skip_separators
from tailrace.logs.reading.levels import LABELLED, PATTERN, SHOUTED_PATTERN, codes_of
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan import Scan, codes_of_names
from tailrace.logs.reading.stamps import read_stamps
from tailrace.logs.reading.words import U64, Positions, byte, is_digit

_LOOSE: Final = rf"^(?:\[.*?\][ \t|:-]*|\S+ +){{0,5}}?(?:\[?({SHOUTED_PATTERN})\b|\[({PATTERN})\])"
_LABELLED: Final = "^" + LABELLED % ""


def scan_stamped(lines: Lines, form: Format) -> Scan:
    """Scan lines of a format whose layout stands at the beginning of the line, perhaps within brackets."""
    assert form.layout is not None
    at = lines.heads + (lines.byte(lines.heads) == ord("["))
    stamps = read_stamps(lines, at, form.layout)
    start = (stamps.run >= 0) & (at + len(form.layout) <= lines.ends)
    every = bool(start.all())
    if every:
        return Scan(start, _levels(lines, stamps.end), stamps)
    level = np.zeros(len(lines), dtype=np.uint8)
    chosen = np.flatnonzero(start)
    level[chosen] = _levels(lines.pick(chosen), stamps.end[chosen])
    return Scan(start, level, stamps)


def begins_with_time(lines: Lines, form: Format) -> NDArray[np.bool_]:
    """Tell which lines `scan_stamped` would find to begin a record."""
    assert form.layout is not None
    at = lines.heads + (lines.byte(lines.heads) == ord("["))
    start = np.zeros(len(lines), dtype=np.bool_)
    chosen = np.flatnonzero(is_digit(lines.word(at) & U64(0xFF)) & (at + len(form.layout) <= lines.ends))
    start[chosen] = read_stamps(lines.pick(chosen), at[chosen], form.layout).run >= 0
    return start


def _levels(lines: Lines, at: Positions) -> NDArray[np.uint8]:
    """Return the level code of each line, given where its time ends."""
    at = skip_separators(lines, at)
    words = lines.word(at)
    level = codes_of(words)
    bracket = np.flatnonzero((level == 0) & (byte(words, 0) == ord("[")))
    if len(bracket):
        level[bracket] = _bracketed(lines.pick(bracket), at[bracket] + 1)
    unknown = np.flatnonzero((level == 0) & (at < lines.ends))
    if len(unknown):
        level[unknown] = _loose(lines.pick(unknown), at[unknown])
    return _within(level, at, lines.ends)


def _within(level: NDArray[np.uint8], at: Positions, ends: Positions) -> NDArray[np.uint8]:
    return np.where(at < ends, level, np.uint8(0))


def _bracketed(lines: Lines, at: Positions) -> NDArray[np.uint8]:
    """Return the levels of lines that go on with `[thread] LEVEL` or `[LEVEL]`, given what follows the bracket."""
    level = codes_of(lines.word(at))
    thread = np.flatnonzero(level == 0)
    close = find_within(lines, at[thread], lines.ends[thread], find_bracket)
    found = np.flatnonzero(close >= 0)
    after = skip_separators(lines, close[found])
    after += lines.byte(after) == ord("[")
    codes = codes_of(lines.word(after))
    level[thread[found]] = np.where(after < lines.ends[thread[found]], codes, np.uint8(0))
    return level


def _loose(lines: Lines, at: Positions) -> NDArray[np.uint8]:
    """Return the levels in upper case, in brackets or before a colon among the first few words of a line."""
    texts = head_texts(lines, at, limit=512)
    groups = texts.str.extract_groups(_LOOSE).struct.unnest()
    word = groups.to_series(0).fill_null(groups.to_series(1))
    return codes_of_names(word.fill_null(texts.str.extract(_LABELLED).str.to_lowercase()))
