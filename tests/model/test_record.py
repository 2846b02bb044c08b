from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pyarrow as pa
import pytest

from tailrace.model.errors import TailraceError
from tailrace.model.fields import MISSING, Alias, DefinitionError, Digits, Doc, EventTime, ScalarType
from tailrace.model.record import Record


class Reading(Record):
    """One measurement."""

    at: EventTime
    sensor: Annotated[str, Doc("which one"), Alias("name")]
    celsius: float = 0.0
    tags: list[str] = dataclasses.field(default_factory=list)


class Bare(Record, namespace=""):
    x: int


def test_a_record_is_frozen_and_compares_by_value() -> None:
    assert Bare(1) == Bare(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Bare(1).x = 2  # type: ignore[misc]


def test_a_record_type_tells_its_fields() -> None:
    at, sensor, celsius, tags = Reading.record_fields()
    assert (at.event_time, at.required, at.default) == (True, True, MISSING)
    assert (sensor.doc, sensor.aliases, sensor.type) == ("which one", ("name",), ScalarType("string"))
    assert (celsius.default, tags.default) == (0.0, [])
    assert (Reading.event_time_field(), Bare.event_time_field()) == ("at", None)
    assert repr(MISSING) == "MISSING"


def test_a_record_type_has_a_name_a_doc_and_a_fingerprint() -> None:
    assert Reading.record_name() == f"{__name__}.Reading"
    assert (Bare.record_name(), "doc" in Bare.avro_schema()) == ("Bare", False)
    assert Reading.avro_schema()["doc"] == "One measurement."
    assert len(Bare.schema_fingerprint()) == 16


def test_the_arrow_schema_is_made_once() -> None:
    assert Bare.arrow_schema() is Bare.arrow_schema()
    assert Bare.arrow_schema() == pa.schema([pa.field("x", pa.int64(), nullable=False)])


def test_defaults_are_not_shared() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert Reading(now, "a").tags is not Reading(now, "b").tags


class Base(Record):
    id: UUID
    note: str | None = None


class Derived(Base):
    extra: int = 1
    note: str | None = "n"


def test_a_subclass_has_its_bases_fields_first() -> None:
    assert [(each.name, each.default) for each in Derived.record_fields()] == [
        ("id", MISSING), ("note", "n"), ("extra", 1)
    ]  # fmt: skip
    assert Derived.record_name().endswith(".Derived")


def base_of_local_names() -> type[Record]:
    class Local(Record):
        x: int

    class Holder(Record):
        local: Local

    return Holder


class Ahead(Record):
    behind: Behind


class Further(Ahead):
    n: int = 0


class Behind(Record):
    x: int


def test_types_are_found_where_their_class_was_declared() -> None:
    holder = base_of_local_names()

    class Sub(holder):  # type: ignore[misc, valid-type]
        y: int

    assert [each.name for each in Sub.record_fields()] == ["local", "y"]
    assert [each.name for each in Further.record_fields()] == ["behind", "n"]


class Level(Enum):
    ON = 1


def test_an_inner_enum_and_class_variables_are_no_fields() -> None:
    class Switch(Record):
        class State(Enum):
            OFF = 0

        LIMITS: ClassVar[list[int]] = [1]
        state: State
        level: Level = Level.ON

    assert [each.name for each in Switch.record_fields()] == ["state", "level"]


def test_a_record_type_may_be_made_by_a_hook_of_its_base() -> None:
    class Hooked(Record):
        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)

    class Local(Record):
        x: int

    class Made(Hooked):
        local: Local

    assert [each.name for each in Made.record_fields()] == ["local"]


def declare(annotation: Any, name: str = "x", **body: Any) -> type[Record]:
    return type(Record)("Made", (Record,), {"__annotations__": {name: annotation}, "__module__": __name__, **body})


class Foreign(Enum):
    É = 1  # noqa: PLC2401


@pytest.mark.parametrize(
    ("annotation", "more", "said"),
    [
        (object, {}, "record type Made: field 'x' has the type object, which no Avro schema can hold"),
        (int | str, {}, "field 'x' is a union of several types"),
        (int | str | None, {}, "field 'x' is a union of several types"),
        (dict[int, str], {}, "field 'x' has the type dict[int, str]"),
        (set[str], {}, "field 'x' has the type set[str]"),
        (list[object], {}, "field 'x' has the type object"),
        (list, {}, "field 'x' has the type list"),
        (dict, {}, "field 'x' has the type dict"),
        (Decimal, {}, "field 'x' is a Decimal without precision"),
        (Annotated[Decimal, Digits(2, 3)], {}, "field 'x' has Digits(2, 3)"),
        (Foreign, {}, "enum Foreign has the member 'É', which is no Avro name"),
        (int, {"name": "é"}, "'é' is no name that an Avro field can have"),
        (int, {"name": "record_fields"}, "a field cannot be called 'record_fields'"),
        (list[str], {"x": []}, "the default of 'x' would be shared by all records"),
        (Bare, {"x": bytearray()}, "mutable default"),
    ],
)
def test_a_type_that_cannot_be_is_refused_where_it_is_declared(annotation: Any, more: Any, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        declare(annotation, **more)
    assert said in str(caught.value)


def test_a_field_without_default_does_not_follow_one_with_default() -> None:
    with pytest.raises(DefinitionError, match="record type Wrong: non-default argument 'y'"):

        class Wrong(Record):
            x: int = 1
            y: int


def test_there_is_one_event_time_at_most() -> None:
    with pytest.raises(DefinitionError, match=r"record type Twice has 2 event times \(a, b\); one at most"):

        class Twice(Record):
            a: EventTime
            b: EventTime


class Unknown(Record):
    x: Nowhere  # type: ignore[name-defined]  # noqa: F821


def test_a_type_that_is_never_defined_is_told_when_it_is_asked_for() -> None:
    with pytest.raises(DefinitionError, match="record type Unknown names a type that is not defined: name 'Nowhere'"):
        Unknown.record_fields()


class Tree(Record):
    value: int
    children: list[Tree] = dataclasses.field(default_factory=list)


def test_a_record_that_contains_itself_has_no_columns() -> None:
    with pytest.raises(DefinitionError, match="record type Tree contains itself"):
        Tree.arrow_schema()
    assert Tree.avro_schema()["fields"][1]["type"]["items"] == f"{__name__}.Tree"


def test_a_hint_goes_with_an_error() -> None:
    assert TailraceError("what", hint="how").hint == "how"
    assert str(TailraceError("what")) == "what"
