"""The life of incidents: they open at a crossing, grow, and are resolved after quiet. Pure.

There is at most one open incident for an application and a rule. Windows overlap; all crossings within one stretch of
trouble belong to one incident.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from hashlib import blake2b

from pydantic.dataclasses import dataclass

GROWTH = 2.0
"""An incident is updated when its value is so many times what was told last."""
SHORTEST_QUIET = timedelta(minutes=1)


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

    `touched` is the time of day of the last crossing; `until` the end of the last crossing window, in event time.
    """

    id: str
    opened: datetime
    peak: Crossing
    told: float
    until: datetime
    touched: datetime


@dataclass(frozen=True)
class Event:
    """Something happened to an incident, in event time `at`."""

    stage: Stage
    incident: Incident
    at: datetime


def incident_key(app: str, rule: str) -> str:
    """What there is at most one open incident of."""
    return f"{rule}\n{app}"


def incident_id(crossing: Crossing) -> str:
    """Names an incident by application, rule and first window: the same records give the same name."""
    text = f"{crossing.app}\0{crossing.rule}\0{crossing.window_start.isoformat()}"
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def quiet_of(window: timedelta) -> timedelta:
    """How long there must be no crossing before an incident is resolved."""
    return max(window, SHORTEST_QUIET)


def cross(incident: Incident | None, crossing: Crossing, now: datetime) -> tuple[Incident, list[Event]]:
    """What a crossing makes of the open incident of its application and rule, if there is one."""
    window = crossing.window_end - crossing.window_start
    events: list[Event] = []
    if incident is not None and crossing.window_start > incident.until + quiet_of(window):
        events.append(resolve(incident))
        incident = None
    if incident is None:
        opened = Incident(incident_id(crossing), crossing.last, crossing, crossing.value, crossing.window_end, now)
        return opened, [*events, Event(Stage.OPEN, opened, crossing.last)]
    return _grow(incident, crossing, now)


def _grow(incident: Incident, crossing: Crossing, now: datetime) -> tuple[Incident, list[Event]]:
    peak = crossing if abs(crossing.value) > abs(incident.peak.value) else incident.peak
    grown = replace(incident, peak=peak, until=max(incident.until, crossing.window_end), touched=now)
    if peak.value < GROWTH * incident.told or incident.told <= 0:
        return grown, []
    told = replace(grown, told=peak.value)
    return told, [Event(Stage.UPDATE, told, crossing.last)]


def resolve(incident: Incident) -> Event:
    """The end of an incident."""
    return Event(Stage.RESOLVED, incident, incident.until)


def quiet(incidents: Iterable[Incident], now: datetime) -> list[Incident]:
    """The incidents that have had no crossing for long enough by the time of day."""
    return [each for each in incidents if now - each.touched >= quiet_of(each.peak.window_end - each.peak.window_start)]
