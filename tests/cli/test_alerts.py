"""The alerts command."""

import json
from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def incidents(database: Any, records: Any) -> Any:
    """One open incident of orders, one past of billing, and one past of orders, the newest last."""
    noon = records.noon

    def event(name: str, state: str, minutes: int, app: str, errors: int = 12, **more: Any) -> Any:
        return records.alert(name, state, at=noon + timedelta(minutes=minutes), app=app, errors=errors, **more)

    database.append(
        "shop.alerts",
        [
            event("b100", "open", 0, "billing", sample="gateway\x1b[31m down\n\tat Pool.java:3"),
            event("b100", "resolved", 2, "billing", 30),
            event("a200", "open", 0, "orders"),
            event("a200", "update", 3, "orders", 40),
            event("a300", "open", 0, "orders"),
            event("a300", "resolved", 1, "orders"),
        ],
    )
    return database


def test_open_alerts_come_before_past_ones(tailrace: Any, incidents: Any) -> None:
    done = tailrace("alerts", "--db", incidents.path)
    assert (done.code, done.err) == (0, "")
    heads = [line.split()[:2] for line in done.out.splitlines() if not line.startswith(" ")]
    assert heads == [["OPEN", "orders"], ["resolved", "billing"], ["resolved", "orders"], ["1", "open,"]]


def test_an_alert_tells_when_what_how_much_and_why(tailrace: Any, incidents: Any) -> None:
    lines = tailrace("alerts", "--db", incidents.path).out.splitlines()
    assert lines[:6] == [
        "OPEN      orders  errors > 10 in 30s came to 40  a200",
        "          since 2026-01-05 12:00:00 UTC, 3m so far: 40 errors, 1 warning, 1,234 lines",
        "          40x ERROR boom at <n>",
        "resolved  billing  errors > 10 in 30s came to 30  b100",
        "          2026-01-05 12:00:00 UTC for 2m: 30 errors, 1 warning, 1,234 lines",
        "          12x ERROR boom at <n>",
    ]
    assert lines[-1] == "1 open, 2 past"


@pytest.mark.parametrize("state", ["open", "resolved"])
def test_the_newest_come_first(tailrace: Any, database: Any, records: Any, state: str) -> None:
    hours = {name: records.noon + timedelta(hours=hour) for name, hour in (("a", 1), ("b", 3), ("c", 2))}
    database.append("shop.alerts", [records.alert(name, state, at=at, opened=at) for name, at in hours.items()])
    lines = tailrace("alerts", "--json", "--db", database.path).out.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [(["--open"], {"a200"}), (["--app", "orders"], {"a200", "a300"}), (["--all"], {"a200", "a300", "b100"})],
)
def test_what_is_shown_may_be_chosen(tailrace: Any, incidents: Any, arguments: list[str], names: set[str]) -> None:
    found = [
        json.loads(line) for line in tailrace("alerts", *arguments, "--json", "--db", incidents.path).out.splitlines()
    ]
    assert {each["id"] for each in found} == names


def test_many_past_alerts_are_cut_short_unless_all_are_wanted(tailrace: Any, database: Any, records: Any) -> None:
    database.append("shop.alerts", [records.alert(f"{number:04}", "resolved") for number in range(15)])
    brief, whole = tailrace("alerts", "--db", database.path), tailrace("alerts", "--all", "--db", database.path)
    assert brief.out.endswith("0 open, 15 past; 5 not shown\n")
    assert whole.out.endswith("0 open, 15 past\n")


def test_without_alerts_it_says_so(tailrace: Any, database: Any) -> None:
    assert tailrace("alerts", "--db", database.path).out == "no alerts\n"


def test_json_tells_of_the_last_state_and_the_causes(tailrace: Any, incidents: Any) -> None:
    lines = tailrace("alerts", "--json", "--db", incidents.path).out.splitlines()
    found = {each["id"]: each for each in map(json.loads, lines)}
    assert (found["a200"]["state"], found["a200"]["resolved"], found["a200"]["errors"]) == ("open", None, 40)
    assert found["b100"]["resolved"] == "2026-01-05T12:02:00Z"
    assert found["b100"]["causes"][0]["template"] == "boom at <n>"


def test_one_alert_is_shown_with_its_events_and_samples(tailrace: Any, incidents: Any) -> None:
    done = tailrace("alerts", "show", "b1", "--db", incidents.path)
    assert (done.code, done.err) == (0, "")
    assert "the rule: more than 10 errors within 30 seconds" in done.out
    assert "the worst window: 2026-01-05 11:59:35 to 12:00:05 UTC" in done.out
    assert "  2026-01-05 12:00:00  open      12 errors" in done.out
    assert "  2026-01-05 12:02:00  resolved  30 errors" in done.out
    assert "12x ERROR  2026-01-05 12:00:00 to 12:00:00  /var/log/orders.log:3\n" in done.out
    assert "    gateway\\x1b[31m down\n    \\tat Pool.java:3\n" in done.out


def test_a_long_sample_is_cut_short(tailrace: Any, database: Any, records: Any) -> None:
    database.append("shop.alerts", [records.alert("c400", sample="\n".join(map(str, range(30))))])
    assert tailrace("alerts", "show", "c400", "--db", database.path).out.endswith("    11\n    and 18 lines more\n")


def test_an_alert_without_known_causes_says_so(tailrace: Any, database: Any, records: Any) -> None:
    database.append("shop.alerts", [records.alert("d500", "resolved")])
    assert tailrace("alerts", "show", "d500", "--db", database.path).out.endswith("  none is known\n")


def test_the_database_may_be_named_before_or_after_show(tailrace: Any, incidents: Any) -> None:
    before = tailrace("alerts", "--db", incidents.path, "show", "a200", "--json")
    after = tailrace("alerts", "show", "a200", "--json", "--db", incidents.path)
    assert before.out == after.out
    assert [event["state"] for event in json.loads(after.out)["events"]] == ["open", "update"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "zzz"], "there is no alert 'zzz'"),
        (["show", "a"], "several alerts begin with 'a'"),
        (["--all", "--open"], "--all and --open contradict each other"),
        (["--app", "ordres"], "did you mean 'orders'?"),
    ],
)
def test_what_is_asked_wrongly_is_told(tailrace: Any, incidents: Any, arguments: list[str], said: str) -> None:
    done = tailrace("alerts", *arguments, "--db", incidents.path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
