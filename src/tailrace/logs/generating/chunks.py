"""Chunks: some thousand lines of one app, as bytes, with the truth about them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tailrace.logs.generating.dice import Dice, Floats, Ints
from tailrace.logs.generating.formats import format_of
from tailrace.logs.generating.messages import Levels
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.model.errors import TailraceError

LINES_PER_CHUNK = 16_384
"""Part of what fixes the bytes: draws are made a chunk at a time, so another number is another log."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_MOMENT = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH) // _MICROSECOND


def moment_of(micros: int) -> datetime:
    """The time that is so many microseconds after 1970, in UTC."""
    return _EPOCH + micros * _MICROSECOND


def micros_of(moment: datetime) -> int:
    """Microseconds from 1970 to the time."""
    return (moment - _EPOCH) // _MICROSECOND


@dataclass(frozen=True)
class Chunk:
    """Records of one app in order of time; a record is one line, or several when it has a stack trace."""

    app: str
    column: pa.Array
    times: Ints
    """Microseconds since 1970 UTC, one per record, ascending."""
    levels: Levels
    """Codes of the levels that a reader can tell, one per record: indices of `LEVELS`."""

    def __len__(self) -> int:
        return len(self.times)

    @cached_property
    def offsets(self) -> npt.NDArray[np.int32]:
        """Where each record starts in the bytes, and the end of the last one."""
        return np.frombuffer(self.column.buffers()[1], np.int32, len(self) + 1)

    def bytes_of(self, start: int, stop: int) -> memoryview:
        """The bytes of the records from `start` up to `stop`, without a copy."""
        return memoryview(self.column.buffers()[2])[self.offsets[start] : self.offsets[stop]]


def chunks_of(settings: GeneratorSettings, app: str) -> Iterator[Chunk]:
    """All lines of one app. Raises TailraceError when the simulated time passes the year 9999."""
    time_dice, level_dice = Dice(settings.seed, app, "times"), Dice(settings.seed, app, "levels")
    line_format = format_of(settings, app)
    origin = cursor = micros_of(settings.start)
    end = None if settings.duration is None else min(origin + settings.duration // _MICROSECOND, _LAST_MOMENT + 1)
    left = settings.count
    while left is None or left > 0:
        steps = _delays(settings, time_dice)
        times = np.cumsum(steps) - steps[0] + cursor
        cursor = int(times[-1]) + int(steps[0])
        levels = _levels(settings, app, times - origin, level_dice)
        keep = _kept(times, left, end)
        if keep:
            times, levels = times[:keep], levels[:keep]
            _check_calendar(int(times[-1]))
            yield Chunk(app, line_format.lines(times, levels), times, line_format.as_read(levels))
        if keep < LINES_PER_CHUNK:
            return
        left = None if left is None else left - keep


def generate_chunks(settings: GeneratorSettings) -> Iterator[Chunk]:
    """The chunks of all apps, in the order of their first times."""
    return heapq.merge(*(chunks_of(settings, app) for app in settings.apps), key=lambda chunk: int(chunk.times[0]))


def generate_bytes(settings: GeneratorSettings) -> Iterator[bytes]:
    """The lines of all apps in pieces of some megabytes; with several apps, their lines alternate chunk by chunk."""
    for chunk in generate_chunks(settings):
        yield bytes(chunk.bytes_of(0, len(chunk)))


def _delays(settings: GeneratorSettings, dice: Dice) -> Ints:
    least, most = (delay // _MICROSECOND for delay in settings.delay)
    return least + dice.below(LINES_PER_CHUNK, most - least + 1)


def _kept(times: Ints, left: int | None, end: int | None) -> int:
    """How many of the lines come before the count or the duration is used up."""
    keep = len(times) if left is None else min(left, len(times))
    return keep if end is None else min(keep, int(np.searchsorted(times, end)))


def _check_calendar(last: int) -> None:
    if last > _LAST_MOMENT:
        raise TailraceError("the simulated time passes the year 9999", hint="shorten the delay or the run")


def _levels(settings: GeneratorSettings, app: str, elapsed: Ints, dice: Dice) -> Levels:
    share = settings.likelihoods
    drawn = dice.unit(len(elapsed))
    error: Floats | float = share.error
    bursts = [burst for burst in settings.bursts if burst.app in (None, app)]
    if bursts:
        error = np.minimum(1.0, share.error * np.maximum.reduce([burst.factors(elapsed) for burst in bursts]))
    squeeze = (1 - error) / (1 - share.error) if share.error < 1 else 0.0
    warn = error + share.warn * squeeze
    debug = warn + share.debug * squeeze
    return (drawn >= error).astype(np.uint8) + (drawn >= warn) + (drawn >= debug)
