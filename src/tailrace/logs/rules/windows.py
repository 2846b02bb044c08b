"""Windows of one basis and length, in which rules of several kinds are judged."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from functools import lru_cache

import polars as pl
import pyarrow as pa

from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.figures import Figure
from tailrace.logs.rules.heard import Heard
from tailrace.logs.rules.kinds import Distinct, Metric, Spike
from tailrace.logs.rules.measures import MEASURES, hop_of
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import SECOND, TIME, Sight, as_time
from tailrace.logs.rules.spikes import spikes
from tailrace.logs.rules.totals import Totals
from tailrace.logs.rules.verdict import Moment, Test, Verdict, test_of, verdicts
from tailrace.model.frames import arrow_to_frame
from tailrace.window.assignment import START
from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.fold import Fold, layout
from tailrace.window.rows import Rows
from tailrace.window.state import TOTALS, FoldState

_TIMESTAMP = pa.timestamp("us", "UTC")
_MOST_ROWS = 1_000_000
"""What one fold remembers, in rows of windows and of their distinct values: some 200 MB."""
_MOST_GROUPS = 20_000
"""Groups that count of one step, where a rule goes by more than the application."""
_DISTINCT_AT_LEAST, _DISTINCT_FACTOR = 1000, 4
"""Distinct values are counted exactly up to so many, and to so many times the greatest limit of a rule."""


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
        limits = [rule.kind.limit for rule in rules if isinstance(rule.kind, Distinct)]
        self._enough = max(_DISTINCT_AT_LEAST, *(int(each) * _DISTINCT_FACTOR for each in limits)) if limits else 0
        before = max((rule.kind.before for rule in self._spikes if isinstance(rule.kind, Spike)), default=0)
        self._horizon = timedelta(microseconds=windows.length * (2 + before))
        self._heard = Heard(self.basis.keys, windows.length, windows.hop, entries) if asked else None
        if not asked:
            entries.pop("heard", None)

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:
        """Add what a step has brought, and judge the windows that it changed."""
        if not sight.shows(self.basis):
            return []
        added = self._of_few_groups(sight.added_up(self.basis, self.figure, self._pane))
        if self._enough:
            added = self._without_surplus(added, self._enough)
        result = self._fold.apply(self._state, _as_batch(added, self._fold.checked.schema))
        state = self._fold.thin(result.state, _MOST_ROWS, self._horizon)
        self._keep(state, result.changes if state is result.state else state.changes_since(self._state))
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

    def _of_few_groups(self, added: pl.DataFrame) -> pl.DataFrame:
        """The rows of the groups that came most, if there are too many: others could not be remembered for long."""
        if added.height <= _MOST_GROUPS or not self.basis.keys:
            return added
        groups = added.group_by(self.basis.keys).agg(pl.col("lines").sum())
        if groups.height <= _MOST_GROUPS:
            return added
        return added.join(groups.top_k(_MOST_GROUPS, by="lines"), on=self.basis.keys, how="semi", nulls_equal=True)

    def _without_surplus(self, added: pl.DataFrame, enough: int) -> pl.DataFrame:
        """The rows without values where a window has enough of them; their lines still count."""
        hop, group = self._fold.checked.windows.hop, [*self.basis.keys, START]
        rows = added.with_columns((pl.col(TIME).dt.epoch("us") // hop * hop).alias(START))
        found, _ = self._state.tables[TOTALS].find(rows.select(group).unique())
        known = (
            arrow_to_frame(self._rows.of(self._state.tables[TOTALS].merge(found), final=False))
            if found.height
            else None
        )
        place = pl.int_range(pl.len()).over(group)
        if known is not None:
            known = known.select(*self.basis.keys, pl.col("window_start").dt.epoch("us").alias(START), "distinct")
            rows = rows.join(known, on=group, how="left", nulls_equal=True, maintain_order="left")
            place = place + pl.col("distinct").fill_null(0)
        return rows.with_columns(value=pl.when(place < enough).then("value")).select(added.columns)

    def _keep(self, state: FoldState, changes: Mapping[str, bytes | None]) -> None:
        for name, entry in changes.items():
            if entry is None:
                self._entries.pop(name, None)
            else:
                self._entries[name] = entry
        self._state = state


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
