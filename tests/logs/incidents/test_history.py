"""The history adds up what panes say, however often they change and in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.incidents.history import BARS, Counts, History
from tailrace.logs.records import Stats
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def add(history: History, *panes: tuple[int, int], app: str = "app") -> None:
    """Panes by their start and their errors; each has 10 lines more and one warning."""
    rows = [
        Stats(at(start), at(start + 10), app, errors + 10, errors, 1, at(start + 9), False) for start, errors in panes
    ]
    history.add(Batch.of(Stats, rows).frame)


def bars(history: History, window: float, end: float, app: str = "app") -> list[tuple[int, int]]:
    found = history.levels(app, timedelta(seconds=window), at(end))
    return [((bar.time - NOON).total_seconds(), bar.errors) for bar in found]


def test_stretches_end_at_the_end_of_the_window_and_gaps_are_empty():
    history = History({})
    add(history, (0, 3), (10, 1), (40, 5), (60, 9))
    assert bars(history, 30, 55) == [(0, 3), (10, 1), (20, 0), (30, 0), (40, 5), (50, 0)]


def test_there_are_thirty_stretches_at_most():
    history = History({})
    add(history, *((10 * n, 1) for n in range(60)))
    assert len(bars(history, 30, 600)) == BARS


@pytest.mark.parametrize(
    ("window", "length"),
    [(10, 10), (30, 10), (60, 30), (300, 120), (3600, 1800), (6 * 3600, 10_800), (86_400, 86_400)],
)
def test_their_length_suits_the_rules_window(window, length):
    history = History({})
    add(history, *((600 * n, 1) for n in range(1999)), *((1_199_400 + 10 * n, 1) for n in range(60)))
    found = bars(history, window, 600 * 2000)
    assert len(found) > 1
    assert {later[0] - earlier[0] for earlier, later in pairwise(found)} <= {length}
    assert found[-1][0] < 600 * 2000 <= found[-1][0] + length


def test_a_pane_that_changes_replaces_what_was_known_of_it():
    history = History({})
    for errors in (1, 5, 4):
        add(history, (0, errors), (10, 2))
    assert bars(history, 30, 20) == [(0, 4), (10, 2)]
    assert history.total("app", at(0), at(20)) == Counts(26, 6, 2)
    assert bars(history, 3600, 20) == [(0, 6)]


def test_of_a_pane_twice_in_a_batch_the_last_counts():
    history = History({})
    add(history, (0, 3), (0, 7))
    assert history.total("app", at(0), at(10)).errors == 7


def test_a_pane_that_is_older_than_all_that_is_held_is_counted_once():
    history = History({})
    add(history, (0, 5))
    add(history, (900, 1))
    add(history, (0, 7))
    assert bars(history, 3600, 1800) == [(0, 6)]


def test_totals_reach_back_as_far_as_is_known_rounded_outward():
    history = History({})
    add(history, *((10 * n, 1) for n in range(600)))
    assert history.total("app", at(5905), at(5995)).errors == 10
    assert history.total("app", at(0), at(6000)).errors == 600
    assert history.total("app", at(30), at(6000)).errors == 600  # a minute is the finest that reaches back so far


def test_what_is_told_of_long_ago_is_told_by_longer_stretches():
    history = History({})
    add(history, *((10 * n, 1) for n in range(600)))
    assert history.total("app", at(100), at(200)).errors == 18
    assert bars(history, 30, 120) == [(0, 6), (60, 6)]


def test_applications_are_counted_apart_and_together():
    history = History({})
    add(history, (0, 3))
    add(history, (0, 4), app="other/one")
    assert (history.total("app", at(0), at(10)).errors, history.total("", at(0), at(10)).errors) == (3, 7)
    assert bars(history, 30, 10, "") == [(0, 7)]
    assert history.total("nobody", at(0), at(10)) == Counts()


def test_it_tells_how_far_counts_have_come():
    history = History({})
    assert history.reached("app") is None
    add(history, (0, 1), (20, 1))
    add(history, (50, 1), app="other")
    assert (history.reached("app"), history.reached("")) == (at(29), at(59))


def test_the_entries_bring_it_back():
    entries: dict[str, bytes] = {}
    history = History(entries)
    add(history, *((10 * n, n) for n in range(300)))
    add(history, (0, 3), app="other/one")
    again = History(entries)
    for window in (30, 300, 3600):
        assert bars(again, window, 3000) == bars(history, window, 3000)
    assert again.total("other/one", at(0), at(10)).errors == 3
    add(again, (2990, 1000))
    assert again.total("app", at(2990), at(3000)).errors == 1000


def test_what_is_kept_of_an_application_is_bounded():
    entries: dict[str, bytes] = {}
    history = History(entries)
    for day in range(40):
        add(history, *((86_400 * day + 600 * n, 1) for n in range(144)))
    assert sum(map(len, entries.values())) < 30_000


@given(
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 50)), min_size=1, max_size=60),
    st.integers(1, 8),
)
@settings(max_examples=25, deadline=None)
def test_in_whatever_order_panes_come_the_sums_are_those_of_their_last_states(changes, batches):
    entries: dict[str, bytes] = {}
    for number in range(batches):  # each with a history of its own, as after a restart
        part = changes[number::batches]
        if part:
            add(History(entries), *((10 * pane, errors) for pane, errors in part))
    last: dict[int, int] = {}
    for number in range(batches):
        last |= dict(changes[number::batches])
    history = History(entries)
    assert history.total("app", at(0), at(810)).errors == sum(last.values())
    assert sum(errors for _, errors in bars(history, 3600, 1800)) == sum(last.values())
