from __future__ import annotations

from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any

import pyarrow as pa
import pytest

from tailrace.model.avsc import load_schema
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.fields import Alias, EventTime, Float32, Int32, Millis
from tailrace.model.record import Record
from tailrace.model.resolution import Unresolvable, resolve_batch

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def former() -> Any:
    """The record types as they once were, under the names they still have."""

    class Level(Enum):
        LOW = 1
        HIGH = 2
        ODD = 3

    class Point(Record):
        x: Int32
        name: str

    class Row(Record):
        host: str
        n: Int32
        single: Float32
        raw: bytes
        at: Millis
        day: date
        level: Level
        point: Point
        points: list[Point]
        by_name: dict[str, Point]
        maybe: Point | None
        gone: int = 0

    return SimpleNamespace(**locals())


old = former()


def latest() -> Any:
    """The record types as they are now."""

    class Level(Enum):
        HIGH = 1
        LOW = 2
        __avro_default__ = "LOW"

    class Point(Record):
        label: str = "none"
        x: float = 0.0

    class Row(Record):
        at: EventTime
        server: Annotated[str, Alias("computer", "host")]
        n: float
        single: float
        raw: str
        day: int
        level: Level
        point: Point
        points: list[Point]
        by_name: dict[str, Point]
        maybe: Point | None
        added: list[str] = field(default_factory=lambda: ["a"])
        late: datetime | None = None

    return SimpleNamespace(**locals())


new = latest()


def rows() -> Batch[Any]:
    point = old.Point(1, "p")
    row = old.Row("h", 2, 1.5, b"t", NOON, date(1970, 1, 3), old.Level.ODD, point, [point], {"k": point}, None)
    other = old.Row("i", 3, 2.5, b"", NOON, date(1970, 1, 1), old.Level.HIGH, point, [], {}, old.Point(7, "q"))
    return Batch.of(old.Row, [row, row, other])


def test_columns_are_renamed_promoted_dropped_and_filled_in_to_the_last() -> None:
    read = resolve_batch(rows().arrow.slice(1), old.Row, new.Row)
    batch = Batch.from_arrow(new.Row, read)
    assert batch.arrow is read
    point = new.Point("none", 1.0)
    assert list(batch.records()) == [
        new.Row(NOON, "h", 2.0, 1.5, "t", 2, new.Level.LOW, point, [point], {"k": point}, None),
        new.Row(NOON, "i", 3.0, 2.5, "", 0, new.Level.HIGH, point, [], {}, new.Point("none", 7.0)),
    ]


def test_the_writer_may_be_given_as_a_schema_and_the_batch_in_another_layout() -> None:
    table = rows().frame.to_arrow().combine_chunks().to_batches()[0]
    read = resolve_batch(table, old.Row.avro_schema(), new.Row)
    assert read.equals(resolve_batch(rows().arrow, old.Row, new.Row))


def test_a_batch_of_the_readers_own_type_is_given_back() -> None:
    arrow = rows().arrow
    assert resolve_batch(arrow, old.Row, old.Row) is arrow


def test_schemas_that_do_not_resolve_are_refused_with_the_first_mismatch() -> None:
    with pytest.raises(Unresolvable, match=r"cannot be read as Row: host: .* \(and 11 more\)"):
        resolve_batch(pa.record_batch({"x": [1]}), new.Row, old.Row)


def schema(type_: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": "x", "type": type_, **more}]}


def read(values: pa.Array, writer: Any, reader: Any) -> list[Any]:
    batch = pa.RecordBatch.from_arrays([values], names=["x"])
    return resolve_batch(batch, schema(writer), load_schema(schema(reader))).column(0).to_pylist()


TIME = {"type": "long", "logicalType": "timestamp-micros"}


@pytest.mark.parametrize(
    ("values", "writer", "reader", "found"),
    [
        (pa.array([1], pa.int32()), "int", TIME, [datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1)]),
        (pa.array([5], pa.timestamp("us", "UTC")), TIME, "double", [5.0]),
        (pa.array([5], pa.timestamp("us", "UTC")), TIME, "long", [5]),
        (pa.array([2**60 + 1]), "long", "double", [float(2**60)]),
        (pa.array(["a"]), "string", "bytes", [b"a"]),
        (pa.array(["a"]).dictionary_encode(), "string", "string", ["a"]),
        (pa.nulls(2), ["null", "long"], ["null", "double"], [None, None]),
        (pa.array([1, None]), ["long", "null"], ["null", "double"], [1.0, None]),
        (pa.array([[1, None]]), {"type": "array", "items": ["null", "long"]},
         {"type": "array", "items": ["null", "double"]}, [[1.0, None]]),
    ],
)  # fmt: skip
def test_a_value_is_read_as_the_readers_type(values: pa.Array, writer: Any, reader: Any, found: list[Any]) -> None:
    assert read(values, writer, reader) == found


def test_bytes_that_are_no_text_are_told() -> None:
    with pytest.raises(TailraceError, match="x: binary came, which cannot be read as string"):
        read(pa.array([b"\xff"]), "bytes", "string")


def test_a_batch_without_its_schemas_column_is_told() -> None:
    with pytest.raises(TailraceError, match="x: the batch has no column 'x'"):
        resolve_batch(pa.record_batch({"y": [1]}), schema("long"), load_schema(schema("long")))


def test_a_schema_that_is_no_record_is_told() -> None:
    with pytest.raises(TailraceError, match="a batch holds records"):
        resolve_batch(pa.record_batch({"x": [1]}), [schema("long")], load_schema(schema("long")))
