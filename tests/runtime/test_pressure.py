"""Backpressure."""

from __future__ import annotations

from typing import Any

from tailrace.log.contract import Step, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Inbound, Limits
from tailrace.runtime.pressure import Pressure, downstream

CYCLE = """
app: t
streamlets: {one: Pass, two: Pass, sink: Sink}
topics:
  a: {producers: [two.out], consumers: [one.in]}
  b: {producers: [one.out], consumers: [two.in, sink.in]}
"""
FEW = Limits(backlog_records=2)


def pressure(rt: Any, log: MemoryLog, plan: Any, name: str, limits: Limits = FEW, running: Any = None) -> Pressure:
    log.create_topics([topic_spec(topic) for topic in plan.topics])
    for part in plan.streamlets:
        log.open_worker(WorkerId(part.name), Inbound(part, plan, 0).partitions)
    return Pressure(plan.streamlet(name), plan, log, limits, running)


def test_a_producer_is_held_while_a_consumer_has_too_many_records_to_read(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    made = pressure(rt, log, plan, "pass")
    rt.append(log, plan, "b", 1, 2)
    before = made.held()
    rt.append(log, plan, "b", 3)

    assert (before, made.held()) == (False, True)


def test_a_producer_is_held_while_a_consumer_has_too_many_bytes_to_read(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    made = pressure(rt, log, plan, "pass", Limits(backlog_bytes=10))
    rt.append(log, plan, "b", 1)

    assert made.held()


def test_a_consumer_that_does_not_run_holds_nobody_up(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    made = pressure(rt, log, plan, "pass", running={"pass"})
    rt.append(log, plan, "b", 1, 2, 3)

    assert not made.held()


def test_a_consumer_that_is_about_to_come_is_waited_for(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    rt.append(log, plan, "b", 1, 2, 3)
    made = Pressure(plan.streamlet("pass"), plan, log, FEW, {"pass", "sink"})

    assert made.held()


def test_a_consumer_that_the_plan_does_not_know_holds_nobody_up(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    made = pressure(rt, log, plan, "pass")
    rt.append(log, plan, "b", 1, 2, 3)
    sink = log.open_worker(WorkerId("sink"), Inbound(plan.streamlet("sink"), plan, 0).partitions)
    log.open_worker(WorkerId("stranger"), sink.inputs)
    sink.commit(Step({sink.inputs[0]: 3}), rt.NOON)

    assert not made.held()


def test_in_a_cycle_nobody_waits_for_whom_it_feeds(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan(CYCLE)
    two = pressure(rt, log, plan, "two")
    rt.append(log, plan, "a", 1, 2, 3)

    assert not two.held()


def test_a_consumer_beside_a_cycle_is_waited_for(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan(CYCLE)
    one = pressure(rt, log, plan, "one")
    rt.append(log, plan, "b", 1, 2, 3)

    assert one.held()


def test_downstream_is_all_that_an_output_reaches(rt: Any) -> None:
    assert downstream(rt.plan(CYCLE), "two") == {"one", "two", "sink"}
