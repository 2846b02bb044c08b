"""What one step consumes."""

from __future__ import annotations

from typing import Any

import pytest

from tailrace.log.contract import Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.model.batch import Batch
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Inbound, Limits

TWO = """
app: t
streamlets: {join: Join, sink: Sink}
topics:
  r: {consumers: [join.right]}
  l: {consumers: [join.left]}
  o: {producers: [join.out], consumers: [sink.in]}
"""
PARTED = """
app: t
streamlets: {sink: {class: Sink, replicas: %d}}
topics: {a: {consumers: [sink.in], partitions: 4}}
"""


@pytest.fixture
def taking(rt: Any, log: MemoryLog) -> Any:
    """Give (topic, partition): numbers; get an inbound with its seat."""

    def make(text: str, name: str, replica: int = 0, **partitions: list[int]) -> tuple[Inbound, Any]:
        plan = rt.plan(text)
        log.create_topics([topic_spec(topic) for topic in plan.topics])
        feeder = log.open_worker(WorkerId("feeder"), [])
        for place, numbers in partitions.items():
            topic, _, partition = place.partition("_")
            batch = Batch.of(rt.Number, rt.numbers(*numbers)).arrow
            feeder.commit(Step({}, [(f"t.{topic}", int(partition or 0), batch)]), rt.NOON)
        inbound = Inbound(plan.streamlet(name), plan, replica)
        return inbound, log.open_worker(WorkerId(name, replica), inbound.partitions)

    return make


def numbers(inbound: Inbound, intake: Any) -> dict[str, list[int]]:
    return {name: batch.frame["n"].to_list() for name, batch in inbound.batches(intake).items()}


def test_inlets_are_read_in_the_order_of_declaration(taking: Any) -> None:
    inbound, seat = taking(TWO, "join", l=[1], r=[2])

    assert [at.topic for at in inbound.take(seat, seat.positions, Limits()).slices] == ["t.l", "t.r"]


def test_an_inlet_without_records_gets_an_empty_batch(taking: Any) -> None:
    inbound, seat = taking(TWO, "join", r=[2])

    assert numbers(inbound, inbound.take(seat, seat.positions, Limits())) == {"left": [], "right": [2]}


def test_an_inlet_that_nothing_feeds_gets_an_empty_batch(taking: Any, rt: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(rt.Join, "optional_inlets", frozenset({"left"}), raising=False)
    inbound, seat = taking(TWO.replace("  l: {consumers: [join.left]}\n", ""), "join", r=[2])

    assert numbers(inbound, inbound.take(seat, seat.positions, Limits())) == {"left": [], "right": [2]}


def test_each_inlet_keeps_to_the_limit_of_records(taking: Any) -> None:
    inbound, seat = taking(TWO, "join", l=[1, 2, 3], r=[4, 5, 6])
    intake = inbound.take(seat, seat.positions, Limits(batch_records=2))

    assert numbers(inbound, intake) == {"left": [1, 2], "right": [4, 5]}
    assert intake.positions == {TopicPartition("t.l", 0): 2, TopicPartition("t.r", 0): 2}


def test_records_are_counted_by_inlet(taking: Any) -> None:
    inbound, seat = taking(TWO, "join", l=[1, 2, 3], r=[4])

    assert inbound.counts(inbound.take(seat, seat.positions, Limits())) == {"left": 3, "right": 1}


def test_a_piece_comes_from_one_partition_only(taking: Any) -> None:
    inbound, seat = taking(TWO, "join", l=[1, 2, 3], r=[4])
    intake = inbound.take_few(seat, seat.positions, TopicPartition("t.l", 0), 2, 10**6)

    assert numbers(inbound, intake) == {"left": [1, 2], "right": []}


def test_all_partitions_are_read_together(taking: Any) -> None:
    inbound, seat = taking(PARTED % 1, "sink", a_0=[1], a_2=[3], a_3=[4])

    assert sorted(numbers(inbound, inbound.take(seat, seat.positions, Limits()))["inlet"]) == [1, 3, 4]


def test_a_full_partition_does_not_starve_the_others(taking: Any) -> None:
    inbound, seat = taking(PARTED % 1, "sink", a_0=[0] * 100, a_1=[1], a_2=[2], a_3=[3])
    taken = set()
    for _ in range(4):
        taken.update(numbers(inbound, inbound.take(seat, seat.positions, Limits(batch_records=1)))["inlet"])

    assert taken == {0, 1, 2, 3}


def test_a_replica_reads_its_own_partitions(taking: Any) -> None:
    inbound, seat = taking(PARTED % 2, "sink", 1, a_0=[0], a_1=[1], a_2=[2], a_3=[3])

    assert sorted(numbers(inbound, inbound.take(seat, seat.positions, Limits()))["inlet"]) == [1, 3]


def test_a_replica_without_a_partition_has_nothing_to_read(taking: Any) -> None:
    inbound, seat = taking(PARTED % 5, "sink", 4, a_0=[0])

    assert not inbound.take(seat, seat.positions, Limits())
