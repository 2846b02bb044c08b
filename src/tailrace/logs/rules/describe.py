"""A rule in plain English, as one says it aloud to whoever is on call."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tailrace.logs.rules.kinds import (
    Change,
    Distinct,
    Kind,
    Listed,
    Metric,
    New,
    Share,
    Silence,
    Spike,
    Threshold,
    number,
)
from tailrace.logs.rules.rule import Rule

_SIGNS: Final = {
    ">": "more than {}",
    ">=": "{} or more",
    "<": "fewer than {}",
    "<=": "{} or fewer",
    "=": "exactly {}",
    "<>": "not {}",
}
_VALUES: Final = {
    ">": "above {}",
    ">=": "at least {}",
    "<": "below {}",
    "<=": "at most {}",
    "=": "exactly {}",
    "<>": "not {}",
}
_FIGURES: Final = {
    "count": "the number of values",
    "sum": "the sum",
    "mean": "the mean",
    "min": "the least value",
    "max": "the greatest value",
}
_UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def describe(rule: Rule) -> str:
    """What the rule does, as sentences: when it alerts, on what, of whom, and what becomes of the alert."""
    sentences = [f"Alerts when {_condition(rule.kind)}, {_each(rule.by)}.", _looks(rule), _after(rule)]
    return " ".join(each for each in sentences if each)


def _condition(kind: Kind) -> str:
    match kind:
        case Threshold(condition=condition, window=window):
            return f"{condition} within any {length(window)}"
        case Share() as share:
            least = f", once there are {number(share.least)} {share.whole}" if share.least else ""
            limit = _VALUES[share.comparison].format(f"{number(share.percent)}%")
            return f"the share of {share.part} in {share.whole} is {limit} within any {length(share.window)}{least}"
        case Spike() as spike:
            return _spike(spike)
        case Distinct() as distinct:
            limit = _SIGNS[distinct.comparison].format(number(distinct.limit))
            return f"{distinct.field} has {limit} different values within any {length(distinct.window)}"
        case Metric() as metric:
            percentile = metric.percentile
            figure = f"the {ordinal(percentile)} percentile" if percentile else _FIGURES[metric.function]
            limit = _VALUES[metric.comparison].format(number(metric.limit))
            least = f", once there are {number(metric.least)} values" if metric.least else ""
            return f"{figure} of {metric.field} is {limit} within any {length(metric.window)}{least}"
        case Listed() as listed:
            return _listed(listed)
        case Change(field=field):
            return f"{field} has another value than the time before"
        case New(field=field, learn=learn):
            learnt = f" (it only learns for the first {length(learn)})" if learn else ""
            return f"{field} has a value that was never seen before{learnt}"
        case Silence(length=span, apps=apps):
            whom = f"from {_words(list(apps), 'or')}" if apps else "from anyone who wrote before"
            return f"no line has come for {length(span)} {whom}"


def _listed(listed: Listed) -> str:
    patterns = _words([repr(each) for each in listed.patterns], "or")
    if listed.allowed:
        return f"{listed.field} is there and matches none of {patterns}"
    return f"{listed.field} matches {patterns}"


def _spike(spike: Spike) -> str:
    windows = f"the {spike.before} windows" if spike.before > 1 else "the window"
    factor, span, least = number(spike.factor), length(spike.window), number(spike.least)
    up = f"{spike.measure} in {span} are {factor} times those in {windows} before, on average, and {least} at least"
    low = (
        f"{spike.measure} in {span} have been {factor} times as many in {windows} before, on average ({least} at least)"
    )
    return {"up": up, "down": low, "both": f"{up}; or when {low}"}[spike.direction]


def _each(by: tuple[str, ...]) -> str:
    if not by:
        return "over all applications together"
    return f"for each {_words([_field(each) for each in by], 'and')} by itself"


def _field(name: str) -> str:
    return "application" if name == "app" else name


def _looks(rule: Rule) -> str:
    seen = "" if rule.counts_volumes else f"records of level {rule.least} and worse"
    if rule.least == "ANY":
        seen = "all records"
    if rule.where:
        return f"Counts only {seen or 'lines'} where {rule.where}."
    return f"Counts {seen}." if seen else ""


def _after(rule: Rule) -> str:
    told = f" Told again after {length(rule.cooldown)}, then ever more rarely." if rule.cooldown else ""
    return f"Resolved after {length(rule.quiet)} of quiet.{told}"


def length(span: timedelta) -> str:
    """A length of time in words: `5 minutes`, `1 hour and 30 minutes`."""
    rest = int(span.total_seconds())
    words = []
    for unit, seconds in _UNITS:
        count, rest = divmod(rest, seconds)
        if count:
            words.append(f"{count} {unit}{'s' * (count != 1)}")
    return _words(words, "and") or "no time"


def ordinal(count: int) -> str:
    """A number as a rank: 1st, 2nd, 95th."""
    if count % 100 in (11, 12, 13):
        return f"{count}th"
    return f"{count}{({1: 'st', 2: 'nd', 3: 'rd'}).get(count % 10, 'th')}"


def _words(words: list[str], joint: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}" if words else ""
