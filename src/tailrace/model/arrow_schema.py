"""The Arrow schema of a record type: the form in which batches flow."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from tailrace.model.fields import (
    ArrayType,
    DecimalType,
    EnumType,
    FieldType,
    MapType,
    NestedType,
    OptionalType,
    ScalarKind,
    ScalarType,
)

if TYPE_CHECKING:
    from tailrace.model.record import Record

_SCALARS: Final[dict[ScalarKind, pa.DataType]] = {
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "bytes": pa.binary(),
    "date": pa.date32(),
    "timestamp-millis": pa.timestamp("ms", "UTC"),
    "timestamp-micros": pa.timestamp("us", "UTC"),
    "uuid": pa.string(),
}


@cache
def arrow_schema(record: type[Record]) -> pa.Schema:
    """The schema of batches of `record`, fields in the order of declaration."""
    return pa.schema(
        [pa.field(field.name, arrow_type(field.type), nullable=field.optional) for field in record.record_fields()]
    )


def arrow_type(type_: FieldType) -> pa.DataType:
    """The Arrow type of one field's values. Enums and UUIDs travel as strings."""
    match type_:
        case ScalarType(kind):
            return _SCALARS[kind]
        case DecimalType(precision, scale):
            return pa.decimal128(precision, scale)
        case EnumType():
            return pa.string()
        case OptionalType(inner):
            return arrow_type(inner)
        case ArrayType(item):
            return pa.list_(pa.field("item", arrow_type(item), nullable=isinstance(item, OptionalType)))
        case MapType(value):
            return pa.map_(pa.string(), pa.field("value", arrow_type(value), nullable=isinstance(value, OptionalType)))
        case NestedType(record):
            return pa.struct(list(arrow_schema(record)))
