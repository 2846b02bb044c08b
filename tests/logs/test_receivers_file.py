from __future__ import annotations

from collections.abc import Sequence

import pytest

from tailrace.blueprint.problems import Problem
from tailrace.blueprint.source import read_source
from tailrace.logs.commands import CommandReceiver
from tailrace.logs.mailer import Mailer
from tailrace.logs.receivers_file import ReceiverSpec, make_receiver, read_receivers
from tailrace.logs.webhooks import WebhookReceiver
from tailrace.model.settings import Secret


def read(text: str) -> Sequence[ReceiverSpec | Problem]:
    source = read_source(text, "rules.yaml")
    assert source.root is not None
    return read_receivers(source.root)


def spec(text: str) -> ReceiverSpec:
    (found,) = read(text)
    assert isinstance(found, ReceiverSpec), found
    return found


@pytest.mark.parametrize(
    ("text", "streamlet"),
    [
        ("{type: mail, to: ops@example.com, smtp: 'smtp://mail.example.com'}", Mailer),
        ("{type: outbox}", Mailer),
        ("{type: webhook, url: 'https://example.com'}", WebhookReceiver),
        ("{type: slack, url: 'https://example.com'}", WebhookReceiver),
        ("{type: teams, url: 'https://example.com'}", WebhookReceiver),
        ("{type: pagerduty, routing key: abc}", WebhookReceiver),
        ("{type: alertmanager, url: 'https://example.com'}", WebhookReceiver),
        ("{type: command, run: [page, --now]}", CommandReceiver),
    ],
)
def test_each_type_has_its_streamlet_and_takes_what_all_receivers_take(text: str, streamlet: type) -> None:
    found = spec(f"ops: {text[:-1]}, match: severity=critical, wait: 5s, interval: 2m, cap: 3, resolved: false}}")
    assert found.streamlet == f"{streamlet.__module__}.{streamlet.__qualname__}"
    made = make_receiver(found)
    assert isinstance(made, streamlet)
    assert (made.match, made.cap, made.resolved) == (["severity=critical"], 3, False)


def test_a_mail_has_people_and_a_server_and_no_outbox_unless_it_is_asked_for() -> None:
    found = spec("ops: {type: mail, to: [a@example.com, b@example.com], from: t@example.com, smtp: 'smtp://h'}")
    assert found.settings == {
        "outbox": "",
        "to": ["a@example.com", "b@example.com"],
        "sender": "t@example.com",
        "smtp": "smtp://h",
    }


def test_headers_are_a_mapping_and_several_secrets_a_list() -> None:
    made = make_receiver(
        spec("h: {type: webhook, url: 'http://x', headers: {A: one, B: two}, secret: [0123456789abcdef, fedcba98]}")
    )
    assert isinstance(made, WebhookReceiver)
    assert made.headers == Secret("A: one\nB: two")
    assert made.secret == Secret("0123456789abcdef fedcba98")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "1:1: the section 'receivers' is a mapping, 'hello' came"),
        ("ops: hello", "1:6: the receiver 'ops' is a mapping, 'hello' came"),
        ("ops: {type: slak}", "1:13: the receiver 'ops' needs a type, 'slak' came"),
        ("ops: {to: x}", "1:1: the receiver 'ops' needs a type, none came"),
        ("ops: {type: [slack]}", "1:13: the receiver 'ops' needs a type, a list came"),
        ("Ops: {type: outbox}", "1:1: a receiver is named as a streamlet"),
        ("ops: {type: slack}", "1:1: the receiver 'ops' of type slack needs the setting 'url'"),
        ("ops: {type: outbox, dir: x}", "1:21: the receiver 'ops' of type outbox has no setting 'dir'"),
        ("ops: {type: outbox, smtp: 'smtp://h'}", "1:21: the receiver 'ops' of type outbox has no setting 'smtp'"),
        ("ops: {type: outbox, cap: -1}", "1:26: the receiver 'ops': cap: a cap of -1"),
        ("ops: {type: outbox, match: [severity]}", "1:28: the receiver 'ops': match: 'severity' is no matcher"),
        ("ops: {type: outbox, wait: soon}", "1:27: the receiver 'ops': wait: 'soon' is not a duration"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str) -> None:
    (problem,) = read(text)
    assert str(problem).startswith(f"rules.yaml:{said}")


def test_all_mistakes_are_told_at_once() -> None:
    assert len(read("a: {type: slak}\nb: {type: mail, to: nobody, smpt: x}\nc: 1")) == 5


def test_what_a_secret_is_stands_in_no_problem() -> None:
    (problem,) = read("ops: {type: slack, url: 'https://hooks.example.com/very secret'}")
    assert "secret" not in str(problem)
