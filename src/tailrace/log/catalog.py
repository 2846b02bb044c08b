"""What the small tables of a log's database say, as a ledger."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

from tailrace.log.contract import TopicPartition, TopicSpec
from tailrace.log.ledger import Ledger, Mark, Shelf
from tailrace.log.segments import read_schema
from tailrace.model.errors import TailraceError

_TOPICS = """
    SELECT name, partitions, arrow, fingerprint, retention, retention_bytes
    FROM topics JOIN schemas ON schemas.id = topics.schema ORDER BY name"""
_PARTITIONS = "SELECT topic, partition, first, next, first_bytes, bytes, appended FROM partitions ORDER BY id"
_POSITIONS = """
    SELECT consumer, topic, partitions.partition, partitions.id, position
    FROM positions JOIN partitions ON partitions.id = positions.partition"""
_SEGMENT_OF = """
    SELECT base, rows, size, start, appended FROM segments
    WHERE partition = ? AND base <= ? ORDER BY base DESC LIMIT 1"""


def load(connection: sqlite3.Connection, ledger: Ledger, path: Path) -> dict[TopicPartition, int]:
    """Fill `ledger` from the database, of one moment, and return the partitions' numbers."""
    connection.execute("BEGIN")
    try:
        for name, partitions, arrow, fingerprint, retention, retention_bytes in connection.execute(_TOPICS):
            keep = None if retention is None else timedelta(microseconds=retention)
            ledger.add_topic(TopicSpec(name, partitions, read_schema(arrow), fingerprint, keep, retention_bytes))
        for topic, partition, *numbers in connection.execute(_PARTITIONS):
            ledger.shelves[TopicPartition(topic, partition)] = Shelf(*numbers)
        for consumer, topic, partition, partition_id, position in connection.execute(_POSITIONS).fetchall():
            source = TopicPartition(topic, partition)
            ledger.subscribe(consumer, {source: mark_at(connection, partition_id, position, ledger.shelves[source])})
        return partition_ids(connection)
    except (KeyError, OSError, ValueError) as error:  # Arrow's errors are among these
        raise TailraceError(f"the database {path} is damaged: its tables do not fit together ({error})") from error
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def partition_ids(connection: sqlite3.Connection) -> dict[TopicPartition, int]:
    """The numbers by which other tables name the partitions."""
    rows = connection.execute("SELECT topic, partition, id FROM partitions")
    return {TopicPartition(topic, partition): number for topic, partition, number in rows}


def mark_at(connection: sqlite3.Connection, partition_id: int, position: int, shelf: Shelf) -> Mark:
    """The place at `position`, with the bytes before it; within a segment by proportion."""
    if position >= shelf.next:
        return Mark(position, shelf.bytes)
    row = connection.execute(_SEGMENT_OF, (partition_id, position)).fetchone()
    if row is None:
        return Mark(position, shelf.first_bytes)
    base, rows, size, start, _ = row
    return Mark(position, start + size * min(position - base, rows) // rows)


def offset_at(connection: sqlite3.Connection, partition_id: int, time: int, shelf: Shelf) -> int:
    """The first kept offset appended at `time` (microseconds) or later: a binary search, as append times never fall."""
    least, most = shelf.first, shelf.next
    while least < most:
        row = connection.execute(_SEGMENT_OF, (partition_id, (least + most) // 2)).fetchone()
        if row is None:  # retention was faster: what is kept begins later
            least = (least + most) // 2 + 1
            continue
        base, rows, _, _, appended = row
        if appended < time:
            least = base + rows
        else:
            most = max(base, least)
            if base <= least:
                break
    return least
