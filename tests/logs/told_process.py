"""A receiver of mail and one of a webhook in a process of their own, to be killed. Not a test: see test_delivery.py.

    told_process.py DIRECTORY SMTP_URL HTTP_URL COUNT

tells of COUNT alerts, with its log in DIRECTORY, and ends when all are told.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tailrace.log.sqlite import SqliteLog
from tailrace.logs.records import Alert, AlertCause
from tailrace.model.ports import Emits, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, timer
from tailrace.runtime.application import Application, Options
from tailrace.testkit.planning import plan_of

BLUEPRINT = """
app: told
streamlets:
  feed: Feed
  mail: {class: tailrace.logs.mailer.Mailer, settings: {outbox: "", wait: 0s}}
  hook: {class: tailrace.logs.webhooks.WebhookReceiver, settings: {wait: 0s, cap: 0}}
topics:
  alerts: {producers: [feed.alerts], consumers: [mail.alerts, hook.alerts]}
"""
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Feed(Streamlet):
    """Opens incidents, all at once."""

    alerts = Outlet(Alert)
    count = Setting(int)
    done = State(bool, default=False)

    def pending(self) -> bool:
        """Until it is done."""
        return not self.done

    @timer("10ms")
    def feed(self) -> Emits:
        """Open them."""
        if not self.done:
            self.done = True
            yield self.alerts([alert(f"i{n:02d}") for n in range(self.count)])


def alert(name: str) -> Alert:
    """An incident that opens."""
    cause = AlertCause("f", "boom", "ERROR", 12, NOON, NOON, "boom happened", "/a.log", 1)
    end = NOON + timedelta(seconds=30)
    return Alert(name, "orders", "errors > 10 in 30s", "open", NOON, NOON, NOON, end, 12.0, 100, 12, 0, [cause])


def main() -> int:
    """Run until idle."""
    directory, smtp, url, count = Path(sys.argv[1]), *sys.argv[2:4], int(sys.argv[4])
    settings = {"feed": {"count": count}, "mail": {"smtp": smtp}, "hook": {"url": url}}
    plan = plan_of(BLUEPRINT, [Feed], json.loads(json.dumps(settings)))
    with (
        SqliteLog(directory / "log.db") as log,
        Application(plan, log, Options(base=directory, exhaust=True)) as application,
    ):
        return 0 if application.wait_until_idle() else 1


if __name__ == "__main__":
    sys.exit(main())
