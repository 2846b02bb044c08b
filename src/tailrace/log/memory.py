"""The log without disk: the same semantics as the others, for tests and the testkit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tailrace.log.contract import (
    USUAL,
    Bounds,
    Slice,
    Step,
    TopicPartition,
    TopicSpec,
    WorkerId,
)
from tailrace.log.ledger import Ledger, Mark, Owning, micros
from tailrace.log.retention import outlived
from tailrace.log.seat import HeldSeat, change
from tailrace.log.slices import gather
from tailrace.log.tail import Entry


class MemoryLog(Owning):
    """Topics, positions and state in this process's memory, gone when it ends. See `contract.Log`."""

    def __init__(self) -> None:
        self._ledger = Ledger()
        self._state: dict[WorkerId, dict[str, bytes]] = {}

    def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        """As `contract.Log.create_topics`."""
        self._check_open()
        with self._ledger.lock:
            self._ledger.check_topics(specs)
            for spec in specs:
                self._ledger.add_topic(spec)

    def open_worker(self, worker: WorkerId, inputs: Sequence[TopicPartition]) -> HeldSeat:
        """As `contract.Log.open_worker`."""
        self._check_open()
        with self._ledger.lock:
            self._ledger.subscribe(worker.streamlet, self._ledger.newly_subscribed(worker.streamlet, inputs))
            marks = self._ledger.marks(worker.streamlet)
            positions = {source: marks[source].position for source in inputs}
            seat = HeldSeat(self, worker, positions, dict(self._state.get(worker, {})))
            self._ledger.sit(seat)
            return seat

    def read(self, source: TopicPartition, offset: int, bounds: Bounds = USUAL) -> Slice | None:
        """As `contract.LogReader.read`."""
        self._check_open()
        pieces = self._ledger.pieces(source, offset, bounds) or []
        return gather(source, offset, pieces, bounds)

    def commit_step(self, seat: HeldSeat, step: Step, now: datetime) -> None:
        """Make the step happen under the ledger's lock, after everything that could refuse it has been asked."""
        self._check_open()
        appended = micros(now)
        with self._ledger.lock:
            self._ledger.check_step(seat, step)
            self._ledger.subscribe(
                seat.worker.streamlet,
                {source: self._mark(source, position) for source, position in step.positions.items()},
            )
            seat.took(step)
            change(self._state.setdefault(seat.worker, {}), step.state)
            for topic, partition, batch in step.outputs:
                if batch.num_rows:
                    source = TopicPartition(topic, partition)
                    shelf = self._ledger.shelf(source)
                    time = max(shelf.appended, appended)
                    self._ledger.append(source, Entry(shelf.next, batch, batch.nbytes, shelf.bytes, time))

    def unsubscribe(self, consumer: str, topic: str) -> None:
        """As `contract.Log.unsubscribe`."""
        with self._ledger.lock:
            self._ledger.unsubscribe(consumer, topic)

    def forget(self, consumer: str) -> None:
        """As `contract.Log.forget`."""
        with self._ledger.lock:
            self._ledger.forget(consumer)
            self._state = {worker: state for worker, state in self._state.items() if worker.streamlet != consumer}

    def expire(self, now: datetime) -> int:
        """As `contract.Log.expire`. What a topic stores is its Arrow buffers."""
        self._check_open()
        with self._ledger.lock:
            return sum(self._expire(source, micros(now)) for source in list(self._ledger.shelves))

    def _expire(self, source: TopicPartition, now: int) -> int:
        spec, shelf = self._ledger.topic(source.topic), self._ledger.shelf(source)
        first, first_bytes = shelf.first, shelf.first_bytes
        passed = self._ledger.passed(source)
        for entry in shelf.tail.entries:
            if entry.end > passed or not outlived(spec, now - entry.appended, shelf.bytes - first_bytes):
                break
            first, first_bytes = entry.end, entry.start + entry.size
        dropped = first - shelf.first
        if dropped:
            self._ledger.expired(source, first, first_bytes)
        return dropped

    def offset_at(self, source: TopicPartition, time: datetime) -> int:
        """As `contract.LogReader.offset_at`."""
        with self._ledger.lock:
            shelf = self._ledger.shelf(source)
            found = shelf.tail.offset_at(micros(time))
            return shelf.next if found is None else found

    def close(self) -> None:
        """Close the log; seats can no longer commit."""
        self._closed = True

    def _mark(self, source: TopicPartition, position: int) -> Mark:
        shelf = self._ledger.shelf(source)
        if position <= shelf.first:
            return Mark(shelf.first, shelf.first_bytes)
        return self._ledger.mark(source, position) or Mark(position, shelf.bytes)
