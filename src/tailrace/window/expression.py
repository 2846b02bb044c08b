"""SQL expressions over a record type: checked against its Arrow schema, computed on columns.

Used by measures and filters of an aggregate, by `--where`, and by the conditions of rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl
import pyarrow as pa
from sqlglot import exp

from tailrace.model.errors import TailraceError
from tailrace.window import sqltypes as t
from tailrace.window.casts import CASTS
from tailrace.window.compiled import Compiled
from tailrace.window.compiler import LEAVES, Compiler, Handler
from tailrace.window.dialect import TOO_DEEP, parse, text_of
from tailrace.window.faults import Fault
from tailrace.window.functions import FUNCTIONS
from tailrace.window.operators import OPERATORS
from tailrace.window.patterns import PATTERNS

DEEPEST: Final = 200
"""Levels of an expression; more would only find the end of the interpreter's stack."""
HANDLERS: Final[dict[type[exp.Expression], Handler]] = {**LEAVES, **OPERATORS, **PATTERNS, **FUNCTIONS, **CASTS}


def check_expression(sql: str, schema: pa.Schema, *, condition: bool = False) -> list[Fault]:
    """All faults of the expression over records of `schema`; with `condition` it also has to be a boolean."""
    result = _checked(sql, schema, condition)
    return result if isinstance(result, list) else []


def compile_expression(sql: str, schema: pa.Schema) -> Compiled:
    """The expression as columns over frames of `schema`.

    Raises TailraceError with the first fault, if there are any.
    """
    return _or_raise(sql, _checked(sql, schema, condition=False))


def compile_condition(sql: str, schema: pa.Schema) -> Compiled:
    """The expression as a boolean column; a filter keeps the rows where it is true, not those where it is null.

    Raises TailraceError with the first fault, if there are any.
    """
    return _or_raise(sql, _checked(sql, schema, condition=True))


def keep(batch: pa.RecordBatch, condition: Compiled) -> pa.RecordBatch:
    """The records of the batch for which the condition is true."""
    frame = pl.DataFrame(pl.from_arrow(batch))
    answers = frame.with_columns(condition.expr.cast(pl.Boolean).fill_null(False).alias("keep"))["keep"]
    return batch.filter(answers.to_arrow())


def compile_tree(tree: exp.Expression, compiler: Compiler) -> Compiled | list[Fault]:
    """A parsed expression through the given compiler; one that is too deep for any reader is refused."""
    if _deeper_than(tree, DEEPEST):
        return [Fault((), TOO_DEEP)]
    value = compiler.compile(tree)
    return compiler.faults or value


def _deeper_than(tree: exp.Expression, limit: int) -> bool:
    level: list[exp.Expr] = [tree]
    for _ in range(limit):
        level = [child for node in level for child in _parts(node)]
        if not level:
            return False
    return True


def _parts(node: exp.Expr) -> Iterator[exp.Expr]:
    """What a node is made of; a chain of ANDs or ORs is one thing, however long."""
    return node.flatten() if isinstance(node, exp.Connector) else node.iter_expressions()


def _checked(sql: str, schema: pa.Schema, condition: bool) -> Compiled | list[Fault]:
    tree = parse(sql)
    if isinstance(tree, Fault):
        return [tree]
    value = compile_tree(tree, Compiler(schema, HANDLERS))
    if isinstance(value, Compiled) and condition and value.dtype not in (t.BOOLEAN, t.NULL):
        return [
            Fault((), f"{text_of(tree)} is {t.with_article(value.dtype)}: a condition is needed here, true or false")
        ]
    return value


def _or_raise(sql: str, result: Compiled | list[Fault]) -> Compiled:
    if isinstance(result, Compiled):
        return result
    first = result[0]
    more = f", and {len(result) - 1} more" if len(result) > 1 else ""
    raise TailraceError(f"in {sql!r}, column {first.column or 1}: {first.sentence}{more}", hint=first.hint)
