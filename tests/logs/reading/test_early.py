"""A file of a few lines is understood at once where its format is beyond doubt, and alike however it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tailrace.logs.reading.chunk import read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.state import ReaderState

NOW = datetime(2026, 1, 6, tzinfo=UTC)
LOG4J = b"2026-01-05 10:00:0%d,000 ERROR [main] org.example.App: number %d\n"
JSON = b'{"time":"2026-01-05T10:00:0%dZ","level":"error","msg":"number %d"}\n'


def read(data: bytes, piece: int, *, final: bool = False) -> tuple[list[str], ReaderState]:
    state, bodies = ReaderState(), []
    clock = TimeContext(NOW, ZoneInfo("UTC"), "app.log")
    for begin in range(0, len(data), piece):
        last = final and begin + piece >= len(data)
        result = read_chunk(state, data[begin : begin + piece], final=last, clock=clock, observed=NOW)
        state = result.state
        bodies += result.records["body"].to_list()
    return bodies, state


@pytest.mark.parametrize("line", [LOG4J, JSON], ids=["log4j", "JSON"])
def test_four_lines_that_leave_no_doubt_are_enough(line):
    bodies, _ = read(b"".join(line % (n, n) for n in range(5)), 1 << 20)
    assert bodies == [f"number {n}" for n in range(4)]


def test_lines_in_doubt_wait_for_more():
    bodies, state = read(b"ERROR one\nERROR two\n" * 6, 1 << 20)
    assert bodies == []
    assert not state.format


@pytest.mark.parametrize("piece", [37, 300, 1 << 20])
@pytest.mark.parametrize(
    "data",
    [
        b"".join(LOG4J % (n, n) for n in range(4)) + b"".join(JSON % (n % 10, n) for n in range(90)),
        b"".join(LOG4J % (n, n) + b"\tat a.B.c(B.java:1)\n" for n in range(9)) * 8,
        b"starting up\n" + b"".join(LOG4J % (n % 10, n) for n in range(80)),
        b"".join(JSON % (n % 10, n) for n in range(3)) + b'{"lvl":"warn","ts":"2026-01-05T10:00:00Z","msg":"x"}\n' * 70,
    ],
    ids=["a change after four lines", "traces", "a banner", "other keys"],
)
def test_it_makes_no_difference_how_the_lines_come(data, piece):
    whole, state = read(data, 1 << 20, final=True)
    parts, other = read(data, piece, final=True)
    assert parts == whole
    assert other.format == state.format
