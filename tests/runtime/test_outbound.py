"""Where emitted batches go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emit
from tailrace.runtime.outbound import Outbound
from tailrace.runtime.routing import partition_of

PARTED = """
app: t
streamlets: {pass: Pass, slow: Slow, sink: Sink}
topics:
  a: {consumers: [pass.in, slow.in]}
  b: {producers: [pass.out], consumers: [sink.in], partitions: 3}
  c: {producers: [slow.out], partitions: 3}
"""


def routes(outputs: list[Any]) -> list[tuple[str, int, list[int]]]:
    return [(topic, partition, batch.column("n").to_pylist()) for topic, partition, batch in outputs]


@pytest.fixture
def outbound(rt: Any) -> Any:
    plan = rt.plan(PARTED)
    return lambda name: Outbound(plan.streamlet(name), plan)


def test_keyed_records_go_to_their_keys_partitions(outbound: Any, rt: Any) -> None:
    found = routes(outbound("pass").route(rt.Pass.out(rt.numbers(*range(9)))))

    assert {n: partition for _, partition, ns in found for n in ns} == {n: partition_of(n, 3) for n in range(9)}
    assert {topic for topic, _, _ in found} == {"t.b"}


def test_batches_without_a_key_stay_together_and_go_round(outbound: Any, rt: Any) -> None:
    slow = outbound("slow")
    found = [routes(slow.route(rt.Slow.out(rt.numbers(n, n)))) for n in range(4)]

    assert found == [[("t.c", n % 3, [n, n])] for n in range(4)]


def test_an_empty_batch_is_no_output(outbound: Any, rt: Any) -> None:
    assert outbound("pass").route(rt.Pass.out([])) == []


def test_records_of_an_outlet_that_leads_nowhere_are_dropped(rt: Any) -> None:
    plan = rt.plan(PARTED)

    assert Outbound(replace(plan.streamlet("pass"), outlets={}), plan).route(rt.Pass.out(rt.numbers(1))) == []


@pytest.mark.parametrize("kind", ["tuple", "stranger"])
def test_what_no_outlet_made_is_refused_with_a_hint(outbound: Any, rt: Any, kind: str) -> None:
    batch = rt.Pass.out(rt.numbers(1)).batch
    emitted = (rt.Pass.out, batch) if kind == "tuple" else Emit("else", batch)

    with pytest.raises(TailraceError, match=r"pass emitted .* its own outlets, which are: out") as caught:
        outbound("pass").route(emitted)
    assert caught.value.hint == "write `yield self.outlet(records)`"
