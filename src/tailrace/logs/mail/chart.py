"""Errors and warnings over the last windows, as a small chart: heights for bars, blocks for plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from tailrace.logs.mail import words
from tailrace.logs.records import LevelCount

HEIGHT = 64
"""How high the highest bar is, in pixels."""

_LEAST = 2  # pixels of a bar that stands for anything at all
_BLOCKS = "▁▂▃▄▅▆▇█"
_NONE = "·"


@dataclass(frozen=True)
class Bar:
    """One window: how high its errors and its warnings stand, in pixels, and whether the alert's window touches it."""

    errors: int
    warnings: int
    marked: bool


@dataclass(frozen=True)
class ChartView:
    """A chart, oldest first. `each` says how long a window is; `blocks` are (noun, blocks, greatest number)."""

    bars: tuple[Bar, ...]
    first: str
    last: str
    each: str
    peak: str
    blocks: tuple[tuple[str, str, str], ...]


def chart_view(
    history: Sequence[LevelCount], start: datetime, end: datetime, *, most: int, zone: tzinfo
) -> ChartView | None:
    """Draw the latest `most` windows, those that touch [start, end) marked; None with fewer than two.

    The windows are as far apart as the nearest two; where one is missing, nothing was written.
    """
    times = sorted({count.time for count in history})
    if len(times) < 2 or most < 2:
        return None
    step = min(later - earlier for earlier, later in pairwise(times))
    shown = _evenly(history, times[-1], step, min(most, round((times[-1] - times[0]) / step) + 1))
    worst = max(shown, key=_height)
    peak = max(_height(worst), 1)
    numbers = [(name, [int(getattr(count, name)) for count in shown]) for name in ("errors", "warnings")]
    return ChartView(
        bars=tuple(_bar(count, peak, start < count.time + step and count.time < end) for count in shown),
        first=words.clock_words(shown[0].time, zone),
        last=words.clock_words(shown[-1].time + step, zone),
        each=words.duration_words(step),
        peak=words.and_words([words.count_words(number, name) for name, number in _levels(worst)]) or "nothing",
        blocks=tuple((name, _blocks(row), f"{max(row):,}") for name, row in numbers),
    )


def _evenly(counts: Sequence[LevelCount], last: datetime, step: timedelta, slots: int) -> list[LevelCount]:
    """The latest windows, one each step, whether something was written in them or not."""
    known = {round((last - count.time) / step): count for count in sorted(counts, key=_height)}
    ages = range(slots - 1, -1, -1)
    return [
        replace(known[age], time=last - age * step) if age in known else LevelCount(last - age * step, 0, 0, 0)
        for age in ages
    ]


def _bar(count: LevelCount, peak: int, marked: bool) -> Bar:
    errors, warnings = (max(_LEAST, round(n * HEIGHT / peak)) if n > 0 else 0 for n in (count.errors, count.warnings))
    return Bar(errors, warnings, marked)


def _height(count: LevelCount) -> int:
    return count.errors + count.warnings


def _levels(count: LevelCount) -> list[tuple[str, int]]:
    return [(name, number) for name in ("errors", "warnings") if (number := int(getattr(count, name)))]


def _blocks(numbers: Sequence[int]) -> str:
    peak = max(numbers)
    last = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round(number * last / peak)] if number > 0 else _NONE for number in numbers)
