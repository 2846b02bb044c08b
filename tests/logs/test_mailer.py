"""The mailer tells of alerts in one mail at a time, and loses none, whatever the mail server does."""

from __future__ import annotations

import email
import email.policy
import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from made import alert
from tailrace.logs.mailer import Mailer
from tailrace.logs.records import Command, Undelivered
from tailrace.model.errors import TailraceError
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOON = timedelta(seconds=2)


@pytest.fixture
def kit_of(ends: ExitStack) -> Callable[..., StreamletKit]:
    """A function that makes a mailer's kit."""
    return lambda outbox, **settings: ends.enter_context(
        StreamletKit(Mailer, {"outbox": str(outbox), **settings}, now=NOON)
    )


def again(name: str = "c1", receiver: str = "streamlet") -> Command:
    return Command(name, NOON, "resend", "someone", receiver=receiver)


def mails(outbox: Path) -> list[Path]:
    return sorted(outbox.glob("*.eml"))


@pytest.fixture
def server(mail_server: Any) -> Any:
    return mail_server


def test_all_that_opened_is_one_mail(kit_of, tmp_path):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert("a"), alert("b", app="billing")])
    kit.advance(SOON)
    (path,) = mails(tmp_path)
    subject = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Subject"]
    assert "orders" in subject
    assert "billing" in subject


def read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), EmailMessage, policy=email.policy.default)


def test_updates_repeats_and_the_end_are_mailed_in_the_thread_of_the_opening(kit_of, tmp_path):
    kit = kit_of(tmp_path)
    for state in ("open", "update", "repeat", "resolved"):
        kit.send("alerts", [alert("a", state)])
        kit.advance(timedelta(minutes=2))
    opening, *later = [read(path) for path in mails(tmp_path)]
    assert len(later) == 3
    assert {each["In-Reply-To"] for each in later} == {opening["Message-ID"]}
    assert "resolved" in later[-1]["Subject"]


def test_an_alert_that_is_over_before_it_was_told_is_one_mail(kit_of, tmp_path):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert("a"), alert("a", "resolved")])
    kit.advance(SOON)
    (path,) = mails(tmp_path)
    assert "resolved" in read(path)["Subject"]


@pytest.mark.parametrize(("setting", "state"), [("updates", "update"), ("repeats", "repeat"), ("resolved", "resolved")])
def test_what_nobody_wants_to_hear_of_is_not_mailed(kit_of, tmp_path, setting, state):
    kit = kit_of(tmp_path, **{setting: False})
    kit.send("alerts", [alert("a", state)])
    kit.advance(SOON)
    assert mails(tmp_path) == []


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_commit_leaves_one_mail_of_each_alert(kit_of, tmp_path, skip, after):
    kit = kit_of(tmp_path)
    kit.log.crash_at_commit(streamlet="streamlet", skip=skip, after=after)
    kit.send("alerts", [alert("a")])
    kit.advance(SOON)
    assert len(mails(tmp_path)) == 1


def test_a_mail_broken_off_is_the_same_when_more_has_opened_meanwhile(kit_of, tmp_path):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert("a")])
    kit.log.crash_at_commit(streamlet="streamlet", skip=1)  # it lies in the outbox, and nobody noted so
    while not mails(tmp_path):
        kit.now += timedelta(milliseconds=250)
        kit.step()
    first = mails(tmp_path)[0].read_bytes()
    kit.send("alerts", [alert("b", app="billing")])
    kit.now += timedelta(minutes=5)
    kit.advance(SOON)
    contents = [path.read_bytes() for path in mails(tmp_path)]
    assert len(contents) == 2
    assert first in contents


def test_it_is_told_where_a_mail_lies(kit_of, tmp_path, caplog):
    kit = kit_of(tmp_path)
    kit.send("alerts", [alert()])
    with caplog.at_level(logging.INFO, "tailrace.mails"):
        kit.advance(SOON)
    assert caplog.messages == [f"mail in {mails(tmp_path)[0]}"]


def test_a_mail_goes_through_a_server_to_everybody(kit_of, server):
    kit = kit_of("", smtp=server.url, to=["ops@example.com", "Dev <dev@example.com>"])
    kit.send("alerts", [alert()])
    kit.advance(SOON)
    (envelope,) = server.taken
    assert envelope.rcpt_tos == ["ops@example.com", "dev@example.com"]
    assert b"Payment 881204 timed out" in envelope.content


def test_a_server_that_is_down_delays_mails_and_loses_none(kit_of, server):
    server.stop()
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    with pytest.raises(TailraceError, match="cannot be reached"):
        kit.advance(SOON)
    server.start()
    kit.advance(SOON)
    assert len(server.taken) == 1
    assert kit.dead_letters() == []


def test_a_server_that_asks_to_try_later_is_tried_again_with_the_same_mail(kit_of, server):
    server.acts = ["451 busy", "421 going down"]
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    kit.advance(SOON)
    assert len(server.taken) == 1
    assert kit.dead_letters() == []


def test_a_mail_that_is_refused_for_good_is_told_with_the_servers_words_and_kept(kit_of, server):
    server.acts = ["554 looks like spam"]
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    kit.advance(SOON)
    (kept,) = kit.read("undelivered", Undelivered)
    assert kept.incidents == ["a"]
    assert "554 looks like spam" in kept.reason
    kit.send("commands", [again()])
    kit.advance(SOON)
    assert len(server.taken) == 1
    assert [each.reason for each in kit.read("undelivered", Undelivered)][1:] == [""]


def test_a_request_to_send_again_that_comes_twice_is_followed_once(kit_of, server):
    server.acts = ["554 looks like spam", "554 still"]
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    kit.advance(SOON)
    kit.send("commands", [again(), again(), again(receiver="another")])
    kit.advance(SOON)
    assert server.taken == []
    kit.send("commands", [again()])
    kit.advance(SOON)
    assert server.taken == []


def test_after_a_refused_mail_the_next_is_sent(kit_of, server):
    server.acts = ["554 looks like spam"]
    kit = kit_of("", smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    kit.advance(SOON)
    kit.send("alerts", [alert("b")])
    kit.advance(SOON)
    assert len(server.taken) == 1


def test_one_reader_whom_the_server_refuses_costs_the_others_nothing(kit_of, server, caplog):
    server.refused = {"gone@example.com": "550 no such user"}
    kit = kit_of("", smtp=server.url, to=["gone@example.com", "ops@example.com"])
    kit.send("alerts", [alert("a"), alert("b", app="billing")])
    with caplog.at_level(logging.WARNING, "tailrace"):
        kit.advance(SOON)
    assert [envelope.rcpt_tos for envelope in server.taken] == [["ops@example.com"]]
    assert "550 no such user" in caplog.text
    kit.send("commands", [again()])
    server.refused = {}
    kit.advance(SOON)
    assert [envelope.rcpt_tos for envelope in server.taken] == [["ops@example.com"], ["gone@example.com"]]
    assert server.taken[0].content == server.taken[1].content


def test_the_outbox_gets_the_mail_while_the_server_is_down(kit_of, server, tmp_path):
    server.stop()
    kit = kit_of(tmp_path, smtp=server.url, to=["ops@example.com"])
    kit.send("alerts", [alert("a")])
    with pytest.raises(TailraceError):
        kit.advance(SOON)
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
