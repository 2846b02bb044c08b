"""Measure functions as columns: what each keeps per key and window, how two parts become one, what it says in the end.

Every function is split so that parts can be merged in any order: a part of a batch with a part of the state, two parts
of the state. `count_distinct` counts values that are new to its window; which ones are is remembered beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from tailrace.window import sqltypes as t
from tailrace.window.compiled import Compiled

MOMENT: Final = "moment"  # the event time in microseconds since 1970, a column that the fold adds to every batch
SUM_DIGITS: Final = 10  # how many digits a sum of decimals gains, as in Spark


@dataclass(frozen=True, eq=False)
class StateColumn:
    """One column of the state: how it is read from records, made from a group of them, and merged from parts.

    `partial` and `merge` are aggregations over the column of this `name`; `read` computes that column for each record.
    """

    name: str
    read: pl.Expr | None
    partial: pl.Expr
    merge: pl.Expr


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One call of a measure function: its state, its result over the state, and the values to tell apart, if it does.

    `text` is the call as SQL; calls of equal text are one.
    """

    text: str
    state: tuple[StateColumn, ...]
    result: Compiled
    distinct: pl.Expr | None = None


def build(function: str, text: str, name: str, value: Compiled | None, condition: pl.Expr | None) -> Aggregate:
    """The call of `function` whose state columns begin with `name`; only records that meet the condition count."""
    if value is None:
        return _count_records(text, name, condition)
    admitted = value.expr if condition is None else pl.when(condition).then(value.expr)
    nullable = value.nullable or condition is not None
    return _BUILDERS[function](text, name, Compiled(admitted, value.dtype, nullable))


def _count_records(text: str, name: str, condition: pl.Expr | None) -> Aggregate:
    if condition is None:
        column = StateColumn(name, None, pl.len().cast(pl.Int64).alias(name), pl.col(name).sum())
    else:
        column = _counter(name, condition.fill_null(False))
    return Aggregate(text, (column,), _long(name))


def _counter(name: str, counts: pl.Expr) -> StateColumn:
    return StateColumn(name, counts, pl.col(name).sum().cast(pl.Int64), pl.col(name).sum())


def _long(name: str) -> Compiled:
    return Compiled(pl.col(name), t.LONG, nullable=False)


def _count(text: str, name: str, value: Compiled) -> Aggregate:
    return Aggregate(text, (_counter(name, value.expr.is_not_null()),), _long(name))


def _sum_type(dtype: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(dtype):
        return pa.decimal128(min(dtype.precision + SUM_DIGITS, t.WIDEST_DECIMAL), dtype.scale)
    return dtype


def _summed(name: str, value: Compiled, dtype: pa.DataType) -> StateColumn:
    """A sum that is null, not zero, where no value was: so says SQL."""
    target = t.polars_type(dtype)
    total = pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).cast(target).alias(name)
    return StateColumn(name, value.expr.cast(target), total, total)


def _sum(text: str, name: str, value: Compiled) -> Aggregate:
    dtype = _sum_type(value.dtype)
    return Aggregate(text, (_summed(name, value, dtype),), Compiled(pl.col(name), dtype, value.nullable))


def _average(text: str, name: str, value: Compiled) -> Aggregate:
    dtype = _sum_type(value.dtype) if pa.types.is_decimal(value.dtype) else t.DOUBLE
    count = f"{name}_n"
    state = (_summed(name, value, dtype), _counter(count, value.expr.is_not_null()))
    mean = t.quotient(pl.col(name).cast(pl.Float64), pl.col(count).cast(pl.Float64))
    return Aggregate(text, state, Compiled(mean, t.DOUBLE, value.nullable))


def _least(column: pl.Expr) -> pl.Expr:
    return column.min()


def _greatest(dtype: pa.DataType) -> Callable[[pl.Expr], pl.Expr]:
    """NaN is the greatest double, as in comparisons."""
    return pl.Expr.nan_max if dtype == t.DOUBLE else pl.Expr.max


def _extreme(text: str, name: str, value: Compiled, choose: Callable[[pl.Expr], pl.Expr]) -> Aggregate:
    chosen = choose(pl.col(name))
    state = (StateColumn(name, value.expr, chosen, chosen),)
    return Aggregate(text, state, Compiled(pl.col(name), value.dtype, value.nullable))


def _min(text: str, name: str, value: Compiled) -> Aggregate:
    return _extreme(text, name, value, _least)


def _max(text: str, name: str, value: Compiled) -> Aggregate:
    return _extreme(text, name, value, _greatest(value.dtype))


def _at_edge(text: str, name: str, value: Compiled, *, last: bool) -> Aggregate:
    """The value at the first or last moment that has one; of several at that moment, the least or the greatest.

    Sorting each group is many times as fast as filtering it by the moment. NaN sorts as the greatest.
    """
    moment = f"{name}_at"
    reached = pl.col(moment).max() if last else pl.col(moment).min()
    chosen = pl.col(name).sort_by(moment, name, descending=last, nulls_last=True).first()
    when = pl.when(value.expr.is_not_null()).then(pl.col(MOMENT))
    state = (StateColumn(name, value.expr, chosen, chosen), StateColumn(moment, when, reached, reached))
    return Aggregate(text, state, Compiled(pl.col(name), value.dtype, value.nullable))


def _first(text: str, name: str, value: Compiled) -> Aggregate:
    return _at_edge(text, name, value, last=False)


def _last(text: str, name: str, value: Compiled) -> Aggregate:
    return _at_edge(text, name, value, last=True)


def _count_distinct(text: str, name: str, value: Compiled) -> Aggregate:
    column = StateColumn(name, None, (pl.len() * 0).cast(pl.Int64).alias(name), pl.col(name).sum())
    return Aggregate(text, (column,), _long(name), distinct=value.expr)


_BUILDERS: Final[dict[str, Callable[[str, str, Compiled], Aggregate]]] = {
    "count": _count,
    "sum": _sum,
    "min": _min,
    "max": _max,
    "avg": _average,
    "first": _first,
    "last": _last,
    "any_value": _first,
    "count_distinct": _count_distinct,
}
