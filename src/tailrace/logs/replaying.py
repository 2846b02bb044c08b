"""The past once more: records and volumes go by in their own time, through fresh windows, to alerts.

Everything happens in memory and in one thread, in two goes. First whatever stands before the alerter (windows and
rules) takes the whole past in long strides: it goes by the times of records. Then the alerter, which goes by the clock,
gets what came of it with a clock that is the logs' own: with short strides while a rule holds, so that an incident is
resolved when it would have been, and long ones where nothing happens.
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

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.log.contract import Log, Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.logs.incidents.life import PATIENCE
from tailrace.logs.mailer import Mailer
from tailrace.logs.records import Alert, Crossing, LogRecord, Volume
from tailrace.logs.rules.kinds import Silence
from tailrace.logs.rules.rule import Rule
from tailrace.logs.strides import Past, Times, arranged, crowd_ends, cut, even_ends, onset_ends, trouble_ends
from tailrace.model.batch import Batch, concat
from tailrace.model.errors import TailraceError
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.stepper import Outcome, Stepper, open_context

_STRIDES: Final = 16
"""Strides by which windows and rules take the past, at least."""
_MOST_RECORDS: Final = 100_000
"""Records that they take in one stride, about."""
_BLIND: Final = 500
"""Strides by which an alerter takes it that goes by something else than crossings."""
_GRACE: Final = PATIENCE + timedelta(seconds=1)
"""How long an alert may wait for what explains it, and more."""
_LOOKS: Final = 3  # seconds after which everyone has seen that nothing more comes
_PATIENCE: Final = 600
"""Seconds by which the clock goes on at most for what a mailer holds back."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def sources_of_alerts(plan: Plan) -> list[TopicPlan]:
    """The topics that a replay is fed with: those of records and volumes that something reads."""
    return [topic for topic in plan.topics if topic.record_type in (LogRecord, Volume) and topic.consumers]


def replay(
    plan: Plan,
    past: Mapping[str, Past],
    until: datetime,
    *,
    mail_at: datetime | None = None,
    silences: Mapping[str, timedelta] | None = None,
    on_progress: Callable[[float], object] = lambda _: None,
) -> list[Alert]:
    """The alerts that come of the past.

    `past` gives the records of each of the plan's `sources_of_alerts`, by the topic's name. What is quiet by the time
    of day `until` is resolved. Mails are sent only with `mail_at`, which is the time of day to send them at: one mail
    for everything. `silences` says of rules on silence how long one is, by the rule's name. `on_progress` gets the
    share that is done, from 0 to 1. Raises what a streamlet raises.
    """
    alerts = [topic for topic in plan.topics if topic.record_type is Alert]
    told = {topic.name for topic in alerts}
    reached = downstream(plan, past)
    parts = [part for part in reached if leads_to(plan, part, told) and told.isdisjoint(part.inlets.values())]
    alerters = [part for part in parts if told & set(part.outlets.values())]
    if not alerters:
        raise TailraceError(f"nothing in {plan.app} makes alerts of records and volumes")
    needed = {topic for part in alerters for topic in part.inlets.values()}
    before = [part for part in parts if part not in alerters]
    gone_by = {name: each for name, each in past.items() if each.rows}
    seen = _first_go(plan, before, gone_by, needed, lambda share: on_progress(share / 2))
    seen |= {name: each for name, each in gone_by.items() if name in needed}
    given, ends = _second_go(plan, seen, silences or {})
    mailers = [part for part in reached if mail_at is not None and issubclass(part.streamlet_class, Mailer)]
    with (
        _log_for(plan, told) as log,
        closing(_Run(plan, log, alerters)) as run,
        closing(_Run(plan, log, mailers, exhaust=True)) as mailing,
    ):
        run.feed(given, ends, lambda share: on_progress((1 + share) / 2))
        end = max(_at(ends[-1]) if len(ends) else _EPOCH, until)
        run.settle(end)
        run.settle(end + _GRACE)
        mailing.finish(mail_at or end)
        return [each for topic in alerts for batch in _batches(log, topic) for each in _alerts(batch)]


def _first_go(
    plan: Plan,
    parts: list[StreamletPlan],
    past: Mapping[str, Past],
    needed: AbstractSet[str],
    on_progress: Callable[[float], object],
) -> dict[str, Past]:
    """What comes of the past in the topics that are needed; with crossings of long windows as early as they came."""
    ends = np.union1d(even_ends(past.values(), _STRIDES), crowd_ends(past.values(), _MOST_RECORDS))
    found = _run_through(plan, parts, past, ends, needed, on_progress)
    crossings = {name for name in found if plan.topic(name).record_type is Crossing}
    finer = np.unique(np.concatenate([ends[:0], *(onset_ends(found[name]) for name in crossings)]))
    if not len(finer):
        return found
    judges = [part for part in parts if leads_to(plan, part, crossings)]
    more = np.unique(np.concatenate((ends, finer[finer < ends[-1]])))
    return found | _run_through(plan, judges, past, more, crossings, on_progress)


def _run_through(
    plan: Plan,
    parts: list[StreamletPlan],
    past: Mapping[str, Past],
    ends: Times,
    kept: AbstractSet[str],
    on_progress: Callable[[float], object],
) -> dict[str, Past]:
    with _log_for(plan, kept) as log, closing(_Run(plan, log, parts, exhaust=True)) as run:
        run.feed(past, ends, on_progress)
        if len(ends):
            run.idle(_at(ends[-1]))
        batches = {name: list(_batches(log, plan.topic(name))) for name in kept}
    types = {name: plan.topic(name).record_type for name in kept}
    return {
        name: Past.of(types[name], concat(types[name], [Batch(types[name], each) for each in found]).arrow)
        for name, found in batches.items()
        if found
    }


def _second_go(
    plan: Plan, seen: Mapping[str, Past], silences: Mapping[str, timedelta]
) -> tuple[dict[str, Past], Times]:
    """What an alerter gets, and where its strides end."""
    crossings = {name for name in seen if plan.topic(name).record_type is Crossing}
    judged = any(topic.record_type is Crossing for topic in plan.topics)
    given = {name: arranged(each, silences) if name in crossings else each for name, each in seen.items()}
    even = even_ends(given.values(), _STRIDES if judged else _BLIND)
    trouble = [trouble_ends(given[name], int(even[-1])) for name in sorted(crossings)]
    return given, np.unique(np.concatenate((even, *trouble)))


def silences_of(rules: Iterable[Rule]) -> dict[str, timedelta]:
    """How long a silence is, by the names of the rules that are about one."""
    return {rule.name: rule.kind.length for rule in rules if isinstance(rule.kind, Silence)}


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


def _log_for(plan: Plan, kept: AbstractSet[str]) -> MemoryLog:
    """A log with the plan's topics, which keep nothing longer than it is needed; but for some of them."""
    specs = [(topic, topic_spec(topic)) for topic in plan.topics]
    log = MemoryLog()
    log.create_topics(
        [replace(spec, retention=None, retention_bytes=None if topic.name in kept else 0) for topic, spec in specs]
    )
    return log


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

    def feed(self, past: Mapping[str, Past], ends: Times, on_progress: Callable[[float], object]) -> None:
        """Let the past go by, stride by stride."""
        feeder = self._log.open_worker(WorkerId("replay"), [])
        done, whole = 0, sum(each.rows for each in past.values())
        for end, batches in cut(past, ends):
            now = _at(end)
            outputs = [(self._plan.topic(name).physical, 0, batch) for name, batch in batches.items()]
            if outputs:
                feeder.commit(Step(outputs=outputs), now)
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

    def idle(self, now: datetime) -> None:
        """Let everyone see that nothing more comes."""
        for second in range(1, _LOOKS + 1):
            self.settle(now + timedelta(seconds=second))

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


def _at(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(micros))


def _alerts(batch: pa.RecordBatch) -> Iterator[Alert]:
    return Batch.from_arrow(Alert, batch).records()


def _batches(log: Log, topic: TopicPlan) -> Iterator[pa.RecordBatch]:
    for partition, ends in log.ends(topic.physical).items():
        offset = ends.first
        while (found := log.read(TopicPartition(topic.physical, partition), offset)) is not None:
            yield found.batch
            offset = found.next
