"""The alerter tells each stretch of trouble once, with its causes, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tailrace.logs.alerter import Alerter
from tailrace.logs.records import Cause, Crossing, Stats
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
RULE = "errors > 10 in 30s"


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def crossing(start: float, value: float, *, app: str = "app", rule: str = RULE, **more: Any) -> Crossing:
    """A window of 30 seconds that meets the rule, with something written in its last second."""
    span = at(start), at(start + 30), at(start + 29)
    return Crossing(rule, RULE, app, {"app": app}, *span, float(value), 100 + int(value), int(value), 0, **more)


def cause(start: float, n: int, name: str = "boom", *, app: str = "app", level: str = "ERROR") -> Cause:
    first, last = at(start + 1), at(start + 4)
    return Cause(
        at(start), at(start + 5), app, name, n, name, level, f"{name} happened", "/a.log", 1, first, last, False
    )


def pane(start: float, errors: int, *, app: str = "app", warnings: int = 0, last: float = 9) -> Stats:
    counts = 100 + errors, errors, warnings
    return Stats(at(start), at(start + 10), app, *counts, last=at(start + last), final=False)


@pytest.fixture
def kit() -> Iterator[StreamletKit]:
    with StreamletKit(Alerter, now=NOON) as kit:
        yield kit


def told(kit: StreamletKit) -> list[tuple[str, str]]:
    return [(alert.app, alert.state) for alert in kit.read("alerts")]


def test_a_crossing_opens_with_its_counts_and_causes(kit):
    kit.send("causes", [cause(0, 12), cause(5, 3, "slow", level="WARN")])
    kit.send("crossings", [crossing(0, 12)])
    kit.run()
    (alert,) = kit.read("alerts")
    assert (alert.app, alert.rule, alert.name, alert.state, alert.value) == ("app", RULE, "", "open", 12)
    assert (alert.lines, alert.errors, alert.warnings) == (112, 12, 0)
    assert (alert.window_start, alert.window_end, alert.at) == (at(0), at(30), at(29))
    assert [(each.template, each.n) for each in alert.causes] == [("boom", 12), ("slow", 3)]
