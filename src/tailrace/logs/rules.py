"""Rules in their short form: `errors > 10 in 30s`, `warnings + errors >= 2 in 10s`. Pure.

A rule is a condition over the columns of `Stats`, an SQL expression, and the length of the windows it is about.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl
import pyarrow as pa
from sqlglot import exp

from tailrace.logs.records import Stats
from tailrace.model.durations import format_duration, parse_duration
from tailrace.model.errors import TailraceError
from tailrace.window.compiled import Compiled
from tailrace.window.dialect import TailraceSql, parse
from tailrace.window.expression import compile_condition, compile_expression

_RULE = re.compile(r"(?P<condition>.+\S)\s+in\s+(?P<window>\S.*)", re.IGNORECASE | re.DOTALL)
_COMPARISONS: Final = (exp.GT, exp.GTE, exp.LT, exp.LTE, exp.EQ, exp.NEQ)
_LONGEST: Final = timedelta(days=7)
_HINT: Final = "write a condition and a window, as in 'errors > 10 in 30s' or 'warnings + errors >= 2 in 10s'"
MEASURES: Final = ("lines", "errors", "warnings")
"""What a condition can speak of."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition on what one application writes within any window of a length.

    `text` is the rule as it was written, white space made plain. `value` computes what its comparison is about, such as
    `warnings + errors`; of a condition that is no single comparison, the errors.
    """

    text: str
    window: timedelta
    condition: Compiled
    value: Compiled

    def crossings(self, stats: pl.DataFrame) -> pl.DataFrame:
        """The rows of this rule's windows that meet its condition, with their `value` as a finite double."""
        length = pl.col("window_end") - pl.col("window_start")
        met = self.condition.expr.fill_null(False)
        value = self.value.expr.cast(pl.Float64, strict=False)
        finite = pl.when(value.is_finite()).then(value).otherwise(0.0)
        return stats.filter(length == self.window, met).with_columns(value=finite)


def parse_rule(text: str) -> Rule:
    """Read a rule. Raises TailraceError that quotes the rule and says what cannot be understood."""
    plain = " ".join(text.split())
    match = _RULE.fullmatch(plain)
    if not match:
        raise TailraceError(f"the rule {plain!r} has no window", hint=_HINT)
    try:
        window = parse_duration(match["window"])
    except TailraceError as error:
        raise TailraceError(f"the rule {plain!r} has no proper window: {error}", hint=_HINT) from None
    if not timedelta(seconds=1) <= window <= _LONGEST or window % timedelta(seconds=1):
        raise TailraceError(
            f"the rule {plain!r} has a window of {format_duration(window)}; it can be of 1s to 7d, in whole seconds",
            hint="volumes are counted per second, and kept for seven days",
        )
    return Rule(plain, window, *_compiled(plain, match["condition"]))


def _compiled(text: str, condition: str) -> tuple[Compiled, Compiled]:
    schema = pa.schema([field for field in Stats.arrow_schema() if field.name in MEASURES])
    try:
        return compile_condition(condition, schema), compile_expression(_measured(condition), schema)
    except TailraceError as error:
        raise TailraceError(f"the rule {text!r} cannot be understood: {error}", hint=error.hint or _HINT) from None


def _measured(condition: str) -> str:
    """The side of a comparison that speaks of a measure, as SQL; the errors if it is no comparison."""
    tree = parse(condition)
    while isinstance(tree, exp.Paren):
        tree = tree.this
    sides = (tree.left, tree.right) if isinstance(tree, _COMPARISONS) else ()
    return next((side.sql(TailraceSql) for side in sides if side.find(exp.Column)), "errors")


def check_rules(texts: list[str]) -> None:
    """Refuse rules that cannot be read, or none, or one given twice. Raises TailraceError."""
    if not texts:
        raise TailraceError("there is no rule", hint=_HINT)
    seen: set[str] = set()
    for text in texts:
        rule = parse_rule(text)
        if rule.text in seen:
            raise TailraceError(f"the rule {rule.text!r} is given twice")
        seen.add(rule.text)


def hop_of(window: timedelta) -> timedelta:
    """How far apart the windows of a rule start: a sixth of their length, in whole seconds that divide it, at least 1s.

    So a burst that straddles the edge of one window stands whole in another, unless it lasts nearly as long itself.
    """
    seconds = int(window.total_seconds())
    return timedelta(seconds=max(each for each in range(1, max(1, seconds // 6) + 1) if seconds % each == 0))
