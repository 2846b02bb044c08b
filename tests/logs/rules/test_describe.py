"""A rule can be said aloud."""

from __future__ import annotations

import pytest

from tailrace.logs.rules.describe import describe
from tailrace.logs.rules.reading import parse_rule


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "errors > 10 in 30s",
            "Alerts when errors > 10 within any 30 seconds, for each application by itself. "
            "Resolved after 1 minute of quiet.",
        ),
        (
            "errors > 5% of lines in 5m, at least 100 lines",
            "the share of errors in lines is above 5% within any 5 minutes, once there are 100 lines,",
        ),
        (
            "errors 3x the 6 windows before in 5m",
            "errors in 5 minutes are 3 times those in the 6 windows before, on average, and 10 at least,",
        ),
        (
            "lines down 2x the window before in 1h",
            "lines in 1 hour have been 2 times as many in the window before, on average (10 at least),",
        ),
        (
            "distinct attributes.user < 2 in 5m",
            "attributes.user has fewer than 2 different values within any 5 minutes",
        ),
        (
            "p95(attributes.ms) >= 200 in 90s",
            "95th percentile of attributes.ms is at least 200 within any 1 minute and 30",
        ),
        ("body matches 'a', 'b'", "body matches 'a' or 'b',"),
        ("logger matches none of 'a'", "logger is there and matches none of 'a',"),
        ("attributes.version changes", "attributes.version has another value than the time before,"),
        ("new fingerprint", "a value that was never seen before (it only learns for the first 10 minutes)"),
        ("silence of 1d from orders, billing", "no line has come for 1 day from orders or billing,"),
    ],
)
def test_each_kind_is_said_in_plain_english(rule, said):
    assert said in describe(parse_rule(rule))


def test_what_it_looks_at_and_what_becomes_of_the_alert_is_said_too(from_yaml):
    (rule,) = from_yaml("rules: [{when: errors > 1 in 1m, where: body LIKE 'x', by: [], cooldown: 2h}]")
    assert describe(rule).endswith(
        "over all applications together. Counts only records of level WARN and worse where body LIKE 'x'. "
        "Resolved after 1 minute of quiet. Told again after 2 hours, then ever more rarely."
    )
