"""What the tests of rules share: records and volumes in a row, and the crossings that rules make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tailrace.logs.records import Crossing, LogRecord, Volume
from tailrace.logs.rules.bench import Bench
from tailrace.logs.rules.file import RulesFile, read_rules
from tailrace.logs.rules.reading import parse_rule
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.verdict import Moment
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SEVERITIES = {"": 0, "TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17, "FATAL": 21}


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def record(second: float, level: str = "ERROR", *, app: str = "app", message: str = "boom", **attributes: str) -> Any:
    """A record; its fingerprint and template are its message."""
    return LogRecord(
        app, at(second), NOON, SEVERITIES[level], level, message, message, message, "/a", 1, 0, attributes=attributes
    )


def volume(second: int, level: str = "ERROR", lines: int = 1, *, app: str = "app") -> Volume:
    return Volume(app, at(second), level, lines, 100 * lines)


class Trial:
    """Rules on a bench, step by step; what is said can be seated again from the saved entries."""

    def __init__(self, *rules: str | Rule, exhaust: bool = False) -> None:
        self.rules = [parse_rule(each) if isinstance(each, str) else each for each in rules]
        self.entries: dict[str, bytes] = {}
        self.exhaust = exhaust
        self.sit()

    def sit(self, *rules: str | Rule) -> None:
        """Begin anew from what was saved, with other rules if there are any."""
        if rules:
            self.rules = [parse_rule(each) if isinstance(each, str) else each for each in rules]
        self.bench = Bench(self.rules, self.entries, timedelta(days=1))

    def take(self, seen: Iterable[Any] = (), now: float = 0) -> list[Crossing]:
        """Take records and volumes in one step."""
        rows = list(seen)
        records = Batch.of(LogRecord, [each for each in rows if isinstance(each, LogRecord)])
        volumes = Batch.of(Volume, [each for each in rows if isinstance(each, Volume)])
        told = self.bench.take(records.frame, volumes.frame, Moment(at(now), self.exhaust))
        assert self.bench.faults == []
        return told

    def look(self, now: float, *, idle: bool = True) -> list[Crossing]:
        told = self.bench.look(Moment(at(now), self.exhaust, idle))
        assert self.bench.faults == []
        return told


@pytest.fixture(scope="session")
def trial() -> type[Trial]:
    return Trial


@pytest.fixture(scope="session")
def rec() -> Callable[..., LogRecord]:
    return record


@pytest.fixture(scope="session")
def vol() -> Callable[..., Volume]:
    return volume


@pytest.fixture(scope="session")
def from_yaml() -> Callable[[str], tuple[Rule, ...]]:
    """A function that reads a rules file that holds."""

    def read(text: str) -> tuple[Rule, ...]:
        found = read_rules(text, "rules.yaml")
        assert isinstance(found, RulesFile), [str(each) for each in found]
        return found.rules

    return read


@pytest.fixture(scope="session")
def spans() -> Callable[[Iterable[Crossing]], list[tuple[int, int, float]]]:
    """A function that gives of crossings their windows, in seconds after noon, and their values."""

    def of(told: Iterable[Crossing]) -> list[tuple[int, int, float]]:
        def second(moment: datetime) -> int:
            return round((moment - NOON).total_seconds())

        return [(second(each.window_start), second(each.window_end), each.value) for each in told]

    return of
