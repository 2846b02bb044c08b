from __future__ import annotations

import dataclasses
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.model.batch import Batch, InvalidBatch, concat
from tailrace.model.fields import Digits, EventTime, Float32, Int32, Millis
from tailrace.model.record import Record

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Level(Enum):
    WARN = 1
    ERROR = 2


class Point(Record):
    x: int
    level: Level = Level.WARN


class Reading(Record):
    sensor: str
    celsius: float
    at: EventTime
    note: str | None = None


class Everything(Record):
    text: str
    small: Int32
    single: Float32
    price: Annotated[Decimal, Digits(10, 2)]
    day: date
    rough: Millis
    key: UUID
    level: Level
    raw: bytes
    flag: bool
    names: list[str | None]
    points: dict[str, list[Point]]
    maybe: Point | None
    also: list[dict[str, int]] | None = None


def reading(celsius: float = 1.0, **more: Any) -> Reading:
    return Reading("a", celsius, NOON, **more)


points = st.builds(Point, st.integers(-(2**63), 2**63 - 1), st.sampled_from(Level))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
everything = st.builds(
    Everything,
    texts,
    st.integers(-(2**31), 2**31 - 1),
    st.floats(width=32, allow_nan=False),
    st.decimals(-99999999, 99999999, places=2),
    st.dates(),
    times.map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
    st.uuids(),
    st.sampled_from(Level),
    st.binary(max_size=4),
    st.booleans(),
    st.lists(st.none() | texts, max_size=3),
    st.dictionaries(texts, st.lists(points, max_size=2), max_size=2),
    st.none() | points,
    st.none() | st.lists(st.dictionaries(texts, st.integers(0, 9), max_size=2), max_size=2),
)


@given(st.lists(everything, max_size=4), st.integers(0, 4))
@settings(deadline=None, max_examples=60)
def test_records_come_back_from_columns_frames_and_slices_of_both(records: list[Everything], start: int) -> None:
    batch = Batch.of(Everything, records)
    assert list(batch.records()) == records
    assert list(Batch.from_frame(Everything, batch.frame).records()) == records
    assert list(batch.slice(start, 2).records()) == records[start : start + 2]
    assert list(Batch.from_frame(Everything, batch.slice(start, 2).frame).records()) == records[start : start + 2]
    assert list(Batch.from_arrow(Everything, batch.slice(start, 9).arrow).records()) == records[start:]
    assert batch.frame is batch.frame


def test_a_batch_that_fits_already_is_taken_as_it_is() -> None:
    arrow = Batch.of(Everything, [everything_one()]).arrow
    assert Batch.from_arrow(Everything, arrow).arrow is arrow


def everything_one(**more: Any) -> Everything:
    one = Everything(
        "t", 1, 1.5, Decimal("1.25"), date(2026, 1, 1), NOON, UUID(int=1), Level.WARN, b"r", True, [], {}, None
    )
    return dataclasses.replace(one, **more)


def test_columns_may_come_in_any_order_and_defaults_fill_the_missing() -> None:
    frame = pl.DataFrame({"at": [NOON, NOON], "celsius": [1, 2], "sensor": ["a", "b"]})
    batch = Batch.from_frame(Reading, frame.with_columns(pl.col("at").dt.convert_time_zone("Europe/Berlin")))
    assert list(batch.records()) == [reading(1.0), dataclasses.replace(reading(2.0), sensor="b")]
    assert batch.arrow.schema == Reading.arrow_schema()


class Nest(Record):
    points: list[Point]
    maybe: Point | None = None


def test_nested_columns_may_come_in_any_order_and_defaults_fill_the_missing_there_too() -> None:
    column = pa.array([[{"level": "ERROR", "x": 1}], [], [{"level": "WARN", "x": 2}]])
    lone = pa.array([None, {"x": 5}, None])
    batch = Batch.from_arrow(Nest, pa.table({"points": column, "maybe": lone}).slice(0, 2))
    assert list(batch.records()) == [Nest([Point(1, Level.ERROR)]), Nest([], Point(5))]


def test_a_map_may_come_as_a_list_of_keys_and_values() -> None:
    class Tags(Record):
        tags: dict[str, int]

    entries = pa.array([[{"key": "a", "value": 1}], []])
    assert [each.tags for each in Batch.from_arrow(Tags, pa.table({"tags": entries})).records()] == [{"a": 1}, {}]


def test_texts_come_in_every_layout() -> None:
    class Words(Record):
        word: str
        raw: bytes
        level: Level

    for layout, of_bytes in ((pa.large_string(), pa.large_binary()), (pa.string_view(), pa.binary_view())):
        table = pa.table(
            {
                "word": pa.array(["a"]).cast(layout),
                "raw": pa.array([b"x"]).cast(of_bytes),
                "level": pa.array(["WARN"]).dictionary_encode(),
            }
        )
        assert list(Batch.from_arrow(Words, table).records()) == [Words("a", b"x", Level.WARN)]


def fault(type_: type[Record], **columns: Any) -> str:
    with pytest.raises(InvalidBatch) as caught:
        Batch.from_arrow(type_, pa.table(columns))
    return str(caught.value)


class Numbers(Record):
    n: Int32 = 0
    f: Float32 = 0.0
    d: float = 0.0
    at: EventTime = NOON
    level: Level = Level.WARN
    key: UUID = UUID(int=0)
    points: list[Point] = dataclasses.field(default_factory=list)
    tags: dict[str, int] = dataclasses.field(default_factory=dict)
    maybe: Point | None = None


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("n", pa.array([2**40]), "Numbers.n needs int32, but int64 came: Integer value 1099511627776 not in range"),
        ("n", pa.array([1.0]), "Numbers.n needs int32, but double came"),
        ("n", pa.array(["1"]), "Numbers.n needs int32, but string came"),
        ("n", pa.array([True]), "Numbers.n needs int32, but bool came"),
        ("n", pa.array([1, None]), "Numbers.n must not be null; record 1 of 2 is"),
        ("n", pa.nulls(1), "Numbers.n must not be null; record 0 of 1 is"),
        ("f", pa.array([1e300]), "a number came that is too great for it"),
        ("d", pa.array([2**60 + 1]), "Numbers.d needs double, but int64 came: Integer value"),
        ("at", pa.array([datetime(2026, 1, 1)]), "but timestamp[us] came, without a zone"),  # noqa: DTZ001
        ("at", pa.array([1], pa.timestamp("ns", "UTC")), "would lose data"),
        ("at", pa.array([1]), "Numbers.at needs timestamp[us, tz=UTC], but int64 came"),
        ("level", pa.array(["WARN", "LOUD"]), "Numbers.level is one of WARN, ERROR, but 'LOUD' came"),
        ("level", pa.array([1]).dictionary_encode(), "Numbers.level needs string, but dictionary"),
        ("key", pa.array(["x"]), "Numbers.key is a UUID, but 'x' came"),
        ("points", pa.array([1]), "Numbers.points needs list<"),
        ("points", pa.array([[None]], pa.list_(pa.struct([("x", pa.int64())]))), "Numbers.points[] must not be null"),
        ("points", pa.array([[{"x": None}]], pa.list_(pa.struct([("x", pa.int64())]))), "Numbers.points[].x must not"),
        ("points", pa.array([[{"x": 1, "level": "LOUD"}]]), "Numbers.points[].level is one of WARN"),
        ("points", pa.array([[{"level": "WARN"}]]), "Numbers.points[] needs a column 'x'; came: level"),
        ("points", pa.array([[{"x": 1, "y": 1}]]), "Numbers.points[] has no field 'y'; it has x, level"),
        ("tags", pa.array([[("a", None)]], pa.map_(pa.string(), pa.int64())), "Numbers.tags{} must not be null"),
        ("tags", pa.array([["a"]]), "Numbers.tags needs map<"),
        ("maybe", pa.array([{"x": None}], pa.struct([("x", pa.int64())])), "Numbers.maybe.x must not be null"),
        ("level_", pa.array([1]), "Numbers has no field 'level_'; it has n, f, d, at"),
    ],
)
def test_a_column_that_does_not_fit_is_told_with_its_place(column: str, values: pa.Array, said: str) -> None:
    assert said in fault(Numbers, **{column: values})


def test_a_missing_column_without_default_is_told() -> None:
    assert fault(Reading, sensor=["a"], at=[NOON]) == "Reading needs a column 'celsius'; came: sensor, at"


def test_a_column_that_comes_twice_is_told() -> None:
    twice = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([1])], names=["n", "n"])
    with pytest.raises(InvalidBatch, match="each column once"):
        Batch.from_arrow(Numbers, twice)


def test_numbers_widen_and_narrow_where_nothing_is_lost() -> None:
    table = pa.table({"n": pa.array([1]), "f": [0.1], "d": pa.array([1], pa.int8()), "at": [NOON + timedelta(1)]})
    (row,) = Batch.from_arrow(Numbers, table).records()
    assert (row.n, row.d, row.at) == (1, 1.0, NOON + timedelta(1))
    assert math.isclose(row.f, 0.1, rel_tol=1e-6)
    assert next(Batch.from_arrow(Numbers, pa.table({"f": [math.inf]})).records()).f == math.inf


@pytest.mark.parametrize(
    "change",
    [{"celsius": "hot"}, {"sensor": 1}, {"at": datetime(2026, 1, 1)}, {"at": date(2026, 1, 1)}, {"sensor": "\udc80"}],  # noqa: DTZ001
)
def test_a_value_that_does_not_fit_its_field_is_told(change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(InvalidBatch, match=rf"Reading\.{name} needs .*, but a value does not fit"):
        Batch.of(Reading, [reading(), dataclasses.replace(reading(), **change)])


def test_none_in_a_field_that_is_not_optional_is_told() -> None:
    with pytest.raises(InvalidBatch, match="sensor must not be null; record 0 of 1"):
        Batch.of(Reading, [dataclasses.replace(reading(), sensor=None)])  # type: ignore[arg-type]


def test_an_empty_batch_has_its_columns() -> None:
    assert len(Batch.empty(Everything)) == 0
    assert Batch.empty(Everything).arrow.schema == Everything.arrow_schema()
    assert list(Batch.of(Everything, []).records()) == []
    assert len(Batch.from_arrow(Reading, pa.table(Reading.arrow_schema().empty_table()))) == 0


def test_batches_of_one_type_become_one() -> None:
    one, two = Batch.of(Reading, [reading(1)]), Batch.of(Reading, [reading(2), reading(3)])
    assert [each.celsius for each in concat(Reading, [one, two]).records()] == [1, 2, 3]
    assert concat(Reading, [one]).arrow is one.arrow
    assert len(concat(Reading, [])) == 0


def test_a_batch_tells_its_type_and_length() -> None:
    assert repr(Batch.of(Reading, [reading()])) == "Batch[Reading](1 records)"


def kinds(depth: int) -> st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]]:
    """An annotation, and the values that it allows."""
    simple = st.sampled_from(
        [
            (int, st.integers(-(2**63), 2**63 - 1)),
            (str, texts),
            (bytes, st.binary(max_size=3)),
            (bool, st.booleans()),
            (Millis, times.map(lambda at: at.replace(microsecond=0))),
            (Level, st.sampled_from(Level)),
            (Point, points),
            (UUID, st.uuids()),
        ]
    )
    if depth == 0:
        return simple
    inner = kinds(depth - 1)
    return st.one_of(
        simple,
        inner.map(lambda kind: (list[kind[0]], st.lists(kind[1], max_size=2))),  # type: ignore[name-defined]
        inner.map(lambda kind: (dict[str, kind[0]], st.dictionaries(texts, kind[1], max_size=2))),  # type: ignore[name-defined]
        simple.map(lambda kind: (kind[0] | None, st.none() | kind[1])),
    )


@given(st.lists(kinds(3), min_size=1, max_size=3), st.data())
@settings(deadline=None, max_examples=60)
def test_records_of_any_type_come_back_from_columns_and_frames(drawn: list[Any], data: st.DataObject) -> None:
    names = "abc"[: len(drawn)]
    made = dict(zip(names, (annotation for annotation, _ in drawn), strict=True))
    type_: Any = type("Any", (Record,), {"__annotations__": made, "__module__": __name__})
    rows = data.draw(st.lists(st.builds(type_, *(values for _, values in drawn)), max_size=3))
    batch = Batch.of(type_, rows)
    assert list(batch.records()) == rows
    assert list(Batch.from_frame(type_, batch.frame).records()) == rows


def test_what_stands_under_a_null_is_not_taken_for_a_value() -> None:
    class Tags(Record):
        tags: dict[str, int | None] | None

    full = pa.MapArray.from_arrays(
        pa.array([0, 2, 3], pa.int32()),
        pa.array(["a", "b", "c"], pa.large_string()),
        pa.array([1, 2, 3]),
        mask=pa.array([True, False]),
    )
    assert list(Batch.from_arrow(Tags, pa.table({"tags": full})).records()) == [Tags(None), Tags({"c": 3})]
