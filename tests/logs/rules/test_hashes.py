"""The set of hashes that were seen is exact, compact, and saved in pieces."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.rules.hashes import HashSet, hashes_of


@given(st.lists(st.lists(st.integers(0, 300), unique=True, max_size=40), max_size=12))
def test_it_knows_what_was_added_as_a_set_does_and_after_a_restart(steps):
    entries: dict[str, bytes] = {}
    known: set[int] = set()
    for step in steps:
        new = HashSet(entries).add(np.array(step, dtype=np.uint64))
        assert new.tolist() == [each not in known for each in step]
        known |= set(step)
    assert len(HashSet(entries)) == len(known)


def test_a_million_hashes_take_eight_bytes_each_in_pieces_of_a_mebibyte():
    entries: dict[str, bytes] = {}
    hashes = HashSet(entries)
    for start in range(0, 1_000_000, 100_000):
        hashes.add(np.random.default_rng(start).integers(0, 2**63, 100_000, dtype=np.uint64))
    sizes = [len(entry) for name, entry in entries.items() if name != "head"]
    assert sum(sizes) == 8 * len(hashes)
    assert max(sizes) <= 1 << 20
    assert len({name.partition("-")[0] for name in entries if name != "head"}) <= 4
    assert len(HashSet(entries)) == len(hashes)


def test_the_hash_of_a_text_never_changes():
    assert hashes_of(["app\x1fboom"]).tolist() == [1428977874756692299]


def test_it_is_bounded_and_forgets_what_was_not_seen_for_long():
    entries: dict[str, bytes] = {}
    for start in range(0, 5000, 100):
        hashes = HashSet(entries, generation=1000)
        fresh = hashes.add(np.arange(start, start + 100, dtype=np.uint64))
        assert fresh.all()
        assert hashes.add(np.array([7], dtype=np.uint64)).tolist() == [False]
        assert len(hashes) < 2100
    assert sum(map(len, entries.values())) < 17_000
    assert HashSet(entries, generation=1000).add(np.array([8, 4999], dtype=np.uint64)).tolist() == [True, False]
