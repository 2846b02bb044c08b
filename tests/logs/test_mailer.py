"""The mailer sends one mail for what has opened, and loses none, whatever the mail server does."""

from __future__ import annotations

import email
import email.policy
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tailrace.logs.mailer import Mailer
from tailrace.logs.records import Alert, AlertCause
from tailrace.model.errors import TailraceError
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def alert(name: str = "a", state: str = "open", app: str = "orders") -> Alert:
    cause = AlertCause("f", "boom", "ERROR", 12, NOON, NOON, "boom happened", "/a.log", 1)
    end = NOON + timedelta(seconds=30)
    return Alert(name, app, "errors > 10 in 30s", state, NOON, NOON, NOON, end, 12.0, 100, 12, 0, [cause])


@pytest.fixture
def kit_of() -> Iterator[Callable[..., StreamletKit]]:
    """A function that makes a mailer's kit; all are closed in the end."""
    with ExitStack() as kits:
        yield lambda outbox, **settings: kits.enter_context(
            StreamletKit(Mailer, {"outbox": str(outbox), **settings}, now=NOON)
        )


def mails(outbox: Path) -> list[Path]:
    return sorted(outbox.glob("*.eml"))


class Server:
    """A real mail server that answers as it is told."""

    def __init__(self) -> None:
        self.received: list[Envelope] = []
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}
        self.port = 0
        self._controller: Controller | None = None

    async def handle_RCPT(  # the library's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            self.received.append(envelope)
        return answer

    def start(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def url(self) -> str:
        return f"smtp+insecure://127.0.0.1:{self.port}"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_all_that_opened_is_one_mail(kit_of, tmp_path):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert("a"), alert("b", app="billing")])
    kit.run()
    (path,) = mails(tmp_path)
    subject = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Subject"]
    assert "orders" in subject
    assert "billing" in subject


def test_updates_and_resolves_are_not_mailed(kit_of, tmp_path):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert("a", "update"), alert("a", "resolved")])
    kit.run()
    assert mails(tmp_path) == []


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_commit_leaves_one_mail_of_each_alert(kit_of, tmp_path, skip, after):
    kit = kit_of(tmp_path)
    kit.log.crash_at_commit(streamlet="streamlet", skip=skip, after=after)
    kit.send("alerts", [alert("a")])
    kit.run()
    assert len(mails(tmp_path)) == 1


def test_a_mail_broken_off_is_the_same_when_more_has_opened_meanwhile(kit_of, tmp_path):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert("a")])
    kit.log.crash_at_commit(streamlet="streamlet", skip=1)  # it lies in the outbox, and nobody noted so
    while not mails(tmp_path):
        kit.step()
    first = mails(tmp_path)[0].read_bytes()
    kit.send("alerts", [alert("b", app="billing")])
    kit.now += timedelta(minutes=5)
    kit.run()
    contents = [path.read_bytes() for path in mails(tmp_path)]
    assert len(contents) == 2
    assert first in contents


def test_it_is_told_where_a_mail_lies(kit_of, tmp_path, caplog):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert()])
    with caplog.at_level(logging.INFO, "tailrace.mails"):
        kit.run()
    assert caplog.messages == [f"mail in {mails(tmp_path)[0]}"]


def test_a_mail_goes_through_a_server_to_everybody(kit_of, server):
    kit = kit_of("", smtp=server.url, to=["ops@example.com", "Dev <dev@example.com>"])
    kit.send("alerts", [alert()])
    kit.run()
    (envelope,) = server.received
    assert envelope.rcpt_tos == ["ops@example.com", "dev@example.com"]
    assert b"boom happened" in envelope.content


def test_a_server_that_is_down_delays_mails_and_loses_none(kit_of, server):
    server.stop()
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    with pytest.raises(TailraceError, match="cannot be reached"):
        kit.run()
    server.start()
    kit.run()
    assert len(server.received) == 1
    assert kit.dead_letters() == []


def test_a_server_that_asks_to_try_later_is_tried_again_with_the_same_mail(kit_of, server):
    server.answers = ["451 busy", "421 going down"]
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    kit.run()
    assert len(server.received) == 1
    assert kit.dead_letters() == []


def test_a_mail_that_is_refused_for_good_is_set_aside_with_the_servers_words(kit_of, server):
    server.answers = ["554 looks like spam"] * 10
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    kit.run()
    (letter,) = kit.dead_letters()
    assert "554 looks like spam" in letter.reason
    assert b'"id": "a"' in letter.payload


def test_after_a_refused_mail_the_next_is_sent(kit_of, server):
    server.answers = ["554 looks like spam"] * 2
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    kit.run()
    kit.send("alerts", [alert("b")])
    kit.run()
    assert len(server.received) == 1


def test_one_reader_whom_the_server_refuses_costs_the_others_nothing(kit_of, server, caplog):
    server.refused = {"gone@example.com": "550 no such user"}
    kit = kit_of("", smtp=server.url, to=["gone@example.com", "ops@example.com"])
    kit.send("alerts", [alert("a"), alert("b", app="billing")])
    with caplog.at_level(logging.WARNING, "tailrace"):
        kit.run()
    assert [envelope.rcpt_tos for envelope in server.received] == [["ops@example.com"]]
    assert kit.dead_letters() == []
    assert "550 no such user" in caplog.text


def test_the_outbox_gets_the_mail_while_the_server_is_down(kit_of, server, tmp_path):
    server.stop()
    kit = kit_of(tmp_path, smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    with pytest.raises(TailraceError):
        kit.run()
    assert len(mails(tmp_path)) == 1


def test_neither_server_nor_outbox_is_refused(kit_of):
    with pytest.raises(TailraceError, match="neither a mail server nor an outbox"):
        kit_of("").run()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"to": []}, "needs somebody to go to"),
        ({"to": ["nobody"]}, "'nobody' has no '@'"),
        ({"zone": "Mars/Olympus"}, "is no time zone"),
        ({"smtp": "http://x"}, "http://, which is not known"),
        ({"sender": "nobody"}, "nobody"),
    ],
)
def test_faulty_settings_are_told(kit_of, tmp_path, settings, said):
    with pytest.raises(TailraceError) as caught:
        kit_of(tmp_path, **settings)
    assert said in str(caught.value)
