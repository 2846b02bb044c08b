"""What one batch shows to rules of different bases: the rows that count, with the columns that rules ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.fields import field_expr, text_of_field
from tailrace.logs.rules.figures import Figure
from tailrace.logs.rules.measures import counted

SECOND: Final = 1_000_000
"""Microseconds; volumes know no shorter time."""
SEVERITY: Final = {"ANY": 0, "TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17, "FATAL": 21}
"""The OpenTelemetry severity at which each level begins."""
TIME: Final = "time"
LINES: Final = "lines"


class Sight:
    """Records and volumes of one step. What several rules ask for is computed once."""

    def __init__(self, records: pl.DataFrame, volumes: pl.DataFrame) -> None:
        self.records = records
        self.volumes = volumes
        self._masks: dict[str, pl.Series] = {}
        self._rows: dict[Basis, pl.DataFrame] = {}
        self._added: dict[tuple[Basis, Figure, int], pl.DataFrame] = {}

    def prepare(self, bases: Iterable[Basis]) -> None:
        """Compute at once which rows each of the bases admits."""
        for volumes in (True, False):
            frame = self.volumes if volumes else self.records
            wanted = {each.admission: _admits(each) for each in bases if each.volumes is volumes}
            if frame.height and wanted:
                # The row's own number is there for conditions without a column, which would make one row.
                found = frame.with_row_index("#row").select(
                    "#row", *(each.alias(name) for name, each in wanted.items())
                )
                self._masks |= {name: found[name].fill_null(False) for name in wanted}

    def shows(self, basis: Basis) -> bool:
        """Whether the basis admits any row at all."""
        frame = self.volumes if basis.volumes else self.records
        return bool(frame.height) and bool(self._mask(basis).any())

    def rows(self, basis: Basis) -> pl.DataFrame:
        """The rows that the basis admits, whole, with its groups as texts k0, k1 and so on (null is empty)."""
        if basis not in self._rows:
            frame = self.volumes if basis.volumes else self.records
            if frame.height:
                frame = frame.filter(self._mask(basis))
            keys = [text_of_field(by).fill_null("").alias(key) for by, key in zip(basis.by, basis.keys, strict=True)]
            self._rows[basis] = frame.with_columns(keys)
        return self._rows[basis]

    def added_up(self, basis: Basis, figure: Figure, pane: int) -> pl.DataFrame:
        """What the basis admits, added up by group and pane of so many microseconds.

        `time` is the start of the pane, `first` and `last` what came first and last in it; then all measures, and the
        columns of the figure.
        """
        key = basis, figure, pane
        found = self._added.get(key)
        if found is None:
            found = self._added[key] = self._add_up(basis, figure, pane)
        return found

    def _add_up(self, basis: Basis, figure: Figure, pane: int) -> pl.DataFrame:
        lines = pl.col(LINES) if basis.volumes else pl.lit(1, dtype=pl.Int64)
        start = (pl.col(TIME).dt.epoch("us") // pane * pane).alias(TIME)
        wanted = [*basis.keys, start, pl.col(TIME).alias("moment"), lines.alias(LINES), "level", *figure.read()]
        grouped = self.rows(basis).select(wanted).group_by(*basis.keys, TIME, *figure.keys)
        span = [pl.col("moment").min().alias("first"), pl.col("moment").max().alias("last")]
        added = grouped.agg(*counted(pl.col(LINES), pl.col("level")), *span, *figure.added())
        return added.with_columns(as_time(pl.col(TIME)))

    def _mask(self, basis: Basis) -> pl.Series:
        name = basis.admission
        if name not in self._masks:
            self.prepare([basis])
        return self._masks[name]


def as_time(micros: pl.Expr) -> pl.Expr:
    """Microseconds since 1970 as a time."""
    return micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _admits(basis: Basis) -> pl.Expr:
    admitted = [pl.lit(True)]
    if not basis.volumes:
        admitted.append(pl.col("severity") >= SEVERITY[basis.least])
    if basis.where:
        admitted.append(field_expr(basis.where).cast(pl.Boolean).fill_null(False))
    if basis.patterns:
        value = text_of_field(basis.field)
        matches = pl.any_horizontal(value.str.contains(each) for each in basis.patterns)
        admitted.append(~matches if basis.allowed else matches)
    return pl.all_horizontal(admitted)
