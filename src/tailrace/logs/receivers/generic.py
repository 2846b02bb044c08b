"""An alert as plain JSON, for a webhook or a command of the user's own.

The object has these members, and may get more; none changes its meaning while `version` is 1. Times are RFC 3339 in
UTC, texts are cleaned of what cannot be seen, and secrets are masked in them.

    version         1
    event           names this event; the same however often it is sent
    id              names the incident
    state           open, update, acknowledged or resolved
    app, rule       whose log, and the rule as it is written
    severity        critical, error, warning or info
    labels          free labels of the rule
    runbook         a link, or empty
    headline        what has happened, in a sentence
    opened, at      when the incident opened, when this happened, in the logs' own time
    window          {start, end} of what is counted
    value           what the rule's left side came to; null if it is no number
    told            that of the time people were told last, or null
    counts          {errors, warnings, lines} in the window
    totals          the same of the whole incident, or null
    causes          worst first: {fingerprint, level, count, first, last, template, exception, new, file, line, sample}
    causes_left_out how many causes more there are
"""

from __future__ import annotations

from tailrace.logs.mail.identity import event_key
from tailrace.logs.mail.sentences import Totals
from tailrace.logs.mail.view import AlertView, CauseView
from tailrace.logs.receivers.shape import (
    Json,
    Telling,
    fitted,
    labels_of,
    link_of,
    moment_of,
    number_of,
    severity_of,
)
from tailrace.logs.records import Alert, AlertCause

LIMIT = 256 * 1024
"""The greatest length in bytes: half of what `tailrace.connect.webhook` takes."""


def generic(alert: Alert, telling: Telling) -> bytes:
    """The alert as one JSON object."""
    return fitted(alert, telling, lambda view: generic_object(alert, telling, view), LIMIT)


def generic_object(alert: Alert, telling: Telling, view: AlertView) -> dict[str, Json]:
    """The same before it is encoded."""
    told = telling.background.told.get(alert.id)
    shown = zip(alert.causes, view.causes, strict=False)
    return {
        "version": 1,
        "event": event_key(alert),
        "id": view.id,
        "state": view.happened,
        "app": view.app,
        "rule": view.rule,
        "severity": severity_of(alert, telling),
        "labels": {**labels_of(telling)},
        "runbook": link_of(telling),
        "headline": view.headline,
        "opened": moment_of(alert.opened),
        "at": moment_of(alert.at),
        "window": {"start": moment_of(alert.window_start), "end": moment_of(alert.window_end)},
        "value": number_of(alert.value),
        "told": None if told is None else number_of(told),
        "counts": _counts(alert),
        "totals": _counts(telling.background.totals.get(alert.id)),
        "causes": [_cause(cause, cause_view) for cause, cause_view in shown],
        "causes_left_out": view.more_causes,
    }


def _counts(counted: Alert | Totals | None) -> Json:
    if counted is None:
        return None
    return {"errors": counted.errors, "warnings": counted.warnings, "lines": counted.lines}


def _cause(cause: AlertCause, view: CauseView) -> Json:
    return {
        "fingerprint": view.fingerprint,
        "level": view.level,
        "count": cause.n,
        "first": moment_of(cause.first),
        "last": moment_of(cause.last),
        "template": view.template,
        "exception": view.exception,
        "new": view.new,
        "file": view.file,
        "line": cause.line,
        "sample": "\n".join(view.sample) or view.template,
    }
