"""Mail handed to a server by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from tailrace.connect.delivery import Rejected, SetupFault
from tailrace.connect.smtp_server import PASSWORD_VARIABLE, Security, SmtpServer, parse_smtp_url
from tailrace.model.errors import TailraceError, Transient

_REMEMBERED = 1000
_WORDS = 300
_LOGIN_NEEDED = 530
_LOGIN_HINT = f"put the user into the URL (smtp://user@host:587) and the password into {PASSWORD_VARIABLE}"
_TRUST_HINT = "name the host as its certificate does, or use smtp+insecure:// if the network can be trusted"
_TLS_HINT = "smtps:// is for servers that speak TLS from the start (port 465), smtp:// for STARTTLS (port 587)"


@dataclass(frozen=True)
class Reply:
    """What a server answered: its three-digit code and its words."""

    code: int
    words: str

    @classmethod
    def of(cls, code: int, words: bytes | str) -> Reply:
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return cls(code, "".join(char if char.isprintable() else " " for char in text)[:_WORDS])

    @property
    def is_final(self) -> bool:
        """Whether asking again is pointless."""
        return self.code >= 500

    def __str__(self) -> str:
        return f"{self.code} {self.words}".strip()


class Refused(Rejected):
    """The server refused a message for good.

    `refused` holds the reply for each recipient who does not get it, `delivered` those who do.
    """

    def __init__(self, message: str, *, refused: Mapping[str, Reply], delivered: Sequence[str] = ()) -> None:
        super().__init__(message, code=next((reply.code for reply in refused.values()), None))
        self.refused = dict(refused)
        self.delivered = tuple(delivered)


class Postponed(Transient):
    """The server asks to try later with those who are `left`; some may be `refused` for good, the others have it."""

    def __init__(self, message: str, *, left: Sequence[str], refused: Mapping[str, Reply]) -> None:
        super().__init__(message)
        self.left = tuple(left)
        self.refused = dict(refused)


class SmtpTransport:
    """Hands messages to one mail server over a connection that is kept between them. For one thread at a time.

    Delivery is at least once: when the connection breaks after the message was sent and before the answer came, the
    next try may bring it twice, with the same Message-ID. A recipient for whom the server has answered that it took the
    message is not sent the same message again by this transport.
    """

    def __init__(self, server: str | SmtpServer, *, timeout: float = 30.0, tls: ssl.SSLContext | None = None) -> None:
        """Prepare to speak to `server`; nothing is sent before the first message.

        `timeout` is in seconds and goes for each answer. `tls` replaces the system's trusted certificates.
        Raises TailraceError when the URL is faulty.
        """
        self._server = parse_smtp_url(server) if isinstance(server, str) else server
        self._timeout = timeout
        self._tls = tls
        self._connection: smtplib.SMTP | None = None
        self._delivered: OrderedDict[str, frozenset[str]] = OrderedDict()

    def send(self, message: EmailMessage, to: Sequence[str] = ()) -> None:
        """Deliver `message` to everybody in its To, Cc and Bcc; to those of them in `to` alone, if it names any.

        Raises Refused when the server refused it for good for at least one of them (the others have got it),
        SetupFault when the server wants something else from us first, Postponed when it is to be sent later to some
        of them, and Transient when it may go well later: sending the same message again then goes only to those who
        have not got it.
        """
        sender, recipients = _envelope(message)
        recipients = [recipient for recipient in recipients if not to or recipient in to]
        message_id = str(message.get("Message-ID", ""))
        done = self._delivered.get(message_id, frozenset())
        waiting = [recipient for recipient in recipients if recipient not in done]
        refused = self._hand_over(message, sender, waiting) if waiting else {}
        done |= set(waiting) - set(refused)
        self._remember(message_id, done, everybody=not refused)
        if refused:
            raise self._fault(refused, [recipient for recipient in recipients if recipient in done])

    def check(self) -> None:
        """Connect and log in, without sending anything. Raises SetupFault or Transient when that fails."""
        self._connected()

    def close(self) -> None:
        """Take leave of the server. Never fails; a later message connects anew."""
        connection, self._connection = self._connection, None
        if connection:
            with suppress(OSError):
                connection.quit()
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"SmtpTransport({self._server})"

    def _hand_over(self, message: EmailMessage, sender: str, recipients: list[str]) -> dict[str, Reply]:
        """Speak the message through once; give the recipients who were refused, whether for good or for now."""
        connection = self._connected()
        try:
            answers = connection.send_message(message, sender, recipients)
        except smtplib.SMTPRecipientsRefused as fault:
            answers = fault.recipients
        except smtplib.SMTPResponseException as fault:
            answers = {recipient: (fault.smtp_code, _bytes(fault.smtp_error)) for recipient in recipients}
        except smtplib.SMTPNotSupportedError as fault:
            answers = {recipient: (550, str(fault).encode()) for recipient in recipients}
        except OSError as fault:
            self._drop()
            raise Transient(f"the mail server {self._server} broke off: {_words(fault)}") from None
        except BaseException:
            self._drop()  # stopped in the middle of a dialogue: nothing sensible can be said on this connection
            raise
        return {recipient: Reply.of(*answer) for recipient, answer in answers.items()}

    def _connected(self) -> smtplib.SMTP:
        """The connection, made anew if there is none or the server has hung up meanwhile."""
        if self._connection and not _alive(self._connection):
            self._drop()
        if not self._connection:
            try:
                self._connection = self._connect()
            except (OSError, UnicodeError) as fault:
                raise _unusable(self._server, fault) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security is Security.TLS:
            context = self._context()
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        try:
            self._introduce(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _introduce(self, connection: smtplib.SMTP) -> None:
        server = self._server
        connection.ehlo_or_helo_if_needed()
        if server.security is not Security.TLS:
            if connection.has_extn("starttls"):
                connection.starttls(context=self._context())
                connection.ehlo_or_helo_if_needed()
            elif server.security is Security.STARTTLS:
                raise SetupFault(
                    f"the mail server {server} does not offer STARTTLS, and without it nothing would be secret",
                    hint="try smtps://, or smtp+insecure:// if the network can be trusted",
                )
        if server.user is not None and server.password is not None:
            connection.login(server.user, server.password)

    def _context(self) -> ssl.SSLContext:
        if self._tls:
            return self._tls
        context = ssl.create_default_context()
        if self._server.security is Security.UNCHECKED:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _remember(self, message_id: str, done: frozenset[str], *, everybody: bool) -> None:
        if everybody:
            self._delivered.pop(message_id, None)
        elif message_id and done:
            self._delivered[message_id] = done
        while len(self._delivered) > _REMEMBERED:
            self._delivered.popitem(last=False)

    def _fault(self, refused: dict[str, Reply], delivered: Sequence[str]) -> TailraceError:
        said = "; ".join(f"{recipient}: {reply}" for recipient, reply in refused.items())
        if any(reply.code == _LOGIN_NEEDED for reply in refused.values()):
            return SetupFault(f"the mail server {self._server} wants a login first ({said})", hint=_LOGIN_HINT)
        if all(reply.is_final for reply in refused.values()):
            return Refused(f"the mail server {self._server} refused {said}", refused=refused, delivered=delivered)
        final = {recipient: reply for recipient, reply in refused.items() if reply.is_final}
        left = [recipient for recipient in refused if recipient not in final]
        return Postponed(f"the mail server {self._server} asks to try later: {said}", left=left, refused=final)


def _envelope(message: EmailMessage) -> tuple[str, list[str]]:
    """Who sends a message, and who is to get it, each once."""
    senders = [address.addr_spec for address in getattr(message["From"], "addresses", ())]
    headers = [header for name in ("To", "Cc", "Bcc") for header in message.get_all(name, [])]
    recipients = [address.addr_spec for header in headers for address in header.addresses]
    if not senders or not recipients:
        missing = "sender" if not senders else "recipient"
        raise Refused(f"the message {str(message['Subject'])!r} names no {missing}", refused={})
    return senders[0], list(dict.fromkeys(recipients))


def _unusable(server: SmtpServer, fault: OSError | UnicodeError) -> Transient:
    """What it means that the connection could not be made ready: something to wait for, or something to set right."""
    reply = Reply.of(fault.smtp_code, fault.smtp_error) if isinstance(fault, smtplib.SMTPResponseException) else None
    said = str(reply) if reply else _words(fault)
    if isinstance(fault, smtplib.SMTPAuthenticationError) and reply and reply.is_final:
        return SetupFault(f"the mail server {server} refused the login of {server.user!r}: {said}", hint=_LOGIN_HINT)
    if isinstance(fault, ssl.SSLCertVerificationError):
        return SetupFault(f"the certificate of the mail server {server} is not to be trusted: {said}", hint=_TRUST_HINT)
    if isinstance(fault, ssl.SSLError) and not isinstance(fault, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return SetupFault(f"the mail server {server} does not speak TLS as it was asked to: {said}", hint=_TLS_HINT)
    if isinstance(fault, smtplib.SMTPNotSupportedError | UnicodeError) or (reply and reply.is_final):
        return SetupFault(f"the mail server {server} does not take us: {said}")
    return Transient(f"the mail server {server} cannot be reached: {said}")


def _alive(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250
    except OSError:
        return False


def _words(fault: OSError | UnicodeError) -> str:
    reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
    return reason or type(fault).__name__


def _bytes(words: bytes | str) -> bytes:
    return words.encode() if isinstance(words, str) else words
