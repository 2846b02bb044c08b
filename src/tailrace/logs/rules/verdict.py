"""From rows of windows to verdicts: where a rule holds, with which value, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from tailrace.logs.records import AlertCause
from tailrace.logs.rules.kinds import Distinct, Listed, Metric, Share, Threshold
from tailrace.logs.rules.measures import compiled_measure, is_rising, measured
from tailrace.logs.rules.rule import Rule

COLUMNS: Final = ("window_start", "window_end", "last", "lines", "errors", "warnings", "value", "detail")
"""What a verdict says of a window, behind the columns of its group."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """The windows for which a rule holds: a frame of its groups (k0, k1, ...) and `COLUMNS`.

    Where the frame has a column `#row`, `causes` says by it what led to the windows.
    """

    rule: Rule
    windows: pl.DataFrame
    causes: Mapping[int, list[AlertCause]] = field(default_factory=dict)
    lowest: bool = False
    """Of windows that overlap the one of the lowest value says it best, not that of the greatest."""


@dataclass(frozen=True, eq=False)
class Test:
    """A rule's condition as columns over rows of windows. With `at_end` it speaks of windows that are over."""

    holds: pl.Expr
    value: pl.Expr
    detail: pl.Expr
    at_end: bool


@dataclass(frozen=True)
class Moment:
    """When a step happens. `now` is the time of day; with `exhaust` no more input comes than stands there now."""

    now: datetime
    exhaust: bool = False
    idle: bool = False
    """Nothing has come for a while."""


def test_of(rule: Rule) -> Test:
    """The test of a rule over windows that are added up: thresholds, shares, lists, distinct values and metrics."""
    match rule.kind:
        case Threshold(condition=condition):
            holds = compiled_measure(condition).expr
            return Test(holds, _double(measured(condition)), pl.lit(""), not is_rising(condition))
        case Share() as share:
            part, whole = _double(share.part), _double(share.whole)
            holds = _compared(part * 100, share.comparison, whole * share.percent)
            enough = (whole > 0) & (whole >= share.least)
            detail = pl.format("{} of {}", compiled_measure(share.part).expr, compiled_measure(share.whole).expr)
            return Test(holds & enough, part * 100 / whole, detail, share.comparison not in (">", ">="))
        case Listed() as listed:
            words = "not on the white list" if listed.allowed else "on the black list"
            return Test(pl.col("lines") > 0, pl.col("lines"), pl.lit(f"{listed.field} {words}"), False)
        case Distinct(comparison=comparison, limit=limit):
            value = pl.col("distinct").cast(pl.Float64)
            return Test(_compared(value, comparison, pl.lit(limit)), value, pl.lit(""), comparison not in (">", ">="))
        case Metric() as metric:
            value, count = _figure(metric), pl.col("n").cast(pl.Float64)
            holds = _compared(value, metric.comparison, pl.lit(metric.limit)) & (count >= max(metric.least, 1))
            return Test(holds, value, pl.format("over {} values", pl.col("n")), _falls(metric))
    raise AssertionError(rule.kind)


def verdicts(rules: list[tuple[Rule, Test]], windows: pl.DataFrame) -> list[Verdict]:
    """What each of the rules says of the windows; none for a rule that holds for none of them."""
    if not windows.height or not rules:
        return []
    truths = windows.select(test.holds.fill_null(False).alias(str(i)) for i, (_, test) in enumerate(rules))
    found = []
    for i, (rule, test) in enumerate(rules):
        truth = truths[str(i)]
        if truth.any():
            value = test.value.cast(pl.Float64, strict=False)
            finite = pl.when(value.is_finite()).then(value).otherwise(0.0)
            held = windows.filter(truth).with_columns(finite.alias("value"), test.detail.alias("detail"))
            found.append(Verdict(rule, held.select(pl.col("^k[0-9]+$"), *COLUMNS), lowest=test.at_end))
    return found


def _double(measure: str) -> pl.Expr:
    return compiled_measure(measure).expr.cast(pl.Float64)


def _compared(left: pl.Expr, comparison: str, right: pl.Expr) -> pl.Expr:
    return {
        ">": left.gt,
        ">=": left.ge,
        "<": left.lt,
        "<=": left.le,
        "=": left.eq,
        "<>": left.ne,
    }[comparison](right)


def _figure(metric: Metric) -> pl.Expr:
    if metric.percentile is not None:
        return pl.col(metric.function)
    n = pl.col("n").cast(pl.Float64)
    return {
        "count": n,
        "sum": pl.col("total"),
        "mean": pl.col("total") / n,
        "min": pl.col("low"),
        "max": pl.col("high"),
    }[metric.function]


def _falls(metric: Metric) -> bool:
    """Whether only the whole window can tell. The least value can only fall, so it is judged as it stands."""
    small = metric.comparison in ("<", "<=")
    return metric.comparison in ("=", "<>") or (small and metric.function != "min")
