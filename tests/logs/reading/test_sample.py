"""Samples: which records below the asked severity are given in full."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tailrace.logs.reading.chunk import read_asked
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.levels import SEVERITIES, WARN
from tailrace.logs.reading.segments import Asked, Sample
from tailrace.logs.reading.state import ReaderState

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LINE = b"2026-01-05 10:00:00,123 %s [t] a.B: order %d\n"
SAMPLE = Sample(whole=1_000, block=500, every=3)


def read(data: bytes, size: int, sample: Sample | None, least: int = SEVERITIES[WARN]) -> tuple[pl.DataFrame, int]:
    """Records, and how many there were."""
    asked = Asked(TimeContext(NOW, ZoneInfo("UTC"), "app.log"), NOW, least, (), sample)
    state, results = ReaderState(), []
    for begin in range(0, len(data), size):
        results.append(read_asked(data[begin : begin + size], state, asked, final=begin + size >= len(data)))
        state = results[-1].state
    counted = sum(int(result.volumes["lines"].sum()) for result in results)
    return pl.concat([result.records.drop("before", "after") for result in results]), counted


@pytest.mark.parametrize("size", [333, 1_000, 1 << 20])
def test_records_in_the_sample_and_all_that_are_more_than_a_line_are_given_however_a_file_is_cut(size):
    lines = [LINE % (b"ERROR" if i % 10 == 0 else b"INFO", i) + b"\tat a.B\n" * (i % 17 == 0) for i in range(300)]
    data = b"".join(lines)
    every, _ = read(data, 1 << 20, None, least=0)
    found, counted = read(data, size, SAMPLE)
    offset = pl.col("offset")
    within = (offset < 1_000) | ((offset - 1_000) // 500 % 3 == 0)
    expected = every.filter(within | (pl.col("level") == "ERROR") | pl.col("body").str.contains("\n"))
    assert found.equals(expected)
    assert counted == len(every)


def test_the_share_of_a_file_that_is_in_the_sample_is_told_in_bytes():
    for size in (0, 999, 1_000, 1_200, 1_600, 3_000, 4_321):
        assert SAMPLE.share(size) == sum(bool(SAMPLE.holds(pl.Series([at]).to_numpy())[0]) for at in range(size))
