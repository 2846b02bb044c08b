"""Incidents open once in a stretch of trouble, grow, and are resolved after quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.incidents import Case, Crossing, Event, Stage, close, cross, quiet, quiet_of

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
WINDOW = timedelta(seconds=30)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def crossing(start: float, value: float = 11) -> Crossing:
    return Crossing(
        "app", "errors > 10 in 30s", at(start), at(start) + WINDOW, at(start + 20), value, 100, int(value), 0
    )


def run(*crossings: Crossing, now: float = 0) -> tuple[Case, list[Event]]:
    case, events = Case(), []
    for each in crossings:
        case, more = cross(case, each, at(now))
        events += more
    return case, events


def stages(events: list[Event]) -> list[str]:
    return [event.stage.value for event in events]


def test_a_crossing_opens_an_incident_at_its_last_record():
    case, (event,) = run(crossing(0))
    assert (event.stage, event.at, event.incident.opened) == (Stage.OPEN, at(20), at(20))
    assert case.open == event.incident


def test_overlapping_windows_are_one_incident():
    assert stages(run(*(crossing(5 * n) for n in range(20)))[1]) == ["open"]


def test_twice_the_value_that_was_told_is_an_update():
    _, events = run(crossing(0, 11), crossing(5, 21), crossing(10, 22), crossing(15, 40), crossing(20, 44))
    assert stages(events) == ["open", "update", "update"]
    assert [event.incident.peak.value for event in events] == [11, 22, 44]


def test_an_incident_is_told_by_its_greatest_window():
    case, _ = run(crossing(0, 15), crossing(5, 12))
    assert case.open is not None
    assert case.open.peak.window_start == at(0)


def test_quiet_in_the_logs_own_time_resolves_and_opens_anew():
    _, events = run(crossing(0), crossing(30 + 61))
    assert stages(events) == ["open", "resolved", "open"]
    assert events[1].at == at(30)
    assert events[1].incident.id != events[2].incident.id


def test_trouble_that_was_earlier_by_more_than_the_quiet_is_another_incident():
    _, events = run(crossing(3600), crossing(0))
    assert stages(events) == ["open", "resolved", "open"]


def test_trouble_just_before_is_the_same_incident():
    case, events = run(crossing(100), crossing(20))
    assert stages(events) == ["open"]
    assert case.open is not None
    assert (case.open.since, case.open.until) == (at(20), at(130))


def test_a_window_of_a_resolved_stretch_that_changes_again_is_not_told_again():
    case, _ = run(crossing(0), crossing(10))
    case, _ = close(case)
    assert cross(case, crossing(5, 50), at(300)) == (case, [])


def test_a_window_that_goes_on_after_a_resolved_stretch_opens_anew():
    case, _ = run(crossing(0))
    case, _ = close(case)
    assert stages(cross(case, crossing(5), at(300))[1]) == ["open"]


def test_quiet_by_the_time_of_day_is_the_window_and_at_least_a_minute():
    case, _ = run(crossing(0), now=1000)
    assert quiet({"key": case}, at(1059)) == []
    assert quiet({"key": case}, at(1060)) == ["key"]
    assert quiet_of(timedelta(minutes=5)) == timedelta(minutes=5)


def test_nothing_is_quiet_that_is_not_open():
    assert quiet({"key": Case()}, at(10_000)) == []
    with pytest.raises(ValueError, match="nothing is open"):
        close(Case())


def test_the_same_records_give_the_same_names():
    assert run(crossing(0))[1][0].incident.id == run(crossing(0, 99), now=77)[1][0].incident.id
    assert run(crossing(0))[1][0].incident.id != run(crossing(5))[1][0].incident.id


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("cross"), st.integers(0, 600), st.floats(-50, 5000)),
            st.tuples(st.just("wait"), st.integers(0, 90), st.just(0.0)),
        ),
        max_size=60,
    )
)
def test_between_two_opens_stands_a_resolve_and_before_a_resolve_an_open(moves):
    case, events, now = Case(), [], 0
    for what, number, value in moves:
        if what == "cross":
            case, more = cross(case, crossing(number, value), at(now))
            events += more
            continue
        now += number
        for _ in quiet({"key": case}, at(now)):
            case, event = close(case)
            events.append(event)
    current = None
    for event in events:
        assert (event.stage is Stage.OPEN) == (current is None)
        assert current in (None, event.incident.id)
        current = None if event.stage is Stage.RESOLVED else event.incident.id
    assert (case.open.id if case.open else None) == current
    assert len(case.past) <= 16


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=40, unique=True), st.randoms(use_true_random=False))
def test_every_crossing_is_within_a_stretch_that_was_told(starts, random):
    random.shuffle(starts)
    case, told = Case(), []
    for start in starts:
        case, events = cross(case, crossing(start), at(0))
        told += [event.incident for event in events if event.stage is Stage.OPEN]
        known = [*case.past, *([case.open] if case.open else [])]
        assert len(case.past) == 16 or any(each.since <= at(start) and at(start + 30) <= each.until for each in known)
    assert told
