"""Growth is told by steps of 2, 5 and 10, for values that rise and for values that fall."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.incidents.growth import factor, is_worse, ratio, steps


@pytest.mark.parametrize(
    ("base", "value", "falling", "expected"),
    [
        (10, 25, False, 2.5),
        (10, 8, False, 1.0),
        (0, 8, False, 1.0),
        (-4, -2, False, 2.0),
        (-4, 3, False, math.inf),
        (80, 40, True, 2.0),
        (80, 0, True, math.inf),
        (80, 90, True, 1.0),
        (-10, -30, True, 3.0),
        (0, -3, True, 1.0),
    ],
)
def test_how_much_worse_a_value_is(base, value, falling, expected):
    assert ratio(base, value, falling=falling) == expected


@pytest.mark.parametrize(("times", "expected"), [(1, 0), (1.99, 0), (2, 1), (5, 2), (10, 3), (20, 4), (999, 8)])
def test_steps_are_2_5_10_20_50(times, expected):
    assert steps(times) == expected


def test_nothing_grows_beyond_the_last_step():
    assert steps(math.inf) == steps(1e300)
    assert factor(steps(math.inf) + 1) == 1e16


@given(st.integers(1, 40))
def test_the_factor_of_a_step_reaches_it(step):
    assert steps(factor(step)) == step


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.booleans())
def test_only_what_is_worse_has_grown(base, value, falling):
    assert (ratio(base, value, falling=falling) > 1) <= is_worse(value, base, falling=falling)
