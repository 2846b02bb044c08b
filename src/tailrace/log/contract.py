"""The contract every log keeps: topics, seats, and steps that happen wholly or not at all.

A worker takes its seat (`Log.open_worker`), reads slices of its inputs, and commits steps. A step moves positions,
appends batches and changes state in one atomic act, whatever the log is made of. Times are arguments; a log never reads
the clock.

Words: an *offset* counts the records of a partition from 0; a *position* is the offset that a consumer reads next; the
*end* of a partition is the offset that its next record will get. A *consumer* is a streamlet's name: positions belong
to the streamlet, so that a partition may move from one replica to another, and state belongs to the worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import NamedTuple, Protocol, Self, runtime_checkable

import pyarrow as pa


class Bounds(NamedTuple):
    """How much is read at once, at most: records, and their size in bytes as Arrow buffers."""

    records: int = 100_000
    bytes: int = 16 * 1024 * 1024

    def less(self, records: int, size: int) -> Bounds:
        """What is left of them after so much."""
        return Bounds(self.records - records, self.bytes - size)

    @property
    def reached(self) -> bool:
        """Whether nothing is left of one of them."""
        return self.records <= 0 or self.bytes <= 0


USUAL = Bounds()


@dataclass(frozen=True)
class TopicSpec:
    """A topic as it is asked for.

    `fingerprint` names `schema` (a record type's fingerprint). A segment is dropped once every consumer has passed it
    and it is older than `retention`, or its partition stores more than `retention_bytes` bytes; None keeps for ever.
    """

    name: str
    partitions: int
    schema: pa.Schema
    fingerprint: str
    retention: timedelta | None = None
    retention_bytes: int | None = None


class TopicPartition(NamedTuple):
    """One partition of a topic, counted from 0."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


class WorkerId(NamedTuple):
    """One replica of a streamlet, counted from 0."""

    streamlet: str
    replica: int = 0

    def __str__(self) -> str:
        return f"{self.streamlet}[{self.replica}]"


@dataclass(frozen=True)
class Slice:
    """Consecutive records of one partition; `base` is the offset of the first. `batch` has at least one row.

    Segments written under an older schema keep it: `batch.schema` is the writer's, and a slice holds one schema only.
    """

    topic: str
    partition: int
    base: int
    batch: pa.RecordBatch

    @property
    def source(self) -> TopicPartition:
        """The partition that the records stand in."""
        return TopicPartition(self.topic, self.partition)

    @property
    def next(self) -> int:
        """The position of a consumer that has done with the whole slice."""
        return self.after(self.batch.num_rows)

    def after(self, records: int) -> int:
        """The position of a consumer that has done with the first `records` rows (use this; do not add offsets)."""
        return self.base + records


class Output(NamedTuple):
    """A batch to append to one partition; a plain tuple of the three does as well. Empty batches are left out."""

    topic: str
    partition: int
    batch: pa.RecordBatch


@dataclass(frozen=True)
class Step:
    """The atomic unit of progress: committed wholly or not at all.

    `positions` gives the next offset per input read; `outputs` are appended in order; `state` holds the changed entries
    only, None for an entry to remove.
    """

    positions: Mapping[TopicPartition, int] = field(default_factory=dict)
    outputs: Sequence[Output | tuple[str, int, pa.RecordBatch]] = ()
    state: Mapping[str, bytes | None] = field(default_factory=dict)


class Ends(NamedTuple):
    """Where a partition begins and ends: the first offset still kept, and the offset the next record gets."""

    first: int
    next: int


class Backlog(NamedTuple):
    """How far a consumer is behind the ends of a topic: records, and their size in bytes as Arrow buffers."""

    records: int
    bytes: int


@dataclass(frozen=True)
class Subscription:
    """One consumer's place in one partition."""

    consumer: str
    source: TopicPartition
    position: int
    lag: int
    """Records between the position and the partition's end."""


class Seat(Protocol):
    """A worker's exclusive place at the log, held until it is closed or another takes it.

    One thread uses a seat; only `wake` and `close` may be called from others.
    """

    @property
    def worker(self) -> WorkerId:
        """The worker that holds the seat."""
        ...

    @property
    def inputs(self) -> tuple[TopicPartition, ...]:
        """The partitions that the seat reads, in the order they were given."""
        ...

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """The committed position in every input."""
        ...

    @property
    def state(self) -> Mapping[str, bytes]:
        """The committed state, by the name of the entry."""
        ...

    def read(self, source: TopicPartition, offset: int, bounds: Bounds = USUAL) -> Slice | None:
        """Records of an input from `offset` on, small segments merged up to the bounds; None at the end.

        A slice holds at least one record, however big. Offsets that are no longer kept are skipped, so that `base` may
        be greater than `offset`.
        """
        ...

    def wait(self, timeout_seconds: float) -> bool:
        """Sleep until an input grows or `wake` is called; False when the time is up first.

        What happened since the last `wait` returned counts, so nothing is missed between reading and waiting. The first
        wait returns at once when records stand ready.
        """
        ...

    def wake(self) -> None:
        """End the present or the next `wait` at once. Any thread may call this."""
        ...

    def lag(self) -> dict[TopicPartition, int]:
        """Records between the committed position and the end, per input."""
        ...

    def commit(self, step: Step, now: datetime) -> None:
        """Make `step` happen, durable as the log promises. `now` is the append time that retention and replay go by.

        Raises Fenced when another has taken the seat; Transient when the world is unwell and the same step may succeed
        later; TailraceError when the step can never succeed (an unknown topic, a position beyond the end or behind the
        present one). Whatever is raised, nothing of the step has happened, and the seat is as before.
        """
        ...

    def close(self) -> None:
        """Leave the seat; what is committed stays. Closing twice is harmless, and so is closing a lost seat."""
        ...


class LogReader(Protocol):
    """What may be asked of a log without a seat: for taps, progress displays and other processes."""

    def topics(self) -> dict[str, TopicSpec]:
        """Every topic by name, with its latest schema."""
        ...

    def read(self, source: TopicPartition, offset: int, bounds: Bounds = USUAL) -> Slice | None:
        """As `Seat.read`, for any partition."""
        ...

    def ends(self, topic: str) -> dict[int, Ends]:
        """The first kept and the next offset of every partition. Raises TailraceError for an unknown topic."""
        ...

    def offset_at(self, source: TopicPartition, time: datetime) -> int:
        """The first kept offset that was appended at `time` or later; the partition's end when there is none.

        Append times never fall within a partition: after a clock is set back they stand still until it has caught up.
        """
        ...

    def subscriptions(self) -> list[Subscription]:
        """Every consumer's place in every partition of the topics it has ever been opened on, sorted."""
        ...

    def lag(self, topic: str) -> dict[str, Backlog]:
        """How far each consumer of a topic is behind, over all partitions.

        Cheap enough to be asked on every step of a log's owner: no input or output.
        """
        ...

    def close(self) -> None:
        """Let go of everything held. Closing twice is harmless."""
        ...


@runtime_checkable
class Log(LogReader, Protocol):
    """A store of topics, positions and state, held by one owner. Every method may be called from any thread."""

    def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Make topics that do not exist, and bring retention and schema of the others up to date; all or none.

        Raises TailraceError when a topic exists with another number of partitions: records would change their place.
        """
        ...

    def open_worker(self, worker: WorkerId, inputs: Sequence[TopicPartition]) -> Seat:
        """Take a worker's seat; an earlier holder is fenced, and so is another replica's hold on one of `inputs`.

        A consumer that is new to a topic starts at the first record kept, in every partition, and from then on nothing
        it has not passed is dropped. Raises TailraceError for an unknown topic or partition.
        """
        ...

    def unsubscribe(self, consumer: str, topic: str) -> None:
        """Let a consumer read a topic no more, so that it holds nothing back there; fences its replicas.

        What else it reads and its state stay. Nothing happens when it did not read the topic.
        """
        ...

    def forget(self, consumer: str) -> None:
        """Remove a consumer for good, so that it holds nothing back: positions and state of its replicas are gone."""
        ...

    def expire(self, now: datetime) -> int:
        """Apply retention to whole segments that every consumer has passed; the number of records dropped."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
