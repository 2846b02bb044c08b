"""From a log's slices to the batches that a streamlet's inlets take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.log.contract import Seat, TopicPartition
from tailrace.model.batch import Batch, concat
from tailrace.model.record import Record
from tailrace.model.resolution import resolve_batch
from tailrace.runtime.routing import assigned


@dataclass(frozen=True)
class Limits:
    """How much a worker takes at once, and how far it runs ahead of its consumers."""

    batch_records: int = 16_384
    batch_bytes: int = 16 * 2**20
    backlog_records: int = 500_000
    backlog_bytes: int = 256 * 2**20


@dataclass
class Intake:
    """What one step consumes: a batch for each inlet (by its attribute's name), and where the positions will be."""

    batches: dict[str, Batch[Any]] = field(default_factory=dict)
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(self.records.values())


@dataclass(frozen=True)
class _Source:
    inlet: str
    attribute: str
    record_type: type[Record]
    writer: type[Record]
    partitions: tuple[TopicPartition, ...]


class Inbound:
    """The inlets of one worker and the partitions that it reads, in the order of declaration."""

    def __init__(self, part: StreamletPlan, plan: Plan, replica: int) -> None:
        spec = part.streamlet_class.spec
        self._sources = [
            _source(
                spec.inlets[inlet].attribute, inlet, spec.inlets[inlet].record_type, plan.topic(topic), part, replica
            )
            for inlet, topic in ((inlet, part.inlets[inlet]) for inlet in spec.inlets if inlet in part.inlets)
        ]
        self._turn = 0

    @property
    def partitions(self) -> list[TopicPartition]:
        """All partitions that this worker consumes."""
        return [partition for source in self._sources for partition in source.partitions]

    def inlet_of(self, partition: TopicPartition) -> str:
        """The inlet that a partition feeds."""
        return next(source.inlet for source in self._sources if partition in source.partitions)

    def take(self, seat: Seat, positions: Mapping[TopicPartition, int], limits: Limits) -> Intake:
        """Read what stands ready on all inlets, within the limits of one step."""
        intake = Intake()
        self._turn += 1
        for source in self._sources:
            self._take_source(seat, source, positions, limits, intake)
        return intake

    def take_few(self, seat: Seat, positions: Mapping[TopicPartition, int], at: TopicPartition, records: int) -> Intake:
        """Read at most `records` from one partition only; the other inlets get empty batches."""
        intake = Intake()
        for source in self._sources:
            found = []
            if at in source.partitions:
                found = [_read(seat, source, at, positions[at], records, Limits().batch_bytes, intake)]
            _settle(source, found, intake)
        return intake

    def _take_source(
        self, seat: Seat, source: _Source, positions: Mapping[TopicPartition, int], limits: Limits, intake: Intake
    ) -> None:
        """Partitions take turns at being first, so that a full one does not starve the others."""
        count = len(source.partitions)
        order = [source.partitions[(self._turn + place) % count] for place in range(count)]
        found: list[Batch[Any] | None] = []
        room_records, room_bytes = limits.batch_records, limits.batch_bytes
        for partition in order:
            if room_records <= 0 or room_bytes <= 0:
                break
            batch = _read(seat, source, partition, positions[partition], room_records, room_bytes, intake)
            if batch is not None:
                found.append(batch)
                room_records -= len(batch)
                room_bytes -= batch.arrow.nbytes
        _settle(source, found, intake)


def _source(
    attribute: str, inlet: str, reader: type[Record], topic: TopicPlan, part: StreamletPlan, replica: int
) -> _Source:
    partitions = tuple(TopicPartition(topic.physical, p) for p in assigned(topic.partitions, replica, part.replicas))
    return _Source(inlet, attribute, topic.record_type if reader is Record else reader, topic.record_type, partitions)


def _read(
    seat: Seat, source: _Source, partition: TopicPartition, position: int, records: int, size: int, intake: Intake
) -> Batch[Any] | None:
    slice_ = seat.read(partition, position, records, size)
    if slice_ is None or slice_.batch.num_rows == 0:
        return None
    intake.positions[partition] = slice_.next
    return _typed(source, slice_.batch)


def _typed(source: _Source, arrow: pa.RecordBatch) -> Batch[Any]:
    """The records as the inlet's type: as they are where the writer's type is the reader's, else resolved."""
    if arrow.schema.equals(source.record_type.arrow_schema()):
        return Batch(source.record_type, arrow)
    return Batch.from_arrow(source.record_type, resolve_batch(arrow, source.writer, source.record_type))


def _settle(source: _Source, found: list[Batch[Any] | None], intake: Intake) -> None:
    batches = [batch for batch in found if batch is not None]
    merged = concat(source.record_type, batches) if batches else Batch.empty(source.record_type)
    intake.batches[source.attribute] = merged
    intake.records[source.inlet] = len(merged)
