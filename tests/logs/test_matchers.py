from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made import alert, cause
from tailrace.logs.matchers import all_match, check_matchers, labels_of, parse_matcher, severity_of
from tailrace.model.errors import TailraceError

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("severity=critical", {"severity": "critical"}, True),
        ("severity=critical", {"severity": "warning"}, False),
        ("severity = critical", {"severity": "critical"}, True),
        ('rule="errors > 1 in 10s"', {"rule": "errors > 1 in 10s"}, True),
        ("app=orders*", {"app": "orders-eu"}, True),
        ("app=orders*", {"app": "my-orders"}, False),
        ("app=order", {"app": "orders"}, False),
        ("app=Orders", {"app": "orders"}, False),
        ("app=~ord.*", {"app": "orders"}, True),
        ("app=~ord", {"app": "orders"}, False),
        ("app!~ord.*", {"app": "orders"}, False),
        ("severity!=info", {"severity": "error"}, True),
        ("severity!=info", {"severity": "info"}, False),
        ("team!=payments", {}, True),
        ("team=payments", {}, False),
        ("team=", {}, True),
        ("team=*", {"team": "two\nlines"}, True),
        ("http.status=5??", {"http.status": "503"}, True),
        ("rule=a=b", {"rule": "a=b"}, True),
        ("app=~a|b", {"app": "ab"}, False),
        ("app=~a.b", {"app": "a\nb"}, True),
        ("app=~a", {"app": "a\n"}, False),
        ("app=~(a+)+b", {"app": "a" * 4000}, False),
    ],
)
def test_a_matcher_holds_for_a_whole_value_or_not_at_all(text: str, values: dict[str, str], holds: bool) -> None:
    assert parse_matcher(text).matches(values) is holds


@pytest.mark.parametrize("text", ["", "severity", "=critical", "app=~(", "app=~(?=a)", "app ! orders", "a b=c"])
def test_what_is_no_matcher_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(TailraceError):
        check_matchers([text])


@given(name=st.from_regex(r"[a-z_.]{1,8}", fullmatch=True), operator=st.sampled_from(["=", "!=", "=~", "!~"]))
def test_a_matcher_reads_as_it_was_written(name: str, operator: str) -> None:
    assert str(parse_matcher(f"{name}{operator}v*")) == f"{name}{operator}v*"


def test_all_matchers_have_to_hold_and_none_takes_everything() -> None:
    both = [parse_matcher("app=orders"), parse_matcher("severity=error")]
    assert not all_match(both, {"app": "orders"})
    assert all_match(both, {"app": "orders", "severity": "error"})
    assert all_match([], {})


def test_an_alert_is_chosen_by_its_fields_over_those_its_rule_goes_by_over_free_labels() -> None:
    labels = {"team": "shop", "host": "label", "app": "label"}
    told = labels_of(alert(labels=labels, group={"host": "a", "app": "group"}, name="slow", severity="info"))
    assert told == {
        "team": "shop",
        "host": "a",
        "app": "orders",
        "rule": "errors > 10 in 30s",
        "name": "slow",
        "severity": "info",
    }


def test_a_rule_without_a_name_goes_by_its_condition() -> None:
    assert labels_of(alert())["name"] == "errors > 10 in 30s"


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"severity": "info", "errors": 9}, "info"),
        ({"errors": 9, "causes": []}, "error"),
        ({"causes": [cause(level="ERROR"), cause(level="FATAL")]}, "critical"),
        ({"errors": 0, "causes": []}, "warning"),
        ({"severity": "dreadful", "errors": 0, "causes": []}, "warning"),
    ],
)
def test_severity_is_the_rules_or_goes_by_the_worst_level(fields: dict[str, Any], severity: str) -> None:
    assert severity_of(alert(**fields)) == severity
