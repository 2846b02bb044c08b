"""Reading one file on several cores: the same as on one, wherever it is cut and whatever happens to the processes."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tailrace.connect.hands import HandLostError, Hands, Work
from tailrace.logs.ingesting.abreast import LARGE, Manners, hands_for_reading, read_abreast
from tailrace.logs.reading.chunk import ChunkResult, read_asked
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.detect import detect
from tailrace.logs.reading.segments import Asked
from tailrace.logs.reading.state import ReaderState

_FIRST = 1_000  # bytes that tell the format
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Pretended:
    """Does the work of `Hands` in this process, when it is asked for the result."""

    ready, lost = True, False

    def __init__(self, count: int = 4, fails: frozenset[int] = frozenset()) -> None:
        self._memory = [bytearray(1 << 16) for _ in range(count)]
        self._waiting: list[tuple[Work, Callable[[], Any]]] = []
        self._fails = fails
        self.count, self.started = count, 0
        self.processes: tuple[int, ...] = (1,)

    @property
    def free(self) -> bool:
        return len(self._waiting) < len(self._memory)

    def memory(self) -> memoryview:
        return memoryview(self._memory[self.started % len(self._memory)])

    def shown(self, work: Work) -> memoryview:
        return memoryview(self._memory[work.place])

    def start(self, begin: int, end: int, function: Callable[..., Any], *arguments: Any) -> Work:
        work = Work(self.started, self.started % len(self._memory))
        self._waiting.append((work, lambda: function(self.shown(work)[begin:end], *arguments)))
        self.started += 1
        return work

    def done(self, work: Work) -> bool:
        return True

    def result(self, work: Work) -> Any:
        waiting, function = self._waiting.pop(0)
        assert waiting == work
        if work.hand in self._fails:
            raise HandLostError
        return function()


def read(
    data: bytes, sizes: list[int], hands: Pretended | Hands | None, zone: str = "UTC", left: int = 1 << 30
) -> tuple[list[ChunkResult], bytes]:
    """What reading in chunks of these sizes gives, and the bytes that were said to be read.

    The format that the first bytes are in is known before.
    """
    asked = Asked(TimeContext(NOW, ZoneInfo(zone), "app.log"), NOW, 0)
    manners = Manners(asked, read_asked, lambda state, chunk: read_asked(chunk, state, asked))
    found, said = [], []
    known = detect(data[:_FIRST])
    start = ReaderState(known.format.name, known.format.keys, wrapper=known.wrapper)
    large = replace(LARGE, piece=1 << 14)
    for chunk, result in read_abreast(start, cut(data, sizes), manners, hands, left=left, large=large):  # type: ignore[arg-type]
        found.append(result)
        said.append(bytes(chunk))
    return found, b"".join(said)


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = sizes[at % len(sizes)]
        yield data[at : at + size]
        at += size


def whole(results: list[ChunkResult]) -> tuple[pl.DataFrame, pl.DataFrame, ReaderState]:
    volumes = pl.concat([each.volumes for each in results]).group_by("time", "level").agg(pl.sum("lines", "bytes"))
    records = pl.concat([each.records for each in results]).drop("before", "after")
    return records, volumes.sort("time", "level"), results[-1].state


def assert_alike(
    data: bytes, sizes: list[int], hands: Pretended | Hands, zone: str = "UTC", left: int = 1 << 30
) -> None:
    found, said = read(data, sizes, hands, zone, left)
    expected, _ = read(data, [len(data) + 1], None, zone)
    assert said == data
    for mine, theirs in zip(whole(found)[:2], whole(expected)[:2], strict=True):
        assert_frame_equal(mine, theirs)
    assert found[-1].state == expected[-1].state


words = st.sampled_from(["order 17 sent", "disk full", "user bob came", "é ✓ ﬀ", ""])
levels = st.sampled_from(["INFO", "DEBUG", "WARN", "ERROR"])
dated = st.builds(
    "2026-01-05 {:02}:{:02}:07,12{} {} [t] a.B: {}\n".format,
    st.integers(9, 11), st.integers(0, 59), st.integers(0, 9), levels, words,
)  # fmt: skip
bare = st.builds("{:02}:59:5{}.000 [main] {} a.B - {}\n".format, st.integers(0, 23), st.integers(0, 9), levels, words)
yearless = st.builds("{} {:2} 10:00:0{} host app[3]: {}\n".format, st.sampled_from(["Dec", "Jan", "Nov"]),
                     st.integers(1, 28), st.integers(0, 9), words)  # fmt: skip
pairs = st.builds(
    '{{"time":"2026-01-05T10:00:0{}Z","level":"{}","msg":"{}"}}\n'.format, st.integers(0, 9), levels, words
)
wrapped = st.builds(
    "2026-01-05T10:00:0{}.1Z stdout {} {} [main] {}\n".format,
    st.integers(0, 9), st.sampled_from("FFFFP"), levels, words,
)  # fmt: skip
exports = st.builds(
    '{{"timeUnixNano":"176760720{}000000000","severityNumber":{},"body":{{"stringValue":"{}"}}}}'.format,
    st.integers(0, 9), st.sampled_from([9, 13, 17]), words,
)  # fmt: skip
exported = st.lists(exports, min_size=1, max_size=4).map(
    lambda every: '{"resourceLogs":[{"resource":{"a":1},"scopeLogs":[{"logRecords":[' + ",".join(every) + "]}]}]}\n"
)
loose = st.builds("{}: {}\n".format, levels, words)
joined = st.sampled_from(
    ["\tat a.b.C(D.java:1)\n", "Caused by: x.YError: z\n", "  more\n", "\n", "odd\r\n", "x" * 99 + "\n"]
)


def lines_of(kind: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Lines of a kind, now and then some that go on with a record."""
    return st.lists(st.one_of(kind, kind, kind, kind, joined), min_size=25, max_size=90).map("".join)


of_one = st.one_of(*map(lines_of, (dated, bare, yearless, pairs, wrapped, exported, loose)))
document = st.one_of(of_one, of_one, st.lists(of_one, min_size=2, max_size=3).map("".join)).map(str.encode)


@settings(max_examples=25, deadline=None)
@given(document, st.lists(st.integers(150, 1_000), min_size=1, max_size=4), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_pieces_read_apart_give_the_same_as_one_reading(data: bytes, sizes: list[int], zone: str) -> None:
    assert_alike(data, sizes, Pretended(), zone)


@settings(max_examples=8, deadline=None)
@given(document, st.frozensets(st.integers(0, 6), min_size=1))
def test_what_a_lost_process_was_to_read_is_read_here(data: bytes, lost: frozenset[int]) -> None:
    assert_alike(data, [400], Pretended(fails=lost))


def test_less_is_read_apart_where_processes_are_there_already() -> None:
    line = "2026-01-05 10:00:00,123 INFO [t] a.B: order 17 sent\n"
    given = []
    for processes in ((), (1,)):
        hands = Pretended()
        hands.processes = processes
        assert_alike((line * 1_500).encode(), [4_000], hands, left=1_500 * len(line))
        given.append(hands.started > 0)
    assert given == [False, True]


def test_real_processes_read_the_same_and_one_that_is_killed_loses_nothing() -> None:
    text = "".join(
        f"2026-01-05 10:00:{i % 60:02},123 {'ERROR' if i % 9 == 0 else 'INFO'} [t] a.B: order {i}\n"
        for i in range(9_000)
    )
    hands = hands_for_reading() or Hands(2, 1 << 20, "tailrace.logs.ingesting.abreast")
    try:
        limit = time.monotonic() + 60
        while not hands.ready:
            assert time.monotonic() < limit
            time.sleep(0.01)
        assert_alike(text.encode(), [40_000], hands)
        os.kill(hands.processes[-1], signal.SIGKILL)
        assert_alike(text.encode(), [40_000], hands)
        assert not hands.ready
    finally:
        hands.close()
