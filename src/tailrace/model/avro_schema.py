"""The Avro schema of a record type, its canonical form and its fingerprint.

Source: Apache Avro 1.12 specification, "Schema Declaration", "Parsing Canonical Form for Schemas" and "Schema
Fingerprints".
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tailrace.model.fields import (
    EVENT_TIME,
    ArrayType,
    DecimalType,
    EnumType,
    Field,
    FieldType,
    MapType,
    NestedType,
    OptionalType,
    ScalarKind,
    ScalarType,
)

if TYPE_CHECKING:
    from tailrace.model.record import Record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOGICAL: Final[dict[ScalarKind, dict[str, str]]] = {
    "date": {"type": "int", "logicalType": "date"},
    "timestamp-millis": {"type": "long", "logicalType": "timestamp-millis"},
    "timestamp-micros": {"type": "long", "logicalType": "timestamp-micros"},
    "uuid": {"type": "string", "logicalType": "uuid"},
}
_CANONICAL_ORDER = ("name", "type", "fields", "symbols", "items", "values", "size")
_CRC64_EMPTY = 0xC15D213AA4D7A795


def avro_schema(record: type[Record]) -> dict[str, Any]:
    """The schema of `record`, each named type spelled out once and then called by its full name."""
    return _record_schema(record, set())


def _record_schema(record: type[Record], known: set[str], within: str = "") -> dict[str, Any]:
    from tailrace.model.record import record_doc

    name = record.record_name()
    known.add(name)
    namespace, _, short = name.rpartition(".")
    schema: dict[str, Any] = {"type": "record", "name": short}
    if namespace or within:
        schema["namespace"] = namespace
    if doc := record_doc(record):
        schema["doc"] = doc
    schema["fields"] = [_field_schema(field, known, namespace) for field in record.record_fields()]
    return schema


def _field_schema(field: Field, known: set[str], namespace: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"name": field.name, "type": _type_schema(field.type, known, namespace)}
    if field.doc:
        schema["doc"] = field.doc
    if field.aliases:
        schema["aliases"] = list(field.aliases)
    if field.event_time:
        schema[EVENT_TIME] = True
    if not field.required:
        schema["default"] = default_json(field.default, field.type)
        if isinstance(field.type, OptionalType) and field.default is not None:
            schema["type"] = schema["type"][::-1]  # Avro: a union's default is of its first branch
    return schema


def _type_schema(type_: FieldType, known: set[str], namespace: str) -> Any:
    match type_:
        case ScalarType(kind):
            return _LOGICAL.get(kind, kind)
        case DecimalType(precision, scale):
            return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}
        case OptionalType(inner):
            return ["null", _type_schema(inner, known, namespace)]
        case ArrayType(item):
            return {"type": "array", "items": _type_schema(item, known, namespace)}
        case MapType(value):
            return {"type": "map", "values": _type_schema(value, known, namespace)}
        case NestedType(record):
            return record.record_name() if record.record_name() in known else _record_schema(record, known, namespace)
        case EnumType():
            return _enum_schema(type_, known, namespace)


def _enum_schema(type_: EnumType, known: set[str], namespace: str) -> Any:
    space = type_.namespace if type_.namespace is not None else namespace
    name = f"{space}.{type_.name}" if space else type_.name
    if name in known:
        return name
    known.add(name)
    schema: dict[str, Any] = {"type": "enum", "name": type_.name, "symbols": list(type_.symbols)}
    if space != namespace:
        schema["namespace"] = space
    if type_.default is not None:
        schema["default"] = type_.default
    return schema


def default_json(value: Any, type_: FieldType) -> Any:
    """A default as Avro's JSON encoding writes it: bytes as Latin-1 text, times as numbers, enums as symbols."""
    if value is None:
        return None
    match type_:
        case OptionalType(inner):
            return default_json(value, inner)
        case ArrayType(item):
            return [default_json(each, item) for each in value]
        case MapType(item):
            return {key: default_json(each, item) for key, each in value.items()}
        case NestedType(record):
            return {
                field.name: default_json(getattr(value, field.name), field.type) for field in record.record_fields()
            }
        case DecimalType(_, scale):
            return _decimal_text(value, scale)
        case ScalarType("timestamp-millis" | "timestamp-micros" as kind):
            micros = (value - _EPOCH) // (datetime.resolution)
            return micros // 1000 if kind == "timestamp-millis" else micros
    return _plain_default(value)


def _plain_default(value: Any) -> Any:
    match value:
        case Enum():
            return value.name
        case bytes():
            return value.decode("latin-1")
        case UUID():
            return str(value)
        case date():
            return (value - _EPOCH.date()).days
    return value


def _decimal_text(value: Decimal, scale: int) -> str:
    unscaled = int(value.scaleb(scale))
    size = (unscaled.bit_length() + 8) // 8
    return unscaled.to_bytes(size, "big", signed=True).decode("latin-1")


def canonical_form(schema: Any) -> str:
    """Avro's Parsing Canonical Form: full names, no docs, defaults or logical types, a fixed order, no white space."""
    return json.dumps(_canonical(schema, ""), separators=(",", ":"), ensure_ascii=False)


def _canonical(schema: Any, namespace: str) -> Any:
    if isinstance(schema, str):
        return schema if "." in schema or not namespace or schema in _PRIMITIVES else f"{namespace}.{schema}"
    if isinstance(schema, list):
        return [_canonical(branch, namespace) for branch in schema]
    if schema["type"] in _PRIMITIVES:
        return schema["type"]
    if isinstance(schema["type"], dict | list):
        return _canonical(schema["type"], namespace)
    return _canonical_complex(schema, namespace)


_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})


def _canonical_complex(schema: dict[str, Any], namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": schema["type"]}
    if "name" in schema:
        name = full_name(schema, namespace)
        namespace = name.rpartition(".")[0]
        found["name"] = name
    if "fields" in schema:
        found["fields"] = [
            {"name": field["name"], "type": _canonical(field["type"], namespace)} for field in schema["fields"]
        ]
    for part in ("items", "values"):
        if part in schema:
            found[part] = _canonical(schema[part], namespace)
    for part in ("symbols", "size"):
        if part in schema:
            found[part] = schema[part]
    return {part: found[part] for part in _CANONICAL_ORDER if part in found}


def full_name(schema: dict[str, Any], namespace: str) -> str:
    """The full name of a named schema that stands within `namespace`."""
    name: str = schema["name"]
    if "." in name:
        return name
    space = schema.get("namespace", namespace)
    return f"{space}.{name}" if space else name


def fingerprint(schema: Any) -> str:
    """The CRC-64-AVRO of the canonical form, as sixteen hex digits, most significant first."""
    table = _crc64_table()
    crc = _CRC64_EMPTY
    for byte in canonical_form(schema).encode():
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return f"{crc:016x}"


@cache
def _crc64_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = (crc >> 1) ^ (_CRC64_EMPTY if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
