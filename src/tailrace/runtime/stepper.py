"""The step loop's body: read, call the streamlet, commit. No thread, no clock: whoever drives it passes the time."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from time import perf_counter

from tailrace.blueprint.plan import Plan, StreamletPlan
from tailrace.log.contract import Log, Seat, Step, TopicPartition, WorkerId
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Checkpoint, Emit, Emits
from tailrace.model.streamlet import Context, Streamlet
from tailrace.runtime.dead_letters import dead_letter
from tailrace.runtime.inbound import Inbound, Intake, Limits
from tailrace.runtime.judgement import Unrestorable, Verdict
from tailrace.runtime.metrics import WorkerMetrics
from tailrace.runtime.outbound import Outbound, Output
from tailrace.runtime.pressure import Pressure
from tailrace.runtime.suspicion import Suspicion
from tailrace.runtime.timers import Timers

logger = logging.getLogger("tailrace.runtime")


class Outcome(Enum):
    """What one call of `Stepper.advance` came to."""

    STEPPED = "a step was committed"
    IDLE = "there was nothing to do"
    HELD = "a consumer of the output is too far behind"


@dataclass
class _Draft:
    """A step in the making."""

    began: float = field(default_factory=perf_counter)
    outputs: list[Output] = field(default_factory=list)
    produced: Counter[str] = field(default_factory=Counter)


class Stepper:
    """One replica of one streamlet at a log: takes one step at a time, each committed as a whole or not at all.

    A step that fails leaves no trace: the streamlet's state is what was committed last, and `advance` may be called
    again. Failures on records are narrowed down by `suspect` until the record at fault is set aside. When it is not
    sure any more that streamlet and log agree, it makes the streamlet anew from what the log says.

    A handler that yields `CHECKPOINT` may be left there, to be called again with the same input later: when
    `interrupted` says so, or when a consumer has fallen too far behind.
    """

    def __init__(
        self,
        plan: Plan,
        part: StreamletPlan,
        replica: int,
        log: Log,
        context: Context,
        limits: Limits,
        running: AbstractSet[str] | None = None,
    ) -> None:
        """Take the worker's seat. `running` names the streamlets that are at work; None: those that have a seat."""
        self.part = part
        self.metrics = WorkerMetrics(part.name, replica)
        self.context = context
        self.commits = 0
        """Steps committed, checkpoints and dead letters included."""
        self.interrupted: Callable[[], bool] = lambda: False
        self._limits = limits
        self._inbound = Inbound(part, plan, replica)
        self._outbound = Outbound(part, plan)
        self._pressure = Pressure(part, plan, log, limits, running)
        self._timers = Timers(part.streamlet_class.spec.timers)
        self._dead_topic = plan.topic(part.dead_letters).physical if part.dead_letters else None
        self._suspicion: Suspicion | None = None
        self._last_intake: Intake | None = None
        self._tally: Counter[str] = Counter()
        self.context.count = self._count
        self.seat: Seat = log.open_worker(WorkerId(part.name, replica), self._inbound.partitions)
        self._positions = dict(self.seat.positions)
        self._streamlet: Streamlet | None = None
        self._doubtful = False
        self._refused = False
        self._hurried = False
        self._woken = False

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self, now: datetime) -> None:
        """Make the streamlet from its settings and its committed state, unless it is there already.

        Positions too are read again: a commit that seemed to fail may have happened. Raises Unrestorable for state
        that does not fit, and whatever the streamlet's own `on_start` raises.
        """
        if self._streamlet is not None:
            return
        self.context.now = now
        self._positions = dict(self.seat.positions)
        streamlet = self.part.streamlet_class(self.part.settings, self.context)
        try:
            streamlet.restore(self.seat.state)
        except Exception as error:
            raise Unrestorable(str(error), hint=getattr(error, "hint", None)) from error
        self._timers.start(streamlet, now, at_once=not self.part.streamlet_class.spec.inlets)
        streamlet.on_start()
        self._streamlet, self._doubtful = streamlet, False

    def stop(self) -> None:
        """Close the streamlet; it may be started again. Raises what the streamlet's `on_stop` raises."""
        streamlet, self._streamlet = self._streamlet, None
        if streamlet is not None:
            streamlet.on_stop()

    def close(self) -> None:
        """Stop, and leave the seat at the log."""
        try:
            self.stop()
        finally:
            self.seat.close()

    @property
    def intact(self) -> bool:
        """Whether the last failure was the log's alone: the streamlet is in order and need not be made anew."""
        return self._streamlet is not None and self._refused and not self._doubtful

    def _renew(self, now: datetime) -> None:
        try:
            self.stop()
        except Exception:
            logger.warning("%s: on_stop failed", self.part.name, exc_info=True)
        self.start(now)

    # -- questions ----------------------------------------------------------------------------------------------

    def next_timer(self) -> datetime | None:
        """When the next timer is due, if there is one."""
        return self._timers.next

    def hurry(self, now: datetime) -> None:
        """Ask an ingress that has more to give (it is `pending`) at once, not when its timer is due."""
        if not self.part.streamlet_class.spec.inlets and self.pending():
            self._timers.hurry(now)

    def wake(self) -> None:
        """Have every timer called at once. Any thread may ask for it."""
        self._woken = True
        self.seat.wake()

    def pending(self) -> bool:
        """Whether the streamlet holds something that a timer will give out."""
        return self._streamlet is not None and self._streamlet.pending()

    def lag(self) -> int:
        """Records that stand ready on all inlets."""
        return sum(self.seat.lag().values())

    def inlet_of(self, partition: TopicPartition) -> str | None:
        """The inlet that a partition feeds; None when it is no input of this worker."""
        return self._inbound.source(partition).inlet if partition in self._positions else None

    # -- stepping -----------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> Outcome:
        """Run the timers that are due, then consume once. Raises what the streamlet or the log raises."""
        self.context.now = now
        self._last_intake, self._refused = None, False
        if self._doubtful:
            self._renew(now)
        if self._pressure.held():
            return Outcome.HELD
        if self._woken or (self.context.drained and not self._hurried):
            self._woken, self._hurried = False, self.context.drained
            self._timers.hurry(now)
        before = self.commits
        for method in self._timers.due(now):
            if not self._drive(_Draft(), getattr(self._running(), method), None, now):
                return Outcome.STEPPED
            self._timers.rang(method, now)
        self._consume(now)
        return Outcome.STEPPED if self.commits > before else Outcome.IDLE

    def suspect(self, error: BaseException, now: datetime) -> Verdict:
        """Look for the record at fault in what the failed step had read; it is set aside once it stands alone.

        Raises what the log raises when it does not take the dead letter.
        """
        intake = self._last_intake
        if intake:
            self.metrics.errors_in.update(dict.fromkeys(self._inbound.counts(intake), 1))
        if not intake or self._dead_topic is None:
            return Verdict.BROKEN
        if self._suspicion is None:
            self._suspicion = Suspicion.of(intake)
            return Verdict.BROKEN
        if self._suspicion.narrow(intake):
            return Verdict.NARROWED
        self._set_aside(self._dead_topic, intake, error, now)
        return Verdict.SET_ASIDE

    def _consume(self, now: datetime) -> None:
        draft = _Draft()
        self._last_intake = intake = self._read()
        if intake:
            streamlet = self._running()
            done = self._drive(draft, lambda: streamlet.on_batch(**self._inbound.batches(intake)), intake, now)
            if done and self._suspicion is not None:
                self._suspicion.widen()
        self._last_intake = None

    def _read(self) -> Intake:
        if self._suspicion is not None and (place := self._suspicion.next(self._positions)) is not None:
            return self._inbound.take_few(self.seat, self._positions, *place, self._limits.batch_bytes)
        self._suspicion = None
        return self._inbound.take(self.seat, self._positions, self._limits)

    def _drive(self, draft: _Draft, handler: Callable[[], Emits | None], intake: Intake | None, now: datetime) -> bool:
        """Run a handler, committing at each checkpoint and at the end. False when it was left at a checkpoint."""
        try:
            emits = handler() or ()
            for emitted in self._iterable(emits):
                if isinstance(emitted, Checkpoint):
                    self._commit(draft, None, now)
                    draft = _Draft()
                    if self.interrupted() or self._pressure.held():
                        _leave(emits)
                        return False
                else:
                    self._collect(draft, emitted)
            self._commit(draft, intake, now)
        except BaseException:
            self._reject()
            raise
        return True

    def _iterable(self, emits: object) -> Iterable[Emit | Checkpoint]:
        if isinstance(emits, Iterable):
            return emits
        raise TailraceError(
            f"{self.part.name} gave back a value of type {type(emits).__name__}, where a list of emits is needed",
            hint="write `yield self.outlet(records)`",
        )

    def _collect(self, draft: _Draft, emitted: Emit) -> None:
        draft.outputs.extend(self._outbound.route(emitted))
        draft.produced[emitted.outlet] += len(emitted.batch)

    def _running(self) -> Streamlet:
        if self._streamlet is None:
            raise RuntimeError(f"{self.part.name} was not started")
        return self._streamlet

    # -- committing ---------------------------------------------------------------------------------------------

    def _commit(self, draft: _Draft, intake: Intake | None, now: datetime) -> None:
        """Commit if there is anything to commit, and only then count it."""
        store = self._running().store
        step = Step(intake.positions if intake else {}, draft.outputs, store.changes())
        if step.positions or step.outputs or step.state:
            self._hand_over(step, now)
            store.accept(step.state)
            self.metrics.observe_step(perf_counter() - draft.began)
        self._account(draft, intake)

    def _account(self, draft: _Draft, intake: Intake | None) -> None:
        if draft.produced:
            self.metrics.records_out.update(draft.produced)
        if intake:
            self.metrics.records_in.update(self._inbound.counts(intake))
        if self._tally:
            self.metrics.tallies.update(self._tally)
            self._tally.clear()

    def _hand_over(self, step: Step, now: datetime) -> None:
        try:
            self.seat.commit(step, now)
        except BaseException:
            self._refused = True
            self._doubtful = self._happened(step)
            raise
        self._positions.update(step.positions)
        self.commits += 1

    def _happened(self, step: Step) -> bool:
        """Whether the log knows of a step that it raised for, as when a connection breaks before the answer."""
        positions, state = self.seat.positions, self.seat.state
        moved = any(positions[at] != self._positions[at] for at in step.positions)
        return moved or any(state.get(name) == value for name, value in step.state.items())

    def _reject(self) -> None:
        """Roll the streamlet back. One that cannot be is made anew before the next step."""
        self._tally.clear()
        streamlet = self._running()
        try:
            streamlet.store.reject()
            streamlet.on_reject()
        except BaseException:
            self._doubtful = True
            logger.warning("%s: on_reject failed", self.part.name, exc_info=True)

    def _set_aside(self, topic: str, intake: Intake, error: BaseException, now: datetime) -> None:
        """Commit the one record at fault as a dead letter, and the position behind it."""
        ((at, record),) = intake.slices.items()
        letter = dead_letter(self.part.name, self._inbound.source(at), record, error, now)
        self._hand_over(Step(intake.positions, [(topic, 0, letter)]), now)
        self.metrics.dead += 1

    def _count(self, name: str, amount: int = 1) -> None:
        self._tally[name] += amount


def _leave(emits: object) -> None:
    """End a handler where it stands, so that its `finally` blocks run now."""
    if isinstance(emits, Generator):
        emits.close()


def open_context(
    part: StreamletPlan, app: str, replica: int, *, exhaust: bool = False, volumes: Mapping[str, Path] | None = None
) -> Context:
    """The context of one replica, from its plan."""
    return Context(name=part.name, app=app, replica=replica, wiring=part.wiring, exhaust=exhaust, volumes=volumes or {})


def volume_paths(part: StreamletPlan, base: Path) -> dict[str, Path]:
    """The directories of a streamlet's volumes; relative ones start at `base`."""
    return {name: base / Path(mount.path).expanduser() for name, mount in part.volumes.items()}
