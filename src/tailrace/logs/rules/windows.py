"""Windows of one basis and length, in which rules of several kinds are judged."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import timedelta

import polars as pl
import pyarrow as pa

from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.figures import Figure
from tailrace.logs.rules.measures import MEASURES, hop_of
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import TIME, Sight
from tailrace.logs.rules.verdict import Moment, Test, Verdict, test_of, verdicts
from tailrace.model.frames import arrow_to_frame
from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.fold import Fold, FoldResult, layout
from tailrace.window.state import FoldState

_TIMESTAMP = pa.timestamp("us", "UTC")


class Windows:
    """Counts what one basis admits in windows of one length, and judges those that have changed.

    Its state are the entries given; what a step changed is in them when `take` is back.
    """

    def __init__(self, basis: Basis, length: timedelta, figure: Figure, lateness: timedelta) -> None:
        self.basis = basis
        self.length = length
        self.figure = figure
        schema = _schema(basis, figure)
        self._fold = Fold(_declaration(basis, length, figure, lateness), schema, event_time=TIME)
        self._schema = schema
        self.identity = basis.identity("windows", layout(self._fold.checked), figure.field)
        self._tests: list[tuple[Rule, Test]] = []
        self._state: FoldState = self._fold.start()
        self._entries: MutableMapping[str, bytes] = {}

    def recall(self, entries: MutableMapping[str, bytes], rules: list[Rule]) -> None:
        """Go on from what was saved in the entries, for these rules."""
        self._entries = entries
        self._state = self._fold.load(entries)
        self._tests = [(rule, test_of(rule)) for rule in rules]

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:
        """Add what a step has brought, and judge the windows that it changed."""
        added = sight.by_second(self.basis, self.figure)
        if not added.height:
            return []
        result = self._fold.apply(self._state, _as_batch(added, self._schema))
        self._keep(result)
        changed = arrow_to_frame(result.changed)
        return verdicts([each for each in self._tests if not each[1].at_end], changed)

    def _keep(self, result: FoldResult) -> None:
        self._state = result.state
        for name, entry in result.changes.items():
            if entry is None:
                self._entries.pop(name, None)
            else:
                self._entries[name] = entry


def _schema(basis: Basis, figure: Figure) -> pa.Schema:
    counts = [pa.field(name, pa.int64(), nullable=False) for name in MEASURES]
    times = [pa.field(name, _TIMESTAMP, nullable=False) for name in (TIME, "last")]
    return pa.schema(
        [*(pa.field(name, pa.string(), nullable=False) for name in basis.keys), *times, *counts, *figure.schema()]
    )


def _declaration(basis: Basis, length: timedelta, figure: Figure, lateness: timedelta) -> AggregateDeclaration:
    counts = {name: f"coalesce(sum({name}), 0)" for name in MEASURES}
    return AggregateDeclaration(
        window=length,
        hop=hop_of(length),
        by=(*basis.keys, *figure.by),
        lateness=lateness,
        measures={**counts, "last": "max(last)", **figure.measures()},
    )


def _as_batch(frame: pl.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    table = frame.select(schema.names).to_arrow().cast(schema).combine_chunks()
    return table.to_batches()[0]
