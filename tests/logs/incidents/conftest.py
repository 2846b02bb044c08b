"""What the tests of incidents share: windows that cross a rule, seconds after noon."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tailrace.logs.records import Crossing

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def at() -> Callable[[float], datetime]:
    """A function: seconds after noon."""
    return lambda seconds: NOON + timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def crossing() -> Callable[..., Crossing]:
    """A function: a window of 30 seconds from a second on, with its value; something was written 20 seconds into it."""

    def make(start: float, value: float = 11, rule: str = "errors > 10 in 30s", **more: Any) -> Crossing:
        begin = NOON + timedelta(seconds=start)
        fields: dict[str, Any] = {
            "rule": rule,
            "condition": rule,
            "app": "app",
            "group": {"app": "app"},
            "window_start": begin,
            "window_end": begin + timedelta(seconds=30),
            "last": begin + timedelta(seconds=20),
            "value": float(value),
            "lines": 100,
            "errors": int(value),
            "warnings": 0,
        }
        return Crossing(**(fields | more))

    return make
