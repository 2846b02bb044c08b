"""A silence takes the alerts it is about, and none else, until it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import made
from tailrace.logs.incidents.silences import MOST_SILENCES, Silence, Silences, check_pattern
from tailrace.logs.records import Alert
from tailrace.model.errors import TailraceError

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def silence(name: str = "s", *, hours: float | None = 1, **more: Any) -> Silence:
    return Silence(name, NOON, NOON + hours * HOUR if hours is not None else None, "ann", **more)


def alert(*messages: tuple[str, str], **changes: Any) -> Alert:
    causes = [made.cause(template=text, sample=text, level=level) for level, text in messages]
    return made.alert(name="too many", causes=causes, **changes)


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"app": "orders"}, True),
        ({"app": "ord*"}, True),
        ({"app": "billing"}, False),
        ({"app": "order"}, False),
        ({"rule": "too many"}, True),
        ({"rule": "errors > 10 in 30s"}, True),
        ({"rule": "errors*"}, True),
        ({"rule": "warnings*"}, False),
        ({"app": "orders", "rule": "warnings*"}, False),
        ({"pattern": "disk (full|slow)"}, True),
        ({"pattern": "network"}, False),
    ],
)
def test_it_is_about_apps_rules_and_messages(about, expected):
    assert silence(**about).takes(alert(("ERROR", "disk full"))) is expected


def test_a_pattern_hides_no_other_error():
    both = alert(("ERROR", "disk full"), ("ERROR", "out of memory"))
    assert not silence(pattern="disk").takes(both)


def test_a_pattern_heeds_warnings_only_where_there_are_no_errors():
    mixed = ("ERROR", "disk full"), ("WARN", "slow")
    assert silence(pattern="disk").takes(alert(*mixed))
    assert not silence(pattern="slow").takes(alert(*mixed))
    assert silence(pattern="slow").takes(alert(("WARN", "slow"), errors=0))


def test_a_pattern_takes_nothing_of_which_no_message_is_known():
    assert not silence(pattern=".*").takes(alert())


@pytest.mark.parametrize("pattern", ["(", "(?=look)", r"(a)\1", "x" * 501, "a{1000000}"])
def test_a_pattern_that_cannot_be_matched_in_time_is_refused(pattern):
    with pytest.raises(TailraceError, match=r"the pattern .* (understood|characters)"):
        check_pattern(pattern)


def test_a_pattern_takes_no_longer_on_texts_made_to_delay_it():
    assert not silence(pattern="^(a+)+$").takes(alert(("ERROR", "a" * 4000 + "b")))


def test_what_is_added_mutes_and_what_is_removed_does_not():
    silences = Silences({})
    silences.add(silence(reason="deploy"), NOON)
    mute = silences.muting(alert(), NOON)
    assert mute is not None
    assert (mute.kind, mute.key, mute.reason) == ("silence", "s", "silenced by ann until 13:00:00 (deploy)")
    assert silences.remove("s") == ["s"]
    assert silences.muting(alert(), NOON) is None
    assert silences.remove("s") == []


def test_it_ends_when_its_time_has_come():
    silences = Silences({})
    silences.add(silence("short"), NOON)
    silences.add(silence("long", hours=None), NOON)
    assert silences.expire(NOON + HOUR - timedelta(seconds=1)) == []
    assert silences.expire(NOON + HOUR) == ["short"]
    mute = silences.muting(alert(), NOON + 1000 * HOUR)
    assert mute is not None
    assert mute.reason == "silenced by ann"


def test_of_several_the_one_that_lasts_longest_is_named():
    silences = Silences({})
    for name, hours in (("a", 1), ("b", 3), ("c", 2)):
        silences.add(silence(name, hours=hours), NOON)
    mute = silences.muting(alert(), NOON)
    assert mute is not None
    assert mute.key == "b"


def test_what_was_over_when_it_came_never_begins():
    entries: dict[str, bytes] = {}
    Silences(entries).add(silence(), NOON + HOUR)
    assert entries == {}


def test_the_entries_bring_it_back():
    entries: dict[str, bytes] = {}
    Silences(entries).add(silence(pattern="disk"), NOON)
    assert Silences(entries).muting(alert(("ERROR", "disk full")), NOON) is not None


def test_there_is_an_end_to_how_many_there_may_be():
    silences = Silences({})
    for number in range(MOST_SILENCES):
        silences.add(silence(str(number)), NOON)
    with pytest.raises(TailraceError, match="1,000 silences already"):
        silences.add(silence("more"), NOON)
