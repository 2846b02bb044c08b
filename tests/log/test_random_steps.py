"""Random steps, fencing and retention, compared with a model of lists."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tailrace.log.contract import Bounds, Ends, Log, Step, TopicPartition, TopicSpec, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.log.sqlite import SqliteLog
from tailrace.model.errors import Fenced, TailraceError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCHEMA = pa.schema([("n", pa.int64())])
RETENTION = 30
SOURCES = [TopicPartition(topic, partition) for topic in ("a", "b") for partition in (0, 1)]
WORKERS = [WorkerId("one"), WorkerId("two", 0), WorkerId("two", 1)]
INPUTS = {WORKERS[0]: SOURCES, WORKERS[1]: [SOURCES[0], SOURCES[2]], WORKERS[2]: [SOURCES[1]]}


class Model:
    """What a log should be: segments of (base, numbers, time) per partition, and dictionaries."""

    def __init__(self) -> None:
        self.segments = {source: [] for source in SOURCES}
        self.ends = dict.fromkeys(SOURCES, 0)
        self.times = dict.fromkeys(SOURCES, 0)
        self.positions = {}
        self.state = {}

    def first(self, source):
        return self.segments[source][0][0] if self.segments[source] else self.ends[source]

    def append(self, source, numbers, time):
        if numbers:
            self.times[source] = max(self.times[source], time)
            self.segments[source].append((self.ends[source], numbers, self.times[source]))
            self.ends[source] += len(numbers)

    def records(self, source):
        return [number for _, numbers, _ in self.segments[source] for number in numbers]

    def subscribe(self, worker):
        for topic in {source.topic for source in INPUTS[worker]}:
            for source in SOURCES:
                if source.topic == topic:
                    self.positions.setdefault((worker.streamlet, source), self.first(source))

    def expire(self, now):
        dropped = 0
        for source, segments in self.segments.items():
            passed = min(
                [at for (_, where), at in self.positions.items() if where == source], default=self.ends[source]
            )
            while segments and segments[0][0] + len(segments[0][1]) <= passed and now - segments[0][2] > RETENTION:
                dropped += len(segments.pop(0)[1])
        return dropped


class Steps(RuleBasedStateMachine):
    def make(self) -> Log:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.log = self.make()
        self.log.create_topics([TopicSpec(name, 2, SCHEMA, "f", timedelta(seconds=RETENTION)) for name in "ab"])
        self.model, self.seats, self.stale, self.clock, self.count = Model(), {}, [], 0, 0

    def now(self):
        return NOON + timedelta(seconds=self.clock)

    def batch(self, rows):
        self.count += rows
        numbers = list(range(self.count - rows, self.count))
        return numbers, pa.RecordBatch.from_pydict({"n": numbers}, schema=SCHEMA)

    @initialize()
    def start(self):
        self.sit(WORKERS[0])

    @rule(worker=st.sampled_from(WORKERS))
    def sit(self, worker):
        if worker in self.seats:
            self.stale.append(self.seats[worker])
        self.model.subscribe(worker)
        seat = self.seats[worker] = self.log.open_worker(worker, INPUTS[worker])
        assert seat.positions == {source: self.model.positions[worker.streamlet, source] for source in INPUTS[worker]}
        assert seat.state == self.model.state.get(worker, {})

    @precondition(lambda self: self.seats)
    @rule(data=st.data(), outputs=st.lists(st.tuples(st.sampled_from(SOURCES), st.integers(0, 3)), max_size=3))
    def step(self, data, outputs):
        worker = data.draw(st.sampled_from(sorted(self.seats)))
        seat, state = (
            self.seats[worker],
            data.draw(st.dictionaries(st.sampled_from("xyz"), st.none() | st.binary(max_size=2))),
        )
        positions = {}
        for source in data.draw(st.sets(st.sampled_from(INPUTS[worker]))):
            slice_ = seat.read(source, seat.positions[source], Bounds(data.draw(st.integers(1, 4))))
            if slice_ is not None:
                start = slice_.base - self.model.first(source)
                assert (
                    slice_.batch["n"].to_pylist() == self.model.records(source)[start : start + slice_.batch.num_rows]
                )
                positions[source] = slice_.next
        made = [(source, *self.batch(rows)) for source, rows in outputs]
        seat.commit(Step(positions, [(*source, batch) for source, _, batch in made], state), self.now())
        for source, numbers, _ in made:
            self.model.append(source, numbers, self.clock)
        self.model.positions.update({(worker.streamlet, source): position for source, position in positions.items()})
        kept = {**self.model.state.get(worker, {}), **state}
        self.model.state[worker] = {name: value for name, value in kept.items() if value is not None}

    @precondition(lambda self: self.stale)
    @rule(rows=st.integers(1, 3))
    def step_of_a_stale_holder(self, rows):
        with pytest.raises(Fenced):
            self.stale.pop().commit(Step({}, [("a", 0, self.batch(rows)[1])], {"x": b"stale"}), self.now())

    @precondition(lambda self: self.seats)
    @rule(data=st.data())
    def step_beyond_the_end(self, data):
        seat = self.seats[data.draw(st.sampled_from(sorted(self.seats)))]
        source = seat.inputs[0]
        with pytest.raises(TailraceError, match="beyond its end"):
            seat.commit(Step({source: self.model.ends[source] + 1}, [("b", 1, self.batch(1)[1])]), self.now())

    @rule(seconds=st.integers(-5, 25))
    def time_passes(self, seconds):
        self.clock = max(self.clock + seconds, 0)

    @rule()
    def expire(self):
        assert self.log.expire(self.now()) == self.model.expire(self.clock)

    @rule(source=st.sampled_from(SOURCES), seconds=st.integers(0, 100))
    def find_a_time(self, source, seconds):
        later = [base for base, _, time in self.model.segments[source] if time >= seconds]
        expected = later[0] if later else self.model.ends[source]
        assert self.log.offset_at(source, NOON + timedelta(seconds=seconds)) == expected

    @invariant()
    def agrees(self):
        for source in SOURCES:
            assert self.log.ends(source.topic)[source.partition] == Ends(
                self.model.first(source), self.model.ends[source]
            )
            slice_ = self.log.read(source, 0)
            assert (slice_.batch["n"].to_pylist() if slice_ else []) == self.model.records(source)
        places = {(place.consumer, place.source): place.position for place in self.log.subscriptions()}
        assert places == self.model.positions

    def teardown(self):
        self.log.close()


class InMemory(Steps):
    def make(self):
        return MemoryLog()


class OnDisk(Steps):
    """Closes and opens the database in between, and keeps so little in memory that reads go both ways."""

    def make(self):
        self.directory = tempfile.TemporaryDirectory()
        return self.open()

    def open(self):
        return SqliteLog(Path(self.directory.name) / "log.db", tail_bytes=5000)

    @rule()
    def reopen(self):
        self.log.close()
        self.log = self.open()
        self.seats, self.stale = {}, []

    @invariant()
    def a_reader_sees_the_same(self):
        with SqliteLog.open_reader(Path(self.directory.name) / "log.db") as reader:
            assert reader.subscriptions() == self.log.subscriptions()
            assert [reader.ends(topic) for topic in "ab"] == [self.log.ends(topic) for topic in "ab"]
            for worker, state in self.model.state.items():
                assert reader.state(worker) == state

    def teardown(self):
        super().teardown()
        self.directory.cleanup()


@pytest.mark.parametrize("machine", [InMemory, OnDisk])
def test_a_log_agrees_with_the_model_after_any_steps(machine):
    examples = 60 if machine is InMemory else 25
    run_state_machine_as_test(
        machine, settings=settings(max_examples=examples, stateful_step_count=30, deadline=None, derandomize=True)
    )
