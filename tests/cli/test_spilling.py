"""Records that wait on disk come back as those that wait in memory."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tailrace.cli.spilling import Spill
from tailrace.logs.records import Volume
from tailrace.logs.strides import Past, cut, even_ends
from tailrace.model.batch import Batch, concat

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def batch(number: int, size: int = 3000) -> Batch[Volume]:
    """Volumes of a file: in order but for some, over the same hours as those of other files."""
    seconds = np.random.default_rng(number).integers(0, 9000, size).tolist()
    return Batch.of(
        Volume, [Volume(f"app {number}", NOON + timedelta(seconds=each), "INFO", 1, 10) for each in sorted(seconds)]
    )


def strides(past: Past) -> list[list[tuple[object, ...]]]:
    """What each of thirty strides has."""
    found = cut({"volumes": past}, even_ends([past], 30))
    return [
        sorted(tuple(row.values()) for each in batches.values() for row in each.to_pylist()) for _, batches in found
    ]


@pytest.mark.parametrize("most", [0, 300_000, 1 << 30], ids=["all on disk", "some on disk", "none on disk"])
def test_what_was_added_comes_back_in_order_of_time_and_once(most: int) -> None:
    batches = [batch(number) for number in range(12)]
    first, second = Spill(Volume, most), Spill(Volume, most)
    for each in batches:
        (first if each.arrow.num_rows % 2 else second).add(each.arrow)
    first.take(second)
    past = first.past()
    assert past.rows == 36_000
    assert strides(past) == strides(Past.of(Volume, concat(Volume, batches).arrow))
    times = past.ordered.column("time").to_pylist()
    assert times == sorted(times)


def test_a_long_run_is_read_back_in_pieces() -> None:
    spill = Spill(Volume, 0)
    whole = batch(1, 50_000)
    spill.add(whole.arrow)
    (run,) = spill.past().runs
    for begin, count in ((0, 1), (8191, 2), (10, 30_000), (49_999, 1)):
        assert run.slice(begin, count) == whole.arrow.slice(begin, count)


def test_nothing_added_is_a_past_without_records() -> None:
    past = Spill(Volume).past()
    assert (past.rows, past.ordered.num_rows) == (0, 0)
