"""Columns of one schema read as those of another that it resolves to: Avro's resolution, a column at a time."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.model.arrow_schema import arrow_type
from tailrace.model.avro_tree import Array, EnumNode, Map, Member, Node, RecordNode, Tree, Union
from tailrace.model.convert import to_plain
from tailrace.model.errors import TailraceError
from tailrace.model.fields import ArrayType, EnumType, Field, FieldType, MapType, NestedType, OptionalType
from tailrace.model.nesting import as_list, as_map, as_struct, list_items, map_entries, repeat, struct_child
from tailrace.model.record import Record


class Unreadable(TailraceError):
    """A value of the writer's has no form in the reader's type, such as bytes that are no UTF-8 read as a string."""


class Reading:
    """The way from batches of one schema to those of a record type; the two are known to resolve."""

    def __init__(self, writer: Tree, reader: type[Record]) -> None:
        self._writer = writer
        self._reader = reader

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch in the reader's columns. Raises Unreadable for a value that does not fit."""
        root = self._writer.resolve(self._writer.root)
        if not isinstance(root, RecordNode):
            raise Unreadable(f"a batch holds records, but its schema is {self._writer.root}")
        columns = {name: batch.column(name) for name in batch.schema.names}
        arrays = self._members(root, self._reader, columns, batch.num_rows, "")
        return pa.RecordBatch.from_arrays(arrays, schema=self._reader.arrow_schema())

    def _members(
        self, writer: RecordNode, reader: type[Record], columns: dict[str, pa.Array], count: int, path: str
    ) -> list[pa.Array]:
        written = {member.name: member for member in writer.members}
        return [self._member(written, field, columns, count, f"{path}{field.name}") for field in reader.record_fields()]

    def _member(
        self, written: dict[str, Member], field: Field, columns: dict[str, pa.Array], count: int, path: str
    ) -> pa.Array:
        name = next((name for name in (field.name, *field.aliases) if name in written), None)
        if name is None:
            return repeat(to_plain(field.default, field.type), count, arrow_type(field.type))
        if name not in columns:
            raise Unreadable(f"{path}: the batch has no column {name!r}, though its schema has")
        return self._column(columns[name], written[name].type, field.type, path)

    def _column(self, array: pa.Array, writer: Node, reader: FieldType, path: str) -> pa.Array:
        target = arrow_type(reader)
        if pa.types.is_null(array.type):
            return pa.nulls(len(array), target)
        inner = reader.inner if isinstance(reader, OptionalType) else reader
        there = self._writer.resolve(self._present(writer))
        match inner, there:
            case ArrayType(item), Array(items):
                return as_list(array, self._column(list_items(array), items, item, f"{path}[]"), target)
            case MapType(value), Map(values):
                keys, found = map_entries(array)
                return as_map(array, _cast(keys, pa.string(), path), self._column(found, values, value, path), target)
            case NestedType(record), RecordNode():
                return self._struct(array, there, record, path, target)
            case EnumType(), EnumNode():
                return _known_symbols(_cast(array, target, path), inner)
        return _cast(array, target, path)

    def _struct(
        self, array: pa.Array, writer: RecordNode, record: type[Record], path: str, target: pa.DataType
    ) -> pa.Array:
        columns = {array.type.field(i).name: struct_child(array, i) for i in range(array.type.num_fields)}
        return as_struct(array, self._members(writer, record, columns, len(array), f"{path}."), target)

    def _present(self, writer: Node) -> Node:
        """What stands in a field besides null: records hold no other unions."""
        if not isinstance(writer, Union):
            return writer
        return next((branch for branch in writer.branches if getattr(branch, "kind", "") != "null"), writer)


def _known_symbols(array: pa.Array, reader: EnumType) -> pa.Array:
    if reader.default is None:
        return array
    known: Any = pc.is_in(array, pa.array([*reader.symbols, None], pa.string()))
    return pc.if_else(known, array, reader.default)


def _cast(array: pa.Array, target: pa.DataType, path: str) -> pa.Array:
    """Promotion may lose digits, as Avro has it (a long as a float); nothing else may be lost."""
    if array.type == target:
        return array
    try:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_timestamp(target) and pa.types.is_int32(array.type):
            array = array.cast(pa.int64())
        if pa.types.is_date32(array.type) and not pa.types.is_date32(target):
            array = array.cast(pa.int32())
        if pa.types.is_timestamp(array.type) and pa.types.is_floating(target):
            array = array.cast(pa.int64())
        return array.cast(target, safe=not pa.types.is_floating(target))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Unreadable(f"{path}: {array.type} came, which cannot be read as {target}: {error}") from None
