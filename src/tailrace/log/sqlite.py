"""The embedded log: one SQLite database per application, owned by one process, read by any number."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tailrace.log import catalog, retention
from tailrace.log.cold import ColdStore
from tailrace.log.committer import Committer
from tailrace.log.contract import (
    USUAL,
    Bounds,
    Slice,
    Step,
    TopicPartition,
    TopicSpec,
    WorkerId,
)
from tailrace.log.faults import fault
from tailrace.log.jobs import Append, Control, StepJob
from tailrace.log.ledger import Ledger, Mark, Owning, micros, partitions_of
from tailrace.log.owner import OwnerLock
from tailrace.log.reader import SqliteReader
from tailrace.log.schema import Durability, open_owner
from tailrace.log.seat import HeldSeat
from tailrace.log.segments import encode, schema_bytes
from tailrace.log.slices import gather
from tailrace.model.errors import TailraceError

_ADD_TOPIC = """
    INSERT INTO topics VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET schema = excluded.schema,
    fingerprint = excluded.fingerprint, retention = excluded.retention, retention_bytes = excluded.retention_bytes"""
_SUBSCRIBE = "INSERT INTO positions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET position = excluded.position"


class SqliteLog(Owning):
    """Topics, positions and state in one database file. See `contract.Log`.

    A step is one SQLite transaction, or a savepoint in one that several workers' steps share. However the process
    ends, what `commit` has returned from is there, and no step is there in part. With durability "normal" a loss of
    power may take back the last steps, all of them wholly: the database is an earlier consistent state. "full" waits
    for the disk at every commit, and loses nothing then either.

    The latest records stay in memory as they were produced, up to `tail_bytes` bytes, so that a consumer just behind
    its producer decodes nothing. `max_size` bounds the database file in bytes; a full one is like a full disk.
    """

    def __init__(
        self,
        path: Path,
        *,
        durability: Durability = "normal",
        tail_bytes: int = 64 * 1024 * 1024,
        max_size: int | None = None,
    ) -> None:
        """Open the database at `path`, or make it and its directory.

        Raises TailraceError when another process owns it (naming that process), when the path is no such database or
        one of a newer version, and when the system forbids it; Transient when the disk is full.
        """
        self.path = path
        _make_directory(path)
        self._lock = OwnerLock(path)
        try:
            connection = open_owner(path, durability, max_size)
            try:
                self._load(connection, tail_bytes)
            except BaseException:
                connection.close()
                raise
        except BaseException as error:
            self._lock.release()
            if isinstance(error, sqlite3.Error):
                raise fault(error, path) from error
            raise
        self._cold = ColdStore(path)

    def _load(self, connection: sqlite3.Connection, tail_bytes: int) -> None:
        self._ledger = Ledger(tail_bytes)
        self._ids = catalog.load(connection, self._ledger, self.path)
        self._schemas: dict[bytes, int] = {
            arrow: number for number, arrow in connection.execute("SELECT id, arrow FROM schemas")
        }
        connection.execute("UPDATE owner SET generation = generation + 1")
        (generation,) = connection.execute("SELECT generation FROM owner").fetchone()
        self._committer = Committer(connection, self.path, generation)

    @staticmethod
    def open_reader(path: Path) -> SqliteReader:
        """Look into the database at `path`, whoever owns it."""
        return SqliteReader(path)

    # -- topics

    def create_topics(self, specs: Sequence[TopicSpec]) -> None:
        """As `contract.Log.create_topics`."""
        messages = [schema_bytes(spec.schema) for spec in specs]

        def into(connection: sqlite3.Connection) -> dict[TopicPartition, int]:
            self._ledger.check_topics(specs)
            for spec, message in zip(specs, messages, strict=True):
                keep = None if spec.retention is None else int(spec.retention.total_seconds() * 1_000_000)
                schema = _schema_id(connection, message)
                row = (spec.name, spec.partitions, schema, spec.fingerprint, keep, spec.retention_bytes)
                connection.execute(_ADD_TOPIC, row)
                connection.executemany(
                    "INSERT OR IGNORE INTO partitions (topic, partition) VALUES (?, ?)", partitions_of(spec)
                )
            return catalog.partition_ids(connection)

        def then(ids: dict[TopicPartition, int]) -> None:
            self._ids = ids
            for spec in specs:
                self._ledger.add_topic(spec)

        self._control(into, then)

    # -- seats

    def open_worker(self, worker: WorkerId, inputs: Sequence[TopicPartition]) -> HeldSeat:
        """As `contract.Log.open_worker`."""
        for source in inputs:
            self._ledger.shelf(source)

        def into(connection: sqlite3.Connection) -> tuple[dict[TopicPartition, Mark], dict[str, bytes]]:
            new = self._ledger.newly_subscribed(worker.streamlet, inputs)
            self._subscribe(connection, worker.streamlet, new)
            rows = connection.execute("SELECT name, value FROM state WHERE streamlet = ? AND replica = ?", worker)
            return new, dict(rows.fetchall())

        def then(written: tuple[dict[TopicPartition, Mark], dict[str, bytes]]) -> HeldSeat:
            new, state = written
            with self._ledger.lock:
                self._ledger.subscribe(worker.streamlet, new)
                marks = self._ledger.marks(worker.streamlet)
                seat = HeldSeat(self, worker, {source: marks[source].position for source in inputs}, state)
                self._ledger.sit(seat)
            return seat

        seat: HeldSeat = self._control(into, then)
        return seat

    def unsubscribe(self, consumer: str, topic: str) -> None:
        """As `contract.Log.unsubscribe`."""

        def into(connection: sqlite3.Connection) -> None:
            theirs = "SELECT id FROM partitions WHERE topic = ?"
            connection.execute(
                f"DELETE FROM positions WHERE consumer = ? AND partition IN ({theirs})", (consumer, topic)
            )

        self._control(into, lambda _: self._ledger.unsubscribe(consumer, topic))

    def forget(self, consumer: str) -> None:
        """As `contract.Log.forget`."""

        def into(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM positions WHERE consumer = ?", (consumer,))
            connection.execute("DELETE FROM state WHERE streamlet = ?", (consumer,))

        self._control(into, lambda _: self._ledger.forget(consumer))

    # -- steps

    def commit_step(self, seat: HeldSeat, step: Step, now: datetime) -> None:
        """Encode the output here, in the worker's own thread, and hand the rest to the committer."""
        self._check_open()
        with self._ledger.lock:
            self._ledger.check_step(seat, step)
            near = {source: self._ledger.mark(source, position) for source, position in step.positions.items()}
        marks = {source: mark or self._cold_mark(source, step.positions[source]) for source, mark in near.items()}
        appends = [
            self._append(TopicPartition(topic, partition), batch)
            for topic, partition, batch in step.outputs
            if batch.num_rows
        ]
        self._committer.run(StepJob(self._ledger, seat, step, micros(now), marks, self._ids, appends))

    def _append(self, source: TopicPartition, batch: pa.RecordBatch) -> Append:
        schema = self._known_schema(batch.schema)
        return Append(source, self._ids[source], schema, batch, encode(batch, batch.nbytes))

    def _known_schema(self, schema: pa.Schema) -> int:
        message: bytes = schema.serialize().to_pybytes()
        number = self._schemas.get(message)
        if number is None:
            schema_bytes(schema)
            number = self._control(lambda connection: _schema_id(connection, message), lambda number: number)
            self._schemas[message] = number
        return number

    # -- reading

    def read(self, source: TopicPartition, offset: int, bounds: Bounds = USUAL) -> Slice | None:
        """As `contract.LogReader.read`: from memory when the latest records reach back so far, else from the disk."""
        self._check_open()
        pieces = self._ledger.pieces(source, offset, bounds)
        if pieces is None:
            shelf = self._ledger.shelf(source)
            offset = max(offset, shelf.first)
            pieces = self._cold.pieces(source, self._ids[source], offset, shelf.next, bounds)
        return gather(source, offset, pieces, bounds)

    def offset_at(self, source: TopicPartition, time: datetime) -> int:
        """As `contract.LogReader.offset_at`."""
        shelf = self._ledger.shelf(source)
        with self._cold.connection() as connection:
            return catalog.offset_at(connection, self._ids[source], micros(time), shelf)

    # -- keeping

    def expire(self, now: datetime) -> int:
        """As `contract.Log.expire`, in transactions short enough for steps to come between. Frees room in the file."""
        dropped = 0
        for source, partition_id in list(self._ids.items()):
            while True:
                cut = retention.Cut(self._ledger, source, partition_id, micros(now))
                count, more = self._control(cut.write, cut.publish)
                dropped += count
                if not more:
                    break
        if dropped:
            self._control(retention.shrink, lambda _: None)
        return dropped

    def close(self) -> None:
        """Commit what is queued, close the database and let go of the lock."""
        if not self._closed:
            self._closed = True
            self._cold.close()
            self._committer.close()
            self._lock.release()

    def _control(self, into: Any, then: Any) -> Any:
        self._check_open()
        return self._committer.run(Control(into, then))

    def _subscribe(self, connection: sqlite3.Connection, consumer: str, marks: Mapping[TopicPartition, Mark]) -> None:
        rows = [(consumer, self._ids[source], mark.position) for source, mark in marks.items()]
        connection.executemany(_SUBSCRIBE, rows)

    def _cold_mark(self, source: TopicPartition, position: int) -> Mark:
        shelf = self._ledger.shelf(source)
        with self._cold.connection() as connection:
            return catalog.mark_at(connection, self._ids[source], max(position, shelf.first), shelf)


def _schema_id(connection: sqlite3.Connection, message: bytes) -> int:
    connection.execute("INSERT OR IGNORE INTO schemas (arrow) VALUES (?)", (message,))
    (number,) = connection.execute("SELECT id FROM schemas WHERE arrow = ?", (message,)).fetchone()
    return int(number)


def _make_directory(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        taken = path.is_dir()
    except OSError as error:
        raise TailraceError(
            f"the directory {path.parent} for the database cannot be made or entered: {error.strerror}",
            hint="give another path, or check who owns the directories above it",
        ) from None
    if taken:
        raise TailraceError(f"{path} is a directory, and a database file is needed", hint="name a file in it")
