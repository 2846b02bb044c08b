"""Why something was told, or was not, as sentences for people. Pure. Times of day are in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tailrace.logs.incidents import growth
from tailrace.logs.incidents.case import Incident, Mute, Said
from tailrace.logs.incidents.life import ACKNOWLEDGED_GROWTH, Event
from tailrace.logs.incidents.times import clock
from tailrace.logs.mail.measures import counts
from tailrace.logs.mail.measures import value_words as measured
from tailrace.logs.mail.words import and_words, count_words
from tailrace.logs.records import Crossing, Stage
from tailrace.model.durations import format_duration

WAITING: Final = "waiting"
"""The kind of reason that is over within seconds."""
_AGAIN: Final = timedelta(minutes=1)
_LONGEST_AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Reason:
    """A decision: its outcome (told, held or muted), which kind of reason it is, and the sentence."""

    outcome: str
    kind: str
    sentence: str


def told(event: Event, now: datetime) -> Reason:
    """Why an event is told."""
    incident, crossing = event.incident, event.crossing
    match event.stage:
        case Stage.OPEN:
            return Reason("told", "open", f"told: {what(crossing)}{_again(incident)}")
        case Stage.UPDATE:
            return Reason("told", "update", f"told: {_much(crossing)}, {_grown(incident)}")
        case Stage.REPEAT:
            since = clock(incident.told_at or incident.began, now)
            sentence = f"told again: it goes on with {_much(crossing)}, and was told last at {since}"
            return Reason("told", "repeat", sentence)
        case Stage.RESOLVED:
            return Reason("told", "resolved", f"told: {_over(incident)}")


def untold(incident: Incident) -> Reason:
    """Why nobody is told of the end of an incident."""
    why = incident.mute.reason if incident.mute is not None else "it was over before it could be told"
    sentence = f"not told: {what(incident.peak)}; {_over(incident)}, and nobody had been told that it opened: {why}"
    return Reason("held", "untold", sentence)


def muted(event: Event, mute: Mute) -> Reason:
    """Why an event is kept from everybody for now."""
    about = what(event.crossing) if event.stage is Stage.OPEN else _much(event.crossing)
    return Reason("muted", f"{mute.kind} {mute.key}", f"not told: {about}; {mute.reason}")


def held(incident: Incident, now: datetime) -> Reason:
    """Why nothing is told of an open incident that was crossed again."""
    if incident.mute is not None:
        event = Event(Stage.UPDATE if incident.told is not None else Stage.OPEN, incident, incident.opened)
        return muted(event, incident.mute)
    if incident.told is None:
        return _not_yet(incident, now)
    if incident.acknowledged is not None:
        return _acknowledged(incident, now)
    return _grows_too_little(incident, now)


def say(incident: Incident, reason: Reason, now: datetime) -> Said | None:
    """What to remember of a decision not to tell if it is worth a record; None if it was recorded just now.

    The same kind is recorded again after a minute, then two, four, ... at most an hour.
    """
    said = incident.said
    if said is None or said.kind != reason.kind:
        return Said(reason.kind, now, _AGAIN.total_seconds())
    if now - said.at < timedelta(seconds=said.pause):
        return None
    return Said(reason.kind, now, min(2 * said.pause, _LONGEST_AGAIN.total_seconds()))


def what(crossing: Crossing) -> str:
    """`orders: 14 errors in 30s (errors > 10 in 30s)`."""
    where = ", ".join(f"{name}={value}" for name, value in crossing.group.items() if name != "app")
    place = " ".join(filter(None, (crossing.app, where))) or "all apps"
    return f"{place}: {_much(crossing)} ({crossing.rule})"


def _much(crossing: Crossing) -> str:
    return f"{value_words(crossing, crossing.value)} in {format_duration(crossing.window_end - crossing.window_start)}"


def value_words(crossing: Crossing, value: float) -> str:
    """A value of the rule's: `14 errors`, `20 errors and warnings`, or `a value of 7.2 %`."""
    nouns = counts(crossing.condition)
    if not nouns:
        return f"a value of {measured(crossing.condition, value)}"
    if len(nouns) == 1:
        return count_words(round(value), nouns[0])
    return f"{value:,.10g} {and_words(nouns)}"


def _again(incident: Incident) -> str:
    if not incident.again:
        return ""
    return f"; since it was told last it had come and gone {count_words(incident.again, 'times')}"


def _grown(incident: Incident) -> str:
    if incident.acknowledged is not None:
        known = incident.acknowledged
        return f"at least {ACKNOWLEDGED_GROWTH:g} times as bad as when {known.who} acknowledged it"
    falling = incident.peak.falls
    step = growth.steps(growth.ratio(incident.base, incident.peak.value, falling=falling))
    return f"at least {_times(step)} as bad as {value_words(incident.peak, incident.base)} when it opened"


def _over(incident: Incident) -> str:
    if incident.end is not None and incident.end.who:
        why = f" ({incident.end.reason})" if incident.end.reason else ""
        return f"resolved by {incident.end.who}{why}"
    return f"resolved after {format_duration(timedelta(seconds=incident.latest.quiet))} of quiet"


def _not_yet(incident: Incident, now: datetime) -> Reason:
    if incident.hold is not None and now < incident.hold:
        cooldown = format_duration(timedelta(seconds=incident.latest.cooldown))
        until = clock(incident.hold, now)
        sentence = f"not told before {until}: it opened again within the cooldown of {cooldown} after it was told last"
        return Reason("held", "cooldown", sentence)
    return Reason("held", WAITING, "not told yet: it waits for the messages behind it")


def _acknowledged(incident: Incident, now: datetime) -> Reason:
    known = incident.acknowledged
    if known is None:
        raise ValueError("nobody acknowledged it")
    why = f" ({known.reason})" if known.reason else ""
    sentence = (
        f"not told: acknowledged by {known.who} at {clock(known.at, now)}{why}; "
        f"told when it is {ACKNOWLEDGED_GROWTH:g} times as bad as then"
    )
    return Reason("held", "acknowledged", sentence)


def _grows_too_little(incident: Incident, now: datetime) -> Reason:
    latest, at = incident.latest, clock(incident.told_at or incident.began, now)
    falling = latest.falls
    said = value_words(latest, latest.value)
    verb = "are" if counts(latest.condition) and latest.value != 1 else "is"
    if growth.ratio(incident.base, latest.value, falling=falling) <= 1 or incident.told is None:
        return Reason("held", "growth", f"not told: {said} {verb} no worse than what was told at {at}")
    step = _times(incident.step + 1)
    base = measured(latest.condition, incident.base)
    than = f"less than {step} as bad as the {base}" if falling else f"less than {step} the {base}"
    return Reason("held", "growth", f"not told: {said} {verb} {than} that it opened with; told last at {at}")


def _times(step: int) -> str:
    factor = growth.factor(max(step, 1))
    return "twice" if factor == 2 else f"{factor:,.0f} times"
