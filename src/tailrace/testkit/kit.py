"""A pipeline in memory, driven by hand: records in, records out, a clock in hand, faults to inject.

Nothing runs by itself: `run` takes steps, in a fixed order and one at a time, until no input is left. The log, the
steps, the delivery and the rollback are the ones of production; only the threads are missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tailrace.blueprint.plan import Consumer, Plan, Producer, Reference, StreamletPlan, TopicPlan
from tailrace.log.contract import Step, TopicPartition, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError, Transient
from tailrace.model.functions import FunctionStreamlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.streamlet import Streamlet
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.routing import split_by_key
from tailrace.runtime.stepper import Outcome, Stepper, open_context
from tailrace.testkit.faults import FaultyLog

R = TypeVar("R", bound=Record)

START = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
"""Where a kit's clock stands at first, unless told otherwise."""
_PATIENCE = 20  # failures of one streamlet in a row before `run` raises


class Testkit:
    """Runs a plan in memory.

    `exhaust` (True by default) tells streamlets that the input that stands is all there is.
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
        self._exhaust = exhaust
        self._base = base
        self._limits = limits or Limits()
        self.log.create_topics([topic_spec(topic) for topic in plan.topics])
        self._feeder = self.log.open_worker(WorkerId("testkit"), [])
        self._steppers = {
            f"{part.name}-{replica}": self._stepper(part, replica)
            for part in plan.streamlets
            for replica in range(part.replicas)
        }

    # -- in and out ---------------------------------------------------------------------------------------------

    def send(self, topic: str, records: Iterable[Record] | Batch[Any]) -> None:
        """Append records to a topic, as a producer would; parted by key where the topic's producers do so."""
        place = self._topic(topic)
        batch = records if isinstance(records, Batch) else Batch.of(place.record_type, records)
        key = next((producer.key for producer in place.producers if producer.key), None)
        parts = split_by_key(batch.arrow, key, place.partitions) if key else [(0, batch.arrow)]
        self._feeder.commit(Step({}, [(place.physical, partition, arrow) for partition, arrow in parts], {}), self.now)

    def read(self, topic: str, record_type: type[R] | None = None) -> list[R]:
        """All records of a topic, partition by partition in their order."""
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
        topic = self.plan.streamlet(streamlet).dead_letters
        return self.read(topic, DeadLetter) if topic else []

    # -- time and steps -----------------------------------------------------------------------------------------

    def run(self) -> int:
        """Take steps until no input is left and no timer is due; the number of steps taken.

        A record that a streamlet cannot process ends as a dead letter, as in production. Raises what a streamlet
        raises when it keeps failing without a record to blame.
        """
        steps = 0
        while taken := sum(self._exhausted(stepper) for stepper in self._steppers.values()):
            steps += taken
        return steps

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
        """Kill a streamlet's workers (all, when none is named) and start them anew from what they had committed."""
        for name, stepper in self._steppers.items():
            if streamlet in (None, stepper.part.name):
                replica = stepper.metrics.replica
                self._steppers[name] = self._stepper(stepper.part, replica)

    def streamlet(self, name: str, replica: int = 0) -> Stepper:
        """The worker's stepper, for a look at its metrics."""
        return self._steppers[f"{name}-{replica}"]

    def close(self) -> None:
        """Stop all streamlets."""
        for stepper in self._steppers.values():
            stepper.close()

    # -- the inside ---------------------------------------------------------------------------------------------

    def _exhausted(self, stepper: Stepper) -> int:
        """Step one worker until it has nothing to do; how many steps that took."""
        steps = failures = 0
        while True:
            try:
                if stepper.advance(self.now) is not Outcome.STEPPED:
                    return steps
                steps, failures = steps + 1, 0
            except Exception as error:
                failures += 1
                self._recover(stepper, error, failures)

    def _recover(self, stepper: Stepper, error: Exception, failures: int) -> None:
        blamed = not isinstance(error, Transient | OSError) and stepper.suspect(error, self.now)
        if failures > _PATIENCE and not blamed:
            raise error
        if not blamed:
            stepper.stop()
            stepper.start(self.now)

    def _stepper(self, part: StreamletPlan, replica: int) -> Stepper:
        volumes = {name: self._base / mount.path for name, mount in part.volumes.items()}
        context = open_context(part, self.plan.app, replica, exhaust=self._exhaust, volumes=volumes)
        stepper = Stepper(self.plan, part, replica, self.log, context, self._limits)
        stepper.start(self.now)
        return stepper

    def _next_timer(self) -> datetime | None:
        return min((due for stepper in self._steppers.values() if (due := stepper.next_timer())), default=None)

    def _topic(self, name: str) -> TopicPlan:
        try:
            return self.plan.topic(name)
        except KeyError:
            names = ", ".join(topic.name for topic in self.plan.topics)
            raise TailraceError(f"there is no topic {name!r}; there are {names}") from None


class StreamletKit(Testkit):
    """Runs a single streamlet; every port has a topic of the port's name.

    `kit.send("readings", [...])`, `kit.run()`, `kit.read("valid")`.
    """

    def __init__(
        self,
        streamlet: type[Streamlet] | FunctionStreamlet[..., Any],
        settings: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        cls = streamlet.streamlet if isinstance(streamlet, FunctionStreamlet) else streamlet
        super().__init__(single_plan(cls, settings or {}), **options)

    def dead_letters(self, streamlet: str = "streamlet") -> list[DeadLetter]:
        """The records that the streamlet could not process."""
        return super().dead_letters(streamlet)


def single_plan(cls: type[Streamlet], settings: Mapping[str, Any], name: str = "streamlet") -> Plan:
    """A plan of one streamlet with a topic for each port, and one for its dead letters."""
    spec = cls.spec
    topics = [
        TopicPlan(port, port, inlet.record_type, consumers=(Consumer(name, port, inlet.record_type),))
        for port, inlet in spec.inlets.items()
    ]
    topics += [
        TopicPlan(port, port, outlet.record_type, producers=(Producer(name, port, outlet.record_type, outlet.key),))
        for port, outlet in spec.outlets.items()
    ]
    dead = f"{name}.dead" if spec.inlets else None
    if dead:
        topics.append(TopicPlan(dead, dead, DeadLetter, dead_letters_of=name))
    part = StreamletPlan(
        name=name,
        streamlet_class=cls,
        reference=Reference("class", f"{cls.__module__}.{cls.__qualname__}"),
        settings=_values(cls, settings),
        inlets={port: port for port in spec.inlets},
        outlets={port: port for port in spec.outlets},
        dead_letters=dead,
    )
    return Plan("testkit", (part,), tuple(topics))


def _values(cls: type[Streamlet], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a plan holds them: parsed, defaults filled in; a value of the right type passes as it is."""
    declared: Mapping[str, Setting[Any]] = cls.spec.settings
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise TailraceError(f"{cls.__name__} has no setting {unknown[0]!r}; it has {', '.join(declared) or 'none'}")
    values = {name: setting.default for name, setting in declared.items() if not setting.required}
    return {**values, **{name: declared[name].parse(value) for name, value in given.items()}}
