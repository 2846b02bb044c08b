"""From a log's slices to the batches that a streamlet's inlets take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tailrace.blueprint.plan import Plan, StreamletPlan
from tailrace.log.contract import Bounds, Seat, Slice, TopicPartition
from tailrace.model.batch import Batch, concat
from tailrace.model.record import Record
from tailrace.runtime.routing import assigned
from tailrace.runtime.typed import read_as


@dataclass(frozen=True)
class Limits:
    """How much a worker takes at once, for each inlet, and how far it runs ahead of its consumers."""

    batch_records: int = 65_536
    batch_bytes: int = 16 * 2**20
    backlog_records: int = 500_000
    backlog_bytes: int = 64 * 2**20


@dataclass(frozen=True)
class Source:
    """What feeds one inlet: a topic, by its name in the blueprint, and the partitions of it that this worker reads."""

    inlet: str
    attribute: str
    topic: str
    reader: type[Record]
    writer: type[Record]
    partitions: tuple[TopicPartition, ...]


@dataclass
class Intake:
    """What one step consumes: a slice of some of the partitions, as it was written. Its length is in records."""

    slices: dict[TopicPartition, Slice] = field(default_factory=dict)

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Where the positions will be once the step is committed."""
        return {at: part.next for at, part in self.slices.items()}

    def __len__(self) -> int:
        return sum(part.batch.num_rows for part in self.slices.values())


class Inbound:
    """The inlets of one worker and the partitions that it reads, in the order of declaration."""

    def __init__(self, part: StreamletPlan, plan: Plan, replica: int) -> None:
        inlets = part.streamlet_class.spec.inlets
        self._sources = [_source(inlet, part, plan, replica) for inlet in inlets if inlet in part.inlets]
        self._unconnected = {
            port.attribute: port.record_type
            for name, port in part.streamlet_class.spec.inlets.items()
            if name not in part.inlets
        }
        self._by_partition = {at: source for source in self._sources for at in source.partitions}
        self._turn = 0

    @property
    def partitions(self) -> list[TopicPartition]:
        """All partitions that this worker consumes."""
        return list(self._by_partition)

    def source(self, partition: TopicPartition) -> Source:
        """Where a partition leads."""
        return self._by_partition[partition]

    def take(self, seat: Seat, positions: Mapping[TopicPartition, int], limits: Limits) -> Intake:
        """Read what stands ready on all inlets, within the limits of one step.

        The partitions of an inlet take turns at being first, so that a full one does not starve the others.
        """
        intake = Intake()
        self._turn += 1
        for source in self._sources:
            count = len(source.partitions)
            records, size = limits.batch_records, limits.batch_bytes
            for place in range(count):
                if records <= 0 or size <= 0:
                    break
                at = source.partitions[(self._turn + place) % count]
                found = _read(seat, at, positions[at], records, size, intake)
                records, size = records - found[0], size - found[1]
        return intake

    def take_few(
        self, seat: Seat, positions: Mapping[TopicPartition, int], at: TopicPartition, records: int, size: int
    ) -> Intake:
        """Read at most `records` (and about `size` bytes) from one partition only."""
        intake = Intake()
        _read(seat, at, positions[at], records, size, intake)
        return intake

    def batches(self, intake: Intake) -> dict[str, Batch[Any]]:
        """A batch for each inlet, maybe an empty one, by the inlet's attribute. Raises when a record is unreadable."""
        unconnected = {name: Batch.empty(record_type) for name, record_type in self._unconnected.items()}
        return unconnected | {source.attribute: _batch(source, intake) for source in self._sources}

    def counts(self, intake: Intake) -> dict[str, int]:
        """Records by inlet."""
        counts: dict[str, int] = {}
        for at, part in intake.slices.items():
            inlet = self._by_partition[at].inlet
            counts[inlet] = counts.get(inlet, 0) + part.batch.num_rows
        return counts


def _source(inlet: str, part: StreamletPlan, plan: Plan, replica: int) -> Source:
    declared, topic = part.streamlet_class.spec.inlets[inlet], plan.topic(part.inlets[inlet])
    reader = topic.record_type if declared.record_type is Record else declared.record_type
    partitions = tuple(TopicPartition(topic.physical, p) for p in assigned(topic.partitions, replica, part.replicas))
    return Source(inlet, declared.attribute, topic.name, reader, topic.record_type, partitions)


def _read(seat: Seat, at: TopicPartition, position: int, records: int, size: int, intake: Intake) -> tuple[int, int]:
    """Add what stands there to the intake; how many records and bytes that is."""
    found = seat.read(at, position, Bounds(records, size))
    if found is None:
        return 0, 0
    intake.slices[at] = found
    return found.batch.num_rows, found.batch.nbytes


def _batch(source: Source, intake: Intake) -> Batch[Any]:
    found = [
        read_as(part.batch, source.writer, source.reader)
        for at, part in intake.slices.items()
        if at in source.partitions
    ]
    return concat(source.reader, found) if found else Batch.empty(source.reader)
