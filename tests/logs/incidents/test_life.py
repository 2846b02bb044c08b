"""Incidents open once in a stretch of trouble, are told as they grow, and end after quiet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.incidents.case import Case, End, Mute, dump_case, load_case
from tailrace.logs.incidents.life import (
    Event,
    acknowledge,
    cross,
    drop,
    end,
    is_quiet,
    mute,
    next_event,
    next_look,
    tell,
    wake,
)
from tailrace.logs.records import Crossing, Stage

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
Make = Callable[..., Crossing]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def settle(case: Case, now: float) -> tuple[Case, list[Event]]:
    """Tell all there is to tell by a second after noon; everything is explained."""
    events: list[Event] = []
    if case.open is not None and is_quiet(case.open, at(now)):
        case = end(case, End(at(now)))
    while (event := next_event(case, at(now), lambda _: True)) is not None:
        events.append(event)
        case = tell(case, event, at(now))
    return case, events


def run(*crossings: Crossing, now: float = 0, case: Case | None = None) -> tuple[Case, list[Event]]:
    """The case after these crossings, each told of before the next."""
    case, events = case or Case(), []
    for each in crossings:
        case, more = settle(cross(case, each, at(now)), now)
        events += more
    return case, events


def stages(events: list[Event]) -> list[str]:
    return [event.stage for event in events]


def test_a_crossing_opens_an_incident_at_its_last_record(crossing):
    case, (event,) = run(crossing(0))
    assert (event.stage, event.at, event.incident.opened) == (Stage.OPEN, at(20), at(20))
    assert case.open is not None
    assert case.open.told == 11


@pytest.mark.parametrize(("last", "opened"), [(-500, 0), (20, 20), (900, 30)])
def test_an_incident_opens_within_its_window_whenever_something_was_written(crossing, last, opened):
    _, (event,) = run(crossing(0, last=at(last)))
    assert event.at == at(opened)


def test_overlapping_windows_are_one_incident(crossing):
    assert stages(run(*(crossing(5 * n) for n in range(20)))[1]) == ["open"]


def test_growth_is_told_at_2_5_10_20_50_and_100_times_what_it_opened_with(crossing):
    _, events = run(*(crossing(0, value) for value in range(10, 1001)))
    assert stages(events) == ["open", *["update"] * 6]
    assert [event.crossing.value for event in events] == [10, 20, 50, 100, 200, 500, 1000]


def test_growth_over_several_steps_at_once_is_told_once(crossing):
    _, events = run(crossing(0, 11), crossing(5, 700), crossing(10, 1000))
    assert stages(events) == ["open", "update"]


def test_values_that_fall_grow_as_they_approach_nothing(crossing):
    rule = "lines < 100 in 30s"
    _, events = run(*(crossing(0, value, rule, falls=True) for value in (80, 90, 41, 40, 16, 15, 0, 0)))
    assert [event.crossing.value for event in events] == [80, 40, 16, 0]


def test_an_incident_is_told_by_its_worst_window(crossing):
    case, _ = run(crossing(0, 15), crossing(5, 12))
    assert case.open is not None
    assert (case.open.peak.window_start, case.open.latest.window_start) == (at(0), at(5))


def test_what_was_withheld_is_told_as_it_stands_when_it_can_be(crossing):
    case = cross(cross(Case(), crossing(0, 12), at(0)), crossing(5, 60), at(1))
    assert next_event(case, at(2), lambda _: False) is None
    event = next_event(case, at(3), lambda _: False)
    assert event is not None
    assert (event.stage, event.crossing.value, event.at) == (Stage.OPEN, 60, at(20))
    assert stages(run(crossing(10, 70), case=tell(case, event, at(3)), now=3)[1]) == []


def test_quiet_in_the_logs_own_time_resolves_and_opens_anew(crossing):
    _, events = run(crossing(0), crossing(30 + 61))
    assert stages(events) == ["open", "resolved", "open"]
    assert events[1].at == at(30)
    assert events[1].incident.id != events[2].incident.id


def test_trouble_that_was_earlier_by_more_than_the_quiet_is_another_incident(crossing):
    _, events = run(crossing(3600), crossing(0))
    assert stages(events) == ["open", "resolved", "open"]


def test_trouble_just_before_is_the_same_incident(crossing):
    case, events = run(crossing(100), crossing(20))
    assert stages(events) == ["open"]
    assert case.open is not None
    assert (case.open.since, case.open.until) == (at(20), at(130))


def test_stretches_that_went_by_before_anything_was_told_are_told_one_after_the_other(crossing):
    case = Case()
    for start in (0, 200, 400):
        case = cross(case, crossing(start), at(0))
    assert next_event(case, at(1), lambda _: False) is None
    case, events = settle(case, 3)
    assert stages(events) == ["open", "resolved", "open", "resolved", "open"]


def test_a_window_of_a_resolved_stretch_that_changes_again_is_not_told_again(crossing):
    case, _ = run(crossing(0), crossing(10))
    case = end(case, End(at(200)))
    case, _ = settle(case, 200)
    assert cross(case, crossing(5, 50), at(300)) is case


def test_a_window_that_goes_on_after_a_resolved_stretch_opens_anew(crossing):
    case, _ = run(crossing(0))
    case, _ = settle(case, 300)
    assert stages(run(crossing(5), case=case, now=300)[1]) == ["open"]


def test_quiet_by_the_time_of_day_is_what_the_crossing_says(crossing):
    case, _ = run(crossing(0, quiet=90.0), now=1000)
    assert stages(settle(case, 1089)[1]) == []
    assert stages(settle(case, 1090)[1]) == ["resolved"]


def test_nothing_can_be_ended_or_acknowledged_that_is_not_open():
    with pytest.raises(ValueError, match="nothing is open"):
        end(Case(), End(NOON))
    with pytest.raises(ValueError, match="nothing is open"):
        acknowledge(Case(), "ann", "", NOON)


def test_what_goes_on_is_told_again_after_the_cooldown_then_after_twice_that(crossing):
    case, told = run(crossing(0, cooldown=100.0))
    for now in range(10, 1000, 10):
        case, events = run(crossing(now, cooldown=100.0), case=case, now=now)
        told += [replace(event, at=at(now)) for event in events]
    assert [(event.stage, (event.at - NOON).seconds) for event in told[1:]] == [
        ("repeat", 100),
        ("repeat", 300),
        ("repeat", 700),
    ]


def test_the_pause_before_a_repeat_is_a_day_at_most(crossing):
    case, _ = run(crossing(0, cooldown=80_000.0, quiet=1e6))
    repeats = []
    for hour in range(1, 100):
        case, events = run(crossing(hour * 3600, cooldown=80_000.0, quiet=1e6), case=case, now=hour * 3600)
        repeats += [hour for _ in events]
    assert repeats == [23, 47, 71, 95]


def test_nothing_is_told_again_that_nothing_was_added_to(crossing):
    case, _ = run(crossing(0, cooldown=10.0))
    assert stages(settle(case, 50)[1]) == []


def test_without_a_cooldown_nothing_is_told_again(crossing):
    case, _ = run(crossing(0))
    assert stages(run(*(crossing(n) for n in range(5, 500, 5)), case=case, now=40)[1]) == []


def test_who_acknowledges_hears_no_repeats_and_no_growth_below_ten_times(crossing):
    case, _ = run(crossing(0, 20, cooldown=10.0))
    case = acknowledge(case, "ann", "", at(1))
    case, events = run(crossing(5, 199, cooldown=10.0), case=case, now=40)
    assert stages(events) == []
    case, events = run(crossing(10, 200, cooldown=10.0), case=case, now=50)
    assert stages(events) == ["update"]
    assert stages(run(crossing(15, 200, cooldown=10.0), case=case, now=61)[1]) == ["repeat"]


def test_who_acknowledges_hears_of_the_end(crossing):
    case, _ = run(crossing(0))
    assert stages(settle(acknowledge(case, "ann", "", at(1)), 60)[1]) == ["resolved"]


def test_what_is_muted_is_told_when_that_ends(crossing):
    case = cross(Case(), crossing(0), at(0))
    event = next_event(case, at(0), lambda _: True)
    assert event is not None
    case = mute(case, event, Mute("silence", "s", "silenced"))
    assert stages(settle(case, 10)[1]) == []
    assert stages(settle(wake(case), 10)[1]) == ["open"]


def test_what_was_muted_all_its_life_is_never_told(crossing):
    case = end(cross(Case(), crossing(0), at(0)), End(at(60)))
    event = next_event(case, at(60), lambda _: True)
    assert event is not None
    case = mute(case, event, Mute("silence", "s", "silenced"))
    assert (case.ended, case.untold) == ([], 1)


def test_what_opens_again_within_the_cooldown_is_told_when_it_is_over(crossing):
    case, _ = run(crossing(0, cooldown=1800.0))
    case, events = settle(case, 60)
    assert stages(events) == ["resolved"]
    case, events = run(crossing(300, cooldown=1800.0, quiet=1e6), case=case, now=300)
    assert stages(events) == []
    assert stages(settle(case, 1799)[1]) == []
    assert stages(settle(case, 1800)[1]) == ["open"]


def test_what_opens_and_ends_within_the_cooldown_is_dropped_and_counted(crossing):
    case, _ = run(crossing(0, cooldown=1800.0))
    case, _ = run(crossing(300, cooldown=1800.0), case=settle(case, 60)[0], now=300)
    case = drop(end(case, End(at(360))))
    case, events = run(crossing(2000, cooldown=1800.0), case=case, now=2000)
    assert stages(events) == ["open"]
    assert events[0].incident.again == 1


@pytest.mark.parametrize("hours", [range(5), range(5, 0, -1)])
def test_past_trouble_that_lies_far_apart_is_all_told_however_fast_it_is_read(crossing, hours):
    _, events = run(*(crossing(hour * 3600, cooldown=1800.0) for hour in hours))
    assert stages(events).count("open") == 5


def test_what_was_resolved_by_hand_opens_anew_only_by_windows_that_begin_later(crossing):
    case, _ = run(crossing(0, cooldown=1800.0))
    case, events = settle(end(case, End(at(40), "ann")), 40)
    assert stages(events) == ["resolved"]
    assert stages(run(crossing(25, cooldown=1800.0), case=case, now=45)[1]) == []
    assert stages(run(crossing(35, cooldown=1800.0), case=case, now=45)[1]) == ["open"]


def test_the_same_records_give_the_same_names(crossing):
    def name(*crossings: Crossing, now: float = 0) -> str:
        return run(*crossings, now=now)[1][0].incident.id

    assert name(crossing(0)) == name(crossing(0, 99), now=77)
    others = [
        crossing(5),
        crossing(0, rule="errors > 20 in 30s"),
        crossing(0, group={"app": "app", "host": "a"}),
        crossing(0, window_end=at(60)),
    ]
    assert len({name(crossing(0)), *map(name, others)}) == 5


def test_time_alone_changes_nothing_before_the_next_look(crossing):
    case, _ = run(crossing(0, cooldown=10.0))
    assert next_look(case) == at(60)
    case, _ = run(crossing(5, cooldown=10.0), case=case, now=4)
    assert next_look(case) == at(10)
    assert next_look(Case()) is None


def test_a_case_is_the_same_after_it_was_saved(crossing):
    case, _ = run(crossing(0), crossing(200, labels={"team": "a"}))
    case = acknowledge(case, "ann", "why", at(3))
    assert load_case(dump_case(case)) == case


MOVES = st.one_of(
    st.tuples(st.just("cross"), st.integers(0, 600), st.floats(-50, 5000)),
    st.tuples(st.sampled_from(["wait", "acknowledge", "resolve", "mute", "wake"]), st.integers(0, 90), st.just(0.0)),
)


@given(st.lists(MOVES, max_size=60), st.sampled_from([0.0, 20.0, 300.0]), st.booleans())
def test_whatever_happens_opens_and_resolves_take_turns(crossing, moves, cooldown, explained):
    case, now, told, muted = Case(), 0.0, [], False

    def settle_all() -> None:
        nonlocal case
        if case.open is not None and is_quiet(case.open, at(now)):
            case = end(case, End(at(now)))
        while (event := next_event(case, at(now), lambda _: explained)) is not None:
            if muted and event.stage is not Stage.RESOLVED:
                case = mute(case, event, Mute("silence", "s", ""))
            else:
                case = tell(case, event, at(now))
                told.append(event)
        case = load_case(dump_case(case))

    for what, number, value in moves:
        now += 0 if what == "cross" else number
        match what:
            case "cross":
                case = cross(case, crossing(number, value, cooldown=cooldown), at(now))
            case "acknowledge" if case.open is not None:
                case = acknowledge(case, "ann", "", at(now))
            case "resolve" if case.open is not None:
                case = end(case, End(at(now), "ann"))
            case "mute":
                muted = True
            case "wake":
                muted = False
                case = wake(case)
        settle_all()
    current = None
    for event in told:
        assert (event.stage is Stage.OPEN) == (current is None)
        assert current in (None, event.incident.id)
        current = None if event.stage is Stage.RESOLVED else event.incident.id
    openings = [event.incident.id for event in told if event.stage is Stage.OPEN]
    assert len(openings) == len(set(openings))
    assert len(case.past) <= 16


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=40, unique=True), st.randoms(use_true_random=False))
def test_every_crossing_is_within_a_stretch_that_was_told(crossing, starts, random):
    random.shuffle(starts)
    case, told = Case(), []
    for start in starts:
        case, events = run(crossing(start), case=case)
        told += [event for event in events if event.stage is Stage.OPEN]
        known = [*case.past, *([case.open] if case.open else [])]
        assert len(case.past) == 16 or any(each.since <= at(start) and at(start + 30) <= each.until for each in known)
    assert told
