"""Alerts in a few words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tailrace.logs.mail.sentences import (
    batch_words,
    change_words,
    growth_words,
    headline_words,
    listed_words,
    subject_words,
)
from tailrace.logs.records import Alert

OPENED = datetime(2026, 1, 5, 10, 41, 20, tzinfo=UTC)
START = OPENED - timedelta(seconds=30)


def alert(state: str = "open", **changes: Any) -> Alert:
    values: dict[str, Any] = {
        "id": "a1",
        "app": "orders",
        "rule": "errors > 10 in 30s",
        "state": state,
        "opened": OPENED,
        "at": OPENED,
        "window_start": START,
        "window_end": OPENED,
        "value": 14.0,
        "lines": 1204,
        "errors": 14,
        "warnings": 3,
        "causes": [],
    }
    return Alert(**values | changes)


GROWN = alert("update", told=14.0, value=70.0, errors=70, at=OPENED + timedelta(minutes=1))
OVER = alert("resolved", at=OPENED + timedelta(minutes=4, seconds=20.4))
IN_ALL = {"total_errors": 323, "total_warnings": 73, "total_lines": 10_904}
SUMMED = replace(OVER, **IN_ALL)


def test_an_opening_says_what_and_where() -> None:
    assert headline_words(alert()) == "14 errors in orders within 30 seconds"
    assert subject_words(alert()) == "14 errors in 30s"
    assert listed_words(alert()) == "14 errors"


def test_an_update_says_how_it_has_grown() -> None:
    assert headline_words(GROWN) == "Now 5 times as many: 70 errors in orders within 30 seconds"
    assert subject_words(GROWN) == "now 5 times as many: 70 errors in 30s (was 14)"
    assert listed_words(GROWN) == "70 errors, now 5 times as many"
    assert change_words(GROWN) == "70, was 14 when last told"


def test_an_update_that_is_compared_with_nothing_says_so_plainly() -> None:
    unknown = replace(GROWN, told=None)
    assert headline_words(unknown) == "70 errors in orders within 30 seconds"
    assert subject_words(unknown) == "update: 70 errors in 30s"
    assert change_words(unknown) == ""


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (10.0, 20.0, "2 times as many"),
        (10.0, 25.0, "2.5 times as many"),
        (4.0, 5.0, "1.2 times as many"),
        (1.0, 12_345.0, "12,345 times as many"),
        (70.0, 70.0, ""),
        (70.0, 7.0, ""),
        (0.0, 7.0, ""),
    ],
)
def test_growth_is_told_roughly_and_only_where_there_is_some(before: float, now: float, said: str) -> None:
    assert growth_words(alert("update", value=now, told=before)) == said


def test_what_is_no_count_grows_in_height() -> None:
    odd = alert("update", rule="errors / lines > 0.05 in 5m", value=0.25, told=0.1)
    assert growth_words(odd) == "2.5 times as high"
    assert change_words(odd) == "0.25, was 0.1 when last told"


def test_an_opening_never_grows() -> None:
    assert growth_words(alert(value=70.0, told=14.0)) == change_words(alert(value=70.0, told=14.0)) == ""


def test_a_resolved_notice_says_how_long_and_how_much_in_all() -> None:
    said = "Resolved after 4 minutes 20 seconds: 323 errors in orders"
    assert headline_words(SUMMED) == said
    assert subject_words(SUMMED) == "resolved after 4m20s: 323 errors in all"
    assert listed_words(SUMMED) == "Resolved after 4 minutes 20 seconds"


def test_where_the_total_is_not_known_the_worst_is_told() -> None:
    said = "Resolved after 4 minutes 20 seconds: at worst 14 errors in orders within 30 seconds"
    assert headline_words(OVER) == said
    assert subject_words(OVER) == "resolved after 4m20s: at worst 14 errors in 30s"


def test_an_incident_that_took_no_time_has_no_length() -> None:
    short = alert("resolved", at=OPENED - timedelta(seconds=3), **IN_ALL)
    assert headline_words(short) == "Resolved: 323 errors in orders"
    assert subject_words(short) == "resolved: 323 errors in all"


def test_a_batch_tells_what_goes_on_apart_from_what_is_over() -> None:
    alerts = [alert(), alert(id="b", app="billing"), OVER]
    assert batch_words(alerts) == "2 alerts and 1 resolved in 2 apps: 28 errors and 6 warnings"
    assert batch_words([OVER, alert("resolved", app="billing")]) == "2 resolved in 2 apps"
