"""The memory of recent messages is bounded and adds up what windows hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from tailrace.logs.causes import TOLD, Memory
from tailrace.logs.counting import OTHERS, PER_WINDOW
from tailrace.logs.records import Cause
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def seen(start: int, name: str, n: int = 1, level: str = "ERROR", app: str = "app", **more: Any) -> Cause:
    text = {"template": name, "sample": f"{name}@{start}", "uri": "/a.log", "line": 7}
    times = {"first": at(start + 1), "last": at(start + 4)}
    return Cause(at(start), at(start + 5), app, name, n, level=level, **(text | times | more))


def frame(rows: Sequence[Cause]) -> pl.DataFrame:
    return Batch.of(Cause, list(rows)).frame


def remembered(*steps: Sequence[Cause], entries: dict[str, bytes] | None = None) -> Memory:
    memory = Memory({} if entries is None else entries)
    for rows in steps:
        memory.add(frame(rows), NOON)
    return memory


def found(memory: Memory, start: int, end: int) -> list[tuple[str, str, int]]:
    return [(each.fingerprint, each.level, each.n) for each in memory.within("app", at(start), at(end))]


def test_messages_of_the_windows_within_are_summed_up_worst_and_most_frequent_first():
    memory = remembered([seen(0, "a"), seen(5, "a", 3), seen(5, "b", 9), seen(5, "w", 99, "WARN"), seen(10, "c", 5)])
    assert found(memory, 0, 10) == [("b", "ERROR", 9), ("a", "ERROR", 4), ("w", "WARN", 99)]


def test_the_sum_of_a_message_has_its_first_sample_and_its_whole_span():
    (cause,) = remembered([seen(5, "a"), seen(0, "a")]).within("app", at(0), at(10))
    assert (cause.first, cause.last, cause.sample) == (at(1), at(9), "a@0")


def test_what_came_outside_of_the_time_asked_for_does_not_count():
    memory = remembered([seen(0, "a", 7, first=at(1), last=at(2)), seen(0, "b", 8, first=at(0), last=at(4))])
    assert found(memory, 3, 10) == [("b", "ERROR", 2)]
    (cause,) = memory.within("app", at(3), at(10))
    assert (cause.first, cause.last) == (at(3), at(4))


def test_rows_of_several_steps_add_up():
    memory = remembered([seen(0, "a", 1)], [seen(0, "a", 4, first=at(0)), seen(0, "b", 3)])
    assert found(memory, 0, 5) == [("a", "ERROR", 5), ("b", "ERROR", 3)]


def test_one_text_at_two_levels_is_two_messages():
    assert found(remembered([seen(0, "a", 2, "WARN"), seen(0, "a", 1)]), 0, 5) == [("a", "ERROR", 1), ("a", "WARN", 2)]


def test_of_a_window_the_worst_are_kept():
    memory = remembered([seen(0, f"w{n}", 50, "WARN") for n in range(PER_WINDOW)] + [seen(0, "error")])
    assert len(found(memory, 0, 5)) == TOLD
    assert found(memory, 0, 5)[0] == ("error", "ERROR", 1)


def test_of_the_samples_the_one_with_lines_around_it_is_kept():
    (cause,) = remembered([seen(0, "a"), seen(5, "a", before="b", after="c")]).within("app", at(0), at(10))
    assert (cause.sample, cause.before, cause.after, cause.n) == ("a@5", "b", "c", 2)


def test_a_message_is_new_in_the_windows_in_which_it_first_came():
    memory = remembered([seen(0, "a", new=True), seen(5, "a"), seen(5, "b")], [seen(0, "a", 5)])
    assert memory.new_within("app", at(0), at(10)) == {"a"}
    assert memory.new_within("app", at(5), at(10)) == set()
    assert [each.new for each in memory.within("app", at(0), at(10))] == [True, False]


def test_what_came_first_while_its_application_was_learned_is_not_new():
    known = {"app": int(at(2).timestamp() * 1e6)}
    memory = Memory({}, known.get)
    memory.add(frame([seen(0, "a", new=True), seen(5, "b", new=True), seen(5, "c", new=True, app="x")]), NOON)
    assert memory.new_within("app", at(0), at(10)) == {"b"}
    assert [each.new for each in memory.within("app", at(0), at(10))] == [False, True]
    assert memory.new_within("x", at(0), at(10)) == set()


def test_of_all_applications_together_each_message_says_whose_it_is():
    memory = remembered([seen(0, "a", 2)], [seen(0, "a", 3, app="other")])
    assert [(each.app, each.n) for each in memory.within("", at(0), at(5))] == [("other", 3), ("app", 2)]
    assert {each.app for each in memory.within("app", at(0), at(5))} == {""}


def test_errors_are_explained_when_all_of_them_are_known():
    memory = remembered([seen(0, "a", 3), seen(0, "w", 9, "WARN")])
    assert memory.explains("app", 3, 9, at(0), at(5))
    assert not memory.explains("app", 4, 9, at(0), at(5))
    assert memory.explains("app", 0, 9, at(0), at(5))
    assert not memory.explains("other", 1, 0, at(0), at(5))


def test_messages_that_are_only_counted_explain_errors_and_are_not_told():
    memory = remembered([seen(0, f"e{n}") for n in range(PER_WINDOW + 5)], [seen(0, OTHERS, 70)])
    assert memory.explains("app", PER_WINDOW + 75, 0, at(0), at(5))
    assert not memory.explains("app", PER_WINDOW + 76, 0, at(0), at(5))
    assert OTHERS not in {name for name, _, _ in found(memory, 0, 5)}


def test_it_reaches_to_the_latest_time_of_any_message():
    memory = remembered([seen(0, "a"), seen(900, "z", app="other")], [seen(5, "b")])
    assert (memory.reached("app"), memory.reached(""), memory.reached("none")) == (at(9), at(904), None)


LATER = NOON + timedelta(minutes=5)
"""When windows of noon have rested, by the time of day."""


def test_what_is_old_is_summed_up_by_the_minute():
    entries: dict[str, bytes] = {}
    memory = remembered(
        [*(seen(5 * n, "a", new=n == 3) for n in range(12)), seen(30, "b"), seen(900, "z")], entries=entries
    )
    memory.tidy(LATER)
    assert found(memory, 0, 60) == [("a", "ERROR", 12), ("b", "ERROR", 1)]
    assert found(memory, 0, 30) == [("a", "ERROR", 6)]
    assert memory.new_within("app", at(0), at(60)) == {"a"}
    assert found(Memory(entries), 0, 900) == found(memory, 0, 900)


def test_what_is_older_is_summed_up_by_ten_minutes_and_then_forgotten():
    memory = remembered([*(seen(60 * n, "a") for n in range(10)), seen(3 * 3600, "z")])
    for minutes in (0, 5):
        memory.tidy(LATER + timedelta(minutes=minutes))
    assert found(memory, 0, 600) == [("a", "ERROR", 10)]
    assert found(memory, 0, 300) == [("a", "ERROR", 6)]
    memory.add(frame([seen(8 * 86_400, "z")]), LATER)
    memory.tidy(LATER + timedelta(minutes=10))
    assert found(memory, 0, 86_400) == []


def test_what_has_just_come_is_not_summed_up_however_old_it_is():
    memory = remembered([seen(0, "a"), seen(30, "a"), seen(5000, "z")])
    memory.tidy(NOON + timedelta(minutes=1))
    assert found(memory, 0, 5) == [("a", "ERROR", 1)]


def test_what_comes_for_a_window_that_was_summed_up_adds_to_it():
    memory = remembered([seen(0, "a", 3), seen(30, "a"), seen(5000, "z")])
    memory.tidy(LATER)
    memory.add(frame([seen(0, "a", 4), seen(30, "a", 2)]), LATER)
    assert found(memory, 0, 60) == [("a", "ERROR", 10)]
    memory.tidy(LATER + timedelta(minutes=5))
    assert found(memory, 0, 60) == [("a", "ERROR", 10)]


def test_the_entries_bring_the_memory_back():
    entries: dict[str, bytes] = {}
    remembered([seen(0, "a", 2), seen(5, "b")], entries=entries)
    memory = Memory(entries)
    assert found(memory, 0, 10) == [("a", "ERROR", 2), ("b", "ERROR", 1)]
    assert memory.reached("app") == at(9)


def test_many_small_steps_are_few_entries():
    entries: dict[str, bytes] = {}
    remembered(*([seen(5 * n, "a")] for n in range(1000)), entries=entries)
    assert len(entries) < 12


def test_a_flood_takes_no_more_than_its_bound_and_its_latest_windows_stay_exact():
    entries: dict[str, bytes] = {}
    memory = Memory(entries)
    text = "x" * 4000
    for step in range(60):
        rows = [seen(5 * (step * 40 + n // 20), f"{step}-{n}", sample=f"{step}-{n}{text}") for n in range(800)]
        memory.add(frame(rows), at(step))
    begin = 5 * (59 * 40 + 39)
    assert len(memory.within("app", at(begin), at(begin + 5))) == TOLD
    assert memory.explains("app", 20, 0, at(begin), at(begin + 5))
    assert not memory.explains("app", 21, 0, at(begin), at(begin + 5))
    assert sum(map(len, entries.values())) < 100 << 20
