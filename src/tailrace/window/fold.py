"""The embedded engine: batches in, changed and final rows out, the state a value in between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa

from tailrace.model.errors import TailraceError
from tailrace.window import state as saved
from tailrace.window import watermark as clock
from tailrace.window.aggregates import MOMENT, Aggregate
from tailrace.window.assignment import SLICE, START
from tailrace.window.checked import CheckedAggregate, check_aggregate, fit_faults
from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.faults import Fault
from tailrace.window.rows import Rows
from tailrace.window.runs import Table
from tailrace.window.state import TOTALS, FoldState

_VALUE = "value"


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What one batch did.

    `changed`: one row for each key and window that the batch changed, with the totals so far. `final`: one row for each
    key and window that the watermark has now passed; its state is gone. `late`: the records, whole, that came too late
    for every window of theirs or have no event time. `excluded` counts the records that `where` kept out, `counted`
    those that are in at least one window: late, excluded and counted make up the batch. `watermark` is the one after
    the batch. `state` replaces the state before; `changes` are the entries to save for it (None: delete).
    """

    changed: pa.RecordBatch
    final: pa.RecordBatch
    late: pa.RecordBatch
    counted: int
    excluded: int
    watermark: datetime
    state: FoldState
    changes: dict[str, bytes | None]


class Fold:
    """Computes one declared aggregate over batches of one schema. It holds no state of its own."""

    def __init__(
        self,
        declaration: AggregateDeclaration,
        schema: pa.Schema,
        *,
        event_time: str | None = None,
        outlet: pa.Schema | None = None,
    ) -> None:
        """`event_time` as for `check_aggregate`; `outlet`, if given, is the schema to put the rows in.

        Raises TailraceError with every fault, if the declaration has any or its rows do not fit the outlet.
        """
        checked = check_aggregate(declaration, schema, event_time)
        if isinstance(checked, list):
            raise _refusal(checked)
        if outlet is not None and (misfits := fit_faults(checked, outlet)):
            raise _refusal(misfits)
        self.checked = checked
        self.output: pa.Schema = outlet if outlet is not None else checked.output
        self._rows = Rows(checked, self.output)
        self._keys = [*checked.key_names, START]
        self._calls = checked.measures.calls
        self._distinct = {f"distinct{i}": call for i, call in enumerate(self._calls) if call.distinct is not None}

    def start(self) -> FoldState:
        """The state before the first record."""
        tables = {TOTALS: Table(self._keys, self._merge)}
        tables |= {name: Table([*self._keys, _VALUE], lambda rows: rows) for name in self._distinct}
        return FoldState(layout(self.checked), tables, clock.BEGINNING, 0)

    def load(self, entries: Mapping[str, bytes]) -> FoldState:
        """The state saved in the entries, or that before the first record if there are none.

        Raises TailraceError when they are of a newer version, of another declaration, or damaged.
        """
        return saved.load(entries, self.start(), self.checked.windows.length)

    def apply(self, state: FoldState, batch: pa.RecordBatch) -> FoldResult:
        """Fold the batch into the state. Records are late by the watermark as it stood before the batch."""
        frame, admitted, late = self._sort_out(batch, state.watermark)
        in_time = frame.filter(pl.Series(admitted & ~late))
        parts = self._gather(in_time, state.watermark)
        tables, news = self._note_distinct(state, in_time)
        totals, changed = self._add(tables[TOTALS], pl.concat([parts, *news], how="diagonal"))
        greatest = frame.filter(pl.Series(admitted))[MOMENT].max()
        watermark = clock.advance(state.watermark, greatest, self.checked.declaration.lateness)  # type: ignore[arg-type]
        final, tables = self._close({**tables, TOTALS: totals}, watermark)
        after = FoldState(state.layout, tables, watermark, state.step + 1)
        out = batch.filter(pa.array(admitted & late))
        return self._result(state, after, changed, final, out, in_time.height, int((~admitted).sum()))

    def advance(self, state: FoldState, watermark: datetime) -> FoldResult:
        """Close the windows that end by `watermark` though no record has said so: for streams that have gone quiet."""
        reached = max(state.watermark, clock.as_microseconds(watermark))
        return self._advance(state, reached)

    def close(self, state: FoldState) -> FoldResult:
        """Close every open window, at the end of the input.

        The watermark moves to the end of the last of them, so that a record for a closed window that comes after all is
        late, while windows that begin later can still be filled.
        """
        open_starts = [run.starts[-1] for run in state.tables[TOTALS].runs]
        end = int(max(open_starts)) + self.checked.windows.length if open_starts else state.watermark
        return self._advance(state, max(end, state.watermark))

    def thin(self, state: FoldState, most: int, horizon: timedelta) -> FoldState:
        """Bound the state: if it has more than `most` rows, let go of so many that half of that is left.

        First go windows that begin more than `horizon` before the latest of their keys, the oldest first; then those
        with the smallest first measure. The watermark stays: what comes for them is counted anew, from nothing.
        """
        if sum(table.alive for table in state.tables.values()) <= most:
            return state
        totals = state.tables[TOTALS].living()
        assert totals is not None
        kept = self._dearest(totals, most // 2, horizon // timedelta(microseconds=1))
        tables = {TOTALS: state.tables[TOTALS].only(kept)}
        for name in self._distinct:
            values = state.tables[name].living()
            rest = (
                values.join(kept, on=self._keys, how="semi", nulls_equal=True) if values is not None else kept.clear()
            )
            tables[name] = state.tables[name].only(rest)
        return FoldState(state.layout, tables, state.watermark, state.step + 1)

    def _dearest(self, totals: pl.DataFrame, most: int, horizon: int) -> pl.DataFrame:
        """The totals to be kept; each takes a row, and one more for each value that it counted."""
        newest = pl.col(START).max()
        lag = (newest.over(self.checked.key_names) if self.checked.key_names else newest) - pl.col(START)
        value = next(iter(self.checked.measures.results.values())).expr
        size = 1 + pl.sum_horizontal(pl.lit(0), *(call.state[0].name for call in self._distinct.values()))
        judged = totals.select(lag.alias("lag"), value.alias("value"), size.alias("size")).with_row_index("row")
        far = pl.when(pl.col("lag") > horizon).then("lag").otherwise(0)
        ordered = judged.sort(far, -pl.col("value"), "lag", maintain_order=True)
        return totals[ordered.filter(pl.col("size").cum_sum() <= most)["row"].sort()]

    def _advance(self, state: FoldState, watermark: int) -> FoldResult:
        final, tables = self._close(state.tables, watermark)
        after = FoldState(state.layout, tables, watermark, state.step + 1)
        return self._result(state, after, None, final, pa.RecordBatch.from_pylist([], self.checked.schema), 0, 0)

    def _sort_out(self, batch: pa.RecordBatch, watermark: int) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
        """The batch with its event times, which records `where` admits, and which are late."""
        frame = pl.DataFrame(pl.from_arrow(batch)).with_columns(self.checked.moment.alias(MOMENT))
        where = self.checked.where
        admitted = pl.lit(True) if where is None else where.expr.cast(pl.Boolean).fill_null(False)
        is_late = (self.checked.windows.last_end(pl.col(MOMENT)) <= watermark).fill_null(True)
        answers = frame.with_columns(admitted.alias("#admitted"), is_late.alias("#late"))
        return frame, answers["#admitted"].to_numpy(), answers["#late"].to_numpy()

    def _gather(self, frame: pl.DataFrame, watermark: int) -> pl.DataFrame:
        """The batch's part of the totals: one row for each key and window that is not late."""
        columns = [column for call in self._calls for column in call.state]
        slices = self.checked.windows.slice_of(pl.col(MOMENT)).alias(SLICE)
        inputs = [column.read.alias(column.name) for column in columns if column.read is not None]
        groups = [*self.checked.key_names, SLICE]
        sliced = (
            frame.select(*self.checked.keys, slices, *inputs)
            .group_by(groups)
            .agg([column.partial for column in columns])
        )
        return self._merge(self.checked.windows.spread(sliced, watermark))

    def _merge(self, parts: pl.DataFrame) -> pl.DataFrame:
        return parts.group_by(self._keys).agg([column.merge for call in self._calls for column in call.state])

    def _note_distinct(self, state: FoldState, frame: pl.DataFrame) -> tuple[dict[str, Table], list[pl.DataFrame]]:
        """The tables with the values that are new to their windows, and how many came to each key and window."""
        tables, news = dict(state.tables), []
        for name, call in self._distinct.items():
            seen = self._values(frame, call, state.watermark)
            _, known = tables[name].find(seen)
            unseen = np.ones(seen.height, dtype=np.bool_)
            unseen[known] = False
            fresh = seen.filter(pl.Series(unseen))
            tables[name] = tables[name].add(fresh)
            counted = fresh.group_by(self._keys).agg(pl.len().cast(pl.Int64).alias(call.state[0].name))
            news.append(counted)
        return tables, news

    def _values(self, frame: pl.DataFrame, call: Aggregate, watermark: int) -> pl.DataFrame:
        slices = self.checked.windows.slice_of(pl.col(MOMENT)).alias(SLICE)
        assert call.distinct is not None
        values = frame.select(*self.checked.keys, slices, call.distinct.alias(_VALUE)).drop_nulls(_VALUE).unique()
        return self.checked.windows.spread(values, watermark).select([*self._keys, _VALUE]).unique()

    def _add(self, totals: Table, parts: pl.DataFrame) -> tuple[Table, pl.DataFrame]:
        """The table with the parts, and the totals of the rows that they changed."""
        merged = self._merge(parts)
        before, _ = totals.find(merged)
        return totals.add(merged), self._merge(pl.concat([before, merged])) if before.height else merged

    def _close(self, tables: Mapping[str, Table], watermark: int) -> tuple[pl.DataFrame | None, dict[str, Table]]:
        start = watermark - self.checked.windows.length
        closed = {name: table.close(start) for name, table in tables.items()}
        return closed[TOTALS][0], {name: table for name, (_, table) in closed.items()}

    def _result(
        self,
        before: FoldState,
        after: FoldState,
        changed: pl.DataFrame | None,
        final: pl.DataFrame | None,
        late: pa.RecordBatch,
        counted: int,
        excluded: int,
    ) -> FoldResult:
        return FoldResult(
            changed=self._rows.of(changed, final=False),
            final=self._rows.of(final, final=True),
            late=late,
            counted=counted,
            excluded=excluded,
            watermark=clock.as_datetime(after.watermark),
            state=after,
            changes=after.changes_since(before),
        )


def layout(checked: CheckedAggregate) -> str:
    """What the state's columns mean, in few characters: it changes with everything but lateness and measures' names."""
    declaration = checked.declaration
    keys = [f"{name} {checked.output.field(name).type}" for name in declaration.by]
    calls = [call.text for call in checked.measures.calls]
    content = [checked.event_time, checked.windows.length, checked.windows.hop, keys, declaration.where, calls]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _refusal(faults: list[Fault]) -> TailraceError:
    return TailraceError("the aggregate cannot be computed: " + "; ".join(map(str, faults)), hint=faults[0].hint)
