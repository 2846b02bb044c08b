"""When timers are due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tailrace.model.errors import TailraceError
from tailrace.model.ports import Outlet
from tailrace.model.settings import Setting
from tailrace.model.streamlet import Streamlet, timer
from tailrace.runtime.timers import Timers


@pytest.fixture
def started(rt: Any) -> Any:
    class Ticking(Streamlet):
        out = Outlet(rt.Number)
        every = Setting(timedelta, default="5s")

        @timer("1s")
        def second(self) -> None: ...

        @timer("every")
        def fifth(self) -> None: ...

    def start(*, at_once: bool = False, **settings: Any) -> Timers:
        timers = Timers(Ticking.spec.timers)
        timers.start(Ticking(settings), rt.NOON, at_once=at_once)
        return timers

    return start


def test_a_timer_is_due_after_its_period(started: Any, rt: Any) -> None:
    timers = started()

    assert timers.due(rt.NOON + timedelta(seconds=0.9)) == []
    assert timers.due(rt.NOON + timedelta(seconds=1)) == ["second"]


def test_a_timers_period_may_be_a_setting(started: Any, rt: Any) -> None:
    timers = started(every=timedelta(seconds=1))

    assert timers.due(rt.NOON + timedelta(seconds=1)) == ["second", "fifth"]


def test_timers_may_be_due_at_once(started: Any, rt: Any) -> None:
    assert started(at_once=True).due(rt.NOON) == ["second", "fifth"]


def test_a_timer_that_rang_is_due_a_period_later(started: Any, rt: Any) -> None:
    timers = started(at_once=True)
    timers.rang("second", rt.NOON)

    assert timers.due(rt.NOON + timedelta(seconds=0.5)) == ["fifth"]
    assert timers.due(rt.NOON + timedelta(seconds=1)) == ["second", "fifth"]


def test_a_timer_that_did_not_ring_stays_due(started: Any, rt: Any) -> None:
    timers = started(at_once=True)
    timers.due(rt.NOON)

    assert timers.next == rt.NOON


def test_a_clock_that_was_set_back_puts_a_timer_off_by_one_period_at_most(started: Any, rt: Any) -> None:
    timers = started()
    yesterday = rt.NOON - timedelta(days=1)
    timers.due(yesterday)

    assert timers.due(yesterday + timedelta(seconds=1)) == ["second"]


def test_a_period_of_nothing_is_refused(started: Any) -> None:
    with pytest.raises(TailraceError, match="cannot be called every 'every'"):
        started(every=timedelta())
