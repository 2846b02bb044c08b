"""The latest records of a partition, in memory and in the form in which they were produced."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import pyarrow as pa

from tailrace.log.contract import Bounds
from tailrace.log.slices import Piece

_ENTRY_OVERHEAD = 1024
"""Bytes that an entry takes beside its buffers: the objects of Arrow and Python, roughly."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch as it was appended. `start` counts the bytes appended to the partition before it."""

    base: int
    batch: pa.RecordBatch
    size: int
    start: int
    appended: int
    """Microseconds since 1970, never falling within a partition."""

    @property
    def end(self) -> int:
        """The offset after the last record."""
        return self.base + int(self.batch.num_rows)

    @property
    def cost(self) -> int:
        """Bytes of memory that the entry keeps alive: a slice holds on to the whole it was cut from."""
        return max(self.size, int(self.batch.get_total_buffer_size())) + _ENTRY_OVERHEAD


class Tail:
    """Consecutive entries up to the end of a partition. Not safe for threads; its ledger locks."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        """Oldest first."""

    def covers(self, offset: int) -> bool:
        """Whether the record at `offset` and all after it are here."""
        return bool(self.entries) and offset >= self.entries[0].base

    def pieces(self, offset: int, bounds: Bounds) -> list[Piece]:
        """What `slices.gather` needs for these bounds, from the entry that contains `offset` (or the oldest)."""
        found: list[Piece] = []
        for index in range(self._index(offset), len(self.entries)):
            entry = self.entries[index]
            if bounds.reached:
                break
            found.append(Piece(entry.base, entry.batch, entry.size))
            bounds = bounds.less(entry.end - max(entry.base, offset), entry.size if entry.base >= offset else 0)
        return found

    def bytes_before(self, offset: int) -> int:
        """The bytes appended to the partition before `offset`, which must be covered; within an entry by proportion."""
        entry = self.entries[self._index(offset)]
        rows = int(entry.batch.num_rows)
        return entry.start + entry.size * min(offset - entry.base, rows) // rows

    def offset_at(self, time: int) -> int | None:
        """The base of the first entry appended at `time` (microseconds) or later."""
        index = bisect_right(self.entries, time - 1, key=lambda entry: entry.appended)
        return self.entries[index].base if index < len(self.entries) else None

    def _index(self, offset: int) -> int:
        return max(bisect_right(self.entries, offset, key=lambda entry: entry.base) - 1, 0)
