"""Taking nested Arrow columns apart and putting them together again, whatever their layout, slices and nulls.

Nothing here goes through single values: only offsets and masks are computed, all else is shared or gathered.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def is_list(type_: pa.DataType) -> bool:
    """Whether a column of the type holds lists, in any of Arrow's layouts; a map is none."""
    return bool(
        pa.types.is_list(type_)
        or pa.types.is_large_list(type_)
        or pa.types.is_fixed_size_list(type_)
        or pa.types.is_list_view(type_)
        or pa.types.is_large_list_view(type_)
    )


def list_items(array: pa.Array) -> pa.Array:
    """The items of all lists that are not null, one after another."""
    return pc.list_flatten(array)


def map_entries(array: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Keys and values of all maps that are not null; of a map column, or a list of structs of two fields."""
    if not pa.types.is_map(array.type):
        entries = list_items(array)
        return struct_child(entries, 0), struct_child(entries, 1)
    if array.null_count:
        array = array.drop_null()
    start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
    return array.keys.slice(start, end - start), array.items.slice(start, end - start)


def struct_child(array: pa.Array, index: int) -> pa.Array:
    """One child column, null where the struct is."""
    return pc.struct_field(array, [index])


def as_list(array: pa.Array, items: pa.Array, type_: pa.DataType) -> pa.Array:
    """Lists as long as those of `array`, of `items` in their order."""
    return pa.ListArray.from_arrays(_offsets(array), items, type=type_, mask=_mask(array))


def as_map(array: pa.Array, keys: pa.Array, values: pa.Array, type_: pa.DataType) -> pa.Array:
    """Maps as large as those of `array`, of keys and values in their order."""
    return pa.MapArray.from_arrays(_offsets(array), keys, values, type=type_, mask=_mask(array))


def as_struct(array: pa.Array, children: list[pa.Array], type_: pa.DataType) -> pa.Array:
    """Structs of new children, null where those of `array` are."""
    if not children:
        return pa.array([None if null else {} for null in array.is_null().to_pylist()], type_)
    return pa.StructArray.from_arrays(children, fields=list(type_), mask=_mask(array))


def repeat(value: Any, count: int, type_: pa.DataType) -> pa.Array:
    """`count` times the same plain value."""
    return pa.array([value], type_).take(pa.repeat(pa.scalar(0, pa.int64()), count))


def _offsets(array: pa.Array) -> pa.Array:
    """Where each list begins among the items that `list_items` gives."""
    if pa.types.is_map(array.type):
        ends = pc.subtract(array.offsets[1:], array.offsets[:-1])
        lengths = pc.if_else(array.is_valid(), ends, 0)
    else:
        lengths = pc.list_value_length(array).fill_null(0)
    sums = pc.cumulative_sum(lengths.cast(pa.int32()))
    return pa.concat_arrays([pa.array([0], pa.int32()), sums])


def _mask(array: pa.Array) -> pa.Array | None:
    return array.is_null() if array.null_count else None
