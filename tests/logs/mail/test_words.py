"""Numbers, times and rules in plain English."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tailrace.logs.mail import words

START = datetime(2026, 1, 5, 10, 40, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (0.25, "0.25 seconds"),
        (60, "1 minute"),
        (90061, "1 day 1 hour 1 minute 1 second"),
    ],
)
def test_a_duration_is_told_in_its_units(seconds: float, said: str) -> None:
    assert words.duration_words(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        (timedelta(seconds=260.4), "4 minutes 20 seconds"),
        (timedelta(hours=2, minutes=3, seconds=59), "2 hours 3 minutes"),
        (timedelta(hours=2, seconds=59), "2 hours"),
        (timedelta(days=3, hours=4, minutes=59), "3 days 4 hours"),
        (timedelta(seconds=59.9), "1 minute"),
        (timedelta(milliseconds=250), "0.25 seconds"),
        (timedelta(), "0 seconds"),
    ],
)
def test_a_length_is_told_to_its_two_greatest_units(duration: timedelta, said: str) -> None:
    assert words.length_words(duration) == said


def test_counts_have_a_singular_and_thousands() -> None:
    assert [words.count_words(number, "lines") for number in (0, 1, 1204)] == ["0 lines", "1 line", "1,204 lines"]


def test_parts_are_joined_as_one_says_them() -> None:
    assert [words.and_words(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        *("", "a", "a and b", "a, b and c")
    ]


def test_a_span_names_its_day_and_zone_once() -> None:
    said = words.span_words(START, START + timedelta(seconds=30), UTC)
    assert said == "Monday 5 January 2026, 10:40:50 to 10:41:20 UTC"


def test_a_span_over_midnight_names_both_days() -> None:
    said = words.span_words(START, START + timedelta(hours=14), ZoneInfo("Europe/Berlin"))
    assert said == "Monday 5 January 2026, 11:40:50 to Tuesday 6 January 2026, 01:40:50 CET"
