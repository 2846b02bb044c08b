"""The Arrow schema of a record type: the form in which batches flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from tailrace.model.fields import (
    ArrayType,
    DecimalType,
    DefinitionError,
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


def arrow_schema(record: type[Record], within: tuple[type[Record], ...] = ()) -> pa.Schema:
    """The schema of batches of `record`, fields in the order of declaration.

    Raises DefinitionError when the record holds itself, `within` being the records around it: columns end somewhere.
    """
    if record in within:
        raise DefinitionError(f"record type {record.__name__} contains itself, which columns cannot")
    inside = (*within, record)
    return pa.schema(
        [pa.field(each.name, arrow_type(each.type, inside), nullable=each.optional) for each in record.record_fields()]
    )


def arrow_type(type_: FieldType, within: tuple[type[Record], ...] = ()) -> pa.DataType:
    """The Arrow type of one field's values. Enums and UUIDs travel as strings."""
    match type_:
        case ScalarType(kind):
            return _SCALARS[kind]
        case DecimalType(precision, scale):
            return pa.decimal128(precision, scale)
        case EnumType():
            return pa.string()
        case OptionalType(inner):
            return arrow_type(inner, within)
        case ArrayType(item):
            return pa.list_(pa.field("item", arrow_type(item, within), nullable=isinstance(item, OptionalType)))
        case MapType(value):
            nullable = isinstance(value, OptionalType)
            return pa.map_(pa.string(), pa.field("value", arrow_type(value, within), nullable=nullable))
        case NestedType(record):
            return pa.struct(list(arrow_schema(record, within)))
