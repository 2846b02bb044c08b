"""The scanner of lines that begin with a time, followed by a level and a thread in either order."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.header import SEPARATORS, find_within, is_bracket, skip_separators
from tailrace.logs.reading.levels import LABELLED, PATTERN, SHOUTED_PATTERN, codes_of
from tailrace.logs.reading.lines import Lines, Rows, head_texts
from tailrace.logs.reading.scan import Scan, codes_of_names
from tailrace.logs.reading.stamps import read_stamps
from tailrace.logs.reading.words import U64, Positions, Words, byte, is_digit

_LOOSE: Final = rf"^(?:\[.*?\][ \t|:-]*|\S+ +){{0,5}}?(?:\[?({SHOUTED_PATTERN})\b|\[({PATTERN})\])"
_LABELLED: Final = "^" + LABELLED % ""


def scan_stamped(lines: Lines, form: Format) -> Scan:
    """Scan lines of a format whose layout stands at the beginning of the line, perhaps within brackets."""
    assert form.layout is not None
    rows = lines.rows(lines.heads)
    bracket = rows.byte(0) == ord("[")
    at = lines.heads + bracket
    stamps = read_stamps(lines, at, form.layout, None if bracket.any() else rows)
    start = (stamps.run >= 0) & (at + len(form.layout) <= lines.ends)
    if start.all():
        return Scan(start, _levels(lines, stamps.end, rows), stamps)
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


def _levels(lines: Lines, at: Positions, rows: Rows | None = None) -> NDArray[np.uint8]:
    """Return the level code of each line, given where its time ends; `rows` are the bytes that it begins with."""
    at, words = _after_time(lines, at, rows)
    inside = at < lines.ends
    level = np.where(inside, codes_of(words), np.uint8(0))
    if level.all():
        return level
    bracket = np.flatnonzero((level == 0) & (byte(words, 0) == ord("[")) & inside)
    if len(bracket):
        level[bracket] = _bracketed(lines.pick(bracket), at[bracket] + 1)
    unknown = np.flatnonzero((level == 0) & inside)
    if len(unknown):
        level[unknown] = _loose(lines.pick(unknown), at[unknown])
    return level


def _after_time(lines: Lines, at: Positions, rows: Rows | None) -> tuple[Positions, Words]:
    """Return where, after the separators that follow each position, something else stands, and the words there."""
    if rows is not None and len(at):
        column = int(at[0] - lines.heads[0])
        if (at == lines.heads + column).all():
            here, following = SEPARATORS[rows.byte(column)], SEPARATORS[rows.byte(column + 1)]
            if here.all() and not following.any():
                return at + 1, rows.word(column + 1)
    at = skip_separators(lines, at)
    return at, lines.word(at)


def _bracketed(lines: Lines, at: Positions) -> NDArray[np.uint8]:
    """Return the levels of lines that go on with `[thread] LEVEL` or `[LEVEL]`, given what follows the bracket."""
    level = codes_of(lines.word(at))
    thread = np.flatnonzero(level == 0)
    close = find_within(lines, at[thread], lines.ends[thread], is_bracket)
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
