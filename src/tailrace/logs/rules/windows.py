"""Windows of one basis and length, in which rules of several kinds are judged."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import timedelta
from functools import lru_cache

import polars as pl
import pyarrow as pa

from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.figures import Figure
from tailrace.logs.rules.heard import Heard
from tailrace.logs.rules.kinds import Metric, Spike
from tailrace.logs.rules.measures import MEASURES, hop_of
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import SECOND, TIME, Sight, as_time
from tailrace.logs.rules.spikes import spikes
from tailrace.logs.rules.totals import Totals
from tailrace.logs.rules.verdict import Moment, Test, Verdict, test_of, verdicts
from tailrace.model.frames import arrow_to_frame
from tailrace.window.assignment import START
from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.fold import Fold, FoldResult, layout
from tailrace.window.rows import Rows
from tailrace.window.state import FoldState

_TIMESTAMP = pa.timestamp("us", "UTC")


class Windows:
    """Counts what one basis admits in windows of one length, and judges those that have changed or are over.

    Its state are the entries given; what a step changed is in them when `take` is back.
    """

    def __init__(self, basis: Basis, length: timedelta, figure: Figure, lateness: timedelta) -> None:
        self.basis = basis
        self.figure = figure
        self._fold, self._rows = _fold(len(basis.by), length, figure.kind, lateness)
        self._pane = self._fold.checked.windows.slice if figure.keys else SECOND
        self.identity = basis.identity("windows", layout(self._fold.checked), figure.field)

    def recall(self, entries: MutableMapping[str, bytes], rules: list[Rule]) -> None:
        """Go on from what was saved in the entries, for these rules."""
        self._entries = entries
        self._state: FoldState = self._fold.load(entries)
        self._spikes = [rule for rule in rules if isinstance(rule.kind, Spike)]
        tests = [(rule, test_of(rule)) for rule in rules if not isinstance(rule.kind, Spike)]
        self._at_once: list[tuple[Rule, Test]] = [each for each in tests if not each[1].at_end]
        self._at_end: list[tuple[Rule, Test]] = [each for each in tests if each[1].at_end]
        metrics = {rule.kind.percentile for rule in rules if isinstance(rule.kind, Metric)}
        self._totals = Totals(self._rows, self.basis.keys, self.figure, sorted(each for each in metrics if each))
        windows = self._fold.checked.windows
        asked = bool(self._spikes or self._at_end)
        self._heard = Heard(self.basis.keys, windows.length, windows.hop, entries) if asked else None
        if not asked:
            entries.pop("heard", None)

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:
        """Add what a step has brought, and judge the windows that it changed."""
        if not sight.shows(self.basis):
            return []
        added = sight.added_up(self.basis, self.figure, self._pane)
        result = self._fold.apply(self._state, _as_batch(added, self._fold.checked.schema))
        self._keep(result)
        if self._heard is not None:
            self._heard.note(added, moment)
        changed = self._changed(arrow_to_frame(result.changed))
        return [*verdicts(self._at_once, changed), *self._judge_spikes(changed, over=False), *self.look(moment)]

    def look(self, moment: Moment) -> list[Verdict]:
        """Judge the windows that are over by now."""
        falls = any(isinstance(rule.kind, Spike) and rule.kind.direction != "up" for rule in self._spikes)
        if self._heard is None or not (self._at_end or falls):
            return []
        due = self._heard.due(moment)
        if not due.height:
            return []
        windows = self._filled(due)
        return [*verdicts(self._at_end, windows), *self._judge_spikes(windows, over=True)]

    def _changed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The changed windows whole: of a histogram a step changes only some buckets."""
        if not self.figure.by or not rows.height:
            return rows
        start = pl.col("window_start").dt.epoch("us").alias(START)
        return self._totals.find(self._state, rows.select(*self.basis.keys, start))

    def _filled(self, due: pl.DataFrame) -> pl.DataFrame:
        """Windows by the columns of their group and `start`, zero where nothing was counted."""
        keys = self.basis.keys
        found = self._totals.find(self._state, due).drop("window_end", strict=False)
        begin = as_time(pl.col(START)).alias("window_start")
        end = as_time(pl.col(START) + self._fold.checked.windows.length).alias("window_end")
        whole = due.with_columns(begin, end).join(found, on=[*keys, "window_start"], how="left")
        zero = [pl.col(name).fill_null(0) for name in (*MEASURES, "n", "distinct") if name in whole.columns]
        return whole.with_columns(*zero, pl.col("last").fill_null(pl.col("window_end")))

    def _judge_spikes(self, windows: pl.DataFrame, *, over: bool) -> list[Verdict]:
        if self._heard is None or not self._spikes:
            return []
        since, state = self._heard.since(), self._state
        return [
            verdict
            for rule in self._spikes
            for verdict in spikes(rule, windows, lambda wanted: self._totals.find(state, wanted), since, over=over)
        ]

    def _keep(self, result: FoldResult) -> None:
        self._state = result.state
        for name, entry in result.changes.items():
            if entry is None:
                self._entries.pop(name, None)
            else:
                self._entries[name] = entry


@lru_cache(maxsize=256)
def _fold(groups: int, length: timedelta, kind: str, lateness: timedelta) -> tuple[Fold, Rows]:
    """The fold of any basis with so many fields to group by, and what makes rows of its totals.

    Both have no state of their own, and take long to make.
    """
    figure = Figure(kind)
    names = [f"k{i}" for i in range(groups)]
    keys = [pa.field(name, pa.string(), nullable=False) for name in names]
    times = [pa.field(name, _TIMESTAMP, nullable=False) for name in (TIME, "last")]
    counts = [pa.field(name, pa.int64(), nullable=False) for name in MEASURES]
    declaration = AggregateDeclaration(
        window=length,
        hop=hop_of(length),
        by=(*names, *figure.by),
        lateness=lateness,
        measures={
            **{name: f"coalesce(sum({name}), 0)" for name in MEASURES},
            "last": "max(last)",
            **figure.measures(),
        },
    )
    fold = Fold(declaration, pa.schema([*keys, *times, *counts, *figure.schema()]), event_time=TIME)
    return fold, Rows(fold.checked, fold.output)


def _as_batch(frame: pl.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    return frame.select(schema.names).to_arrow().cast(schema).combine_chunks().to_batches()[0]
