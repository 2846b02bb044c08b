"""Levels over the last windows, as a chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.mail.chart import HEIGHT, ChartView, chart_view
from tailrace.logs.records import LevelCount

START = datetime(2026, 1, 5, 10, 40, tzinfo=UTC)
STEP = timedelta(seconds=30)


def count(place: int, errors: int = 0, warnings: int = 0) -> LevelCount:
    return LevelCount(START + place * STEP, errors, warnings, 100)


def chart(*counts: LevelCount, **how: Any) -> ChartView:
    drawn = maybe(*counts, **how)
    assert drawn is not None
    return drawn


def maybe(*counts: LevelCount, **how: Any) -> ChartView | None:
    place = {"start": START, "end": START + STEP, "most": 30, "zone": UTC} | how
    return chart_view(counts, **place)


def test_the_highest_window_is_as_high_as_the_chart_and_the_others_in_proportion() -> None:
    drawn = chart(count(0, 10, 10), count(1, 5), count(2))
    assert [(bar.errors, bar.warnings) for bar in drawn.bars] == [(HEIGHT // 2, HEIGHT // 2), (HEIGHT // 4, 0), (0, 0)]


def test_a_single_line_among_thousands_is_still_seen() -> None:
    assert chart(count(0, 1), count(1, 10_000)).bars[0].errors > 0


def test_windows_may_come_in_any_order_and_one_that_is_missing_was_quiet() -> None:
    drawn = chart(count(4, 3), count(0, 3), count(1, 3))
    assert [bar.errors > 0 for bar in drawn.bars] == [True, True, False, False, True]


def test_only_the_latest_windows_are_drawn() -> None:
    drawn = chart(*(count(n, n) for n in range(40)), most=10)
    assert len(drawn.bars) == 10
    assert (drawn.first, drawn.last) == ("10:55:00", "11:00:00")


def test_windows_of_the_alert_are_marked() -> None:
    drawn = chart(*(count(n) for n in range(5)), start=START + STEP * 2, end=START + STEP * 4)
    assert [bar.marked for bar in drawn.bars] == [False, False, True, True, False]


def test_it_says_how_much_the_worst_window_had_and_how_long_a_window_is() -> None:
    drawn = chart(count(0, 1), count(1, 3, 1))
    assert (drawn.peak, drawn.each) == ("3 errors and 1 warning", "30 seconds")
    assert chart(count(0), count(1)).peak == "nothing"


def test_plain_text_has_a_block_for_each_window() -> None:
    assert chart(count(0, 7), count(1), count(2, 1)).blocks == (("errors", "█·▂", "7"), ("warnings", "···", "0"))


def test_with_fewer_than_two_windows_there_is_nothing_to_draw() -> None:
    assert maybe() is None
    assert maybe(count(0, 5)) is None
    assert maybe(count(0, 5), count(1, 5), most=0) is None


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 10**9), st.integers(0, 10**9)), max_size=50))
def test_whatever_comes_no_bar_is_higher_than_the_chart(rows: list[tuple[int, int, int]]) -> None:
    drawn = maybe(*(count(*row) for row in rows))
    for bar in drawn.bars if drawn else ():
        assert 0 <= bar.errors + bar.warnings <= HEIGHT + 2
