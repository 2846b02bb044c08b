"""From an event in an incident's life to the alert that tells everything about it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from tailrace.logs.causes import Memory
from tailrace.logs.incidents.case import Incident
from tailrace.logs.incidents.history import Counts, History
from tailrace.logs.incidents.life import Event
from tailrace.logs.matchers import labels_of
from tailrace.logs.records import Alert, AlertCause, Crossing, Stage

CAUSES: Final = 10
"""Messages in one alert."""
_SEVERITIES: Final = ("", "info", "warning", "error", "critical")


def alert_of(event: Event, memory: Memory, history: History) -> Alert:
    """All there is to tell of an event, with what is known of messages and counts by now."""
    incident, crossing = event.incident, event.crossing
    total = _total(incident, history)
    return replace(
        _plain(incident, crossing, event.stage, event.at),
        name=crossing.rule if crossing.rule != crossing.condition else "",
        causes=_causes(incident, crossing, memory),
        severity=incident.latest.severity,
        labels=incident.latest.labels,
        runbook=incident.latest.runbook,
        detail=crossing.detail,
        told=None if event.stage is Stage.OPEN else incident.told,
        sequence=incident.sequence,
        total_lines=total.lines,
        total_errors=total.errors,
        total_warnings=total.warnings,
        history=history.levels(crossing.app, crossing.window_end - crossing.window_start, crossing.window_end),
    )


def labels_at_opening(incident: Incident) -> dict[str, str]:
    """What an incident can be chosen by before it is told, when its messages may not be known yet."""
    crossing = incident.latest
    labels = labels_of(_plain(incident, crossing, Stage.OPEN, incident.opened))
    known = "" if crossing.severity else incident.severity  # its messages may have been worse than the counts can tell
    return {**labels, "severity": max(labels["severity"], known, key=_SEVERITIES.index)}


def _plain(incident: Incident, crossing: Crossing, stage: Stage, at: datetime) -> Alert:
    """What a crossing alone says of an event of an incident."""
    return Alert(
        id=incident.id,
        app=crossing.app,
        rule=crossing.condition,
        name=crossing.rule,
        state=stage.value,
        opened=incident.opened,
        at=at,
        window_start=crossing.window_start,
        window_end=crossing.window_end,
        value=crossing.value,
        lines=crossing.lines,
        errors=crossing.errors,
        warnings=crossing.warnings,
        causes=crossing.causes,
        group=crossing.group,
        severity=crossing.severity,
        labels=crossing.labels,
    )


def _causes(incident: Incident, crossing: Crossing, memory: Memory) -> list[AlertCause]:
    """The rule's own messages, or else those of the application; new is what first came during the incident."""
    found = crossing.causes or memory.within(crossing.app, crossing.window_start, crossing.window_end)
    new = memory.new_within(crossing.app, incident.since, incident.until)
    return [replace(cause, new=cause.new or cause.fingerprint in new) for cause in found[:CAUSES]]


def _total(incident: Incident, history: History) -> Counts:
    """What the application wrote over the whole incident; nothing for a rule that looks at a part of it."""
    peak = incident.peak
    if not peak.whole or not peak.group.keys() <= {"app"} or history.reached(peak.app) is None:
        return Counts()
    found = history.total(peak.app, incident.since, incident.until)
    # Counts may be behind the windows that crossed; these are a lower bound.
    return Counts(max(found.lines, peak.lines), max(found.errors, peak.errors), max(found.warnings, peak.warnings))
