"""The search for the record at fault."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tailrace.log.contract import Slice, TopicPartition
from tailrace.runtime.inbound import Intake
from tailrace.runtime.suspicion import Suspicion


def intake(**lengths: int) -> Intake:
    return Intake(
        {
            TopicPartition(topic, 0): Slice(topic, 0, 0, pa.RecordBatch.from_pydict({"n": [0] * length}))
            for topic, length in lengths.items()
        }
    )


def taken(found: Intake, at: TopicPartition, offset: int, count: int) -> Intake:
    return Intake({at: Slice(at.topic, 0, offset, found.slices[at].batch.slice(offset, count))})


def search(found: Intake, bad: set[tuple[str, int]]) -> tuple[list[tuple[str, int]], set[tuple[str, int]], int]:
    """What went through, what was set aside, and how many attempts it took."""
    suspicion, positions = Suspicion.of(found), dict.fromkeys(found.slices, 0)
    through: list[tuple[str, int]] = []
    aside: set[tuple[str, int]] = set()
    attempts = 0
    while (place := suspicion.next(positions)) is not None:
        attempts += 1
        at, count = place
        piece = [(at.topic, positions[at] + i) for i in range(count)]
        if not bad.intersection(piece):
            through += piece
            positions[at] += count
            suspicion.widen()
        elif not suspicion.narrow(taken(found, at, positions[at], count)):
            aside.update(piece)
            positions[at] += 1
    return through, aside, attempts


@given(st.integers(1, 40), st.integers(1, 40), st.sets(st.tuples(st.sampled_from("ab"), st.integers(0, 39))))
def test_all_the_bad_are_set_aside_and_all_the_good_go_through_once(a: int, b: int, some: set) -> None:
    everything = [("a", n) for n in range(a)] + [("b", n) for n in range(b)]
    bad = some.intersection(everything)

    through, aside, _ = search(intake(a=a, b=b), bad)

    assert (sorted(through), aside) == (sorted(set(everything) - bad), bad)


def test_one_bad_record_among_many_is_found_in_few_attempts() -> None:
    _, _, attempts = search(intake(a=16_384), {("a", 9_999)})

    assert attempts <= 2 * 14 + 2


def test_neighbours_of_a_bad_record_are_tried_one_by_one() -> None:
    _, aside, attempts = search(intake(a=64), {("a", n) for n in range(64)})

    assert (len(aside), attempts) == (64, 64 + 6)  # six to find the first
