"""An alert in a few words, by what has happened: it has opened, grown, goes on, or been resolved.

The alerts given here are clean already: no text in them can do harm where it is shown (see `tailrace.logs.mail.view`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tailrace.logs.mail import measures, words
from tailrace.logs.records import Alert, Stage
from tailrace.model.durations import format_duration

EVERYWHERE = "all applications"
_MUCH = 1.05  # a growth by less is none


@dataclass(frozen=True)
class Totals:
    """What was written while an incident was open."""

    errors: int
    warnings: int
    lines: int


def totals_of(alert: Alert) -> Totals | None:
    """What was written since the incident opened, if it is known."""
    totals = Totals(alert.total_errors, alert.total_warnings, alert.total_lines)
    return totals if any((totals.errors, totals.warnings, totals.lines)) else None


def headline_words(alert: Alert) -> str:
    """What has happened, as a sentence: `Now 5 times as many: 70 errors in orders within 30 seconds`."""
    within = _within(alert, words.duration_words(alert.window_end - alert.window_start), "within")
    where = where_words(alert)
    said = f"{what_words(alert)} in {where}{within}"
    if alert.state == Stage.RESOLVED:
        totals = measures.counts(alert.rule) and totals_of(alert)
        most = f"{what_words(alert, totals)} in {where}" if totals else ""
        return f"{resolved_words(alert)}: {most or f'at worst {said}'}"
    if alert.state == Stage.REPEAT:
        return f"{going_on_words(alert)}: {said}"
    growth = growth_words(alert)
    return f"Now {growth}: {said}" if growth else words.capital(said)


def subject_words(alert: Alert) -> str:
    """The same for a subject, briefly, without the application: `now 5 times as many: 70 errors in 30s (was 14)`."""
    said = f"{what_words(alert)}{_within(alert, format_duration(alert.window_end - alert.window_start), 'in')}"
    if alert.state == Stage.RESOLVED:
        totals = measures.counts(alert.rule) and totals_of(alert)
        most = f"{what_words(alert, totals)} in all" if totals else f"at worst {said}"
        length = format_duration(words.brief(lasted(alert)))
        return f"resolved after {length}: {most}" if lasted(alert) else f"resolved: {most}"
    if alert.state == Stage.REPEAT:
        return f"still going on after {format_duration(words.brief(lasted(alert)))}: {said}"
    if alert.state != Stage.UPDATE:
        return said
    growth = growth_words(alert)
    return f"now {growth}: {said} (was {_told_words(alert)})" if growth else f"update: {said}"


def listed_words(alert: Alert) -> str:
    """The same for a line of a list, where application and time stand beside it."""
    if alert.state == Stage.RESOLVED:
        return resolved_words(alert)
    if alert.state == Stage.REPEAT:
        return f"{what_words(alert)}, still going on"
    growth = growth_words(alert)
    return f"{what_words(alert)}, now {growth}" if growth else what_words(alert)


def summary_words(alert: Alert) -> str:
    """The same above one alert of several, where the application stands beside it: `14 errors within 30 seconds`."""
    if alert.state != Stage.OPEN:
        return listed_words(alert)
    return f"{what_words(alert)}{_within(alert, words.duration_words(alert.window_end - alert.window_start), 'within')}"


def what_words(alert: Alert, totals: Totals | None = None) -> str:
    """What the rule saw, in the window or in all: `14 errors`, `errors are 7.2 % of lines`, `no lines for 10 minutes`.

    A rule that neither counts nor compares is told by what the alert has to say of it, such as `version went from '1'
    to '2'`. A rule's own name goes before all but counts, which speak for themselves.
    """
    counted = measures.counts(alert.rule)
    beside = f", {alert.detail}" if alert.detail and not totals and _says_half(alert.rule) else ""
    if counted:
        return f"{_count_words(totals or alert, counted)}{beside}"
    name = f"{alert.name}: " if alert.name and alert.name != alert.rule else ""
    said = measures.value_sentence(alert.rule, alert.value)
    return f"{name}{f'{said}{beside}' if said else alert.detail or _bare_words(alert)}"


def where_words(alert: Alert) -> str:
    """Where it happened: `orders`, `orders (logger pay.Gateway)`, `all applications (host web-3)`."""
    others = ", ".join(f"{name} {value}" for name, value in group_of(alert))
    return f"{alert.app or EVERYWHERE} ({others})" if others else alert.app or EVERYWHERE


def group_of(alert: Alert) -> tuple[tuple[str, str], ...]:
    """The fields that the rule goes by beside the application, and their values."""
    return tuple((name.removeprefix("attributes."), value) for name, value in alert.group.items() if name != "app")


def growth_words(alert: Alert) -> str:
    """How an update compares with what was told last: `5 times as many`; empty if it is none, or has not grown."""
    before = alert.told or 0.0
    if alert.state != Stage.UPDATE or before <= 0 or not alert.value >= before * _MUCH:
        return ""
    times = alert.value / before
    shown = f"{times:,.0f}" if times >= 10 else f"{times:.1f}".removesuffix(".0")
    return f"{shown} times as {_dimension(alert.rule)}"


def _dimension(rule: str) -> str:
    return "many" if measures.counts(rule) else "long" if measures.is_silence(rule) else "high"


def change_words(alert: Alert) -> str:
    """The old and the new figure of an update: `70, was 14 when last told`; empty if the old is not known."""
    if alert.state != Stage.UPDATE or alert.told is None:
        return ""
    return f"{measures.value_words(alert.rule, alert.value)}, was {_told_words(alert)} when last told"


def so_far_words(alert: Alert) -> str:
    """Of an incident that goes on, all that came since it opened: `41,204 errors and 12 warnings`; empty if unknown."""
    totals = totals_of(alert)
    if alert.state not in {Stage.UPDATE, Stage.REPEAT} or totals is None or totals.lines <= alert.lines:
        return ""
    return _count_words(totals, ("errors", "warnings"))


def resolved_words(alert: Alert) -> str:
    """`Resolved after 4 minutes 20 seconds`."""
    return f"Resolved after {words.length_words(lasted(alert))}" if lasted(alert) else "Resolved"


def going_on_words(alert: Alert) -> str:
    """`Still going on, for 4 hours`."""
    return f"Still going on, for {words.length_words(lasted(alert))}" if lasted(alert) else "Still going on"


def value_words(value: float) -> str:
    """A bare number, as `tailrace.logs.mail.measures.number_words` has it."""
    return measures.number_words(value)


def lasted(alert: Alert) -> timedelta:
    """How long the incident had been open when this happened."""
    return max(alert.at - alert.opened, timedelta())


def batch_words(alerts: Sequence[Alert]) -> str:
    """What several alerts say together: `3 alerts and 1 resolved in 2 apps: 40 errors and 12 warnings`."""
    going_on = [alert for alert in alerts if alert.state != Stage.RESOLVED]
    over = len(alerts) - len(going_on)
    counted = [words.count_words(len(going_on), "alerts")] if going_on else []
    counted += [f"{over:,} resolved"] if over else []
    apps = {alert.app for alert in alerts}
    where = EVERYWHERE if apps == {""} else words.count_words(len(apps), "apps")
    parts = [words.count_words(total, name) for name in ("errors", "warnings") if (total := total_of(going_on, name))]
    said = f"{words.and_words(counted)} in {where}"
    return f"{said}: {words.and_words(parts)}" if parts else said


def total_of(alerts: Sequence[Alert], name: str) -> int:
    """The sum of `errors` or `warnings` of several alerts.

    Several rules may look at the same lines of one app: the greatest number of one rule is counted, not the sum. A rule
    over all applications counts the lines of the others once more, so it takes part only where there is nothing else.
    """
    by_rule: dict[tuple[str, str], int] = {}
    for alert in alerts:
        key = (alert.app, alert.name or alert.rule)
        by_rule[key] = by_rule.get(key, 0) + int(getattr(alert, name))
    most: dict[str, int] = {}
    for (app, _), number in by_rule.items():
        most[app] = max(most.get(app, 0), number)
    overall = most.pop("", 0)
    return max(sum(most.values()), overall)


def _says_half(rule: str) -> bool:
    """Whether a rule's value says little without the alert's detail: how it was before, or what was looked for."""
    return measures.is_spike(rule) or measures.is_listed(rule)


def _bare_words(alert: Alert) -> str:
    """Of a rule that says nothing else: what levels came, or its value."""
    if alert.errors or alert.warnings:
        return _count_words(alert, ("errors", "warnings"))
    return f"{alert.rule} came to {measures.number_words(alert.value)}"


def _within(alert: Alert, length: str, word: str) -> str:
    """The window, where the words do not speak of a time themselves."""
    compares = measures.counts(alert.rule) or measures.compares(alert.rule)
    timeless = not alert.detail and not measures.value_sentence(alert.rule, alert.value)
    return f" {word} {length}" if compares or timeless else ""


def _count_words(counted: Alert | Totals, names: Sequence[str]) -> str:
    numbers = {name: int(getattr(counted, name)) for name in names}
    parts = [words.count_words(number, name) for name, number in numbers.items() if number]
    return words.and_words(parts or [words.count_words(0, names[0])])


def _told_words(alert: Alert) -> str:
    return measures.value_words(alert.rule, alert.told or 0.0)
