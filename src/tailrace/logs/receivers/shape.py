"""What all shapes have in common: what they are given, and how they are kept within a target's limits."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

from tailrace.logs.mail import plain
from tailrace.logs.mail.identity import event_key
from tailrace.logs.mail.lens import Detail, Lens
from tailrace.logs.mail.links import web_address
from tailrace.logs.mail.sentences import batch_words
from tailrace.logs.mail.view import AlertView, alert_view
from tailrace.logs.records import Alert, Stage
from tailrace.model.settings import Secret

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_LABEL, _LABELS, _SENTENCE = 200, 20, 500
_CUT = 8 * _LABEL


@dataclass(frozen=True)
class Telling:
    """How an alert is told at the time `now`.

    `routing_key` is PagerDuty's. An open alert that is not heard of again stands for the length of `lease` in
    Alertmanager.
    """

    now: datetime
    zone: tzinfo = UTC
    mask_secrets: bool = True
    routing_key: Secret = field(default_factory=lambda: Secret(""))
    lease: timedelta = timedelta(days=1)


Shape: TypeAlias = Callable[[Alert, Telling], bytes]
"""Gives an alert as the body of a request: JSON in UTF-8, within the target's limits."""

Several: TypeAlias = Callable[[Sequence[Alert], Telling], bytes]
"""Gives several alerts, of different incidents as a rule, as one such body."""

DETAILS = (
    Detail(alerts=1, listed=0, causes=10, bars=0, sample_lines=40, sample_width=1000),
    Detail(alerts=1, listed=0, causes=10, bars=0, sample_lines=14, sample_width=400),
    Detail(alerts=1, listed=0, causes=5, bars=0, sample_lines=10, sample_width=240),
    Detail(alerts=1, listed=0, causes=3, bars=0, sample_lines=6, sample_width=160),
    Detail(alerts=1, listed=0, causes=3, bars=0, sample_lines=1, sample_width=80),
    Detail(alerts=1, listed=0, causes=1, bars=0, sample_lines=1, sample_width=80),
)
"""From rich to bare."""


def fitted(
    alert: Alert, telling: Telling, build: Callable[[AlertView], Json], limit: int, details: Sequence[Detail] = DETAILS
) -> bytes:
    """What `build` makes of the alert, with as much detail as fits into `limit` bytes; the barest if none does."""
    seen: dict[str, str] = {}
    for detail in details:
        view = _brief(alert_view(alert, Lens(telling.zone, detail, telling.mask_secrets, seen=seen)))
        body = encoded(build(view))
        if len(body) <= limit:
            break
    return body


@dataclass(frozen=True)
class Listing:
    """Several alerts in a few words: what they say together, the heaviest of them, and how many are left out."""

    headline: str
    views: tuple[AlertView, ...]
    left_out: int
    over: bool
    """Whether all of them are resolved."""


def fitted_listing(
    alerts: Sequence[Alert], telling: Telling, build: Callable[[Listing], Json], limit: int, most: int = 50
) -> bytes:
    """What `build` makes of several alerts, with as many of them by name as fit into `limit` bytes."""
    latest = by_weight(alerts)
    over = all(alert.state == Stage.RESOLVED for alert in latest)
    lens = Lens(telling.zone, DETAILS[-1], telling.mask_secrets)
    views = tuple(_brief(alert_view(alert, lens)) for alert in latest[:most])
    for count in (most, 30, 20, 10, 5, 2, 1):
        shown = views[:count]
        body = encoded(build(Listing(batch_words(latest), shown, len(latest) - len(shown), over)))
        if len(body) <= limit:
            break
    return body


def _brief(view: AlertView) -> AlertView:
    """With sentences of a bounded length, however many fields a rule goes by."""
    return replace(
        view,
        headline=plain.clip(view.headline, _SENTENCE),
        what=plain.clip(view.what, _SENTENCE),
        where=plain.clip(view.where, _SENTENCE),
    )


def by_weight(alerts: Sequence[Alert]) -> list[Alert]:
    """The last event of each incident, what goes on before what is over, the most errors first."""
    latest = {alert.id: alert for alert in alerts}
    return sorted(
        latest.values(), key=lambda each: (each.state == Stage.RESOLVED, -each.errors, -each.warnings, each.app)
    )


def delivery_key(alerts: Sequence[Alert]) -> str:
    """Names a delivery by the events that it tells; that of one event is the event's own."""
    keys = sorted({event_key(alert) for alert in alerts})
    return keys[0] if len(keys) == 1 else hashlib.sha256("\0".join(keys).encode()).hexdigest()[:32]


def encoded(value: Json) -> bytes:
    """A value as JSON in UTF-8, without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def labels_of(alert: Alert) -> dict[str, str]:
    """The rule's free labels, made harmless: at most twenty, one line each, of at most 200 characters."""
    given = list(alert.labels.items())[:_LABELS]
    return {plain.one_line(name[:_CUT], _LABEL): plain.one_line(value[:_CUT], _LABEL) for name, value in given}


def group_of(alert: Alert, telling: Telling) -> dict[str, str]:
    """The fields that the rule goes by and their values, which are of the logs: masked and made harmless."""
    lens = Lens(telling.zone, DETAILS[-1], telling.mask_secrets)
    given = list(alert.group.items())[:_LABELS]
    return {lens.line(name, _LABEL): lens.line(value, _LABEL) for name, value in given}


def link_of(alert: Alert) -> str:
    """The runbook's address if it is one of the web that can stand anywhere, else nothing."""
    return web_address(alert.runbook)


def number_of(value: float) -> float | None:
    """A number as JSON can have it: None for what is none."""
    return value if math.isfinite(value) else None


def moment_of(moment: datetime) -> str:
    """A time by RFC 3339, in UTC: `2026-01-05T10:41:20.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
