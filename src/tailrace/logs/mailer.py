"""The mailer: tells people of incidents that have opened, by SMTP, into an outbox directory, or both."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from tailrace.connect.outbox import Outbox
from tailrace.connect.smtp import SmtpTransport
from tailrace.connect.smtp_server import parse_smtp_url
from tailrace.logs.incidents import Stage
from tailrace.logs.mail.mailbox import parse_mailbox, parse_mailboxes
from tailrace.logs.mail.render import render
from tailrace.logs.records import Alert
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Inlet
from tailrace.model.settings import Secret, Setting
from tailrace.model.streamlet import Streamlet

_NOBODY = "ops@localhost"


def _check_smtp(url: Secret) -> None:
    if url.reveal():
        parse_smtp_url(url.reveal())


def _check_mailboxes(texts: list[str]) -> None:
    if not texts:
        raise TailraceError("a mail needs somebody to go to", hint="name at least one address, as in ops@example.com")
    for text in texts:
        parse_mailboxes(text)


class Mailer(Streamlet):
    """Sends one mail for all incidents that opened since the last.

    Delivery is at least once: a mail's Message-ID is made from what it tells, so that a mail sent twice can be known,
    and an outbox holds it once.
    """

    alerts = Inlet(Alert)
    to = Setting(list[str], default=[_NOBODY], check=_check_mailboxes, help="who gets the mail")
    sender = Setting(str, default="Tailrace <tailrace@localhost>", check=parse_mailbox, help="who it is from")
    smtp = Setting(
        Secret,
        default=Secret(""),
        check=_check_smtp,
        help="the mail server, as in smtp://user@host:587; the password from the URL or TAILRACE_SMTP_PASSWORD",
    )
    outbox = Setting(str, default="outbox", help="directory that mails are laid down in; empty for none")
    zone = Setting(str, default="UTC", check=check_zone, help="the zone that times are told in")
    timeout = Setting(timedelta, default=timedelta(seconds=30), help="how long to wait for the mail server's answers")

    def on_start(self) -> None:
        """Make ready for sending; nothing is sent yet. Raises TailraceError when there is no way to send."""
        server = self.smtp.reveal()
        if not server and not self.outbox:
            raise TailraceError("the mailer has neither a mail server nor an outbox", hint="give it smtp or outbox")
        self._transport = SmtpTransport(server, timeout=self.timeout.total_seconds()) if server else None
        self._outbox = Outbox(self.outbox) if self.outbox else None
        self._recipients = [address for text in self.to for address in parse_mailboxes(text)]

    def on_stop(self) -> None:
        """Take leave of the mail server."""
        if self._transport is not None:
            self._transport.close()

    def on_batch(self, alerts: Batch[Alert]) -> None:
        """Send one mail for the incidents that have opened, if there are any."""
        opened = [alert for alert in alerts.records() if alert.state == Stage.OPEN.value]
        if not opened:
            return
        message = render(
            opened,
            sender=parse_mailbox(self.sender),
            recipients=self._recipients,
            now=self.context.now,
            zone=ZoneInfo(self.zone),
        )
        if self._transport is not None:
            self._transport.send(message)
        if self._outbox is not None:
            self._outbox.send(message)
        self.context.count("mails")
