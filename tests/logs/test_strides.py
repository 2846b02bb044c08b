"""Strides cut a past so that nothing is lost, and are close to one another where a rule holds."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.records import Crossing, Volume
from tailrace.logs.strides import Past, arranged, crowd_ends, cut, even_ends, onset_ends, trouble_ends
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def seconds(ends: np.ndarray) -> list[float]:
    return [(int(end) - int(NOON.timestamp()) * 1_000_000) / 1e6 for end in ends]


def volumes(*times: float) -> Past:
    return Past.of(Volume, Batch.of(Volume, [Volume("a", at(second), "INFO", 1, 10) for second in times]).arrow)


def crossings(*ends: float, window: float = 30, quiet: float = 60, rule: str = "r") -> Past:
    rows = [
        Crossing(rule, rule, "a", {"app": "a"}, at(end - window), at(end), at(end - 1), 1, 1, 1, 0, quiet=quiet)
        for end in ends
    ]
    return Past.of(Crossing, Batch.of(Crossing, rows).arrow)


@given(st.lists(st.integers(0, 10**6), min_size=1), st.integers(1, 50))
def test_strides_hold_every_record_once_and_before_their_ends(times, number):
    past = {"volumes": volumes(*times)}
    ends = even_ends(past.values(), number)
    assert len(ends) <= number
    found = []
    for end, batches in cut(past, ends):
        rows = [row["time"] for batch in batches.values() for row in batch.to_pylist()]
        assert all(row.timestamp() * 1e6 < end for row in rows)
        found += rows
    assert found == sorted(at(second) for second in times)


def test_a_past_without_records_has_no_strides():
    assert len(even_ends([], 10)) == len(crowd_ends([], 10)) == 0


def test_where_many_records_are_close_to_one_another_strides_have_about_so_many():
    past = {"volumes": volumes(*range(0, 5000, 1000), *(2000 + n / 1000 for n in range(20_000)))}
    ends = np.append(crowd_ends(past.values(), 2000), at(9999).timestamp() * 1e6)
    sizes = [sum(batch.num_rows for batch in batches.values()) for _, batches in cut(past, ends)]
    assert sum(sizes) == 20_005
    assert len(sizes) >= 10
    assert max(sizes) <= 2200


def test_the_beginning_of_trouble_is_looked_for_within_the_hop_of_a_long_window():
    assert seconds(onset_ends(crossings(900, 1050, window=900))) == [800, 850, 900]


def test_a_short_window_needs_no_closer_look():
    assert len(onset_ends(crossings(30, 35, 40))) == 0


def test_while_a_rule_holds_strides_are_shorter_than_its_quiet():
    ends = seconds(trouble_ends(crossings(*range(30, 330, 30)), int(at(9999).timestamp() * 1e6)))
    within = [end for end in ends if 29 <= end <= 300]
    assert max(np.diff(within)) < 60
    assert 29 < ends[0] < 29.1
    assert ends[-1] == pytest.approx(299 + 60, abs=0.1)


def test_no_stride_ends_behind_all():
    last = int(at(50).timestamp() * 1e6)
    assert max(trouble_ends(crossings(30, 60, 90), last)) <= last


def test_much_trouble_makes_longer_strides_rather_than_countless_ones():
    ends = trouble_ends(crossings(*range(30, 3_000_000, 600), quiet=700), 1 << 62)
    assert len(ends) <= 4000


def test_a_silence_is_told_again_and_again_while_it_lasted():
    told = arranged(crossings(1500, window=1500, quiet=600, rule="silent"), {"silent": timedelta(minutes=10)})
    rows = list(Batch.from_arrow(Crossing, told.ordered).records())
    assert [(row.last, row.window_end, row.value) for row in rows] == [
        (at(second), at(second), second) for second in (600, 800, 1000, 1200, 1400, 1500)
    ]


def test_crossings_go_in_the_order_in_which_they_came_about():
    long, short = (next(Batch(Crossing, each.ordered).records()) for each in (crossings(60, window=60), crossings(45)))
    told = arranged(Past.of(Crossing, Batch.of(Crossing, [long, short]).arrow), {})
    assert [row.last for row in Batch(Crossing, told.ordered).records()] == [at(44), at(59)]
