"""The mailer: tells people of alerts by SMTP, into an outbox directory, or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from tailrace.connect.credentials import revealed
from tailrace.connect.outbox import Outbox
from tailrace.connect.smtp import Postponed, Refused, SmtpTransport
from tailrace.connect.smtp_server import PASSWORD_VARIABLE, SmtpServer, parse_smtp_url
from tailrace.logs.grouping.parcel import Parcel
from tailrace.logs.mail.links import check_link
from tailrace.logs.mail.mailbox import parse_mailbox, parse_mailboxes
from tailrace.logs.receiver import SENT, Handed, Receiver
from tailrace.logs.records import Alert, Command, Report
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emits, Inlet
from tailrace.model.settings import Secret, Setting
from tailrace.model.streamlet import timer

__all__ = ["SENT", "Mailer"]

_NOBODY = "ops@localhost"
_ANY = {PASSWORD_VARIABLE: "known later"}
_REST = timedelta(minutes=1)


def _check_smtp(url: Secret) -> None:
    if url.reveal():
        parse_smtp_url(url.reveal(), _ANY)


def _check_mailboxes(texts: list[str]) -> None:
    if not texts:
        raise TailraceError("a mail needs somebody to go to", hint="name at least one address, as in ops@example.com")
    for text in texts:
        parse_mailboxes(text)


class Mailer(Receiver):
    """Mails alerts: what has opened, grown, goes on and is over, gathered into one mail at a time.

    The mails of one incident are a thread. Delivery is at least once: a mail that is sent again after a crash is the
    same to the byte, with the same Message-ID, so whoever gets it twice can know it, and an outbox holds it once.
    """

    optional_inlets: ClassVar[frozenset[str]] = Receiver.optional_inlets | {"reports"}

    reports = Inlet(Report, doc="summaries, each a mail of its own")
    to = Setting(list[str], default=[_NOBODY], check=_check_mailboxes, help="who gets the mail")
    sender = Setting(str, default="Tailrace <tailrace@localhost>", check=parse_mailbox, help="who it is from")
    smtp = Setting(
        Secret,
        default=Secret(""),
        check=_check_smtp,
        help="the mail server, as in smtp://user@host:587; the password from the URL, `password`, or "
        "TAILRACE_SMTP_PASSWORD",
    )
    password = Setting(
        Secret, default=Secret(""), help="the password for the mail server; env:NAME or file:PATH say where it stands"
    )
    outbox = Setting(str, default="outbox", help="directory that mails are laid down in; empty for none")
    timeout = Setting(timedelta, default=timedelta(seconds=30), help="how long to wait for the mail server's answers")
    mask_secrets = Setting(bool, default=True, help="whether passwords, tokens and the like are masked in mails")
    templates = Setting(str, default="", help="directory of your own mail templates; empty for none")
    link = Setting(
        str, default="", check=check_link, help="address of a place in a log, with fields such as {uri} and {line}"
    )

    @classmethod
    def check_wiring(cls, settings: Mapping[str, Any], wiring: Mapping[str, Any]) -> list[tuple[str, str, str]]:  # noqa: ARG003
        """A login needs a password from somewhere."""
        server, password = settings.get("smtp"), settings.get("password")
        if server and server.reveal() and not (password and password.reveal()):
            try:
                parse_smtp_url(server.reveal())
            except TailraceError as fault:
                return [("smtp", str(fault), fault.hint or "")]
        return []

    def on_start(self) -> None:
        """Make ready for sending; nothing is sent yet. Raises TailraceError when there is no way to send."""
        super().on_start()
        self._transport: SmtpTransport | None = None
        if not self.smtp.reveal() and not self.outbox:
            raise TailraceError("the mailer has neither a mail server nor an outbox", hint="give it smtp or outbox")
        self._recipients = [address for text in self.to for address in parse_mailboxes(text)]
        warn = self.context.logger.warning
        self._theme = None
        if self.templates:
            from tailrace.logs.mail.theme import load_theme

            self._theme = load_theme(Path(self.templates), lambda said: warn("%s", said))
        self._outbox = Outbox(self.outbox) if self.outbox else None
        self._used: datetime | None = None
        if self.smtp.reveal():
            self._transport = SmtpTransport(self._server(), timeout=self.timeout.total_seconds())

    def on_batch(self, alerts: Batch[Alert], commands: Batch[Command], reports: Batch[Report]) -> Emits:  # type: ignore[override]
        """Take alerts in, put reports into mails, and send again what is asked for."""
        yield from self.take(alerts, commands)
        for report in reports.records():
            from tailrace.logs.mail.report import render_report

            self.post(replace(_parcel(render_report(report, **self._how())), counted=False))

    def on_stop(self) -> None:
        """Take leave of the mail server."""
        if self._transport is not None:
            self._transport.close()

    @timer("30s")
    def rest(self) -> None:
        """Leave a server alone that had nothing to do for a while."""
        if self._transport is not None and self._used is not None and self.context.now - self._used >= _REST:
            self._transport.close()
            self._used = None

    def where(self) -> str:
        """Whom it tells, and by which server."""
        people = ", ".join(self.to)
        ways = [f"the directory {self.outbox}"] if self.outbox else []
        if self.smtp.reveal():
            ways.insert(0, f"{people} by {parse_smtp_url(self.smtp.reveal(), _ANY)}")
        return " and ".join(ways)

    def compose(self, alerts: Sequence[Alert], *, digest: bool) -> Parcel:
        """One mail for all of these alerts."""
        from tailrace.logs.mail.render import render  # templates are a library that a start need not wait for

        return _parcel(render(alerts, digest=digest, **self._how()))

    def hand_over(self, parcel: Parcel) -> Handed:
        """Into the outbox first, which is always at hand."""
        message = message_from_bytes(parcel.body, EmailMessage, policy=SMTP)
        said = [f"mail in {self._outbox.send(message)}"] if self._outbox is not None else []
        if self._transport is None:
            self.context.count("mails")
            return Handed("; ".join(said))
        self._used = self.context.now
        refused, people = {}, parcel.left or [address.addr_spec for address in message["To"].addresses]
        try:
            self._transport.send(message, to=parcel.left)
        except Postponed as fault:
            return Handed("", _replies(fault.refused), fault.left, fault)
        except Refused as fault:
            refused, people = _replies(fault.refused), list(fault.delivered)
        if people:
            said.append(f"mail sent to {', '.join(people)}")
            self.context.count("mails")
        return Handed("; ".join(said), refused)

    def _how(self) -> dict[str, Any]:
        """What all mails have in common."""
        return {
            "sender": parse_mailbox(self.sender),
            "recipients": self._recipients,
            "now": self.context.now,
            "zone": ZoneInfo(self.zone),
            "mask_secrets": self.mask_secrets,
            "templates": self._theme,
            "link": self.link,
        }

    def _server(self) -> SmtpServer:
        given = revealed(self.password).reveal()
        return parse_smtp_url(self.smtp.reveal(), {PASSWORD_VARIABLE: given} if given else None)


def _parcel(message: EmailMessage) -> Parcel:
    return Parcel(str(message["Message-ID"]), message.as_bytes())


def _replies(refused: Mapping[str, object]) -> dict[str, str]:
    return {recipient: str(reply) for recipient, reply in refused.items()}
