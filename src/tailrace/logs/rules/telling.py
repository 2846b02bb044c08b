"""Telling: verdicts as crossings, the records that leave the judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from tailrace.logs.records import Crossing
from tailrace.logs.rules.basis import basis_of
from tailrace.logs.rules.eras import Eras
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.verdict import Verdict


def crossings_of(found: Iterable[Verdict], eras: Eras) -> list[Crossing]:
    """The crossings that verdicts amount to, in the order of their windows' ends.

    Of windows that overlap, the one of the greatest value is told: all are about the same stretch of trouble.
    """
    told = [crossing for verdict in found for crossing in _told(verdict, eras)]
    return sorted(told, key=lambda each: (each.window_end, each.rule, each.app))


def _told(verdict: Verdict, eras: Eras) -> Iterator[Crossing]:
    rule = verdict.rule
    keys = basis_of(rule).keys
    app = keys[rule.by.index("app")] if "app" in rule.by else None
    windows = _thinned(eras.admit(rule.identity, verdict.windows, app), keys, rule)
    for row in windows.iter_rows(named=True):
        yield _crossing(rule, {field: row[key] for field, key in zip(rule.by, keys, strict=True)}, row)


def _thinned(windows: pl.DataFrame, keys: list[str], rule: Rule) -> pl.DataFrame:
    """Of each group and stretch of time as long as the window, the window with the greatest value."""
    if windows.height < 2:
        return windows
    length = rule.window.total_seconds()
    stretch = (pl.col("window_start").dt.epoch("s") // max(int(length), 1)).alias("#stretch")
    ordered = windows.with_columns(stretch).sort("value", "window_end", descending=[True, False], maintain_order=True)
    return ordered.unique([*keys, "#stretch"], keep="first", maintain_order=True)


def _crossing(rule: Rule, group: dict[str, str], row: dict[str, object]) -> Crossing:
    said = {name: row[name] for name in ("window_start", "window_end", "last", "value", "lines", "errors", "warnings")}
    return Crossing(
        rule=rule.name,
        condition=rule.text,
        app=group.get("app", ""),
        group=group,
        severity=rule.severity,
        labels=rule.labels,
        runbook=rule.runbook,
        quiet=rule.quiet.total_seconds(),
        cooldown=rule.cooldown.total_seconds(),
        detail=str(row["detail"] or ""),
        **said,  # type: ignore[arg-type]
    )
