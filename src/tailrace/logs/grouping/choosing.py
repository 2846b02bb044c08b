"""What is to be delivered next, of what waits."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from tailrace.logs.grouping.pace import Pace, Policy
from tailrace.logs.records import Alert, Stage


class Held(Enum):
    """What an alert waits for."""

    WAIT = "wait"
    INTERVAL = "interval"
    CAP = "cap"


@dataclass(frozen=True)
class Waiting:
    """Events of one incident that were not told yet, in order, and since when the first of them waits."""

    incident: str
    since: datetime
    events: tuple[Alert, ...]


@dataclass(frozen=True)
class Due:
    """When there will be a delivery if nothing else comes, and what it waits for longest."""

    at: datetime
    held: Held


@dataclass(frozen=True)
class Choice:
    """What one delivery tells: of each incident the first so many of its events; all alerts in order.

    A `digest` tells what the cap held back. What is not `counted` costs none of the hour's deliveries.
    """

    taken: tuple[tuple[str, int], ...]
    alerts: tuple[Alert, ...]
    digest: bool = False
    counted: bool = True


def due(policy: Policy, pace: Pace, waiting: Mapping[str, Waiting], now: datetime) -> Due | None:
    """When the next delivery is due; None if nothing waits."""
    first = next(iter(waiting.values()), None)
    if first is None:
        return None
    waited = _waited(policy, pace, first, now)
    if policy.exhaust:
        return Due(waited, Held.WAIT)
    moments = [Due(waited, Held.WAIT)]
    if not policy.each:
        moments.append(Due(pace.rested_at(policy, now), Held.INTERVAL))
    moments.append(Due(pace.free_at(policy, now), Held.CAP))
    return max(moments, key=lambda each: each.at)


def choose(
    policy: Policy, pace: Pace, waiting: Mapping[str, Waiting], told: Container[str], now: datetime
) -> Choice | None:
    """What to deliver now; None for nothing. `waiting` is in the order of arrival.

    `told` are the incidents whose opening was delivered by itself; it matters with `policy.each` alone.
    """
    if policy.each:
        return _choose_each(policy, pace, waiting, told, now)
    moment = due(policy, pace, waiting, now)
    if moment is None or moment.at > now:
        return None
    return _all_of(waiting.values(), digest=_was_capped(policy, pace, next(iter(waiting.values()))))


def halved(choice: Choice, waiting: Mapping[str, Waiting]) -> Choice | None:
    """The first half of a choice, by incidents; None if it is one incident's."""
    if len(choice.taken) < 2:
        return None
    taken = choice.taken[: len(choice.taken) // 2]
    alerts = tuple(alert for incident, count in taken for alert in waiting[incident].events[:count])
    return Choice(taken, alerts, choice.digest, choice.counted)


def without(waiting: dict[str, Waiting], choice: Choice) -> dict[str, Waiting | None]:
    """What becomes of the entries that a choice has taken from; None for one of which nothing is left."""
    left = {incident: waiting[incident].events[count:] for incident, count in choice.taken}
    return {
        incident: Waiting(incident, waiting[incident].since, events) if events else None
        for incident, events in left.items()
    }


def _waited(policy: Policy, pace: Pace, first: Waiting, now: datetime) -> datetime:
    """When the first has waited long enough; if no more will come, when it is clear that all have come."""
    since = pace.arrived if policy.exhaust and pace.arrived is not None else first.since
    return since + policy.wait if since <= now else now  # a clock may be set back


def _was_capped(policy: Policy, pace: Pace, first: Waiting) -> bool:
    """Whether the first would have gone earlier but for the cap."""
    allowed = pace.full_until(policy)
    if allowed is None or policy.exhaust:
        return False
    usual = first.since + policy.wait
    if pace.last is not None and not policy.each:
        usual = max(usual, pace.last + policy.interval)
    return usual < allowed


def _all_of(entries: Iterable[Waiting], *, digest: bool) -> Choice:
    entries = tuple(entries)
    taken = tuple((each.incident, len(each.events)) for each in entries)
    return Choice(taken, tuple(alert for each in entries for alert in each.events), digest)


# -- a delivery for each event --------------------------------------------------------------------------------------


def _choose_each(
    policy: Policy, pace: Pace, waiting: Mapping[str, Waiting], told: Container[str], now: datetime
) -> Choice | None:
    """The first event that may go by itself. What the cap has held back goes together, and so do all that are left
    when one delivery is.

    The end of an incident whose opening went by itself has to go so too, and at any time: whoever was woken by the one
    waits for the other. There are no more of these than the cap has let through.
    """
    ready = [each for each in waiting.values() if _waited(policy, pace, each, now) <= now]
    free = max(pace.free(policy, now), int(policy.exhaust))
    counted = [each for each in ready if not _is_end(each.events[0], told)]
    if len(counted) < len(ready) and (free <= 1 or _is_end(ready[0].events[0], told)):
        return _single(next(each for each in ready if _is_end(each.events[0], told)), counted=False)
    if not counted or not free:
        return None
    alone = len(counted) == 1 and len(counted[0].events) == 1
    if alone or (free > 1 and not _was_capped(policy, pace, counted[0])):
        return _single(counted[0], counted=True)
    return _digest(counted, told)


def _is_end(alert: Alert, told: Container[str]) -> bool:
    return alert.state == Stage.RESOLVED and alert.id in told


def _single(entry: Waiting, *, counted: bool) -> Choice:
    return Choice(((entry.incident, 1),), entry.events[:1], counted=counted)


def _digest(entries: Iterable[Waiting], told: Container[str]) -> Choice:
    """All events of these incidents but the ends that have to go by themselves."""
    taken = tuple(
        (
            each.incident,
            next((n for n, event in enumerate(each.events) if _is_end(event, told)), len(each.events)),
            each,
        )
        for each in entries
    )
    alerts = tuple(alert for _, count, each in taken for alert in each.events[:count])
    return Choice(tuple((incident, count) for incident, count, _ in taken), alerts, digest=True)
