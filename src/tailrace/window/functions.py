"""Functions of strings and numbers; every one gives null for a null argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import polars as pl
from sqlglot import exp

from tailrace.model.names import did_you_mean
from tailrace.window import sqltypes as t
from tailrace.window.compiled import Compiled, null
from tailrace.window.compiler import SUPPORTED, Compiler, Handler
from tailrace.window.dialect import text_of

FUNCTION_NAMES: Final = (
    *("lower", "upper", "length", "substr", "concat", "trim", "ltrim", "rtrim", "contains", "startswith", "endswith"),
    *("abs", "round", "floor", "ceil", "coalesce", "cast", "if"),
)


def _string(compiler: Compiler, node: exp.Expression, function: str) -> Compiled:
    value = compiler.typed(node, t.STRING, needs=f"{function} takes strings")
    return Compiled(value.expr.cast(pl.String), t.STRING, value.nullable)


def _of_string(function: str, apply: Callable[[pl.Expr], pl.Expr], result: object = t.STRING) -> Handler:
    def handler(compiler: Compiler, node: exp.Expression) -> Compiled:
        value = _string(compiler, node.this, function)
        return Compiled(apply(value.expr), result, value.nullable)

    return handler


def _of_two_strings(function: str, apply: Callable[[pl.Expr, pl.Expr], pl.Expr]) -> Handler:
    def handler(compiler: Compiler, node: exp.Expression) -> Compiled:
        value, part = (_string(compiler, side, function) for side in (node.this, node.expression))
        return Compiled(apply(value.expr, part.expr), t.BOOLEAN, value.nullable or part.nullable)

    return handler


def compile_concat(compiler: Compiler, node: exp.Expression) -> Compiled:
    """concat(a, b, ...) and a || b: null as soon as one part is null."""
    nodes: list[Any] = list(node.flatten()) if isinstance(node, exp.DPipe) else node.expressions
    parts = [_string(compiler, part, "concat()") for part in nodes]
    return Compiled(pl.concat_str([part.expr for part in parts]), t.STRING, any(part.nullable for part in parts))


def compile_trim(compiler: Compiler, node: exp.Expression) -> Compiled:
    """trim, ltrim and rtrim of blanks, or TRIM(BOTH 'x' FROM a) of the characters given."""
    value = _string(compiler, node.this, "trim()")
    wanted = node.args.get("expression")
    if wanted is not None and not wanted.is_string:
        return compiler.fault(wanted, f"{text_of(node)}: the characters to trim have to be a literal string")
    characters = wanted.name if wanted is not None else " "
    position = str(node.args.get("position") or "BOTH").upper()
    strings = value.expr.str
    strip = {"LEADING": strings.strip_chars_start, "TRAILING": strings.strip_chars_end}.get(
        position, strings.strip_chars
    )
    return Compiled(strip(characters), t.STRING, value.nullable)


def compile_substring(compiler: Compiler, node: exp.Expression) -> Compiled:
    """substr(text, start[, length]): from 1, in characters; a start below 0 counts from the end, 0 is 1."""
    value = _string(compiler, node.this, "substr()")
    if node.args.get("start") is None:
        return compiler.fault(node, f"{text_of(node)}: substr() takes a start")
    needs = "substr() takes whole numbers"
    start = compiler.typed(node.args["start"], t.LONG, needs=needs)
    whole = value.expr.str.len_chars().cast(pl.Int64)
    at = start.expr.cast(pl.Int64)
    first = pl.when(at > 0).then(at - 1).when(at < 0).then(whole + at).otherwise(at)
    end, nullable = whole, value.nullable or start.nullable
    if node.args.get("length") is not None:
        length = compiler.typed(node.args["length"], t.LONG, needs=needs)
        end, nullable = first + length.expr.cast(pl.Int64), nullable or length.nullable
    begin = first.clip(lower_bound=0)
    size = (end - begin).clip(lower_bound=0)
    cut = pl.when(size.is_not_null()).then(value.expr.str.slice(begin, size))
    return Compiled(cut, t.STRING, nullable)


def _number(compiler: Compiler, node: exp.Expression, function: str) -> Compiled:
    hint = f"{function} takes a long or a double; CAST a decimal AS DOUBLE"
    return compiler.typed(node, t.LONG, t.DOUBLE, needs=hint)


def compile_abs(compiler: Compiler, node: exp.Expression) -> Compiled:
    """The number without its sign."""
    value = compiler.compile(node.this)
    if not t.is_number(value.dtype):
        return compiler.fault(node.this, f"{text_of(node.this)} is {t.with_article(value.dtype)}: abs() takes a number")
    return Compiled(value.expr.abs(), value.dtype, value.nullable) if value.dtype != t.NULL else null()


def compile_round(compiler: Compiler, node: exp.Expression) -> Compiled:
    """round(x[, digits]): halves go away from zero, judged on the number as it is written in decimal, as in Spark."""
    value = _number(compiler, node.this, "round()")
    digits = node.args.get("decimals") or exp.Literal.number(0)
    if not isinstance(digits, exp.Literal) or not digits.name.isdigit() or int(digits.name) > 15:
        return compiler.fault(digits, f"{text_of(node)}: round() takes a literal number of digits from 0 to 15")
    if value.dtype != t.DOUBLE:
        return value
    return Compiled(_half_up(value.expr, 10.0 ** int(digits.name)), t.DOUBLE, value.nullable)


def _half_up(x: pl.Expr, scale: float) -> pl.Expr:
    """`x` rounded to 1/scale. A number that is the double nearest to a half counts as that half.

    Doubles of 2^52 or more have no fraction left; they, infinities and NaN stay as they are.
    """
    magnitude = x.abs()
    whole = (magnitude * scale).floor()
    up = (magnitude >= t.quotient(whole + 0.5, pl.lit(scale))).cast(pl.Float64)
    rounded = t.quotient(whole + up, pl.lit(scale))
    signed = pl.when((x < 0) & (rounded > 0)).then(-rounded).otherwise(rounded)
    return pl.when(magnitude * scale < 2.0**52).then(signed).otherwise(x)


def compile_floor(compiler: Compiler, node: exp.Expression) -> Compiled:
    """floor(x): the long at or below."""
    return _whole(compiler, node, "floor()", pl.Expr.floor)


def compile_ceil(compiler: Compiler, node: exp.Expression) -> Compiled:
    """ceil(x): the long at or above."""
    return _whole(compiler, node, "ceil()", pl.Expr.ceil)


def _whole(compiler: Compiler, node: exp.Expression, function: str, apply: Callable[[pl.Expr], pl.Expr]) -> Compiled:
    value = _number(compiler, node.this, function)
    if node.args.get("decimals") is not None:
        return compiler.fault(node, f"{text_of(node)}: {function} takes one argument")
    return Compiled(to_long(apply(value.expr)), t.LONG, value.nullable) if value.dtype == t.DOUBLE else value


def to_long(x: pl.Expr) -> pl.Expr:
    """A double cut towards zero, as Java casts it: NaN is 0, what is too large is the largest long."""
    inside = x.cast(pl.Int64, strict=False)
    largest, smallest = pl.lit(2**63 - 1, dtype=pl.Int64), pl.lit(-(2**63), dtype=pl.Int64)
    nan = x.is_nan()
    return (
        pl.when(nan)
        .then(pl.lit(0, dtype=pl.Int64))
        .when(x >= 2.0**63)
        .then(largest)
        .when(x < -(2.0**63))
        .then(smallest)
        .otherwise(inside)
    )


def compile_unknown(compiler: Compiler, node: exp.Expression) -> Compiled:
    """A function of an unknown name."""
    name = str(node.this)
    hint = did_you_mean(name, FUNCTION_NAMES, "function") if name else SUPPORTED
    return compiler.fault(node, f"there is no function {name}() in an expression", hint)


FUNCTIONS: Final[dict[type[exp.Expression], Handler]] = {
    exp.Lower: _of_string("lower()", lambda text: text.str.to_lowercase()),
    exp.Upper: _of_string("upper()", lambda text: text.str.to_uppercase()),
    exp.Length: _of_string("length()", lambda text: text.str.len_chars().cast(pl.Int64), t.LONG),
    exp.Concat: compile_concat,
    exp.DPipe: compile_concat,
    exp.Trim: compile_trim,
    exp.Substring: compile_substring,
    exp.Contains: _of_two_strings("contains()", lambda text, part: text.str.contains(part, literal=True)),
    exp.StartsWith: _of_two_strings("startswith()", lambda text, part: text.str.starts_with(part)),
    exp.EndsWith: _of_two_strings("endswith()", lambda text, part: text.str.ends_with(part)),
    exp.Abs: compile_abs,
    exp.Round: compile_round,
    exp.Floor: compile_floor,
    exp.Ceil: compile_ceil,
    exp.Anonymous: compile_unknown,
}
