"""Figures: what windows keep beside the counts, for rules about the values of a field.

A percentile is told from a histogram whose buckets grow by one in a hundred: each keeps how many values fell into it
and their sum, so what is told is the mean of the values in the bucket, within half a percent of the exact one, and
exact where they are equal. Two histograms add up to that of both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from tailrace.logs.rules.fields import number_of_field, text_of_field
from tailrace.logs.rules.kinds import Distinct, Kind, Metric

GROWTH: Final = 1.01
"""The proportion of a bucket's upper bound to its lower."""
_SMALLEST: Final = 1e-9
"""Below this a value counts as zero."""
_LARGEST: Final = 1e18
_MIDDLE: Final = math.ceil(math.log(_LARGEST / _SMALLEST) / math.log(GROWTH)) + 1


@dataclass(frozen=True)
class Figure:
    """What is kept of a field: nothing (""), its distinct values, its sums and bounds (metric), or its histogram."""

    kind: str = ""
    field: str = ""

    @property
    def keys(self) -> list[str]:
        """Columns that rows are told apart by, beside the group and the time."""
        return {"distinct": ["value"], "histogram": ["bucket"]}.get(self.kind, [])

    @property
    def by(self) -> list[str]:
        """Columns that windows are told apart by, beside the group."""
        return ["bucket"] if self.kind == "histogram" else []

    def read(self) -> list[pl.Expr]:
        """The columns to read from each row."""
        if self.kind == "distinct":
            return [text_of_field(self.field).alias("value")]
        if not self.kind:
            return []
        value = number_of_field(self.field).alias("value")
        return [value, bucket_of(number_of_field(self.field)).alias("bucket")] if self.kind == "histogram" else [value]

    def added(self) -> list[pl.Expr]:
        """What a group of rows adds up to."""
        value = pl.col("value")
        sums = [value.count().cast(pl.Int64).alias("n"), value.sum().alias("total")]
        bounds = [value.min().alias("low"), value.max().alias("high")]
        return {"metric": [*sums, *bounds], "histogram": sums}.get(self.kind, [])

    def schema(self) -> list[pa.Field]:
        """The columns that all this makes."""
        number, whole = pa.float64(), pa.int64()
        return {
            "": [],
            "distinct": [pa.field("value", pa.string())],
            "metric": [pa.field("n", whole, False), *(pa.field(name, number) for name in ("total", "low", "high"))],
            "histogram": [pa.field("bucket", whole), pa.field("n", whole, False), pa.field("total", number)],
        }[self.kind]

    def measures(self) -> dict[str, str]:
        """The measures of a window."""
        return {
            "": {},
            "distinct": {"distinct": "count_distinct(value)"},
            "metric": {"n": "sum(n)", "total": "sum(total)", "low": "min(low)", "high": "max(high)"},
            "histogram": {"n": "sum(n)", "total": "sum(total)"},
        }[self.kind]


def figure_of(kind: Kind) -> Figure:
    """What a condition needs to know of a field."""
    if isinstance(kind, Distinct):
        return Figure("distinct", kind.field)
    if isinstance(kind, Metric):
        return Figure("metric" if kind.percentile is None else "histogram", kind.field)
    return Figure()


def bucket_of(value: pl.Expr) -> pl.Expr:
    """The number of the bucket that a value falls into, in the order of the values: negative ones below zero's 0."""
    size = value.abs().clip(_SMALLEST, _LARGEST)
    place = ((size / _SMALLEST).log() / math.log(GROWTH)).floor().cast(pl.Int64) + 1
    signed = pl.when(value < 0).then(-place).otherwise(place)
    return pl.when(value.abs() < _SMALLEST).then(pl.lit(0, dtype=pl.Int64)).otherwise(signed)


def percentiles(buckets: pl.DataFrame, groups: list[str], percents: Sequence[int]) -> pl.DataFrame:
    """Of rows of buckets one row for each of the groups: everything added up, and a column for each percentage: p99.

    A percentile is the value that so many percent of the values do not exceed (the nearest rank); null without any.
    """
    ordered = buckets.filter(pl.col("n") > 0).sort("bucket")
    mean, total = pl.col("total") / pl.col("n"), pl.col("n").sum()
    reached = pl.col("n").cum_sum()
    found = [
        mean.filter(reached >= (total * percent / 100).ceil().clip(1)).first().alias(f"p{percent}")
        for percent in percents
    ]
    skipped = {*groups, "bucket", "last", "final"}
    sums = [pl.col(name).sum() for name in buckets.columns if name not in skipped]
    whole = buckets.group_by(groups).agg(*sums, pl.col("last").max())
    return whole.join(ordered.group_by(groups).agg(found), on=groups, how="left", nulls_equal=True)
