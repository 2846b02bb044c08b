"""Openings: the shapes that lines begin with, looked at in bytes, so that a slow pattern sees few lines in vain."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.header import find_within
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.search import first_hits
from tailrace.logs.reading.words import Positions, byte, is_blank, is_digit, places

DATE_WITHIN: Final = "*-"  # stands for a date somewhere; what stands beside it for first bytes
MNEMONIC_WITHIN: Final = "*%"  # stands for a percent sign before a capital somewhere; else as DATE_WITHIN
_WITHIN: Final = (DATE_WITHIN, MNEMONIC_WITHIN)
_WORD: Final = "* "
_CLASSES: Final = {
    "0": "0123456789",
    "_": " 0123456789",
    "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "a": "abcdefghijklmnopqrstuvwxyz",
}


def looks_within(openings: tuple[str, ...]) -> bool:
    """Tell whether lines are known by something that stands anywhere in them."""
    return any(shape in openings for shape in _WITHIN)


def opens_like(lines: Lines, openings: tuple[str, ...]) -> NDArray[np.intp]:
    """Return which lines begin with one of the shapes, by index, ascending; all lines where no shape is given."""
    if not openings:
        return np.arange(len(lines))
    possible = np.flatnonzero(first_bytes(openings)[lines.byte(lines.heads)])
    if not len(possible):
        return possible
    if DATE_WITHIN in openings:
        return possible[_with_date(lines)[possible]]
    if MNEMONIC_WITHIN in openings:
        return possible[_with_mnemonic(lines)[possible]]
    part = lines if len(possible) == len(lines) else lines.pick(possible)
    found = np.zeros(len(part), dtype=np.bool_)
    for shape in openings:
        found[_begin_with(part, shape)] = True
    return possible[found]


@cache
def first_bytes(openings: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which bytes a line of any of the shapes may begin with."""
    shapes = [shape for shape in openings if shape not in _WITHIN] or ["?"]
    firsts = ["?" if shape.startswith(_WORD) else shape[0] for shape in shapes]
    found: NDArray[np.bool_] = np.logical_or.reduce([_allowed(first) for first in firsts])
    return found


def _with_date(lines: Lines) -> NDArray[np.bool_]:
    """Tell which lines have four digits, a hyphen, two digits and a hyphen somewhere after their beginning."""
    base, hits = _hits(lines, "-")
    hits = hits[(hits >= base + 4) & (lines.bytes[hits + 3] == ord("-"))]
    words = lines.words[hits - 4]
    shaped = np.ones(len(hits), dtype=np.bool_)
    for column in (0, 1, 2, 3, 5, 6):
        shaped &= is_digit(byte(words, column))
    return first_hits(lines, hits[shaped], 1) >= 0


def _with_mnemonic(lines: Lines) -> NDArray[np.bool_]:
    """Tell which lines have a percent sign before a capital letter somewhere after their beginning."""
    _, hits = _hits(lines, "%")
    return first_hits(lines, hits[_allowed("A")[lines.bytes[hits + 1]]], 1) >= 0


def _hits(lines: Lines, character: str) -> tuple[int, Positions]:
    """Return where the first line begins, and where a character stands from there on."""
    base = int(lines.heads[0]) if len(lines) else lines.after
    if lines.data.find(character.encode(), base, lines.after) < 0:  # often so, and soon told
        return base, np.empty(0, dtype=np.int64)
    return base, places(lines.bytes[base : lines.after] == ord(character)) + base


def _begin_with(lines: Lines, shape: str) -> NDArray[np.intp]:
    """Return which lines begin with a shape; each column is looked at only where those before it fit."""
    begins = lines.heads
    if _WORD in shape[:3]:
        shape = shape.partition(_WORD)[2]
        begins = find_within(lines, begins, lines.ends, is_blank) + 1
        begins = np.where(begins > 0, begins, lines.ends)
    chosen = np.flatnonzero(_allowed(shape[0])[lines.byte(begins)])
    chosen = chosen[lines.ends[chosen] - begins[chosen] >= len(shape)]
    for column, character in enumerate(shape[1:], 1):
        if not len(chosen):
            break
        if character != "?":
            chosen = chosen[_allowed(character)[lines.byte(begins[chosen] + column)]]
    return chosen


@cache
def _allowed(character: str) -> NDArray[np.bool_]:
    if character == "?":
        return np.ones(256, dtype=np.bool_)
    allowed = _CLASSES.get(character, character)
    return np.array([chr(code) in allowed for code in range(256)])
