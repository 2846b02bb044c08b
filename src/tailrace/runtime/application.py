"""A whole plan at work: its topics made, a worker for each replica, watched until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.log.contract import Log, TopicSpec
from tailrace.model.errors import TailraceError
from tailrace.model.record import Record
from tailrace.runtime.backoff import Backoff
from tailrace.runtime.inbound import Limits
from tailrace.runtime.lifecycle import WorkerState
from tailrace.runtime.metrics import WorkerMetrics
from tailrace.runtime.pressure import downstream
from tailrace.runtime.stepper import Stepper, open_context, volume_paths
from tailrace.runtime.worker import Fault, Worker

logger = logging.getLogger("tailrace.runtime")


def system_clock() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Options:
    """How a plan is run, apart from what it is.

    `exhaust`: the input that stands now is all there is. `only`: run these streamlets and no others; what they write
    for the others waits, however much it is. `base`: the directory that relative volume paths start from.
    """

    exhaust: bool = False
    only: frozenset[str] | None = None
    limits: Limits = field(default_factory=Limits)
    backoff: Backoff = field(default_factory=Backoff)
    expire_every: timedelta = timedelta(minutes=1)
    base: Path = Path()


@dataclass(frozen=True)
class Health:
    """How one worker fares."""

    worker: str
    state: WorkerState
    fault: Fault | None


class Application:
    """Runs a plan on a log. Use it as a context manager, or call `start`, `stop` and `join`.

    Making one creates the plan's topics. It never raises for a failing streamlet: ask `health`.
    """

    def __init__(
        self, plan: Plan, log: Log, options: Options | None = None, clock: Callable[[], datetime] = system_clock
    ) -> None:
        self.plan = plan
        self._log = log
        self._options = options or Options()
        self._clock = clock
        self._stopping = threading.Event()
        parts = _chosen(plan, self._options.only)
        self._running = frozenset(part.name for part in parts)
        self._inputs = {(part.name, plan.topic(name).physical) for part in parts for name in part.inlets.values()}
        log.create_topics([topic_spec(topic) for topic in plan.topics])
        forget_strangers(plan, log)
        self.workers = [self._worker(part, replica) for part in parts for replica in range(part.replicas)]
        self._keeper = threading.Thread(target=self._keep, name="expire", daemon=True)

    def start(self) -> None:
        """Set all workers to work."""
        for worker in self.workers:
            worker.start()
        self._keeper.start()

    def stop(self) -> None:
        """Ask all workers to stop after the step at hand."""
        self._stopping.set()
        for worker in self.workers:
            worker.stop()

    def join(self, timeout_seconds: float = 30.0) -> bool:
        """Wait until all workers have ended; False when one has not by then, which is logged."""
        deadline = monotonic() + timeout_seconds
        slow = [worker.name for worker in self.workers if not worker.join(max(deadline - monotonic(), 0))]
        if self._keeper.ident is not None:
            self._keeper.join(max(deadline - monotonic(), 0))
        if slow:
            logger.warning("still in a step after %.0f s: %s", timeout_seconds, ", ".join(slow))
        return not slow

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; and wait for the steps at hand, unless somebody has lost patience (Ctrl-C)."""
        self.stop()
        if kind is None or not issubclass(kind, KeyboardInterrupt):
            self.join()

    def health(self) -> list[Health]:
        """How each worker fares, in the plan's order."""
        return [Health(worker.name, worker.state, worker.fault) for worker in self.workers]

    def failed(self) -> list[Health]:
        """The workers that have given up or were replaced."""
        return [each for each in self.health() if each.state in (WorkerState.FAILED, WorkerState.FENCED)]

    def metrics(self) -> list[WorkerMetrics]:
        """The figures of every worker that has started; their lag is of this moment."""
        steppers = [stepper for worker in self.workers if (stepper := worker.stepper) is not None]
        subscriptions = self._log.subscriptions()
        for stepper in steppers:
            lag: Counter[str] = Counter()
            for each in subscriptions:
                if each.consumer == stepper.part.name and (inlet := stepper.inlet_of(each.source)) is not None:
                    lag[inlet] += each.lag
            stepper.metrics.lag = dict(lag)
        return [stepper.metrics for stepper in steppers]

    def wait_until_idle(self, poll_seconds: float = 0.02, on_poll: Callable[[], object] = lambda: None) -> bool:
        """Wait until nothing is left to do anywhere; False when told to stop, or a worker failed, before that.

        Calls `on_poll` every `poll_seconds`. What timers will do later does not count, unless a streamlet says that
        it is `pending`.
        """
        while not self._stopping.wait(poll_seconds):
            on_poll()
            if self.failed():
                return False
            if self._idle():
                return True
            if self._options.exhaust:
                self._tell_drained()
        return False

    def _idle(self) -> bool:
        """Whether nothing is left to do.

        All workers were at rest before the log was asked for unread input, and are after it without having committed
        anything in between. So nothing moved while it was asked, and no step can have been under way: one that began
        before would have kept its worker from resting, and one that has ended since would show.
        """
        before = [(worker.quiet, worker.progress) for worker in self.workers]
        if not all(quiet for quiet, _ in before) or self._unread():
            return False
        return before == [(worker.quiet, worker.progress) for worker in self.workers]

    def _tell_drained(self) -> None:
        """Tell the workers that hold something for which they need not wait, since all that feeds them is done.

        Known as surely as idleness is: everybody rested before the log was asked for unread input, and after it.
        """
        before = [(worker.rests, worker.quiet, worker.progress) for worker in self.workers]
        if not all(rests for rests, _, _ in before) or self._unread():
            return
        busy = {worker.streamlet for worker in self.workers if not worker.quiet}
        if before != [(worker.rests, worker.quiet, worker.progress) for worker in self.workers]:
            return
        for worker in self.workers:
            fed_by = {name for name in busy - {worker.streamlet} if worker.streamlet in downstream(self.plan, name)}
            if not fed_by:
                worker.drain()

    def _unread(self) -> bool:
        """Whether input stands ready that a worker may not have noticed yet."""
        return any(each.lag for each in self._log.subscriptions() if (each.consumer, each.source.topic) in self._inputs)

    def _worker(self, part: StreamletPlan, replica: int) -> Worker:
        def make() -> Stepper:
            volumes = volume_paths(part, self._options.base)
            context = open_context(part, self.plan.app, replica, exhaust=self._options.exhaust, volumes=volumes)
            return Stepper(self.plan, part, replica, self._log, context, self._options.limits, self._running)

        name = part.name if part.replicas == 1 else f"{part.name}-{replica}"
        return Worker(make, name, part.name, self._clock, self._options.backoff)

    def _keep(self) -> None:
        """Apply retention now and then. A failure waits for the next time: nothing depends on it but room."""
        while not self._stopping.wait(self._options.expire_every.total_seconds()):
            try:
                self._log.expire(self._clock())
            except Exception as error:
                traced = None if isinstance(error, TailraceError | OSError) else error
                logger.warning("old records could not be dropped: %s", error, exc_info=traced)


def forget_strangers(plan: Plan, log: Log) -> None:
    """Let go of what an earlier blueprint read and this one does not: it would hold retention back for ever.

    Whoever reads one of the plan's topics without being told to is let go from it; a streamlet that the plan has no
    more is forgotten with its state. What reads other topics stays as it is: another blueprint may share the database.
    """
    ours = {topic.physical for topic in plan.topics}
    readers = {(part.name, plan.topic(name).physical) for part in plan.streamlets for name in part.inlets.values()}
    names = {part.name for part in plan.streamlets}
    found = {(each.consumer, each.source.topic) for each in log.subscriptions()}
    elsewhere = {consumer for consumer, topic in found if topic not in ours}
    stale = {(consumer, topic) for consumer, topic in found - readers if topic in ours}
    for consumer, topic in sorted(stale):
        log.unsubscribe(consumer, topic)
    for consumer in sorted({consumer for consumer, _ in stale} - names - elsewhere):
        logger.info("forgetting %s, which %s has no more", consumer, plan.app)
        log.forget(consumer)


def topic_spec(topic: TopicPlan) -> TopicSpec:
    """What the log is asked for."""
    record = topic.record_type
    fingerprint = "" if record is Record else record.schema_fingerprint()
    return TopicSpec(
        topic.physical, topic.partitions, record.arrow_schema(), fingerprint, topic.retention, topic.retention_bytes
    )


def _chosen(plan: Plan, only: frozenset[str] | None) -> list[StreamletPlan]:
    names = [part.name for part in plan.streamlets]
    unknown = sorted((only or frozenset()) - set(names))
    if unknown:
        raise TailraceError(f"there is no streamlet {unknown[0]!r} in {plan.app}; it has {', '.join(names)}")
    return [part for part in plan.streamlets if only is None or part.name in only]
