"""The step loop's body: read, call the streamlet, commit. No thread, no clock: whoever drives it passes the time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from time import perf_counter
from typing import Any

from tailrace.blueprint.plan import Plan, StreamletPlan
from tailrace.log.contract import Log, Seat, Step, TopicPartition, WorkerId
from tailrace.model.ports import Checkpoint, Emit, Emits
from tailrace.model.streamlet import Context, Streamlet, Timer
from tailrace.runtime.dead_letters import dead_letter
from tailrace.runtime.inbound import Inbound, Intake, Limits
from tailrace.runtime.metrics import WorkerMetrics
from tailrace.runtime.outbound import Outbound, Output
from tailrace.runtime.suspicion import Suspicion


class Outcome(Enum):
    """What one call of `Stepper.advance` came to."""

    STEPPED = "a step was committed"
    IDLE = "there was nothing to do"
    HELD = "a consumer of the output is too far behind"


@dataclass
class _Draft:
    """A step in the making."""

    outputs: list[Output] = field(default_factory=list)
    produced: Counter[str] = field(default_factory=Counter)


class Stepper:
    """One replica of one streamlet at a log: takes one step at a time, each committed as a whole or not at all.

    A step that fails leaves no trace: the streamlet's state is what was committed last, and `advance` may be called
    again. Failures on records are narrowed down by `Suspicion` until the record at fault is set aside.
    """

    def __init__(
        self, plan: Plan, part: StreamletPlan, replica: int, log: Log, context: Context, limits: Limits
    ) -> None:
        self.part = part
        self.metrics = WorkerMetrics(part.name, replica)
        self.context = context
        self._log = log
        self._limits = limits
        self._inbound = Inbound(part, plan, replica)
        self._outbound = Outbound(part, plan)
        self._dead_topic = plan.topic(part.dead_letters).physical if part.dead_letters else None
        self._suspicion: Suspicion | None = None
        self._last_intake: Intake | None = None
        self._tally: Counter[str] = Counter()
        self.context.count = self._count
        self.seat: Seat = log.open_worker(WorkerId(part.name, replica), self._inbound.partitions)
        self._positions = dict(self.seat.positions)
        self._streamlet: Streamlet | None = None
        self._due: dict[str, datetime] = {}

    def start(self, now: datetime) -> None:
        """Make the streamlet afresh from its settings and its committed state.

        Positions too are read again: a commit that seemed to fail may have happened.
        """
        self.context.now = now
        self._positions = dict(self.seat.positions)
        streamlet = self.part.streamlet_class(self.part.settings, self.context)
        streamlet.restore(self.seat.state)
        streamlet.on_start()
        self._streamlet = streamlet
        spec = self.part.streamlet_class.spec
        first = {t.method: now if not spec.inlets else now + t.period(streamlet) for t in spec.timers}
        self._due = {method: self._due.get(method, moment) for method, moment in first.items()}

    def stop(self) -> None:
        """Close the streamlet; it may be started again."""
        streamlet, self._streamlet = self._streamlet, None
        if streamlet is not None:
            streamlet.on_stop()

    def close(self) -> None:
        """Stop, and leave the seat at the log."""
        try:
            self.stop()
        finally:
            self.seat.close()

    def next_timer(self) -> datetime | None:
        """When the next timer is due, if there is one."""
        return min(self._due.values(), default=None)

    def pending(self) -> bool:
        """Whether the streamlet holds something that a timer will give out."""
        return self._streamlet is not None and self._streamlet.pending()

    def lag(self) -> int:
        """Records that stand ready on all inlets."""
        lags = self.seat.lag()
        by_inlet: Counter[str] = Counter()
        for partition, count in lags.items():
            by_inlet[self._inbound.inlet_of(partition)] += count
        self.metrics.lag = dict(by_inlet)
        return sum(by_inlet.values())

    def advance(self, now: datetime) -> Outcome:
        """Run the timers that are due, then consume once. Raises what the streamlet or the log raises."""
        self.context.now = now
        if self._held():
            return Outcome.HELD
        fired = self._run_timers(now)
        intake = self._read()
        if len(intake):
            self._consume(intake, now)
            return Outcome.STEPPED
        return Outcome.STEPPED if fired else Outcome.IDLE

    def suspect(self, error: Exception, now: datetime) -> bool:
        """Judge a failed step. True: narrowed down, call `advance` again at once; False: pause before it.

        The record at fault, once it stands alone, goes to the dead-letter topic and is passed over.
        """
        intake = self._last_intake
        if intake is None or not len(intake) or self._dead_topic is None:
            return False
        if self._suspicion is None:
            self._suspicion = Suspicion.of(intake, self._positions)
            return False
        if not self._suspicion.narrow():
            self._set_aside(intake, error, now)
        return True

    # -- reading ------------------------------------------------------------------------------------------------

    def _read(self) -> Intake:
        self._last_intake = None
        if self._suspicion is not None and (at := self._suspicion.next(self._positions)) is not None:
            intake = self._inbound.take_few(self.seat, self._positions, *at)
        else:
            self._suspicion = None
            intake = self._inbound.take(self.seat, self._positions, self._limits)
        self._last_intake = intake
        return intake

    def _held(self) -> bool:
        for topic in self._outbound.topics:
            backlog = self._log.backlog(topic)
            if backlog.records > self._limits.backlog_records or backlog.bytes > self._limits.backlog_bytes:
                return True
        return False

    # -- calling ------------------------------------------------------------------------------------------------

    def _run_timers(self, now: datetime) -> bool:
        self._last_intake = None
        stepped = False
        for each in self.part.streamlet_class.spec.timers:
            if now >= self._due[each.method]:
                stepped |= self._fire(each, now)
        return stepped

    def _fire(self, each: Timer, now: datetime) -> bool:
        streamlet = self._running()
        self._due[each.method] = now + each.period(streamlet)
        return self._drive(getattr(streamlet, each.method), {}, None, now)

    def _consume(self, intake: Intake, now: datetime) -> None:
        streamlet = self._running()
        self._drive(lambda: streamlet.on_batch(**intake.batches), intake.positions, intake, now)
        if self._suspicion is not None:
            self._suspicion.widen()

    def _drive(
        self,
        handler: Callable[[], Emits | None],
        positions: dict[TopicPartition, int],
        intake: Intake | None,
        now: datetime,
    ) -> bool:
        """Run a handler to its end, committing at each checkpoint and once more at the end."""
        draft, committed = _Draft(), False
        began = perf_counter()
        try:
            for emitted in handler() or ():
                if isinstance(emitted, Checkpoint):
                    committed |= self._commit(draft, {}, None, now, began)
                    draft, began = _Draft(), perf_counter()
                else:
                    self._collect(draft, emitted)
            committed |= self._commit(draft, positions, intake, now, began)
        except BaseException:
            self._reject()
            raise
        return committed

    def _collect(self, draft: _Draft, emit: Emit) -> None:
        draft.outputs.extend(self._outbound.route(emit))
        draft.produced[emit.outlet] += len(emit.batch)

    def _running(self) -> Streamlet:
        if self._streamlet is None:
            raise RuntimeError("the stepper was not started")
        return self._streamlet

    # -- committing ---------------------------------------------------------------------------------------------

    def _commit(
        self, draft: _Draft, positions: dict[TopicPartition, int], intake: Intake | None, now: datetime, began: float
    ) -> bool:
        """Commit if there is anything to commit, and only then count it."""
        store = self._running().store
        state = store.changes()
        if positions or draft.outputs or state:
            self.seat.commit(Step(positions, draft.outputs, state), now)
            self._positions.update(positions)
            store.accept(state)
        self._account(draft, intake, began)
        return bool(positions or draft.outputs or state)

    def _account(self, draft: _Draft, intake: Intake | None, began: float) -> None:
        self.metrics.records_out.update(draft.produced)
        self.metrics.records_in.update(intake.records if intake is not None else {})
        self.metrics.tallies.update(self._tally)
        self.metrics.observe_step(perf_counter() - began)
        self._tally.clear()

    def _reject(self) -> None:
        self._tally.clear()
        streamlet = self._running()
        streamlet.store.reject()
        streamlet.on_reject()

    def _set_aside(self, intake: Intake, error: Exception, now: datetime) -> None:
        """Commit the one record at fault as a dead letter, and the position behind it."""
        (partition, position), *_ = intake.positions.items()
        inlet = self._inbound.inlet_of(partition)
        attribute = self.part.streamlet_class.spec.inlets[inlet].attribute
        letter = dead_letter(self.part.name, inlet, partition, position - 1, intake.batches[attribute], error, now)
        assert self._dead_topic is not None
        self.seat.commit(Step(intake.positions, [(self._dead_topic, 0, letter)], {}), now)
        self._positions.update(intake.positions)
        self.metrics.dead += 1
        if self._suspicion is not None:
            self._suspicion.widen()

    def _count(self, name: str, amount: int = 1) -> None:
        self._tally[name] += amount


def open_context(part: StreamletPlan, app: str, replica: int, **more: Any) -> Context:
    """The context of one replica, from its plan."""
    return Context(name=part.name, app=app, replica=replica, wiring=part.wiring, **more)
