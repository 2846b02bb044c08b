"""Incidents as the command line shows them: the alerts of one id, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tailrace.cli.moments import show_moment
from tailrace.cli.terminal import fit, paint, room
from tailrace.logs.incidents.silences import Silence
from tailrace.logs.mail.measures import rule_words, value_words
from tailrace.logs.mail.words import count_words
from tailrace.logs.records import Alert, AlertCause, Command, Stage
from tailrace.model.durations import format_duration
from tailrace.model.show import json_text, visible

_INDENT: Final = " " * 10
_SAMPLE_LINES: Final = 12


@dataclass(frozen=True)
class IncidentView:
    """One incident: its events, in the order in which they happened. There is at least one."""

    events: tuple[Alert, ...]

    @property
    def latest(self) -> Alert:
        """The last event."""
        return self.events[-1]

    @property
    def worst(self) -> Alert:
        """The last event that is about the incident's worst window; one that only tells it again may not be."""
        return next((event for event in reversed(self.events) if event.state != Stage.REPEAT), self.latest)

    @property
    def causes(self) -> list[AlertCause]:
        """The messages behind it, as they were known last; the end of an incident may come when they are forgotten."""
        return next((event.causes for event in reversed(self.events) if event.causes), [])

    @property
    def open(self) -> bool:
        """Whether it has not been resolved yet."""
        return self.latest.state != Stage.RESOLVED

    @property
    def length(self) -> timedelta:
        """From its opening to its end, or to the last event so far."""
        return self.latest.at - self.latest.opened


@dataclass(frozen=True)
class Notes:
    """What people did about an open incident: who acknowledged it, and the silence that takes it."""

    acknowledged: Command | None = None
    silence: Silence | None = None


_NOTHING: Final = Notes()


def gather(alerts: Iterable[Alert]) -> list[IncidentView]:
    """The incidents, open ones first, the newest first of each."""
    events: dict[str, list[Alert]] = {}
    for alert in alerts:
        events.setdefault(alert.id, []).append(alert)
    found = [IncidentView(tuple(each)) for each in events.values()]
    return sorted(found, key=lambda each: (each.open, each.latest.opened), reverse=True)


def list_lines(incidents: Sequence[IncidentView], notes: Mapping[str, Notes] = {}) -> Iterator[str]:
    """Three lines for each incident: what and where, when and how much, and the top cause; what people did about it."""
    for incident in incidents:
        yield from heading_lines(incident, notes.get(incident.latest.id))
        if incident.causes:
            yield fit(f"{_INDENT}{_cause(incident.causes[0])}", room())


def extent(incidents: Sequence[IncidentView]) -> str:
    """`1 open, 3 past`."""
    opened = sum(each.open for each in incidents)
    return f"{opened} open, {len(incidents) - opened} past" if incidents else "no alerts"


def heading_lines(incident: IncidentView, notes: Notes | None = None) -> Iterator[str]:
    """What and where, when and how much; who acknowledged or silenced it."""
    alert = incident.worst
    word = paint("OPEN      ", "red", "bold") if incident.open else paint("resolved  ", "green")
    rule = f"{alert.name or alert.rule} came to {value_words(alert.rule, alert.value)}"
    yield f"{word}{paint(visible(alert.app or 'all apps'), 'bold')}  {visible(rule)}  {paint(alert.id, 'dim')}"
    yield f"{_INDENT}{_when(incident)}: {_counts(alert)}"
    if incident.open:
        yield from (f"{_INDENT}{paint(visible(line), 'yellow')}" for line in _note_lines(notes or _NOTHING))


def _note_lines(notes: Notes) -> Iterator[str]:
    if notes.acknowledged is not None:
        command = notes.acknowledged
        why = f": {command.reason}" if command.reason else ""
        yield f"acknowledged by {command.who} at {show_moment(command.at)} UTC{why}"
    if notes.silence is not None:
        yield notes.silence.mute.reason


def _when(incident: IncidentView) -> str:
    opened = f"{show_moment(incident.latest.opened)} UTC"
    length = format_duration(incident.length)
    if not incident.open:
        return f"{opened} for {length}"
    return f"since {opened}" + (f", {length} so far" if incident.length else "")


def _counts(alert: Alert) -> str:
    counts = ((alert.errors, "errors"), (alert.warnings, "warnings"), (alert.lines, "lines"))
    return ", ".join(count_words(number, noun) for number, noun in counts)


def _cause(cause: AlertCause) -> str:
    new = "NEW " if cause.new else ""
    return f"{cause.n:,}x {cause.level} {new}{visible(cause.template.partition(chr(10))[0])}"


def detail_lines(incident: IncidentView, notes: Notes | None = None) -> Iterator[str]:
    """All there is to say: the rule, the worst window, the events, and each cause with a sample."""
    alert = incident.worst
    words = rule_words(alert.rule) or (alert.rule if alert.name else "")
    yield from heading_lines(incident, notes)
    if words:
        yield f"{_INDENT}the rule: {visible(words)}"
    for line in _facts(incident):
        yield f"{_INDENT}{visible(line)}"
    yield f"{_INDENT}the worst window: {_span(alert.window_start, alert.window_end)} UTC"
    yield ""
    yield paint("Events", "bold")
    for event in incident.events:
        yield f"  {show_moment(event.at)}  {event.state:<8}  {_counts(event)}"
    yield ""
    yield paint("Causes in the worst window", "bold")
    for cause in incident.causes:
        yield from _cause_lines(cause)
    if not incident.causes:
        yield "  none is known"


def _facts(incident: IncidentView) -> Iterator[str]:
    """What an alert may have, and need not."""
    alert = incident.latest
    if alert.detail:
        yield alert.detail
    if alert.total_lines:
        totals = ((alert.total_errors, "errors"), (alert.total_warnings, "warnings"), (alert.total_lines, "lines"))
        yield f"in all: {', '.join(count_words(number, noun) for number, noun in totals)}"
    if alert.severity:
        yield f"severity: {alert.severity}"
    if alert.labels:
        yield f"labels: {', '.join(f'{name}={value}' for name, value in sorted(alert.labels.items()))}"
    if alert.runbook:
        yield f"runbook: {alert.runbook}"


def _span(first: datetime, last: datetime) -> str:
    return f"{show_moment(first)} to {last.astimezone(UTC):%H:%M:%S}"


def _cause_lines(cause: AlertCause) -> Iterator[str]:
    place = f"{cause.uri}:{cause.line}" if cause.line else cause.uri
    head = paint(f"{cause.n:,}x {cause.level}{' NEW' if cause.new else ''}", "bold")
    yield f"  {head}  {_span(cause.first, cause.last)}  {visible(place)}"
    lines = cause.sample.splitlines() or [""]
    for line in lines[:_SAMPLE_LINES]:
        yield f"    {visible(line)}"
    if len(lines) > _SAMPLE_LINES:
        yield paint(f"    and {count_words(len(lines) - _SAMPLE_LINES, 'lines')} more", "dim")


def json_line(incident: IncidentView, *, events: bool = False, notes: Notes | None = None) -> str:
    """The incident as one line of JSON, with its events if asked for, and with what people did about it if known."""
    alert = incident.worst
    said: dict[str, Any] = asdict(alert) | {
        "state": "open" if incident.open else "resolved",
        "resolved": None if incident.open else incident.latest.at,
        "causes": [asdict(cause) for cause in incident.causes],
    }
    if notes is not None and incident.open:
        said["acknowledged"] = asdict(notes.acknowledged) if notes.acknowledged is not None else None
        said["silence"] = asdict(notes.silence) if notes.silence is not None else None
    if events:
        said["events"] = [{name: getattr(event, name) for name in _EVENT_FIELDS} for event in incident.events]
    return json_text(said)


_EVENT_FIELDS: Final = ("state", "at", "value", "lines", "errors", "warnings", "window_start", "window_end")
