"""An alert for Prometheus' Alertmanager: what its API v2 takes at `/api/v2/alerts`, a list of one.

https://prometheus.io/docs/alerting/latest/alerts_api/: labels say which alert it is, so they are the same from opening
to end (rule, application, the fields that the rule goes by, its own severity and labels); everything that changes is an
annotation. `endsAt` in the past resolves an alert. One without it would be resolved after `resolve_timeout`, five
minutes as a rule, since Prometheus sends again and again; Tailrace does not, so an open alert's `endsAt` is a lease: as
long as `Telling.lease` from now, renewed by every update.

There is no documented limit to an alert's length; 32,000 bytes are the bound here, since others are handed it on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from tailrace.logs.mail.plain import clip
from tailrace.logs.mail.view import AlertView
from tailrace.logs.matchers import severity_of
from tailrace.logs.receivers.shape import (
    Json,
    Listing,
    Telling,
    fitted,
    fitted_listing,
    group_of,
    labels_of,
    link_of,
    moment_of,
)
from tailrace.logs.records import Alert, Stage

LIMIT = 32_000
_NAME_CHARACTER = re.compile(r"[^A-Za-z0-9_]")


def alertmanager(alert: Alert, telling: Telling) -> bytes:
    """The alert as a list of one for Alertmanager."""
    return fitted(alert, telling, lambda view: [_posted(alert, telling, view)], LIMIT)


def alertmanager_digest(alerts: Sequence[Alert], telling: Telling) -> bytes:
    """Several alerts as one that stands for all digests; if all are resolved, so is it."""
    return fitted_listing(alerts, telling, lambda listing: [_several(telling, listing)], LIMIT)


def _several(telling: Telling, listing: Listing) -> Json:
    said = [f"{view.state}: {view.headline} (alert {view.id})" for view in listing.views]
    more = [f"and {listing.left_out:,} more"] if listing.left_out else []
    return {
        "labels": {"alertname": "tailrace digest"},
        "annotations": {"summary": listing.headline, "description": "\n".join([*said, *more])},
        "startsAt": moment_of(telling.now),
        "endsAt": moment_of(telling.now if listing.over else telling.now + telling.lease),
    }


def _posted(alert: Alert, telling: Telling, view: AlertView) -> Json:
    starts, ends = _times(alert, telling)
    return {
        "labels": {**_labels(alert, telling, view)},
        "annotations": {**_annotations(alert, view)},
        "startsAt": moment_of(starts),
        "endsAt": moment_of(ends),
    }


def _times(alert: Alert, telling: Telling) -> tuple[datetime, datetime]:
    """When it began and ends. What is over must not end in the future, whatever the clock of the logs says."""
    if alert.state == Stage.RESOLVED:
        ends = min(alert.at, telling.now)
        return min(alert.opened, ends), ends
    return min(alert.opened, telling.now), telling.now + telling.lease


def _labels(alert: Alert, telling: Telling, view: AlertView) -> dict[str, str]:
    given = labels_of(alert) | group_of(alert, telling)
    labels = {_label_name(name): value for name, value in given.items() if value}
    labels |= {"alertname": view.name or view.rule or "tailrace", "app": view.app}
    return labels | ({"severity": view.severity} if view.severity else {})


def _label_name(name: str) -> str:
    """A name that every version takes: letters, digits, underscores, no digit first, and no `__`."""
    plain = _NAME_CHARACTER.sub("_", name).lstrip("_")
    return f"_{plain}" if not plain or plain[0].isdigit() else plain


def _annotations(alert: Alert, view: AlertView) -> dict[str, str]:
    counts = ", ".join(f"{number} {noun}" for number, noun, _ in view.counts)
    said = {
        "summary": view.headline,
        "description": clip("\n\n".join([f"{view.when}: {counts}", *map(_cause, _described(view))]), LIMIT // 2),
        "level": severity_of(alert),
        "incident": view.id,
        "runbook_url": link_of(alert),
    }
    return {name: text for name, text in said.items() if text}


def _described(view: AlertView) -> list[tuple[str, ...]]:
    return [
        (
            " ".join(filter(None, (f"{cause.number}\u00d7", cause.level, cause.template, cause.exception))),
            cause.place,
            *cause.sample,
        )
        for cause in view.causes
    ]


def _cause(lines: tuple[str, ...]) -> str:
    return "\n".join(filter(None, lines))
