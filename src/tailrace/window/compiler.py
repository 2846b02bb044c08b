"""From a syntax tree to columns: names are resolved, every operand's type is checked, faults are collected.

One handler per kind of node, grouped in the sibling files `operators`, `patterns`, `functions` and `casts`. A node that
has no handler is a fault that says what is supported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

import polars as pl
import pyarrow as pa
from sqlglot import exp

from tailrace.model.names import did_you_mean
from tailrace.window import sqltypes as t
from tailrace.window.compiled import Compiled, common_type, constant, null
from tailrace.window.dialect import column_of, text_of
from tailrace.window.faults import Fault

SUPPORTED: Final = (
    "supported are literals, + - * / % div, = <> < <= > >= <=>, AND OR NOT, IN, BETWEEN, LIKE, ILIKE, RLIKE, IS NULL, "
    "CASE, IF, COALESCE, CAST, lower, upper, length, substr, concat, ||, trim, ltrim, rtrim, contains, startswith, "
    "endswith, abs, round, floor, ceil, a.b of a struct, a['k'] of a map and a[0] of a list"
)
LARGEST_LONG: Final = 2**63 - 1


class Compiler:
    """Compiles the nodes of one expression against the columns of `schema`, and collects what is wrong with them."""

    def __init__(
        self, schema: pa.Schema, handlers: Mapping[type[exp.Expression], Handler], *, strangers: str = ""
    ) -> None:
        """`strangers` says, if given, why a name that is no column of `schema` does not belong here."""
        self.faults: list[Fault] = []
        self._fields = {field.name: field for field in schema}
        self._handlers = handlers
        self._strangers = strangers

    def compile(self, node: exp.Expression) -> Compiled:
        """The node as columns; NULL after a fault, so that one fault brings no others."""
        handler = self._handlers.get(type(node))
        if handler is None:
            return self.fault(node, f"{text_of(node)} is not supported in an expression", SUPPORTED)
        return handler(self, node)

    def fault(self, node: exp.Expression, sentence: str, hint: str | None = None) -> Compiled:
        """Note a fault at the node, and go on as if NULL stood there."""
        self.faults.append(Fault((), sentence, hint, column_of(node)))
        return null()

    def typed(self, node: exp.Expression, *allowed: pa.DataType, needs: str) -> Compiled:
        """The node as columns of one of the types; `needs` says what takes it: `lower() takes a string`."""
        value = self.compile(node)
        if value.dtype in allowed or value.dtype == t.NULL:
            return value
        return self.fault(node, f"{text_of(node)} is {t.with_article(value.dtype)}: {needs}")

    def condition(self, node: exp.Expression) -> Compiled:
        """The node as a boolean."""
        value = self.typed(node, t.BOOLEAN, needs="a condition is needed here, true or false")
        return Compiled(value.expr.cast(pl.Boolean), t.BOOLEAN, value.nullable, value.literal)

    def unified(self, node: exp.Expression, parts: Iterable[exp.Expression]) -> tuple[list[Compiled], pa.DataType]:
        """The parts, and the type that holds them all (NULL after a fault); `node` is what they are parts of."""
        nodes = list(parts)
        values = [self.compile(part) for part in nodes]
        whole = values[0]
        for part, value in zip(nodes, values, strict=True):
            dtype = common_type(whole, value)
            if dtype is None:
                kinds = f"{t.with_article(whole.dtype)} and {t.with_article(value.dtype)}"
                self.fault(part, f"{text_of(node)} mixes {kinds}", "make them one type with CAST")
                return values, t.NULL
            whole = Compiled(whole.expr, dtype, literal=whole.literal if dtype == whole.dtype else None)
        return values, whole.dtype

    def column(self, name: str, node: exp.Expression) -> Compiled:
        """A column of the schema, read in its widened type."""
        field = self._fields.get(name)
        if field is None:
            return self.fault(node, *self._unknown(name))
        return self.leaf(pl.col(name), field, node)

    def _unknown(self, name: str) -> tuple[str, str]:
        if self._strangers:
            return f"{name} {self._strangers}", "write it inside one, as in max(x) or count_if(x > 1)"
        return (
            f"there is no column {name!r}",
            f"{did_you_mean(name, self._fields, 'column')}; a string stands in quotes",
        )

    def leaf(self, expr: pl.Expr, field: pa.Field, node: exp.Expression, *, nullable: bool = False) -> Compiled:
        """What stands in a column, field or element: plain types are widened, nested ones wait for their part."""
        dtype = t.widened(field.type)
        nested = pa.types.is_nested(dtype) or pa.types.is_map(dtype)
        if not t.is_plain(dtype) and not nested:
            return self.fault(node, f"{text_of(node)} is {t.with_article(dtype)}: expressions do not know this type")
        return Compiled(t.read_as(expr, field.type), dtype, nullable or field.nullable)


Handler = Callable[[Compiler, exp.Expression], Compiled]


def compile_literal(compiler: Compiler, node: exp.Expression) -> Compiled:
    """A string, or a number: a long, or a double when it has a point or an exponent."""
    if node.is_string:
        return constant(str(node.this))
    number = Decimal(node.this)
    if any(mark in node.this for mark in ".eE"):
        if math.isinf(float(number)):
            return compiler.fault(node, f"{node.this} is too large for a double")
        return constant(number)
    if number > LARGEST_LONG:
        return compiler.fault(node, f"{node.this} is too large for a long", "write it with a point to have a double")
    return constant(int(number))


def compile_column(compiler: Compiler, node: exp.Expression) -> Compiled:
    """A column by its name, or `a.b.c`: a field of a struct in a column."""
    assert isinstance(node, exp.Column)
    first, *rest = [part for part in node.parts if isinstance(part, exp.Identifier)]
    value = compiler.column(first.name, first if not rest else node)
    for part in rest:
        value = _struct_field(compiler, value, part.name, node)
    return value


def compile_dot(compiler: Compiler, node: exp.Expression) -> Compiled:
    """A field of a struct that is itself an expression: `tags[0].name`."""
    return _struct_field(compiler, compiler.compile(node.this), node.expression.name, node)


def _struct_field(compiler: Compiler, struct: Compiled, name: str, node: exp.Expression) -> Compiled:
    if struct.dtype == t.NULL:
        return struct
    if not pa.types.is_struct(struct.dtype):
        return compiler.fault(
            node, f"{text_of(node)}: what stands before .{name} is {t.with_article(struct.dtype)}, not a struct"
        )
    fields = {field.name: field for field in struct.dtype}
    if name not in fields:
        return compiler.fault(node, f"{text_of(node)}: there is no field {name!r}", did_you_mean(name, fields, "field"))
    return compiler.leaf(struct.expr.struct.field(name), fields[name], node, nullable=struct.nullable)


def compile_bracket(compiler: Compiler, node: exp.Expression) -> Compiled:
    """`attributes['k']` of a map, null where the key is missing; `xs[0]` of a list, null past its end."""
    value, index = compiler.compile(node.this), node.expressions[0]
    if value.dtype == t.NULL:
        return value
    is_string = isinstance(index, exp.Literal) and index.is_string
    if pa.types.is_map(value.dtype) and is_string:
        return compiler.leaf(value.expr.map.get(index.name), value.dtype.item_field, node, nullable=True)
    if pa.types.is_list(value.dtype) and isinstance(index, exp.Literal) and not is_string and index.name.isdigit():
        element = value.expr.list.get(int(index.name), null_on_oob=True)
        return compiler.leaf(element, value.dtype.value_field, node, nullable=True)
    sentence = f"{text_of(node)}: an element is a literal key of a map or a literal number in a list"
    return compiler.fault(node, f"{sentence}; {text_of(node.this)} is {t.with_article(value.dtype)}")


LEAVES: Final[dict[type[exp.Expression], Handler]] = {
    exp.Literal: compile_literal,
    exp.Boolean: lambda _, node: constant(bool(node.this)),
    exp.Null: lambda _, __: null(),
    exp.Column: compile_column,
    exp.Dot: compile_dot,
    exp.Bracket: compile_bracket,
    exp.Paren: lambda compiler, node: compiler.compile(node.this),
}
