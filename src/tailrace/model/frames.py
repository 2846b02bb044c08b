"""Between Arrow batches and polars frames, maps included.

polars has no map type: it reads one as a list of structs with the fields `key` and `value`. On the way back such a
list becomes a map again where the schema asks for one; the buffers are shared, not copied.
"""

from __future__ import annotations

from typing import cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc


def arrow_to_frame(batch: pa.RecordBatch) -> pl.DataFrame:
    """The batch as a frame of the same columns."""
    return cast(pl.DataFrame, pl.from_arrow(batch, rechunk=False))


def frame_to_arrow(frame: pl.DataFrame, schema: pa.Schema) -> pa.RecordBatch:
    """The frame as one batch; columns that `schema` names as maps, at the top or nested, become maps."""
    table = frame.to_arrow().combine_chunks()
    names = table.schema.names
    columns = [
        _shape(_whole(table.column(i)), schema.field(name).type) if name in schema.names else _whole(table.column(i))
        for i, name in enumerate(names)
    ]
    return pa.RecordBatch.from_arrays(columns, names=names)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], column.type)
    )


def _shape(array: pa.Array, target: pa.DataType) -> pa.Array:
    if pa.types.is_map(target) and pa.types.is_large_list(array.type):
        return _to_map(array, target)
    if pa.types.is_list(target) and pa.types.is_large_list(array.type):
        items = _shape(array.flatten(), target.value_type)
        return pa.ListArray.from_arrays(
            _offsets(array), items, type=target if items.type == target.value_type else None, mask=_mask(array)
        )
    if pa.types.is_struct(target) and pa.types.is_struct(array.type):
        return _to_struct(array, target)
    return array if array.type == target or not _is_text(array.type) else array.cast(target)


def _is_text(type_: pa.DataType) -> bool:
    return bool(
        pa.types.is_large_string(type_)
        or pa.types.is_string_view(type_)
        or pa.types.is_large_binary(type_)
        or pa.types.is_binary_view(type_)
    )


def _to_map(array: pa.Array, target: pa.MapType) -> pa.Array:
    entries = array.flatten()
    keys = _shape(entries.field("key"), target.key_type)
    values = _shape(entries.field("value"), target.item_type)
    return pa.MapArray.from_arrays(_offsets(array), keys, values, type=target, mask=_mask(array))


def _to_struct(array: pa.Array, target: pa.StructType) -> pa.Array:
    names = [field.name for field in array.type]
    if sorted(names) != sorted(field.name for field in target):
        return array
    children = [_shape(array.field(field.name), field.type) for field in target]
    return pa.StructArray.from_arrays(children, fields=list(target), mask=_mask(array))


def _offsets(array: pa.Array) -> pa.Array:
    """Offsets into `array.flatten()`, which leaves out what stands before the slice and under nulls."""
    lengths = array.value_lengths().fill_null(0)
    sums = pc.cumulative_sum(lengths.cast(pa.int32()))
    return pa.concat_arrays([pa.array([0], pa.int32()), sums])


def _mask(array: pa.Array) -> pa.Array | None:
    return array.is_null() if array.null_count else None
