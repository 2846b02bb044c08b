"""Messages: records told apart by what a person would call the same, counted, each with one of them as a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from tailrace.logs.records import AlertCause

MOST: Final = 20
"""Messages kept of one group and stretch of time: the worst and most frequent."""
TOLD: Final = 10
"""Messages told with one crossing."""
_SAMPLE_LIMIT: Final = 4000  # characters; a mail shows fewer
_RANKS: Final = {"FATAL": 3, "ERROR": 2, "WARN": 1}
_TEXTS: Final = ("template", "sample", "uri", "line", "before", "after")
_MESSAGE: Final = ("fingerprint", "level")


def messages(records: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """The worst and most frequent messages of each group: `by`, fingerprint, level, n, first, last, and a sample."""
    groups = [*by, *_MESSAGE]
    row, time = pl.int_range(pl.len()).alias("#row"), pl.col("time")
    span = [pl.len().cast(pl.Int64).alias("n"), time.min().alias("first"), time.max().alias("last")]
    counted = records.with_columns(row).group_by(groups, maintain_order=True).agg(*span, pl.col("#row").first())
    worst = _worst(counted, by)
    sampled = records[worst["#row"]].with_columns(pl.col("body").str.slice(0, _SAMPLE_LIMIT).alias("sample"))
    return pl.concat([worst.drop("#row"), sampled.select(_TEXTS)], how="horizontal")


def merged(parts: Sequence[pl.DataFrame], by: Sequence[str]) -> pl.DataFrame:
    """Messages of several steps as one, the sample that of the earliest."""
    groups = [*by, *_MESSAGE]
    both = pl.concat(parts).sort("first", maintain_order=True)
    sums = [pl.col("n").sum(), pl.col("first").min(), pl.col("last").max()]
    return _worst(both.group_by(groups, maintain_order=True).agg(*sums, *(pl.col(name).first() for name in _TEXTS)), by)


def causes(rows: pl.DataFrame, *, new: bool = False) -> list[AlertCause]:
    """The messages as causes, the worst and most frequent first."""
    return [_cause(row, new) for row in _ordered(rows).head(TOLD).iter_rows(named=True)]


def _worst(rows: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    ordered = _ordered(rows)
    if not by:
        return ordered.head(MOST)
    return ordered.filter(pl.int_range(pl.len()).over(list(by)) < MOST)


def _ordered(rows: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("level").replace_strict(_RANKS, default=0, return_dtype=pl.Int64)
    return rows.sort(rank, "n", "fingerprint", descending=[True, True, False], maintain_order=True)


def _cause(row: dict[str, Any], new: bool) -> AlertCause:
    return AlertCause(
        fingerprint=row["fingerprint"],
        template=row["template"],
        level=row["level"],
        n=row["n"],
        first=row["first"],
        last=row["last"],
        sample=row["sample"],
        uri=row["uri"],
        line=row["line"],
        new=new,
        before=row["before"],
        after=row["after"],
    )
