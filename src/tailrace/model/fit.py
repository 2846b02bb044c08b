"""Fitting columns to a record type: other layouts of the same values are taken, all else is refused with its place."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tailrace.model.arrow_schema import arrow_type
from tailrace.model.convert import to_plain
from tailrace.model.errors import TailraceError
from tailrace.model.fields import ArrayType, EnumType, Field, FieldType, MapType, NestedType, OptionalType, ScalarType
from tailrace.model.nesting import as_list, as_map, as_struct, is_list, list_items, map_entries, repeat, struct_child
from tailrace.model.record import Record


class InvalidBatch(TailraceError):
    """Columns do not fit the record type; the message names the type, the column and what came."""


def fit_batch(record: type[Record], data: pa.RecordBatch) -> pa.RecordBatch:
    """The batch in exactly the record type's Arrow schema; columns may come in any order, defaults fill the missing."""
    schema = record.arrow_schema()
    columns = {name: data.column(i) for i, name in enumerate(data.schema.names)}
    if len(columns) < data.num_columns:
        raise InvalidBatch(f"{record.__name__} has each column once, but {', '.join(data.schema.names)} came")
    arrays = _fit_members(record, columns, data.num_rows, record.__name__)
    if data.schema.equals(schema) and all(new is columns[name] for new, name in zip(arrays, columns, strict=True)):
        return data
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _fit_members(record: type[Record], columns: dict[str, pa.Array], count: int, path: str) -> list[pa.Array]:
    fields = record.record_fields()
    names = [field.name for field in fields]
    unknown = next((name for name in columns if name not in names), None)
    if unknown is not None:
        raise InvalidBatch(f"{path} has no field {unknown!r}; it has {', '.join(names)}")
    return [_fit_member(field, columns, count, path) for field in fields]


def _fit_member(field: Field, columns: dict[str, pa.Array], count: int, path: str) -> pa.Array:
    if field.name in columns:
        return _fit_nullable(columns[field.name], field.type, f"{path}.{field.name}")
    if field.required:
        raise InvalidBatch(f"{path} needs a column {field.name!r}; came: {', '.join(columns) or 'none'}")
    return repeat(to_plain(field.default, field.type), count, arrow_type(field.type))


def _fit_nullable(array: pa.Array, type_: FieldType, path: str) -> pa.Array:
    if isinstance(type_, OptionalType):
        return _fit(array, type_.inner, path)
    if array.null_count:
        first = pc.index(array.is_null(), True).as_py()
        raise InvalidBatch(f"{path} must not be null; record {first} of {len(array)} is")
    return _fit(array, type_, path)


def _fit(array: pa.Array, type_: FieldType, path: str) -> pa.Array:
    target = arrow_type(type_)
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), target)
    match type_:
        case ArrayType(item) if is_list(array.type):
            items = list_items(array)
            fitted = _fit_nullable(items, item, f"{path}[]")
            return array if array.type == target and fitted is items else as_list(array, fitted, target)
        case MapType(value) if pa.types.is_map(array.type) or _is_entries(array.type):
            return _fit_map(array, value, path, target)
        case NestedType(record) if pa.types.is_struct(array.type):
            return _fit_struct(array, record, path, target)
    column = array if array.type == target else _cast(array, target, path)
    _check_values(column, type_, path)
    return column


def _is_entries(type_: pa.DataType) -> bool:
    """Whether the type is a map as data frames have it: a list of structs of `key` and `value`."""
    entry = type_.value_type if is_list(type_) else None
    return entry is not None and pa.types.is_struct(entry) and [each.name for each in entry] == ["key", "value"]


def _fit_map(array: pa.Array, value: FieldType, path: str, target: pa.DataType) -> pa.Array:
    keys, values = map_entries(array)
    fitted = _fit_nullable(values, value, f"{path}{{}}")
    if array.type == target and fitted is values:
        return array
    return as_map(array, _fit_nullable(keys, ScalarType("string"), f"{path}{{}}"), fitted, target)


def _fit_struct(array: pa.Array, record: type[Record], path: str, target: pa.DataType) -> pa.Array:
    """Only the structs that are there are fitted: under a null the children may be null, whatever their type."""
    present = array.drop_null() if array.null_count else array
    columns = {present.type.field(i).name: struct_child(present, i) for i in range(present.type.num_fields)}
    children = _fit_members(record, columns, len(present), path)
    if array.type == target and all(new is columns[name] for new, name in zip(children, columns, strict=True)):
        return array
    fitted = as_struct(present, children, target)
    if not array.null_count:
        return fitted
    places = pc.subtract(pc.cumulative_sum(array.is_valid().cast(pa.int64())), 1)
    return fitted.take(pc.if_else(array.is_valid(), places, None))


def _cast(array: pa.Array, target: pa.DataType, path: str) -> pa.Array:
    source = array.type
    try:
        if pa.types.is_dictionary(source):
            array = array.dictionary_decode()
        if not keeps_meaning(array.type, target):
            raise InvalidBatch(f"{path} needs {target}, but {source} came{_zone_note(source, target)}")
        if pa.types.is_float64(array.type) and pa.types.is_float32(target):
            return _narrow(array, target, path)
        return array.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidBatch(f"{path} needs {target}, but {source} came: {error}") from None


def _narrow(array: pa.Array, target: pa.DataType, path: str) -> pa.Array:
    """Digits may be lost, as Float32 says; a finite number must not become infinite."""
    narrow = array.cast(target)
    if pc.any(pc.and_(pc.is_finite(array), pc.is_inf(narrow))).as_py():
        raise InvalidBatch(f"{path} needs {target}, but a number came that is too great for it")
    return narrow


def _zone_note(source: pa.DataType, target: pa.DataType) -> str:
    return ", without a zone" if pa.types.is_timestamp(source) and pa.types.is_timestamp(target) else ""


def keeps_meaning(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether a cast gives the same values in another layout; that each value fits is told by the cast itself."""
    if pa.types.is_timestamp(target):
        return bool(pa.types.is_timestamp(source) and source.tz is not None)
    if pa.types.is_floating(target):
        return bool(pa.types.is_integer(source) or pa.types.is_floating(source))
    return any(is_member(source) and is_member(target) for is_member in _FAMILIES)


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _is_bytes(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(type_)
        or pa.types.is_large_binary(type_)
        or pa.types.is_binary_view(type_)
        or pa.types.is_fixed_size_binary(type_)
    )


def _is_decimal(type_: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(type_))


_FAMILIES: Final = (_is_text, _is_bytes, _is_decimal, pa.types.is_integer, pa.types.is_date)
_UUID: Final = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


def _check_values(column: pa.Array, type_: FieldType, path: str) -> None:
    match type_:
        case EnumType(symbols=symbols):
            known: Any = pc.is_in(column, pa.array([*symbols, None], pa.string()))
            needed = f"is one of {', '.join(symbols)}"
        case ScalarType("uuid"):
            known = pc.match_substring_regex(column, _UUID).fill_null(True)
            needed = "is a UUID"
        case _:
            return
    foreign = column.filter(pc.invert(known))
    if len(foreign):
        raise InvalidBatch(f"{path} {needed}, but {foreign[0].as_py()!r} came")
