"""Fields of records in rules: SQL over `LogRecord`, where attributes are `attributes.user` or `attributes['user']`.

An attribute is a text. Beside a number it is read as one, null where it is none, so that `attributes.status >= 500`
needs no cast.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

import polars as pl
import pyarrow as pa
from sqlglot import exp

from tailrace.logs.records import LogRecord
from tailrace.model.errors import TailraceError
from tailrace.model.names import nearest
from tailrace.window.compiled import Compiled
from tailrace.window.compiler import Compiler
from tailrace.window.dialect import parse
from tailrace.window.expression import HANDLERS, compile_tree
from tailrace.window.faults import Fault

ATTRIBUTES: Final = "attributes"
_SCHEMA: Final = LogRecord.arrow_schema()
_OTHERWISE: Final = {
    "message": "body",
    "msg": "body",
    "text": "body",
    "timestamp": "time",
    "@timestamp": "time",
    "source": "uri",
    "file": "uri",
    "path": "uri",
    "service": "app",
    "application": "app",
}
"""What other programs call the fields."""
_NUMERIC: Final = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)


def field_faults(sql: str, *, condition: bool = False) -> list[Fault]:
    """Everything wrong with SQL over the fields of records; with `condition` it has to be true or false."""
    found = _compiled(sql)
    if isinstance(found, tuple):
        return list(found)
    if condition and not (pa.types.is_boolean(found.dtype) or pa.types.is_null(found.dtype)):
        return [Fault((), f"{sql!r} is not true or false", "write a condition, as in body LIKE '%timeout%'")]
    if not condition and pa.types.is_nested(found.dtype) and sql.strip() != ATTRIBUTES:
        return [Fault((), f"{sql!r} is no single value", "name one of its parts, as in attributes.user")]
    return []


def figure_faults(sql: str) -> list[Fault]:
    """Everything wrong with SQL over the fields whose values are to be added up and compared."""
    found = field_faults(sql)
    name = sql.strip()
    if not found and name == ATTRIBUTES:
        return [Fault((), f"{sql!r} is no single value", "name one of its parts, as in attributes.ms")]
    if not found and name in _SCHEMA.names and not pa.types.is_integer(_SCHEMA.field(name).type):
        return [Fault((), f"{sql!r} is no number", "name one of the log's own, as in attributes.ms")]
    return found


def field_expr(sql: str) -> pl.Expr:
    """The field as a column over frames of `LogRecord`. Raises TailraceError for one that cannot be understood."""
    return _good(sql).expr


def text_of_field(sql: str) -> pl.Expr:
    """The field as text; all attributes together as `user=alice, zone=eu`, in the order of their names."""
    found = _good(sql)
    if pa.types.is_map(found.dtype):
        entry = pl.element().struct
        pairs = pl.concat_str(entry.field("key"), pl.lit("="), entry.field("value"), ignore_nulls=True)
        return found.expr.map.entries().list.eval(pairs).list.sort().list.join(", ")
    return found.expr.cast(pl.String)


def number_of_field(sql: str) -> pl.Expr:
    """The field as a double: a text that is no number, an infinity and NaN are null."""
    number = _good(sql).expr.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


@lru_cache(maxsize=4096)
def columns_named(sql: str) -> frozenset[str]:
    """The fields of `LogRecord` that SQL speaks of; none for an empty text or one that is no SQL."""
    tree = parse(sql) if sql.strip() else None
    if tree is None or isinstance(tree, Fault):
        return frozenset()
    return frozenset(_first_name(column) for column in tree.find_all(exp.Column))


@lru_cache(maxsize=4096)
def _compiled(sql: str) -> Compiled | tuple[Fault, ...]:
    tree = parse(sql)
    if isinstance(tree, Fault):
        return (tree,)
    found = compile_tree(_with_numbers(_with_attributes(tree)), Compiler(_SCHEMA, HANDLERS))
    return tuple(_advised(fault) for fault in found) if isinstance(found, list) else found


def _good(sql: str) -> Compiled:
    found = _compiled(sql)
    if isinstance(found, tuple):
        raise TailraceError(f"in {sql!r}: {found[0].sentence}", hint=found[0].hint)
    return found


def _with_attributes(tree: exp.Expression) -> exp.Expression:
    """`attributes.http.status` is the attribute of the name `http.status`."""

    def changed(node: exp.Expr) -> exp.Expr:
        names = _path(node)
        if not names or names[0].lower() != ATTRIBUTES or len(names) == 1:
            return node
        column = exp.column(ATTRIBUTES)
        for part in node.find_all(exp.Identifier):
            column.this.meta.update(part.meta)
        return exp.Bracket(this=column, expressions=[exp.Literal.string(".".join(names[1:]))])

    return tree.transform(changed)  # type: ignore[return-value]


def _path(node: exp.Expr) -> list[str]:
    """The names of a dotted path, from its root on; empty for anything else."""
    if isinstance(node, exp.Column):
        return [part.name for part in node.parts]
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        before = _path(node.this)
        return [*before, node.expression.name] if before else []
    return []


def _with_numbers(tree: exp.Expression) -> exp.Expression:
    """An attribute beside a number is cast to one."""

    def changed(node: exp.Expr) -> exp.Expr:
        if isinstance(node, _NUMERIC):
            sides = [node.this, node.expression]
            if any(_is_number(side) for side in sides):
                for name in ("this", "expression"):
                    node.set(name, _cast(node.args[name]))
        if isinstance(node, exp.Between) and _is_number(node.args["low"]):
            node.set("this", _cast(node.this))
        if isinstance(node, exp.In) and node.expressions and all(map(_is_number, node.expressions)):
            node.set("this", _cast(node.this))
        return node

    return tree.transform(changed)  # type: ignore[return-value]


def _is_number(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren | exp.Neg):
        node = node.this
    return (isinstance(node, exp.Literal) and not node.is_string) or isinstance(
        node, exp.Add | exp.Sub | exp.Mul | exp.Div
    )


def _cast(node: exp.Expr) -> exp.Expr:
    attribute = isinstance(node, exp.Bracket) and isinstance(node.this, exp.Column) and node.this.name == ATTRIBUTES
    return exp.cast(node, "double") if attribute else node


def _first_name(column: exp.Column) -> str:
    return column.parts[0].name


def _advised(fault: Fault) -> Fault:
    """A fault about an unknown column with the field that people mean, or the attribute it may be."""
    prefix = "there is no column "
    if not fault.sentence.startswith(prefix):
        return fault
    name = fault.sentence.removeprefix(prefix).strip("'\"")
    sentence = f"records have no field {name!r}"
    if name.lower() in _OTHERWISE:
        return replace(fault, sentence=sentence, hint=f"did you mean {_OTHERWISE[name.lower()]!r}?")
    near = nearest(name, _SCHEMA.names)
    own = f"a field of your own log is attributes.{name}; a text stands in quotes: '{name}'"
    return replace(fault, sentence=sentence, hint=f"did you mean {near!r}? {own}" if near else own)
