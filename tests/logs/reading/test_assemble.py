"""Very many records of one chunk are taken apart in parts, which cannot be told from the records."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
from polars.testing import assert_frame_equal

from tailrace.logs.reading.chunk import ChunkResult, read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.state import ReaderState

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LONG = "x" * 300_000


def read(data: bytes, size: int) -> pl.DataFrame:
    """All records of a file that is read in chunks of a size, without their neighbours."""
    found: list[ChunkResult] = []
    state, clock = ReaderState(), TimeContext(NOW, ZoneInfo("UTC"), "app.log")
    for begin in range(0, len(data), size):
        last = begin + size >= len(data)
        found.append(read_chunk(state, data[begin : begin + size], final=last, clock=clock, observed=NOW))
        state = found[-1].state
    return pl.concat([each.records for each in found]).drop("before", "after")


def test_a_chunk_of_very_many_errors_gives_the_same_as_many_chunks_of_few() -> None:
    rows = [
        f"2026-01-05 10:00:00,123 ERROR [t-{i % 7}] a.B: {LONG if i == 35_000 else f'order {i} by u{i % 5}'}\n"
        for i in range(70_000)
    ]
    data = "".join(rows).encode()
    whole = read(data, len(data))
    assert len(whole) == len(rows)
    assert whole["body"][35_000].endswith("bytes more]")
    assert_frame_equal(whole, read(data, 1 << 20))
