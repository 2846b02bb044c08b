"""Letting go of segments that are old enough, and that every consumer has passed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from tailrace.log.contract import TopicPartition, TopicSpec
from tailrace.log.ledger import Ledger

_CUT_SEGMENTS = 500
_CUT_BYTES = 64 * 1024 * 1024
_SHRINK_PAGES = 2000
_OLDEST = """
    SELECT base + rows, start + size, appended, length(body) FROM segments
    WHERE partition = ? AND base < ? ORDER BY base LIMIT ?"""


def outlived(spec: TopicSpec, age: int, stored: int) -> bool:
    """Whether retention lets go of a partition's oldest segment.

    The segment is `age` microseconds old, and the partition stores `stored` bytes.
    """
    if spec.retention is not None and age > spec.retention.total_seconds() * 1_000_000:
        return True
    return spec.retention_bytes is not None and stored > spec.retention_bytes


@dataclass(frozen=True)
class _Found:
    segments: int
    first: int
    first_bytes: int
    more: bool


@dataclass(frozen=True)
class Cut:
    """One short transaction's worth of retention, on one partition."""

    ledger: Ledger
    source: TopicPartition
    partition_id: int
    now: int

    def write(self, connection: sqlite3.Connection) -> _Found:
        """Delete the oldest segments, up to a bound."""
        spec = self.ledger.topic(self.source.topic)
        shelf = self.ledger.shelf(self.source)
        if spec.retention is None and spec.retention_bytes is None:
            return _Found(0, shelf.first, shelf.first_bytes, False)
        passed = self.ledger.passed(self.source)
        (stored,) = connection.execute("SELECT stored FROM partitions WHERE id = ?", (self.partition_id,)).fetchone()
        found, freed = self._find(connection, spec, passed, stored)
        if found.segments:
            connection.execute(
                "DELETE FROM segments WHERE partition = ? AND base < ?", (self.partition_id, found.first)
            )
            connection.execute(
                "UPDATE partitions SET first = ?, first_bytes = ?, stored = stored - ? WHERE id = ?",
                (found.first, found.first_bytes, freed, self.partition_id),
            )
        return found

    def _find(self, connection: sqlite3.Connection, spec: TopicSpec, passed: int, stored: int) -> tuple[_Found, int]:
        shelf = self.ledger.shelf(self.source)
        first, first_bytes, freed, count = shelf.first, shelf.first_bytes, 0, 0
        for end, end_bytes, appended, length in connection.execute(_OLDEST, (self.partition_id, passed, _CUT_SEGMENTS)):
            if end > passed or not outlived(spec, self.now - appended, stored - freed):
                return _Found(count, first, first_bytes, False), freed
            first, first_bytes, freed, count = end, end_bytes, freed + length, count + 1
            if freed >= _CUT_BYTES:
                break
        return _Found(count, first, first_bytes, bool(count)), freed

    def publish(self, found: _Found) -> tuple[int, bool]:
        """Tell the ledger; the records dropped, and whether there may be more to drop."""
        dropped = found.first - self.ledger.shelf(self.source).first
        if dropped:
            self.ledger.expired(self.source, found.first, found.first_bytes)
        return dropped, found.more


def shrink(connection: sqlite3.Connection) -> None:
    """Give back room to the file system once more than a quarter of the file is free; a part at a time.

    The pragma frees one page per step of its statement, and only `executescript` steps to the end; that ends the open
    transaction first, in which nothing was written, and so leaves a new one to the committer.
    """
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    if free * 4 > pages:
        connection.executescript(f"PRAGMA incremental_vacuum({_SHRINK_PAGES}); BEGIN IMMEDIATE;")
