"""Spikes: a window beside the mean of the windows just before it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tailrace.logs.rules.kinds import Spike, number
from tailrace.logs.rules.measures import compiled_measure
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.verdict import COLUMNS, Verdict

Find = Callable[[pl.DataFrame], pl.DataFrame]
"""Looks windows up by the columns of their group and `start`."""
_MEAN = "#mean"


def spikes(rule: Rule, windows: pl.DataFrame, find: Find, since: pl.DataFrame, *, over: bool) -> list[Verdict]:
    """Where a spike rule holds among rows of windows. `over` says that they have ended, so that they can be a fall.

    A window counts only if its group had been heard (`since`, by the columns of the group) when the first of the
    windows before it began; a window before in which nothing came counts as zero.
    """
    spike = rule.kind
    assert isinstance(spike, Spike)
    way = "down" if over else "up"
    if not windows.height or spike.direction not in (way, "both"):
        return []
    value = compiled_measure(spike.measure).expr.cast(pl.Float64)
    found = windows.with_columns(value.alias("value"))
    if way == "up":
        found = found.filter(pl.col("value") >= max(spike.least, 1))
    keys = since.columns[:-1]
    found = _with_mean(_with_history(found, since, keys, spike), spike, keys, find)
    held = found.filter(_holds(spike, way))
    text = f"{{}} on average in {'the window' if spike.before == 1 else f'the {spike.before} windows'} before"
    detail = pl.format(text, pl.col(_MEAN).round(1).map_elements(number, return_dtype=pl.String))
    told = held.with_columns(detail.alias("detail")).select(*keys, *COLUMNS)
    return [Verdict(rule, told, lowest=over)] if told.height else []


def _holds(spike: Spike, way: str) -> pl.Expr:
    value, mean = pl.col("value"), pl.col(_MEAN)
    if way == "up":
        return value >= mean * spike.factor
    return (value * spike.factor <= mean) & (mean >= max(spike.least, 1))


def _with_history(windows: pl.DataFrame, since: pl.DataFrame, keys: list[str], spike: Spike) -> pl.DataFrame:
    begin = pl.col("window_start").dt.epoch("us") - spike.before * _micros(spike)
    joined = windows.join(since, on=keys, how="left") if keys else windows.join(since, how="cross")
    return joined.filter(pl.col("first") <= begin).drop("first")


def _with_mean(windows: pl.DataFrame, spike: Spike, keys: list[str], find: Find) -> pl.DataFrame:
    if not windows.height:
        return windows.with_columns(pl.lit(0.0).alias(_MEAN))
    back = pl.DataFrame({"#back": range(1, spike.before + 1)}, schema={"#back": pl.Int64})
    begin = pl.col("window_start").dt.epoch("us") - pl.col("#back") * _micros(spike)
    wanted = windows.select(*keys, "window_start").join(back, how="cross").with_columns(begin.alias("start"))
    value = compiled_measure(spike.measure).expr.cast(pl.Float64).alias("#value")
    known = find(wanted.select(*keys, "start")).select(
        *keys, pl.col("window_start").dt.epoch("us").alias("start"), value
    )
    both = wanted.join(known, on=[*keys, "start"], how="left")
    mean = (pl.col("#value").sum() / spike.before).alias(_MEAN)
    return windows.join(both.group_by(*keys, "window_start").agg(mean), on=[*keys, "window_start"], how="left")


def _micros(spike: Spike) -> int:
    return int(spike.window.total_seconds()) * 1_000_000
