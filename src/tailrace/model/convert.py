"""Single values between Python's types and the plain ones that Arrow takes; the slow road, for single records."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from tailrace.model.fields import ArrayType, EnumType, FieldType, MapType, NestedType, OptionalType, ScalarType


def to_plain(value: Any, type_: FieldType) -> Any:
    """A field's value as Arrow takes it. Raises ValueError for a time without a zone and a symbol that is not one."""
    if value is None:
        return None
    match type_:
        case OptionalType(inner):
            return to_plain(value, inner)
        case ArrayType(item):
            return [to_plain(each, item) for each in value]
        case MapType(item):
            return [(key, to_plain(each, item)) for key, each in value.items()]
        case NestedType(record):
            return {field.name: to_plain(getattr(value, field.name), field.type) for field in record.record_fields()}
        case EnumType():
            return value.name if isinstance(value, Enum) else value
        case ScalarType("uuid"):
            return str(value)
        case ScalarType("timestamp-millis" | "timestamp-micros"):
            return _zoned(value)
    return value


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"the time {value.isoformat()} has no zone")
    return value


def from_plain(value: Any, type_: FieldType) -> Any:
    """The inverse of `to_plain`."""
    if value is None:
        return None
    match type_:
        case OptionalType(inner):
            return from_plain(value, inner)
        case ArrayType(item):
            return [from_plain(each, item) for each in value]
        case MapType(item):
            return {key: from_plain(each, item) for key, each in dict(value).items()}
        case NestedType(record):
            return record(**{field.name: from_plain(value[field.name], field.type) for field in record.record_fields()})
        case EnumType(python=python) if python is not None:
            return python[value]
        case ScalarType("uuid"):
            return UUID(value)
    return value
