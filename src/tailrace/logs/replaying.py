"""The past once more: records and volumes go by in their own time, through fresh windows, to alerts.

Everything happens in memory and in one thread. The clock that streamlets see is the logs' own, so that incidents are
resolved as they would have been, however fast the past goes by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.log.contract import Log, Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.logs.mailer import Mailer
from tailrace.logs.records import Alert, LogRecord, Volume
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.stepper import Outcome, Stepper, open_context

_SHORTEST, _LONGEST = timedelta(seconds=10), timedelta(minutes=1)
"""How long a stride through the past is. The alerter forgets messages after a little more than the longest."""
_STRIDES: Final = 500
"""Strides that are taken through the past, unless that would make them too short or too long."""
_GRACE: Final = timedelta(seconds=2)
"""How long an alert may wait for what explains it, and more."""
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def sources_of_alerts(plan: Plan) -> list[TopicPlan]:
    """The topics that a replay is fed with: those of records and volumes that something reads."""
    return [topic for topic in plan.topics if topic.record_type in (LogRecord, Volume) and topic.consumers]


def replay(
    plan: Plan,
    past: Mapping[str, pa.RecordBatch],
    until: datetime,
    *,
    mail_at: datetime | None = None,
    on_progress: Callable[[float], object] = lambda _: None,
) -> list[Alert]:
    """The alerts that come of the past.

    `past` gives the records of each of the plan's `sources_of_alerts`, by the topic's name, in any order; all of it
    is held in memory. What is quiet by the time of day `until` is resolved. Mails are sent only with `mail_at`, which
    is the time of day to send them at: one mail for everything. `on_progress` gets the share that is done, from 0 to 1.
    Raises what a streamlet raises.
    """
    alerts = [topic for topic in plan.topics if topic.record_type is Alert]
    reached = downstream(plan, past)
    told = {topic.name for topic in alerts}
    parts = [part for part in reached if leads_to(plan, part, told) and told.isdisjoint(part.inlets.values())]
    if not any(told & set(part.outlets.values()) for part in parts):
        raise TailraceError(f"nothing in {plan.app} makes alerts of records and volumes")
    mailers = [part for part in reached if mail_at is not None and issubclass(part.streamlet_class, Mailer)]
    with (
        _log_for(plan) as log,
        closing(_Run(plan, log, parts)) as run,
        closing(_Run(plan, log, mailers)) as mailing,
    ):
        last = run.feed({name: batch for name, batch in past.items() if batch.num_rows}, on_progress)
        end = max(last, until)
        run.settle(end)
        run.settle(end + _GRACE)
        mailing.settle(mail_at or end)
        return [alert for topic in alerts for alert in _read(log, topic)]


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


def _log_for(plan: Plan) -> MemoryLog:
    """A log with the plan's topics, which keep nothing longer than it is needed; but for alerts."""
    specs = [(topic, topic_spec(topic)) for topic in plan.topics]
    log = MemoryLog()
    log.create_topics(
        [
            spec if topic.record_type is Alert else replace(spec, retention=None, retention_bytes=0)
            for topic, spec in specs
        ]
    )
    return log


class _Run:
    """Streamlets at work, driven by hand."""

    def __init__(self, plan: Plan, log: Log, parts: list[StreamletPlan]) -> None:
        self._plan = plan
        self._log = log
        self._steppers = [self._stepper(part, replica) for part in parts for replica in range(part.replicas)]
        self._started = False

    def _stepper(self, part: StreamletPlan, replica: int) -> Stepper:
        volumes = {name: Path(mount.path).expanduser() for name, mount in part.volumes.items()}
        context = open_context(part, self._plan.app, replica, exhaust=True, volumes=volumes)
        return Stepper(self._plan, part, replica, self._log, context, Limits())

    def feed(self, past: Mapping[str, pa.RecordBatch], on_progress: Callable[[float], object]) -> datetime:
        """Let the past go by, stride by stride; the time at its end."""
        feeder = self._log.open_worker(WorkerId("replay"), [])
        now, done, whole = _EPOCH, 0, sum(batch.num_rows for batch in past.values())
        for now, batches in _strides({name: self._sorted(name, batch) for name, batch in past.items()}):
            outputs = [(self._plan.topic(name).physical, 0, batch) for name, batch in batches.items()]
            feeder.commit(Step(outputs=outputs), now)
            self.settle(now)
            self._log.expire(now)
            done += sum(batch.num_rows for batch in batches.values())
            on_progress(done / whole)
        return now

    def _sorted(self, topic: str, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, np.ndarray]:
        """The records by event time, and these times in microseconds."""
        field = self._plan.topic(topic).record_type.event_time_field()
        order = pc.sort_indices(batch.column(field))
        ordered = batch.take(order)
        return ordered, ordered.column(field).cast(pa.int64()).to_numpy()

    def settle(self, now: datetime) -> None:
        """Take steps until nothing is left to do at this time."""
        if not self._started:
            self._started = True
            for stepper in self._steppers:
                stepper.start(now)
        while sum(self._exhaust(stepper, now) for stepper in self._steppers):
            pass

    def _exhaust(self, stepper: Stepper, now: datetime) -> int:
        steps = 0
        while stepper.advance(now) is Outcome.STEPPED:
            steps += 1
        return steps

    def close(self) -> None:
        """Stop the streamlets."""
        for stepper in self._steppers:
            stepper.close()


def _strides(
    past: Mapping[str, tuple[pa.RecordBatch, np.ndarray]],
) -> Iterator[tuple[datetime, dict[str, pa.RecordBatch]]]:
    """The past in strides of equal length, each with the time at its end; empty ones are left out."""
    if not past:
        return
    first = min(int(times[0]) for _, times in past.values())
    last = max(int(times[-1]) for _, times in past.values())
    length = min(max(_SHORTEST, (last - first) * _MICROSECOND / _STRIDES), _LONGEST) // _MICROSECOND
    for number in np.unique(np.concatenate([(times - first) // length for _, times in past.values()])):
        ends = first + int(number) * length, first + (int(number) + 1) * length
        cuts = {name: np.searchsorted(times, ends) for name, (_, times) in past.items()}
        batches = {
            name: past[name][0].slice(start, stop - start) for name, (start, stop) in cuts.items() if stop > start
        }
        yield _EPOCH + ends[1] * _MICROSECOND, batches


def _read(log: Log, topic: TopicPlan) -> Iterator[Alert]:
    for partition, ends in log.ends(topic.physical).items():
        offset = ends.first
        while (found := log.read(TopicPartition(topic.physical, partition), offset)) is not None:
            yield from Batch.from_arrow(Alert, found.batch).records()
            offset = found.next
