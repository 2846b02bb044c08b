"""The alerter tells each stretch of trouble once, with its causes, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.blueprint.importing import load_class, load_record
from tailrace.blueprint.verify import Refused, verify_text
from tailrace.logs.alerter import Alerter
from tailrace.logs.packaged import watch_blueprint
from tailrace.logs.records import Alert, Cause, Stats
from tailrace.testkit.kit import StreamletKit
from tailrace.window.streamlet import compile_aggregate

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
RULES = {"rules": ["errors > 10 in 30s"]}


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def stats(start: int, errors: int, *, app: str = "app", window: int = 30, warnings: int = 0) -> Stats:
    counts = 100 + errors, errors, warnings
    return Stats(at(start), at(start + window), app, *counts, last=at(start + window - 1), final=False)


def cause(start: int, n: int, name: str = "boom", *, app: str = "app", level: str = "ERROR") -> Cause:
    first, last = at(start + 1), at(start + 4)
    return Cause(
        at(start), at(start + 5), app, name, n, name, level, f"{name} happened", "/a.log", 1, first, last, False
    )


@pytest.fixture
def kit() -> Iterator[StreamletKit]:
    with StreamletKit(Alerter, RULES, now=NOON) as kit:
        yield kit


def told(kit: StreamletKit) -> list[tuple[str, str]]:
    return [(alert.app, alert.state) for alert in kit.read("alerts")]


def test_a_window_over_the_threshold_opens_with_its_counts_and_causes(kit):
    kit.send("causes", [cause(0, 12), cause(5, 3, "slow", level="WARN")])
    kit.send("stats", [stats(0, 12, warnings=3)])
    kit.run()
    (alert,) = kit.read("alerts")
    assert (alert.app, alert.rule, alert.state, alert.value) == ("app", "errors > 10 in 30s", "open", 12)
    assert (alert.lines, alert.errors, alert.warnings) == (112, 12, 3)
    assert (alert.window_start, alert.window_end, alert.at) == (at(0), at(30), at(29))
    assert [(each.template, each.n) for each in alert.causes] == [("boom", 12), ("slow", 3)]


def test_a_window_under_the_threshold_opens_nothing(kit):
    kit.send("stats", [stats(0, 10)])
    kit.advance("10s")
    assert told(kit) == []


def test_further_windows_of_the_same_trouble_tell_nothing(kit):
    kit.send("causes", [cause(0, 12)])
    for start in range(0, 30, 5):
        kit.send("stats", [stats(start, 12)])
        kit.run()
    assert told(kit) == [("app", "open")]


def test_growth_is_told(kit):
    kit.send("causes", [cause(0, 30)])
    kit.send("stats", [stats(0, 12)])
    kit.run()
    kit.send("stats", [stats(0, 30)])
    kit.run()
    assert told(kit) == [("app", "open"), ("app", "update")]


def test_quiet_by_the_time_of_day_is_told(kit):
    kit.send("causes", [cause(0, 12)])
    kit.send("stats", [stats(0, 12)])
    kit.advance("59s")
    assert told(kit) == [("app", "open")]
    kit.advance("2s")
    assert told(kit) == [("app", "open"), ("app", "resolved")]


def test_quiet_in_the_logs_time_is_told_in_fast_replay(kit):
    kit.send("causes", [cause(0, 12), cause(600, 12)])
    kit.send("stats", [stats(0, 12), stats(600, 12)])
    kit.run()
    assert [state for _, state in told(kit)] == ["open", "resolved", "open"]


def test_causes_that_come_late_are_waited_for(kit):
    kit.send("stats", [stats(0, 12)])
    kit.advance("1s")
    assert told(kit) == []
    assert kit.streamlet("streamlet").pending()
    kit.send("causes", [cause(0, 12)])
    kit.run()
    assert [len(alert.causes) for alert in kit.read("alerts")] == [1]


def test_an_alert_is_told_without_causes_after_three_seconds(kit):
    kit.send("stats", [stats(0, 12)])
    kit.advance("3s")
    assert [alert.causes for alert in kit.read("alerts")] == [[]]
    assert not kit.streamlet("streamlet").pending()


def test_causes_that_come_long_before_are_remembered(kit):
    kit.send("causes", [cause(start, 12) for start in range(0, 3600, 5)])
    kit.run()
    kit.send("stats", [stats(start, 72) for start in range(0, 300, 5)])
    kit.run()
    (alert,) = kit.read("alerts")
    assert [each.n for each in alert.causes] == [72]


def test_what_waits_is_told_as_it_stands_by_then(kit):
    kit.send("stats", [stats(0, 12)])
    kit.run()
    kit.send("causes", [cause(0, 40)])
    kit.send("stats", [stats(0, 40)])
    kit.run()
    assert [(alert.state, alert.errors) for alert in kit.read("alerts")] == [("open", 40)]


def test_each_app_and_each_rule_has_incidents_of_its_own():
    kit = StreamletKit(Alerter, {"rules": ["errors > 10 in 30s", "errors > 20 in 1m"]}, now=NOON)
    kit.send("causes", [cause(0, 30, app=app) for app in ("a", "b")])
    kit.send("stats", [stats(0, 30, app=app, window=window) for app in ("a", "b") for window in (30, 60)])
    kit.run()
    opened = {(alert.app, alert.rule) for alert in kit.read("alerts") if alert.state == "open"}
    assert opened == {(app, rule) for app in "ab" for rule in ("errors > 10 in 30s", "errors > 20 in 1m")}


def test_hundreds_of_apps_are_told_each_once(kit):
    apps = [f"app{n}" for n in range(300)]
    kit.send("causes", [cause(0, 12, app=app) for app in apps])
    for start in (0, 5, 10):
        kit.send("stats", [stats(start, 12, app=app) for app in apps])
    kit.run()
    assert sorted(told(kit)) == sorted((app, "open") for app in apps)


MOVES: list[list[Stats | Cause]] = [
    [stats(0, 12)],
    [cause(0, 12)],
    [stats(5, 30), cause(5, 18)],
    [stats(200, 15)],
    [cause(200, 15)],
    [stats(205, 16, app="other"), cause(205, 16, app="other")],
]


def play(kit: StreamletKit) -> list[Alert]:
    for move in MOVES:
        for topic, kind in (("causes", Cause), ("stats", Stats)):
            records = [each for each in move if isinstance(each, kind)]
            if records:
                kit.send(topic, records)
        kit.advance("1s")
    kit.advance("2m")
    return kit.read("alerts")


UNDISTURBED = play(StreamletKit(Alerter, RULES, now=NOON))


def test_the_undisturbed_run_has_every_kind_of_event():
    states = [alert.state for alert in UNDISTURBED]
    assert states == ["open", "update", "resolved", "open", "open", "resolved", "resolved"]


@given(skip=st.integers(0, 12), after=st.booleans())
@settings(max_examples=26, deadline=None)
def test_a_crash_at_any_commit_changes_no_alert(skip, after):
    kit = StreamletKit(Alerter, RULES, now=NOON)
    kit.log.crash_at_commit(streamlet="streamlet", skip=skip, after=after)
    assert play(kit) == UNDISTURBED


@given(st.lists(st.sampled_from(range(len(MOVES))), max_size=4))
@settings(max_examples=10, deadline=None)
def test_a_restart_between_any_moves_changes_no_alert(restarts):
    kit = StreamletKit(Alerter, RULES, now=NOON)
    for place, move in enumerate(MOVES):
        if place in restarts:
            kit.restart()
        for topic, kind in (("causes", Cause), ("stats", Stats)):
            records = [each for each in move if isinstance(each, kind)]
            if records:
                kit.send(topic, records)
        kit.advance("1s")
    kit.advance("2m")
    assert kit.read("alerts") == UNDISTURBED


def test_a_failed_commit_is_made_good(kit):
    kit.log.fail_commit(OSError("disk"), streamlet="streamlet", times=2)
    kit.send("causes", [cause(0, 12)])
    kit.send("stats", [stats(0, 12)])
    kit.run()
    assert told(kit) == [("app", "open")]


def test_the_state_does_not_grow_with_time(kit):
    for start in range(0, 1000, 5):
        kit.send("causes", [cause(start, 1)])
        kit.send("stats", [stats(start, 1)])
    kit.run()
    assert len(kit.streamlet("streamlet").seat.state) < 100


def problems(rules: list[str], window: str) -> list[str]:
    text = watch_blueprint(rules, {"source": {"paths": ["/tmp"]}}).replace("window: 30s", f"window: {window}")
    result = verify_text(
        text, "x.yaml", load=load_class, forms={"aggregate": compile_aggregate}, load_record=load_record
    )
    assert isinstance(result, Refused)
    return [f"{each.sentence}; {each.hint}" for each in result.problems if each.severity == "error"]


def test_a_rule_without_windows_of_its_length_is_a_problem_of_the_blueprint():
    (problem,) = problems(["errors > 10 in 30s"], "1m")
    assert "'errors > 10 in 30s' needs stats over windows of 30s, but come: 1m" in problem
    assert "add an aggregate with window: 30s" in problem


def test_a_rule_that_is_new_holds_from_then_on(kit):
    kit.send("causes", [cause(0, 5), cause(60, 5)])
    kit.send("stats", [stats(0, 5), stats(0, 5, window=10)])
    kit.run()
    settings = kit.plan.streamlet("streamlet").settings
    settings["rules"] = ["errors > 10 in 30s", "errors > 4 in 10s"]
    kit.restart()
    kit.send("stats", [stats(0, 5, window=10), stats(60, 5, window=10)])
    kit.run()
    assert [(alert.rule, alert.window_start) for alert in kit.read("alerts")] == [("errors > 4 in 10s", at(60))]
