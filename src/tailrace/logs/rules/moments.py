"""Verdicts of kinds that have no window: what happened is put together in stretches of ten seconds."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from tailrace.logs.records import AlertCause
from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.messages import causes, messages
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import LINES, TIME, as_time
from tailrace.logs.rules.verdict import COLUMNS, Verdict

LENGTH: Final = 10_000_000
"""Microseconds of a stretch."""
STRETCH: Final = "#stretch"
VALUE: Final = "#value"
_SHOWN: Final = 3


def in_stretches(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the start of the stretch that each is in, in microseconds since 1970."""
    return rows.with_columns((pl.col(TIME).dt.epoch("us") // LENGTH * LENGTH).alias(STRETCH))


def noted(rule: Rule, basis: Basis, rows: pl.DataFrame, text: str, *, new: bool = False) -> Verdict:
    """What the rule says of rows with a stretch and a value: values are counted, and shown in the `{}` of the text."""
    groups = [*basis.keys, STRETCH]
    lines = pl.col(LINES) if basis.volumes else pl.lit(1, dtype=pl.Int64)
    counted = rows.with_columns(lines.alias(LINES)).group_by(groups, maintain_order=True)
    level = pl.col("level")
    windows = counted.agg(
        as_time(pl.col(STRETCH).first()).alias("window_start"),
        as_time(pl.col(STRETCH).first() + LENGTH).alias("window_end"),
        pl.col(TIME).max().alias("last"),
        pl.col(LINES).sum().alias("lines"),
        pl.col(LINES).filter(level.is_in(["ERROR", "FATAL"])).sum().alias("errors"),
        pl.col(LINES).filter(level == "WARN").sum().alias("warnings"),
        pl.col(VALUE).n_unique().cast(pl.Float64).alias("value"),
        pl.col(VALUE).unique(maintain_order=True).head(_SHOWN).alias("#shown"),
    )
    shown = [_words(row["#shown"], int(row["value"])) for row in windows.iter_rows(named=True)]
    detail = pl.Series("detail", [text.replace("{}", each) for each in shown], dtype=pl.String)
    told = windows.with_columns(detail).with_row_index("#row")
    found = _causes(rows, groups, new) if not basis.volumes else {}
    by_row = {row["#row"]: found.get(_group(row, groups), []) for row in told.iter_rows(named=True)}
    return Verdict(rule, told.select(*basis.keys, "#row", *COLUMNS), by_row)


def _causes(rows: pl.DataFrame, groups: list[str], new: bool) -> dict[tuple[Any, ...], list[AlertCause]]:
    parts = messages(rows, groups).partition_by(groups, as_dict=True)
    return {group: causes(part, new=new) for group, part in parts.items()}


def _group(row: dict[str, Any], groups: list[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in groups)


def _words(shown: list[str], count: int) -> str:
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return ", ".join(shown) + more
