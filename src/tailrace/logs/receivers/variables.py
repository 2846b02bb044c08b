"""What a command is told of an alert beside the JSON on its standard input: variables for short scripts."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.logs.mail.identity import event_key
from tailrace.logs.mail.lens import Lens
from tailrace.logs.mail.sentences import batch_words, lasted, value_words
from tailrace.logs.mail.view import AlertView, alert_view
from tailrace.logs.matchers import severity_of
from tailrace.logs.receivers.shape import DETAILS, Telling, by_weight, delivery_key, link_of, moment_of
from tailrace.logs.records import Alert, Stage


def variables(alert: Alert, telling: Telling) -> dict[str, str]:
    """`TAILRACE_APP`, `TAILRACE_STATE` and so on, each one clean line, secrets masked.

    They hold text of logs: a script writes them in quotes, and where a program takes options, behind `--`.
    """
    view: AlertView = alert_view(alert, Lens(telling.zone, DETAILS[-1], telling.mask_secrets))
    values = {
        "event": event_key(alert),
        "id": view.id,
        "state": view.happened,
        "app": view.app,
        "rule": view.rule,
        "name": view.name,
        "severity": severity_of(alert),
        "headline": view.headline,
        "opened": moment_of(alert.opened),
        "at": moment_of(alert.at),
        "value": value_words(alert.value).replace(",", ""),
        "errors": str(alert.errors),
        "warnings": str(alert.warnings),
        "lines": str(alert.lines),
        "seconds": f"{lasted(alert).total_seconds():.0f}",
        "cause": view.causes[0].template if view.causes else "",
        "runbook": link_of(alert),
    }
    return {f"TAILRACE_{name.upper()}": value for name, value in values.items()}


def digest_variables(alerts: Sequence[Alert]) -> dict[str, str]:
    """The same for several alerts: what they say together, and `TAILRACE_COUNT`, how many incidents there are."""
    latest = by_weight(alerts)
    over = all(alert.state == Stage.RESOLVED for alert in latest)
    values = {
        "event": delivery_key(alerts),
        "state": "resolved" if over else "digest",
        "headline": batch_words(latest),
        "count": str(len(latest)),
    }
    return {f"TAILRACE_{name.upper()}": value for name, value in values.items()}
