"""Whole plans at work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tailrace.log.contract import Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError, Transient
from tailrace.model.ports import Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.streamlet import Streamlet, Volume, timer
from tailrace.runtime.application import Application, topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.lifecycle import WorkerState

COUNTED = """
app: t
streamlets: {count: {class: Count, settings: {upto: %d}}, pass: {class: Pass, replicas: %d}, sink: Sink}
topics:
  a: {producers: [count.out], consumers: [pass.in], partitions: %d}
  b: {producers: [pass.out], consumers: [sink.in]}
"""


@pytest.fixture
def count(rt: Any) -> type[Streamlet]:
    class Count(Streamlet):
        """Counts, ten numbers at a time, as fast as its timer goes; it is pending until it is done."""

        out = Outlet(rt.Number, key="n")
        upto = Setting(int)
        at = 0

        def pending(self) -> bool:
            return self.at < self.upto

        @timer("1ms")
        def give(self) -> Any:
            if self.pending():
                numbers = range(self.at, min(self.at + 10, self.upto))
                self.at += 10
                yield self.out([rt.Number(n=n) for n in numbers])

    return Count


# -- idleness -------------------------------------------------------------------------------------------------------


def test_idle_means_that_all_of_the_input_has_gone_all_the_way(rt: Any, log: MemoryLog, run: Any, count: Any) -> None:
    application = run(rt.plan(COUNTED % (500, 1, 1), count))

    assert application.wait_until_idle()
    assert rt.read(log, "t.b") == list(range(500))
    assert not [each for each in log.subscriptions() if each.lag]


def test_idleness_waits_for_a_step_that_takes_long(rt: Any, log: MemoryLog, run: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Pass(rt.Pass):
        def on_batch(self, inlet: Any) -> Any:
            begun.set()
            assert go_on.wait(10)
            yield self.out(inlet)

    plan = rt.plan(rt.PASS, Pass)
    application = run(plan)
    application.wait_until_idle()
    rt.append(log, plan, "a", 1)
    assert begun.wait(10)
    polls: list[bool] = []

    def poll() -> None:
        polls.append(True)
        if len(polls) == 5:
            go_on.set()

    assert application.wait_until_idle(0.001, poll)
    assert len(polls) >= 5
    assert rt.read(log, "t.b") == [1]


def test_idleness_waits_for_a_timer_at_work_that_was_at_rest_before(rt: Any, log: MemoryLog, run: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Ticking(Streamlet):
        """Quick at first, slow the second time."""

        out = Outlet(rt.Number)
        ticks = 0

        @timer("20ms")
        def tick(self) -> Any:
            self.ticks += 1
            if self.ticks == 2:
                begun.set()
                assert go_on.wait(10)
                yield self.out([rt.Number(n=2)])

    text = (
        "{app: t, streamlets: {tick: Ticking, sink: Sink}, topics: {a: {producers: [tick.out], consumers: [sink.in]}}}"
    )
    application = run(rt.plan(text, Ticking))
    assert begun.wait(10)
    polls: list[bool] = []

    def poll() -> None:
        polls.append(True)
        if len(polls) == 5:
            go_on.set()

    assert application.wait_until_idle(0.001, poll)
    assert rt.read(log, "t.a") == [2]


def test_idleness_waits_for_what_is_held_back(rt: Any, log: MemoryLog, run: Any) -> None:
    class Holding(Streamlet):
        """Gives a number out half a second after it came."""

        inlet = Inlet(rt.Number, name="in")
        out = Outlet(rt.Number)
        held = None

        def pending(self) -> bool:
            return self.held is not None

        def on_batch(self, inlet: Any) -> None:
            self.held, self.since = list(inlet.records()), self.context.now

        @timer("10ms")
        def give(self) -> Any:
            if self.held and self.context.now - self.since > timedelta(seconds=0.2):
                held, self.held = self.held, None
                yield self.out(held)

    text = """
app: t
streamlets: {hold: Holding, sink: Sink}
topics:
  a: {consumers: [hold.in]}
  b: {producers: [hold.out], consumers: [sink.in]}
"""
    plan = rt.plan(text, Holding)
    rt.append(log, plan, "a", 7)

    assert run(plan).wait_until_idle()
    assert rt.read(log, "t.b") == [7]


def test_what_is_held_back_goes_at_once_when_the_input_is_exhausted_and_nothing_more_can_come(
    rt: Any, log: MemoryLog, run: Any, count: Any
) -> None:
    class Holding(Streamlet):
        """Gives all that has come out together, when nothing more comes."""

        inlet = Inlet(rt.Number, name="in")
        out = Outlet(rt.Number)
        held: list[Any] = []  # noqa: RUF012

        def pending(self) -> bool:
            return bool(self.held)

        def on_batch(self, inlet: Any) -> None:
            assert not self.context.drained
            self.held = [*self.held, *inlet.records()]

        @timer("1h")
        def give(self) -> Any:
            if self.held and self.context.drained:
                held, self.held = self.held, []
                yield self.out(held)

    text = """
app: t
streamlets: {count: {class: Count, settings: {upto: 300}}, first: Holding, second: Holding, sink: Sink}
topics:
  a: {producers: [count.out], consumers: [first.in]}
  b: {producers: [first.out], consumers: [second.in]}
  c: {producers: [second.out], consumers: [sink.in]}
"""
    assert run(rt.plan(text, count, Holding), exhaust=True).wait_until_idle()
    assert rt.read(log, "t.c") == list(range(300))


def test_idleness_waits_for_input_that_nobody_has_noticed_yet(rt: Any, log: MemoryLog, run: Any) -> None:
    plan = rt.plan()
    application = run(plan)
    application.wait_until_idle()
    polls: list[bool] = []

    def poll() -> None:
        polls.append(True)
        if len(polls) <= 20:
            rt.append(log, plan, "a", len(polls))

    for _ in range(20):
        assert application.wait_until_idle(0.0, poll)
        assert rt.read(log, "t.b") == list(range(1, min(len(polls), 20) + 1))


def test_idleness_is_judged_anew_when_a_step_came_between(
    rt: Any, log: MemoryLog, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = threading.Event()

    class Ticking(Streamlet):
        """Gives one number, once it is wanted."""

        out = Outlet(rt.Number)
        given = False

        @timer("1ms")
        def tick(self) -> Any:
            if wanted.is_set() and not self.given:
                self.given = True
                yield self.out([rt.Number(n=1)])

    text = (
        "{app: t, streamlets: {tick: Ticking, sink: Sink}, topics: {a: {producers: [tick.out], consumers: [sink.in]}}}"
    )
    application = run(rt.plan(text, Ticking))
    rt.until(lambda: all(worker.quiet for worker in application.workers))
    ask, polls, asked = log.subscriptions, [], []

    def late_answer() -> Any:
        found = ask()
        if not wanted.is_set():
            wanted.set()
            asked.append(len(polls))
            rt.until(lambda: rt.read(log, "t.a") == [1] and all(worker.quiet for worker in application.workers))
        return found

    monkeypatch.setattr(log, "subscriptions", late_answer)

    assert application.wait_until_idle(0.001, lambda: polls.append(True))
    assert len(polls) > asked[0]


def test_waiting_for_idleness_ends_when_a_worker_gives_up(rt: Any, log: MemoryLog, run: Any) -> None:
    class Pass(rt.Pass):
        def on_start(self) -> None:
            raise TailraceError("no key")

    application = run(rt.plan(rt.PASS, Pass))

    assert not application.wait_until_idle()
    assert [(each.worker, each.fault.sentence) for each in application.failed()] == [("pass", "no key")]


def test_waiting_for_idleness_ends_when_told_to_stop(rt: Any, run: Any, count: Any) -> None:
    application = run(rt.plan(COUNTED % (10**9, 1, 1), count))

    assert not application.wait_until_idle(on_poll=application.stop)


def test_input_that_a_streamlet_reads_no_more_keeps_nobody_waiting(rt: Any, log: MemoryLog, run: Any) -> None:
    log.create_topics([replace(topic_spec(rt.plan().topic("b")), name="old")])
    batch = Batch.of(rt.Number, rt.numbers(1)).arrow
    log.open_worker(WorkerId("feeder"), []).commit(Step({}, [("old", 0, batch)]), rt.NOON)
    log.open_worker(WorkerId("sink"), [TopicPartition("old", 0)]).close()

    assert run(rt.plan()).wait_until_idle()


# -- many workers ---------------------------------------------------------------------------------------------------


def test_replicas_share_the_partitions_and_process_each_record_once(
    rt: Any, log: MemoryLog, run: Any, count: Any
) -> None:
    application = run(rt.plan(COUNTED % (300, 3, 6), count))
    assert application.wait_until_idle()

    assert sorted(rt.read(log, "t.b")) == list(range(300))
    shares = [each.records_in["in"] for each in application.metrics() if each.streamlet == "pass"]
    assert (len(shares), sum(shares), 0 in shares) == (3, 300, False)


def test_siblings_go_on_when_a_streamlet_gives_up(rt: Any, log: MemoryLog, run: Any) -> None:
    class Broken(rt.Sink):
        def on_start(self) -> None:
            raise TailraceError("no key")

    text = """
app: t
streamlets: {pass: Pass, broken: Broken, sink: Sink}
topics:
  a: {consumers: [pass.in]}
  b: {producers: [pass.out], consumers: [sink.in, broken.in]}
"""
    plan = rt.plan(text, Broken)
    application = run(plan)
    rt.until(application.failed)
    rt.append(log, plan, "a", 1, 2)

    rt.until(lambda: rt.read(log, "t.b") == [1, 2])
    states = {each.worker: each.state for each in application.health()}
    assert states.pop("broken") is WorkerState.FAILED
    assert WorkerState.FAILED not in states.values()


def test_only_the_streamlets_asked_for_run_and_the_others_hold_nobody_up(
    rt: Any, log: MemoryLog, run: Any, count: Any
) -> None:
    plan = rt.plan(COUNTED % (50, 1, 1), count)
    rt.append(log, plan, "a")
    log.open_worker(WorkerId("pass"), [TopicPartition("t.a", 0)]).close()
    application = run(plan, only=frozenset({"count"}), limits=Limits(backlog_records=5))
    assert application.wait_until_idle()

    assert [worker.name for worker in application.workers] == ["count"]
    assert (len(rt.read(log, "t.a")), rt.read(log, "t.b")) == (50, [])


def test_an_unknown_streamlet_to_run_is_a_fault_in_what_was_asked(rt: Any, log: MemoryLog) -> None:
    with pytest.raises(TailraceError, match=r"there is no streamlet 'fail' in t; it has .*pass, sink"):
        Application(rt.plan(), log, rt.options(only=frozenset({"fail"})))


def test_a_relative_volume_starts_at_the_base(rt: Any, log: MemoryLog, run: Any, tmp_path: Path) -> None:
    found = []

    class Keeper(rt.Sink):
        data = Volume()

        def on_start(self) -> None:
            found.append(self.data)

    text = """
app: t
streamlets: {pass: Pass, sink: {class: Keeper, volumes: {data: some/where}}}
topics:
  a: {consumers: [pass.in]}
  b: {producers: [pass.out], consumers: [sink.in]}
"""
    run(rt.plan(text, Keeper), base=tmp_path).wait_until_idle()

    assert found == [tmp_path / "some/where"]


# -- backpressure ---------------------------------------------------------------------------------------------------


@pytest.fixture
def gate(rt: Any) -> tuple[type[Streamlet], threading.Event]:
    opened = threading.Event()

    class Sink(rt.Sink):
        """Takes nothing before the gate opens."""

        def on_batch(self, inlet: Any) -> None:
            assert opened.wait(10)

    return Sink, opened


def test_a_producer_waits_for_a_slow_consumer_and_goes_on_when_it_has_caught_up(
    rt: Any, log: MemoryLog, run: Any, count: Any, gate: Any
) -> None:
    text = COUNTED % (500, 1, 1)
    application = run(rt.plan(text, count, gate[0]), limits=Limits(batch_records=10, backlog_records=20))
    states = lambda: {each.worker: each.state for each in application.health()}  # noqa: E731
    rt.until(lambda: states()["count"] is WorkerState.HELD)
    held = len(rt.read(log, "t.b"))
    gate[1].set()

    assert application.wait_until_idle()
    assert held <= 20 + 10
    assert len(rt.read(log, "t.b")) == 500


def test_a_held_worker_stops_when_asked(rt: Any, log: MemoryLog, run: Any, count: Any, gate: Any) -> None:
    application = run(
        rt.plan(COUNTED % (500, 1, 1), count, gate[0]), limits=Limits(batch_records=10, backlog_records=20)
    )
    rt.until(lambda: WorkerState.HELD in {each.state for each in application.health()})
    application.stop()
    gate[1].set()

    assert application.join(5)


def test_a_cycle_does_not_hold_itself_up(rt: Any, log: MemoryLog, run: Any) -> None:
    class Down(rt.Pass):
        """Counts down to one."""

        def on_batch(self, inlet: Any) -> Any:
            yield self.out([rt.Number(n=each.n - 1) for each in inlet.records() if each.n > 1])

    text = """
app: t
streamlets: {door: Door, one: Down, two: Down}
topics:
  a: {producers: [door.out, two.out], consumers: [one.in]}
  b: {producers: [one.out], consumers: [two.in]}
"""
    plan = rt.plan(text, Down)
    rt.append(log, plan, "a", *([40] * 100))
    application = run(plan, limits=Limits(batch_records=10, backlog_records=5))

    assert application.wait_until_idle()


# -- keeping --------------------------------------------------------------------------------------------------------


def test_consumers_that_the_blueprint_has_no_more_are_forgotten(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    rt.append(log, plan, "b", 1)
    log.open_worker(WorkerId("gone"), [TopicPartition("t.b", 0)]).close()
    Application(plan, log)

    assert "gone" not in {each.consumer for each in log.subscriptions()}


def test_consumers_of_another_blueprints_topics_are_left_alone(rt: Any, log: MemoryLog) -> None:
    log.create_topics([replace(topic_spec(rt.plan().topic("b")), name="other.b")])
    log.open_worker(WorkerId("theirs"), [TopicPartition("other.b", 0)]).close()
    Application(rt.plan(), log)

    assert "theirs" in {each.consumer for each in log.subscriptions()}


def test_a_topic_that_a_streamlet_reads_no_more_is_not_held_back_by_it(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    rt.append(log, plan, "a", 1, 2)
    log.open_worker(WorkerId("sink"), [TopicPartition("t.a", 0)]).close()
    Application(plan, log)

    assert log.subscriptions() == []


def test_a_namesake_that_reads_another_blueprints_topics_keeps_them_and_its_state(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    log.create_topics([topic_spec(plan.topic("b")), replace(topic_spec(plan.topic("b")), name="other.b")])
    sources = [TopicPartition("t.b", 0), TopicPartition("other.b", 0)]
    log.open_worker(WorkerId("theirs"), sources).commit(Step(state={"known": b"1"}), rt.NOON)
    Application(plan, log)

    assert {each.source.topic for each in log.subscriptions()} == {"other.b"}
    assert log.open_worker(WorkerId("theirs"), sources[1:]).state == {"known": b"1"}


def test_retention_is_applied_now_and_then(rt: Any, log: MemoryLog, run: Any) -> None:
    plan = rt.plan(rt.PASS.replace("consumers: [sink.in]", "consumers: [sink.in], retention: 1s"))
    log.create_topics([topic_spec(topic) for topic in plan.topics])
    old = datetime.now(UTC) - timedelta(hours=1)
    batch = Batch.of(rt.Number, rt.numbers(1, 2)).arrow
    log.open_worker(WorkerId("feeder"), []).commit(Step({}, [("t.b", 0, batch)]), old)
    run(plan, expire_every=timedelta(milliseconds=5))

    rt.until(lambda: log.ends("t.b")[0].first == 2)


@pytest.mark.parametrize("error", [Transient("the disk is full"), RuntimeError("what")], ids=repr)
def test_retention_goes_on_after_a_failure(
    rt: Any, log: MemoryLog, run: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    calls: list[datetime] = []

    def expire(now: datetime) -> int:
        calls.append(now)
        raise error

    monkeypatch.setattr(log, "expire", expire)
    run(rt.plan(), expire_every=timedelta(milliseconds=5))

    rt.until(lambda: len(calls) >= 3)


# -- figures --------------------------------------------------------------------------------------------------------


def test_lag_is_told_as_of_now_and_by_inlet(rt: Any, log: MemoryLog, run: Any, gate: Any) -> None:
    plan = rt.plan(rt.PASS, gate[0])
    rt.append(log, plan, "b", 1, 2, 3)
    application = run(plan)
    lag: Callable[[], Any] = lambda: {each.streamlet: each.lag for each in application.metrics()}.get("sink")  # noqa: E731

    rt.until(lambda: lag() == {"in": 3})
    gate[1].set()
    rt.until(lambda: lag() == {"in": 0})


def test_a_join_that_is_not_over_in_time_says_who_is_late(
    rt: Any, log: MemoryLog, run: Any, gate: Any, caplog: pytest.LogCaptureFixture
) -> None:
    plan = rt.plan(rt.PASS, gate[0])
    rt.append(log, plan, "b", 1)
    application = run(plan)
    rt.until(lambda: [each for each in application.metrics() if each.streamlet == "sink" and each.up])
    application.stop()

    assert not application.join(0.05)
    assert "still in a step after 0 s: sink" in caplog.text
    gate[1].set()


def test_a_second_ctrl_c_does_not_wait_for_the_step_at_hand(rt: Any, log: MemoryLog, gate: Any) -> None:
    plan = rt.plan(rt.PASS, gate[0])
    rt.append(log, plan, "b", 1)
    with pytest.raises(KeyboardInterrupt), Application(plan, log, rt.options()) as application:
        rt.until(lambda: application.workers[-1].metrics)
        raise KeyboardInterrupt

    gate[1].set()
    assert application.join(10)


def test_an_application_is_a_context_manager(rt: Any, log: MemoryLog) -> None:
    with Application(rt.plan(), log, rt.options()) as application:
        application.wait_until_idle()

    assert {each.state for each in application.health()} == {WorkerState.STOPPED}
