"""What may be asked of the generator, and what it says otherwise."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tailrace.logs.generating.burst import Burst
from tailrace.logs.generating.likelihood import Likelihoods, parse_likelihood
from tailrace.logs.generating.pace import Pace
from tailrace.logs.generating.pieces import Cuts
from tailrace.logs.generating.settings import GeneratorSettings, parse_delay, parse_length, parse_start
from tailrace.model.errors import TailraceError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"apps": ()}, "at least one app"),
        ({"apps": ("a", "a")}, "no app twice"),
        ({"apps": ("../etc",)}, "app name '../etc'"),
        ({"format": "xml"}, "format 'xml' is none of logback"),
        ({"messages": "poems"}, "messages 'poems' is none of random"),
        ({"threads": ()}, "thread names"),
        ({"loggers": ("a\nb",)}, "must be printable"),
        ({"bursts": (Burst.parse("x: 1s every 2s x2"),)}, "app 'x', which is not generated"),
        ({"start": datetime(2026, 1, 5)}, "needs a time zone"),  # noqa: DTZ001
        ({"seed": -1}, "seed must be 0 or more"),
        ({"count": 0}, "count must be 1 or more"),
        ({"duration": timedelta()}, "longer than nothing"),
        ({"delay": (timedelta(2), timedelta(1))}, "not run backwards"),
        ({"delay": (timedelta(), timedelta())}, "never ends"),
        ({"length": (9, 3)}, "not run backwards"),
        ({"length": (1, 14)}, "no room for the pattern"),
        ({"pattern_frequency": 2.0}, "frequency must be 0 to 1"),
        ({"stack_traces": -0.1}, "stack traces must be a share"),
        ({"format": "common", "stack_traces": 0.5}, "access log has no stack traces"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(TailraceError, match=said):
        GeneratorSettings(**asked)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(TailraceError, match=r"xml.*seed.*length"):
        GeneratorSettings(format="xml", seed=-1, length=(0, 0), pattern_frequency=0)


@pytest.mark.parametrize("shares", [(2, 0, 0), (0, -0.1, 0), (0.5, 0.4, 0.2)])
def test_shares_must_stay_within_one(shares: tuple[float, float, float]) -> None:
    with pytest.raises(TailraceError):
        Likelihoods(*shares)


def test_info_is_what_the_other_levels_leave() -> None:
    assert Likelihoods().info == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("text", "share"), [("0.01", 0.01), ("0.25-0.5", 0.25), ("1", 1.0), (".5", 0.5), ("1e-3", 0.001)]
)
def test_a_likelihood_is_a_share_or_a_range(text: str, share: float) -> None:
    assert parse_likelihood(text, "--errors") == pytest.approx(share)


@pytest.mark.parametrize("text", ["2", "-0.1", "0.5-0.2", "0.5-2", "many", ""])
def test_a_likelihood_outside_its_bounds_is_refused_by_name(text: str) -> None:
    with pytest.raises(TailraceError, match="--errors"):
        parse_likelihood(text, "--errors")


def test_a_burst_is_read_as_people_write_it() -> None:
    minute = timedelta(minutes=1)
    assert Burst.parse("60s every 10m x20") == Burst(minute, 10 * minute, 20)
    assert Burst.parse("orders: 1m every 2m from 30s x1.5") == Burst(minute, 2 * minute, 1.5, minute / 2, "orders")


@pytest.mark.parametrize("text", ["often", "60s every 10m", "60s every soon x2", "10m every 60s x2", "0s every 1m x2"])
def test_what_is_no_burst_is_refused(text: str) -> None:
    with pytest.raises(TailraceError):
        Burst.parse(text)


@pytest.mark.parametrize(
    ("text", "least", "most"), [("0-20ms", 0, 20), ("5-20ms", 5, 20), ("1ms-1s", 1, 1000), ("7ms", 7, 7)]
)
def test_a_delay_is_a_range_of_durations(text: str, least: int, most: int) -> None:
    assert parse_delay(text) == (timedelta(milliseconds=least), timedelta(milliseconds=most))


def test_a_length_is_a_range_of_numbers() -> None:
    assert parse_length("10-100") == (10, 100)
    assert parse_length("80") == (80, 80)
    with pytest.raises(TailraceError, match="not a range of lengths"):
        parse_length("long")


def test_a_start_may_be_told_from_now() -> None:
    assert parse_start("now", NOW) == NOW
    assert parse_start("now-10m", NOW) == NOW - timedelta(minutes=10)
    assert parse_start("now+1h", NOW) == NOW + timedelta(hours=1)


def test_a_start_without_a_zone_is_in_utc() -> None:
    assert parse_start("2026-01-05T09:58:55", NOW) == datetime(2026, 1, 5, 9, 58, 55, tzinfo=UTC)
    paris = timezone(timedelta(hours=1))
    assert parse_start("2026-01-05T09:58:55+01:00", NOW) == datetime(2026, 1, 5, 9, 58, 55, tzinfo=paris)


@pytest.mark.parametrize("text", ["tomorrow", "0001-01-01T00:00+05:00", "now-99999999d", "now-soon"])
def test_what_is_no_start_is_refused(text: str) -> None:
    with pytest.raises(TailraceError):
        parse_start(text, NOW)


def test_a_file_and_a_pace_need_more_than_nothing() -> None:
    for wrong in (lambda: Cuts(size=0), lambda: Cuts(interval=timedelta()), lambda: Pace(0.0)):
        with pytest.raises(TailraceError):
            wrong()
