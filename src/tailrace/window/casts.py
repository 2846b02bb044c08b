"""CAST: what cannot be converted becomes null. A pair of types that the engines would spell differently is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl
import pyarrow as pa
from sqlglot import exp

from tailrace.window import sqltypes as t
from tailrace.window.compiled import Compiled, coerced, day, moment
from tailrace.window.compiler import Compiler, Handler
from tailrace.window.dialect import text_of
from tailrace.window.functions import to_long

_TARGETS: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INT", "BIGINT"), t.LONG),
    **dict.fromkeys(("FLOAT", "DOUBLE"), t.DOUBLE),
    **dict.fromkeys(("TEXT", "VARCHAR", "CHAR"), t.STRING),
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPLTZ"), t.TIMESTAMP),
    "BOOLEAN": t.BOOLEAN,
    "DATE": t.DATE,
    "BINARY": t.BINARY,
    "VARBINARY": t.BINARY,
}
_SECOND: Final = 1_000_000
_TARGET_HINT: Final = "CAST goes to BIGINT, DOUBLE, STRING, BOOLEAN, TIMESTAMP, DATE, BINARY and DECIMAL(p,s)"


def compile_cast(compiler: Compiler, node: exp.Expression) -> Compiled:
    """CAST and TRY_CAST (the same here), `a::type`, and typed literals such as TIMESTAMP '2026-01-01'."""
    value = compiler.compile(node.this)
    target = _target(node.args["to"])
    if target is None:
        return compiler.fault(node, f"{text_of(node)}: {text_of(node.args['to'])} is no type to cast to", _TARGET_HINT)
    if isinstance(value.literal, str) and target in (t.TIMESTAMP, t.DATE):
        return _moment(compiler, node, value.literal, target)
    if value.dtype in (target, t.NULL):
        return Compiled(coerced(value, target), target, value.nullable)
    convert = _decimal_conversion(value.dtype, target) or _CONVERSIONS.get((value.dtype, target))
    if convert is None:
        kinds = f"{t.with_article(value.dtype)} cannot be cast to {t.with_article(target)}"
        return compiler.fault(node, f"{text_of(node)}: {kinds}")
    may_fail = value.dtype == t.STRING or pa.types.is_decimal(target)
    return Compiled(convert(value.expr), target, value.nullable or may_fail)


def _target(to: exp.Expression) -> pa.DataType | None:
    name = str(getattr(to.this, "value", to.this))
    if name != "DECIMAL":
        return _TARGETS.get(name)
    digits = [int(part.name) for part in to.expressions] or [10]
    precision, scale = digits[0], digits[1] if len(digits) > 1 else 0
    fits = 1 <= precision <= t.WIDEST_DECIMAL and scale <= precision
    return pa.decimal128(precision, scale) if fits else None


def _moment(compiler: Compiler, node: exp.Expression, text: str, target: pa.DataType) -> Compiled:
    value = moment(text) if target == t.TIMESTAMP else day(text)
    if value is None:
        return compiler.fault(
            node, f"{text!r} is no {t.type_name(target)}", "write it as 2026-01-05 or 2026-01-05 10:00:00"
        )
    return Compiled(pl.lit(value, dtype=t.polars_type(target)), target, False)


def _decimal_conversion(source: pa.DataType, target: pa.DataType) -> Callable[[pl.Expr], pl.Expr] | None:
    if pa.types.is_decimal(target) and (source == t.LONG or pa.types.is_decimal(source)):
        keeps_scale = t.decimal_digits(source)[1] <= target.scale
        return (lambda x: x.cast(t.polars_type(target), strict=False)) if keeps_scale else None
    if pa.types.is_decimal(source) and target == t.DOUBLE:
        return lambda x: x.cast(pl.Float64)
    return None


def _string_to_long(x: pl.Expr) -> pl.Expr:
    """Digits with a sign; a fraction is cut off. Anything else is null."""
    digits = x.str.strip_chars().str.extract(r"^([+-]?\d+)(?:\.\d*)?$", 1)
    return digits.str.strip_prefix("+").cast(pl.Int64, strict=False)


def _string_to_boolean(x: pl.Expr) -> pl.Expr:
    word = x.str.strip_chars().str.to_lowercase()
    yes, no = word.is_in(["t", "true", "y", "yes", "1"]), word.is_in(["f", "false", "n", "no", "0"])
    return pl.when(yes).then(pl.lit(True)).when(no).then(pl.lit(False))


def _boolean_to_string(x: pl.Expr) -> pl.Expr:
    return pl.when(x).then(pl.lit("true")).when(~x).then(pl.lit("false"))


def _seconds_to_timestamp(x: pl.Expr) -> pl.Expr:
    return (x * _SECOND).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


_CONVERSIONS: Final[dict[tuple[pa.DataType, pa.DataType], Callable[[pl.Expr], pl.Expr]]] = {
    (t.BOOLEAN, t.LONG): lambda x: x.cast(pl.Int64),
    (t.BOOLEAN, t.DOUBLE): lambda x: x.cast(pl.Float64),
    (t.BOOLEAN, t.STRING): _boolean_to_string,
    (t.LONG, t.BOOLEAN): lambda x: x != 0,
    (t.LONG, t.DOUBLE): lambda x: x.cast(pl.Float64),
    (t.LONG, t.STRING): lambda x: x.cast(pl.String),
    (t.LONG, t.TIMESTAMP): _seconds_to_timestamp,
    (t.DOUBLE, t.BOOLEAN): lambda x: x != 0,
    (t.DOUBLE, t.LONG): to_long,
    (t.STRING, t.BOOLEAN): _string_to_boolean,
    (t.STRING, t.LONG): _string_to_long,
    (t.STRING, t.DOUBLE): lambda x: x.str.strip_chars().cast(pl.Float64, strict=False),
    (t.STRING, t.BINARY): lambda x: x.cast(pl.Binary),
    (t.TIMESTAMP, t.LONG): lambda x: x.dt.epoch("us") // _SECOND,
    (t.TIMESTAMP, t.DATE): lambda x: x.dt.date(),
    (t.DATE, t.TIMESTAMP): lambda x: x.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
    (t.DATE, t.STRING): lambda x: x.dt.to_string("%Y-%m-%d"),
}

CASTS: Final[dict[type[exp.Expression], Handler]] = {exp.Cast: compile_cast, exp.TryCast: compile_cast}
