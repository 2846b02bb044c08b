"""Timelines show when what happens, in as many columns as there are."""

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tailrace.cli.terminal import breadth
from tailrace.cli.timeline import Row, Span, Timeline

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def hour() -> Timeline:
    """An hour in 60 columns behind labels of 18."""
    return Timeline(NOON, at(60), ["x" * 18])


def marks(line: str) -> str:
    return line[20:]


def test_times_stand_above_the_columns_that_they_are_in(hour):
    assert marks(hour.axis()) == "12:00     12:10     12:20     12:30     12:40     12:50"


def test_what_lasts_is_drawn_from_its_opening_to_its_end(hour):
    row = Row("rule", (Span(at(5), at(9.5)), Span(at(20), at(20.5)), Span(at(50), None)))
    line = hour.row(row)
    assert line.startswith("rule" + " " * 16)
    assert marks(line) == "·····●━━━┫··········●·····························●━━━━━━━━▶"


def test_several_that_open_in_one_column_are_a_digit(hour):
    spans = [Span(at(3 + part / 10), at(3 + part / 10)) for part in range(9)]
    assert marks(hour.row(Row("r", tuple(spans[:2])))).startswith("···2·")
    assert marks(hour.row(Row("r", (*spans, *spans)))).startswith("···*·")


def test_nothing_is_a_line_of_dots(hour):
    assert marks(hour.row(Row("r"))) == "·" * 60


def test_bars_show_how_much_there_was(hour):
    seconds = np.array([int(NOON.timestamp()) + 60 * minute for minute in (0, 0, 30)])
    line = hour.bars("errors", seconds, np.array([8, 8, 4]))
    assert (line[:6], marks(line)) == ("errors", "█" + " " * 29 + "▄")


def test_rows_of_a_part_stand_below_it_with_an_indent(hour):
    assert hour.row(Row("orders", inner=True)).startswith("  orders  ")


@pytest.mark.parametrize(
    "length", [timedelta(), timedelta(seconds=5), timedelta(minutes=7), timedelta(days=1), timedelta(days=9000)]
)
@pytest.mark.parametrize(
    "label", ["x", "a rule with a name that is much longer than any timeline has room for", "日本" * 20]
)
def test_every_line_has_room_in_80_columns(length, label):
    timeline = Timeline(NOON, NOON + length, [label])
    span = Span(NOON, NOON + length)
    lines = [
        timeline.axis(),
        timeline.row(Row(label, (span, Span(NOON + length, None)))),
        timeline.bars(label, np.array([int(NOON.timestamp())]), np.array([1])),
        timeline.legend(),
    ]
    assert all(breadth(line) <= 80 for line in lines)


def test_days_are_named_where_there_are_several():
    axis = Timeline(NOON, NOON + timedelta(days=30), ["x" * 18]).axis()
    assert "01-12" in axis
    assert ":" not in axis


def test_midnight_tells_the_day():
    assert "01-06" in Timeline(NOON, NOON + timedelta(days=1), ["x" * 18]).axis()


def test_where_only_ascii_can_be_written_it_is_ascii(monkeypatch):
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    timeline = Timeline(NOON, at(60), ["x" * 18])
    lines = timeline.row(Row("r", (Span(at(5), at(9)),))), timeline.legend(), timeline.axis()
    assert all(line.isascii() for line in lines)
    assert marks(lines[0]).startswith(".....o---|....")
