"""Reading many files together: what is finished of each is assembled at once, since a thousand small frames cost more
than a large one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from tailrace.logs.reading.assemble import assemble_parted_volumes, assemble_records
from tailrace.logs.reading.chunk import WINDOW, ChunkResult
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.levels import SEVERITIES, WARN
from tailrace.logs.reading.neighbours import PART_BITS
from tailrace.logs.reading.segments import Asked, Segment, read_segments
from tailrace.logs.reading.state import ReaderState


@dataclass(frozen=True, slots=True)
class Part:
    """What is finished of one file, not yet assembled, and the state to go on from."""

    segments: tuple[Segment, ...]
    state: ReaderState

    @property
    def bytes(self) -> int:
        """How many bytes it accounts for."""
        return sum(int(segment.volumes[3].sum()) for segment in self.segments)

    @property
    def lines(self) -> int:
        """How many physical lines it accounts for."""
        return sum(segment.lines for segment in self.segments)


def read_part(
    state: ReaderState,
    chunk: bytes | memoryview,
    *,
    final: bool,
    clock: TimeContext,
    observed: datetime,
    least: int = SEVERITIES[WARN],
    formats: tuple[Format, ...] = (),
    flush: bool = False,
) -> Part:
    """Do as `chunk.read_chunk` does, or with `flush` as `chunk.flush`, but leave out the assembly."""
    asked = Asked(clock, observed, least, formats)
    segments: list[Segment] = []
    for begin in range(0, max(len(chunk), 1), WINDOW):
        piece, last = memoryview(chunk)[begin : begin + WINDOW], final and begin + WINDOW >= len(chunk)
        found, state = read_segments(state, piece, asked, final=last, flush=flush)
        segments += found
    return Part(tuple(segments), state)


def assemble(parts: Sequence[Part | ChunkResult]) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Return the records and the volumes of `chunk.ChunkResult` for several files, and how many were not UTF-8.

    Both have the column `part` besides: which of the parts a row is of. They are in the order of the parts. Parts that
    are assembled already stay as they are.
    """
    numbers = [number for number, part in enumerate(parts) if isinstance(part, Part) for _ in part.segments]
    segments = [segment for part in parts if isinstance(part, Part) for segment in part.segments]
    apart = [replace(each, offset=each.offset + (n << PART_BITS)) for n, each in zip(numbers, segments, strict=True)]
    records, invalid = assemble_records(apart)
    records = records.with_columns(
        part=pl.col("offset") // (1 << PART_BITS), offset=pl.col("offset") % (1 << PART_BITS)
    )
    volumes = assemble_parted_volumes(segments, numbers)
    ready = [(number, part) for number, part in enumerate(parts) if isinstance(part, ChunkResult)]
    if not ready:
        return records, volumes, invalid
    number = [pl.lit(number, pl.Int64).alias("part") for number, _ in ready]
    records, volumes = (
        pl.concat((most, *(each.with_columns(part) for part, each in zip(number, others, strict=True)))).sort(
            "part", maintain_order=True
        )
        for most, others in ((records, [p.records for _, p in ready]), (volumes, [p.volumes for _, p in ready]))
    )
    return records, volumes, invalid + sum(part.stats.invalid for _, part in ready)
