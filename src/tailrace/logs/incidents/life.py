"""The life of incidents: they open at a crossing, grow, are told again, and end after quiet. Pure.

There is at most one open incident for a rule and a group. Windows overlap; all crossings within one stretch of trouble,
in the logs' own time, belong to one incident, and each stretch is told once, in whatever order the past is read.

What is to be told is not queued but follows from what an incident is and what was told of it: so whatever was withheld
is told as it stands when the time for it has come, and nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from tailrace.logs.incidents import growth
from tailrace.logs.incidents.case import Acknowledgement, Case, End, Incident, Mute, Stretch, incident_id
from tailrace.logs.records import Crossing, Stage

GRACE: Final = timedelta(seconds=3)
"""How long something to tell waits for the messages behind it."""
PATIENCE: Final = timedelta(seconds=15)
"""How long it waits where messages are known to be on their way, as in a load of past logs."""
ACKNOWLEDGED_GROWTH: Final = 10.0
"""An incident that somebody knows of is told again when it is so many times as bad as it was then."""
_LONGEST_PAUSE: Final = timedelta(days=1)
_PAST: Final = 16
_DOUBLINGS: Final = 30  # beyond, any pause is longer than the longest


@dataclass(frozen=True)
class Event:
    """Something to tell of an incident as it stands; `at` is when it happened, in the logs' own time."""

    stage: Stage
    incident: Incident
    at: datetime

    @property
    def crossing(self) -> Crossing:
        """The window that it is told by: the worst, or for a repeat the latest."""
        return self.incident.latest if self.stage is Stage.REPEAT else self.incident.peak


# -- what happens -----------------------------------------------------------------------------------------------------


def cross(case: Case, crossing: Crossing, now: datetime) -> Case:
    """What a crossing makes of its case; the same case if the window belongs to a stretch that is over."""
    if any(_within(crossing, each) for each in case.past):
        return case
    if case.open is not None and _apart(case.open, crossing):
        case = end(case, End(now))
    if case.open is None:
        return replace(case, open=_opened(case, crossing, now), idle=None)
    return replace(case, open=_touched(case.open, crossing, now))


def end(case: Case, how: End) -> Case:
    """End the open incident; it is still to be told. Raises ValueError when there is none."""
    if case.open is None:
        raise ValueError("nothing is open")
    stretch = Stretch(case.open.since, case.open.until, bool(how.who))
    ended = replace(case.open, end=how)
    return replace(case, open=None, ended=[*case.ended, ended], past=[*case.past, stretch][-_PAST:], idle=how.at)


def acknowledge(case: Case, who: str, reason: str, now: datetime) -> Case:
    """Note that somebody knows of the open incident. Raises ValueError when there is none."""
    if case.open is None:
        raise ValueError("nothing is open")
    known = Acknowledgement(who, reason, now, case.open.peak.value)
    return replace(case, open=replace(case.open, acknowledged=known))


def wake(case: Case) -> Case:
    """Look again whether the open incident is to be told: what muted it may have ended."""
    if case.open is None or case.open.mute is None:
        return case
    return replace(case, open=replace(case.open, mute=None))


def is_quiet(incident: Incident, now: datetime) -> bool:
    """Whether there was no crossing for long enough, by the time of day."""
    return now >= quiet_at(incident)


def quiet_at(incident: Incident) -> datetime:
    """When an open incident ends unless there is another crossing."""
    return incident.touched + timedelta(seconds=incident.latest.quiet)


# -- what is to be told -----------------------------------------------------------------------------------------------


def next_event(
    case: Case, now: datetime, explained: Callable[[Incident], bool], behind: Callable[[Incident], bool] | None = None
) -> Event | None:
    """What is to be told next, if its time has come: of incidents that have ended, then of the open one.

    `explained` tells whether what is known accounts for an incident's worst window; that is waited for, within bounds.
    `behind` tells whether what is known does not reach to that window yet, so that it is worth a longer wait.
    """

    def ready(incident: Incident) -> bool:
        if incident.waits is None or explained(incident):
            return True
        return now >= incident.waits + (PATIENCE - GRACE if behind is not None and behind(incident) else timedelta())

    if case.ended:
        return _ending(case.ended[0], ready)
    incident = case.open
    if incident is None or incident.mute is not None or (incident.hold is not None and now < incident.hold):
        return None
    stage = owed(incident, now)
    if stage is None or (stage is not Stage.REPEAT and not ready(incident)):
        return None
    return Event(stage, incident, _moment(stage, incident))


def owed(incident: Incident, now: datetime) -> Stage | None:
    """What people do not know of an open incident yet and would like to."""
    if incident.told is None:
        return Stage.OPEN
    if grown(incident):
        return Stage.UPDATE
    due = repeat_at(incident)
    return Stage.REPEAT if due is not None and now >= due else None


def grown(incident: Incident) -> bool:
    """Whether it has become so much worse that it is worth telling."""
    falling = incident.peak.falls
    known = incident.acknowledged
    if known is not None:
        return growth.ratio(known.value, incident.peak.value, falling=falling) >= ACKNOWLEDGED_GROWTH
    return growth.steps(growth.ratio(incident.base, incident.peak.value, falling=falling)) > incident.step


def repeat_at(incident: Incident) -> datetime | None:
    """When an incident is told again; None while nothing new has come, or nobody needs to hear it again."""
    if incident.told_at is None or incident.latest.cooldown <= 0 or incident.acknowledged is not None:
        return None
    if incident.touched <= incident.told_at:
        return None
    return incident.told_at + pause_after(incident.repeats, incident.latest.cooldown)


def pause_after(repeats: int, cooldown: float) -> timedelta:
    """How long after what was told last an incident is told again: the cooldown, twice that, at most a day."""
    return timedelta(seconds=min(cooldown * 2 ** min(repeats, _DOUBLINGS), _LONGEST_PAUSE.total_seconds()))


def next_look(case: Case) -> datetime | None:
    """When time alone will change something about a case; None if it never will."""
    if case.ended:
        return case.ended[0].waits or case.ended[0].touched
    incident = case.open
    if incident is None:
        return None
    looks = [quiet_at(incident)]
    if incident.mute is None:
        looks += [each for each in (incident.waits, incident.hold, repeat_at(incident)) if each is not None]
    return min(looks)


# -- what was told ----------------------------------------------------------------------------------------------------


def tell(case: Case, event: Event, now: datetime, severity: str = "") -> Case:
    """The case once an event has been told, with the severity that it was told with."""
    if event.stage is Stage.RESOLVED:
        by_hand = event.incident.end is not None and event.incident.end.who  # what opens then is told at once
        return replace(case, ended=case.ended[1:], told_last=None if by_hand else case.told_last)
    incident = replace(_told(event, now), severity=severity)
    told_last = max(case.told_last or incident.latest.window_end, incident.latest.window_end)
    case = replace(case, told_last=told_last, untold=0)
    if event.incident.end is not None:
        return replace(case, ended=[incident, *case.ended[1:]])
    return replace(case, open=incident)


def mute(case: Case, event: Event, how: Mute) -> Case:
    """The case once it was decided not to tell an event for now; one that has ended will never be told."""
    if event.incident.end is not None:
        return drop(case)
    return replace(case, open=replace(event.incident, mute=how, waits=None))


def drop(case: Case) -> Case:
    """Let go of the first ended incident, of which nobody was told."""
    return replace(case, ended=case.ended[1:], untold=case.untold + 1)


# -- the inside -------------------------------------------------------------------------------------------------------


def _within(crossing: Crossing, stretch: Stretch) -> bool:
    """Whether a window is one of a stretch that is over: it has changed once more."""
    until = crossing.window_start if stretch.by_hand else crossing.window_end
    return stretch.since <= crossing.window_start and until <= stretch.until


def _apart(incident: Incident, crossing: Crossing) -> bool:
    """Whether there is quiet between an incident and a crossing, which may lie before it or after it."""
    pause = timedelta(seconds=crossing.quiet)
    return crossing.window_start > incident.until + pause or crossing.window_end + pause < incident.since


def _opened(case: Case, crossing: Crossing, now: datetime) -> Incident:
    # A window in which nothing was written may name an earlier time, or a later one.
    opened = min(max(crossing.last, crossing.window_start), crossing.window_end)
    hold = _hold(case, crossing, now)
    return Incident(
        id=incident_id(crossing),
        opened=opened,
        peak=crossing,
        latest=crossing,
        since=crossing.window_start,
        until=crossing.window_end,
        began=now,
        touched=now,
        waits=now + GRACE if hold is None else None,
        hold=hold,
        again=case.untold,
    )


def _hold(case: Case, crossing: Crossing, now: datetime) -> datetime | None:
    """Until when an incident is not told that opens within the cooldown after what was told last of its rule."""
    if case.told_last is None or crossing.cooldown <= 0:
        return None
    gap = crossing.window_end - case.told_last
    rest = timedelta(seconds=crossing.cooldown) - gap
    return now + rest if gap >= timedelta() and rest > timedelta() else None


def _touched(incident: Incident, crossing: Crossing, now: datetime) -> Incident:
    falling = crossing.falls
    worse = growth.is_worse(crossing.value, incident.peak.value, falling=falling) or _same_window(incident, crossing)
    later = crossing.window_end >= incident.latest.window_end
    touched = replace(
        incident,
        peak=crossing if worse else incident.peak,
        latest=crossing if later else incident.latest,
        since=min(incident.since, crossing.window_start),
        until=max(incident.until, crossing.window_end),
        touched=now,
    )
    if touched.told is not None and grown(touched) and not grown(incident):
        return replace(touched, waits=now + GRACE)
    return touched


def _same_window(incident: Incident, crossing: Crossing) -> bool:
    """Whether the crossing replaces the worst window by one no less bad, such as with more lines of other levels."""
    peak = incident.peak
    return (peak.window_start, peak.window_end, peak.value) == (
        crossing.window_start,
        crossing.window_end,
        crossing.value,
    )


def _ending(incident: Incident, ready: Callable[[Incident], bool]) -> Event | None:
    if incident.told is not None:
        return Event(Stage.RESOLVED, incident, incident.until)
    if not ready(incident):
        return None
    return Event(Stage.OPEN, incident, incident.opened)


def _moment(stage: Stage, incident: Incident) -> datetime:
    if stage is Stage.OPEN:
        return incident.opened
    crossing = incident.latest if stage is Stage.REPEAT else incident.peak
    return max(min(max(crossing.last, crossing.window_start), crossing.window_end), incident.opened)


def _told(event: Event, now: datetime) -> Incident:
    incident, value = event.incident, event.crossing.value
    opening = event.stage is Stage.OPEN
    base = value if opening else incident.base
    falling = incident.peak.falls
    return replace(
        incident,
        told=value,
        base=base,
        step=growth.steps(growth.ratio(base, incident.peak.value, falling=falling)),
        told_at=now,
        repeats=incident.repeats + (event.stage is Stage.REPEAT),
        sequence=incident.sequence + 1,
        acknowledged=None if event.stage is Stage.UPDATE else incident.acknowledged,
        waits=None,
        hold=None,
        mute=None,
        said=None,
    )
