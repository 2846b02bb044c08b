"""What the runtime's tests share: small record types, streamlets, and plans out of them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tailrace.blueprint.plan import Plan
from tailrace.log.contract import Log, Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.model.batch import Batch
from tailrace.model.ports import CHECKPOINT, Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet
from tailrace.runtime.application import Application, Options, topic_spec
from tailrace.runtime.backoff import Backoff
from tailrace.testkit.planning import plan_of


class Number(Record):
    """A number."""

    n: int
    text: str = ""


class Pass(Streamlet):
    """Passes numbers on, and fails on negative ones."""

    inlet = Inlet(Number, name="in")
    out = Outlet(Number, key="n")
    seen = State(int, default=0)

    def on_batch(self, inlet: Batch[Number]) -> Emits:
        numbers = inlet.frame["n"]
        if (numbers < 0).any():
            raise ValueError(f"{numbers.min()} is negative")
        self.seen += len(inlet)
        yield self.out(inlet)


class Sink(Streamlet):
    """Takes numbers and forgets them."""

    inlet = Inlet(Number, name="in")

    def on_batch(self, inlet: Batch[Number]) -> None:
        return None


class Door(Streamlet):
    """Lets nothing in: what tests append by hand has to have a producer."""

    out = Outlet(Number)


class Join(Streamlet):
    """Passes on what comes on two ways; the left may hold no negative numbers."""

    left = Inlet(Number)
    right = Inlet(Number)
    out = Outlet(Number)

    def on_batch(self, left: Batch[Number], right: Batch[Number]) -> Emits:
        if (left.frame["n"] < 0).any():
            raise ValueError("the left is negative")
        yield self.out([*left.records(), *right.records()])


class Slow(Streamlet):
    """Passes numbers on one by one, with a checkpoint after each; `upto` says how far it got."""

    inlet = Inlet(Number, name="in")
    out = Outlet(Number)
    upto = State(int, default=-1)

    def on_batch(self, inlet: Batch[Number]) -> Emits:
        for number in inlet.records():
            if number.n > self.upto:
                if number.text == "bad":
                    raise ValueError(f"{number.n} is bad")
                yield self.out([number])
                self.upto = number.n
                yield CHECKPOINT


PASS = """
app: t
streamlets: {pass: Pass, sink: Sink}
topics:
  a: {consumers: [pass.in]}
  b: {producers: [pass.out], consumers: [sink.in]}
"""
QUICK = Backoff(first=timedelta(milliseconds=1), longest=timedelta(milliseconds=5), limit=3)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Kit:
    """Small helpers, handed to tests as the fixture `rt`."""

    Number, Pass, Sink, Join, Slow = Number, Pass, Sink, Join, Slow
    PASS, QUICK, NOON = PASS, QUICK, NOON

    @staticmethod
    def numbers(*ns: int) -> list[Number]:
        return [Number(n=n) for n in ns]

    @staticmethod
    def plan(text: str = PASS, *more: Any, **settings: Any) -> Plan:
        """The plan of a blueprint; topics that only have consumers get a producer that never says a word."""
        for topic in re.findall(r"(\w+): \{consumers", text):
            text = text.replace(f"{topic}: {{consumers", f"{topic}: {{producers: [door-{topic}.out], consumers")
            text = text.replace("streamlets: {", f"streamlets: {{door-{topic}: Door, ")
        return plan_of(text, [Door, Pass, Sink, Join, Slow, *more], settings or None)

    @staticmethod
    def append(log: Log, plan: Plan, topic: str, *ns: int) -> None:
        """Append numbers to a topic of a plan, made if need be."""
        place = plan.topic(topic)
        if place.physical not in log.topics():
            log.create_topics([topic_spec(place)])
        batch = Batch.of(Number, [Number(n=n) for n in ns]).arrow
        log.open_worker(WorkerId("feeder"), []).commit(Step({}, [(place.physical, 0, batch)]), datetime.now(UTC))

    @staticmethod
    def read(log: Log, physical: str) -> list[int]:
        """The numbers in a topic, partition by partition."""
        found: list[int] = []
        for partition, ends in log.ends(physical).items():
            offset = ends.first
            while (part := log.read(TopicPartition(physical, partition), offset)) is not None:
                found += part.batch.column("n").to_pylist()
                offset = part.next
        return found

    @staticmethod
    def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait for a condition, and fail when it does not come true."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.002)

    @staticmethod
    def options(**given: Any) -> Options:
        return Options(**{"backoff": QUICK, **given})


@pytest.fixture
def rt() -> Kit:
    return Kit()


@pytest.fixture
def log() -> Iterator[MemoryLog]:
    with MemoryLog() as made:
        yield made


@pytest.fixture
def run(log: MemoryLog) -> Iterator[Callable[..., Application]]:
    """Start an application on the log; it is stopped at the end of the test."""
    started: list[Application] = []

    def start(plan: Plan, **options: Any) -> Application:
        application = Application(plan, log, Kit.options(**options))
        application.start()
        started.append(application)
        return application

    yield start
    for application in started:
        application.stop()
        assert application.join(10)
