"""The day on which a file without dates begins, found by reading all of it before it is read.

Only how many midnights a whole file passes tells its first day from its last, which is that of its modification. So
whoever holds a whole file, and can read it twice, asks here first and puts the answer into the `TimeContext`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from tailrace.logs.reading.clock import TimeContext, latest_day
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.segments import Asked, read_segments
from tailrace.logs.reading.state import ReaderState

_ANY: Final = date(2000, 1, 1)  # some day to count midnights from, far from any bound
_NOTHING: Final = 99  # a severity that no record has
_WINDOW: Final = 1 << 21


def first_day(
    pieces: Iterable[bytes], context: TimeContext, *, formats: tuple[Format, ...] = (), start: ReaderState | None = None
) -> date | None:
    """Return the day of a whole file's first record, given its bytes piece by piece.

    None where that need not be known: times carry dates, or the file's name does. Then no more than the beginning is
    read. `start` is the state that reading will start from.
    """
    if context.named_day() is not None:
        return None
    asked = Asked(replace(context, began=_ANY), context.file_modified, _NOTHING, formats)
    state = start or ReaderState()
    for piece in pieces:
        for begin in range(0, len(piece), _WINDOW):
            _, state = read_segments(state, piece[begin : begin + _WINDOW], asked, final=False, flush=False)
        if state.clock.last is not None and state.clock.day is None:
            return None
    _, state = read_segments(state, b"", asked, final=True, flush=False)
    if state.clock.day is None:
        return None
    midnights = state.clock.day - (_ANY - date(1970, 1, 1)).days
    last = latest_day(state.clock.second, context)
    return date(1970, 1, 1) + timedelta(days=last - midnights)
