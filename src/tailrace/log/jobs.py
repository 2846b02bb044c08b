"""What the committer of a database is given to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import pyarrow as pa

from tailrace.log.contract import Step, TopicPartition
from tailrace.log.ledger import Ledger, Mark
from tailrace.log.seat import HeldSeat
from tailrace.log.segments import Segment
from tailrace.log.tail import Entry

T = TypeVar("T")

_TAKE_OFFSETS = """
    UPDATE partitions SET next = next + ?, bytes = bytes + ?, stored = stored + ?, appended = max(appended, ?)
    WHERE id = ? RETURNING next, bytes, appended"""
_ADD_SEGMENT = """
    INSERT INTO segments (partition, base, rows, size, start, appended, schema, crc, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_MOVE = "UPDATE positions SET position = ? WHERE consumer = ? AND partition = ?"
_SET_STATE = """
    INSERT INTO state VALUES (?, ?, ?, ?) ON CONFLICT (streamlet, replica, name) DO UPDATE SET value = excluded.value"""
_DROP_STATE = "DELETE FROM state WHERE streamlet = ? AND replica = ? AND name = ?"


@dataclass(frozen=True)
class Control(Generic[T]):
    """A change of anything but a worker's progress, in a transaction of its own."""

    into: Callable[[sqlite3.Connection], T]
    """Writes, and returns what `then` needs."""
    then: Callable[[T], Any]
    """Tells the ledger; its result is the job's."""
    alone: bool = True
    size: int = 0
    _written: list[T] = field(default_factory=list)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write within the open transaction."""
        self._written[:] = [self.into(connection)]

    def publish(self) -> Any:
        """Tell what has been committed."""
        return self.then(self._written[0])


@dataclass(frozen=True)
class Append:
    """A batch on its way to one partition, cut into segments."""

    source: TopicPartition
    partition_id: int
    schema_id: int
    batch: pa.RecordBatch
    segments: list[Segment]

    @property
    def size(self) -> int:
        """Bytes as Arrow buffers."""
        return sum(segment.size for segment in self.segments)

    def write(self, connection: sqlite3.Connection, now: int) -> Entry:
        """Store the segments, and return the entry to publish."""
        rows, size = int(self.batch.num_rows), self.size
        stored = sum(segment.body.size for segment in self.segments)
        taken = (rows, size, stored, now, self.partition_id)
        ((end, end_bytes, appended),) = connection.execute(_TAKE_OFFSETS, taken).fetchall()
        base, start = end - rows, end_bytes - size
        values = []
        for rows_of, size_of, crc, body in self.segments:
            kept = (self.schema_id, crc, body)
            values.append((self.partition_id, base, rows_of, size_of, start, appended, *kept))
            base, start = base + rows_of, start + size_of
        connection.executemany(_ADD_SEGMENT, values)
        return Entry(end - rows, self.batch, size, end_bytes - size, appended)


@dataclass
class StepJob:
    """One worker's step. Shares a transaction with the steps of others."""

    ledger: Ledger
    seat: HeldSeat
    step: Step
    now: int
    marks: dict[TopicPartition, Mark]
    partition_ids: dict[TopicPartition, int]
    appends: list[Append]
    alone: bool = False

    def __post_init__(self) -> None:
        self._entries: list[Entry] = []

    @property
    def size(self) -> int:
        """Bytes of Arrow buffers that the step appends."""
        return sum(append.size for append in self.appends)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write positions, output and state. Raises Fenced when the seat has been lost."""
        self.ledger.check_seat(self.seat)
        streamlet, replica = self.seat.worker
        if self.marks:
            moves = [(mark.position, streamlet, self.partition_ids[source]) for source, mark in self.marks.items()]
            connection.executemany(_MOVE, moves)
        self._entries = [append.write(connection, self.now) for append in self.appends]
        if self.step.state:
            changes = self.step.state.items()
            put = [(streamlet, replica, name, value) for name, value in changes if value is not None]
            connection.executemany(_SET_STATE, put)
            connection.executemany(
                _DROP_STATE, [(streamlet, replica, name) for name, value in changes if value is None]
            )

    def publish(self) -> None:
        """Tell the seat and the ledger."""
        self.seat.took(self.step)
        with self.ledger.lock:
            self.ledger.subscribe(self.seat.worker.streamlet, self.marks)
            for append, entry in zip(self.appends, self._entries, strict=True):
                self.ledger.append(append.source, entry)
