"""Scan: what a scanner tells of every line, and the help that scanners share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.levels import WORDS
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.stamps import Stamps, no_stamps

_NAMES: Final = list(WORDS)
_CODES: Final = list(WORDS.values())


@dataclass(frozen=True, slots=True)
class Scan:
    """What n lines are: whether each begins a record, that record's level code, and its time.

    Levels and times mean something only where `start` is true.
    """

    start: NDArray[np.bool_]
    level: NDArray[np.uint8]
    stamps: Stamps


def no_records(lines: Lines) -> Scan:
    """Return what is told of lines none of which begins a record."""
    return Scan(np.zeros(len(lines), dtype=np.bool_), np.zeros(len(lines), dtype=np.uint8), no_stamps(lines))


def codes_of_names(names: pl.Series) -> NDArray[np.uint8]:
    """Return the level codes of level words as they stand in a log; 0 for null and for any other word."""
    codes = names.replace_strict(_NAMES, _CODES, default=0, return_dtype=pl.UInt8)
    return codes.fill_null(0).to_numpy()
