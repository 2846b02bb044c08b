"""A transport against a real SMTP server on the loopback, well behaved and not."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tailrace.connect.smtp import Refused, Reply, SetupFault, SmtpTransport
from tailrace.connect.smtp_server import parse_smtp_url
from tailrace.model.errors import Transient

ACCEPTED = "250 taken"


@dataclass
class Postmaster:
    """What the server of a test does, and what has come to it."""

    recipients: dict[str, list[str]] = field(default_factory=dict)  # answers to RCPT, one after the other
    data: list[str] = field(default_factory=list)  # answers to DATA; "drop" hangs up, with the message taken
    sender: str = ""
    envelopes: list[Envelope] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if self.sender:
            return self.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        answers = self.recipients.get(address, [])
        answer = answers.pop(0) if answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.data.pop(0) if self.data else ACCEPTED
        if answer.startswith("250") or answer == "drop":
            self.envelopes.append(envelope)
            self.peers.add(session.peer)
            self.encrypted.append(session.ssl is not None)
        if answer == "drop":
            server.transport.abort()
        return answer

    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(one.content or b"", policy=SMTP_POLICY) for one in self.envelopes]  # type: ignore[misc]


class HangsUpAfterData(SMTP):
    """Asks for the message and is gone before it has come."""

    async def smtp_DATA(self, arg: str) -> None:
        await self.push("354 go on")
        self.transport.abort()


class LosesItsMemory(SMTP):
    """Answers every command after the greeting that it is about to shut down."""

    async def smtp_MAIL(self, arg: str) -> None:
        await self.push("421 4.3.2 shutting down")
        self.transport.close()


class RunningServer:
    """An SMTP server in a thread of its own."""

    def __init__(self, make: Callable[[asyncio.AbstractEventLoop], SMTP], tls: ssl.SSLContext | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._make = make
        self._transports: list[asyncio.Transport] = []
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=tls, reuse_address=True)
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def _protocol(self) -> SMTP:
        self.smtp = self._make(self._loop)
        made = self.smtp.connection_made

        def connection_made(transport: Any) -> None:
            self._transports.append(transport)
            made(transport)

        self.smtp.connection_made = connection_made  # type: ignore[method-assign]
        return self.smtp

    def hang_up(self) -> None:
        """Close every connection, go on listening."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(10)

    async def _hang_up(self) -> None:
        for transport in self._transports:
            transport.abort()
        self._transports.clear()
        await asyncio.sleep(0)

    async def _close(self) -> None:
        self._server.close()
        await self._hang_up()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def postmaster() -> Postmaster:
    return Postmaster()


Serve = Callable[..., RunningServer]


@pytest.fixture
def serve(postmaster: Postmaster, ends: ExitStack) -> Serve:
    """Start a server: `serve(kind, tls=..., **what SMTP takes)`."""

    def start(kind: type[SMTP] = SMTP, *, tls: ssl.SSLContext | None = None, **how: Any) -> RunningServer:
        running = RunningServer(lambda loop: kind(postmaster, loop=loop, hostname="mx.test", **how), tls)
        ends.callback(running.stop)
        return running

    return start


@pytest.fixture
def transport_to(ends: ExitStack) -> Callable[..., SmtpTransport]:
    return lambda server, **how: ends.enter_context(SmtpTransport(server, timeout=10, **how))


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate[0])


def message(*recipients: str, name: str = "one") -> EmailMessage:
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["Subject"] = f"[orders] 14 errors, message {name}"
    mail["From"] = "Tailrace <tailrace@example.com>"
    mail["To"] = ", ".join(recipients or ("ops@example.com",))
    mail["Message-ID"] = f"<{name}@example.com>"
    mail.set_content("14 errors\n.\n..dots at the start of a line\n")
    return mail


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    fits = isinstance(data, LoginPassword) and data.login == b"ops" and data.password == b"top:secret/1"
    return AuthResult(success=fits, handled=fits)


def test_a_message_arrives_whole(postmaster: Postmaster, serve: Serve, transport_to: Any) -> None:
    transport_to(f"smtp://127.0.0.1:{serve().port}").send(message())
    (arrived,) = postmaster.messages()
    assert arrived["Subject"] == "[orders] 14 errors, message one"
    assert arrived.get_content().splitlines() == ["14 errors", ".", "..dots at the start of a line"]
    assert postmaster.envelopes[0].mail_from == "tailrace@example.com"
    assert postmaster.envelopes[0].rcpt_tos == ["ops@example.com"]


def test_everybody_in_to_cc_and_bcc_gets_it_once_and_bcc_is_not_told(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    mail = message("a@example.com", "b@example.com")
    mail["Cc"] = "A <a@example.com>, c@example.com"
    mail["Bcc"] = "d@example.com"
    transport_to(f"smtp://127.0.0.1:{serve().port}").send(mail)
    assert postmaster.envelopes[0].rcpt_tos == [f"{name}@example.com" for name in "abcd"]
    assert postmaster.messages()[0]["Bcc"] is None


def test_messages_share_one_connection(postmaster: Postmaster, serve: Serve, transport_to: Any) -> None:
    transport = transport_to(f"smtp://127.0.0.1:{serve().port}")
    for name in ("one", "two", "three"):
        transport.send(message(name=name))
    assert len(postmaster.envelopes) == 3
    assert len(postmaster.peers) == 1


def test_a_server_that_hung_up_between_two_messages_is_called_again(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    server = serve()
    transport = transport_to(f"smtp://127.0.0.1:{server.port}")
    transport.send(message(name="one"))
    server.hang_up()
    transport.send(message(name="two"))
    assert len(postmaster.peers) == 2


def test_a_recipient_refused_for_good_is_named_with_the_servers_words(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    postmaster.recipients["ops@example.com"] = ["550 5.1.1 no such mailbox here"]
    with pytest.raises(Refused, match=r"refused ops@example\.com: 550 5\.1\.1 no such mailbox here") as caught:
        transport_to(f"smtp://127.0.0.1:{serve().port}").send(message())
    assert caught.value.refused == {"ops@example.com": Reply(550, "5.1.1 no such mailbox here")}
    assert caught.value.delivered == ()
    assert not isinstance(caught.value, Transient)


def test_one_refused_recipient_does_not_keep_the_mail_from_the_others(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    postmaster.recipients["gone@example.com"] = ["550 gone"]
    with pytest.raises(Refused) as caught:
        transport_to(f"smtp://127.0.0.1:{serve().port}").send(message("gone@example.com", "ops@example.com"))
    assert postmaster.envelopes[0].rcpt_tos == ["ops@example.com"]
    assert caught.value.delivered == ("ops@example.com",)
    assert list(caught.value.refused) == ["gone@example.com"]


def test_a_refused_message_or_sender_is_refused_for_everybody(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    transport = transport_to(f"smtp://127.0.0.1:{serve().port}")
    postmaster.data = ["554 5.7.1 looks like spam"]
    with pytest.raises(Refused, match="looks like spam"):
        transport.send(message())
    postmaster.sender = "553 5.1.8 who are you"
    with pytest.raises(Refused, match="who are you"):
        transport.send(message())


def test_the_connection_is_good_for_another_message_after_a_refusal(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    postmaster.recipients["gone@example.com"] = ["550 gone"]
    transport = transport_to(f"smtp://127.0.0.1:{serve().port}")
    with pytest.raises(Refused):
        transport.send(message("gone@example.com"))
    transport.send(message(name="two"))
    assert len(postmaster.envelopes) == 1


@pytest.mark.parametrize("where", ["recipient", "data"])
def test_a_server_that_asks_to_wait_is_transient_and_the_next_try_succeeds(
    where: str, postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    if where == "data":
        postmaster.data = ["451 4.3.0 come back later"]
    else:
        postmaster.recipients["ops@example.com"] = ["451 4.3.0 come back later"]
    transport = transport_to(f"smtp://127.0.0.1:{serve().port}")
    with pytest.raises(Transient, match=r"try later: ops@example\.com: 451 4\.3\.0 come back later"):
        transport.send(message())
    transport.send(message())
    assert len(postmaster.envelopes) == 1


def test_a_second_try_goes_only_to_those_who_have_not_got_it(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    postmaster.recipients["slow@example.com"] = ["450 greylisted", "450 still greylisted"]
    transport = transport_to(f"smtp://127.0.0.1:{serve().port}")
    mail = message("quick@example.com", "slow@example.com")
    for _ in range(2):
        with pytest.raises(Transient, match="greylisted"):
            transport.send(mail)
    transport.send(mail)
    assert [one.rcpt_tos for one in postmaster.envelopes] == [["quick@example.com"], ["slow@example.com"]]


def test_a_message_that_everybody_has_may_be_sent_again_on_purpose(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    transport = transport_to(f"smtp://127.0.0.1:{serve().port}")
    transport.send(message())
    transport.send(message())
    assert [one["Message-ID"] for one in postmaster.messages()] == ["<one@example.com>"] * 2


def test_a_connection_dropped_in_the_middle_of_the_message_is_transient(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    transport = transport_to(f"smtp://127.0.0.1:{serve(HangsUpAfterData).port}")
    with pytest.raises(Transient, match="broke off"):
        transport.send(message(*(f"p{number}@example.com" for number in range(3))))
    assert postmaster.envelopes == []


def test_a_lost_answer_brings_the_same_message_twice_under_one_message_id(
    postmaster: Postmaster, serve: Serve, transport_to: Any
) -> None:
    postmaster.data = ["drop"]
    transport = transport_to(f"smtp://127.0.0.1:{serve().port}")
    with pytest.raises(Transient):
        transport.send(message())
    transport.send(message())
    first, second = postmaster.envelopes
    assert first.content == second.content
    assert {one["Message-ID"] for one in postmaster.messages()} == {"<one@example.com>"}


def test_a_server_that_shuts_down_is_transient(serve: Serve, transport_to: Any) -> None:
    with pytest.raises(Transient, match="421 4\\.3\\.2 shutting down"):
        transport_to(f"smtp://127.0.0.1:{serve(LosesItsMemory).port}").send(message())


def test_nobody_listening_is_transient(transport_to: Any) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(Transient, match=f"127.0.0.1:{port} cannot be reached: Connection refused") as caught:
            transport_to(f"smtp://127.0.0.1:{port}").send(message())
    assert not isinstance(caught.value, SetupFault)


def test_a_server_that_never_answers_is_transient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        transport = SmtpTransport(f"smtp://127.0.0.1:{port}", timeout=0.1)
        with pytest.raises(Transient, match="timed out"):
            transport.send(message())


def test_a_login_goes_over_starttls(
    postmaster: Postmaster, serve: Serve, transport_to: Any, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    server = serve(tls_context=server_tls, require_starttls=True, auth_required=True, authenticator=authenticate)
    url = f"smtp://ops@127.0.0.1:{server.port}"
    with_password = parse_smtp_url(url, {"TAILRACE_SMTP_PASSWORD": "top:secret/1"})
    transport_to(with_password, tls=trusting).send(message())
    assert postmaster.encrypted == [True]


def test_the_password_may_stand_in_the_url(
    postmaster: Postmaster, serve: Serve, transport_to: Any, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    server = serve(tls_context=server_tls, authenticator=authenticate, auth_required=True)
    transport_to(f"smtp://ops:top%3Asecret%2F1@127.0.0.1:{server.port}", tls=trusting).send(message())
    assert len(postmaster.envelopes) == 1


def test_tls_from_the_first_byte(
    postmaster: Postmaster, serve: Serve, transport_to: Any, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    transport_to(f"smtps://127.0.0.1:{serve(tls=server_tls).port}", tls=trusting).send(message())
    assert len(postmaster.envelopes) == 1


def test_starttls_is_taken_where_it_is_offered(
    postmaster: Postmaster, serve: Serve, transport_to: Any, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    transport_to(f"smtp://127.0.0.1:{serve(tls_context=server_tls).port}", tls=trusting).send(message())
    assert postmaster.encrypted == [True]


def test_a_certificate_nobody_vouches_for_is_not_taken(
    postmaster: Postmaster, serve: Serve, transport_to: Any, server_tls: ssl.SSLContext
) -> None:
    with pytest.raises(SetupFault, match="is not to be trusted") as caught:
        transport_to(f"smtp://127.0.0.1:{serve(tls_context=server_tls).port}").send(message())
    assert "smtp+insecure://" in str(caught.value.hint)
    assert postmaster.envelopes == []


def test_insecure_takes_any_certificate(
    postmaster: Postmaster, serve: Serve, transport_to: Any, server_tls: ssl.SSLContext
) -> None:
    transport_to(f"smtp+insecure://127.0.0.1:{serve(tls_context=server_tls).port}").send(message())
    assert postmaster.encrypted == [True]


def test_a_password_is_not_sent_in_clear(postmaster: Postmaster, serve: Serve, transport_to: Any) -> None:
    server = serve(authenticator=authenticate, auth_require_tls=False)
    with pytest.raises(SetupFault, match="does not offer STARTTLS"):
        transport_to(f"smtp://ops:top%3Asecret%2F1@127.0.0.1:{server.port}").check()
    assert not server.smtp.session.authenticated


def test_insecure_sends_a_password_in_clear(postmaster: Postmaster, serve: Serve, transport_to: Any) -> None:
    server = serve(authenticator=authenticate, auth_require_tls=False)
    transport_to(f"smtp+insecure://ops:top%3Asecret%2F1@127.0.0.1:{server.port}").send(message())
    assert server.smtp.session.authenticated


def test_a_wrong_password_is_a_fault_of_the_setup_and_is_never_shown(
    serve: Serve, transport_to: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG, logger="tailrace")
    server = serve(authenticator=authenticate, auth_require_tls=False)
    transport = transport_to(f"smtp+insecure://ops:hunter2@127.0.0.1:{server.port}")
    with pytest.raises(SetupFault, match="refused the login of 'ops': 535") as caught:
        transport.send(message())
    shown = [str(caught.value), str(caught.value.hint), repr(transport), caplog.text, *capfd.readouterr()]
    shown.append(repr(parse_smtp_url("smtp://ops:hunter2@h")))
    assert not any("hunter2" in text for text in shown)


def test_a_server_that_wants_a_login_first_is_a_fault_of_the_setup(serve: Serve, transport_to: Any) -> None:
    class WantsLogin(SMTP):
        async def smtp_MAIL(self, arg: str) -> None:
            await self.push("530 5.7.0 Authentication required")

    with pytest.raises(SetupFault, match="wants a login first"):
        transport_to(f"smtp://127.0.0.1:{serve(WantsLogin).port}").send(message())


def test_a_login_at_a_server_that_knows_none_is_a_fault_of_the_setup(serve: Serve, transport_to: Any) -> None:
    with pytest.raises(SetupFault, match="does not take us"):
        transport_to(f"smtp+insecure://ops:x@127.0.0.1:{serve().port}").check()


def test_tls_at_a_server_that_speaks_none_is_a_fault_of_the_setup(serve: Serve, transport_to: Any) -> None:
    with pytest.raises(SetupFault, match="does not speak TLS") as caught:
        transport_to(f"smtps://127.0.0.1:{serve().port}").check()
    assert "port 587" in str(caught.value.hint)


def test_a_message_without_recipients_is_rejected_before_anybody_is_called(transport_to: Any) -> None:
    mail = message()
    del mail["To"]
    with pytest.raises(Refused, match="names no recipient"):
        transport_to("smtp://127.0.0.1:1").send(mail)


def test_the_servers_words_reach_no_terminal_with_control_characters() -> None:
    assert str(Reply.of(550, b"no\x1b[31m such\r\nmailbox")) == "550 no [31m such  mailbox"
