"""An alert as plain JSON, for a webhook or a command of the user's own.

The object has these members, and may get more; none changes its meaning while `version` is 1. Times are RFC 3339 in
UTC, texts are cleaned of what cannot be seen, and secrets are masked in them.

    version         1
    event           names this event; the same however often it is sent
    id              names the incident
    state           open, update, acknowledged or resolved
    app, rule       whose log, and the rule as it is written
    name            the rule's name, or empty
    group           the fields that the rule goes by, and their values
    severity        critical, error, warning or info
    labels          free labels of the rule
    runbook         a link, or empty
    headline        what has happened, in a sentence
    detail          what else there is to say, or empty
    opened, at      when the incident opened, when this happened, in the logs' own time
    window          {start, end} of what is counted
    value           what the rule's left side came to; null if it is no number
    told            that of the time people were told last, or null
    counts          {errors, warnings, lines} in the window
    totals          the same of the whole incident, or null
    causes          worst first: {fingerprint, level, count, first, last, template, exception, new, file, line, sample}
    causes_left_out how many causes more there are

Several alerts as one, which is how those come that a cap has held back, have `version`, `event` and `headline`, and

    digest          true
    count           how many incidents there are
    alerts          the heaviest of them, as above
    alerts_left_out how many more there are
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.logs.mail.causes import CauseView
from tailrace.logs.mail.identity import event_key
from tailrace.logs.mail.lens import Lens
from tailrace.logs.mail.sentences import Totals, batch_words, totals_of
from tailrace.logs.mail.view import AlertView, alert_view
from tailrace.logs.matchers import severity_of
from tailrace.logs.receivers.shape import (
    DETAILS,
    Json,
    Telling,
    by_weight,
    delivery_key,
    encoded,
    fitted,
    group_of,
    labels_of,
    link_of,
    moment_of,
    number_of,
)
from tailrace.logs.records import Alert, AlertCause

_LISTED = 100
LIMIT = 256 * 1024
"""The greatest length in bytes: half of what `tailrace.connect.webhook` takes."""


def generic(alert: Alert, telling: Telling) -> bytes:
    """The alert as one JSON object."""
    return fitted(alert, telling, lambda view: generic_object(alert, telling, view), LIMIT)


def generic_digest(alerts: Sequence[Alert], telling: Telling) -> bytes:
    """Several alerts as one JSON object."""
    latest = by_weight(alerts)
    lens = Lens(telling.zone, DETAILS[-2], telling.mask_secrets)
    objects: list[Json] = [{**generic_object(each, telling, alert_view(each, lens))} for each in latest[:_LISTED]]
    while True:
        said: dict[str, Json] = {
            "version": 1,
            "event": delivery_key(alerts),
            "digest": True,
            "count": len(latest),
            "headline": batch_words(latest),
            "alerts": objects,
            "alerts_left_out": len(latest) - len(objects),
        }
        body = encoded(said)
        if len(body) <= LIMIT or len(objects) <= 1:
            return body
        objects = objects[: len(objects) // 2]


def generic_object(alert: Alert, telling: Telling, view: AlertView) -> dict[str, Json]:
    """The same before it is encoded."""
    shown = zip(alert.causes, view.causes, strict=False)
    return {
        "version": 1,
        "event": event_key(alert),
        "id": view.id,
        "state": view.happened,
        "app": view.app,
        "rule": view.rule,
        "name": view.name,
        "group": {**group_of(alert, telling)},
        "severity": severity_of(alert),
        "labels": {**labels_of(alert)},
        "runbook": link_of(alert),
        "headline": view.headline,
        "detail": view.detail,
        "opened": moment_of(alert.opened),
        "at": moment_of(alert.at),
        "window": {"start": moment_of(alert.window_start), "end": moment_of(alert.window_end)},
        "value": number_of(alert.value),
        "told": None if alert.told is None else number_of(alert.told),
        "counts": _counts(alert),
        "totals": _counts(totals_of(alert)),
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
