"""The counter tells of each step how often each message came, and remembers only which messages there were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tailrace.logs.counter import CauseCounter
from tailrace.logs.records import LogRecord
from tailrace.model.errors import TailraceError
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def record(second: float, name: str) -> LogRecord:
    time = NOON + timedelta(seconds=second)
    return LogRecord("app", time, NOON, 17, "ERROR", name, name, name, "/a.log", 1, 0)


@pytest.fixture
def kit() -> Iterator[StreamletKit]:
    with StreamletKit(CauseCounter, now=NOON) as kit:
        yield kit


def told(kit: StreamletKit) -> list[tuple[datetime, datetime, str, int, bool]]:
    return [(each.window_start, each.window_end, each.fingerprint, each.n, each.new) for each in kit.read("causes")]


def test_what_a_step_brings_is_counted_by_itself(kit):
    for _ in range(2):
        kit.send("records", [record(1, "a"), record(2, "a")])
        kit.run()
    window = NOON, NOON + timedelta(seconds=5)
    assert told(kit) == [(*window, "a", 2, True), (*window, "a", 2, False)]


def test_which_messages_there_were_is_known_after_a_restart(kit):
    kit.send("records", [record(1, "a")])
    kit.run()
    kit.restart()
    kit.send("records", [record(9, "a"), record(9, "b")])
    kit.run()
    assert [(name, new) for _, _, name, _, new in told(kit)] == [("a", True), ("a", False), ("b", True)]


def test_windows_of_less_than_a_second_are_refused():
    with pytest.raises(TailraceError, match="a window of at least 1s is needed"):
        StreamletKit(CauseCounter, settings={"window": timedelta(milliseconds=10)})
