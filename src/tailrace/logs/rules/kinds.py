"""What a rule can ask for: one class for each kind of condition, as plain data.

`text` is the short form that reads back to the same condition. Lengths of time are `timedelta`s of whole seconds;
`comparison` is one of > >= < <= = <>. A *measure* is SQL over the counts of a window (see `measures`), a *field* is SQL
over a record (see `fields`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tailrace.model.durations import format_duration

LEARNING: Final = timedelta(minutes=10)
"""How long a rule for what was never seen before only learns, unless it says otherwise."""
LIST_WINDOW: Final = timedelta(minutes=1)
"""The window of a black list or white list that names none."""

LEAST_SPIKE: Final = 10.0
"""What a spike has to reach, unless it says otherwise: three errors after none are no spike."""


@dataclass(frozen=True)
class Threshold:
    """A condition on what was counted in a window: `errors > 10 in 30s`."""

    condition: str
    window: timedelta

    @property
    def text(self) -> str:
        return f"{self.condition} in {format_duration(self.window)}"


@dataclass(frozen=True)
class Share:
    """One measure in percent of another: `errors > 5% of lines in 5m, at least 100 lines`."""

    part: str
    comparison: str
    percent: float
    whole: str
    window: timedelta
    least: float = 0

    @property
    def text(self) -> str:
        share = f"{self.part} {self.comparison} {number(self.percent)}% of {self.whole}"
        return f"{share} in {format_duration(self.window)}{_at_least(self.least, f' {self.whole}')}"


@dataclass(frozen=True)
class Spike:
    """A measure beside the mean of the windows just before: `errors 3x the 6 windows before in 5m`.

    `direction` is up, down or both. Up, the measure has to reach `least` in the window; down, in the mean before.
    """

    measure: str
    factor: float
    before: int
    window: timedelta
    direction: str = "up"
    least: float = LEAST_SPIKE

    @property
    def text(self) -> str:
        way = {"up": "", "down": "down ", "both": "up or down "}[self.direction]
        windows = "the window before" if self.before == 1 else f"the {self.before} windows before"
        spike = f"{self.measure} {way}{number(self.factor)}x {windows} in {format_duration(self.window)}"
        return f"{spike}, at least {number(self.least)}"


@dataclass(frozen=True)
class Distinct:
    """How many different values a field has in a window: `distinct attributes.user > 100 in 5m`."""

    field: str
    comparison: str
    limit: float
    window: timedelta

    @property
    def text(self) -> str:
        return f"distinct {self.field} {self.comparison} {number(self.limit)} in {format_duration(self.window)}"


@dataclass(frozen=True)
class Metric:
    """A figure over a field's values in a window: `p99(attributes.ms) > 500 in 5m, at least 50`.

    `function` is count, sum, mean, min, max or a percentile p1 to p99; `least` is how many values it takes.
    """

    function: str
    field: str
    comparison: str
    limit: float
    window: timedelta
    least: float = 0

    @property
    def percentile(self) -> int | None:
        """The percentage below which values lie, for a percentile."""
        return int(self.function[1:]) if self.function[0] == "p" else None

    @property
    def text(self) -> str:
        metric = f"{self.function}({self.field}) {self.comparison} {number(self.limit)}"
        return f"{metric} in {format_duration(self.window)}{_at_least(self.least)}"


@dataclass(frozen=True)
class Listed:
    """A black list: records whose field matches one of the patterns. With `allowed` a white list: that match none.

    A record that does not have the field is never meant.
    """

    field: str
    patterns: tuple[str, ...]
    allowed: bool = False
    window: timedelta = LIST_WINDOW

    @property
    def text(self) -> str:
        quoted = ", ".join("'" + pattern.replace("'", "''") + "'" for pattern in self.patterns)
        verb = "matches none of" if self.allowed else "matches"
        return f"{self.field} {verb} {quoted} in {format_duration(self.window)}"


@dataclass(frozen=True)
class Change:
    """A field's value is another than that of the record before: `attributes.version changes`."""

    field: str

    @property
    def text(self) -> str:
        return f"{self.field} changes"


@dataclass(frozen=True)
class New:
    """A value that a field never had before: `new fingerprint`, `new attributes.country after 1h`."""

    field: str
    learn: timedelta = LEARNING

    @property
    def text(self) -> str:
        return f"new {self.field}" + (f" after {format_duration(self.learn)}" if self.learn != LEARNING else "")


@dataclass(frozen=True)
class Silence:
    """No lines for so long: `silence of 10m`; of those named, or else of everyone who was heard before."""

    length: timedelta
    apps: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return f"silence of {format_duration(self.length)}" + (f" from {', '.join(self.apps)}" if self.apps else "")


Kind = Threshold | Share | Spike | Distinct | Metric | Listed | Change | New | Silence


def number(value: float) -> str:
    """A number as a person writes it: 10, not 10.0; 0.5."""
    return f"{value:.15g}"


def _at_least(least: float, of: str = "") -> str:
    return f", at least {number(least)}{of}" if least else ""
