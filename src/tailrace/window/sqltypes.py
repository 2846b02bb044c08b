"""The small lattice of types that expressions are checked in, written with Arrow's type objects.

The types are boolean, long, double, decimal, string, timestamp (microseconds, UTC), date, binary, list, map, struct and
null, which is the type of a bare NULL and fits everywhere. Narrower columns (int, float, milliseconds) are widened as
they are read.
"""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.types as kinds

BOOLEAN: Final = pa.bool_()
LONG: Final = pa.int64()
DOUBLE: Final = pa.float64()
STRING: Final = pa.string()
TIMESTAMP: Final = pa.timestamp("us", "UTC")
DATE: Final = pa.date32()
BINARY: Final = pa.binary()
NULL: Final = pa.null()
WIDEST_DECIMAL: Final = 38
LONG_DIGITS: Final = 20

_NAMES: Final[dict[pa.DataType, str]] = {
    BOOLEAN: "boolean",
    LONG: "long",
    DOUBLE: "double",
    STRING: "string",
    TIMESTAMP: "timestamp",
    DATE: "date",
    BINARY: "binary",
    NULL: "null",
}
_POLARS: Final[dict[pa.DataType, pl.DataType]] = {
    BOOLEAN: pl.Boolean(),
    LONG: pl.Int64(),
    DOUBLE: pl.Float64(),
    STRING: pl.String(),
    TIMESTAMP: pl.Datetime("us", "UTC"),
    DATE: pl.Date(),
    BINARY: pl.Binary(),
    NULL: pl.Null(),
}


def widened(dtype: pa.DataType) -> pa.DataType:
    """The type of the lattice that values of `dtype` are read as; nested and foreign types come back as they are."""
    if kinds.is_dictionary(dtype):
        return widened(dtype.value_type)
    if kinds.is_integer(dtype):
        return LONG
    if kinds.is_floating(dtype):
        return DOUBLE
    if kinds.is_large_string(dtype) or kinds.is_string_view(dtype):
        return STRING
    if kinds.is_large_binary(dtype) or kinds.is_binary_view(dtype) or kinds.is_fixed_size_binary(dtype):
        return BINARY
    if kinds.is_timestamp(dtype):
        return TIMESTAMP
    return DATE if kinds.is_date(dtype) else dtype


def read_as(expr: pl.Expr, raw: pa.DataType) -> pl.Expr:
    """The expression that reads a column, field or element of the Arrow type `raw` as its widened type."""
    wide = widened(raw)
    if kinds.is_timestamp(raw):
        zoned = expr.dt.convert_time_zone("UTC") if raw.tz else expr.dt.replace_time_zone("UTC")
        return expr if raw == TIMESTAMP else zoned.cast(_POLARS[TIMESTAMP])
    return expr.cast(polars_type(wide)) if wide in _POLARS and wide != raw else expr


def polars_type(dtype: pa.DataType) -> pl.DataType:
    """The polars type of a plain (not nested) type of the lattice."""
    if kinds.is_decimal(dtype):
        return pl.Decimal(dtype.precision, dtype.scale)
    return _POLARS[dtype]


def is_plain(dtype: pa.DataType) -> bool:
    """Whether values of the type can be compared, grouped by and ordered: not lists, maps, structs and foreigners."""
    return dtype in _NAMES or kinds.is_decimal128(dtype)


def is_number(dtype: pa.DataType) -> bool:
    """Whether arithmetic takes the type. NULL counts, as it fits everywhere."""
    return dtype in (LONG, DOUBLE, NULL) or kinds.is_decimal128(dtype)


def type_name(dtype: pa.DataType) -> str:
    """The type's name as a person says it: `long`, `decimal(10,2)`, `list of string`."""
    if dtype in _NAMES:
        return _NAMES[dtype]
    if kinds.is_decimal(dtype):
        return f"decimal({dtype.precision},{dtype.scale})"
    if kinds.is_map(dtype):
        return f"map of {type_name(widened(dtype.item_type))}"
    if kinds.is_list(dtype) or kinds.is_large_list(dtype):
        return f"list of {type_name(widened(dtype.value_type))}"
    return "struct" if kinds.is_struct(dtype) else str(dtype)


def with_article(dtype: pa.DataType) -> str:
    """The type's name behind its article, for sentences: `a double`, `null`."""
    return "null" if dtype == NULL else f"a {type_name(dtype)}"


def common_type(left: pa.DataType, right: pa.DataType) -> pa.DataType | None:
    """The narrowest type that holds values of both, or None: strings never mix with numbers."""
    if right in (left, NULL):
        return left
    if left == NULL:
        return right
    if is_number(left) and is_number(right):
        return DOUBLE if DOUBLE in (left, right) else _wider_decimal(left, right)
    return TIMESTAMP if {left, right} == {DATE, TIMESTAMP} else None


def _wider_decimal(left: pa.DataType, right: pa.DataType) -> pa.DataType:
    (whole_l, scale_l), (whole_r, scale_r) = decimal_digits(left), decimal_digits(right)
    scale = max(scale_l, scale_r)
    return pa.decimal128(min(max(whole_l, whole_r) + scale, WIDEST_DECIMAL), scale)


def decimal_digits(dtype: pa.DataType) -> tuple[int, int]:
    """The digits before and after the point; a long counts as decimal(20,0), as in Spark."""
    return (LONG_DIGITS, 0) if dtype == LONG else (dtype.precision - dtype.scale, dtype.scale)


def quotient(a: pl.Expr, b: pl.Expr) -> pl.Expr:
    """a / b of doubles, correctly rounded.

    By a scalar, polars multiplies with the reciprocal, which is off in the last bit; adding a column of zeros makes the
    divisor a column.
    """
    return a / (b + a.clip(0.0, 0.0))
