"""The record types that come with the package, and what Python types become."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import tailrace.logs.records as logs
from pages.markdown import code, document, table
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.fields import (
    ArrayType,
    Digits,
    EventTime,
    Field,
    FieldType,
    Float32,
    Int32,
    Millis,
    NestedType,
)
from tailrace.model.record import Record, record_doc


class Side(Enum):
    """An Enum for the table of types."""

    LEFT = 1
    RIGHT = 2


class Point(Record):
    """A record for the table of types."""

    x: int


_TYPES: tuple[tuple[str, Any], ...] = (
    ("str", str),
    ("int", int),
    ("Int32", Int32),
    ("float", float),
    ("Float32", Float32),
    ("bool", bool),
    ("bytes", bytes),
    ("datetime", datetime),
    ("EventTime", EventTime),
    ("Millis", Millis),
    ("date", date),
    ("UUID", UUID),
    ("Annotated[Decimal, Digits(10, 2)]", Annotated[Decimal, Digits(10, 2)]),
    ("an Enum", Side),
    ("list[str]", list[str]),
    ("dict[str, int]", dict[str, int]),
    ("a Record", Point),
    ("str | None", str | None),
)


def page() -> str:
    """Every packaged record type with its fields, and the table of types."""
    types = [each for each in vars(logs).values() if _own(each)]
    return document(
        "# Record types that come with Tailrace",
        "What travels between the stations of the log-alert application (`tailrace.logs.records`), and the record "
        "that every dead-letter topic holds. Times are UTC, to the microsecond.",
        *(_section(each) for each in (*types, DeadLetter)),
        "## What a field can be",
        "Annotate fields with these; `EventTime`, `Millis`, `Int32`, `Float32`, `Digits`, `Doc` and `Alias` are "
        "imported from `tailrace`. `EventTime` is a `datetime` too, and marks the field that windows go by.",
        table(("Python", "Avro", "Arrow"), (_type(name, annotation) for name, annotation in _TYPES)),
    )


def _own(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Record) and value.__module__ == logs.__name__


def _section(record: type[Record]) -> str:
    schema = record.arrow_schema()
    rows = [(code(f.name), _kind(f.type, schema.field(f.name).type), _about(f)) for f in record.record_fields()]
    return document(
        f"## {record.__name__}",
        record_doc(record) or "",
        f"Fingerprint of its schema: `{record.schema_fingerprint()}`.",
        table(("field", "type", "about"), rows),
    )


def _kind(type_: FieldType, arrow: Any) -> str:
    """The Arrow type; a record within by its name."""
    inner = type_.item if isinstance(type_, ArrayType) else type_
    if not isinstance(inner, NestedType):
        return str(arrow)
    name = f"[{inner.record.__name__}](#{inner.record.__name__.lower()})"
    return f"list of {name}" if isinstance(type_, ArrayType) else name


def _about(field: Field) -> str:
    marks = [field.doc or "", "the event time" if field.event_time else "", "may be empty" if field.optional else ""]
    return "; ".join(mark for mark in marks if mark)


def _type(name: str, annotation: Any) -> tuple[str, ...]:
    holder: Any = type("Holder", (Record,), {"__annotations__": {"field": annotation}, "__module__": __name__})
    avro = holder.avro_schema()["fields"][0]["type"]
    return code(name), code(_avro(avro)), code(str(holder.arrow_schema().field("field").type))


def _avro(schema: Any) -> str:
    """A schema in short: the logical type where there is one."""
    if isinstance(schema, list):
        return " or ".join(_avro(each) for each in schema)
    if not isinstance(schema, dict):
        return str(schema)
    if "logicalType" in schema:
        return f"{schema['type']}, {schema['logicalType']}"
    return str(schema["type"])
