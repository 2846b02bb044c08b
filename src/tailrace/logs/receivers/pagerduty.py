"""An alert for PagerDuty: an event of its Events API v2, for https://events.pagerduty.com/v2/enqueue.

An opening and an update trigger, and what is acknowledged or resolved here is so there: all events of an incident have
one `dedup_key`. The limits are those of https://developer.pagerduty.com/docs/events-api-v2/trigger-events/: a summary
has 1,024 characters, a key 255, and an event 512 KB (.../events-api-v2/overview/); 100,000 bytes are the bound here,
since nobody reads more on a phone. 429 asks to try again later. Texts are shown as they are, none is markup.
"""

from __future__ import annotations

import hashlib

from tailrace.logs.mail.plain import clip
from tailrace.logs.mail.view import AlertView
from tailrace.logs.receivers.generic import generic_object
from tailrace.logs.receivers.shape import Json, Telling, fitted, link_of, moment_of, severity_of
from tailrace.logs.records import Alert
from tailrace.model.errors import TailraceError

LIMIT = 100_000
_SUMMARY, _KEY = 1024, 255
_ACTIONS = {"resolved": "resolve", "acknowledged": "acknowledge"}


def pagerduty(alert: Alert, telling: Telling) -> bytes:
    """The alert as an event for PagerDuty. Raises TailraceError when there is no routing key."""
    if not telling.routing_key.reveal():
        raise TailraceError(
            "an event for PagerDuty needs a routing key", hint="it is the integration key of a service's Events API v2"
        )
    return fitted(alert, telling, lambda view: _event(alert, telling, view), LIMIT)


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
        "severity": severity_of(alert, telling),
        "timestamp": moment_of(alert.at),
        "group": view.app,
        "class": view.rule,
        "custom_details": {name: details[name] for name in ("opened", "window", "value", "told", "counts", "causes")},
    }
    event["client"] = "Tailrace"
    if link := link_of(telling):
        event["links"] = [{"href": link, "text": "Runbook"}]
    return event


def dedup_key(incident: str) -> str:
    """What names an incident to PagerDuty: `tailrace-` and its id, hashed if that is too long or odd."""
    key = f"tailrace-{incident}"
    if len(key) <= _KEY and key.isascii() and key.isprintable():
        return key
    return f"tailrace-{hashlib.sha256(incident.encode(errors='surrogatepass')).hexdigest()}"
