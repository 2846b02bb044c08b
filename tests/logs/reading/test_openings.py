"""Shapes that lines begin with."""

import pytest

from tailrace.logs.reading.lines import find_lines
from tailrace.logs.reading.openings import opens_like


def opening(shapes, *texts):
    lines = find_lines(("\n".join(texts).encode(),), final=True, first=True)
    return opens_like(lines, shapes).tolist()


@pytest.mark.parametrize(
    ("shape", "fits", "fails"),
    [
        ("00:0", "12:3", "1a:3"),
        ("Aaa _0 ", "Jan  5 ", "jan  5 "),
        ("Aaa _0 ", "Jan 15 ", "Jan x5 "),
        ("[?0", "[x1", "[x"),
        ("* 0000-", "some.file.log 2026-", "2026-"),
        ("* 0000-", "a 2026-", "a  2026-"),
    ],
)
def test_a_shape_is_looked_at_column_by_column(shape, fits, fails):
    assert opening((shape,), fits, fails, fits) == [0, 2]


def test_any_one_of_several_shapes_is_enough():
    assert opening(("0", "A"), "1", "a", "B", "") == [0, 2]


def test_without_shapes_every_line_may_fit():
    assert opening((), "a", "", "b") == [0, 1, 2]


def test_a_shape_does_not_reach_into_the_next_line():
    assert opening(("A?0",), "A", "10") == []
