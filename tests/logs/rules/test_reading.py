"""Rules are read as they are spoken, and held against windows of their own length."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tailrace.logs.records import LogRecord, Volume
from tailrace.logs.rules.bench import Bench
from tailrace.logs.rules.measures import hop_of
from tailrace.logs.rules.reading import check_texts, parse_rule
from tailrace.logs.rules.verdict import Moment
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError


def values(rule: str, *counts: tuple[int, int, int]) -> dict[str, float]:
    """By application the greatest value of its crossings, of (lines, errors, warnings) in one second of each."""
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    seen = [
        Volume(f"app{n}", noon, level, amount, 1)
        for n, (lines, errors, warnings) in enumerate(counts)
        for level, amount in (("INFO", lines - errors - warnings), ("ERROR", errors), ("WARN", warnings))
    ]
    bench = Bench([parse_rule(rule)], {}, timedelta(days=1))
    nothing = Batch.of(LogRecord, []).frame
    told = bench.take(nothing, Batch.of(Volume, seen).frame, Moment(noon))
    told += bench.look(Moment(noon + timedelta(minutes=1)))
    return {each.app: each.value for each in sorted(told, key=lambda each: each.value)}


def test_a_rule_is_a_condition_and_a_window():
    rule = parse_rule("  errors  >   10 in\t30s ")
    assert (rule.text, rule.window) == ("errors > 10 in 30s", timedelta(seconds=30))


def test_windows_that_meet_the_condition_cross_with_the_value_of_its_left_side():
    assert values("errors > 10 in 30s", (100, 10, 0), (100, 11, 0)) == {"app1": 11}
    assert values("warnings + errors >= 2 in 30s", (9, 1, 0), (9, 1, 1)) == {"app1": 2}


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("(errors > 5) in 30s", 7),
        ("5 < errors in 30s", 7),
        ("errors > 5 and lines > 10 in 30s", 7),
        ("not errors > 50 in 30s", 7),
        ("errors between 5 and 10 in 30s", 7),
        ("lines >= 20 in 30s", 20),
        ("errors / lines > 0.3 in 30s", 0.35),
        ("errors > 5 IN 30s", 7),
    ],
)
def test_the_value_is_what_the_comparison_is_about_or_else_the_errors(rule, value):
    assert values(rule, (20, 7, 3)) == {"app0": pytest.approx(value)}


@pytest.mark.parametrize(
    ("rule", "falls"),
    [
        ("errors > 10 in 30s", False),
        ("lines < 100 in 5m", True),
        ("(100 > lines) in 5m", True),
        ("lines < 100 and errors < 3 in 5m", True),
        ("errors > 5 AND lines < 100 in 1m", False),
        ("errors <= 5% of lines in 5m", True),
        ("lines down 3x the 6 windows before in 5m", True),
        ("lines up or down 3x the 6 windows before in 5m", False),
        ("p99(attributes.ms) < 5 in 5m", True),
        ("distinct attributes.user > 3 in 5m", False),
        ("silence of 10m", False),
        ("body matches '<init'", False),
    ],
)
def test_a_rule_that_warns_of_small_values_is_known_by_its_comparison(rule, falls):
    assert parse_rule(rule).falls is falls


def test_a_share_of_nothing_does_not_cross():
    assert values("errors / warnings > 0.5 in 30s", (20, 7, 0)) == {}


def test_a_value_is_a_finite_number():
    assert values("errors * 1e308 * 10 > 1 in 30s", (20, 7, 0)) == {"app0": 0.0}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("errors > 10", "the rule 'errors > 10' has no window"),
        ("", "has no window"),
        ("errors > 10 in a while", "has no proper window"),
        ("errors > 10 in 500ms", "a window of 500ms; it can be of 1s to 7d, in whole seconds"),
        ("errors > 10 in 1500ms", "in whole seconds"),
        ("errors > 10 in 8d", "1s to 7d"),
        ("erors > 10 in 30s", "the rule 'erors > 10 in 30s'"),
        ("errors + 1 in 30s", "a condition is needed"),
        ("errors > > 1 in 30s", "cannot be understood"),
        ("errors > 'x in 30s", "cannot be understood"),
    ],
)
def test_a_rule_that_cannot_be_understood_is_quoted(text, said):
    with pytest.raises(TailraceError) as caught:
        parse_rule(text)
    assert said in str(caught.value)
    assert caught.value.hint


def test_an_unknown_measure_is_told_the_nearest():
    with pytest.raises(TailraceError) as caught:
        parse_rule("erors > 10 in 30s")
    assert "errors" in f"{caught.value} {caught.value.hint}"


def test_the_same_rule_twice_is_refused():
    with pytest.raises(TailraceError, match="given twice"):
        check_texts(["errors > 1 in 10s", "errors  > 1 in 10s"])


@pytest.mark.parametrize(
    ("window", "hop"), [(1, 1), (5, 1), (10, 1), (30, 5), (60, 10), (300, 50), (7, 1), (3600, 600)]
)
def test_windows_start_a_sixth_of_their_length_apart_in_whole_seconds_that_divide_it(window, hop):
    assert hop_of(timedelta(seconds=window)) == timedelta(seconds=hop)
