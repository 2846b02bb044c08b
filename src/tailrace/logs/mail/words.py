"""Numbers, times and rules in plain English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))
_COMPARISONS = {">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most", "=": "exactly", "==": "exactly"}
_RULE = re.compile(
    r"\s*(?P<measure>\S.*?)\s*(?P<op>>=|<=|==|=|>|<)\s*(?P<limit>[\d_.]+)\s+in\s+(?P<window>[\d.a-z ]+)",
    re.IGNORECASE,
)
_SUM = re.compile(r"[a-z]+(?:\s*\+\s*[a-z]+)*")
COUNTED = ("errors", "warnings", "lines")
"""The measures of an alert that count lines and have a plain name."""


def count_words(number: int, noun: str) -> str:
    """`1 error`, `1,204 lines`; the noun is given in the plural."""
    return f"{number:,} {noun.removesuffix('s') if number == 1 else noun}"


def and_words(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def duration_words(duration: timedelta) -> str:
    """`30 seconds`, `1 minute 30 seconds`, `2 hours`; fractions of a second to the millisecond."""
    parts = []
    rest = duration
    for unit, name in _UNITS:
        number, rest = divmod(rest, unit)
        if number:
            parts.append(count_words(number, f"{name}s"))
    seconds = f"{rest.total_seconds():.3f}".rstrip("0").rstrip(".")
    if seconds != "0" or not parts:
        parts.append(f"{seconds} second{'' if seconds == '1' else 's'}")
    return " ".join(parts)


def length_words(duration: timedelta) -> str:
    """How long something took, to its two greatest units: `3 days 4 hours`, `4 minutes 20 seconds`."""
    seconds = round(duration.total_seconds()) if duration >= timedelta(seconds=1) else duration.total_seconds()
    rest = timedelta(seconds=seconds)
    for unit, smaller in zip((unit for unit, _ in _UNITS), (unit for unit, _ in _UNITS[1:]), strict=False):
        if rest >= unit:
            rest -= rest % smaller
            break
    return duration_words(rest)


def rule_measures(rule: str) -> tuple[str, ...]:
    """The counts that a rule adds up (`warnings + errors > 10 in 30s`), in the order of `COUNTED`; else none."""
    match = _RULE.fullmatch(rule)
    if not match or not _SUM.fullmatch(match["measure"].lower()):
        return ()
    terms = {term.strip() for term in match["measure"].lower().split("+")}
    return tuple(name for name in COUNTED if name in terms) if terms <= set(COUNTED) else ()


def rule_words(rule: str) -> str:
    """A rule in plain words: `more than 10 errors within 30 seconds`; empty if it is of another form."""
    match = _RULE.fullmatch(rule)
    if not match:
        return ""
    try:
        within = f"within {duration_words(parse_duration(match['window']))}"
    except TailraceError:
        return ""
    measures = rule_measures(rule)
    if not measures:
        return f"{match['measure']} {match['op']} {match['limit']} {within}"
    one = match["limit"] == "1"
    nouns = [name.removesuffix("s") if one else name for name in measures]
    together = " together" if len(nouns) > 1 and not one else ""
    joined = " or ".join(nouns) if one else and_words(nouns)
    return f"{_COMPARISONS[match['op']]} {match['limit']} {joined}{together} {within}"


def clock_words(moment: datetime, zone: tzinfo) -> str:
    """The time of day, to the second: `10:41:20`."""
    return f"{moment.astimezone(zone):%H:%M:%S}"


def zone_words(moment: datetime, zone: tzinfo) -> str:
    """The name of the zone as it is at that moment: `UTC`, `CET`."""
    return moment.astimezone(zone).tzname() or "UTC"


def day_words(moment: datetime, zone: tzinfo) -> str:
    """The day: `Monday 5 January 2026`."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def span_words(start: datetime, end: datetime, zone: tzinfo) -> str:
    """A span of time with its zone: `Monday 5 January 2026, 10:40:50 to 10:41:20 UTC`."""
    first, last = day_words(start, zone), day_words(end, zone)
    until = clock_words(end, zone) if first == last else f"{last}, {clock_words(end, zone)}"
    return f"{first}, {clock_words(start, zone)} to {until} {zone_words(end, zone)}"
