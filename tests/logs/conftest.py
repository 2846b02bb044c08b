"""What the tests of stations share: lines with a level, a time of day and what came out by level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest

from tailrace.logs.records import Volume

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def line() -> Callable[..., bytes]:
    """A function that writes a log4j line: second after noon, level, message."""

    def write(second: int, level: str, message: str = "something happened") -> bytes:
        minute, rest = divmod(second, 60)
        return f"2026-01-05 12:{minute:02d}:{rest:02d},000 {level:<5} [main] org.example.App: {message}\n".encode()

    return write


@pytest.fixture(scope="session")
def by_level() -> Callable[[Iterable[Volume]], dict[str, int]]:
    """A function that adds up volumes by level."""

    def add_up(volumes: Iterable[Volume]) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for each in volumes:
            sums[each.level] += each.lines
        return dict(sums)

    return add_up
