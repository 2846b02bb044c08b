"""Telling: verdicts as crossings, the records that leave the judge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from tailrace.logs.records import AlertCause, Crossing
from tailrace.logs.rules.basis import Basis, basis_of
from tailrace.logs.rules.eras import Eras
from tailrace.logs.rules.evidence import Evidence
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.verdict import Verdict


def crossings_of(verdict: Verdict, eras: Eras, evidence: Mapping[Basis, Evidence]) -> Iterator[Crossing]:
    """The crossings that a verdict amounts to; `evidence` knows the causes by the basis of a rule.

    Of windows that overlap the first is told, and the one that says most: all are about the same stretch of trouble.
    """
    rule = verdict.rule
    basis = basis_of(rule)
    app = basis.keys[rule.by.index("app")] if "app" in rule.by else None
    windows = _thinned(eras.admit(rule.identity, verdict.windows, app), basis.keys, verdict)
    for row, led in zip(windows.iter_rows(named=True), _causes(verdict, windows, evidence.get(basis)), strict=True):
        yield _crossing(rule, {field: row[key] for field, key in zip(rule.by, basis.keys, strict=True)}, row, led)


def _causes(verdict: Verdict, windows: pl.DataFrame, evidence: Evidence | None) -> list[list[AlertCause]]:
    if "#row" in windows.columns:
        return [verdict.causes.get(row, []) for row in windows["#row"]]
    if evidence is None or not windows.height:
        return [[] for _ in range(windows.height)]
    return evidence.causes(windows)


def _thinned(windows: pl.DataFrame, keys: list[str], verdict: Verdict) -> pl.DataFrame:
    """Of each group and stretch of time as long as the window: the first, and that with the greatest (lowest) value."""
    if windows.height < 2:
        return windows
    length = verdict.rule.window.total_seconds()
    stretch = (pl.col("window_start").dt.epoch("s") // max(int(length), 1)).alias("#stretch")
    marked = windows.with_columns(stretch).with_row_index("#place")
    firsts = marked.sort("window_end", maintain_order=True)
    greatest = marked.sort("value", "window_end", descending=[not verdict.lowest, False], maintain_order=True)
    found = [each.unique([*keys, "#stretch"], keep="first", maintain_order=True) for each in (firsts, greatest)]
    return pl.concat(found).unique("#place", maintain_order=True)


def _crossing(rule: Rule, group: dict[str, str], row: dict[str, object], causes: list[AlertCause]) -> Crossing:
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
        causes=causes,
        falls=rule.falls,
        whole=rule.counts_all,
        **said,  # type: ignore[arg-type]
    )
