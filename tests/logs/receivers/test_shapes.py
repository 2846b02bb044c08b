"""An alert in the shapes of other systems."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made
from made import END
from tailrace.connect.webhook import BODY_LIMIT
from tailrace.logs.mail.identity import event_key
from tailrace.logs.receivers import alertmanager, generic, pagerduty, slack, teams
from tailrace.logs.receivers.shape import Telling
from tailrace.logs.receivers.shapes import SHAPES
from tailrace.logs.receivers.variables import variables
from tailrace.logs.records import Alert
from tailrace.model.errors import TailraceError
from tailrace.model.settings import Secret

KEY = Secret("0123456789abcdef0123456789abcdef")
TELLING = Telling(now=END + timedelta(seconds=1), routing_key=KEY)
LIMITS = {
    "json": generic.LIMIT,
    "slack": slack.LIMIT,
    "teams": teams.LIMIT,
    "pagerduty": pagerduty.LIMIT,
    "alertmanager": alertmanager.LIMIT,
}
every_shape = pytest.mark.parametrize("name", SHAPES)


cause = partial(made.cause, template="Payment <n> timed out\njava.net.SocketTimeoutException\nat a.B.c")


def alert(state: str = "open", **changes: Any) -> Alert:
    return made.alert(state=state, **{"causes": [cause()]} | changes)


def shaped(name: str, made: Alert | None = None, **how: Any) -> Any:
    return json.loads(SHAPES[name].one(made or alert(), replace(TELLING, **how)))


def several(name: str, made: list[Alert], **how: Any) -> Any:
    return json.loads(SHAPES[name].several(made, replace(TELLING, **how)))


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def all_text(value: Any) -> str:
    return (
        "\n".join(texts(value)).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u00a0", " ")
    )


@every_shape
def test_it_says_what_where_and_why(name: str) -> None:
    said = all_text(shaped(name))
    for part in ("orders", "14 errors in orders within 30 seconds", "errors > 10 in 30s", "SocketTimeoutException"):
        assert part in said
    for part in ("Payment <n> timed out", "/var/log/orders.log", "  at Gateway.charge(Gateway.java:91)"):
        assert part in said
    assert "a.B.c" not in said


@every_shape
def test_the_same_alert_gives_the_same_bytes(name: str) -> None:
    assert SHAPES[name].one(alert(), TELLING) == SHAPES[name].one(alert(), TELLING)


@pytest.mark.parametrize("name", ["json", "slack", "teams"])
def test_an_update_and_an_end_are_told_as_such(name: str) -> None:
    later = END + timedelta(minutes=4)
    assert "Now 7 times as many" in all_text(shaped(name, alert("update", told=2.0)))
    over = shaped(name, alert("resolved", at=later, total_errors=323, total_warnings=73, total_lines=10_904))
    assert "Resolved after 4 minutes: 323 errors in orders" in all_text(over)


@every_shape
def test_secrets_are_masked_unless_they_are_wanted(name: str) -> None:
    leaky = alert(app="password=hunter21", causes=[cause(template="token=abcdef123456", sample="x\napi_key=hunter22")])
    said = all_text(shaped(name, leaky))
    assert "hunter2" not in said
    assert "abcdef123456" not in said
    assert "api_key=hunter22" in all_text(shaped(name, leaky, mask_secrets=False))


HOSTILE = (
    "<!channel> <@U024BE7LH> <https://evil.example|click>",
    "a` `b ``` *bold* _it_ ~s~",
    "[click](https://evil.example) **b**",
    "{{DATE(2020-01-01T00:00:00Z)}} {{{{x}}}} ${x}",
    '"},{"type":"section"',
    "a\x00b\x1b[31mc\x07\x9b\u2028d",
    "\u202egnp.exe\u2066\u200f",
    "\ud800lone",
    "&lt;!channel&gt; &amp;",
    "",
    " ",
)


@every_shape
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_log_becomes_anything_but_text(name: str, text: str) -> None:
    hostile = alert(
        app=text,
        rule=f"{text} > 1",
        id=text or "x",
        causes=[cause(template=text, sample=f"x\n{text}", uri=text, level=text)],
        labels={text: text},
        group={text: text},
        name=text,
        detail=text,
    )
    listed = {"state": "update", "told": 1.0}
    for shape in (shaped(name, hostile), several(name, [hostile, replace(hostile, id=f"{text}2", **listed)])):
        check_harmless(name, shape)


def check_harmless(name: str, shape: Any) -> None:
    bad = {char for said in texts(shape) for char in said if unicodedata.category(char) in {"Cc", "Cf", "Cs"}}
    assert bad <= {"\n"}
    if name == "slack":
        for said in texts(shape):
            assert "<" not in said
            assert said.count("```") in {0, 2}
            assert said.replace("```", "").count("`") % 2 == 0
    if name == "teams":
        assert {block["type"] for block in shape["attachments"][0]["content"]["body"]} == {"RichTextBlock"}
        assert all("{{" not in said for said in texts(shape))


@every_shape
@pytest.mark.parametrize("filling", ["<&>\"'", "日本語", "🚒", "\x00\u202e", "word ", "`", "{{"])
def test_it_is_never_longer_than_its_target_takes(name: str, filling: str) -> None:
    long = filling * 1000
    causes = [cause(template=long, sample=f"{long[:900]}\n" * 60, uri=long, level=long) for _ in range(40)]
    labels = {f"{n}{long[:300]}": long[:300] for n in range(25)}
    link = "https://x/" + "y" * 1800
    huge = alert(app=long, rule=long, id=long[:300], causes=causes, labels=labels, group=labels, runbook=link)
    body = SHAPES[name].one(huge, TELLING)
    assert len(body) <= LIMITS[name] <= BODY_LIMIT
    assert json.loads(body)
    wide = replace(huge, causes=causes[:1], labels={"a": long}, group={"host": long})
    many = SHAPES[name].several([replace(wide, id=f"{n}{long[:300]}") for n in range(60)], TELLING)
    assert len(many) <= LIMITS[name]
    assert json.loads(many)


@every_shape
@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40), st.text(max_size=60), st.floats())
def test_any_text_and_number_at_all_gives_json(name: str, app: str, sample: str, value: float) -> None:
    odd = alert("update", app=app, value=value, told=3.0, causes=[cause(sample=sample, template=app)])
    assert shaped(name, odd)
    assert several(name, [odd, replace(odd, id="b")])


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://x|y>", "https://x y", 'https://x"', "https://<x>", "ftp://x.example"]
)
@every_shape
def test_a_runbook_that_is_no_link_is_left_out(name: str, link: str) -> None:
    assert link not in all_text(shaped(name, alert(runbook=link)))
    good = "https://wiki.example.com/a?b=c&d"
    assert good in all_text(shaped(name, alert(runbook=good)))


def test_the_plain_object_has_all_that_is_known() -> None:
    made = shaped(
        "json",
        alert(
            told=2.0,
            total_errors=323,
            total_warnings=73,
            total_lines=10_904,
            causes=[cause(new=True)],
            labels={"team": "shop"},
            group={"app": "orders", "host": "web-3"},
            severity="critical",
            name="too many errors",
        ),
    )
    assert (made["name"], made["group"]) == ("too many errors", {"app": "orders", "host": "web-3"})
    assert made["version"] == 1
    assert made["event"] == event_key(alert())
    assert (made["state"], made["severity"], made["labels"]) == ("open", "critical", {"team": "shop"})
    assert made["opened"] == "2026-01-05T10:41:20.000Z"
    assert made["window"] == {"start": "2026-01-05T10:40:50.000Z", "end": "2026-01-05T10:41:20.000Z"}
    assert (made["value"], made["told"]) == (14.0, 2.0)
    assert made["counts"] == {"errors": 14, "warnings": 3, "lines": 1204}
    assert made["totals"] == {"errors": 323, "warnings": 73, "lines": 10_904}
    assert made["causes"] == [
        {
            "fingerprint": "f1",
            "level": "ERROR",
            "count": 9,
            "first": "2026-01-05T10:41:02.000Z",
            "last": "2026-01-05T10:41:20.000Z",
            "template": "Payment <n> timed out",
            "exception": "SocketTimeoutException",
            "new": True,
            "file": "/var/log/orders.log",
            "line": 18342,
            "sample": "Payment 881204 timed out\n  at Gateway.charge(Gateway.java:91)",
        }
    ]


def test_what_is_not_known_is_null_and_what_is_left_out_is_counted() -> None:
    made = shaped("json", alert(value=float("nan"), causes=[cause() for _ in range(14)]))
    assert made["told"] is made["totals"] is made["value"] is None
    assert (len(made["causes"]), made["causes_left_out"]) == (10, 4)


@pytest.mark.parametrize(
    ("made", "severity"),
    [
        (alert(), "error"),
        (alert(causes=[cause(), cause(level="FATAL")]), "critical"),
        (alert(errors=0, causes=[cause(level="WARN")]), "warning"),
        (alert(errors=0, causes=[]), "warning"),
    ],
)
def test_a_rule_without_a_severity_has_that_of_its_levels(made: Alert, severity: str) -> None:
    assert shaped("json", made)["severity"] == shaped("pagerduty", made)["payload"]["severity"] == severity


def test_slack_is_kept_within_its_limits_for_each_block() -> None:
    long = "<&>" * 2000
    causes = [cause(template=long, sample=f"{long}\n" * 40, uri=long)] * 10
    made = shaped("slack", alert(app=long, rule=long, causes=causes))
    assert len(made["blocks"]) <= 50
    for block in made["blocks"]:
        if block["type"] == "header":
            assert 1 <= len(block["text"]["text"]) <= 150
        elif "text" in block:
            assert 1 <= len(block["text"]["text"]) <= 3000
        for part in block.get("fields", []):
            assert 1 <= len(part["text"]) <= 2000
        assert len(block.get("fields", [])) <= 10


def test_slack_entities_are_never_cut_in_two() -> None:
    for limit in range(20, 60):
        written = slack.escaped("<&>" * 30, limit)
        assert len(written) <= limit
        assert written.endswith(("&lt;…", "&gt;…", "&amp;…"))


def test_slack_reads_nothing_into_a_text_by_itself() -> None:
    made = shaped("slack")
    markup = [text for block in made["blocks"] for text in (block.get("text"), *block.get("fields", [])) if text]
    assert all(text["verbatim"] for text in markup if text["type"] == "mrkdwn")
    assert made["text"] == "Alert: 14 errors in orders within 30 seconds"


def test_teams_is_a_card_in_a_message() -> None:
    made = shaped("teams", alert(runbook="https://wiki.example.com/"))
    card = made["attachments"][0]["content"]
    assert made["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Runbook", "url": "https://wiki.example.com/"}]


@pytest.mark.parametrize(
    ("state", "action"),
    [("open", "trigger"), ("update", "trigger"), ("acknowledged", "acknowledge"), ("resolved", "resolve")],
)
def test_pagerduty_is_told_what_to_do_with_the_incident(state: str, action: str) -> None:
    made = shaped("pagerduty", alert(state))
    assert (made["event_action"], made["dedup_key"], made["routing_key"]) == (action, "tailrace-a1", KEY.reveal())
    assert ("payload" in made) == (action == "trigger")


def test_pagerduty_has_a_summary_and_a_key_within_its_limits() -> None:
    made = shaped("pagerduty", alert(app="x" * 5000, id="y" * 5000))
    assert len(made["payload"]["summary"]) <= 1024
    assert len(made["dedup_key"]) <= 255
    assert made["dedup_key"] != shaped("pagerduty", alert(id="y" * 5001))["dedup_key"]


def test_pagerduty_without_a_routing_key_is_told() -> None:
    with pytest.raises(TailraceError, match="needs a routing key"):
        shaped("pagerduty", routing_key=Secret(""))


def test_alertmanager_knows_an_alert_by_the_same_labels_from_opening_to_end() -> None:
    states = [alert(), alert("update", errors=900, causes=[cause(level="FATAL")]), alert("resolved", errors=0)]
    with_labels = [replace(each, labels={"team": "shop"}, group={"host": "web-3"}) for each in states]
    labels = [shaped("alertmanager", made)[0]["labels"] for made in with_labels]
    assert labels == [{"alertname": "errors > 10 in 30s", "app": "orders", "team": "shop", "host": "web-3"}] * 3


def test_alertmanager_keeps_an_open_alert_for_the_lease_and_ends_one_that_is_over() -> None:
    (going_on,) = shaped("alertmanager", lease=timedelta(hours=1))
    assert (going_on["startsAt"], going_on["endsAt"]) == ("2026-01-05T10:41:20.000Z", "2026-01-05T11:41:21.000Z")
    (over,) = shaped("alertmanager", alert("resolved", at=END + timedelta(milliseconds=500)))
    assert (over["startsAt"], over["endsAt"]) == ("2026-01-05T10:41:20.000Z", "2026-01-05T10:41:20.500Z")


def test_alertmanager_is_not_misled_by_logs_whose_clock_is_ahead() -> None:
    ahead = END + timedelta(hours=2)
    for state in ("open", "resolved"):
        (made,) = shaped("alertmanager", alert(state, opened=ahead, at=ahead))
        assert made["startsAt"] <= made["endsAt"]
        assert made["startsAt"] <= "2026-01-05T10:41:21.000Z"
    assert made["endsAt"] == "2026-01-05T10:41:21.000Z"


def test_alertmanager_takes_labels_by_names_it_knows_and_none_of_its_own_are_replaced() -> None:
    given = {"team-name": "shop", "1st": "x", "app": "evil", "__x": "y", "empty": ""}
    (made,) = shaped("alertmanager", alert(labels=given, severity="warning"))
    assert made["labels"] == {
        "team_name": "shop",
        "_1st": "x",
        "x": "y",
        "app": "orders",
        "alertname": "errors > 10 in 30s",
        "severity": "warning",
    }


def test_a_command_is_told_in_variables() -> None:
    made = variables(alert("resolved", at=END + timedelta(seconds=90), value=1234.5), TELLING)
    assert all(name.startswith("TAILRACE_") for name in made)
    assert made["TAILRACE_APP"] == "orders"
    assert made["TAILRACE_STATE"] == "resolved"
    assert made["TAILRACE_VALUE"] == "1234.5"
    assert made["TAILRACE_SECONDS"] == "90"
    assert made["TAILRACE_CAUSE"] == "Payment <n> timed out"
    assert made["TAILRACE_EVENT"] == event_key(alert("resolved"))


@pytest.mark.parametrize("text", HOSTILE)
def test_variables_are_clean_lines(text: str) -> None:
    made = variables(alert(app=text, rule=text, id=text, causes=[cause(template=text)]), TELLING)
    assert not {char for said in made.values() for char in said if unicodedata.category(char) in {"Cc", "Cf", "Cs"}}


def test_variables_of_an_alert_without_causes_are_all_there() -> None:
    assert variables(alert(causes=[]), TELLING)["TAILRACE_CAUSE"] == ""


@every_shape
def test_several_alerts_are_told_as_one_by_their_last_events(name: str) -> None:
    made = [alert(), alert("resolved", id="b", app="billing", errors=3), alert("update", told=7.0)]
    said = all_text(several(name, made))
    assert said.count("billing") >= 1
    for part in ("14 errors", "2 times as many"):
        assert part in said


def test_a_digest_says_how_many_there_are_and_names_the_heaviest() -> None:
    made = several("json", [alert(id=f"a{n}", errors=n) for n in range(1000)])
    assert made["digest"] is True
    assert made["count"] == len(made["alerts"]) + made["alerts_left_out"] == 1000
    assert made["alerts"][0]["id"] == "a999"


def test_an_incident_at_pagerduty_stands_for_all_digests_and_ends_when_all_is_over() -> None:
    going_on = several("pagerduty", [alert(), alert("resolved", id="b")])
    over = several("pagerduty", [alert("resolved"), alert("resolved", id="b")])
    assert (going_on["event_action"], over["event_action"]) == ("trigger", "resolve")
    assert going_on["dedup_key"] == over["dedup_key"]


def test_a_digest_at_alertmanager_is_over_when_all_of_it_is() -> None:
    (over,) = several("alertmanager", [alert("resolved"), alert("resolved", id="b")])
    assert over["endsAt"] == over["startsAt"]
