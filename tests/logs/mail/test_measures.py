"""What a rule measures, in plain English."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.mail import measures


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("errors > 10 in 30s", "more than 10 errors within 30 seconds"),
        ("errors >= 1 in 10s", "at least 1 error within 10 seconds"),
        ("warnings + errors >= 2 in 10s", "at least 2 errors and warnings together within 10 seconds"),
        ("warnings+errors >= 1 in 1m", "at least 1 error or warning within 1 minute"),
        ("lines < 5 in 1h", "fewer than 5 lines within 1 hour"),
        ("ERRORS = 3 in 1m30s", "exactly 3 errors within 1 minute 30 seconds"),
        ("errors / lines > 0.05 in 5m", "errors / lines > 0.05 within 5 minutes"),
        ("latency <= 7 in 1m", "latency <= 7 within 1 minute"),
        (
            "errors > 5% of lines in 5m, at least 100 lines",
            "errors > 5 % of lines within 5 minutes, at least 100 lines",
        ),
        ("p95(ms) >= 500ms in 1m", "p95(ms) >= 500 ms within 1 minute"),
        ("errors > 10 in a while", ""),
        ("silence of 10m", ""),
        ("never seen before", ""),
    ],
)
def test_a_rule_is_told_in_plain_words(rule: str, said: str) -> None:
    assert measures.rule_words(rule) == said


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ("errors > 5% of lines in 5m, at least 100 lines", 7.25, "errors are 7.25 % of lines"),
        ("p95(ms) > 500 in 5m", 1512.34, "p95(ms) is 1,512.34"),
        ("max(attributes.wait) >= 2.5s in 1m", 3.0, "max(attributes.wait) is 3 s"),
        ("errors / lines > 0.05 in 5m", 0.0625, "errors / lines is 0.0625"),
        ("silence of 10m", 600.0, "no lines for 10 minutes"),
        ("silence of 10m", math.inf, "no lines for a time unknown"),
        ("body matches 'a > 5 in 3m' in 5m", 12.0, "12 lines"),
        ("p95(ms) 3x the window before in 5m, at least 10", 512.3, "p95(ms) is 512.3"),
        ("distinct attributes.user > 100 in 5m", 120.0, "120 different values of user"),
        ("new fingerprint", 1.0, ""),
    ],
)
def test_what_a_comparison_saw_is_told_in_its_unit(rule: str, value: float, said: str) -> None:
    assert measures.value_sentence(rule, value) == said


@pytest.mark.parametrize(
    ("rule", "counted"),
    [
        ("errors > 10 in 30s", ("errors",)),
        ("lines + errors >= 2 in 10s", ("errors", "lines")),
        ("errors > 5% of lines in 5m", ()),
        ("errors > 500ms in 5m", ()),
        ("latency > 5 in 5m", ()),
        ("errors 3x the 6 windows before in 5m", ("errors",)),
        ("warnings + errors down 2x the window before in 5m", ("errors", "warnings")),
        ("body matches 'lines > 5 in 3m' in 5m", ()),
        ("silence of 10m", ()),
    ],
)
def test_counts_are_told_from_other_measures(rule: str, counted: tuple[str, ...]) -> None:
    assert measures.counts(rule) == counted


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (14.0, "14"),
        (12_345.678, "12,345.68"),
        (0.00042, "0.00042"),
        (-3.5, "-3.5"),
        (0.0, "0"),
        (1e300, "1e+300"),
        (math.nan, "no number"),
        (math.inf, "no number"),
    ],
)
def test_a_number_is_as_long_as_a_person_needs(value: float, said: str) -> None:
    assert measures.number_words(value) == said


@given(st.text(max_size=80), st.floats())
def test_any_text_may_stand_for_a_rule(rule: str, value: float) -> None:
    assert isinstance(measures.rule_words(rule) + measures.value_sentence(rule, value), str)
