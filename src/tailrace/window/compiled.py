"""A checked expression: the columns it computes, and the type of what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa

from tailrace.window import sqltypes as t


@dataclass(frozen=True, eq=False)
class Compiled:
    """A polars expression over the columns of one record type, the type of its values, and whether they may be null.

    `literal` is the value of a literal (str, int, Decimal, bool), which takes the type of its surroundings where SQL
    says so: 9.99 is a decimal beside a decimal, '2026-01-01' a timestamp beside a timestamp.
    """

    expr: pl.Expr
    dtype: pa.DataType
    nullable: bool = True
    literal: str | int | Decimal | bool | None = None


def null() -> Compiled:
    """NULL, of the type that fits everywhere; it also stands in for what had a fault, so that none follows from it."""
    return Compiled(pl.lit(None), t.NULL)


def constant(value: str | int | Decimal | bool) -> Compiled:
    """A literal. A number with a point or an exponent is a double until it meets a decimal."""
    if isinstance(value, bool):
        return Compiled(pl.lit(value), t.BOOLEAN, False, value)
    if isinstance(value, int):
        return Compiled(pl.lit(value, dtype=pl.Int64), t.LONG, False, value)
    if isinstance(value, Decimal):
        return Compiled(pl.lit(float(value)), t.DOUBLE, False, value)
    return Compiled(pl.lit(value), t.STRING, False, value)


def common_type(left: Compiled, right: Compiled) -> pa.DataType | None:
    """The type in which both can stand side by side, or None. Literals bend; columns do not."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one.literal, Decimal) and pa.types.is_decimal(other.dtype):
            return t.common_type(decimal_of(one.literal), other.dtype)
        if isinstance(one.literal, str) and other.dtype in (t.TIMESTAMP, t.DATE):
            return t.TIMESTAMP if moment(one.literal) is not None else None
    return t.common_type(left.dtype, right.dtype)


def decimal_of(value: Decimal) -> pa.DataType:
    """The type of a decimal literal: as many digits as it is written with."""
    exponent = value.as_tuple().exponent
    scale = max(0, -exponent) if isinstance(exponent, int) else 0
    return pa.decimal128(min(max(len(value.as_tuple().digits), scale, 1), t.WIDEST_DECIMAL), scale)


def coerced(value: Compiled, dtype: pa.DataType) -> pl.Expr:
    """The expression with its values in a wider type that `common_type` has found."""
    if value.dtype == dtype:
        return value.expr
    if not t.is_plain(dtype):
        return value.expr  # null beside a list, map or struct
    target = t.polars_type(dtype)
    if isinstance(value.literal, str):
        return pl.lit(moment(value.literal), dtype=target)
    if isinstance(value.literal, Decimal):
        return pl.lit(value.literal, dtype=target)
    if value.dtype == t.DATE:
        return value.expr.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return value.expr.cast(target)


def moment(text: str) -> datetime | None:
    """The point in time that an ISO date (and time) names, UTC unless it says otherwise; None if it names none."""
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def day(text: str) -> date | None:
    """The day that an ISO date names, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
