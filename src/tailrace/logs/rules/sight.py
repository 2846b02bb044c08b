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
        self._seconds: dict[tuple[Basis, Figure], pl.DataFrame] = {}

    def prepare(self, bases: Iterable[Basis]) -> None:
        """Compute at once which rows each of the bases admits."""
        for volumes in (True, False):
            frame = self.volumes if volumes else self.records
            wanted = {_mask_name(each): _admits(each) for each in bases if each.volumes is volumes}
            if frame.height and wanted:
                found = frame.select(expr.fill_null(False).alias(name) for name, expr in wanted.items())
                self._masks |= {series.name: series for series in found.get_columns()}

    def rows(self, basis: Basis) -> pl.DataFrame:
        """The rows that the basis admits, whole, with its groups as texts k0, k1 and so on (null is empty)."""
        if basis not in self._rows:
            frame = self.volumes if basis.volumes else self.records
            if frame.height:
                frame = frame.filter(self._mask(basis))
            keys = [
                text_of_field(each).fill_null("").alias(name) for each, name in zip(basis.by, basis.keys, strict=True)
            ]
            self._rows[basis] = frame.with_columns(keys)
        return self._rows[basis]

    def by_second(self, basis: Basis, figure: Figure) -> pl.DataFrame:
        """What the basis admits, added up by group and second: all measures, `last` (the latest time), and the figure."""
        found = self._seconds.get((basis, figure))
        if found is None:
            found = self._seconds[basis, figure] = self._added_up(basis, figure)
        return found

    def _added_up(self, basis: Basis, figure: Figure) -> pl.DataFrame:
        lines = pl.col(LINES) if basis.volumes else pl.lit(1, dtype=pl.Int64)
        second = (pl.col(TIME).dt.epoch("us") // SECOND * SECOND).alias(TIME)
        wanted = [*basis.keys, second, pl.col(TIME).alias("last"), lines.alias(LINES), "level", *figure.read()]
        grouped = self.rows(basis).select(wanted).group_by(*basis.keys, TIME, *figure.keys)
        added = grouped.agg(*counted(pl.col(LINES), pl.col("level")), pl.col("last").max(), *figure.added())
        return added.with_columns(as_time(pl.col(TIME)))

    def _mask(self, basis: Basis) -> pl.Series:
        name = _mask_name(basis)
        if name not in self._masks:
            self.prepare([basis])
        return self._masks[name]


def as_time(micros: pl.Expr) -> pl.Expr:
    """Microseconds since 1970 as a time."""
    return micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _mask_name(basis: Basis) -> str:
    return Basis(basis.volumes, basis.where, (), basis.least, basis.field, basis.patterns, basis.allowed).identity()


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
