"""The life of incidents: they open at a crossing, grow, and are resolved after quiet. Pure.

There is at most one open incident for an application and a rule. Windows overlap; all crossings within one stretch of
trouble, in the logs' own time, belong to one incident, and each stretch is told once, in whatever order the past is
read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from enum import Enum
from hashlib import blake2b

from pydantic.dataclasses import dataclass

GROWTH = 2.0
"""An incident is updated when its value is so many times what was told last."""
SHORTEST_QUIET = timedelta(minutes=1)
_PAST = 16
"""Stretches of trouble that are remembered after they were resolved, of each application and rule."""


class Stage(Enum):
    """The events in an incident's life, by the word that alerts carry."""

    OPEN = "open"
    UPDATE = "update"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Crossing:
    """A window of an application that met a rule's condition. `last` is the latest time in it, all times event time."""

    app: str
    rule: str
    window_start: datetime
    window_end: datetime
    last: datetime
    value: float
    lines: int
    errors: int
    warnings: int


@dataclass(frozen=True)
class Incident:
    """An open incident: the crossing with the greatest value so far, what was told last, and since when it is quiet.

    `since` and `until` bound its crossing windows, in event time; `touched` is the time of day of the last crossing.
    """

    id: str
    opened: datetime
    peak: Crossing
    told: float
    since: datetime
    until: datetime
    touched: datetime


@dataclass(frozen=True)
class Stretch:
    """A stretch of trouble that has been told and resolved, in event time."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Case:
    """What is known of one application under one rule: its open incident, and the latest stretches resolved."""

    open: Incident | None = None
    past: list[Stretch] = field(default_factory=list)


@dataclass(frozen=True)
class Event:
    """Something happened to an incident, in event time `at`."""

    stage: Stage
    incident: Incident
    at: datetime


def case_key(app: str, rule: str) -> str:
    """What there is one case, and at most one open incident, of."""
    return f"{rule}\n{app}"


def incident_id(crossing: Crossing) -> str:
    """Names an incident by application, rule and first window: the same records give the same name."""
    text = f"{crossing.app}\0{crossing.rule}\0{crossing.window_start.isoformat()}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def quiet_of(window: timedelta) -> timedelta:
    """How long there must be no crossing before an incident is resolved."""
    return max(window, SHORTEST_QUIET)


def cross(case: Case, crossing: Crossing, now: datetime) -> tuple[Case, list[Event]]:
    """What a crossing makes of the case of its application and rule."""
    if any(each.since <= crossing.window_start and crossing.window_end <= each.until for each in case.past):
        return case, []  # a window of trouble that was told and resolved has changed once more
    events: list[Event] = []
    if case.open is not None and _apart(case.open, crossing):
        case, resolved = close(case)
        events.append(resolved)
    if case.open is not None:
        incident, more = _grow(case.open, crossing, now)
        return replace(case, open=incident), more
    opened = Incident(
        id=incident_id(crossing),
        opened=crossing.last,
        peak=crossing,
        told=crossing.value,
        since=crossing.window_start,
        until=crossing.window_end,
        touched=now,
    )
    return replace(case, open=opened), [*events, Event(Stage.OPEN, opened, crossing.last)]


def close(case: Case) -> tuple[Case, Event]:
    """Resolve the open incident. Raises ValueError when there is none."""
    if case.open is None:
        raise ValueError("nothing is open")
    past = [*case.past, Stretch(case.open.since, case.open.until)][-_PAST:]
    return Case(None, past), Event(Stage.RESOLVED, case.open, case.open.until)


def quiet(cases: Mapping[str, Case], now: datetime) -> list[str]:
    """The keys of cases whose incident has had no crossing for long enough by the time of day."""
    return [
        key for key, case in cases.items() if case.open is not None and now - case.open.touched >= _quiet(case.open)
    ]


def _apart(incident: Incident, crossing: Crossing) -> bool:
    """Whether there is quiet between an incident and a crossing, which may lie before it or after it."""
    pause = _quiet(incident)
    return crossing.window_start > incident.until + pause or crossing.window_end + pause < incident.since


def _quiet(incident: Incident) -> timedelta:
    return quiet_of(incident.peak.window_end - incident.peak.window_start)


def _grow(incident: Incident, crossing: Crossing, now: datetime) -> tuple[Incident, list[Event]]:
    peak = crossing if abs(crossing.value) > abs(incident.peak.value) else incident.peak
    grown = replace(
        incident,
        peak=peak,
        since=min(incident.since, crossing.window_start),
        until=max(incident.until, crossing.window_end),
        touched=now,
    )
    if peak.value < GROWTH * incident.told or incident.told <= 0:
        return grown, []
    told = replace(grown, told=peak.value)
    return told, [Event(Stage.UPDATE, told, crossing.last)]
