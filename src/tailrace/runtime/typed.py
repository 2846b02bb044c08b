"""From columns as a writer left them to batches of the type that an inlet reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from tailrace.model.batch import Batch
from tailrace.model.record import Record
from tailrace.model.resolution import resolve_batch


def read_as(arrow: pa.RecordBatch, writer: type[Record], reader: type[Record]) -> Batch[Any]:
    """The records as `reader`: as they are where the columns are the reader's, else by Avro's rules.

    `writer` is the type that the topic is written with by now. Segments from before a change of it are read by what
    their own columns tell. Raises TailraceError when they, or a value in them, cannot be read so.
    """
    if arrow.schema.equals(reader.arrow_schema()):
        return Batch(reader, arrow)
    if arrow.schema.equals(writer.arrow_schema()):
        return Batch(reader, resolve_batch(arrow, writer, reader))
    return Batch(reader, resolve_batch(arrow, written_schema(arrow, writer, reader), reader))


def written_schema(arrow: pa.RecordBatch, *known: type[Record]) -> dict[str, Any]:
    """The Avro schema of columns whose record type is gone.

    A column takes the type of the first `known` record type that has such a column; any other, the plain type of its
    values. Columns that neither gives a type to are left out: nobody asks for them.
    """
    fields = [
        {"name": column.name, "type": _with_null(type_, arrow.column(place))}
        for place, column in enumerate(arrow.schema)
        if (type_ := _known_type(column, known) or _plain_type(column.type)) is not None
    ]
    return {**known[-1].avro_schema(), "fields": fields}


def _known_type(column: pa.Field, known: tuple[type[Record], ...]) -> Any:
    for record in known:
        schema = record.arrow_schema()
        for name, type_ in _names(record):
            if name == column.name and schema.field(type_["name"]).type == column.type:
                return type_["type"]
    return None


def _names(record: type[Record]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every name that a field goes or went by, with the field."""
    for field in record.avro_schema()["fields"]:
        for name in (field["name"], *field.get("aliases", ())):
            yield name, field


def _with_null(type_: Any, column: pa.Array) -> Any:
    """What really stands there decides: a column that might hold nulls and holds none is read as one without."""
    bare = [branch for branch in type_ if branch != "null"] if isinstance(type_, list) else [type_]
    return ["null", *bare] if column.null_count else bare[0] if len(bare) == 1 else bare


def _plain_type(type_: pa.DataType) -> Any:
    if pa.types.is_decimal(type_):
        return {"type": "bytes", "logicalType": "decimal", "precision": type_.precision, "scale": type_.scale}
    return _PLAIN.get(type_)


_PLAIN: Mapping[pa.DataType, Any] = {
    pa.bool_(): "boolean",
    pa.int32(): "int",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.string(): "string",
    pa.binary(): "bytes",
    pa.date32(): {"type": "int", "logicalType": "date"},
    pa.timestamp("ms", "UTC"): {"type": "long", "logicalType": "timestamp-millis"},
    pa.timestamp("us", "UTC"): {"type": "long", "logicalType": "timestamp-micros"},
}
