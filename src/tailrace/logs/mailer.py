"""The mailer: tells people of incidents that have opened, by SMTP, into an outbox directory, or both."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from pydantic.dataclasses import dataclass

from tailrace.connect.outbox import Outbox
from tailrace.connect.smtp import Rejected, SmtpTransport
from tailrace.connect.smtp_server import parse_smtp_url
from tailrace.logs.incidents import Stage
from tailrace.logs.mail.mailbox import parse_mailbox, parse_mailboxes
from tailrace.logs.mail.render import render
from tailrace.logs.records import Alert
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.ports import CHECKPOINT, Emits, Inlet
from tailrace.model.settings import Secret, Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet

SENT = "tailrace.mails"
"""The logger that tells where each mail went."""
_NOBODY = "ops@localhost"
_sent = logging.getLogger(SENT)


@dataclass(frozen=True)
class Mail:
    """A mail that is about to be sent: the ids of its alerts, and its date."""

    ids: list[str]
    date: datetime


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

    Delivery is at least once. What a mail will tell is saved before it is sent, so that one sent again after a crash is
    the same to the byte, with the same Message-ID: whoever gets it twice can know it, and an outbox holds it once.
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
    sending = State(Mail | None, default=None)
    done = State(list[str], factory=list)
    """Of the alerts at hand those that were mailed already."""

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

    def on_batch(self, alerts: Batch[Alert]) -> Emits:
        """Send one mail for the incidents that have opened, if there are any; first again what was broken off."""
        opened = [each for each in alerts.records() if each.state == Stage.OPEN.value and each.id not in self.done]
        begun = frozenset(self.sending.ids) if self.sending is not None else frozenset()
        for group in ([each for each in opened if each.id in begun], [each for each in opened if each.id not in begun]):
            if group:
                yield from self._send(group)
        self.done = []

    def _send(self, alerts: list[Alert]) -> Emits:
        ids = [each.id for each in alerts]
        if self.sending is None or self.sending.ids != ids:
            self.sending = Mail(ids, self.context.now)
            yield CHECKPOINT
        self._deliver(self._render(alerts, self.sending.date))
        self.sending = None
        self.done = [*self.done, *ids]
        self.context.count("mails")

    def _render(self, alerts: list[Alert], date: datetime) -> EmailMessage:
        sender, zone = parse_mailbox(self.sender), ZoneInfo(self.zone)
        return render(alerts, sender=sender, recipients=self._recipients, now=date, zone=zone)

    def _deliver(self, message: EmailMessage) -> None:
        """Into the outbox first, which is always at hand."""
        if self._outbox is not None:
            _sent.info("mail in %s", self._outbox.send(message))
        if self._transport is not None:
            try:
                self._transport.send(message)
            except Rejected as fault:
                if not fault.delivered:
                    raise
                self.context.logger.warning("a mail reached only some of its readers: %s", fault)
            _sent.info("mail sent to %s", ", ".join(map(str, self._recipients)))
