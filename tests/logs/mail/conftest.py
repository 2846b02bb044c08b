"""What the tests of mails share: alerts and reports made up, mails as they arrive, and pages taken apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from made import END, START, alert, cause
from mailed import Page, arrived, page_of, text_of
from tailrace.logs.mail.mailbox import parse_mailbox, parse_mailboxes
from tailrace.logs.mail.render import render
from tailrace.logs.mail.report import render_report
from tailrace.logs.records import Alert, AppSummary, IncidentSummary, LevelCount, Report


class Post:
    """Makes alerts, reports, and the mails that tell of them, as they arrive."""

    start, end = START, END
    now = END + timedelta(seconds=1)
    cause = staticmethod(cause)
    alert = staticmethod(alert)

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
        return arrived(render(alerts or (self.alert(),), **how))

    def report_mail(self, report: Report | None = None, **how: Any) -> EmailMessage:
        how = self._envelope() | how
        return arrived(render_report(report or self.report(), **how))

    def page(self, message: EmailMessage) -> Page:
        return page_of(message)

    def text(self, message: EmailMessage) -> str:
        return text_of(message)

    def _envelope(self) -> dict[str, Any]:
        sender, recipients = parse_mailbox("Tailrace <tailrace@example.com>"), parse_mailboxes("Ops <ops@example.com>")
        return {"sender": sender, "recipients": recipients, "now": self.now}


@pytest.fixture(scope="session")
def post() -> Post:
    """Makes alerts, reports, and mails of them."""
    return Post()
