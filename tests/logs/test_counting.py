"""Messages are counted by window: all of them, while only the worst and most frequent are named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.counting import OTHERS, PER_WINDOW, count_messages, message_hashes, sum_messages
from tailrace.logs.records import LogRecord
from tailrace.logs.rules.hashes import HashSet
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PANE = timedelta(seconds=5)
SEVERITIES = {"WARN": 13, "ERROR": 17, "FATAL": 21}


def record(second: float, name: str, level: str = "ERROR", app: str = "app", **more: Any) -> LogRecord:
    time = NOON + timedelta(seconds=second)
    given = {"body": f"{name} at {second}", "template": name, "uri": "/a.log", "line": 1, "offset": 0} | more
    return LogRecord(app, time, NOON, SEVERITIES[level], level, fingerprint=name, **given)


def counted(records: Sequence[LogRecord], seen: HashSet | None = None) -> pl.DataFrame:
    return count_messages(Batch.of(LogRecord, list(records)).frame, PANE, seen if seen is not None else HashSet({}))


def numbers(rows: pl.DataFrame) -> list[tuple[Any, ...]]:
    second = (pl.col("window_start") - int(NOON.timestamp() * 1e6)) // 1_000_000
    return rows.select("app", second, "fingerprint", "level", "n").sort(pl.all()).rows()


def test_each_message_is_counted_in_its_window_and_level():
    rows = counted([record(0, "a"), record(4.9, "a"), record(5, "a"), record(1, "a", "WARN"), record(1, "b", app="x")])
    assert numbers(rows) == [
        ("app", 0, "a", "ERROR", 2),
        ("app", 0, "a", "WARN", 1),
        ("app", 5, "a", "ERROR", 1),
        ("x", 0, "b", "ERROR", 1),
    ]


def test_the_sample_is_the_first_with_lines_around_it():
    rows = counted([record(0, "a"), record(1, "a", before="x", line=7), record(2, "a", after="y"), record(3, "b")])
    assert rows.sort("fingerprint").select("sample", "line", "before").rows() == [
        ("a at 1", 7, "x"),
        ("b at 3", 1, ""),
    ]


def test_samples_and_the_lines_around_them_are_bounded():
    (row,) = counted([record(0, "a", body="s" * 9000, before="b" * 5000, after="a" * 5000)]).iter_rows(named=True)
    assert [len(row[name]) for name in ("sample", "before", "after")] == [4000, 1000, 1000]


def test_a_message_is_new_the_first_time_ever_in_its_application():
    entries: dict[str, bytes] = {}
    first = counted([record(6, "a"), record(1, "a"), record(2, "a", app="x")], HashSet(entries))
    assert first.filter("new").sort("app").select("app", "first").rows() == [
        ("app", int(NOON.timestamp() * 1e6) + 1_000_000),
        ("x", int(NOON.timestamp() * 1e6) + 2_000_000),
    ]
    again = counted([record(7, "a"), record(7, "b")], HashSet(entries))
    assert again.filter("new")["fingerprint"].to_list() == ["b"]


def test_those_that_are_not_named_are_counted_by_level():
    many = [record(n / 1000, f"{n}") for n in range(3000)]
    rows = counted([*many, *(record(1, "often") for _ in range(3)), *(record(1, f"w{n}", "WARN") for n in range(9))])
    others = rows.filter(pl.col("fingerprint") == OTHERS)
    assert rows["n"].sum() == 3012
    assert rows["fingerprint"][0] == "often"
    assert sorted(others.select("level", "n", "sample").rows()) == [
        ("ERROR", 3003 - (rows.height - others.height - 1) - 3, ""),
        ("WARN", 9, ""),
    ]


def test_in_a_flood_of_messages_that_come_once_one_that_comes_again_stays_named():
    seen, parts = HashSet({}), []
    for step in range(50):
        flood = [record(4 * step / 50, f"{step}-{n}") for n in range(200)]
        parts.append(count_messages(Batch.of(LogRecord, [*flood, record(4 * step / 50, "again")]).frame, PANE, seen))
    summed = sum_messages([parts[0]])
    for part in parts[1:]:
        summed = sum_messages([summed, part])
    assert summed.height == PER_WINDOW + 1
    assert summed.sort("n", descending=True).filter(pl.col("fingerprint") != OTHERS).select("fingerprint", "n").row(
        0
    ) in {("again", 50), ("again", 49)}
    assert summed["n"].sum() == 50 * 201


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 60), st.sampled_from(list(SEVERITIES))))))
def test_whatever_the_steps_the_counts_of_each_level_are_those_of_the_records(steps):
    parts, seen = [], HashSet({})
    for step in steps:
        frame = Batch.of(LogRecord, [record(second, f"m{name}", level) for second, name, level in step]).frame
        if frame.height:
            parts.append(count_messages(frame, PANE, seen))
    if not parts:
        return
    expected: dict[tuple[int, str], int] = {}
    for second, _, level in (each for step in steps for each in step):
        expected[second // 5 * 5, level] = expected.get((second // 5 * 5, level), 0) + 1
    found: dict[tuple[int, str], int] = {}
    for _, second, _, level, n in numbers(sum_messages(parts)):
        found[second, level] = found.get((second, level), 0) + n
    assert found == expected


def test_messages_have_hashes_of_their_own_in_each_application_that_never_change():
    rows = pl.DataFrame({"app": ["app", "x", "app"], "fingerprint": ["00000000000000ff", "00000000000000ff", "boom"]})
    hashes = message_hashes(rows)
    assert len(np.unique(hashes)) == 3
    assert hashes.tolist() == [2738678086347225136, 5717441744405258165, 10471012567148679830]
