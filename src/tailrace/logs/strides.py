"""Strides: a past cut at moments, close to one another where a rule holds and far apart where none does. Pure.

Times are in microseconds since 1970, as sorted arrays of numpy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.logs.records import Crossing
from tailrace.model.batch import Batch
from tailrace.model.record import Record

_SHORTEST: Final = timedelta(seconds=10)
"""How long an even stride is at least."""
_HOPS: Final = 6  # of a rule's windows: how far apart they begin, as a share of their length
_COARSE: Final = timedelta(seconds=15)
"""Where windows are further apart, the beginning of trouble is looked for in between."""
_PARTS: Final = 3
_MOST_ONSETS: Final = 40
_MOST: Final = 4000
"""Strides beyond which those within trouble become longer, and incidents close to one another one."""
_SAMPLED: Final = 100  # one record of so many
_MICROSECOND: Final = timedelta(microseconds=1)
_MILLION: Final = 1_000_000

Times = NDArray[np.int64]


class Run(Protocol):
    """Records by event time, and these times."""

    times: Times

    def slice(self, begin: int, count: int) -> pa.RecordBatch:
        """So many records from one on; at least one."""
        ...


class Held:
    """A run that is held in memory."""

    def __init__(self, ordered: pa.RecordBatch, times: Times) -> None:
        self.times = times
        self._ordered = ordered

    @classmethod
    def of(cls, record_type: type[Record], batch: pa.RecordBatch) -> Held:
        """The records put in order."""
        field = record_type.event_time_field()
        ordered = batch.take(pc.sort_indices(batch.column(field)))
        return cls(ordered, ordered.column(field).cast(pa.int64()).to_numpy())

    def slice(self, begin: int, count: int) -> pa.RecordBatch:
        """As `Run.slice`."""
        return self._ordered.slice(begin, count)


@dataclass(frozen=True, eq=False)
class Past:
    """Records of one topic in runs, each by event time."""

    record_type: type[Record]
    runs: tuple[Run, ...]

    @classmethod
    def of(cls, record_type: type[Record], batch: pa.RecordBatch) -> Past:
        """The records put in order, as one run."""
        return cls(record_type, (Held.of(record_type, batch),))

    @property
    def rows(self) -> int:
        """How many records there are."""
        return sum(len(run.times) for run in self.runs)

    @property
    def ordered(self) -> pa.RecordBatch:
        """All records as one batch."""
        return self.between([0] * len(self.runs), [len(run.times) for run in self.runs])

    def places(self, end: int) -> list[int]:
        """How many records of each run lie before a time."""
        return [int(np.searchsorted(run.times, end)) for run in self.runs]

    def between(self, begins: Sequence[int], ends: Sequence[int]) -> pa.RecordBatch:
        """The records from some places to others, in order."""
        spans = zip(self.runs, begins, ends, strict=True)
        parts = [run.slice(begin, end - begin) for run, begin, end in spans if end > begin]
        if not parts:
            return pa.RecordBatch.from_pylist([], schema=self.record_type.arrow_schema())
        if len(parts) == 1:
            return parts[0]
        whole = Held.of(self.record_type, merged(parts))
        return whole.slice(0, len(whole.times))


def merged(batches: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    """Several batches of one schema as one."""
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def cut(past: Mapping[str, Past], ends: Times) -> Iterator[tuple[int, dict[str, pa.RecordBatch]]]:
    """The past in strides, each with its end: what lies before that, and was in no stride before; maybe nothing."""
    before = {name: [0] * len(each.runs) for name, each in past.items()}
    for end in map(int, ends):
        after = {name: each.places(end) for name, each in past.items()}
        found = {
            name: each.between(before[name], after[name]) for name, each in past.items() if after[name] != before[name]
        }
        before = after
        yield end, found


def even_ends(past: Iterable[Past], number: int) -> Times:
    """Ends of so many strides of equal length, fewer if that makes them too short; the last is behind all."""
    times = [run.times for each in past for run in each.runs if len(run.times)]
    if not times:
        return np.zeros(0, dtype=np.int64)
    first, last = min(int(each[0]) for each in times), max(int(each[-1]) for each in times) + 1
    step = max(_SHORTEST // _MICROSECOND, (last - first) // number + 1)
    return np.append(np.arange(first + step, last, step, dtype=np.int64), np.int64(last))


def crowd_ends(past: Iterable[Past], most: int) -> Times:
    """Moments between which there are about so many records, by a sample of the times of each run."""
    times = [run.times[::_SAMPLED] for each in past for run in each.runs]
    each = max(most // _SAMPLED, 1)
    return np.unique(np.sort(np.concatenate(times))[each::each]) if times else np.zeros(0, dtype=np.int64)


def onset_ends(crossings: Past) -> Times:
    """Moments at which a rule of long windows may have begun to hold: some in the hop before the end of the first.

    Of more than forty beginnings only the first ones are looked at so closely.
    """
    begins = _stretches(_frame(crossings)).filter(pl.col("begins")).sort("window_end").head(_MOST_ONSETS)
    hop = (pl.col("window_end") - pl.col("window_start")) // _HOPS
    coarse = begins.select("window_end", hop=hop).filter(pl.col("hop") >= _COARSE // _MICROSECOND)
    moments = [end - hop * part // _PARTS for end, hop in coarse.iter_rows() for part in range(_PARTS)]
    return np.unique(np.array(moments, dtype=np.int64))


def arranged(crossings: Past, silences: Mapping[str, timedelta]) -> Past:
    """Crossings as an alerter can take them that gets them long after, in the order in which they came about.

    Of windows that overlap hardly two were told, so that the pause between two crossings of one stretch of trouble may
    be a window longer than it was: so is the quiet that ends it. A silence that was looked back at is one crossing at
    its end: here it is told again and again while it lasted. `silences` says how long one is, by the rule's name.
    """
    frame = Batch.from_arrow(Crossing, crossings.ordered).frame
    window = (pl.col("window_end") - pl.col("window_start")).dt.total_microseconds() / _MILLION
    rest = frame.filter(~pl.col("rule").is_in(list(silences))).with_columns(quiet=pl.col("quiet") + window)
    spread = [_spread(frame.filter(pl.col("rule") == rule), length) for rule, length in silences.items()]
    whole = pl.concat([rest, *spread]).sort("last", "window_end", maintain_order=True)
    return Past(Crossing, (Held(Batch.from_frame(Crossing, whole).arrow, whole["last"].dt.epoch("us").to_numpy()),))


def trouble_ends(crossings: Past, last: int) -> Times:
    """Moments not later than `last`, so close to one another while a rule holds that quiet is told from trouble.

    There is one right behind each crossing that begins a stretch, so that it is told before it grows.
    """
    frame = _stretches(_frame(crossings))
    if frame.is_empty():
        return np.zeros(0, dtype=np.int64)
    begins = frame.filter(pl.col("begins")).select(pl.col("last") + 1)
    behind = frame.filter(pl.col("ends")).select(pl.col("last") + pl.col("quiet") + 1)
    stride = 1
    while True:
        step = (pl.col("quiet") // 3 * stride).clip(_MILLION)
        within = frame.select((pl.col("last") // step + 1) * step)
        ends = np.unique(np.concatenate([each.to_series().to_numpy() for each in (begins, behind, within)]))
        if len(ends) <= _MOST or stride > _MOST:
            return ends[ends <= last]
        stride *= 2


def _spread(rows: pl.DataFrame, length: timedelta) -> pl.DataFrame:
    start, end = pl.col("window_start").dt.epoch("us"), pl.col("window_end").dt.epoch("us")
    step = (pl.col("quiet") * _MILLION).cast(pl.Int64) // 3
    first = pl.min_horizontal(start + length // _MICROSECOND, end)
    moments = pl.int_ranges(first, end, step.clip(_MILLION)).list.concat(end).list.unique(maintain_order=True)
    spread = rows.with_columns(moments.alias("#at")).explode("#at")
    moment = pl.from_epoch("#at", time_unit="us").dt.replace_time_zone("UTC")
    since = (pl.col("#at") - start) / _MILLION
    return spread.with_columns(window_end=moment, last=moment, value=since).drop("#at")


def _frame(crossings: Past) -> pl.DataFrame:
    """Whose the crossings are, and their times in microseconds."""
    micros = [pl.col(name).dt.epoch("us") for name in ("window_start", "window_end", "last")]
    quiet = (pl.col("quiet") * _MILLION).cast(pl.Int64)
    frame = Batch.from_arrow(Crossing, crossings.ordered).frame
    return frame.select("rule", "app", *micros, quiet).unique()


def _stretches(crossings: pl.DataFrame) -> pl.DataFrame:
    """Crossings in order, with `begins` and `ends`: whether there is quiet before and behind."""
    whose: list[Any] = ["rule", "app"]
    ordered = crossings.sort("last", "window_end")
    over = (pl.col("window_end") + pl.col("quiet")).cum_max().shift(1).over(whose)
    begins = over.is_null() | (pl.col("window_start") > over)
    return ordered.with_columns(begins=begins).with_columns(ends=pl.col("begins").shift(-1).over(whose).fill_null(True))
