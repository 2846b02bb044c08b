"""When reports are due: a cron expression in a time zone. Pure; the time is an argument.

cronsim reads the expression, as Debian's cron does: a time that a change of the clock leaves out comes right after the
gap, one that comes twice counts the first time. Asked within such an hour it may answer with a time that is past; so it
is asked from some hours aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any, Final
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from tailrace.blueprint.problems import Place, Problem, Worded
from tailrace.blueprint.source import Mapping, Node, Scalar, describe, to_python
from tailrace.logs.zones import check_zone
from tailrace.model.durations import format_duration, parse_duration
from tailrace.model.errors import TailraceError
from tailrace.model.names import check_streamlet_name, did_you_mean

_NAMED: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * SUN",
    "@monthly": "0 0 1 * *",
}
_HINT: Final = "write minute, hour, day, month and weekday, as in '0 8 * * MON-FRI' for eight o'clock on working days"
_FIELDS: Final = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31, and there has to be such a day in the months named",
    "month": "1 to 12, or JAN to DEC",
    "day-of-week": "0 to 7, or SUN to SAT",
}
_ASIDE: Final = timedelta(hours=4)
"""More than any clock is ever changed by."""
_LONGEST: Final = timedelta(days=366)
_MOST_FIRINGS: Final = 1000
"""Firings within one span: what is counted between any two of them is kept by itself."""
_SOME_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Schedule:
    """When reports are made, and what span each is about: `span`, or the time since the one before it.

    Made by `parse_schedule`, which finds what is wrong with it.
    """

    cron: str
    zone: str = "UTC"
    span: timedelta | None = None

    def next_firing(self, after: datetime) -> datetime:
        """The first firing later than a time."""
        return next(self.firings(after))

    def last_firing(self, until: datetime) -> datetime:
        """The last firing not later than a time."""
        start = until.astimezone(ZoneInfo(self.zone)) + _ASIDE
        found = (each.astimezone(UTC) for each in CronSim(_plain(self.cron), start, reverse=True))
        return next(each for each in found if each <= until)

    def firings(self, after: datetime) -> Iterator[datetime]:
        """The firings later than a time, in UTC and in order, without end."""
        start = after.astimezone(ZoneInfo(self.zone)) - _ASIDE
        found = (each.astimezone(UTC) for each in CronSim(_plain(self.cron), start))
        return (each for each in found if each > after)

    def start_of(self, firing: datetime, told: datetime | None = None) -> datetime:
        """Where the span of a firing's report begins.

        `told` is the firing that was reported last: if others were missed since, the report stands for them too.
        """
        before = self.last_firing(firing - timedelta(microseconds=1))
        usual = before if self.span is None else firing - self.span
        return min(usual, told) if told is not None and told < before else usual

    def moments(self, since: datetime, until: datetime) -> list[datetime]:
        """All moments from `since` to `until` at which the span of a report, or the one before it, begins or ends.

        What is counted between each two of them can be put together to any report.
        """
        further = until + 2 * (self.span or timedelta())
        first = self.last_firing(since)
        fires = [first, *takewhile(lambda each: each <= further, self.firings(first))]
        fires += islice(self.firings(fires[-1]), 2)
        found = {since}
        for firing in fires:
            start = self.start_of(firing)
            found |= {firing, start, start - (firing - start)}
        return sorted(each for each in found if since <= each <= until)

    def words(self) -> str:
        """The schedule in English: `at 08:00 on Monday through Friday, Europe/Berlin`."""
        said = CronSim(_plain(self.cron), _SOME_MOMENT).explain()
        return f"{said[:1].lower()}{said[1:]}, {self.zone}"


def parse_schedule(cron: str, zone: str = "UTC", span: timedelta | None = None) -> Schedule:
    """Read a schedule. Raises TailraceError that says what is wrong with the expression, the zone or the span."""
    schedule = Schedule(cron, zone, span)
    check_zone(zone)
    check_cron(cron)
    if span is None:
        return schedule
    if not timedelta(minutes=1) <= span <= _LONGEST:
        raise TailraceError(f"a report cannot be about {format_duration(span)}", hint="write a span of 1m to 366d")
    within = islice(schedule.firings(_SOME_MOMENT), _MOST_FIRINGS)
    if sum(1 for each in within if each <= _SOME_MOMENT + span) == _MOST_FIRINGS:
        raise TailraceError(
            f"a report of {format_duration(span)} {schedule.words()} is too much: more than {_MOST_FIRINGS} overlap",
            hint="make it less often, or of a shorter span",
        )
    return schedule


def check_cron(cron: str) -> None:
    """Refuse what is no cron expression of five fields. Raises TailraceError."""
    plain = _plain(cron)
    if cron.startswith("@") and plain == cron:
        raise TailraceError(f"{cron!r} is no schedule", hint=f"write one of {', '.join(_NAMED)}, or a cron expression")
    fields = plain.split()
    if len(fields) != 5:
        raise TailraceError(f"{cron!r} is no schedule: it has {len(fields)} fields, where five are needed", hint=_HINT)
    try:
        first = next(CronSim(plain, _SOME_MOMENT), None)
    except CronSimError as error:
        name = str(error).removeprefix("Bad ")
        hint = f"it can be {_FIELDS[name]}" if name in _FIELDS else _HINT
        raise TailraceError(f"{cron!r} is no schedule: the {name} is not understood", hint=hint) from None
    if first is None:
        raise TailraceError(f"{cron!r} is no schedule: there is no such day in fifty years", hint=_HINT)


def _plain(cron: str) -> str:
    return _NAMED.get(cron.strip().lower(), cron)


# -- the section of a rules file --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReportSpec:
    """A report that a rules file asks for."""

    name: str
    schedule: Schedule

    @property
    def settings(self) -> dict[str, str]:
        """The reporter's settings, as in a blueprint."""
        span = self.schedule.span
        given = {"name": self.name, "schedule": self.schedule.cron, "zone": self.schedule.zone}
        return given | ({} if span is None else {"span": format_duration(span)})


class WrongReport(Worded):
    """Something in the section `reports` is not as it has to be."""


_KEYS: Final = ("schedule", "zone", "span")
_SECTION_HINT: Final = "write reports: {daily: {schedule: '0 8 * * MON-FRI', zone: Europe/Berlin}}"


def read_reports(node: Node) -> tuple[ReportSpec, ...] | tuple[Problem, ...]:
    """The reports of a rules file's section `reports`, or all that is wrong there.

    The section maps a name to a schedule, or to a mapping of schedule, zone and span.
    """
    if isinstance(node, Scalar) and node.value is None:
        return ()
    if not isinstance(node, Mapping):
        return (WrongReport(node.place, f"reports has to be a mapping, but {describe(node)} came", _SECTION_HINT),)
    found = [_read_report(entry.place, entry.key, entry.value) for entry in node]
    problems = tuple(problem for each in found if isinstance(each, list) for problem in each)
    return problems or tuple(each for each in found if isinstance(each, ReportSpec))


def _read_report(place: Place, name: str, node: Node) -> ReportSpec | list[Problem]:
    fault = check_streamlet_name(name)
    if fault:
        return [WrongReport(place, f"the report's name does not do: {fault.replace('streamlet name', 'name')}")]
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _made(name, node, node.place, {"schedule": node.value})
    if not isinstance(node, Mapping):
        return [WrongReport(node.place, f"the report {name!r} needs a schedule, but {describe(node)} came", _HINT)]
    problems = [
        WrongReport(entry.place, f"a report has no {entry.key!r}", did_you_mean(entry.key, _KEYS, "setting"))
        for entry in node
        if entry.key not in _KEYS
    ]
    problems += [wrong for entry in node if (wrong := _wrong_kind(entry.key, entry.value))]
    schedule = node.get("schedule")
    if schedule is None:
        problems.append(WrongReport(place, f"the report {name!r} needs a schedule", _HINT))
    if problems or schedule is None:
        return list(problems)
    return _made(name, node, schedule.value.place, to_python(node))


def _wrong_kind(key: str, node: Node) -> WrongReport | None:
    """What is wrong with the kind of a value, if anything: all are texts."""
    if key not in _KEYS or (isinstance(node, Scalar) and isinstance(node.value, str)):
        return None
    return WrongReport(node.place, f"{key} needs a text, but {describe(node)} came")


def _made(name: str, node: Node, place: Place, given: dict[str, Any]) -> ReportSpec | list[Problem]:
    """The report of values of the right kinds; each is tried by itself, so that a fault has its own place."""

    def fault_at(key: str, error: TailraceError) -> list[Problem]:
        entry = node.get(key) if isinstance(node, Mapping) else None
        return [WrongReport(entry.value.place if entry else place, str(error), error.hint)]

    zone, span = given.get("zone", "UTC"), None
    for key in _KEYS:
        try:
            if key == "schedule":
                check_cron(given[key])
            elif key == "zone":
                check_zone(zone)
            elif key in given:
                span = parse_duration(given[key])
        except TailraceError as error:
            return fault_at(key, error)
    try:
        schedule = parse_schedule(given["schedule"], zone, span)
    except TailraceError as error:
        return fault_at("span", error)
    return ReportSpec(name, schedule)
