"""An alert for PagerDuty: an event of its Events API v2, for https://events.pagerduty.com/v2/enqueue.

An opening and an update trigger, and what is acknowledged or resolved here is so there: all events of an incident have
one `dedup_key`. The limits are those of https://developer.pagerduty.com/docs/events-api-v2/trigger-events/: a summary
has 1,024 characters, a key 255, and an event 512 KB (.../events-api-v2/overview/); 100,000 bytes are the bound here,
since nobody reads more on a phone. 429 asks to try again later. Texts are shown as they are, none is markup.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tailrace.logs.mail.plain import clip
from tailrace.logs.mail.view import AlertView
from tailrace.logs.matchers import severity_of
from tailrace.logs.receivers.generic import generic_object
from tailrace.logs.receivers.shape import Json, Listing, Telling, fitted, fitted_listing, link_of, moment_of
from tailrace.logs.records import Alert, Stage
from tailrace.model.errors import TailraceError

LIMIT = 100_000
_SUMMARY, _KEY = 1024, 255
_DETAILS = ("opened", "window", "rule", "group", "labels", "detail", "value", "told", "counts", "causes")
_DIGEST = "digest"
_ACTIONS = {"resolved": "resolve", "acknowledged": "acknowledge"}


def pagerduty(alert: Alert, telling: Telling) -> bytes:
    """The alert as an event for PagerDuty. Raises TailraceError when there is no routing key."""
    _check(telling)
    return fitted(alert, telling, lambda view: _event(alert, telling, view), LIMIT)


def pagerduty_digest(alerts: Sequence[Alert], telling: Telling) -> bytes:
    """Several alerts as one event, of an incident that stands for all digests; if all are resolved, so is it."""
    _check(telling)
    return fitted_listing(alerts, telling, lambda listing: _several(alerts, telling, listing), LIMIT)


def _check(telling: Telling) -> None:
    if not telling.routing_key.reveal():
        raise TailraceError(
            "an event for PagerDuty needs a routing key", hint="it is the integration key of a service's Events API v2"
        )


def _several(alerts: Sequence[Alert], telling: Telling, listing: Listing) -> Json:
    event: dict[str, Json] = {
        "routing_key": telling.routing_key.reveal(),
        "event_action": "resolve" if listing.over else "trigger",
        "dedup_key": dedup_key(_DIGEST),
    }
    if listing.over:
        return event
    severities = {severity_of(alert) for alert in alerts if alert.state != Stage.RESOLVED}
    event["payload"] = {
        "summary": clip(listing.headline, _SUMMARY),
        "source": "tailrace",
        "severity": next(name for name in ("critical", "error", "warning", "info") if name in severities),
        "timestamp": moment_of(max(alert.at for alert in alerts)),
        "custom_details": {
            "alerts": [f"{view.state}: {view.headline} (alert {view.id})" for view in listing.views],
            "alerts_left_out": listing.left_out,
        },
    }
    event["client"] = "Tailrace"
    return event


def _event(alert: Alert, telling: Telling, view: AlertView) -> Json:
    action = _ACTIONS.get(alert.state, "trigger")
    event: dict[str, Json] = {
        "routing_key": telling.routing_key.reveal(),
        "event_action": action,
        "dedup_key": dedup_key(alert.id),
    }
    if action != "trigger":
        return event
    details = generic_object(alert, telling, view)
    event["payload"] = {
        "summary": clip(f"[{view.app}] {view.headline}", _SUMMARY),
        "source": view.app,
        "severity": severity_of(alert),
        "timestamp": moment_of(alert.at),
        "group": view.app,
        "class": view.name or view.rule,
        "custom_details": {name: details[name] for name in _DETAILS},
    }
    event["client"] = "Tailrace"
    if link := link_of(alert):
        event["links"] = [{"href": link, "text": "Runbook"}]
    return event


def dedup_key(incident: str) -> str:
    """What names an incident to PagerDuty: `tailrace-` and its id, hashed if that is too long or odd."""
    key = f"tailrace-{incident}"
    if len(key) <= _KEY and key.isascii() and key.isprintable():
        return key
    return f"tailrace-{hashlib.sha256(incident.encode(errors='surrogatepass')).hexdigest()}"
