"""Texts that the injected pattern `([a-c][e-g][0-3]|[A-Z][5-9][f-w]){5,15}` matches."""

from __future__ import annotations

from itertools import product
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from tailrace.logs.generating.dice import Dice, Ints

PATTERN = "([a-c][e-g][0-3]|[A-Z][5-9][f-w]){5,15}"

Octets = npt.NDArray[np.uint8]

_UNIT = 3
_FEWEST, _MOST = 5, 15
_FIRST = ["".join(unit) for unit in product("abc", "efg", "0123")]
_SECOND = ["".join(unit) for unit in product(ascii_uppercase, "56789", "fghijklmnopqrstuvw")]
# Each form takes half of the table, so that one draw picks the form and the characters together.
_UNITS = np.array(_FIRST * (len(_SECOND) // len(_FIRST)) + _SECOND, "S3").view(np.uint8).reshape(-1, _UNIT)


def draw_patterns(dice: Dice, n: int, longest: int = _UNIT * _MOST) -> tuple[Octets, Ints]:
    """`n` matching texts of at most `longest` (15 or more) characters: their bytes in a row, and the length of each."""
    units = _FEWEST + dice.below(n, min(_MOST, longest // _UNIT) - _FEWEST + 1)
    text = _UNITS[dice.below(int(units.sum()), len(_UNITS))].reshape(-1)
    return text, units * _UNIT


def pattern_list(dice: Dice, n: int) -> list[str]:
    """`n` matching texts as a list, for pools."""
    text, lengths = draw_patterns(dice, n)
    whole = text.tobytes().decode("ascii")
    ends = np.cumsum(lengths).tolist()
    return [whole[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]
