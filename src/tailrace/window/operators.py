"""Operators: logic in three values, comparison, arithmetic as Spark has it (nothing raises; x / 0 is null)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any, Final, cast

import polars as pl
import pyarrow as pa
from sqlglot import exp

from tailrace.window import sqltypes as t
from tailrace.window.compiled import Compiled, coerced, common_type, decimal_of
from tailrace.window.compiler import Compiler, Handler
from tailrace.window.dialect import text_of

_COMPARE: Final[dict[type[exp.Expression], Callable[[pl.Expr, Any], pl.Expr]]] = {
    exp.EQ: pl.Expr.eq,
    exp.NEQ: pl.Expr.ne,
    exp.LT: pl.Expr.lt,
    exp.LTE: pl.Expr.le,
    exp.GT: pl.Expr.gt,
    exp.GTE: pl.Expr.ge,
    exp.NullSafeEQ: pl.Expr.eq_missing,
    exp.NullSafeNEQ: pl.Expr.ne_missing,
}
_NULL_SAFE: Final = (exp.NullSafeEQ, exp.NullSafeNEQ)


def compile_logic(compiler: Compiler, node: exp.Expression) -> Compiled:
    """AND and OR over any number of conditions, in SQL's three values."""
    assert isinstance(node, exp.And | exp.Or)
    parts = [compiler.condition(cast(exp.Expression, part)) for part in node.flatten()]
    join = pl.all_horizontal if isinstance(node, exp.And) else pl.any_horizontal
    return Compiled(join(*[part.expr for part in parts]), t.BOOLEAN, any(part.nullable for part in parts))


def compile_not(compiler: Compiler, node: exp.Expression) -> Compiled:
    """NOT, which leaves null as it is."""
    value = compiler.condition(node.this)
    return Compiled(~value.expr, t.BOOLEAN, value.nullable)


def compile_comparison(compiler: Compiler, node: exp.Expression) -> Compiled:
    """`=`, `<` and the like. NaN equals itself and is greater than every other number, as in Spark."""
    left, right = compiler.compile(node.this), compiler.compile(node.expression)
    sides = _comparable(compiler, node, (node.this, left), (node.expression, right))
    if sides is None:
        return compiler.compile(exp.Null())
    nullable = (left.nullable or right.nullable) and not isinstance(node, _NULL_SAFE)
    return Compiled(_COMPARE[type(node)](*sides), t.BOOLEAN, nullable)


def _comparable(
    compiler: Compiler,
    node: exp.Expression,
    left: tuple[exp.Expression, Compiled],
    right: tuple[exp.Expression, Compiled],
) -> tuple[pl.Expr, pl.Expr] | None:
    (left_node, a), (right_node, b) = left, right
    dtype = common_type(a, b)
    if dtype is not None and t.is_plain(dtype):
        return coerced(a, dtype), coerced(b, dtype)
    kinds = f"{text_of(left_node)} is {t.with_article(a.dtype)}, {text_of(right_node)} is {t.with_article(b.dtype)}"
    hint = None if dtype is not None else "make them one type with CAST, or compare with a value of the same type"
    compiler.fault(node, f"{kinds}: they cannot be compared", hint)
    return None


def compile_between(compiler: Compiler, node: exp.Expression) -> Compiled:
    """BETWEEN, both ends included: two comparisons, the same faults."""
    low, high = node.args["low"], node.args["high"]
    value = compiler.compile(node.this)
    ends = [compiler.compile(low), compiler.compile(high)]
    above = _comparable(compiler, low, (node.this, value), (low, ends[0]))
    below = _comparable(compiler, high, (node.this, value), (high, ends[1]))
    if above is None or below is None:
        return compiler.compile(exp.Null())
    nullable = value.nullable or any(end.nullable for end in ends)
    return Compiled(above[0].ge(above[1]) & below[0].le(below[1]), t.BOOLEAN, nullable)


def compile_in(compiler: Compiler, node: exp.Expression) -> Compiled:
    """IN a list of values: null when nothing matches and one of the values is null."""
    if not node.expressions:
        return compiler.fault(node, f"{text_of(node)}: IN takes a list of values", "as in level IN ('ERROR', 'FATAL')")
    value = compiler.compile(node.this)
    matches: list[pl.Expr] = []
    nullable = value.nullable
    for item in node.expressions:
        other = compiler.compile(item)
        nullable = nullable or other.nullable
        sides = _comparable(compiler, item, (node.this, value), (item, other))
        matches.extend([sides[0].eq(sides[1])] if sides else [])
    return Compiled(pl.any_horizontal(*matches or [pl.lit(None)]), t.BOOLEAN, nullable)


def compile_is(compiler: Compiler, node: exp.Expression) -> Compiled:
    """IS [NOT] NULL, IS [NOT] TRUE or FALSE: never null themselves."""
    if isinstance(node.expression, exp.Null):
        return Compiled(compiler.compile(node.this).expr.is_null(), t.BOOLEAN, False)
    if isinstance(node.expression, exp.Boolean):
        truth = compiler.condition(node.this).expr
        return Compiled(truth.eq_missing(pl.lit(bool(node.expression.this))), t.BOOLEAN, False)
    return compiler.fault(node, f"{text_of(node)}: IS takes NULL, TRUE or FALSE")


def compile_negation(compiler: Compiler, node: exp.Expression) -> Compiled:
    """A number with its sign turned."""
    value = compiler.compile(node.this)
    if not t.is_number(value.dtype):
        return compiler.fault(node, f"{text_of(node.this)} is {t.with_article(value.dtype)}: only a number has a sign")
    turned = pl.lit(-value.literal, dtype=pl.Int64) if type(value.literal) is int else -value.expr
    literal = -value.literal if isinstance(value.literal, int | Decimal) else None
    return Compiled(turned, value.dtype, value.nullable, literal)


def compile_arithmetic(compiler: Compiler, node: exp.Expression) -> Compiled:
    """`+ - * / % div` over numbers; dividing by zero gives null, `/` always a double."""
    left, right = compiler.compile(node.this), compiler.compile(node.expression)
    for side, value in ((node.this, left), (node.expression, right)):
        if not t.is_number(value.dtype):
            return compiler.fault(side, f"{text_of(side)} is {t.with_article(value.dtype)}: arithmetic needs numbers")
    dtype = common_type(left, right)
    assert dtype is not None  # any two numbers have one
    if dtype == t.NULL:
        return compiler.compile(exp.Null())
    if pa.types.is_decimal(dtype):
        return _decimal_arithmetic(compiler, node, left, right)
    return _plain_arithmetic(compiler, node, left, right, dtype)


def _plain_arithmetic(
    compiler: Compiler, node: exp.Expression, left: Compiled, right: Compiled, dtype: pa.DataType
) -> Compiled:
    nullable = left.nullable or right.nullable
    a, b = coerced(left, dtype), coerced(right, dtype)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        whole = {exp.Add: pl.Expr.add, exp.Sub: pl.Expr.sub, exp.Mul: pl.Expr.mul}[type(node)](a, b)
        return Compiled(whole, dtype, nullable)
    by_zero = nullable or not right.literal
    divisor = pl.when(b != 0).then(b)
    if isinstance(node, exp.Div):
        return Compiled(t.quotient(a.cast(pl.Float64), divisor.cast(pl.Float64)), t.DOUBLE, by_zero)
    if isinstance(node, exp.Mod):
        return Compiled(_remainder(a, divisor), dtype, by_zero)
    if dtype != t.LONG:
        return compiler.fault(node, f"{text_of(node)}: div divides a long by a long", "use floor(a / b)")
    return Compiled(_truncated_quotient(a, b, divisor), t.LONG, by_zero)


def _remainder(a: pl.Expr, divisor: pl.Expr) -> pl.Expr:
    """The remainder with the sign of the dividend, as in Java; polars gives it that of the divisor."""
    size = a.abs() % divisor.abs()
    return pl.when(a < 0).then(-size).otherwise(size)


def _truncated_quotient(a: pl.Expr, b: pl.Expr, divisor: pl.Expr) -> pl.Expr:
    """The quotient cut towards zero; polars cuts towards minus infinity."""
    floored, inexact = a // divisor, (a % divisor) != 0
    return pl.when(inexact & ((a < 0) != (b < 0))).then(floored + 1).otherwise(floored)


def _decimal_arithmetic(compiler: Compiler, node: exp.Expression, left: Compiled, right: Compiled) -> Compiled:
    a, b = (_as_decimal(side, other) for side, other in ((left, right), (right, left)))
    (whole_a, scale_a), (whole_b, scale_b) = t.decimal_digits(a), t.decimal_digits(b)
    scale = max(scale_a, scale_b)
    if isinstance(node, exp.Mul):
        scale, precision = scale_a + scale_b, whole_a + whole_b + scale_a + scale_b + 1
    else:
        precision = max(whole_a, whole_b) + scale + 1
    if not isinstance(node, exp.Add | exp.Sub | exp.Mul) or precision > t.WIDEST_DECIMAL:
        return compiler.fault(node, f"{text_of(node)} does not fit a decimal", "CAST one side AS DOUBLE")
    operate = {exp.Add: pl.Expr.add, exp.Sub: pl.Expr.sub, exp.Mul: pl.Expr.mul}[type(node)]
    wide = [coerced(side, pa.decimal128(t.WIDEST_DECIMAL, scale)) for side in (left, right)]
    dtype = pa.decimal128(precision, scale)
    return Compiled(operate(*wide).cast(t.polars_type(dtype)), dtype, left.nullable or right.nullable)


def _as_decimal(side: Compiled, other: Compiled) -> pa.DataType:
    """The side's own decimal type; a literal beside a decimal has the digits it is written with."""
    if pa.types.is_decimal(side.dtype):
        return side.dtype
    if isinstance(side.literal, int | Decimal):
        return decimal_of(Decimal(side.literal))
    return pa.decimal128(t.LONG_DIGITS, 0) if side.dtype == t.LONG else other.dtype


def compile_coalesce(compiler: Compiler, node: exp.Expression) -> Compiled:
    """The first of the values that is not null."""
    values, dtype = compiler.unified(node, [node.this, *node.expressions])
    return Compiled(pl.coalesce(*[coerced(v, dtype) for v in values]), dtype, all(v.nullable for v in values))


def compile_case(compiler: Compiler, node: exp.Expression) -> Compiled:
    """CASE WHEN condition THEN ..., CASE value WHEN value THEN ..., and IF(condition, then, else)."""
    branches = [node] if isinstance(node, exp.If) else node.args["ifs"]
    otherwise = node.args.get("false" if isinstance(node, exp.If) else "default") or exp.Null()
    tests = [_branch_test(compiler, node, branch) for branch in branches]
    values, dtype = compiler.unified(node, [*(branch.args["true"] for branch in branches), otherwise])
    exprs = [coerced(value, dtype) for value in values]
    whole = reduce(
        lambda rest, pair: pl.when(pair[0]).then(pair[1]).otherwise(rest),
        zip(reversed(tests), reversed(exprs[:-1]), strict=True),
        exprs[-1],
    )
    return Compiled(whole, dtype, any(value.nullable for value in values))


def _branch_test(compiler: Compiler, case: exp.Expression, branch: exp.Expression) -> pl.Expr:
    if isinstance(case, exp.Case) and case.this is not None:
        equality = exp.EQ(this=case.this.copy(), expression=branch.this.copy())
        return compiler.compile(equality).expr.cast(pl.Boolean)
    return compiler.condition(branch.this).expr


OPERATORS: Final[dict[type[exp.Expression], Handler]] = {
    exp.And: compile_logic,
    exp.Or: compile_logic,
    exp.Not: compile_not,
    **dict.fromkeys(_COMPARE, compile_comparison),
    exp.Between: compile_between,
    exp.In: compile_in,
    exp.Is: compile_is,
    exp.Neg: compile_negation,
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv), compile_arithmetic),
    exp.Coalesce: compile_coalesce,
    exp.Case: compile_case,
    exp.If: compile_case,
}
