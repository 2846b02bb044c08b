"""What all shapes have in common: what they are given, and how they are kept within a target's limits."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

from tailrace.logs.mail import plain
from tailrace.logs.mail.sentences import Background
from tailrace.logs.mail.view import AlertView, Detail, Lens, alert_view
from tailrace.logs.records import Alert
from tailrace.model.settings import Secret

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_LEVELS = {"FATAL": "critical", "ERROR": "error"}
_LINK = re.compile(r"https?://[\x21\x23-\x3b\x3d\x3f-\x7b\x7d\x7e]{1,1900}")
_LABEL, _LABELS = 200, 20


@dataclass(frozen=True)
class Telling:
    """How, and with what beside it, an alert is told at the time `now`.

    `severity` is the rule's own: critical, error, warning, info, or empty to go by the alert's levels. `routing_key` is
    PagerDuty's. An open alert that is not heard of again stands for the length of `lease` in Alertmanager.
    """

    now: datetime
    zone: tzinfo = UTC
    mask_secrets: bool = True
    background: Background = field(default_factory=Background)
    severity: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    runbook: str = ""
    routing_key: Secret = field(default_factory=lambda: Secret(""))
    lease: timedelta = timedelta(days=1)


Shape: TypeAlias = Callable[[Alert, Telling], bytes]
"""Gives an alert as the body of a request: JSON in UTF-8, within the target's limits."""

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
        view = alert_view(alert, Lens(telling.zone, detail, telling.mask_secrets, telling.background, seen))
        body = encoded(build(view))
        if len(body) <= limit:
            break
    return body


def encoded(value: Json) -> bytes:
    """A value as JSON in UTF-8, without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def severity_of(alert: Alert, telling: Telling) -> str:
    """`critical`, `error`, `warning` or `info`: what the rule says, or else by the worst level of the causes."""
    if telling.severity in {"critical", "error", "warning", "info"}:
        return telling.severity
    worst = {_LEVELS.get(cause.level, "") for cause in alert.causes} | ({"error"} if alert.errors else set())
    return next((name for name in ("critical", "error") if name in worst), "warning")


def labels_of(telling: Telling) -> dict[str, str]:
    """The free labels, made harmless: at most twenty, one line each, of at most 200 characters."""
    given = list(telling.labels.items())[:_LABELS]
    return {plain.one_line(name, _LABEL): plain.one_line(value, _LABEL) for name, value in given}


def link_of(telling: Telling) -> str:
    """The runbook's address if it is one of the web that can stand anywhere, else nothing."""
    return telling.runbook if _LINK.fullmatch(telling.runbook) else ""


def number_of(value: float) -> float | None:
    """A number as JSON can have it: None for what is none."""
    return value if math.isfinite(value) else None


def moment_of(moment: datetime) -> str:
    """A time by RFC 3339, in UTC: `2026-01-05T10:41:20.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
