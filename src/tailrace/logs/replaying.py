"""The past once more: records and volumes go by in their own time, through fresh windows, to alerts.

Everything happens in memory and in one thread. The clock that streamlets see is the logs' own, so that incidents are
resolved as they would have been, however fast the past goes by. It goes by in strides: long ones where nothing happens,
and short ones where a rule begins to hold. Where that is, is found by holding the rules against the past beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.log.contract import Log, Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.logs.mailer import Mailer
from tailrace.logs.records import Alert, Crossing, LogRecord, Volume
from tailrace.logs.rules.kinds import Silence
from tailrace.logs.rules.rule import Rule
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.record import Record
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.stepper import Outcome, Stepper, open_context

_SHORTEST, _LONGEST = timedelta(seconds=10), timedelta(hours=1)
"""How long a stride through the past is, where nothing happens."""
_STRIDES: Final = 24
"""Strides that are taken through a past in which nothing happens, unless that makes them too short or too long."""
_WITHIN: Final = timedelta(minutes=1)
"""How long a stride is while a rule holds."""
_MOST_STRIDES: Final = 600
"""Strides beyond which those within trouble become longer."""
_PARTS: Final = 8  # strides by which the beginning of trouble is found within a hop of the windows
_GRACE: Final = timedelta(seconds=4)
"""How long an alert may wait for what explains it, and more."""
_PATIENCE: Final = 600
"""Seconds by which the clock goes on at most for what a mailer holds back."""
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Times = NDArray[np.int64]


def sources_of_alerts(plan: Plan) -> list[TopicPlan]:
    """The topics that a replay is fed with: those of records and volumes that something reads."""
    return [topic for topic in plan.topics if topic.record_type in (LogRecord, Volume) and topic.consumers]


def replay(
    plan: Plan,
    past: Mapping[str, pa.RecordBatch],
    until: datetime,
    *,
    mail_at: datetime | None = None,
    longest: timedelta | None = None,
    on_progress: Callable[[float], object] = lambda _: None,
) -> list[Alert]:
    """The alerts that come of the past.

    `past` gives the records of each of the plan's `sources_of_alerts`, by the topic's name, in any order; all of it
    is held in memory. What is quiet by the time of day `until` is resolved. Mails are sent only with `mail_at`, which
    is the time of day to send them at: one mail for everything. With `longest` no stride is longer, and none is left
    out: rules on what did not happen are held against the clock. `on_progress` gets the share that is done, from 0 to
    1. Raises what a streamlet raises.
    """
    alerts = [topic for topic in plan.topics if topic.record_type is Alert]
    told = {topic.name for topic in alerts}
    reached = downstream(plan, past)
    parts = [part for part in reached if leads_to(plan, part, told) and told.isdisjoint(part.inlets.values())]
    if not any(told & set(part.outlets.values()) for part in parts):
        raise TailraceError(f"nothing in {plan.app} makes alerts of records and volumes")
    gone_by = {name: _Past.of(plan.topic(name), batch) for name, batch in past.items() if batch.num_rows}
    ends = _ends(plan, parts, gone_by, longest)
    mailers = [part for part in reached if mail_at is not None and issubclass(part.streamlet_class, Mailer)]
    with (
        _log_for(plan, Alert) as log,
        closing(_Run(plan, log, parts)) as run,
        closing(_Run(plan, log, mailers, exhaust=True)) as mailing,
    ):
        run.feed(gone_by, ends, on_progress, ticking=longest is not None)
        end = max(_at(ends[-1]) if len(ends) else _EPOCH, until)
        run.settle(end)
        run.settle(end + _GRACE)
        mailing.finish(mail_at or end)
        return [alert for topic in alerts for alert in _read(log, topic, Alert)]


def longest_stride(rules: Iterable[Rule]) -> timedelta | None:
    """The longest stride that rules on silence can do with; None if there is no such rule."""
    lengths = [rule.kind.length for rule in rules if isinstance(rule.kind, Silence)]
    return max(min(lengths) / 4, _SHORTEST) if lengths else None


def downstream(plan: Plan, topics: Iterable[str]) -> list[StreamletPlan]:
    """The streamlets that anything in `topics` leads to, each after those that feed it (cycles aside)."""
    reached, names = set(topics), list[str]()
    while True:
        nearer = [
            part for part in plan.streamlets if part.name not in names and not reached.isdisjoint(part.inlets.values())
        ]
        if not nearer:
            return [plan.streamlet(name) for name in names]
        names += [part.name for part in nearer]
        reached.update(topic for part in nearer for topic in part.outlets.values())


def leads_to(plan: Plan, part: StreamletPlan, topics: AbstractSet[str]) -> bool:
    """Whether anything of what a streamlet writes comes to one of the topics."""
    further = set(part.outlets.values())
    further.update(topic for each in downstream(plan, further) for topic in each.outlets.values())
    return not topics.isdisjoint(further)


def _log_for(plan: Plan, kept: type[Record]) -> MemoryLog:
    """A log with the plan's topics, which keep nothing longer than it is needed; but for one type of records."""
    specs = [(topic, topic_spec(topic)) for topic in plan.topics]
    log = MemoryLog()
    log.create_topics(
        [
            spec if topic.record_type is kept else replace(spec, retention=None, retention_bytes=0)
            for topic, spec in specs
        ]
    )
    return log


class _Past:
    """Records of one topic by event time, and these times in microseconds since 1970."""

    def __init__(self, ordered: pa.RecordBatch, times: Times) -> None:
        self.ordered = ordered
        self.times = times

    @classmethod
    def of(cls, topic: TopicPlan, batch: pa.RecordBatch) -> _Past:
        """The records put in order."""
        field = topic.record_type.event_time_field()
        ordered = batch.take(pc.sort_indices(batch.column(field)))
        return cls(ordered, ordered.column(field).cast(pa.int64()).to_numpy())


class _Run:
    """Streamlets at work, driven by hand."""

    def __init__(self, plan: Plan, log: Log, parts: list[StreamletPlan], *, exhaust: bool = False) -> None:
        self._plan = plan
        self._log = log
        self._exhaust = exhaust
        self._steppers = [self._stepper(part, replica) for part in parts for replica in range(part.replicas)]
        self._started = False

    def _stepper(self, part: StreamletPlan, replica: int) -> Stepper:
        volumes = {name: Path(mount.path).expanduser() for name, mount in part.volumes.items()}
        context = open_context(part, self._plan.app, replica, exhaust=self._exhaust, volumes=volumes)
        return Stepper(self._plan, part, replica, self._log, context, Limits())

    def feed(
        self, past: Mapping[str, _Past], ends: Times, on_progress: Callable[[float], object], *, ticking: bool = False
    ) -> None:
        """Let the past go by, stride by stride; those without a record are left out, unless the clock is `ticking`."""
        feeder = self._log.open_worker(WorkerId("replay"), [])
        done, whole = 0, sum(each.ordered.num_rows for each in past.values())
        for end, batches in _strides(past, ends):
            now = _at(end)
            if batches:
                outputs = [(self._plan.topic(name).physical, 0, batch) for name, batch in batches.items()]
                feeder.commit(Step(outputs=outputs), now)
            elif not ticking:
                continue
            self.settle(now)
            self._log.expire(now)
            done += sum(batch.num_rows for batch in batches.values())
            on_progress(done / whole)

    def settle(self, now: datetime) -> None:
        """Take steps until nothing is left to do at this time."""
        if not self._started:
            self._started = True
            for stepper in self._steppers:
                stepper.start(now)
        while sum(self._steps(stepper, now) for stepper in self._steppers):
            pass

    def finish(self, now: datetime) -> None:
        """Take steps until nothing is held back any more, letting the clock go on for it."""
        self.settle(now)
        for second in range(1, _PATIENCE + 1):
            if not any(stepper.pending() for stepper in self._steppers):
                return
            self.settle(now + timedelta(seconds=second))

    def _steps(self, stepper: Stepper, now: datetime) -> int:
        steps = 0
        while stepper.advance(now) is Outcome.STEPPED:
            steps += 1
        return steps

    def close(self) -> None:
        """Stop the streamlets."""
        for stepper in self._steppers:
            stepper.close()


# -- strides ----------------------------------------------------------------------------------------------------------


def _strides(past: Mapping[str, _Past], ends: Times) -> Iterator[tuple[int, dict[str, pa.RecordBatch]]]:
    """The past in strides, each with its end: what lies before that, and was in no stride before."""
    before = dict.fromkeys(past, 0)
    for end in map(int, ends):
        after = {name: int(np.searchsorted(each.times, end)) for name, each in past.items()}
        yield (
            end,
            {
                name: each.ordered.slice(before[name], after[name] - before[name])
                for name, each in past.items()
                if after[name] > before[name]
            },
        )
        before = after


def _ends(plan: Plan, parts: list[StreamletPlan], past: Mapping[str, _Past], longest: timedelta | None) -> Times:
    """Where the strides end: at equal distances, and close to one another where rules begin to hold."""
    if not past:
        return np.zeros(0, dtype=np.int64)
    first = min(int(each.times[0]) for each in past.values())
    last = max(int(each.times[-1]) for each in past.values()) + 1
    length = min(max(_SHORTEST, (last - first) * _MICROSECOND / _STRIDES), _LONGEST)
    step = (min(length, longest) if longest else length) // _MICROSECOND
    even = np.append(np.arange(first + step, last, step, dtype=np.int64), last)
    crossings = _crossings(plan, parts, past, even, ticking=longest is not None)
    return np.unique(np.concatenate((even, _around(crossings, last, _MOST_STRIDES - len(even)))))


def _crossings(
    plan: Plan, parts: list[StreamletPlan], past: Mapping[str, _Past], ends: Times, *, ticking: bool
) -> pl.DataFrame:
    """The windows that meet a rule, by a first passing through of the past: a frame of `Crossing`."""
    topics = [topic for topic in plan.topics if topic.record_type is Crossing]
    judges = [part for part in parts if leads_to(plan, part, {topic.name for topic in topics})]
    with _log_for(plan, Crossing) as log, closing(_Run(plan, log, judges)) as run:
        if judges:
            run.feed(past, ends, lambda _: None, ticking=ticking)
        batches = [batch for topic in topics for batch in _batches(log, topic)]
    frames = [Batch.from_arrow(Crossing, batch).frame for batch in batches]
    return pl.concat(frames) if frames else Batch.empty(Crossing).frame


def _around(crossings: pl.DataFrame, last: int, most: int) -> Times:
    """Ends of strides where there is trouble: some in the hop in which it begins, one a minute in it, one behind it.

    If that makes more than `most`, there are fewer within trouble; its beginnings are never left out.
    """
    if crossings.is_empty():
        return np.zeros(0, dtype=np.int64)
    whose = ["rule", "app"]
    quiet = pl.duration(microseconds=(pl.col("quiet") * 1e6).cast(pl.Int64))
    windows = crossings.select(*whose, "window_start", "window_end", over=pl.col("window_end") + quiet).unique()
    windows = windows.sort("window_end").with_columns(before=pl.col("over").cum_max().shift(1).over(whose))
    begins = windows.filter(pl.col("before").is_null() | (pl.col("window_start") > pl.col("before")))
    found = [_micros(windows["over"].unique())]
    for start, end in begins.select("window_start", "window_end").unique().iter_rows():
        hop = max((end - start) / 6, timedelta(seconds=1))
        step = max(hop / _PARTS, timedelta(seconds=1)) // _MICROSECOND
        found.append(np.arange((end - hop - _EPOCH) // _MICROSECOND, (end - _EPOCH) // _MICROSECOND + step, step))
    return _few(found, _micros(windows["window_end"]), most, last)


def _few(found: list[Times], within: Times, most: int, last: int) -> Times:
    """The ends that are wanted in any case, and of those within trouble as few as there may be."""
    wanted = np.unique(np.concatenate(found[1:])) if len(found) > 1 else found[0][:0]
    unit = int(_WITHIN / _MICROSECOND)
    rest = np.concatenate((within, found[0]))
    while True:
        coarse = np.unique(-(-rest // unit) * unit)
        if len(coarse) + len(wanted) <= max(most, len(wanted) + _STRIDES):
            whole = np.concatenate((wanted, coarse))
            return whole[whole <= last]
        unit *= 2


def _micros(times: pl.Series) -> Times:
    return times.dt.epoch("us").to_numpy()


def _at(micros: Any) -> datetime:
    return _EPOCH + int(micros) * _MICROSECOND


def _read(log: Log, topic: TopicPlan, record_type: type[Alert]) -> Iterator[Alert]:
    for batch in _batches(log, topic):
        yield from Batch.from_arrow(record_type, batch).records()


def _batches(log: Log, topic: TopicPlan) -> Iterator[pa.RecordBatch]:
    for partition, ends in log.ends(topic.physical).items():
        offset = ends.first
        while (found := log.read(TopicPartition(topic.physical, partition), offset)) is not None:
            yield found.batch
            offset = found.next
