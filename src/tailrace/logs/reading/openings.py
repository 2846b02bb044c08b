"""Openings: the shapes that lines begin with, looked at in bytes, so that a slow pattern sees few lines in vain."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.header import find_within
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.words import find_blank

_WORD: Final = "* "
_CLASSES: Final = {
    "0": "0123456789",
    "_": " 0123456789",
    "A": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "a": "abcdefghijklmnopqrstuvwxyz",
}


def opens_like(lines: Lines, openings: tuple[str, ...]) -> NDArray[np.intp]:
    """Return which lines begin with one of the shapes, by index, ascending; all lines where no shape is given."""
    if not openings:
        return np.arange(len(lines))
    found = np.zeros(len(lines), dtype=np.bool_)
    for shape in openings:
        found[_begin_with(lines, shape)] = True
    return np.flatnonzero(found)


def _begin_with(lines: Lines, shape: str) -> NDArray[np.intp]:
    """Return which lines begin with a shape; each column is looked at only where those before it fit."""
    begins = lines.heads
    if shape.startswith(_WORD):
        shape = shape.removeprefix(_WORD)
        begins = find_within(lines, begins, lines.ends, find_blank) + 1
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
    allowed = _CLASSES.get(character, character)
    return np.array([chr(code) in allowed for code in range(256)])
