"""What a log's owner knows in memory: topics, ends, every consumer's place, the latest records, and who sits where.

Belongs here: what the logs of one process have in common. Does not belong here: how a step becomes durable. A log
publishes to its ledger what has been committed, and answers questions from it.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import NamedTuple, Self

from tailrace.log.contract import Backlog, Bounds, Ends, Step, Subscription, TopicPartition, TopicSpec, WorkerId
from tailrace.log.seat import HeldSeat
from tailrace.log.slices import Piece
from tailrace.log.tail import Entry, Tail
from tailrace.model.errors import Fenced, TailraceError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Mark(NamedTuple):
    """A consumer's place in a partition, and the bytes appended to the partition before it."""

    position: int
    bytes: int


@dataclass
class Shelf:
    """One partition: its ends, the bytes appended before each, the time of the last append, its latest records."""

    first: int = 0
    next: int = 0
    first_bytes: int = 0
    bytes: int = 0
    appended: int = 0
    tail: Tail = field(default_factory=Tail)


class Ledger:
    """The committed truth in memory. Safe for threads: every method locks; `lock` may be held around several."""

    def __init__(self, tail_bytes: int | None = None) -> None:
        """Keep the latest records of all partitions up to `tail_bytes` bytes together; None keeps every one."""
        self.lock = threading.RLock()
        self.topics: dict[str, TopicSpec] = {}
        self.shelves: dict[TopicPartition, Shelf] = {}
        self._marks: dict[str, dict[TopicPartition, Mark]] = {}
        self._seats: dict[WorkerId, HeldSeat] = {}
        self._tail_bytes = tail_bytes
        self._kept: deque[tuple[TopicPartition, Entry, int]] = deque()
        self._kept_bytes = 0

    # -- topics

    def check_topics(self, specs: Sequence[TopicSpec]) -> None:
        """Raise TailraceError when one of `specs` cannot be made or would change the number of partitions."""
        for spec in specs:
            known = self.topics.get(spec.name)
            if spec.partitions < 1:
                raise TailraceError(
                    f"topic {spec.name!r} is asked for with {spec.partitions} partitions; one at least is needed"
                )
            if known and known.partitions != spec.partitions:
                raise TailraceError(
                    f"topic {spec.name!r} has {known.partitions} partitions in this log, not {spec.partitions}",
                    hint=f"go back to `partitions: {known.partitions}`, or give the topic another name",
                )

    def add_topic(self, spec: TopicSpec) -> None:
        """Publish a topic that was made or brought up to date."""
        with self.lock:
            self.topics[spec.name] = spec
            for source in partitions_of(spec):
                self.shelves.setdefault(source, Shelf())

    def topic(self, name: str) -> TopicSpec:
        """The topic of that name. Raises TailraceError, naming the topics there are."""
        try:
            return self.topics[name]
        except KeyError:
            raise unknown_topic(name, self.topics) from None

    def shelf(self, source: TopicPartition) -> Shelf:
        """The shelf of a partition. Raises TailraceError for one that does not exist."""
        spec = self.topic(source.topic)
        if not 0 <= source.partition < spec.partitions:
            raise unknown_partition(source, spec)
        return self.shelves[source]

    # -- seats

    def sit(self, seat: HeldSeat) -> None:
        """Give the worker's place to `seat`: fence the earlier holder, and replicas that read one of its inputs."""
        with self.lock:
            mine = set(seat.inputs)
            for other in list(self._seats.values()):
                rival = other.worker.streamlet == seat.worker.streamlet and mine.intersection(other.inputs)
                if other.worker == seat.worker or rival:
                    self._fence(other)
            self._seats[seat.worker] = seat

    def fence(self, consumer: str) -> None:
        """Take away the seats of all replicas of a consumer."""
        with self.lock:
            for seat in list(self._seats.values()):
                if seat.worker.streamlet == consumer:
                    self._fence(seat)

    def leave(self, seat: HeldSeat) -> None:
        """Free the seat, if it still is the worker's."""
        with self.lock:
            if self._seats.get(seat.worker) is seat:
                del self._seats[seat.worker]

    def _fence(self, seat: HeldSeat) -> None:
        del self._seats[seat.worker]
        seat.lost = True
        seat.wake()

    # -- consumers

    def subscribe(self, consumer: str, marks: Mapping[TopicPartition, Mark]) -> None:
        """Publish a consumer's places."""
        with self.lock:
            self._marks.setdefault(consumer, {}).update(marks)

    def unsubscribe(self, consumer: str, topic: str) -> None:
        """Forget a consumer's places in a topic, and take away its seats."""
        with self.lock:
            self.fence(consumer)
            places = {source: mark for source, mark in self.marks(consumer).items() if source.topic != topic}
            self._marks[consumer] = places

    def forget(self, consumer: str) -> None:
        """Forget a consumer's places in all topics, and take away its seats."""
        with self.lock:
            self.fence(consumer)
            self._marks.pop(consumer, None)

    def marks(self, consumer: str) -> dict[TopicPartition, Mark]:
        """A consumer's places; none for a stranger."""
        with self.lock:
            return dict(self._marks.get(consumer, {}))

    def newly_subscribed(self, consumer: str, sources: Iterable[TopicPartition]) -> dict[TopicPartition, Mark]:
        """Places to add when a consumer reads `sources`: the first record kept, in every partition of their topics."""
        with self.lock:
            for source in sources:
                self.shelf(source)
            known = self._marks.get(consumer, {})
            topics = dict.fromkeys(source.topic for source in sources)
            wanted = [source for name in topics for source in partitions_of(self.topics[name])]
            shelves = {source: self.shelves[source] for source in wanted if source not in known}
            return {source: Mark(shelf.first, shelf.first_bytes) for source, shelf in shelves.items()}

    def passed(self, source: TopicPartition) -> int:
        """The offset that every consumer of the topic has reached; the end when there is none."""
        with self.lock:
            places = [marks[source].position for marks in self._marks.values() if source in marks]
            return min([self.shelves[source].next, *places])

    # -- steps

    def check_step(self, seat: HeldSeat, step: Step) -> None:
        """Raise what `Seat.commit` raises for a step that cannot happen."""
        self.check_seat(seat)
        for source, position in step.positions.items():
            present = seat.positions.get(source)
            if present is None:
                raise TailraceError(f"worker {seat.worker} commits a position in {source}, which is none of its inputs")
            if position < present:
                raise TailraceError(
                    f"worker {seat.worker} commits position {position} in {source}, behind its position {present}"
                )
            end = self.shelf(source).next
            if position > end:
                raise TailraceError(
                    f"worker {seat.worker} commits position {position} in {source}, beyond its end {end}"
                )
        for topic, partition, _ in step.outputs:
            self.shelf(TopicPartition(topic, partition))

    def check_seat(self, seat: HeldSeat) -> None:
        """Raise Fenced when another has taken the seat."""
        if seat.lost:
            raise Fenced(f"worker {seat.worker} has lost its seat to another that was opened since")

    def append(self, source: TopicPartition, entry: Entry) -> None:
        """Publish a batch that was appended, and wake who reads the partition."""
        with self.lock:
            shelf = self.shelves[source]
            shelf.next, shelf.bytes, shelf.appended = entry.end, entry.start + entry.size, entry.appended
            shelf.tail.entries.append(entry)
            self._bound_tails(source, entry)
            for seat in self._seats.values():
                if source in seat.positions:
                    seat.wake()

    def _bound_tails(self, source: TopicPartition, entry: Entry) -> None:
        """Drop the oldest records of all partitions beyond the bound; an eighth at once, as dropping shifts lists."""
        if self._tail_bytes is None:
            return
        cost = entry.cost
        self._kept.append((source, entry, cost))
        self._kept_bytes += cost
        if self._kept_bytes <= self._tail_bytes:
            return
        counts: dict[TopicPartition, int] = {}
        while self._kept_bytes > self._tail_bytes * 7 // 8:
            oldest, dropped, cost = self._kept.popleft()
            self._kept_bytes -= cost
            entries = self.shelves[oldest].tail.entries
            gone = counts.get(oldest, 0)
            if gone < len(entries) and entries[gone] is dropped:  # retention may have been faster
                counts[oldest] = gone + 1
        for oldest, count in counts.items():
            del self.shelves[oldest].tail.entries[:count]

    def expired(self, source: TopicPartition, first: int, first_bytes: int) -> None:
        """Publish that the records before `first` are gone, which had `first_bytes` bytes."""
        with self.lock:
            shelf = self.shelves[source]
            shelf.first, shelf.first_bytes = first, first_bytes
            entries = shelf.tail.entries
            del entries[: next((index for index, entry in enumerate(entries) if entry.base >= first), len(entries))]

    # -- questions

    def pieces(self, source: TopicPartition, offset: int, bounds: Bounds) -> list[Piece] | None:
        """Pieces for a slice from the latest records: none at the end, None when they do not reach back so far."""
        with self.lock:
            shelf = self.shelf(source)
            offset = max(offset, shelf.first)
            if offset >= shelf.next:
                return []
            return shelf.tail.pieces(offset, bounds) if shelf.tail.covers(offset) else None

    def mark(self, source: TopicPartition, position: int) -> Mark | None:
        """The place at `position`; None when the latest records do not reach back to it."""
        with self.lock:
            shelf = self.shelves[source]
            if position >= shelf.next:
                return Mark(position, shelf.bytes)
            return Mark(position, shelf.tail.bytes_before(position)) if shelf.tail.covers(position) else None

    def ends(self, topic: str) -> dict[int, Ends]:
        """As `LogReader.ends`."""
        with self.lock:
            shelves = {source.partition: self.shelves[source] for source in partitions_of(self.topic(topic))}
            return {partition: Ends(shelf.first, shelf.next) for partition, shelf in shelves.items()}

    def behind(self, positions: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Records between each position and the end."""
        with self.lock:
            return {source: max(self.shelves[source].next - position, 0) for source, position in positions.items()}

    def subscriptions(self) -> list[Subscription]:
        """As `LogReader.subscriptions`."""
        with self.lock:
            return [
                Subscription(consumer, source, mark.position, self.shelves[source].next - mark.position)
                for consumer, marks in sorted(self._marks.items())
                for source, mark in sorted(marks.items())
            ]

    def lag(self, topic: str) -> dict[str, Backlog]:
        """As `LogReader.lag`."""
        with self.lock:
            sources = list(partitions_of(self.topic(topic)))
            return {
                consumer: self._behind(marks, sources)
                for consumer, marks in sorted(self._marks.items())
                if sources[0] in marks
            }

    def _behind(self, marks: Mapping[TopicPartition, Mark], sources: list[TopicPartition]) -> Backlog:
        shelves = [(self.shelves[source], marks[source]) for source in sources]
        return Backlog(
            sum(shelf.next - mark.position for shelf, mark in shelves),
            sum(shelf.bytes - mark.bytes for shelf, mark in shelves),
        )


class Answering(ABC):
    """What may be asked of a log without reading records: answered from a ledger, wherever the records lie."""

    @abstractmethod
    def _now(self) -> Ledger:
        """The ledger of this moment."""

    @abstractmethod
    def close(self) -> None:
        """As `contract.LogReader.close`."""

    def topics(self) -> dict[str, TopicSpec]:
        """As `contract.LogReader.topics`."""
        ledger = self._now()
        with ledger.lock:
            return dict(ledger.topics)

    def ends(self, topic: str) -> dict[int, Ends]:
        """As `contract.LogReader.ends`."""
        return self._now().ends(topic)

    def subscriptions(self) -> list[Subscription]:
        """As `contract.LogReader.subscriptions`."""
        return self._now().subscriptions()

    def lag(self, topic: str) -> dict[str, Backlog]:
        """As `contract.LogReader.lag`."""
        return self._now().lag(topic)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Owning(Answering):
    """What the logs of one process share: a ledger that is theirs alone, and whose seats they give out."""

    _ledger: Ledger
    _closed = False

    def _now(self) -> Ledger:
        return self._ledger

    def behind(self, positions: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Records between each position and the end."""
        return self._ledger.behind(positions)

    def leave(self, seat: HeldSeat) -> None:
        """Free the seat, if it still is the worker's."""
        self._ledger.leave(seat)

    def _check_open(self) -> None:
        if self._closed:
            raise TailraceError("the log is closed")


def partitions_of(spec: TopicSpec) -> Iterable[TopicPartition]:
    """The partitions of a topic in order."""
    return (TopicPartition(spec.name, partition) for partition in range(spec.partitions))


def unknown_topic(name: str, known: Iterable[str]) -> TailraceError:
    """The fault of asking for a topic that the log does not have."""
    names = ", ".join(sorted(known))
    return TailraceError(f"this log has no topic {name!r}", hint=f"it has {names}" if names else "it has no topics yet")


def unknown_partition(source: TopicPartition, spec: TopicSpec) -> TailraceError:
    """The fault of asking for a partition that the topic does not have."""
    return TailraceError(
        f"topic {source.topic!r} has no partition {source.partition}; it has {spec.partitions}, counted from 0"
    )


def micros(time: datetime) -> int:
    """Microseconds since 1970. Raises ValueError for a time without a zone."""
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone")
    return (time - _EPOCH) // timedelta(microseconds=1)
