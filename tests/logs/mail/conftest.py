"""What the tests of mails share: alerts and reports made up, mails as they arrive, and pages taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from typing import Any

import pytest

from tailrace.logs.mail.mailbox import parse_mailbox, parse_mailboxes
from tailrace.logs.mail.render import render
from tailrace.logs.mail.report import render_report
from tailrace.logs.records import Alert, AlertCause, AppSummary, IncidentSummary, LevelCount, Report

_VOID = {"meta", "br", "wbr"}


class Page(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its text; tags must nest.

    Places to break a line are left out: they part words, not texts.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.style = ""
        self._open: list[str] = []
        self._texts: list[str] = []
        self._glued = False
        self.feed(source)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).split())

    @property
    def shape(self) -> tuple[set[str], set[str]]:
        """The names of all tags and of all attributes."""
        return {tag for tag, _ in self.tags}, {name for _, attributes in self.tags for name in attributes}

    @property
    def counted(self) -> Counter[str]:
        return Counter(tag for tag, _ in self.tags)

    def values(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "wbr":
            assert not attrs
            self._glued = True
            return
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        elif self._glued and self._texts:
            self._texts[-1] += data
        else:
            self._texts.append(data)
        self._glued = False


class Post:
    """Makes alerts, reports, and the mails that tell of them, as they arrive."""

    start = datetime(2026, 1, 5, 10, 40, 50, tzinfo=UTC)
    end = start + timedelta(seconds=30)
    now = end + timedelta(seconds=1)

    def cause(self, **changes: Any) -> AlertCause:
        values: dict[str, Any] = {
            "fingerprint": "f1",
            "template": "Payment <num> timed out",
            "level": "ERROR",
            "n": 9,
            "first": self.start + timedelta(seconds=12),
            "last": self.end,
            "sample": "Payment 881204 timed out\n  at Gateway.charge(Gateway.java:91)",
            "uri": "/var/log/orders.log",
            "line": 18342,
        }
        return AlertCause(**values | changes)

    def alert(self, **changes: Any) -> Alert:
        values: dict[str, Any] = {
            "id": "a1",
            "app": "orders",
            "rule": "errors > 10 in 30s",
            "state": "open",
            "opened": self.end,
            "at": self.end,
            "window_start": self.start,
            "window_end": self.end,
            "value": 14.0,
            "lines": 1204,
            "errors": 14,
            "warnings": 3,
            "causes": [self.cause()],
        }
        return Alert(**values | changes)

    def rich(self, **changes: Any) -> Alert:
        """An alert with everything that one can have."""
        values: dict[str, Any] = {
            "name": "order errors",
            "severity": "critical",
            "group": {"app": "orders", "logger": "pay.Gateway"},
            "labels": {"team": "payments"},
            "runbook": "https://wiki.example.com/orders",
            "detail": "a detail",
            "history": [LevelCount(self.start + timedelta(seconds=30 * n), n, 1, 99) for n in range(-8, 1)],
            "causes": [
                self.cause(new=True, before="one\ntwo", after="three"),
                self.cause(level="WARN", uri="", line=0),
            ],
        }
        return self.alert(**values | changes)

    def report(self, **changes: Any) -> Report:
        day = datetime(2026, 1, 5, tzinfo=UTC)
        values: dict[str, Any] = {
            "name": "daily",
            "at": day + timedelta(hours=32),
            "start": day,
            "end": day + timedelta(days=1),
            "zone": "UTC",
            "apps": [AppSummary("orders", 1_804_233, 1323, 273, 944, 280), AppSummary("web", 4_411_093, 0, 0, 7, 0)],
            "causes": [self.cause(new=True)],
            "incidents": [
                IncidentSummary(
                    "a", "orders", "errors > 10 in 30s", self.start, self.end + timedelta(minutes=4), 219.0, "critical"
                ),
                IncidentSummary("b", "web", "silence of 10m", self.end, None, 600.0),
            ],
        }
        return Report(**values | changes)

    def mail(self, *alerts: Alert, **how: Any) -> EmailMessage:
        how = self._envelope() | how
        return _arrived(render(alerts or (self.alert(),), **how))

    def report_mail(self, report: Report | None = None, **how: Any) -> EmailMessage:
        how = self._envelope() | how
        return _arrived(render_report(report or self.report(), **how))

    def page(self, message: EmailMessage) -> Page:
        return Page(str(message.get_body(("html",)).get_content()))  # type: ignore[union-attr]

    def text(self, message: EmailMessage) -> str:
        return str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]

    def _envelope(self) -> dict[str, Any]:
        sender, recipients = parse_mailbox("Tailrace <tailrace@example.com>"), parse_mailboxes("Ops <ops@example.com>")
        return {"sender": sender, "recipients": recipients, "now": self.now}


@pytest.fixture(scope="session")
def post() -> Post:
    """Makes alerts, reports, and mails of them."""
    return Post()


def _arrived(message: EmailMessage) -> EmailMessage:
    return message_from_bytes(message.as_bytes(), policy=SMTP)  # type: ignore[return-value]
