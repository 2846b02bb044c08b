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

from tailrace.logs.records import Stats
from tailrace.model.durations import format_duration, parse_duration
from tailrace.model.errors import TailraceError
from tailrace.window.compiled import Compiled
from tailrace.window.expression import compile_condition, compile_expression

_RULE = re.compile(r"(?P<condition>.+\S)\s+in\s+(?P<window>\S.*)", re.IGNORECASE | re.DOTALL)
_COMPARISON = re.compile(r"(?P<left>[^<>=!]+)(<=|>=|<>|!=|==|<|>|=)[^<>=!]+")
_HINT: Final = "write a condition and a window, as in 'errors > 10 in 30s' or 'warnings + errors >= 2 in 10s'"
MEASURES: Final = ("lines", "errors", "warnings")
"""What a condition can speak of."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A condition on what one application writes within any window of a length.

    `text` is the rule as it was written, white space made plain; `value` computes the left side of its comparison.
    """

    text: str
    window: timedelta
    condition: Compiled
    value: Compiled

    def crossings(self, stats: pl.DataFrame) -> pl.DataFrame:
        """The rows of this rule's windows that meet its condition, with the left side as `value` (a double)."""
        length = pl.col("window_end") - pl.col("window_start")
        met = self.condition.expr.fill_null(False)
        return stats.filter(length == self.window, met).with_columns(value=self.value.expr.cast(pl.Float64))


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
    if window < timedelta(seconds=1):
        raise TailraceError(
            f"the rule {plain!r} has a window of {format_duration(window)}; the shortest is 1s",
            hint="volumes are counted per second",
        )
    return Rule(plain, window, *_compiled(plain, match["condition"]))


def _compiled(text: str, condition: str) -> tuple[Compiled, Compiled]:
    schema = pa.schema([field for field in Stats.arrow_schema() if field.name in MEASURES])
    try:
        compiled = compile_condition(condition, schema)
        comparison = _COMPARISON.fullmatch(condition)
        value = compile_expression(comparison["left"] if comparison else "errors", schema)
    except TailraceError as error:
        raise TailraceError(f"the rule {text!r} cannot be understood: {error}", hint=error.hint or _HINT) from None
    return compiled, value


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
