"""A message is new once, and never while an application is being learned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tailrace.logs.incidents.fingerprints import Fingerprints
from tailrace.logs.incidents.novelty import Novelty
from tailrace.logs.records import Cause, Stats
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LEARN = timedelta(minutes=10)
NO_STATS = Batch.empty(Stats).frame


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def causes(*rows: tuple[float, str], app: str = "app"):
    return Batch.of(
        Cause,
        [
            Cause(
                at(start),
                at(start) + timedelta(seconds=5),
                app,
                name,
                1,
                "",
                "ERROR",
                "",
                "",
                1,
                at(start),
                at(start),
                False,
            )
            for start, name in rows
        ],
    ).frame


def lines(minute: float, app: str = "app"):
    return Batch.of(Stats, [Stats(at(minute), at(minute + 1), app, 9, 0, 0, at(minute), False)]).frame


def novelty(entries: dict[str, bytes] | None = None, apps: dict[str, bytes] | None = None) -> Novelty:
    return Novelty(Fingerprints({} if entries is None else entries), {} if apps is None else apps, LEARN)


def names(found: set[tuple[str, str, datetime]]) -> set[str]:
    return {name for _, name, _ in found}


def test_the_first_minutes_of_an_application_are_learned():
    assert novelty().of(causes((0, "a"), (9.9, "b"), (10, "c")), NO_STATS) == {("app", "c", at(10))}


def test_what_was_learned_is_never_new():
    known = novelty()
    known.of(causes((0, "a")), NO_STATS)
    assert known.of(causes((60, "a")), NO_STATS) == set()


def test_the_first_warning_of_an_application_that_has_long_run_in_peace_is_new():
    known = novelty()
    known.of(causes(), lines(0))
    assert names(known.of(causes((60, "a")), NO_STATS)) == {"a"}


def test_a_message_is_new_in_the_window_in_which_it_came_first_and_only_then():
    known = novelty()
    known.of(causes(), lines(0))
    assert known.of(causes((61, "a"), (60, "a")), NO_STATS) == {("app", "a", at(60))}
    assert known.of(causes((60, "a"), (62, "a")), NO_STATS) == set()


def test_each_application_knows_its_own():
    known = novelty()
    known.of(causes(), lines(0))
    known.of(causes(), lines(0, "other"))
    assert names(known.of(causes((60, "a")), NO_STATS)) == {"a"}
    assert names(known.of(causes((60, "a"), app="other"), NO_STATS)) == {"a"}


def test_the_entries_bring_it_back():
    entries: dict[str, bytes] = {}
    apps: dict[str, bytes] = {}
    novelty(entries, apps).of(causes((0, "a")), NO_STATS)
    assert names(novelty(entries, apps).of(causes((60, "a"), (60, "b")), NO_STATS)) == {"b"}


def test_thirty_thousand_messages_are_all_told_apart():
    prints = Fingerprints({})
    wanted = [f"{number:016x}" for number in range(30_000)]
    assert all(prints.add("app", name) for name in wanted)
    assert not any(prints.add("app", name) for name in wanted)


def test_its_memory_is_bounded_and_forgets_the_oldest():
    entries: dict[str, bytes] = {}
    Fingerprints(entries).add("app", "first")
    (bucket,) = entries
    entries[bucket] += bytes(8 * 255)
    assert not Fingerprints(entries).add("app", "first")
    entries[bucket] = entries[bucket][8:] + bytes(8)
    assert Fingerprints(entries).add("app", "first")
    assert len(entries[bucket]) == 8 * 256
