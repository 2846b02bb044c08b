"""The fold, one behaviour at a time; `test_fold_model` holds it against a model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tailrace.model.errors import TailraceError
from tailrace.window import runs
from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.fold import Fold, FoldResult

SCHEMA = pa.schema(
    [
        pa.field("sensor", pa.string()),
        pa.field("celsius", pa.float64()),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("price", pa.decimal128(6, 2)),
        pa.field("ok", pa.bool_()),
        pa.field("labels", pa.map_(pa.string(), pa.string())),
    ]
)
BASE = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NAN = float("nan")


def declared(
    measures: dict[str, str] | None = None,
    *,
    window: int = 10,
    hop: int | None = None,
    by: tuple[str, ...] = ("sensor",),
    late: int = 5,
) -> AggregateDeclaration:
    hops = None if hop is None else hop * SECOND
    return AggregateDeclaration(window * SECOND, hops, by, late * SECOND, measures or {"n": "count()"})


def batch(*records: tuple[Any, ...] | dict[str, Any]) -> pa.RecordBatch:
    """Records as (second, sensor, celsius), or as mappings."""
    rows = [r if isinstance(r, dict) else dict(zip(("at", "sensor", "celsius"), r, strict=False)) for r in records]
    for row in rows:
        if isinstance(row["at"], int | float):
            row["at"] = BASE + row["at"] * SECOND
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def column(rows: pa.RecordBatch, name: str = "n") -> list[Any]:
    return rows.column(name).to_pylist()


def save(entries: dict[str, bytes], result: FoldResult) -> None:
    entries.update({name: blob for name, blob in result.changes.items() if blob is not None})
    for name in [name for name, blob in result.changes.items() if blob is None]:
        del entries[name]


def test_every_change_gives_a_row_with_the_totals_so_far() -> None:
    fold = Fold(declared(), SCHEMA)
    first = fold.apply(fold.start(), batch((1, "a"), (2, "a")))
    second = fold.apply(first.state, batch((3, "a"), (4, "b")))
    assert column(first.changed) == [2]
    assert second.changed.to_pylist() == [
        {"window_start": BASE, "window_end": BASE + 10 * SECOND, "sensor": "a", "n": 3, "final": False},
        {"window_start": BASE, "window_end": BASE + 10 * SECOND, "sensor": "b", "n": 1, "final": False},
    ]


def test_a_window_is_final_once_the_watermark_reaches_its_end() -> None:
    fold = Fold(declared(late=5), SCHEMA)
    before = fold.apply(fold.start(), batch((1, "a"), (14.999, "a")))
    reached = fold.apply(before.state, batch((15, "a")))
    again = fold.apply(reached.state, batch((16, "a")))
    assert [before.final.num_rows, again.final.num_rows] == [0, 0]
    assert reached.final.to_pylist() == [
        {"window_start": BASE, "window_end": BASE + 10 * SECOND, "sensor": "a", "n": 1, "final": True}
    ]
    assert reached.watermark == BASE + 10 * SECOND


def test_late_is_judged_by_the_watermark_before_the_batch() -> None:
    fold = Fold(declared(late=0), SCHEMA)
    same = fold.apply(fold.start(), batch((100, "a"), (1, "a")))
    assert same.late.num_rows == 0
    assert fold.apply(same.state, batch((1, "a"))).late.num_rows == 1


def test_a_late_record_comes_out_whole() -> None:
    fold = Fold(declared(late=0), SCHEMA)
    state = fold.apply(fold.start(), batch((100, "a"))).state
    record = {"at": 1, "sensor": "a", "celsius": 1.5, "price": Decimal("1.00"), "ok": True, "labels": [("k", "v")]}
    result = fold.apply(state, batch(record, (101, "a")))
    assert result.late.schema == SCHEMA
    assert result.late.to_pylist() == [record]
    assert (result.counted, result.excluded) == (1, 0)


def test_a_record_late_for_some_windows_counts_in_the_others() -> None:
    fold = Fold(declared(window=10, hop=5, late=0), SCHEMA)
    state = fold.apply(fold.start(), batch((11, "a"))).state
    result = fold.apply(state, batch((7, "a")))
    assert result.late.num_rows == 0
    assert column(result.changed, "window_start") == [BASE + 5 * SECOND]
    assert column(result.changed) == [2]


def test_a_record_without_event_time_is_late() -> None:
    fold = Fold(declared(), SCHEMA)
    result = fold.apply(fold.start(), batch({"at": None, "sensor": "a"}))
    assert (result.late.num_rows, result.counted, result.changed.num_rows) == (1, 0, 0)


def test_before_1970_every_window_is_late() -> None:
    fold = Fold(declared(), SCHEMA)
    result = fold.apply(fold.start(), batch({"at": datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)}, (0, "a")))
    assert (result.late.num_rows, result.counted) == (1, 1)


def test_the_watermark_is_kept_in_whole_milliseconds() -> None:
    fold = Fold(declared(late=0), SCHEMA)
    assert fold.apply(fold.start(), batch((1.0019, "a"))).watermark == BASE + timedelta(milliseconds=1001)


def test_a_record_from_the_far_future_keeps_the_watermark_a_date() -> None:
    schema = pa.schema([pa.field("at", pa.timestamp("us", "UTC"))])
    fold = Fold(declared(by=()), schema)
    moments = pa.array([400_000_000_000_000_000], pa.int64()).cast(pa.timestamp("us", "UTC"))
    assert fold.apply(fold.start(), pa.record_batch([moments], schema=schema)).watermark.year == 9999


def test_what_where_excludes_moves_no_watermark() -> None:
    declaration = AggregateDeclaration(10 * SECOND, measures={"n": "count()"}, where="celsius > 0")
    fold = Fold(declaration, SCHEMA)
    result = fold.apply(fold.start(), batch((1, "a", 5.0), (100, "a", -5.0), (100, "a", None)))
    assert (result.counted, result.excluded, result.watermark) == (1, 2, BASE + SECOND)


def test_windows_overlap_when_the_hop_does_not_divide_them() -> None:
    fold = Fold(declared(window=5, hop=3, late=0), SCHEMA)
    result = fold.apply(fold.start(), batch((0, "a"), (2, "a")))
    # BASE is a multiple of three seconds since 1970.
    assert column(result.changed, "window_start") == [BASE - 3 * SECOND, BASE]
    assert column(result.changed) == [1, 2]


def test_a_null_key_is_a_key_of_its_own() -> None:
    fold = Fold(declared(), SCHEMA)
    state = fold.apply(fold.start(), batch((1, None), (2, ""))).state
    result = fold.apply(state, batch((3, None)))
    assert (column(result.changed, "sensor"), column(result.changed)) == ([None], [2])


def test_equal_doubles_are_one_key() -> None:
    fold = Fold(declared(by=("celsius",)), SCHEMA)
    state = fold.apply(fold.start(), batch((1, "a", 0.0), (1, "a", NAN))).state
    result = fold.apply(state, batch((2, "a", -0.0), (2, "a", NAN)))
    assert column(result.changed) == [2, 2]
    assert str(column(result.changed, "celsius")[0]) == "0.0"


def test_a_key_of_minus_zero_is_zero() -> None:
    fold = Fold(declared(by=("celsius",)), SCHEMA)
    assert str(column(fold.apply(fold.start(), batch((1, "a", -0.0))).changed, "celsius")) == "[0.0]"


def test_no_keys_make_one_row_for_each_window() -> None:
    fold = Fold(declared(by=()), SCHEMA)
    assert fold.apply(fold.start(), batch((1, "a"), (2, "b"), (11, "c"))).changed.num_rows == 2


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("max(celsius)", NAN),
        ("min(celsius)", 1.0),
        ("last(celsius)", NAN),
        ("first(celsius)", 1.0),
        ("any_value(celsius)", 1.0),
        ("sum(price)", Decimal("3.00")),
        ("avg(price)", 1.5),
        ("max(price)", Decimal("2.00")),
        ("first(price)", Decimal("1.00")),
        ("max(ok)", True),
        ("min(at)", BASE + SECOND),
        ("last(at)", BASE + 2 * SECOND),
        ("max(cast(sensor as binary))", b"b"),
        ("count(distinct celsius)", 2),
        ("count(distinct labels['k'])", 1),
        ("max(labels['k'])", "v"),
        ("count(*)", 3),
        ("count() filter (where ok)", 1),
        ("count_if(ok) filter (where price > 1.5)", 0),
        ("max(price) filter (where ok)", Decimal("1.00")),
        ("sum_if(price, sensor = 'z')", None),
        ("sum_if(price, price = 2)", Decimal("2.00")),
        ("count_if(celsius > 1) / count()", 1 / 3),
        ("round(100 * count_if(ok) / count(), 1)", 33.3),
        ("case when count() > 2 then 'many' else 'few' end", "many"),
        ("max(length(sensor)) + count()", 4),
    ],
)
def test_a_measure_is_the_same_in_one_batch_and_in_three(sql: str, expected: object) -> None:
    records = [
        {"at": 1, "sensor": "a", "celsius": 1.0, "price": Decimal("1.00"), "ok": True, "labels": [("k", "v")]},
        {"at": 2, "sensor": "b", "celsius": NAN, "price": Decimal("2.00"), "ok": None},
        {"at": 2, "sensor": "b", "celsius": None, "ok": False, "labels": []},
    ]
    fold = Fold(declared({"m": sql}, by=()), SCHEMA)
    whole = fold.apply(fold.start(), batch(*[dict(r) for r in records]))
    state = fold.start()
    for record in records:
        parts = fold.apply(state, batch(dict(record)))
        state = parts.state
    for result in (whole, parts):
        assert column(result.changed, "m") == [
            pytest.approx(expected, nan_ok=True) if isinstance(expected, float) else expected
        ]


@pytest.mark.parametrize(("sql", "expected"), [("first(sensor)", "a"), ("last(sensor)", "c")])
def test_of_values_at_the_same_moment_the_first_is_the_least_and_the_last_the_greatest(sql: str, expected: str) -> None:
    fold = Fold(declared({"m": sql}, by=()), SCHEMA)
    state = fold.apply(fold.start(), batch((1, "b"), (1, "c"))).state
    assert column(fold.apply(state, batch((1, "a"), (1, "b"))).changed, "m") == [expected]


def test_a_value_that_returns_is_not_counted_again_as_distinct() -> None:
    fold = Fold(declared({"kinds": "count_distinct(celsius)"}, window=20, hop=10), SCHEMA)
    state = fold.apply(fold.start(), batch((1, "a", 1.0), (11, "a", 2.0))).state
    result = fold.apply(state, batch((12, "a", 1.0), (13, "a", None)))
    assert column(result.changed, "kinds") == [2, 2]


def test_a_stream_gone_quiet_is_closed_by_hand() -> None:
    fold = Fold(declared(), SCHEMA)
    state = fold.apply(fold.start(), batch((1, "a"), (12, "a"))).state
    result = fold.advance(state, BASE + 11 * SECOND)
    assert column(result.final, "window_end") == [BASE + 10 * SECOND]
    assert result.watermark == BASE + 11 * SECOND
    assert fold.advance(result.state, BASE).watermark == BASE + 11 * SECOND


def test_closing_ends_every_window_and_later_ones_can_still_be_filled() -> None:
    fold = Fold(declared(late=60), SCHEMA)
    closed = fold.close(fold.apply(fold.start(), batch((1, "a"), (12, "b"))).state)
    assert column(closed.final) == [1, 1]
    assert closed.watermark == BASE + 20 * SECOND
    after = fold.apply(closed.state, batch((19, "a"), (20, "a")))
    assert (after.late.num_rows, column(after.changed)) == (1, [1])


def test_closing_an_empty_state_changes_nothing() -> None:
    fold = Fold(declared(), SCHEMA)
    result = fold.close(fold.start())
    assert (result.final.num_rows, result.watermark) == (0, datetime(1970, 1, 1, tzinfo=UTC))


def test_rows_take_the_form_of_the_outlet() -> None:
    outlet = pa.schema(
        [
            pa.field("final", pa.bool_(), nullable=False),
            pa.field("n", pa.int64(), nullable=False),
            pa.field("window_end", pa.timestamp("ms", "UTC"), nullable=False),
            pa.field("window_start", pa.timestamp("us", "UTC"), nullable=False),
        ]
    )
    fold = Fold(declared(by=()), SCHEMA, outlet=outlet)
    assert fold.apply(fold.start(), batch((1, "a"))).changed.schema == outlet


def test_a_declaration_with_faults_or_a_misfit_is_refused() -> None:
    with pytest.raises(TailraceError, match="there is no column 'x'"):
        Fold(declared(by=("x",)), SCHEMA)
    with pytest.raises(TailraceError, match="the declared record type has no field 'n'"):
        Fold(declared(), SCHEMA, outlet=pa.schema([]))


@pytest.mark.parametrize("unit", ["ms", "us"])
def test_other_forms_of_timestamps_are_read(unit: str) -> None:
    schema = pa.schema([pa.field("when", pa.timestamp(unit, "Europe/Berlin")), pa.field("seen", pa.timestamp("us"))])
    fold = Fold(declared(by=()), schema, event_time="when")
    result = fold.apply(fold.start(), pa.RecordBatch.from_pylist([{"when": BASE}], schema=schema))
    assert column(result.changed, "window_start") == [BASE]


def test_keys_whose_hashes_collide_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "hash_keys", lambda rows, keys: np.zeros(rows.height, dtype=np.uint64))
    fold = Fold(declared({"n": "count()", "kinds": "count_distinct(celsius)"}), SCHEMA)
    state = fold.apply(fold.start(), batch((1, "a", 1.0), (1, "b", 2.0), (11, "a", 1.0))).state
    result = fold.apply(state, batch((2, "b", 2.0), (12, "a", 3.0)))
    assert column(result.changed) == [2, 2]
    assert column(result.changed, "kinds") == [1, 2]


def wide(step: int, keys: int, *, first: int = 0) -> pa.RecordBatch:
    """One record of each key at one second."""
    frame = pl.select(
        sensor=(pl.int_range(first, first + keys)).cast(pl.String),
        celsius=pl.lit(1.0),
        at=pl.lit(BASE + step * SECOND, dtype=pl.Datetime("us", "UTC")),
    )
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    columns = {**{name: table[name] for name in table.column_names}}
    rows = [
        columns[f.name].cast(f.type).combine_chunks() if f.name in columns else pa.nulls(keys, f.type) for f in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(rows, schema=SCHEMA)


def test_a_small_change_to_a_large_state_writes_little() -> None:
    fold = Fold(declared({"n": "count()", "total": "sum(celsius)"}, window=1000), SCHEMA)
    large = fold.apply(fold.start(), wide(0, 100_000))
    size = sum(len(blob or b"") for blob in large.changes.values())
    state, written = large.state, 0
    for step in range(1, 101):
        result = fold.apply(state, wide(step, 10, first=step * 50))
        state, written = result.state, written + sum(len(blob or b"") for blob in result.changes.values())
        assert column(result.changed) == [2] * 10
    assert written < size / 2


def test_many_small_steps_leave_few_entries() -> None:
    fold, entries = Fold(declared(window=10_000), SCHEMA), {}
    state = fold.start()
    for step in range(100):
        result = fold.apply(state, wide(step, 40, first=step * 40))
        save(entries, result)
        state = result.state
    assert len(entries) <= 6
    assert fold.close(fold.load(entries)).final.num_rows == 4000


def test_entries_grow_with_what_is_open_and_not_with_what_was() -> None:
    fold, entries = Fold(declared({"kinds": "count_distinct(celsius)"}, window=10, late=0), SCHEMA), {}
    state = fold.start()
    sizes = []
    for step in range(40):
        result = fold.apply(state, wide(step * 10, 2000))
        save(entries, result)
        state = fold.load(entries) if step % 7 == 0 else result.state
        sizes.append(sum(map(len, entries.values())))
        assert column(result.final, "kinds") == ([1] * 2000 if step else [])
    assert max(sizes[20:]) < 4 * sizes[0]


def test_runs_that_are_mostly_closed_are_rewritten() -> None:
    fold, entries = Fold(declared(window=100, late=0), SCHEMA), {}
    both = pa.Table.from_batches([wide(0, 5000), wide(300, 600)]).combine_chunks().to_batches()[0]
    first = fold.apply(fold.start(), both)
    save(entries, first)
    before = sum(map(len, entries.values()))
    assert first.final.num_rows == 5000
    assert before < 10_000  # 5000 closed rows would take four times as much
    again = fold.apply(fold.load(entries), wide(301, 600))
    assert column(again.changed) == [2] * 600


def test_a_state_knows_whether_it_is_the_saved_one() -> None:
    fold, entries = Fold(declared(), SCHEMA), {}
    fresh = fold.start()
    assert fresh.is_in({})
    assert fold.load({}).is_in({})
    result = fold.apply(fresh, batch((1, "a")))
    assert not result.state.is_in({})
    save(entries, result)
    assert result.state.is_in(entries)
    assert not fresh.is_in(entries)


def test_a_state_of_another_declaration_is_refused() -> None:
    fold, entries = Fold(declared(), SCHEMA), {}
    save(entries, fold.apply(fold.start(), batch((1, "a"))))
    with pytest.raises(TailraceError, match="belong to another declaration"):
        Fold(declared({"n": "max(celsius)"}), SCHEMA).load(entries)


def test_a_changed_lateness_or_name_of_a_measure_goes_on_with_the_state() -> None:
    fold, entries = Fold(declared(), SCHEMA), {}
    save(entries, fold.apply(fold.start(), batch((1, "a"))))
    changed = Fold(declared({"many": "count()"}, late=50), SCHEMA)
    assert column(changed.apply(changed.load(entries), batch((2, "a"))).changed, "many") == [2]


def test_a_state_of_a_newer_version_is_refused() -> None:
    fold, entries = Fold(declared(), SCHEMA), {}
    save(entries, fold.apply(fold.start(), batch((1, "a"))))
    entries["head"] = entries["head"].replace(b'"version":1', b'"version":2')
    with pytest.raises(TailraceError, match="of version 2, this program reads up to version 1"):
        fold.load(entries)


@pytest.mark.parametrize("damage", [{"head": b"{"}, {"head": b"[]"}, {"totals/0": b"x"}, {"totals/0": None}])
def test_a_damaged_state_is_refused(damage: dict[str, bytes | None]) -> None:
    fold, entries = Fold(declared(), SCHEMA), {}
    save(entries, fold.apply(fold.start(), batch((1, "a"))))
    broken = {name: blob for name, blob in (entries | damage).items() if blob is not None}
    with pytest.raises(TailraceError, match="the saved windows are damaged"):
        fold.load(broken)


def thinned(fold: Fold, most: int, *records: tuple[Any, ...]) -> list[tuple[str, int, int]]:
    """What is left of a state after `thin`: key, start in seconds, count."""
    state = fold.thin(fold.apply(fold.start(), batch(*records)).state, most, 10 * SECOND)
    rows = fold.close(state).final
    starts = [(each - BASE) // SECOND for each in column(rows, "window_start")]
    return sorted(zip(column(rows, "sensor"), starts, column(rows), strict=True))


def test_a_state_within_its_bound_is_not_thinned():
    fold = Fold(declared(late=100), SCHEMA, event_time="at")
    assert thinned(fold, 2, (1, "a"), (1, "b")) == [("a", 0, 1), ("b", 0, 1)]


def test_windows_far_behind_the_latest_of_their_key_go_first():
    fold = Fold(declared(late=100), SCHEMA, event_time="at")
    records = [(1, "a"), (2, "a"), (15, "a"), (25, "a"), (35, "a"), (5, "b")]
    assert thinned(fold, 4, *records) == [("a", 30, 1), ("b", 0, 1)]


def test_then_those_with_the_smallest_first_measure_go():
    fold = Fold(declared(late=100), SCHEMA, event_time="at")
    assert thinned(fold, 3, (1, "a"), (1, "b"), (2, "b"), (1, "c"), (1, "d")) == [("b", 0, 2)]


def test_a_thinned_window_counts_anew_and_its_distinct_values_too():
    fold = Fold(declared({"n": "count()", "values": "count_distinct(celsius)"}, late=100), SCHEMA, event_time="at")
    often = [(1, "b", 3.0)] * 3
    before = fold.apply(fold.start(), batch((1, "a", 1.0), (1, "a", 2.0), *often)).state
    thin = fold.thin(before, 4, 10 * SECOND)
    after = fold.apply(thin, batch((2, "a", 2.0), (2, "b", 3.0))).changed
    assert (column(after, "sensor"), column(after), column(after, "values")) == (["a", "b"], [1, 4], [1, 1])
    entries = {name: blob for name, blob in thin.changes_since(fold.start()).items() if blob is not None}
    assert fold.load(entries).head() == thin.head()
