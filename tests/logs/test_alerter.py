"""The alerter tells each stretch of trouble once, with its causes, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.alerter import Alerter
from tailrace.logs.records import Alert, AlertCause, Cause, Command, Crossing, Stats
from tailrace.model.errors import TailraceError
from tailrace.testkit.faults import Crashed
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
RULE = "errors > 10 in 30s"


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def crossing(start: float, value: float, *, app: str = "app", rule: str = RULE, **more: Any) -> Crossing:
    """A window of 30 seconds that meets the rule, with something written in its last second."""
    span = at(start), at(start + 30), at(start + 29)
    made = Crossing(rule, RULE, app, {"app": app}, *span, float(value), 100 + int(value), int(value), 0)
    return replace(made, **more)


def cause(
    start: float, n: int, name: str = "boom", *, app: str = "app", level: str = "ERROR", new: bool = False
) -> Cause:
    span, text = (at(start + 1), at(start + 4)), f"{name} happened"
    return Cause(at(start), at(start + 5), app, name, n, name, level, text, "/a.log", 1, *span, new=new)


def pane(start: float, errors: int, *, app: str = "app", warnings: int = 0, last: float = 9) -> Stats:
    counts = 100 + errors, errors, warnings
    return Stats(at(start), at(start + 10), app, *counts, last=at(start + last), final=False)


@pytest.fixture
def kit() -> Iterator[StreamletKit]:
    with StreamletKit(Alerter, now=NOON) as kit:
        yield kit


def told(kit: StreamletKit) -> list[tuple[str, str]]:
    return [(alert.app, alert.state) for alert in kit.read("alerts")]


def test_a_crossing_opens_with_its_counts_and_causes(kit):
    kit.send("causes", [cause(0, 12), cause(5, 3, "slow", level="WARN")])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    (alert,) = kit.read("alerts")
    assert (alert.app, alert.rule, alert.name, alert.state, alert.value) == ("app", RULE, "", "open", 12)
    assert (alert.lines, alert.errors, alert.warnings) == (112, 12, 0)
    assert (alert.window_start, alert.window_end, alert.at) == (at(0), at(30), at(29))
    assert [(each.template, each.n) for each in alert.causes] == [("boom", 12), ("slow", 3)]


def jump(kit: StreamletKit, seconds: float, times: int = 1) -> None:
    """Let time pass in jumps, as where a worker is late: timers go once after each."""
    for _ in range(times):
        kit.now += timedelta(seconds=seconds)
        kit.run()


def events(kit: StreamletKit) -> list[str]:
    return [alert.state for alert in kit.read("alerts")]


def reasons(kit: StreamletKit, outcome: str) -> list[str]:
    return [each.reason for each in kit.read("decisions") if each.outcome == outcome]


def command(do: str, name: str = "c1", **more: Any) -> Command:
    return Command(name, NOON, do, "ann", **({"reason": "deploy"} | more))


def open_one(kit: StreamletKit, value: float = 12, **more: Any) -> str:
    """An incident that has been told; its id."""
    kit.send("causes", [cause(0, int(value))])
    kit.send("crossings", [crossing(0, value, **more)])
    kit.run()
    return kit.read("alerts")[-1].id


# -- life -----------------------------------------------------------------------------------------------------------


def test_further_windows_of_the_same_trouble_tell_nothing_and_say_why_once(kit):
    open_one(kit)
    for start in range(5, 60, 5):
        kit.send("crossings", [crossing(start, 15)])
        kit.run()
    assert events(kit) == ["open"]
    assert reasons(kit, "held") == [
        "not told: 15 errors are less than twice the 12 that it opened with; told last at 12:00:00"
    ]


def test_the_same_reason_is_recorded_again_after_one_two_and_four_minutes(kit):
    open_one(kit)
    for second in range(5, 900, 5):
        kit.send("crossings", [crossing(second, 15)])
        jump(kit, 5)
    at_minutes = [(each.at - NOON).seconds // 60 for each in kit.read("decisions") if each.outcome == "held"]
    assert at_minutes == [0, 1, 3, 7]


def test_growth_is_told_with_what_was_told_before(kit):
    open_one(kit)
    kit.send("causes", [cause(5, 18)])
    kit.send("crossings", [crossing(0, 30)])
    kit.run()
    opened, update = kit.read("alerts")
    assert (opened.told, opened.sequence) == (None, 0)
    assert (update.state, update.value, update.told, update.sequence) == ("update", 30, 12, 1)
    assert reasons(kit, "told")[-1] == "told: 30 errors in 30s, at least twice as bad as 12 errors when it opened"


def test_quiet_by_the_time_of_day_is_told(kit):
    open_one(kit)
    kit.advance("59s")
    assert events(kit) == ["open"]
    kit.advance("2s")
    assert events(kit) == ["open", "resolved"]


def test_quiet_in_the_logs_time_is_told_in_fast_replay(kit):
    kit.send("causes", [cause(0, 12), cause(600, 12)])
    kit.send("crossings", [crossing(0, 12), crossing(600, 12)])
    kit.run()
    assert events(kit) == ["open", "resolved", "open"]


def test_what_goes_on_is_told_again_after_the_cooldown(kit):
    open_one(kit, cooldown=60.0)
    for second in range(10, 200, 10):
        kit.advance("10s")
        kit.send("crossings", [crossing(second, 13, cooldown=60.0)])
    kit.run()
    repeats = [alert for alert in kit.read("alerts") if alert.state == "repeat"]
    assert [(each.window_start, each.value) for each in repeats] == [(at(50), 13), (at(170), 13)]


def test_each_group_of_a_rule_has_incidents_of_its_own(kit):
    groups = [{"app": "app", "host": host} for host in "ab"]
    kit.send("causes", [cause(0, 30)])
    for rule in ("one", "two"):
        kit.send("crossings", [replace(crossing(0, 30, rule=rule), group=group) for group in groups])
    kit.run()
    assert {(each.name, each.group["host"]) for each in kit.read("alerts")} == {
        (rule, host) for rule in ("one", "two") for host in "ab"
    }


def test_a_rule_over_everything_is_told_with_the_messages_of_all_apps(kit):
    kit.send("causes", [cause(0, 5, app="a"), cause(0, 8, "slow", app="b")])
    kit.send("crossings", [crossing(0, 13, app="", group={})])
    kit.run()
    (alert,) = kit.read("alerts")
    assert [(each.app, each.template, each.n) for each in alert.causes] == [("b", "slow", 8), ("a", "boom", 5)]


def test_what_the_rule_says_of_itself_is_passed_on(kit):
    said = {"severity": "critical", "labels": {"team": "pay"}, "runbook": "https://x/y", "detail": "was 3"}
    open_one(kit, rule="too many", **said)
    (alert,) = kit.read("alerts")
    assert (alert.name, alert.rule, alert.group) == ("too many", RULE, {"app": "app"})
    assert {name: getattr(alert, name) for name in said} == said


def test_thousands_of_incidents_are_told_each_once(kit):
    apps = [f"app{n}" for n in range(500)]
    kit.send("causes", [cause(0, 12, app=app) for app in apps])
    for start in (0, 5, 10):
        kit.send("crossings", [crossing(start, 12, app=app) for app in apps])
    kit.run()
    assert sorted(told(kit)) == sorted((app, "open") for app in apps)


# -- what explains it -----------------------------------------------------------------------------------------------


def test_causes_that_come_late_are_waited_for(kit):
    kit.send("crossings", [crossing(0, 12)])
    kit.advance("1s")
    assert told(kit) == []
    assert kit.streamlet("streamlet").pending()
    kit.send("causes", [cause(0, 12)])
    kit.run()
    assert [len(alert.causes) for alert in kit.read("alerts")] == [1]


def test_an_alert_is_told_after_three_seconds_where_messages_are_known_that_do_not_explain_it(kit):
    kit.send("causes", [cause(0, 5), cause(25, 1)])
    kit.send("crossings", [crossing(0, 12)])
    kit.advance("2s")
    assert told(kit) == []
    kit.advance("1s")
    assert [alert.causes[0].n for alert in kit.read("alerts")] == [6]


def test_messages_that_lag_behind_are_waited_for_fifteen_seconds(kit):
    kit.send("causes", [cause(-60, 5)])
    kit.send("crossings", [crossing(0, 12)])
    kit.advance("14s")
    assert told(kit) == []
    kit.send("causes", [cause(0, 5), cause(25, 7)])
    kit.run()
    assert [alert.causes[0].n for alert in kit.read("alerts")] == [12]


def test_an_alert_of_which_no_messages_come_is_told_after_fifteen_seconds(kit):
    kit.send("crossings", [crossing(0, 12)])
    kit.advance("14s")
    assert told(kit) == []
    kit.advance("1s")
    assert [alert.causes for alert in kit.read("alerts")] == [[]]
    assert not kit.streamlet("streamlet").pending()


def test_causes_that_a_crossing_brings_are_told_at_once(kit):
    own = AlertCause("f", "new message", "INFO", 1, at(1), at(1), "new message", "/a.log", 3)
    kit.send("crossings", [crossing(0, 12, causes=[own])])
    kit.run()
    assert [each.template for each in kit.read("alerts")[0].causes] == ["new message"]


def test_counts_that_come_late_are_waited_for_where_there_are_any(kit):
    kit.send("stats", [pane(-600, 0)])
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.advance("1s")
    assert told(kit) == []
    kit.send("stats", [pane(0, 12), pane(20, 0)])
    kit.run()
    (alert,) = kit.read("alerts")
    assert [(each.time, each.errors) for each in alert.history][-3:] == [(at(0), 12), (at(10), 0), (at(20), 0)]


def test_totals_count_each_line_once_however_many_windows_hold_it(kit):
    kit.send("causes", [cause(start, 20) for start in range(0, 60, 10)])
    for start in range(0, 60, 10):
        kit.send("stats", [pane(start, 20, warnings=1)])
        kit.send("crossings", [crossing(start - 20, 20), crossing(start - 10, 40), crossing(start, 20)])
        kit.run()
    kit.advance("2m")
    alert = kit.read("alerts")[-1]
    assert (alert.state, alert.total_errors, alert.total_warnings, alert.total_lines) == ("resolved", 120, 6, 720)


def test_windows_that_overlap_are_no_panes(kit):
    hopping = [Stats(at(start), at(start + 30), "app", 100, 5, 0, at(start + 9), False) for start in range(-25, 30, 5)]
    kit.send("stats", hopping)
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12, last=at(5))])
    kit.run()
    assert kit.read("alerts")[0].total_lines == 112  # of the crossing: the one pane has 100


def test_a_rule_that_goes_by_more_than_the_app_has_no_totals(kit):
    kit.send("stats", [pane(20, 12)])
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12, group={"app": "app", "host": "a"})])
    kit.run()
    assert [each.total_lines for each in kit.read("alerts")] == [0]


def test_a_rule_that_looks_at_a_part_of_the_lines_has_no_totals(kit):
    kit.send("stats", [pane(20, 12)])
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12, whole=False)])
    kit.run()
    assert [each.total_lines for each in kit.read("alerts")] == [0]


def test_a_message_stays_new_as_long_as_the_incident_goes_on(kit):
    kit.send("stats", [pane(-3600, 0)])
    kit.run()
    kit.send("causes", [cause(0, 12, new=True)])
    kit.send("stats", [pane(20, 12), pane(60, 30)])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    kit.send("causes", [cause(45, 30)])
    kit.send("crossings", [crossing(40, 30)])
    kit.run()
    assert [(each.state, each.causes[0].new) for each in kit.read("alerts")] == [("open", True), ("update", True)]


def test_a_message_that_never_came_before_is_marked(kit):
    kit.send("stats", [pane(-3600, 0)])
    kit.send("causes", [cause(-1800, 1, "old", new=True)])
    kit.run()
    kit.send("causes", [cause(0, 8, "fresh", new=True), cause(0, 4, "old")])
    kit.send("stats", [pane(20, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    kit.restart()
    kit.send("causes", [cause(5, 18, "old")])
    kit.send("crossings", [crossing(0, 30)])
    kit.run()
    assert [{each.template: each.new for each in alert.causes} for alert in kit.read("alerts")] == [
        {"fresh": True, "old": False}
    ] * 2


# -- what people ask for --------------------------------------------------------------------------------------------


def test_who_acknowledges_hears_no_more_but_of_the_end(kit):
    name = open_one(kit, cooldown=10.0)
    kit.send("commands", [command("acknowledge", incident=name)])
    kit.run()
    for second in range(5, 60, 5):
        kit.send("crossings", [crossing(second, 30, cooldown=10.0)])
        kit.advance("5s")
    kit.advance("2m")
    assert events(kit) == ["open", "resolved"]
    assert reasons(kit, "held") == [
        "acknowledged by ann (deploy)",
        "not told: acknowledged by ann at 12:00:00 (deploy); told when it is 10 times as bad as then",
    ]


def test_what_is_resolved_by_hand_says_by_whom(kit):
    name = open_one(kit)
    kit.send("commands", [command("resolve", incident=name)])
    kit.run()
    assert events(kit) == ["open", "resolved"]
    assert reasons(kit, "told")[-1] == "told: resolved by ann (deploy)"


def test_what_is_asked_of_an_incident_that_is_not_open_is_recorded(kit):
    kit.send("commands", [command("resolve", incident="none")])
    kit.run()
    assert reasons(kit, "held") == ["ann asked to resolve it, but no such incident is open"]


def test_what_is_silenced_is_told_when_the_silence_ends_if_it_is_open_still(kit):
    kit.send("commands", [command("silence", app="app", until=at(40))])
    kit.run()
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.advance("39s")
    assert events(kit) == []
    kit.advance("2s")
    assert events(kit) == ["open"]
    assert reasons(kit, "muted") == [
        "not told: app: 12 errors in 30s (errors > 10 in 30s); silenced by ann until 12:00:40 (deploy)"
    ]


def test_what_is_silenced_all_its_life_is_told_to_nobody(kit):
    kit.send("commands", [command("silence", app="app", until=at(4000))])
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.advance("2m")
    assert events(kit) == []
    assert "nobody had been told that it opened: silenced by ann" in reasons(kit, "held")[-1]


def test_who_heard_of_the_beginning_hears_of_the_end_in_spite_of_a_silence(kit):
    open_one(kit)
    kit.send("commands", [command("silence", app="app", until=at(4000))])
    kit.send("causes", [cause(5, 18)])
    kit.send("crossings", [crossing(0, 30)])
    kit.advance("2m")
    assert events(kit) == ["open", "resolved"]


def test_a_silence_can_be_ended_before_its_time(kit):
    kit.send("commands", [command("silence", app="app", until=at(4000))])
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    kit.send("commands", [command("unsilence", "c2", incident="c1")])
    kit.run()
    assert events(kit) == ["open"]


def test_another_error_breaks_a_silence_by_pattern(kit):
    kit.send("commands", [command("silence", pattern="boom", until=at(4000))])
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    assert events(kit) == []
    kit.send("causes", [cause(5, 1, "out of memory")])
    kit.send("crossings", [crossing(0, 13)])
    kit.run()
    assert events(kit) == ["open"]


def test_a_silence_with_a_faulty_pattern_is_passed_over_with_a_warning(kit, caplog):
    kit.send("commands", [command("silence", pattern="(", until=at(4000))])
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    assert events(kit) == ["open"]
    assert "the command c1 of ann was not done: the pattern '('" in caplog.text


def test_a_critical_incident_mutes_the_warnings_of_its_app_until_it_is_resolved(kit):
    warning = {"rule": "slow", "severity": "warning", "quiet": 1000.0}
    kit.send("causes", [cause(0, 12), cause(0, 12, app="other")])
    kit.send("crossings", [crossing(0, 12, severity="critical", rule="down"), crossing(0, 12, **warning)])
    kit.send("crossings", [crossing(0, 12, app="other", **warning)])
    kit.run()
    assert [(each.app, each.name) for each in kit.read("alerts")] == [("app", "down"), ("other", "slow")]
    kit.advance("61s")
    assert [(each.name, each.state) for each in kit.read("alerts")][2:] == [("down", "resolved"), ("slow", "open")]
    assert "muted by the open alert" in reasons(kit, "muted")[0]


def test_a_warning_that_becomes_an_error_is_muted_no_longer(kit):
    kit.send("causes", [cause(0, 12, "slow", level="WARN")])
    slow = crossing(0, 12, rule="slow", errors=0, warnings=12)
    kit.send("crossings", [crossing(0, 0, severity="critical", rule="down"), slow])
    kit.run()
    assert [each.name for each in kit.read("alerts")] == ["down"]
    kit.send("causes", [cause(5, 3)])
    kit.send("crossings", [replace(slow, errors=3)])
    kit.run()
    assert [each.name for each in kit.read("alerts")] == ["down", "slow"]


def test_inhibition_can_be_turned_off():
    kit = StreamletKit(Alerter, {"inhibit": []}, now=NOON)
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12, severity="critical", rule="down")])
    kit.send("crossings", [crossing(0, 12, severity="warning", rule="slow")])
    kit.run()
    assert len(kit.read("alerts")) == 2


def test_what_is_no_inhibition_is_refused():
    with pytest.raises(TailraceError, match="does not say who mutes whom"):
        StreamletKit(Alerter, {"inhibit": ["severity=critical"]})


def test_what_flaps_is_told_once_in_a_cooldown(kit):
    more = {"cooldown": 600.0, "quiet": 30.0}
    for start in range(0, 600, 100):
        kit.send("causes", [cause(start, 12)])
        kit.send("crossings", [crossing(start, 12, **more)])
        kit.advance("100s")
    assert events(kit) == ["open", "resolved"]
    kit.send("causes", [cause(620, 12)])
    kit.send("crossings", [crossing(620, 12, **more)])
    kit.run()
    assert events(kit) == ["open", "resolved", "open"]
    assert reasons(kit, "told")[-1].endswith("since it was told last it had come and gone 5 times")


# -- whatever happens -----------------------------------------------------------------------------------------------


def test_a_failed_commit_is_made_good(kit):
    kit.log.fail_commit(OSError("disk"), streamlet="streamlet", times=2)
    kit.send("causes", [cause(0, 12)])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    assert told(kit) == [("app", "open")]


def test_the_state_does_not_grow_with_time(kit):
    for start in range(0, 10_000, 100):
        kit.send("causes", [cause(start, 12)])
        kit.send("stats", [pane(start, 12)])
        kit.send("crossings", [crossing(start, 12)])
        jump(kit, 100)
    state = kit.streamlet("streamlet").seat.state
    assert len(state) < 200
    assert sum(map(len, state.values())) < 150_000


MOVES: list[list[Any]] = [
    [crossing(0, 12, cooldown=20.0)],
    [cause(0, 12)],
    [crossing(5, 30, cooldown=20.0), cause(5, 18), cause(30, 1), pane(0, 12), pane(30, 0)],
    [crossing(6, 30, cooldown=20.0), pane(10, 18)],
    [crossing(7, 30, cooldown=20.0)],
    [crossing(8, 30, cooldown=20.0), pane(40, 0)],
    [crossing(9, 30, cooldown=20.0)],
    [command("acknowledge", "a", incident="ID")],
    [crossing(10, 31, cooldown=20.0)],
    [command("silence", "s", app="other", until=at(90))],
    [crossing(200, 15, cooldown=20.0), cause(200, 15)],
    [crossing(205, 16, app="other"), cause(205, 16, app="other")],
    [command("resolve", "r", incident="ID")],
    [crossing(240, 16, app="other")],
    [command("unsilence", "u", incident="s")],
]
TOPICS = ((Cause, "causes"), (Stats, "stats"), (Command, "commands"), (Crossing, "crossings"))


def make(kit: StreamletKit, move: list[Any]) -> None:
    """Send a move's records; a command about `ID` is about the incident that was told last."""
    latest = next((alert.id for alert in reversed(kit.read("alerts"))), "none")
    for kind, topic in TOPICS:
        records = [each for each in move if isinstance(each, kind)]
        named = [replace(each, incident=latest) if getattr(each, "incident", "") == "ID" else each for each in records]
        if named:
            kit.send(topic, named)


def play(kit: StreamletKit, restarts: frozenset[int] = frozenset()) -> list[Alert]:
    for place, move in enumerate(MOVES):
        if place in restarts:
            kit.crash()
        make(kit, move)
        jump(kit, 3.5, times=2)
    jump(kit, 10, times=30)
    return kit.read("alerts")


UNDISTURBED = play(StreamletKit(Alerter, now=NOON))


def test_the_undisturbed_run_has_every_kind_of_event():
    assert {alert.state for alert in UNDISTURBED} == {"open", "update", "repeat", "resolved"}
    assert len(UNDISTURBED) > 6


@given(skip=st.integers(0, 30), after=st.booleans())
@settings(max_examples=15, deadline=None)
def test_a_crash_at_any_commit_changes_no_alert(skip, after):
    kit = StreamletKit(Alerter, now=NOON)
    kit.log.crash_at_commit(streamlet="streamlet", skip=skip, after=after)
    assert play(kit) == UNDISTURBED


@given(st.frozensets(st.sampled_from(range(len(MOVES))), max_size=6))
@settings(max_examples=6, deadline=None)
def test_a_restart_between_any_moves_changes_no_alert(restarts):
    assert play(StreamletKit(Alerter, now=NOON), restarts) == UNDISTURBED


ANY_MOVE = st.one_of(
    st.builds(
        lambda start, value, rule, severity, cooldown: [
            crossing(start, value, rule=rule, severity=severity, cooldown=cooldown), cause(start, value)
        ],
        st.integers(0, 400), st.integers(1, 500), st.sampled_from(["one", "two"]),
        st.sampled_from(["", "warning", "critical"]), st.sampled_from([0.0, 15.0, 200.0]),
    ),
    st.builds(lambda start, n: [pane(10 * start, n)], st.integers(0, 40), st.integers(0, 50)),
    st.builds(lambda do, n: [command(do, f"c{n}", incident="ID", until=at(n * 20))],
              st.sampled_from(["acknowledge", "resolve"]), st.integers(0, 20)),
    st.builds(lambda do, n: [command(do, f"s{n}", incident=f"s{n}", app="app", until=at(n * 20))],
              st.sampled_from(["silence", "unsilence"]), st.integers(0, 20)),
    st.builds(lambda seconds: seconds, st.integers(1, 90)),
    st.sampled_from(["crash", "die"]),
)  # fmt: skip


@given(st.lists(ANY_MOVE, max_size=30))
@settings(max_examples=40, deadline=None)
def test_whatever_happens_opens_and_resolves_take_turns_and_nothing_is_lost_or_told_twice(moves):
    kit = StreamletKit(Alerter, now=NOON)
    for move in moves:
        match move:
            case int():
                jump(kit, move / 4, times=4)
            case "crash":
                kit.crash()
            case "die":
                kit.log.crash_at_commit(streamlet="streamlet")
            case list():
                make(kit, move)
                kit.run()
    jump(kit, 30, times=20)
    assert not [error for _, error in kit.errors if not isinstance(error, Crashed)]
    stories: dict[str, list[Alert]] = {}
    for alert in kit.read("alerts"):
        stories.setdefault(alert.name, []).append(alert)
    for story in stories.values():
        current = None
        for alert in story:
            assert (alert.state == "open") == (current is None)
            assert current in (None, alert.id)
            current = None if alert.state == "resolved" else alert.id
        assert current is None  # after so long a quiet
        for name in {alert.id for alert in story}:
            assert [each.sequence for each in story if each.id == name] == list(
                range(sum(each.id == name for each in story))
            )
    crossed = {each.rule for each in kit.read("crossings")}
    reasoned = {name for name in crossed if any(f"({name})" in each.reason for each in kit.read("decisions"))}
    assert stories.keys() <= reasoned
    assert reasoned == crossed  # of each it was told that it opened, or why not
