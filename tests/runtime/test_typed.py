"""Records read as the type that an inlet declares, whoever wrote them and when."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated

import pyarrow as pa
import pytest

from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.fields import Alias, Digits
from tailrace.model.record import Record
from tailrace.runtime.typed import read_as


class Colour(Enum):
    RED = "RED"


class Wrote:
    class Thing(Record):
        name: str
        size: int
        colour: Colour
        price: Annotated[Decimal, Digits(6, 2)]


class Reads:
    class Thing(Record):
        name: str
        size: float
        colour: Colour = Colour.RED
        price: Annotated[Decimal, Digits(6, 2)] = Decimal("1.00")


class Renamed:
    class Thing(Record):
        title: Annotated[str, Alias("name")]


THING = Wrote.Thing(name="a", size=1, colour=Colour.RED, price=Decimal("2.50"))


def older(**columns: object) -> pa.RecordBatch:
    """A segment of a schema that nobody has any more."""
    return pa.RecordBatch.from_pydict({name: pa.array([value]) for name, value in columns.items()})


def test_records_of_the_readers_own_columns_are_not_touched() -> None:
    arrow = Batch.of(Wrote.Thing, [THING]).arrow

    assert read_as(arrow, Wrote.Thing, Wrote.Thing).arrow is arrow


def test_records_of_the_writers_type_are_resolved_to_the_readers() -> None:
    batch = read_as(Batch.of(Wrote.Thing, [THING]).arrow, Wrote.Thing, Reads.Thing)

    assert list(batch.records()) == [Reads.Thing(name="a", size=1.0, colour=Colour.RED, price=Decimal("2.50"))]


def test_an_older_segment_without_a_new_field_takes_its_default() -> None:
    batch = read_as(older(name="a", size=3), Wrote.Thing, Reads.Thing)

    assert list(batch.records()) == [Reads.Thing(name="a", size=3.0)]


def test_an_older_segment_with_a_field_that_nobody_knows_is_read_without_it() -> None:
    batch = read_as(older(name="a", size=3, tags=[["x"]]), Wrote.Thing, Reads.Thing)

    assert list(batch.records()) == [Reads.Thing(name="a", size=3.0)]


def test_columns_of_an_older_segment_keep_the_logical_types_that_are_still_known() -> None:
    price = pa.array([Decimal("9.99")], pa.decimal128(6, 2))
    arrow = pa.RecordBatch.from_arrays([pa.array(["a"]), pa.array([1]), price], ["name", "size", "price"])

    assert next(read_as(arrow, Wrote.Thing, Reads.Thing).records()).price == Decimal("9.99")


def test_an_older_segment_is_found_under_the_name_that_a_field_went_by() -> None:
    assert list(read_as(older(name="a"), Renamed.Thing, Renamed.Thing).records()) == [Renamed.Thing(title="a")]


def test_an_older_segment_that_lacks_what_the_reader_needs_is_told_in_a_sentence() -> None:
    with pytest.raises(TailraceError, match="records cannot be read as Thing: size: "):
        read_as(older(name="a"), Wrote.Thing, Reads.Thing)


def test_nulls_in_an_older_segment_are_no_values_for_a_field_that_needs_one() -> None:
    with pytest.raises(TailraceError, match="records cannot be read as Thing: size: "):
        read_as(
            pa.RecordBatch.from_arrays([pa.array(["a"]), pa.array([None], pa.int64())], ["name", "size"]),
            Wrote.Thing,
            Reads.Thing,
        )
