"""What a message is new by: never while an application is being learned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tailrace.logs.incidents.novelty import Novelty
from tailrace.logs.records import Stats
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LEARN = timedelta(minutes=10)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def micros(minute: float) -> int:
    return int(at(minute).timestamp()) * 1_000_000


def lines(minute: float, app: str = "app"):
    return Batch.of(Stats, [Stats(at(minute), at(minute + 1), app, 9, 0, 0, at(minute), False)]).frame


def test_the_first_minutes_of_an_application_are_learned():
    known = Novelty({}, LEARN)
    known.meet(lines(0))
    known.meet(lines(5))
    assert known.learned("app") == micros(10)


def test_each_application_is_learned_by_itself():
    known = Novelty({}, LEARN)
    known.meet(lines(0))
    known.meet(lines(60, "other"))
    assert (known.learned("app"), known.learned("other")) == (micros(10), micros(70))


def test_nothing_is_new_in_an_application_that_is_unknown():
    assert Novelty({}, LEARN).learned("app") is None


def test_the_entries_bring_it_back():
    apps: dict[str, bytes] = {}
    Novelty(apps, LEARN).meet(lines(0))
    assert Novelty(apps, LEARN).learned("app") == micros(10)
