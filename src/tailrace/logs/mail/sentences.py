"""An alert in a few words, by what has happened: it has opened, grown, or been resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tailrace.logs.mail import words
from tailrace.logs.mail.chart import LevelCount
from tailrace.logs.records import Alert
from tailrace.model.durations import format_duration

RESOLVED, UPDATE = "resolved", "update"
_MUCH = 1.05  # a growth by less is none


@dataclass(frozen=True)
class Totals:
    """What was written while an incident was open."""

    errors: int
    warnings: int
    lines: int


@dataclass(frozen=True)
class Background:
    """What is known beside the alerts themselves, all of it optional.

    `told` has the value that people were told last, and `totals` the lines of the whole incident, both by alert id;
    `history` the levels over the last windows; `new` the fingerprints never seen before.
    """

    told: Mapping[str, float] = field(default_factory=dict)
    totals: Mapping[str, Totals] = field(default_factory=dict)
    history: Sequence[LevelCount] = ()
    new: frozenset[str] = frozenset()


def headline_words(alert: Alert, app: str, background: Background) -> str:
    """What has happened, as a sentence: `Now 5 times as many: 70 errors in orders within 30 seconds`."""
    within = words.duration_words(alert.window_end - alert.window_start)
    if alert.state == RESOLVED:
        totals = background.totals.get(alert.id)
        most = f"{what_words(alert, totals)} in {app}" if totals else ""
        return f"{resolved_words(alert)}: {most or f'at worst {what_words(alert)} in {app} within {within}'}"
    growth = growth_words(alert, background)
    said = f"{what_words(alert)} in {app} within {within}"
    return f"Now {growth}: {said}" if growth else said


def subject_words(alert: Alert, background: Background) -> str:
    """The same for a subject, briefly, without the application: `now 5 times as many: 70 errors in 30s (was 14)`."""
    within = format_duration(alert.window_end - alert.window_start)
    if alert.state == RESOLVED:
        totals = background.totals.get(alert.id)
        most = f"{what_words(alert, totals)} in all" if totals else f"at worst {what_words(alert)} in {within}"
        length = format_duration(_whole_seconds(lasted(alert)))
        return f"resolved after {length}: {most}" if lasted(alert) else f"resolved: {most}"
    said = f"{what_words(alert)} in {within}"
    if alert.state != UPDATE:
        return said
    growth = growth_words(alert, background)
    return f"now {growth}: {said} (was {value_words(background.told[alert.id])})" if growth else f"update: {said}"


def listed_words(alert: Alert, background: Background) -> str:
    """The same for a line of a list, where application and time stand beside it."""
    if alert.state == RESOLVED:
        return resolved_words(alert)
    growth = growth_words(alert, background)
    return f"{what_words(alert)}, now {growth}" if growth else what_words(alert)


def what_words(alert: Alert, totals: Totals | None = None) -> str:
    """What was counted of what the rule counts, in the window or in all: `14 errors`, `12 errors and 3 warnings`."""
    counted: Alert | Totals = totals or alert
    numbers = {name: int(getattr(counted, name)) for name in words.COUNTED}
    measures = words.rule_measures(alert.rule) or ("errors", "warnings")
    parts = [words.count_words(numbers[name], name) for name in measures if numbers[name]]
    return words.and_words(parts or [words.count_words(numbers[measures[0]], measures[0])])


def growth_words(alert: Alert, background: Background) -> str:
    """How an update compares with what was told last: `5 times as many`; empty if it is none, or has not grown."""
    before = background.told.get(alert.id, 0.0)
    if alert.state != UPDATE or before <= 0 or alert.value < before * _MUCH:
        return ""
    times = alert.value / before
    shown = f"{times:,.0f}" if times >= 10 else f"{times:.1f}".removesuffix(".0")
    return f"{shown} times as {'many' if words.rule_measures(alert.rule) else 'high'}"


def change_words(alert: Alert, background: Background) -> str:
    """The old and the new figure of an update: `70, was 14 when last told`; empty if the old is not known."""
    if alert.state != UPDATE or alert.id not in background.told:
        return ""
    return f"{value_words(alert.value)}, was {value_words(background.told[alert.id])} when last told"


def resolved_words(alert: Alert) -> str:
    """`Resolved after 4 minutes 20 seconds`."""
    return f"Resolved after {words.length_words(lasted(alert))}" if lasted(alert) else "Resolved"


def value_words(value: float) -> str:
    """A rule's value: whole numbers with commas, others to two digits after the point."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def lasted(alert: Alert) -> timedelta:
    """How long the incident had been open when this happened."""
    return max(alert.at - alert.opened, timedelta())


def batch_words(alerts: Sequence[Alert]) -> str:
    """What several alerts say together: `3 alerts and 1 resolved in 2 apps: 40 errors and 12 warnings`."""
    going_on = [alert for alert in alerts if alert.state != RESOLVED]
    over = len(alerts) - len(going_on)
    counted = [words.count_words(len(going_on), "alerts")] if going_on else []
    counted += [f"{over:,} resolved"] if over else []
    apps = words.count_words(len({alert.app for alert in alerts}), "apps")
    parts = [words.count_words(total, name) for name in ("errors", "warnings") if (total := _total(going_on, name))]
    said = f"{words.and_words(counted)} in {apps}"
    return f"{said}: {words.and_words(parts)}" if parts else said


def _total(alerts: Sequence[Alert], name: str) -> int:
    # Several rules may look at the same lines of one app: its greatest number is counted, not the sum.
    most: dict[str, int] = {}
    for alert in alerts:
        most[alert.app] = max(most.get(alert.app, 0), int(getattr(alert, name)))
    return sum(most.values())


def _whole_seconds(duration: timedelta) -> timedelta:
    return timedelta(seconds=round(duration.total_seconds())) if duration >= timedelta(seconds=1) else duration
