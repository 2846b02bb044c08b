"""The fold against a model that takes one record at a time and follows Spark's rules to the letter."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.fold import Fold, FoldState

SCHEMA = pa.schema(
    [
        pa.field("sensor", pa.string()),
        pa.field("rack", pa.int64(), nullable=False),
        pa.field("celsius", pa.float64()),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("note", pa.string()),
    ]
)
MEASURES = {
    "n": "count()",
    "noted": "count(note)",
    "hot": "count_if(celsius > 60)",
    "total": "sum(celsius)",
    "hot_total": "sum_if(celsius, celsius > 60)",
    "least": "min(celsius)",
    "most": "max(celsius)",
    "mean": "avg(celsius)",
    "earliest": "first(note)",
    "latest": "last(celsius)",
    "kinds": "count_distinct(note)",
    "share": "count_if(celsius > 60) / count()",
}
BASE = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Model:
    """Spark's rules, record by record: late by the watermark before the batch, windows aligned to 1970."""

    def __init__(self, declaration: AggregateDeclaration) -> None:
        self.declaration = declaration
        self.hop = declaration.hop or declaration.window
        self.watermark = EPOCH
        self.open: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)

    def windows(self, at: datetime) -> list[datetime]:
        start = EPOCH + (at - EPOCH) // self.hop * self.hop
        starts = []
        while at < start + self.declaration.window:
            starts.append(start)
            start -= self.hop
        return starts

    def apply(self, records: list[dict[str, Any]]) -> tuple[dict[Any, Any], dict[Any, Any], list[dict[str, Any]]]:
        changed, late = set(), []
        admitted = [r for r in records if self.declaration.where is None or r["rack"] > 0]
        for record in admitted:
            starts = self.windows(record["at"]) if record["at"] is not None else []
            on_time = [start for start in starts if start + self.declaration.window > self.watermark]
            for start in on_time:
                key = (start, record["sensor"], record["rack"])
                self.open[key].append(record)
                changed.add(key)
            if not on_time:
                late.append(record)
        rows = {key: measured(self.open[key]) for key in changed}
        for record in admitted:
            if record["at"] is not None:
                self.watermark = max(self.watermark, record["at"] - self.declaration.lateness)
        passed = [key for key in self.open if key[0] + self.declaration.window <= self.watermark]
        return rows, {key: measured(self.open.pop(key)) for key in passed}, late

    def close(self) -> dict[Any, Any]:
        return {key: measured(self.open.pop(key)) for key in list(self.open)}


def measured(records: list[dict[str, Any]]) -> dict[str, Any]:
    celsius = [r["celsius"] for r in records if r["celsius"] is not None]
    hot = [c for c in celsius if c > 60]
    notes = [(r["at"], r["note"]) for r in records if r["note"] is not None]
    timed = [(r["at"], r["celsius"]) for r in records if r["celsius"] is not None]
    return {
        "n": len(records),
        "noted": len(notes),
        "hot": len(hot),
        "total": math.fsum(celsius) if celsius else None,
        "hot_total": math.fsum(hot) if hot else None,
        "least": min(celsius, default=None),
        "most": max(celsius, default=None),
        "mean": math.fsum(celsius) / len(celsius) if celsius else None,
        "earliest": min(notes)[1] if notes else None,
        "latest": max(timed)[1] if timed else None,
        "kinds": len({note for _, note in notes}),
        "share": len(hot) / len(records),
    }


def keyed(batch: pa.RecordBatch, *, final: bool) -> dict[Any, Any]:
    rows = {}
    for row in batch.to_pylist():
        key = (row.pop("window_start"), row.pop("sensor"), row.pop("rack"))
        assert key not in rows
        assert row.pop("final") is final
        row.pop("window_end")
        rows[key] = row
    return rows


def batch_of(records: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(records, schema=SCHEMA)


moments = st.one_of(
    st.none(),
    st.integers(0, 400_000).map(lambda ms: BASE + timedelta(milliseconds=ms)),
    st.integers(-30, 300).map(lambda s: BASE + timedelta(seconds=s)),
)
records = st.fixed_dictionaries(
    {
        "sensor": st.sampled_from(["a", "b", "", None]),
        "rack": st.integers(0, 2),
        # Multiples of a half add up exactly, so that no order of addition shows.
        "celsius": st.one_of(st.none(), st.integers(-20, 200).map(lambda n: n / 2)),
        "at": moments,
        "note": st.sampled_from([None, "x", "y", "z"]),
    }
)
batches = st.lists(st.lists(records, max_size=8), max_size=8)


@st.composite
def declarations(draw: st.DrawFn) -> AggregateDeclaration:
    hop = draw(st.sampled_from([None, 1, 7, 10, 20]))
    window = draw(st.sampled_from([w for w in (10, 20, 25, 60) if hop is None or w >= hop]))
    return AggregateDeclaration(
        window=window * SECOND,
        hop=hop * SECOND if hop else None,
        by=("sensor", "rack"),
        lateness=draw(st.sampled_from([0, 5, 60])) * SECOND,
        measures=MEASURES,
        where=draw(st.sampled_from([None, "rack > 0"])),
    )


class Store:
    """The saved entries of a worker, kept as its steps say."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def save(self, changes: dict[str, bytes | None]) -> None:
        for name, blob in changes.items():
            if blob is None:
                del self.entries[name]
            else:
                self.entries[name] = blob


@settings(max_examples=80, deadline=None)
@given(declarations(), batches, st.data())
def test_every_batch_gives_what_the_model_gives(
    declaration: AggregateDeclaration, stream: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    fold, model, store = Fold(declaration, SCHEMA), Model(declaration), Store()
    state = fold.start()
    for group in stream:
        result = fold.apply(state, batch_of(group))
        changed, final, late = model.apply(group)
        assert keyed(result.changed, final=False) == changed
        assert keyed(result.final, final=True) == final
        assert result.late.to_pylist() == late
        assert result.late.num_rows + result.counted + result.excluded == len(group)
        assert result.watermark == model.watermark
        store.save(result.changes)
        # Going on from what was saved and from what is in memory is the same.
        state = fold.load(store.entries) if data.draw(st.booleans()) else result.state
        assert state.is_in(store.entries)
    assert keyed(fold.close(state).final, final=True) == model.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(records, max_size=30), st.lists(st.integers(1, 10), max_size=10))
def test_any_split_into_batches_ends_in_the_same_rows(stream: list[dict[str, Any]], sizes: list[int]) -> None:
    declaration = AggregateDeclaration(20 * SECOND, 5 * SECOND, ("sensor", "rack"), timedelta(days=9000), MEASURES)
    fold = Fold(declaration, SCHEMA)
    whole = fold.close(fold.apply(fold.start(), batch_of(stream)).state).final
    state: FoldState = fold.start()
    rest = list(stream)
    for size in [*sizes, len(stream)]:
        state = fold.apply(state, batch_of(rest[:size])).state
        rest = rest[size:]
    assert fold.close(state).final.to_pylist() == whole.to_pylist()


@settings(max_examples=20, deadline=None)
@given(st.lists(records, min_size=1, max_size=20))
def test_a_saved_state_says_the_same_as_the_one_in_memory(stream: list[dict[str, Any]]) -> None:
    declaration = AggregateDeclaration(20 * SECOND, None, ("sensor", "rack"), 5 * SECOND, MEASURES)
    fold, store = Fold(declaration, SCHEMA), Store()
    result = fold.apply(fold.start(), batch_of(stream))
    store.save(result.changes)
    assert fold.load(store.entries).head() == result.state.head() == store.entries["head"]
    assert json.loads(store.entries["head"])["version"] == 1
