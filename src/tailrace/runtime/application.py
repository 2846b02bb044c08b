"""A whole plan at work: its topics made, a worker for each replica, watched until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from tailrace.runtime.stepper import Stepper, open_context
from tailrace.runtime.worker import Fault, Worker

logger = logging.getLogger("tailrace.runtime")


def system_clock() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Options:
    """How a plan is run, apart from what it is.

    `exhaust`: the input that stands now is all there is. `only`: run these streamlets and no others.
    """

    exhaust: bool = False
    only: frozenset[str] | None = None
    limits: Limits = field(default_factory=Limits)
    backoff: Backoff = field(default_factory=Backoff)
    expire_every: timedelta = timedelta(minutes=1)
    base: Path = Path()
    """The directory that relative volume paths start from."""


@dataclass(frozen=True)
class Health:
    """How one worker fares."""

    worker: str
    state: WorkerState
    fault: Fault | None


class Application:
    """Runs a plan on a log. Use it as a context manager, or call `stop` and `join`.

    Starting it creates the plan's topics. It never raises for a failing streamlet: ask `health`.
    """

    def __init__(
        self, plan: Plan, log: Log, options: Options | None = None, clock: Callable[[], datetime] = system_clock
    ) -> None:
        self.plan = plan
        self._log = log
        self._options = options or Options()
        self._clock = clock
        self._stopping = threading.Event()
        log.create_topics([topic_spec(topic) for topic in plan.topics])
        _forget_strangers(plan, log)
        self.workers = [
            self._worker(part, replica)
            for part in _chosen(plan, self._options.only)
            for replica in range(part.replicas)
        ]
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
        """Wait until all workers have ended; False when one has not by then."""
        ended = [worker.join(timeout_seconds) for worker in self.workers]
        if self._keeper.ident is not None:
            self._keeper.join(timeout_seconds)
        return all(ended)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.join()

    def health(self) -> list[Health]:
        """How each worker fares, in the plan's order."""
        return [Health(worker.name, worker.state, worker.fault) for worker in self.workers]

    def metrics(self) -> list[WorkerMetrics]:
        """The figures of every worker that has started."""
        return [metrics for worker in self.workers if (metrics := worker.metrics) is not None]

    def failed(self) -> list[Health]:
        """The workers that have given up or were replaced."""
        return [each for each in self.health() if each.state in (WorkerState.FAILED, WorkerState.FENCED)]

    def wait_until_idle(self, poll_seconds: float = 0.02, on_poll: Callable[[], object] = lambda: None) -> bool:
        """Wait until nothing is left to do anywhere; False when told to stop, or a worker ended, before that.

        Idle means: every worker found nothing to do and no input is left unread, twice in a row with no step anywhere
        in between.
        """
        seen: list[int] | None = None
        while not self._stopping.wait(poll_seconds):
            on_poll()
            if self.failed():
                return False
            now = [worker.progress for worker in self.workers]
            quiet = all(worker.quiet for worker in self.workers) and not self._unread()
            if quiet and seen == now:
                return True
            seen = now if quiet else None
        return False

    def _unread(self) -> bool:
        """Whether input stands ready that a worker may not have noticed yet."""
        ours = {worker.streamlet for worker in self.workers}
        return any(each.lag for each in self._log.subscriptions() if each.consumer in ours)

    def _worker(self, part: StreamletPlan, replica: int) -> Worker:
        def make() -> Stepper:
            context = open_context(
                part, self.plan.app, replica, exhaust=self._options.exhaust, volumes=_volumes(part, self._options.base)
            )
            return Stepper(self.plan, part, replica, self._log, context, self._options.limits)

        name = part.name if part.replicas == 1 else f"{part.name}-{replica}"
        return Worker(make, name, part.name, self._clock, self._options.backoff)

    def _keep(self) -> None:
        """Apply retention now and then."""
        while not self._stopping.wait(self._options.expire_every.total_seconds()):
            self._log.expire(self._clock())


def _forget_strangers(plan: Plan, log: Log) -> None:
    """Consumers that an earlier blueprint had and this one has not must not hold retention back for ever."""
    names = {part.name for part in plan.streamlets}
    for consumer in sorted({each.consumer for each in log.subscriptions()} - names):
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


def _volumes(part: StreamletPlan, base: Path) -> Mapping[str, Path]:
    return {name: base / Path(mount.path).expanduser() for name, mount in part.volumes.items()}
