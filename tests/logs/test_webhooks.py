"""Webhooks and programs are told of alerts one by one, in order, and a flood is a handful of requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from made import alert
from tailrace.connect.delivery import Busy
from tailrace.connect.signature import verify
from tailrace.logs.commands import CommandReceiver
from tailrace.logs.grouping.parcel import unpacked
from tailrace.logs.records import Command, Decision, Undelivered
from tailrace.logs.webhooks import WebhookReceiver
from tailrace.model.errors import TailraceError
from tailrace.model.settings import Secret
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOON, HOUR = timedelta(seconds=2), timedelta(hours=1)
SIGNING = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


@pytest.fixture
def server(web_server: Any) -> Any:
    return web_server


@pytest.fixture
def kit_of(ends: ExitStack) -> Callable[..., StreamletKit]:
    def make(streamlet: Any = WebhookReceiver, **settings: Any) -> StreamletKit:
        return ends.enter_context(StreamletKit(streamlet, settings, now=NOON, exhaust=False))

    return make


def told(server: Any) -> list[tuple[str, str]]:
    return [(body["id"], body["state"]) for body in server.bodies]


def test_each_event_is_a_request_of_its_own_in_order(kit_of, server):
    kit = kit_of(url=server.url)
    kit.send("alerts", [alert("a"), alert("b"), alert("a", "resolved")])
    kit.advance(SOON)
    assert sorted(told(server)) == [("a", "open"), ("a", "resolved"), ("b", "open")]
    assert told(server).index(("a", "open")) < told(server).index(("a", "resolved"))


def test_a_request_is_signed_and_has_the_users_headers(kit_of, server, monkeypatch):
    monkeypatch.setenv("HOOK_HEADERS", "Authorization: Bearer abc\nX-Team: shop")
    kit = kit_of(url=server.url, secret=SIGNING, headers="env:HOOK_HEADERS")
    kit.send("alerts", [alert()])
    kit.advance(SOON)
    (headers,) = server.headers
    assert (headers["authorization"], headers["x-team"]) == ("Bearer abc", "shop")
    assert verify([Secret(SIGNING)], headers, server.raw[0], now=kit.now) == server.bodies[0]["event"]


@pytest.mark.parametrize("answers", [[500], [503, 408], [0], [0, 500, 0]])
def test_a_server_that_is_unwell_gets_the_same_again_until_it_takes_it_and_the_order_stays(kit_of, server, answers):
    server.answers = answers
    kit = kit_of(url=server.url)
    kit.send("alerts", [alert("a"), alert("b")])
    kit.advance(SOON)
    assert told(server) == [("a", "open"), ("b", "open")]
    assert len(set(server.raw[: len(answers) + 1])) == 1
    assert len({each["idempotency-key"] for each in server.headers[: len(answers) + 1]}) == 1


def test_how_long_a_server_asks_to_be_left_alone_is_what_the_worker_is_told(kit_of, server):
    server.answers = [(429, "120")]
    kit = kit_of(url=server.url)
    kit.send("alerts", [alert()])
    kit.advance(SOON)
    (fault,) = [error for _, error in kit.errors]
    assert isinstance(fault, Busy)
    assert fault.wait == timedelta(minutes=2)


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_commit_loses_nothing_and_sends_the_same_again(kit_of, server, skip, after):
    kit = kit_of(url=server.url)
    kit.log.crash_at_commit(streamlet="streamlet", skip=skip, after=after)
    kit.send("alerts", [alert("a"), alert("b")])
    kit.advance(2 * SOON)
    assert list(dict.fromkeys(told(server))) == [("a", "open"), ("b", "open")]
    assert len(set(server.raw)) == 2


def test_what_is_refused_is_kept_and_the_next_is_sent(kit_of, server):
    server.answers = [404]
    kit = kit_of(url=server.url)
    kit.send("alerts", [alert("a"), alert("b")])
    kit.advance(SOON)
    (kept,) = kit.read("undelivered", Undelivered)
    assert (kept.incidents, "404" in kept.reason) == (["a"], True)
    assert told(server) == [("b", "open")]
    kit.send("commands", [Command("c", NOON, "resend", "ann", receiver="streamlet", incident="a")])
    kit.advance(SOON)
    assert told(server) == [("b", "open"), ("a", "open")]
    assert server.raw[0] == server.raw[-1]


def test_a_flood_is_some_requests_and_a_digest(kit_of, server):
    kit = kit_of(url=server.url)
    kit.send("alerts", [alert(f"i{n}") for n in range(1000)])
    kit.advance(SOON)
    assert len(server.bodies) == 20
    assert server.bodies[-1]["count"] == 1000 - 19
    assert len({each.incident for each in kit.read("decisions", Decision)}) == 1000


def test_chat_is_told_of_several_at_once(kit_of, server):
    kit = kit_of(url=server.url, shape="slack")
    kit.send("alerts", [alert(f"i{n}", app=f"app{n}") for n in range(30)])
    kit.advance(SOON)
    (message,) = server.bodies
    assert message["text"].startswith("30 alerts in 30 apps")


def test_chat_is_told_once_of_what_is_over_before_it_was_told(kit_of, server):
    kit = kit_of(url=server.url, shape="slack")
    kit.send("alerts", [alert(), alert(state="resolved")])
    kit.advance(SOON)
    (message,) = server.bodies
    assert message["text"].startswith("Resolved")


def test_pagerdutys_key_is_sent_and_saved_nowhere(kit_of, server, tmp_path):
    (tmp_path / "key").write_text("abcdef0123456789\n")
    server.answers = [500]
    kit = kit_of(shape="pagerduty", url=server.url, routing_key=f"file:{tmp_path / 'key'}")
    kit.send("alerts", [alert(), alert(state="resolved")])
    kit.advance(SOON)
    assert [(body["event_action"], body["routing_key"]) for body in server.bodies] == [
        ("trigger", "abcdef0123456789"),
        ("resolve", "abcdef0123456789"),
    ]
    assert server.raw[0] == server.raw[1]
    server.answers = [400]
    kit.send("alerts", [alert("b")])
    kit.advance(SOON)
    state = kit.streamlet("streamlet").seat.state
    (kept,) = [unpacked(entry) for name, entry in state.items() if name.startswith("kept/")]
    assert b"trigger" in kept.body
    assert b"abcdef0123456789" not in kept.body


def test_a_receiver_takes_what_it_is_for_and_says_why_it_does_not_take_the_rest(kit_of, server):
    kit = kit_of(url=server.url, match=["severity=critical", "app=ord*"])
    kit.send("alerts", [alert("a", severity="critical"), alert("b"), alert("c", severity="critical", app="billing")])
    kit.advance(SOON)
    assert told(server) == [("a", "open")]
    said = {each.incident: (each.outcome, each.receiver) for each in kit.read("decisions", Decision)}
    assert said == {"a": ("delivered", "streamlet"), "b": ("muted", "streamlet"), "c": ("muted", "streamlet")}


@pytest.mark.parametrize("shape", ["json", "slack"])
def test_who_was_told_of_an_opening_is_told_of_the_end_though_its_labels_have_changed(kit_of, server, shape):
    kit = kit_of(url=server.url, shape=shape, interval="1s", match=["severity=critical"])
    kit.send("alerts", [alert(severity="critical")])
    kit.advance(SOON)
    kit.send("alerts", [alert(state="resolved", severity="warning")])
    kit.advance(SOON)
    assert len(server.bodies) == 2
    assert "Resolved" in str(server.bodies[1])


def test_it_is_told_of_each_alert_what_became_of_it(kit_of, server):
    kit = kit_of(url=server.url, shape="slack", cap=1, interval="10s")
    for name in "ab":
        kit.send("alerts", [alert(name)])
        kit.advance(SOON)
    kit.advance(HOUR)
    said = [(each.incident, each.outcome) for each in kit.read("decisions", Decision)]
    assert said == [("a", "delivered"), ("b", "capped"), ("b", "digested")]


def test_a_number_that_is_none_survives_a_restart(kit_of, server):
    kit = kit_of(url=server.url, wait="1m")
    kit.send("alerts", [alert(value=float("nan"), told=float("inf"))])
    kit.advance(SOON)
    kit.restart()
    kit.advance(timedelta(minutes=2))
    assert told(server) == [("a1", "open")]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"shape": "slak", "url": "http://x"}, "slak"),
        ({"url": "ftp://x"}, "https://"),
        ({"url": "http://x", "headers": "no colon"}, "no colon"),
        ({"url": "http://x", "match": ["severity"]}, "no matcher"),
        ({"url": "http://x", "cap": -1}, "cap of -1"),
    ],
)
def test_faulty_settings_are_told(kit_of, settings, said):
    with pytest.raises(TailraceError, match=said):
        kit_of(**settings)


@pytest.mark.parametrize(
    ("settings", "faulty"),
    [
        ({"shape": "json", "url": Secret("")}, ["url"]),
        ({"shape": "pagerduty", "url": Secret(""), "routing_key": Secret("")}, ["routing_key"]),
        ({"shape": "pagerduty", "url": Secret(""), "routing_key": Secret("x")}, []),
        ({"shape": "teams", "url": Secret("env:TEAMS")}, []),
    ],
)
def test_what_a_shape_cannot_do_without_is_found_when_a_blueprint_is_verified(settings, faulty):
    assert [name for name, _, _ in WebhookReceiver.check_wiring(settings, {})] == faulty


def program(directory: Path, code: str = "exit 0") -> list[str]:
    path = directory / "page"
    path.write_text(
        f'#!/bin/sh\ncat >> "{directory}/read"; echo "$TAILRACE_STATE $TAILRACE_APP" >> "{directory}/given"\n{code}\n'
    )
    path.chmod(0o755)
    return [str(path)]


def test_a_program_is_run_for_each_event(kit_of, tmp_path):
    kit = kit_of(CommandReceiver, command=program(tmp_path))
    kit.send("alerts", [alert(), alert(state="resolved")])
    kit.advance(SOON)
    assert (tmp_path / "given").read_text() == "open orders\nresolved orders\n"
    assert (tmp_path / "read").read_text().count('"version":1') == 2


def test_a_program_that_asks_for_it_is_run_again(kit_of, tmp_path):
    code = f'test -e "{tmp_path}/again" || {{ touch "{tmp_path}/again"; exit 75; }}'
    kit = kit_of(CommandReceiver, command=program(tmp_path, code))
    kit.send("alerts", [alert()])
    kit.advance(SOON)
    assert (tmp_path / "given").read_text() == "open orders\n" * 2
    assert kit.read("undelivered", Undelivered) == []


def test_a_program_that_fails_has_refused_the_event(kit_of, tmp_path):
    kit = kit_of(CommandReceiver, command=program(tmp_path, "echo no phone >&2; exit 3"))
    kit.send("alerts", [alert()])
    kit.advance(SOON)
    (kept,) = kit.read("undelivered", Undelivered)
    assert "exit code 3" in kept.reason
    assert "no phone" in kept.reason


def test_a_program_is_handed_a_digest_too(kit_of, tmp_path):
    kit = kit_of(CommandReceiver, command=program(tmp_path), cap=1)
    kit.send("alerts", [alert("a"), alert("b")])
    kit.advance(SOON)
    assert (tmp_path / "given").read_text() == "digest \n"
    assert json.loads((tmp_path / "read").read_text())["count"] == 2
