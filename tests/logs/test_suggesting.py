"""Suggested thresholds lie above what quiet history had, whatever few bursts it holds, and say what they stand on."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.rules.reading import parse_rule
from tailrace.logs.suggesting import Suggestion, rules_text, suggest, threshold_above, trouble_words

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400


def history(app: str = "orders", *, days: float = 5, lines: float = 1, **levels: np.ndarray | float) -> pl.DataFrame:
    """Volumes of so many days: lines a second, and errors and warnings a second, or counts of every second."""
    random = np.random.default_rng(7)
    number = int(days * DAY)
    frames = []
    for level, each in {"INFO": lines, **levels}.items():
        counts = random.poisson(each, number) if isinstance(each, float | int) else each
        seconds = np.flatnonzero(counts)
        frames.append(
            pl.DataFrame({"app": app, "second": seconds + int(START.timestamp()), "lines": counts[seconds]}).select(
                "app",
                pl.from_epoch("second", time_unit="s").dt.replace_time_zone("UTC").alias("time"),
                pl.lit(level).alias("level"),
                pl.col("lines").cast(pl.Int64),
            )
        )
    return pl.concat(frames)


def errors(rate: float, *bursts: tuple[int, int, int], days: float = 5) -> np.ndarray:
    """Errors of every second: at a rate, and in bursts of so many from one second to another."""
    counts = np.random.default_rng(3).poisson(rate, int(days * DAY))
    for begin, end, each in bursts:
        counts[begin:end] += each
    return counts


def found(frame: pl.DataFrame, *access: str) -> dict[str, Suggestion]:
    return {each.when: each for each in suggest(frame, frozenset(access)).suggestions}


def test_a_threshold_lies_above_the_most_of_quiet_times():
    rules = found(history(ERROR=errors(0.005)))
    fast = next(each for when, each in rules.items() if when.startswith("errors >= 9 in 1m"))
    assert fast.app == "orders"
    assert fast.ground == (
        "in 7,200 windows of 1m over 5 days the most was 4 errors (99 % had 2 or fewer); "
        "9 would never have been reached"
    )


def test_a_few_bursts_are_taken_for_trouble_and_said():
    calm, burst = found(history(ERROR=errors(0.005))), found(history(ERROR=errors(0.005, (100_000, 100_300, 2))))
    assert burst.keys() == calm.keys()
    fast = burst["errors >= 9 in 1m"]
    assert [(each.start, each.end) for each in fast.trouble] == [
        (START + timedelta(seconds=99_950), START + timedelta(seconds=100_350))
    ]
    assert "9 would have been reached in what is taken for trouble only" in fast.ground
    assert trouble_words(fast).startswith("2026-01-02 03:45:50 to 03:52:30 UTC (up to 12")


def test_what_comes_again_and_again_is_how_the_application_lives():
    hourly = errors(0, *[(hour * 3600, hour * 3600 + 60, 1) for hour in range(120)])
    (rule,) = [each for each in suggest(history(ERROR=hourly)).suggestions if "errors" in each.when]
    assert rule.trouble == ()
    assert int(rule.when.split()[2]) > 60


def test_an_application_without_errors_gets_a_threshold_all_the_same():
    rules = found(history())
    assert "errors >= 3 in 15m" in rules
    assert not any("warnings" in when for when in rules)


def test_warnings_are_looked_at_over_a_longer_time():
    assert [when for when in found(history(WARN=0.05)) if "warnings" in when] == ["warnings >= 86 in 15m"]


def test_silence_is_suggested_where_lines_come_steadily():
    rules = found(history(lines=0.1))
    (silence,) = [each for when, each in rules.items() if when.startswith("silence")]
    assert silence.when == "silence of 5m"
    assert silence.ground == "over 5 days the longest pause between two lines was 1 minute 57 seconds"


def test_an_outage_is_taken_for_trouble_and_said():
    steady = history(lines=1)
    out = steady.filter(~pl.col("time").is_between(START + timedelta(hours=30), START + timedelta(hours=33)))
    silence = found(out)["silence of 1m"]
    assert silence.trouble[0].end - silence.trouble[0].start >= timedelta(hours=3)
    assert trouble_words(silence).endswith("(no lines)")


def test_no_silence_is_suggested_for_who_seldom_speaks():
    assert not any(when.startswith("silence") for when in found(history(lines=0.0001)))


def test_an_access_log_gets_a_share_of_errors():
    rules = found(history(lines=3, ERROR=0.01, WARN=0.1), "orders")
    assert list(rules) == ["errors > 3% of lines in 5m, at least 100 lines", "silence of 1m"]
    assert rules["errors > 3% of lines in 5m, at least 100 lines"].ground.startswith(
        "in 1,439 windows of 5m with at least 100 lines over 5 days at most 1.3 % were errors"
    )


def test_an_access_log_with_few_lines_gets_a_count():
    assert "errors >= 3 in 15m" in found(history(lines=0.1), "orders")


def test_too_little_history_is_said():
    advice = suggest(history(days=0.02))
    assert advice.suggestions == ()
    assert advice.untold["orders"].endswith("too little to learn from; it takes at least 60 windows, which is 1 hour")


def test_every_application_is_looked_at_by_itself():
    advice = suggest(pl.concat([history("b", days=1), history("a", days=1, ERROR=0.1), history("c", days=0.01)]))
    assert list(dict.fromkeys(each.app for each in advice.suggestions)) == ["a", "b"]
    assert list(advice.untold) == ["c"]


@given(st.integers(0, 10**9))
def test_a_threshold_is_always_above_what_was_seen(most: int):
    assert most < threshold_above(most) <= max(3, 2.5 * most + 5)
    assert threshold_above(most + 1) >= threshold_above(most)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.2), st.integers(0, 3))
def test_no_suggestion_would_have_been_reached_outside_of_what_it_names(seed: int, rate: float, bursts: int):
    random = np.random.default_rng(seed)
    counts = random.poisson(rate, DAY)
    for begin in random.integers(0, DAY - 600, bursts):
        counts[begin : begin + 300] += 3
    for each in suggest(history(days=1, lines=0.01, ERROR=counts)).suggestions:
        if not each.when.startswith("errors"):
            continue
        limit, length = int(each.when.split()[2]), parse_rule(each.when).window
        sums = np.convolve(counts, np.ones(int(length.total_seconds()), dtype=int), "valid")[
            :: int(length.total_seconds()) // 6
        ]
        for begin in np.flatnonzero(sums >= limit) * int(length.total_seconds()) // 6:
            at = START + timedelta(seconds=int(begin))
            assert any(stretch.start < at + length and at < stretch.end for stretch in each.trouble)


def test_the_text_is_a_rules_file_with_its_grounds():
    text = rules_text(suggest(history(ERROR=errors(0.005, (100_000, 100_300, 2)))), "5 days of logs")
    assert text.startswith(
        "# Suggested by `tailrace rules suggest` from 5 days of logs. Read each ground before use.\n"
    )
    assert "  # In 7,200 windows of 1m over 5 days the most was 4 errors (99 % had 2 or fewer); 9 would have\n" in text
    assert "  # Taken for trouble and left out: 2026-01-02 03:45:50 to 03:52:30 UTC (up to 12" in text
    rules = yaml.safe_load(text)["rules"]
    assert rules[0] == {"name": "orders errors in 1m", "when": "errors >= 9 in 1m", "where": "app = 'orders'"}


@pytest.mark.parametrize("name", ["it's", 'a"b', "a\nrules: []\n#", "a: b", "\\", "\u202eevil", "ünï"])
def test_whatever_an_application_is_called_the_text_is_a_rules_file(name: str):
    text = rules_text(suggest(pl.concat([history(name, days=1), history(f"{name}2", days=0.01)])), f"logs of {name}")
    rules = yaml.safe_load(text)["rules"]
    assert {each["where"] for each in rules} == {"app = '" + name.replace("'", "''") + "'"}
    assert text.isprintable() or all(line.isprintable() for line in text.split("\n"))
