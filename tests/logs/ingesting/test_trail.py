"""A trail knows what was read of a file in any other that begins with it."""

from __future__ import annotations

import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.ingesting.trail import Likeness, Trail, find_likeness

DATA = random.Random(7).randbytes(300_000)


def trail_of(data: bytes, piece: int = 1 << 20) -> Trail:
    trail = Trail()
    for begin in range(0, len(data), piece):
        trail = trail.extended(data[begin : begin + piece])
    return trail


def likeness(trails: dict[str, Trail], data: bytes) -> Likeness | None:
    return find_likeness(trails, io.BytesIO(data).read)


@pytest.mark.parametrize("size", [32, 33, 100, 4096, 150_000])
@pytest.mark.parametrize("piece", [777, 1 << 20])
def test_a_file_that_begins_with_all_that_was_read_is_known(size, piece):
    trail = trail_of(DATA[:size], piece)
    for more in (0, 1, 5000):
        assert likeness({"a": trail}, DATA[: size + more]) == Likeness("a", whole=True)


def test_a_file_that_ends_before_is_known_as_a_part_once_it_is_long_enough():
    trail = trail_of(DATA)
    assert likeness({"a": trail}, DATA[:5000]) == Likeness("a", whole=False)
    assert likeness({"a": trail}, DATA[:3000]) is None


@given(place=st.integers(0, 149_999))
@settings(max_examples=50, deadline=None)
def test_one_byte_that_differs_makes_it_another(place):
    other = bytearray(DATA[:150_000])
    other[place] ^= 1
    found = likeness({"a": trail_of(DATA[:150_000])}, bytes(other))
    assert found is None


def test_of_several_the_longest_is_found():
    trails = {name: trail_of(DATA[:size]) for name, size in (("short", 1000), ("long", 9000), ("longer", 200_000))}
    assert likeness(trails, DATA[:10_000]) == Likeness("long", whole=True)


def test_no_more_is_read_than_is_needed():
    file = io.BytesIO(b"another" * 100_000)
    assert find_likeness({"a": trail_of(DATA)}, file.read) is None
    assert file.tell() == 32


def test_less_than_a_line_is_never_known():
    assert likeness({"a": trail_of(DATA[:31])}, DATA) is None


def test_a_trail_is_small_and_survives_as_text():
    trail = trail_of(DATA, 1000)
    assert Trail.from_text(trail.to_text()) == trail
    assert len(trail.to_text()) < 500
    assert Trail.from_text("") == Trail()
