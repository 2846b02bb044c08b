from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.model.durations import format_duration, format_size, parse_duration, parse_size
from tailrace.model.errors import TailraceError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("250ms", 0.25), ("10s", 10), ("1m30s", 90), ("2h", 7200), ("7d", 604800), (" 1 M ", 60), ("0.5h", 1800)],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "10", "s", "1x", "-1s", "1s2", "1m.5s"])
def test_what_is_no_duration_is_told_with_an_example(text: str) -> None:
    with pytest.raises(TailraceError, match="is not a duration") as caught:
        parse_duration(text)
    assert "1m30s" in (caught.value.hint or "")


def test_an_endless_duration_is_told() -> None:
    with pytest.raises(TailraceError, match="longer than any duration"):
        parse_duration("9" * 400 + "d")


@given(st.integers(0, 10**12))
def test_a_duration_is_written_so_that_it_is_read_back(millis: int) -> None:
    assert parse_duration(format_duration(timedelta(milliseconds=millis))) == timedelta(milliseconds=millis)


def test_durations_are_written_in_the_largest_units() -> None:
    assert [format_duration(timedelta(seconds=s)) for s in (0, 90, -90, 90061.5, 0.0001)] == [
        "0s", "1m30s", "-1m30s", "1d1h1m1s500ms", "0s"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("512", 512),
        ("64KiB", 65536),
        ("10MB", 10**7),
        ("1G", 10**9),
        ("1.5k", 1500),
        ("2tib", 2**41),
        ("9007199254740993", 2**53 + 1),
    ],
)
def test_a_size_is_a_number_with_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 XB", "1e6"])
def test_what_is_no_size_is_told_with_an_example(text: str) -> None:
    with pytest.raises(TailraceError, match="is not a size") as caught:
        parse_size(text)
    assert "64KiB" in (caught.value.hint or "")


def test_sizes_are_written_in_powers_of_a_thousand() -> None:
    sizes = (0, 999, 1000, 999_960, 1_234_567, 5e9, 7e12, -1500)
    assert [format_size(size) for size in sizes] == [
        "0 B", "999 B", "1.0 kB", "1.0 MB", "1.2 MB", "5.0 GB", "7.0 TB", "-1.5 kB"
    ]  # fmt: skip
