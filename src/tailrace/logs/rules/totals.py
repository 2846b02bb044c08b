"""Looking up windows in a fold's state: by group and start, or all groups of a start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from tailrace.logs.rules.figures import Figure, percentiles
from tailrace.model.frames import arrow_to_frame
from tailrace.window.assignment import START
from tailrace.window.rows import Rows
from tailrace.window.runs import Table
from tailrace.window.state import TOTALS, FoldState


class Totals:
    """The windows that a fold has counted, as rows of its measures; of histograms, one row for each window."""

    def __init__(self, rows: Rows, keys: list[str], figure: Figure, percents: Sequence[int]) -> None:
        """`rows` makes rows of the totals of the fold."""
        self._rows = rows
        self._keys = keys
        self._figure = figure
        self._percents = percents

    def find(self, state: FoldState, wanted: pl.DataFrame) -> pl.DataFrame:
        """The rows of windows given by the columns of their group and `start` (microseconds), where there are any."""
        wanted = wanted.select(*self._keys, START).unique()
        table = state.tables[TOTALS]
        if self._figure.by:
            parts = _rows_at(table, wanted[START].unique().sort().to_numpy())
            parts = parts.join(wanted, on=[*self._keys, START], how="semi", nulls_equal=True)
        else:
            parts, _ = table.find(wanted)
        rows = arrow_to_frame(self._rows.of(table.merge(parts) if parts.height else parts, final=False))
        if not self._figure.by:
            return rows
        return percentiles(rows, [*self._keys, "window_start", "window_end"], self._percents)


def _rows_at(table: Table, starts: np.ndarray) -> pl.DataFrame:
    """All rows of windows that begin at one of the starts, which are in order."""
    found = []
    for run in table.runs:
        first = np.searchsorted(run.starts, starts, side="left")
        many = np.searchsorted(run.starts, starts, side="right") - first
        places = np.repeat(first - np.cumsum(many) + many, many) + np.arange(many.sum())
        found.append(run.rows[run.by_start[places]])
    return pl.concat(found) if found else pl.DataFrame()
