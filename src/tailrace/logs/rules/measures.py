"""Measures: what is counted in every window, and the conditions that speak of it."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Final

import polars as pl
import pyarrow as pa
from sqlglot import exp

from tailrace.model.errors import TailraceError
from tailrace.window.compiled import Compiled
from tailrace.window.compiler import Compiler
from tailrace.window.dialect import TailraceSql, parse
from tailrace.window.expression import HANDLERS, compile_tree
from tailrace.window.faults import Fault

LEVELS: Final = {
    "fatals": ("FATAL",),
    "errors": ("ERROR", "FATAL"),
    "warnings": ("WARN",),
    "infos": ("INFO",),
    "debugs": ("DEBUG",),
    "traces": ("TRACE",),
    "unknowns": ("",),
}
"""Of which levels each measure counts the records."""
MEASURES: Final = ("lines", *LEVELS)
"""What a condition can speak of: records in all, and by level."""
_SCHEMA: Final = pa.schema([pa.field(name, pa.int64(), nullable=False) for name in MEASURES])
_RISING: Final = (exp.GT, exp.GTE)
_FALLING: Final = (exp.LT, exp.LTE)
_COMPARISONS: Final = (*_RISING, *_FALLING, exp.EQ, exp.NEQ)


def compiled_measure(sql: str) -> Compiled:
    """SQL over the measures, as columns. Raises TailraceError for SQL that cannot be understood."""
    found = _compiled(sql)
    if isinstance(found, list):
        raise TailraceError(f"in {sql!r}: {found[0].sentence}", hint=found[0].hint)
    return found


def measure_faults(sql: str, *, condition: bool = False) -> list[Fault]:
    """Everything wrong with SQL over the measures."""
    found = _compiled(sql)
    if isinstance(found, list):
        return found
    boolean = pa.types.is_boolean(found.dtype)
    if condition and not boolean:
        return [Fault((), f"{sql!r} compares nothing: a condition is needed", "compare it, as in errors > 10")]
    if not condition and not (pa.types.is_integer(found.dtype) or pa.types.is_floating(found.dtype)):
        return [Fault((), f"{sql!r} is no number", f"name a measure, or a sum of them: {', '.join(MEASURES)}")]
    if not named_measures(sql):
        return [Fault((), f"{sql!r} speaks of nothing that is counted", f"name a measure: {', '.join(MEASURES)}")]
    return []


@lru_cache(maxsize=4096)
def _compiled(sql: str) -> Compiled | list[Fault]:
    tree = _tree(sql)
    return [tree] if isinstance(tree, Fault) else compile_tree(tree, Compiler(_SCHEMA, HANDLERS))


@lru_cache(maxsize=4096)
def _tree(sql: str) -> exp.Expression | Fault:
    return parse(sql)


def measured(condition: str) -> str:
    """The side of a comparison that speaks of a measure, as SQL; the errors if it is no comparison."""
    tree = _bare(condition)
    sides = (tree.left, tree.right) if isinstance(tree, _COMPARISONS) else ()
    return next((side.sql(TailraceSql) for side in sides if side.find(exp.Column)), "errors")


def named_measures(sql: str) -> set[str]:
    """The measures that SQL speaks of."""
    tree = _tree(sql)
    return set() if isinstance(tree, Fault) else {column.name for column in tree.find_all(exp.Column)}


def is_rising(condition: str) -> bool:
    """Whether more records can only make the condition true, not false, so that a window need not be over to hold.

    So it is with `errors > 10 AND lines > 100`. One that asks for few (`lines < 5`) is judged when its window is over.
    """
    return _goes(_bare(condition), up=True)


def is_falling(condition: str) -> bool:
    """Whether the condition asks for few in all its parts, so that less is worse: `lines < 5`."""
    return _goes(_bare(condition), up=False)


def _goes(tree: exp.Expr, *, up: bool) -> bool:
    if isinstance(tree, exp.Paren):
        return _goes(tree.this, up=up)
    if isinstance(tree, exp.And | exp.Or):
        return all(_goes(part, up=up) for part in tree.flatten())
    if not isinstance(tree, _COMPARISONS):
        return False
    measure_first = tree.this.find(exp.Column) is not None
    return isinstance(tree, _RISING if measure_first == up else _FALLING)


def _bare(condition: str) -> exp.Expr:
    tree = _tree(condition)
    if isinstance(tree, Fault):
        raise TailraceError(tree.sentence, hint=tree.hint)
    while isinstance(tree, exp.Paren):
        tree = tree.this
    return tree


def counted(lines: pl.Expr, level: pl.Expr) -> list[pl.Expr]:
    """The measures of a group of rows, of which each stands for `lines` records of a `level`."""
    by_level = [lines.filter(level.is_in(list(levels))).sum().alias(name) for name, levels in LEVELS.items()]
    return [each.cast(pl.Int64) for each in (lines.sum().alias("lines"), *by_level)]


def hop_of(window: timedelta) -> timedelta:
    """How far apart the windows of a rule start: a sixth of their length, in whole seconds that divide it, at least 1s.

    So a burst that straddles the edge of one window stands whole in another, unless it lasts nearly as long itself.
    """
    seconds = int(window.total_seconds())
    return timedelta(seconds=max(each for each in range(1, max(1, seconds // 6) + 1) if seconds % each == 0))
