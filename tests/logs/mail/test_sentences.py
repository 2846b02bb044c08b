"""Alerts in a few words."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import made
from tailrace.logs.mail.sentences import (
    batch_words,
    change_words,
    growth_words,
    headline_words,
    listed_words,
    so_far_words,
    subject_words,
    where_words,
)
from tailrace.logs.records import Alert


def alert(state: str = "open", **changes: Any) -> Alert:
    return made.alert(state=state, **{"causes": []} | changes)


GROWN = alert("update", told=14.0, value=70.0, errors=70, at=made.END + timedelta(minutes=1))
OVER = alert("resolved", at=made.END + timedelta(minutes=4, seconds=20.4))
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


def test_a_silence_grows_in_length() -> None:
    silent = alert("update", rule="silence of 10m", value=1500.0, told=600.0)
    assert subject_words(silent) == "now 2.5 times as long: no lines for 25 minutes (was 10 minutes)"


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
    short = alert("resolved", at=made.END - timedelta(seconds=3), **IN_ALL)
    assert headline_words(short) == "Resolved: 323 errors in orders"
    assert subject_words(short) == "resolved: 323 errors in all"


@pytest.mark.parametrize(
    ("changes", "headline", "subject"),
    [
        (
            {"rule": "p95(ms) > 500 in 5m", "value": 512.3, "name": "slow"},
            "Slow: p95(ms) is 512.3 in orders within 30 seconds",
            "slow: p95(ms) is 512.3 in 30s",
        ),
        (
            {"rule": "errors > 5% of lines in 5m, at least 100 lines", "value": 7.25, "detail": "131 of 1804"},
            "Errors are 7.25 % of lines in orders within 30 seconds",
            "errors are 7.25 % of lines in 30s",
        ),
        (
            {"rule": "silence of 10m", "value": 630.0, "detail": "no line since 2026-01-05 10:00:00 UTC"},
            "No lines for 10 minutes 30 seconds in orders",
            "no lines for 10 minutes 30 seconds",
        ),
        (
            {"rule": "body matches 'refused' in 1m", "value": 12.0, "detail": "body on the black list"},
            "12 lines, body on the black list in orders within 30 seconds",
            "12 lines, body on the black list in 30s",
        ),
        (
            {"rule": "new fingerprint", "value": 1.0, "errors": 0, "warnings": 0},
            "New fingerprint came to 1 in orders within 30 seconds",
            "new fingerprint came to 1 in 30s",
        ),
        (
            {"rule": "errors 3x the 6 windows before in 5m", "detail": "2.5 on average in the 6 windows before"},
            "14 errors, 2.5 on average in the 6 windows before in orders within 30 seconds",
            "14 errors, 2.5 on average in the 6 windows before in 30s",
        ),
        (
            {"rule": "attributes.version changes", "value": 1.0, "detail": "version went from '1' to '2'"},
            "Version went from '1' to '2' in orders",
            "version went from '1' to '2'",
        ),
        (
            {"rule": "distinct attributes.user > 100 in 5m", "value": 120.0},
            "120 different values of user in orders within 30 seconds",
            "120 different values of user in 30s",
        ),
        (
            {"rule": "errors > 5 AND errors / lines > 0.1 in 1m"},
            "14 errors and 3 warnings in orders within 30 seconds",
            "14 errors and 3 warnings in 30s",
        ),
        ({"name": "order errors"}, "14 errors in orders within 30 seconds", "14 errors in 30s"),
    ],
)
def test_each_kind_of_rule_is_told_by_what_it_saw(changes: dict[str, Any], headline: str, subject: str) -> None:
    assert headline_words(alert(**changes)) == headline
    assert subject_words(alert(**changes)) == subject


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"group": {"app": "orders"}}, "orders"),
        ({"group": {"app": "orders", "logger": "a.B", "attributes.user": "7"}}, "orders (logger a.B, user 7)"),
        ({"app": "", "group": {}}, "all applications"),
        ({"app": "", "group": {"attributes.host": "web-3"}}, "all applications (host web-3)"),
    ],
)
def test_where_it_happened_is_told_with_all_that_the_rule_goes_by(changes: dict[str, Any], where: str) -> None:
    assert where_words(alert(**changes)) == where
    assert headline_words(alert(**changes)) == f"14 errors in {where} within 30 seconds"


def test_a_reminder_says_how_long_it_has_been_going_on_and_how_much_came() -> None:
    again = alert("repeat", at=made.END + timedelta(hours=4, seconds=30), **IN_ALL)
    assert headline_words(again) == "Still going on, for 4 hours: 14 errors in orders within 30 seconds"
    assert subject_words(again) == "still going on after 4h: 14 errors in 30s"
    assert listed_words(again) == "14 errors, still going on"
    assert so_far_words(again) == "323 errors and 73 warnings"
    assert so_far_words(alert("repeat")) == so_far_words(alert(**IN_ALL)) == ""


def test_a_number_that_is_none_does_no_harm() -> None:
    odd = alert("update", rule="p95(ms) > 5 in 5m", value=math.nan, told=math.nan)
    assert subject_words(odd) == "update: p95(ms) is no number in 30s"


def test_a_batch_tells_what_goes_on_apart_from_what_is_over() -> None:
    alerts = [alert(), alert(id="b", app="billing"), OVER]
    assert batch_words(alerts) == "2 alerts and 1 resolved in 2 apps: 28 errors and 6 warnings"
    assert batch_words([OVER, alert("resolved", app="billing")]) == "2 resolved in 2 apps"
