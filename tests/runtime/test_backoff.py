"""How long to wait after a failure."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tailrace.runtime.backoff import Backoff

BACKOFF = Backoff(first=timedelta(milliseconds=100), longest=timedelta(seconds=30))


def test_pauses_double() -> None:
    pauses = [BACKOFF.pause(failures, lambda: 1.0).total_seconds() for failures in range(1, 5)]

    assert pauses == [0.1, 0.2, 0.4, 0.8]


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    assert BACKOFF.pause(3, lambda: 0.0) == timedelta(milliseconds=200)


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_pause_lies_between_half_the_first_and_the_longest(failures: int, dice: float) -> None:
    assert BACKOFF.first / 2 <= BACKOFF.pause(failures, lambda: dice) <= BACKOFF.longest
