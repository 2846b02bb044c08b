"""Chunks: reading a file piece by piece, however it is cut, with the same records and volumes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.assemble import assemble_records, assemble_volumes
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.levels import SEVERITIES, WARN
from tailrace.logs.reading.segments import Asked, Segment, read_segments
from tailrace.logs.reading.state import ReaderState

WINDOW: Final = 1 << 21  # bytes looked at together: enough that calls are few, and few enough for a cache


@dataclass(frozen=True, slots=True)
class ReadStats:
    """What a call gave out: physical lines, all bytes, and records that were not UTF-8."""

    lines: int = 0
    bytes: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What a call gave out, and the state to go on from.

    `records` has the columns of `assemble.RECORDS`, one row per record at or above the asked severity, in the order of
    the file; which of them come with the lines `before` and `after` them depends on the call. `volumes` has the
    columns of `assemble.VOLUMES`: how many records, and how many bytes of all their lines, per second and level.
    Of each of the records, `span` is how many lines of the file it has, and `strange` whether it is free text, or no
    line of a format began it.
    """

    records: pl.DataFrame
    volumes: pl.DataFrame
    state: ReaderState
    stats: ReadStats
    span: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    strange: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    @property
    def bytes(self) -> int:
        """How many bytes it accounts for."""
        return self.stats.bytes

    @property
    def lines(self) -> int:
        """How many physical lines it accounts for."""
        return self.stats.lines


def read_chunk(
    state: ReaderState,
    chunk: bytes | memoryview,
    *,
    final: bool,
    clock: TimeContext,
    observed: datetime,
    least: int = SEVERITIES[WARN],
    formats: tuple[Format, ...] = (),
) -> ChunkResult:
    """Read the bytes that follow those read before, and give out what is finished.

    `final` says that no more bytes will come: the last line counts without a line feed, and nothing stays held.
    `observed` is an aware datetime, the time of reading. Records of at least the severity `least` are given in full; 0
    gives every record. `formats` are a user's own, the same for all of a file. However a file is cut into chunks, the
    records (but for their neighbours) and the summed volumes are the same, and the bytes of all volumes are the bytes
    of the file.
    """
    return read_asked(chunk, state, Asked(clock, observed, least, formats), final=final)


def flush(
    state: ReaderState,
    *,
    clock: TimeContext,
    observed: datetime,
    least: int = SEVERITIES[WARN],
    formats: tuple[Format, ...] = (),
) -> ChunkResult:
    """Give out the held last record, after a pause in which it did not grow; an unfinished line stays held.

    Should the record go on after all, its later lines make a record of their own, of no level.
    """
    return read_asked(b"", state, Asked(clock, observed, least, formats), flush=True)


def read_asked(
    chunk: bytes | memoryview, state: ReaderState, asked: Asked, *, final: bool = False, flush: bool = False
) -> ChunkResult:
    """Do as `read_chunk` does, or with `flush` as `flush`, with all that holds for the whole file in one."""
    segments: list[Segment] = []
    view = memoryview(chunk)
    for begin in range(0, max(len(view), 1), WINDOW):
        piece, last = view[begin : begin + WINDOW], final and begin + WINDOW >= len(view)
        found, state = read_segments(state, piece, asked, final=last, flush=flush)
        segments += found
    return _result(segments, state)


def _result(segments: list[Segment], state: ReaderState) -> ChunkResult:
    records, invalid = assemble_records(segments)
    volumes = assemble_volumes(segments)
    stats = ReadStats(sum(s.lines for s in segments), int(volumes["bytes"].sum()), invalid)
    if not segments:
        return ChunkResult(records, volumes, state, stats)
    order = np.argsort(np.concatenate([s.offset for s in segments]), kind="stable")
    span, known = (np.concatenate([getattr(s, name) for s in segments])[order] for name in ("span", "known"))
    return ChunkResult(records, volumes, state, stats, span, ~known)
