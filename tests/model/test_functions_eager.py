"""Function streamlets where annotations are evaluated at once: no `from __future__ import annotations` here."""

from collections.abc import Iterator
from dataclasses import field
from enum import Enum
from typing import Annotated, ClassVar, Optional

from tailrace.model.batch import Batch
from tailrace.model.fields import Doc, EnumType, EventTime, NestedType, OptionalType, ScalarType
from tailrace.model.functions import streamlet
from tailrace.model.record import Record
from tailrace.model.streamlet import Streamlet


class Outer(Record):
    """Names a type before it is defined."""

    class Kind(Enum):
        ONE = 1

    LIMIT: ClassVar[int] = 3
    later: "Later"
    kind: Kind
    many: list["Later"] = field(default_factory=list)
    note: Annotated[Optional[str], Doc("old style")] = None  # noqa: UP045


class Later(Record):
    at: EventTime


@streamlet
def first(outer: Outer, *, n: int = 2) -> "Later | None":
    return outer.later


@streamlet
def many(outers: Batch[Outer]) -> Iterator["Later"]:
    return (each.later for each in outers.records())


def test_functions_are_read_without_postponed_annotations() -> None:
    assert first.streamlet.spec.outlets["out"].record_type is Later
    assert many.streamlet.spec.inlets["in"].record_type is Outer
    assert issubclass(many.streamlet, Streamlet)


def test_record_types_are_read_without_postponed_annotations() -> None:
    later, kind, each, note = Outer.record_fields()
    assert later.type == NestedType(Later)
    assert isinstance(kind.type, EnumType)
    assert each.default == []
    assert (note.type, note.doc) == (OptionalType(ScalarType("string")), "old style")
