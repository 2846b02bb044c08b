"""However alerts come: none is lost, an incident's events stay in order, and nobody is told more often than allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import alert, cause
from tailrace.logs.grouping.choosing import Choice, Held, Waiting, choose, due, halved, without
from tailrace.logs.grouping.events import fold, slimmed
from tailrace.logs.grouping.pace import HOUR, Pace, Policy
from tailrace.logs.records import Alert

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
USUAL = Policy(wait=SECOND, interval=MINUTE, cap=20)
EACH = Policy(wait=SECOND, interval=MINUTE, cap=20, each=True)


@dataclass
class Desk:
    """A receiver in small: takes alerts in, and notes what is delivered when."""

    policy: Policy
    now: datetime = NOON
    pace: Pace = field(default_factory=Pace)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    deliveries: list[tuple[datetime, Choice]] = field(default_factory=list)

    def take(self, one: Alert) -> None:
        entry = self.waiting.get(one.id, Waiting(one.id, self.now, ()))
        self.waiting[one.id] = Waiting(one.id, entry.since, fold(entry.events, one))
        self.pace = self.pace.met(self.now)

    def work(self) -> None:
        while (choice := choose(self.policy, self.pace, self.waiting, self.told, self.now)) is not None:
            self.deliveries.append((self.now, choice))
            for incident, entry in without(self.waiting, choice).items():
                del self.waiting[incident]
                if entry is not None:
                    self.waiting[incident] = entry
            if self.policy.each and not choice.digest:
                self.told |= {each.id for each in choice.alerts}
            if choice.counted:
                self.pace = self.pace.delivered(self.now)

    def wait(self, length: timedelta, step: timedelta = SECOND) -> None:
        end = self.now + length
        while self.now < end:
            self.now += step
            self.work()

    def drain(self) -> None:
        for _ in range(500):
            moment = due(self.policy, self.pace, self.waiting, self.now)
            if moment is None:
                return
            self.now = max(moment.at, self.now + SECOND)
            self.work()
        raise AssertionError("it never ends")

    @property
    def times(self) -> list[datetime]:
        return [moment for moment, choice in self.deliveries if choice.counted]

    @property
    def said(self) -> list[Alert]:
        return [each for _, choice in self.deliveries for each in choice.alerts]


LIVES = (
    ["open"],
    ["open", "update"],
    ["open", "resolved"],
    ["open", "update", "update", "repeat", "resolved"],
    ["open", "repeat", "update", "resolved"],
)
policies = st.builds(
    Policy,
    wait=st.sampled_from([timedelta(), SECOND, 10 * SECOND]),
    interval=st.sampled_from([timedelta(), MINUTE, 2 * HOUR]),
    cap=st.sampled_from([0, 1, 2, 5, 20]),
    each=st.booleans(),
    exhaust=st.just(False),
)


@st.composite
def days(draw: st.DrawFn) -> list[tuple[timedelta, Alert]]:
    """Incidents whose events come interleaved, with pauses before each."""
    lives = draw(st.lists(st.sampled_from(LIVES), min_size=1, max_size=12))
    queues = [[alert(f"i{n}", state) for state in life] for n, life in enumerate(lives)]
    events = []
    while any(queues):
        queue = draw(st.sampled_from([each for each in queues if each]))
        pause = draw(st.sampled_from([timedelta(), timedelta(), SECOND, MINUTE, HOUR / 2]))
        events.append((pause, queue.pop(0)))
    return events


@settings(max_examples=150, deadline=None)
@given(policies, days())
def test_no_alert_is_lost_and_the_events_of_an_incident_stay_in_order(
    policy: Policy, day: list[tuple[timedelta, Alert]]
) -> None:
    desk = lived(policy, day)
    came: dict[str, list[str]] = {}
    for _, one in day:
        came.setdefault(one.id, []).append(one.state)
    for incident, states in came.items():
        said = [each.state for each in desk.said if each.id == incident]
        assert said[0] == "open"
        assert said.count("open") == 1
        assert said.count("resolved") == states.count("resolved")
        assert "resolved" not in said[:-1]


@settings(max_examples=150, deadline=None)
@given(policies, days())
def test_the_cap_holds_in_every_hour(policy: Policy, day: list[tuple[timedelta, Alert]]) -> None:
    times = lived(policy, day).times
    for first, later in zip(times, times[policy.cap :], strict=False):
        assert not policy.cap or later - first >= HOUR


@settings(max_examples=100, deadline=None)
@given(policies, days())
def test_the_interval_is_kept_between_deliveries_and_the_wait_before_each(
    policy: Policy, day: list[tuple[timedelta, Alert]]
) -> None:
    desk = lived(policy, day)
    assert policy.each or all(b - a >= policy.interval for a, b in zip(desk.times, desk.times[1:], strict=False))


def lived(policy: Policy, day: list[tuple[timedelta, Alert]]) -> Desk:
    desk = Desk(policy)
    for pause, one in day:
        if pause:
            desk.wait(pause, step=max(pause / 4, SECOND))
        desk.take(one)
        desk.work()
    desk.drain()
    return desk


@pytest.mark.parametrize("policy", [USUAL, EACH])
def test_ten_thousand_alerts_in_a_minute_are_a_handful_of_deliveries(policy: Policy) -> None:
    desk = Desk(policy)
    for second in range(60):
        for number in range(167):
            desk.take(alert(f"{second}-{number}"))
        desk.wait(SECOND)
    desk.drain()
    assert len({each.id for each in desk.said}) == 60 * 167
    assert len(desk.deliveries) <= (21 if policy.each else 3)


def test_the_first_alert_goes_after_the_wait_and_the_next_after_the_interval() -> None:
    desk = Desk(USUAL)
    desk.take(alert("a"))
    desk.wait(10 * SECOND)
    desk.take(alert("b"))
    desk.wait(2 * MINUTE)
    assert desk.times == [NOON + SECOND, NOON + SECOND + MINUTE]


def test_what_the_cap_held_back_comes_as_one_digest_when_the_hour_allows_it() -> None:
    desk = Desk(Policy(wait=SECOND, interval=timedelta(), cap=2))
    for name in "abcde":
        desk.take(alert(name))
        desk.wait(10 * SECOND)
    desk.wait(HOUR)
    assert [(choice.digest, len(choice.alerts)) for _, choice in desk.deliveries] == [(False, 1), (False, 1), (True, 3)]
    assert desk.times[-1] == desk.times[0] + HOUR


def test_with_a_delivery_for_each_the_last_of_the_hour_takes_all_that_are_left() -> None:
    desk = Desk(Policy(wait=SECOND, interval=MINUTE, cap=3, each=True))
    for name in "abcdef":
        desk.take(alert(name))
    desk.wait(MINUTE)
    assert [[each.id for each in choice.alerts] for _, choice in desk.deliveries] == [["a"], ["b"], list("cdef")]
    assert [choice.digest for _, choice in desk.deliveries] == [False, False, True]


def test_the_end_of_what_was_told_by_itself_is_told_by_itself_whatever_the_cap() -> None:
    desk = Desk(Policy(wait=SECOND, interval=MINUTE, cap=2, each=True))
    for name in "abc":
        desk.take(alert(name))
    desk.wait(MINUTE)
    for name in "abc":
        desk.take(alert(name, "resolved"))
    desk.wait(MINUTE)
    assert [[each.id for each in choice.alerts] for _, choice in desk.deliveries] == [["a"], ["b", "c"], ["a"]]
    desk.drain()
    assert [each.id for each in desk.deliveries[-1][1].alerts] == ["b", "c"]


def test_a_digest_leaves_an_end_that_has_to_go_by_itself() -> None:
    desk = Desk(Policy(wait=SECOND, interval=MINUTE, cap=2, each=True))
    desk.take(alert("a"))
    desk.wait(2 * SECOND)
    for one in (alert("a", "update"), alert("b"), alert("a", "resolved")):
        desk.take(one)
    desk.wait(MINUTE)
    said = [[(each.id, each.state) for each in choice.alerts] for _, choice in desk.deliveries]
    assert said == [[("a", "open")], [("a", "resolved")], [("b", "open")]]


def test_when_no_more_will_come_all_goes_at_once_whatever_the_interval_and_the_cap() -> None:
    desk = Desk(Policy(wait=SECOND, interval=HOUR, cap=1, exhaust=True))
    for _ in range(5):
        desk.take(alert("a"))
        desk.wait(SECOND / 2, step=SECOND / 2)
    assert desk.deliveries == []
    desk.wait(SECOND)
    desk.take(alert("b"))
    desk.wait(2 * SECOND)
    assert len(desk.deliveries) == 2


def test_it_is_told_what_an_alert_waits_for() -> None:
    desk = Desk(Policy(wait=SECOND, interval=MINUTE, cap=1))
    desk.take(alert("a"))
    assert due_of(desk) == (NOON + SECOND, Held.WAIT)
    desk.wait(SECOND)
    desk.take(alert("b"))
    assert due_of(desk) == (NOON + SECOND + HOUR, Held.CAP)
    desk.policy = USUAL
    assert due_of(desk) == (NOON + SECOND + MINUTE, Held.INTERVAL)


def due_of(desk: Desk) -> tuple[datetime, Held]:
    moment = due(desk.policy, desk.pace, desk.waiting, desk.now)
    assert moment is not None
    return moment.at, moment.held


def test_a_clock_that_was_set_back_holds_nothing_up_for_longer_than_usual() -> None:
    desk = Desk(USUAL)
    for name in "ab":
        desk.take(alert(name))
        desk.wait(2 * SECOND)
    desk.now -= timedelta(days=1)
    desk.wait(2 * MINUTE)
    assert len(desk.said) == 2


def test_half_of_a_choice_is_its_first_incidents() -> None:
    desk = Desk(USUAL)
    for name in "abc":
        desk.take(alert(name))
    whole = choose(desk.policy, desk.pace, desk.waiting, (), desk.now + SECOND)
    assert whole is not None
    half = halved(whole, desk.waiting)
    assert half is not None
    assert [each.id for each in half.alerts] == ["a"]
    assert halved(half, desk.waiting) is None


def folded(*alerts: Alert) -> Sequence[Alert]:
    events: tuple[Alert, ...] = ()
    for each in alerts:
        events = fold(events, each)
    return events


def test_what_grows_before_it_was_told_opens_with_the_newest_figures() -> None:
    (opening,) = folded(alert(value=2, causes=[cause()]), alert(state="update", value=8, told=2.0))
    assert (opening.state, opening.value, opening.told, opening.causes) == ("open", 8, None, [cause()])


def test_updates_in_a_row_compare_with_what_was_told_before_the_first() -> None:
    (update,) = folded(alert(state="update", value=8, told=2.0), alert(state="repeat", value=16, told=8.0))
    assert (update.state, update.value, update.told) == ("update", 16, 2.0)


def test_an_end_takes_the_place_of_updates_but_not_of_the_opening() -> None:
    assert [each.state for each in folded(alert(state="update"), alert(state="resolved"))] == ["resolved"]
    assert [each.state for each in folded(alert(), alert(state="resolved"))] == ["open", "resolved"]


def test_one_of_very_many_keeps_its_figures_and_first_cause() -> None:
    causes = [cause(fingerprint=f"f{n}", sample="x" * 9000, before="b") for n in range(9)]
    slim = slimmed(alert(causes=causes))
    assert (len(slim.causes), len(slim.causes[0].sample), slim.causes[0].before) == (1, 300, "")
