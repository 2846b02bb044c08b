"""Which windows a moment belongs to: aligned to 1970-01-01T00:00Z, half-open [start, end), as in Spark.

Times here are microseconds since 1970, durations microseconds. A *slice* is the longest stretch of time whose moments
all share their windows (the greatest common divisor of window and hop): records are first gathered by slice, and only
these few partial results are spread over the windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

SLICE = "slice"
START = "start"
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Windows:
    """The windows of one aggregate: their length, and the distance from one start to the next (at most the length)."""

    length: int
    hop: int

    @classmethod
    def of(cls, window: timedelta, hop: timedelta | None) -> Windows:
        """Tumbling windows when no hop is given."""
        return cls(window // MICROSECOND, (hop or window) // MICROSECOND)

    @property
    def slice(self) -> int:
        """The length of a slice, in microseconds."""
        return math.gcd(self.length, self.hop)

    @property
    def most(self) -> int:
        """How many windows a moment belongs to at most; one fewer for some, if the hop does not divide the window."""
        return -(-self.length // self.hop)

    def last_end(self, moment: pl.Expr) -> pl.Expr:
        """The end of the latest window that holds the moment: when it is past, every window of the moment is."""
        return moment // self.hop * self.hop + self.length

    def slice_of(self, moment: pl.Expr) -> pl.Expr:
        """The start of the slice that holds the moment."""
        return moment // self.slice * self.slice

    def spread(self, sliced: pl.DataFrame, watermark: int) -> pl.DataFrame:
        """The rows of `sliced` (with a column `slice`), one copy for each of their windows (column `start` instead).

        Windows that ended at or before the watermark are left out.
        """
        at = sliced[SLICE].to_numpy()
        latest = at // self.hop * self.hop
        starts: npt.NDArray[np.int64] = (latest[:, None] - np.arange(self.most, dtype=np.int64) * self.hop).ravel()
        rows = np.repeat(np.arange(len(at)), self.most)
        held = (at[rows] < starts + self.length) & (starts + self.length > watermark)
        spread = sliced.drop(SLICE)[rows[held]]
        return spread.with_columns(pl.Series(START, starts[held], dtype=pl.Int64))
