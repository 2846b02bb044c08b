"""Timelines: time as columns, a row for each thing that happens, drawn in characters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.cli.terminal import breadth, fit, paint, room
from tailrace.model.show import visible

_WIDTH: Final = 80
_WIDEST: Final = 160
_LEAST_COLUMNS: Final = 24
_LABEL: Final = 30
_BARS: Final = " ▁▂▃▄▅▆▇█"
_PLAIN_BARS: Final = " .:-=+*#@"
_STEPS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
        *(3600, 7200, 10_800, 14_400, 21_600, 43_200),
        *(86_400 * days for days in (1, 2, 7, 14, 28, 91, 182, 364, 728, 1820, 3640)),
    )
)
_EPOCH: Final = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday: weeks begin there


@dataclass(frozen=True)
class Span:
    """Something that lasts; until the end of the timeline and beyond if it has no `end`."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Row:
    """One line of a timeline."""

    label: str
    spans: tuple[Span, ...] = ()
    inner: bool = False
    """Part of the row above it."""


class Timeline:
    """A timeline from `first` to `last`, as wide as the terminal, or 80 columns where there is none."""

    def __init__(self, first: datetime, last: datetime, labels: Sequence[str]) -> None:
        self._first = first
        self._label = min(max((breadth(visible(label)) for label in labels), default=0), _LABEL)
        whole = min(room() or _WIDTH, _WIDEST)
        self._columns = max(whole - self._label - 2, _LEAST_COLUMNS)
        self._length = max(last - first, timedelta(seconds=1)) / self._columns
        self._rich = _can_write("●━┫▶·█")

    def axis(self) -> str:
        """The times at round moments, each above the column that it is in."""
        step = self._step()
        cells = [" "] * self._columns
        moment = _EPOCH + -((_EPOCH - self._first) // step) * step
        free = 0
        while (column := self._column(moment)) < self._columns:
            text = self._moment(moment, step)
            if moment >= self._first and free <= column <= self._columns - len(text):
                cells[column : column + len(text)] = text
                free = column + len(text) + 1
            moment += step
        return self._line("", "".join(cells).rstrip())

    def bars(self, label: str, seconds: NDArray[np.int64], counts: NDArray[np.int64]) -> str:
        """How much there was in each column, at seconds since 1970; small counts beside great ones can be seen."""
        start = self._first.timestamp()
        places = ((seconds - start) / self._length.total_seconds()).astype(np.int64).clip(0, self._columns - 1)
        sums = np.bincount(places, weights=counts, minlength=self._columns)
        steps = _BARS if self._rich else _PLAIN_BARS
        most = max(float(sums.max()), 1.0)
        heights = np.ceil(np.sqrt(sums / most) * (len(steps) - 1)).astype(int)
        return self._line(label, "".join(steps[height] for height in heights).rstrip())

    def row(self, row: Row) -> str:
        """Where its spans open, last and end; several that open in one column are a digit."""
        opens, lasts, ends, beyond, empty = "●━┫▶·" if self._rich else "o-|>."
        cells = [empty] * self._columns
        opened = np.zeros(self._columns, dtype=int)
        for span in row.spans:
            start = min(self._column(span.start), self._columns - 1)
            end = self._columns - 1 if span.end is None else min(self._column(span.end), self._columns - 1)
            opened[start] += 1
            for column in range(start + 1, end + 1):
                cells[column] = lasts
            if end > start or span.end is None:
                cells[end] = beyond if span.end is None else ends
        for column in map(int, np.flatnonzero(opened)):
            cells[column] = opens if opened[column] == 1 else str(opened[column]) if opened[column] < 10 else "*"
        text = "".join(cells)
        return self._line(f"  {row.label}" if row.inner else row.label, paint(text, "red") if row.spans else text)

    def legend(self) -> str:
        """What the marks mean."""
        opens, lasts, ends, beyond, _ = "●━┫▶·" if self._rich else "o-|>."
        text = f"{opens} opens  {lasts} lasts  {ends} resolved  {beyond} goes on  2 two open"
        return self._line("", text) if len(text) <= self._columns else text

    def _line(self, label: str, text: str) -> str:
        shown = fit(visible(label), self._label)
        return f"{shown}{' ' * (self._label - breadth(shown))}  {text}".rstrip()

    def _column(self, moment: datetime) -> int:
        return (moment - self._first) // self._length

    def _step(self) -> timedelta:
        """The distance of the times on the axis: each has some blanks around it."""
        least = self._length * 9
        return next((step for step in _STEPS if step >= least), _STEPS[-1])

    def _moment(self, moment: datetime, step: timedelta) -> str:
        if step >= timedelta(days=1):
            return f"{moment:%Y-%m}" if step > timedelta(days=200) else f"{moment:%m-%d}"
        midnight = moment.hour == moment.minute == moment.second == 0
        if midnight and moment > self._first:
            return f"{moment:%m-%d}"
        return f"{moment:%H:%M:%S}" if step < timedelta(minutes=1) else f"{moment:%H:%M}"


def _can_write(text: str) -> bool:
    """Whether standard output takes these characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
