"""Slices out of pieces: several small batches merged, a big one cut, both without touching a record in Python. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from tailrace.log.contract import Bounds, Slice, TopicPartition


class Piece(NamedTuple):
    """Consecutive records as they were stored; `size` is their bytes as Arrow buffers."""

    base: int
    batch: pa.RecordBatch
    size: int

    @property
    def end(self) -> int:
        """The offset after the last record."""
        return self.base + int(self.batch.num_rows)


def gather(source: TopicPartition, offset: int, pieces: Iterable[Piece], bounds: Bounds) -> Slice | None:
    """Merge `pieces` from `offset` on up to the bounds; None when there is no piece.

    The first piece must contain `offset` or begin after it, and the others follow without a gap. At least one record is
    taken; a piece of another schema ends the slice.
    """
    chosen: list[pa.RecordBatch] = []
    base = offset
    for piece in pieces:
        batch, size = piece.batch, piece.size
        if offset > piece.base:
            batch = batch.slice(offset - piece.base)
            size = batch.nbytes
        if not chosen:
            base = max(offset, piece.base)
        elif not batch.schema.equals(chosen[0].schema):
            break
        fit = rows_within(batch, size, bounds)
        if fit < batch.num_rows:
            fit = fit if chosen else max(fit, 1)
            if fit:
                chosen.append(batch.slice(0, fit))
            break
        chosen.append(batch)
        bounds = bounds.less(fit, size)
    return Slice(source.topic, source.partition, base, merge(chosen)) if chosen else None


def rows_within(batch: pa.RecordBatch, size: int, bounds: Bounds) -> int:
    """The most leading rows that keep to both bounds, maybe 0; `size` is the size of the whole batch in bytes."""
    most = min(int(batch.num_rows), max(bounds.records, 0))
    if size <= bounds.bytes:
        return most
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if batch.slice(0, middle).nbytes <= bounds.bytes:
            least = middle
        else:
            most = middle - 1
    return least


def merge(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """One batch of all rows; the batches share a schema, and there is at least one."""
    if len(batches) == 1:
        return batches[0]
    return pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
