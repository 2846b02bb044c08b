"""The memory of recent messages is bounded and adds up what windows hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tailrace.logs.causes import PER_WINDOW, WINDOWS, Memory, Seen, recent_messages
from tailrace.logs.records import Cause
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def seen(start: int, name: str, n: int = 1, level: str = "ERROR", app: str = "app", **more: Any) -> Seen:
    times = {"first": at(start + 1), "last": at(start + 4)}
    fields = dict(zip(Seen._fields, (app, at(start), at(start + 5), name, name, level, n), strict=False))
    return Seen(**(fields | times | {"sample": f"{name}@{start}", "uri": "/a.log", "line": 7} | more))


def found(memory: Memory, start: int, end: int) -> list[tuple[str, str, int]]:
    return [(each.fingerprint, each.level, each.n) for each in memory.within("app", at(start), at(end))]


def test_messages_of_the_windows_within_are_summed_up_worst_and_most_frequent_first():
    memory = Memory({})
    memory.add(
        "app", [seen(0, "a"), seen(5, "a", 3), seen(5, "b", 9), seen(5, "w", 99, "WARN"), seen(10, "c", 5)], NOON
    )
    assert found(memory, 0, 10) == [("b", "ERROR", 9), ("a", "ERROR", 4), ("w", "WARN", 99)]


def test_the_sum_of_a_message_has_its_first_sample_and_its_whole_span():
    memory = Memory({})
    memory.add("app", [seen(5, "a"), seen(0, "a")], NOON)
    (cause,) = memory.within("app", at(0), at(10))
    assert (cause.first, cause.last, cause.sample) == (at(1), at(9), "a@0")


def test_what_came_outside_of_the_time_asked_for_does_not_count():
    memory = Memory({})
    memory.add("app", [seen(0, "a", 7, first=at(1), last=at(2)), seen(0, "b", 8, first=at(0), last=at(4))], NOON)
    assert found(memory, 3, 10) == [("b", "ERROR", 2)]
    (cause,) = memory.within("app", at(3), at(10))
    assert (cause.first, cause.last) == (at(3), at(4))


def test_a_newer_row_takes_the_place_of_the_older():
    memory = Memory({})
    memory.add("app", [seen(0, "a", 1)], NOON)
    memory.add("app", [seen(0, "a", 4)], NOON)
    assert found(memory, 0, 5) == [("a", "ERROR", 4)]


def test_one_text_at_two_levels_is_two_messages():
    memory = Memory({})
    memory.add("app", [seen(0, "a", 2, "WARN"), seen(0, "a", 1)], NOON)
    assert found(memory, 0, 5) == [("a", "ERROR", 1), ("a", "WARN", 2)]


def test_of_a_window_the_worst_are_kept():
    memory = Memory({})
    memory.add("app", [seen(0, f"w{n}", 50, "WARN") for n in range(PER_WINDOW)] + [seen(0, "error")], NOON)
    assert len(found(memory, 0, 5)) == PER_WINDOW
    assert found(memory, 0, 5)[0] == ("error", "ERROR", 1)


def test_of_an_application_the_latest_windows_are_kept_when_tidied():
    entries: dict[str, bytes] = {}
    memory = Memory(entries)
    memory.add("app", [seen(5 * n, "a") for n in range(WINDOWS + 3)], NOON)
    memory.tidy(NOON)
    assert len(entries) == WINDOWS
    assert found(memory, 0, 15) == []


def test_of_the_samples_the_one_with_lines_around_it_is_kept():
    memory = Memory({})
    memory.add("app", [seen(0, "a"), seen(5, "a", before="b", after="c")], NOON)
    (cause,) = memory.within("app", at(0), at(10))
    assert (cause.sample, cause.before, cause.after, cause.n) == ("a@5", "b", "c", 2)


def test_a_message_is_new_in_the_windows_in_which_it_first_came():
    memory = Memory({})
    memory.add("app", [seen(0, "a", new=True), seen(5, "a"), seen(5, "b")], NOON)
    memory.add("app", [seen(0, "a", 5)], NOON)
    assert memory.new_within("app", at(0), at(10)) == {"a"}
    assert memory.new_within("app", at(5), at(10)) == set()


def test_of_all_applications_together_each_message_says_whose_it_is():
    memory = Memory({})
    memory.add("app", [seen(0, "a", 2)], NOON)
    memory.add("other", [seen(0, "a", 3, app="other")], NOON)
    assert [(each.app, each.n) for each in memory.within("", at(0), at(5))] == [("other", 3), ("app", 2)]
    assert {each.app for each in memory.within("app", at(0), at(5))} == {""}


def test_errors_are_explained_when_all_of_them_are_known():
    memory = Memory({})
    memory.add("app", [seen(0, "a", 3), seen(0, "w", 9, "WARN")], NOON)
    assert memory.explains("app", 3, 9, at(0), at(5))
    assert not memory.explains("app", 4, 9, at(0), at(5))
    assert memory.explains("app", 0, 9, at(0), at(5))
    assert not memory.explains("other", 1, 0, at(0), at(5))


def test_a_full_window_explains_as_much_as_can_be_known():
    memory = Memory({})
    memory.add("app", [seen(0, f"e{n}") for n in range(PER_WINDOW + 5)], NOON)
    assert memory.explains("app", 1000, 0, at(0), at(5))


LATER = NOON + timedelta(minutes=5)
"""When windows of noon have rested, by the time of day."""


def test_what_is_old_is_summed_up_by_the_minute():
    entries: dict[str, bytes] = {}
    memory = Memory(entries)
    memory.add("app", [*(seen(5 * n, "a", new=n == 3) for n in range(12)), seen(30, "b"), seen(900, "z")], NOON)
    memory.tidy(LATER)
    assert len(entries) == 2
    assert found(memory, 0, 60) == [("a", "ERROR", 12), ("b", "ERROR", 1)]
    assert memory.new_within("app", at(0), at(60)) == {"a"}
    assert found(Memory(entries), 0, 900) == found(memory, 0, 900)


def test_what_is_older_is_summed_up_by_ten_minutes_and_then_forgotten():
    entries: dict[str, bytes] = {}
    memory = Memory(entries)
    memory.add("app", [*(seen(60 * n, "a") for n in range(10)), seen(3 * 3600, "z")], NOON)
    memory.tidy(LATER)
    memory.add("app", [seen(3 * 3600 + 5, "z")], LATER)
    memory.tidy(LATER + timedelta(minutes=5))
    assert len(entries) == 3
    assert found(memory, 0, 600) == [("a", "ERROR", 10)]
    memory.add("app", [seen(8 * 86_400, "z")], LATER)
    memory.tidy(LATER)
    assert found(memory, 0, 86_400) == []


def test_what_has_just_come_is_not_summed_up_however_old_it_is():
    memory = Memory({})
    memory.add("app", [seen(0, "a"), seen(30, "a"), seen(5000, "z")], NOON)
    memory.tidy(NOON + timedelta(minutes=1))
    assert found(memory, 0, 5) == [("a", "ERROR", 1)]


def test_what_comes_for_a_window_that_was_summed_up_is_not_counted_twice():
    memory = Memory({})
    memory.add("app", [seen(0, "a", 3), seen(30, "a"), seen(5000, "z")], NOON)
    memory.tidy(LATER)
    memory.add("app", [seen(0, "a", 4), seen(30, "a", 2)], LATER)
    assert found(memory, 0, 60) == [("a", "ERROR", 4)]


def test_the_entries_bring_the_memory_back():
    entries: dict[str, bytes] = {}
    Memory(entries).add("app", [seen(0, "a", 2), seen(5, "b")], NOON)
    assert found(Memory(entries), 0, 10) == [("a", "ERROR", 2), ("b", "ERROR", 1)]


def test_rows_become_the_worst_of_each_window_by_application():
    rows = [
        Cause(at(0), at(5), app, f"f{n}", n, "t", level, "s" * 9000, "/a", 1, at(1), at(2), False)
        for app in ("one", "two")
        for level in ("WARN", "ERROR")
        for n in range(1, 31)
    ]
    recent = recent_messages(Batch.of(Cause, rows).frame)
    assert set(recent) == {"one", "two"}
    assert [(each.level, each.n) for each in recent["one"]] == [("ERROR", 30 - n) for n in range(PER_WINDOW)]
    assert {len(each.sample) for each in recent["one"]} == {4000}
