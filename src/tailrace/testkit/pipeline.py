"""A pipeline in memory, driven by hand: records in, records out, a clock in hand, faults to inject.

Nothing runs by itself: `run` takes steps, in a fixed order and one at a time, until no input is left. The log, the
steps, the delivery and the rollback are the ones of production; only the threads and the pauses are missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.log.contract import Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError
from tailrace.model.record import Record
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.judgement import Verdict, judge
from tailrace.runtime.routing import split_by_key
from tailrace.runtime.stepper import Outcome, Stepper, open_context, volume_paths
from tailrace.testkit.faults import Crashed, FaultyLog
from tailrace.testkit.planning import AnyStreamlet, plan_of

R = TypeVar("R", bound=Record)

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
"""Where a kit's clock stands at first, unless told otherwise."""
_PATIENCE = 20  # failures of one worker in a row before `run` raises
_MOST_STEPS = 10_000  # of one `run`


class Testkit:
    """Runs a plan in memory: `send`, `run`, `read`; `advance` lets time pass. A context manager, or call `close`.

    `exhaust` (True by default) tells streamlets that the input that stands is all there is. Failures are met as in
    production, but without pauses: a record at fault becomes a dead letter, and what else fails is tried some twenty
    times at once before `run` raises it. `errors` keeps every failure, with the streamlet's name.
    """

    __test__ = False  # pytest: not a test class, for all its name

    def __init__(
        self,
        plan: Plan,
        *,
        now: datetime = START,
        exhaust: bool = True,
        base: Path = Path(),
        limits: Limits | None = None,
    ) -> None:
        self.plan = plan
        self.now = now
        self.log = FaultyLog(MemoryLog())
        self.errors: list[tuple[str, BaseException]] = []
        self._exhaust = exhaust
        self._base = base
        self._limits = limits or Limits()
        self._failures: Counter[str] = Counter()
        self.log.create_topics([topic_spec(topic) for topic in plan.topics])
        self._feeder = self.log.open_worker(WorkerId("testkit"), [])
        self._steppers = {
            f"{part.name}-{replica}": self._stepper(part, replica)
            for part in plan.streamlets
            for replica in range(part.replicas)
        }

    @classmethod
    def from_blueprint(
        cls,
        blueprint: str | Path,
        streamlets: Iterable[AnyStreamlet] = (),
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        **options: Any,
    ) -> Testkit:
        """Run a blueprint: its text, or a Path to it, from where its volumes' relative paths start then.

        The text may call `streamlets` by their bare names, and others by dotted names. `settings` overrule those of
        the blueprint: `{"split": {"limit": 80}}`. `options` are the constructor's. Raises TailraceError, with all its
        problems, for a blueprint that does not hold.
        """
        if isinstance(blueprint, Path):
            options.setdefault("base", blueprint.parent)
        return Testkit(plan_of(blueprint, streamlets, settings), **options)

    # -- in and out ---------------------------------------------------------------------------------------------

    def send(self, topic: str, records: Iterable[Record] | Batch[Any]) -> None:
        """Append records to a topic, as a producer would: parted by the producers' key, else all to partition 0."""
        place = self._topic(topic)
        batch = records if isinstance(records, Batch) else _batch(place, list(records))
        key = next((producer.key for producer in place.producers if producer.key), None)
        parts = split_by_key(batch.arrow, key, place.partitions) if key else [(0, batch.arrow)]
        self._feeder.commit(Step({}, [(place.physical, partition, arrow) for partition, arrow in parts], {}), self.now)

    def read(self, topic: str, record_type: type[R] | None = None) -> list[R]:
        """All records of a topic so far, partition by partition in their order."""
        place = self._topic(topic)
        found: list[Any] = []
        for partition, ends in self.log.ends(place.physical).items():
            offset = ends.first
            while (part := self.log.read(TopicPartition(place.physical, partition), offset)) is not None:
                found.extend(Batch.from_arrow(record_type or place.record_type, part.batch).records())
                offset = part.next
        return found

    def dead_letters(self, streamlet: str) -> list[DeadLetter]:
        """The records that a streamlet could not process, with their reasons."""
        topic = self._part(streamlet).dead_letters
        return self.read(topic, DeadLetter) if topic else []

    def streamlet(self, name: str, replica: int = 0) -> Stepper:
        """A worker's stepper, for a look at its metrics."""
        self._part(name)
        return self._steppers[f"{name}-{replica}"]

    # -- time and steps -----------------------------------------------------------------------------------------

    def run(self, most_steps: int = _MOST_STEPS) -> int:
        """Take steps until no input is left and no timer is due; the number of steps taken.

        A timer goes once at each moment of the clock, so that an ingress that never ends gives one portion (a
        generator function: a thousand records). Raises TailraceError when there is no end after `most_steps`, and
        whatever keeps failing with no record to blame.
        """
        taken: Counter[str] = Counter()
        while sum(self._settle(name, taken, most_steps) for name in self._steppers):
            pass
        return taken.total()

    def step(self) -> str | None:
        """Take one single step, of the first streamlet that has something to do; its name, or None."""
        for name, stepper in self._steppers.items():
            while (outcome := self._attempt(name)) is None:
                pass
            if outcome is Outcome.STEPPED:
                return stepper.part.name
        return None

    def advance(self, duration: str | timedelta) -> int:
        """Let time pass, running every timer at its moment; the number of steps taken."""
        target = self.now + (parse_duration(duration) if isinstance(duration, str) else duration)
        steps = self.run()
        while (due := self._next_timer()) is not None and due <= target:
            self.now = max(self.now, due)
            steps += self.run()
        self.now = target
        return steps + self.run()

    def restart(self, streamlet: str | None = None) -> None:
        """Stop a streamlet's workers (all, when none is named), and start them anew from what they had committed."""
        for name in self._workers(streamlet):
            self._steppers[name].close()
            self._replace(name)

    def crash(self, streamlet: str | None = None) -> None:
        """As `restart`, but without a word to the streamlet: `on_stop` is not called."""
        for name in self._workers(streamlet):
            self._replace(name)

    def close(self) -> None:
        """Stop all streamlets."""
        for stepper in self._steppers.values():
            stepper.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- the inside ---------------------------------------------------------------------------------------------

    def _settle(self, name: str, taken: Counter[str], most_steps: int) -> bool:
        """Step one worker until it has nothing to do; whether it had anything."""
        before = taken[name]
        while (outcome := self._attempt(name)) in (Outcome.STEPPED, None):
            taken[name] += outcome is not None
            if taken.total() > most_steps:
                busiest = ", ".join(f"{each} {count}" for each, count in taken.most_common(3))
                raise TailraceError(
                    f"the pipeline does not settle: more than {most_steps:,} steps were taken ({busiest})",
                    hint="look for a cycle of topics; or allow for more: kit.run(most_steps=...)",
                )
        return taken[name] > before

    def _attempt(self, name: str) -> Outcome | None:
        """One attempt at a step; None when it failed and is to be tried again."""
        stepper = self._steppers[name]
        try:
            stepper.start(self.now)
            outcome = stepper.advance(self.now)
        except Crashed as error:
            self.errors.append((stepper.part.name, error))
            self._replace(name)
            return None
        except BaseException as error:
            return self._answer(name, stepper, error)
        self._failures[name] = 0
        return outcome

    def _answer(self, name: str, stepper: Stepper, error: BaseException) -> Outcome | None:
        verdict, cause = judge(error, lambda each: stepper.suspect(each, self.now))
        self.errors.append((stepper.part.name, cause))
        if verdict in (Verdict.HOPELESS, Verdict.REPLACED):
            raise cause
        if verdict in (Verdict.PASSING, Verdict.BROKEN):
            self._failures[name] += 1
            if self._failures[name] > _PATIENCE:
                self._failures[name] = 0
                raise cause
            if not stepper.intact:
                stepper.stop()
        return Outcome.STEPPED if verdict is Verdict.SET_ASIDE else None

    def _stepper(self, part: StreamletPlan, replica: int) -> Stepper:
        volumes = volume_paths(part, self._base)
        context = open_context(part, self.plan.app, replica, exhaust=self._exhaust, volumes=volumes)
        stepper = Stepper(self.plan, part, replica, self.log, context, self._limits)
        stepper.start(self.now)
        return stepper

    def _replace(self, name: str) -> None:
        old = self._steppers[name]
        self._steppers[name] = self._stepper(old.part, old.metrics.replica)

    def _workers(self, streamlet: str | None) -> list[str]:
        parts = self.plan.streamlets if streamlet is None else (self._part(streamlet),)
        return [name for name, stepper in self._steppers.items() if stepper.part in parts]

    def _next_timer(self) -> datetime | None:
        return min((due for stepper in self._steppers.values() if (due := stepper.next_timer())), default=None)

    def _topic(self, name: str) -> TopicPlan:
        try:
            return self.plan.topic(name)
        except KeyError:
            names = ", ".join(topic.name for topic in self.plan.topics)
            raise TailraceError(f"there is no topic {name!r}; there are {names}") from None

    def _part(self, name: str) -> StreamletPlan:
        try:
            return self.plan.streamlet(name)
        except KeyError:
            names = ", ".join(part.name for part in self.plan.streamlets)
            raise TailraceError(f"there is no streamlet {name!r}; there are {names}") from None


def _batch(topic: TopicPlan, records: list[Record]) -> Batch[Any]:
    """The records as a batch of the topic's type. Raises TailraceError for records of a type without its fields."""
    wanted = topic.record_type
    for record in records:
        if not isinstance(record, wanted) and type(record).arrow_schema() != wanted.arrow_schema():
            raise TailraceError(f"topic {topic.name!r} holds {wanted.__name__}, but {type(record).__name__} was sent")
    return Batch.of(wanted, records)
