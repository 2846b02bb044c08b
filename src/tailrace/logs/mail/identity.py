"""The names of what is told: the same event has the same name whenever, however often and by whichever way it goes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from tailrace.logs.records import Alert, Report, Stage

# These come once as a rule; whatever else happens to an incident may happen often, so its time takes part.
_ONCE = frozenset({Stage.OPEN, Stage.RESOLVED})


def event_key(alert: Alert) -> str:
    """Name one event in an incident's life: 32 hexadecimal digits."""
    return _digest([_event(alert)])


def message_id(alerts: Sequence[Alert], domain: str) -> str:
    """The Message-ID of a mail that tells of `alerts`, whatever their order: `<...@domain>`.

    It depends on their ids and states alone. A mail that tells of the opening of one incident, and of no other, has a
    name that can be told from the incident's id, see `opening_id`.
    """
    if len({alert.id for alert in alerts}) == 1 and any(map(_opens, alerts)):
        return opening_id(alerts[0].id, domain)
    return f"<{_digest(_event(alert) for alert in alerts)}@{domain}>"


def opening_id(incident: str, domain: str) -> str:
    """The Message-ID of the mail that told of an incident's opening: what all later mails about it refer to."""
    return f"<{_digest([incident])}@{domain}>"


def thread_of(alerts: Sequence[Alert], domain: str) -> str | None:
    """The Message-ID that a mail answers to: None for an opening, and for a mail about several incidents."""
    if len({alert.id for alert in alerts}) > 1 or any(map(_opens, alerts)):
        return None
    return opening_id(alerts[0].id, domain)


def report_id(report: Report, domain: str) -> str:
    """The Message-ID of the mail of a report: the same for the same name and span."""
    return f"<{_digest([f'report{chr(10)}{report.name}{chr(10)}{report.start}{chr(10)}{report.end}'])}@{domain}>"


def _event(alert: Alert) -> str:
    if alert.state not in _ONCE:
        return f"{alert.id}\n{alert.state}\n{alert.at}"
    return f"{alert.id}\n{alert.state}\n{alert.sequence or ''}"


def _opens(alert: Alert) -> bool:
    """Whether this is the first that is told of an incident; one that opens again belongs to its thread."""
    return alert.state == Stage.OPEN and not alert.sequence


def _digest(texts: Iterable[str]) -> str:
    said = "\0".join(sorted(set(texts)))
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:32]
