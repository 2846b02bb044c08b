"""Numbers and times in plain English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


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
    return duration_words(brief(duration))


def brief(duration: timedelta) -> timedelta:
    """A duration to whole seconds, one of an hour or more to whole minutes, one of a day or more to whole hours."""
    seconds = round(duration.total_seconds()) if duration >= timedelta(seconds=1) else duration.total_seconds()
    rest = timedelta(seconds=seconds)
    for unit, smaller in zip((unit for unit, _ in _UNITS), (unit for unit, _ in _UNITS[1:]), strict=False):
        if rest >= unit:
            return rest - rest % smaller
    return rest


def capital(text: str) -> str:
    """`text` with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def clock_words(moment: datetime, zone: tzinfo) -> str:
    """The time of day, to the second: `10:41:20`."""
    return f"{moment.astimezone(zone):%H:%M:%S}"


def zone_words(moment: datetime, zone: tzinfo) -> str:
    """The name of the zone as it is at that moment: `UTC`, `CET`."""
    return moment.astimezone(zone).tzname() or "UTC"


def moment_words(moment: datetime, zone: tzinfo) -> str:
    """The time of day with its zone: `10:41:20 UTC`."""
    return f"{clock_words(moment, zone)} {zone_words(moment, zone)}"


def day_time_words(moment: datetime, zone: tzinfo) -> str:
    """A moment of the near past, briefly: `Mon 5 Jan, 10:41`."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()][:3]} {local.day} {_MONTHS[local.month - 1][:3]}, {local:%H:%M}"


def day_words(moment: datetime, zone: tzinfo) -> str:
    """The day: `Monday 5 January 2026`."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def span_words(start: datetime, end: datetime, zone: tzinfo) -> str:
    """A span of time with its zone: `Monday 5 January 2026, 10:40:50 to 10:41:20 UTC`."""
    first, last = day_words(start, zone), day_words(end, zone)
    until = clock_words(end, zone) if first == last else f"{last}, {clock_words(end, zone)}"
    return f"{first}, {clock_words(start, zone)} to {until} {zone_words(end, zone)}"


def days_words(start: datetime, end: datetime, zone: tzinfo) -> str:
    """A span of whole days as days, and any other as `span_words` has it: `Monday 5 January 2026, CET`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if (first.time(), last.time()) != (time(), time()) or first.date() == last.date():
        return span_words(start, end, zone)
    ended = last.replace(tzinfo=None) - timedelta(days=1)
    day = day_words(start, zone)
    said = day if ended.date() == first.date() else f"{day} to {day_words(ended.replace(tzinfo=zone), zone)}"
    return f"{said}, {zone_words(start, zone)}"
