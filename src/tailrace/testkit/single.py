"""A single streamlet in memory: every port has a topic of the port's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tailrace.blueprint.plan import EMPTY, Consumer, Plan, Producer, Reference, StreamletPlan, TopicPlan, VolumeMount
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.errors import TailraceError
from tailrace.model.functions import FunctionStreamlet
from tailrace.model.names import did_you_mean
from tailrace.model.record import Record
from tailrace.model.streamlet import Streamlet
from tailrace.runtime.inbound import Limits
from tailrace.testkit.pipeline import START, Testkit

NAME = "streamlet"
"""What the streamlet of a kit is called."""


class StreamletKit(Testkit):
    """Runs a single streamlet, a class or a function: `kit.send("readings", [...])`, `kit.run()`, `kit.read("valid")`.

    `settings` are given as in a blueprint: `"10s"`, `"64MiB"`; `volumes` as directories. `reads` names the record type
    of an inlet that takes any (`Inlet(Record)`). The rest is as in `Testkit`.
    """

    def __init__(
        self,
        streamlet: type[Streamlet] | FunctionStreamlet[..., Any],
        settings: Mapping[str, Any] | None = None,
        *,
        volumes: Mapping[str, str | Path] | None = None,
        reads: Mapping[str, type[Record]] | None = None,
        now: datetime = START,
        exhaust: bool = True,
        base: Path = Path(),
        limits: Limits | None = None,
    ) -> None:
        cls = streamlet.streamlet if isinstance(streamlet, FunctionStreamlet) else streamlet
        plan = single_plan(cls, settings or {}, volumes=volumes or {}, reads=reads or {})
        super().__init__(plan, now=now, exhaust=exhaust, base=base, limits=limits)

    def dead_letters(self, streamlet: str = NAME) -> list[DeadLetter]:
        """The records that the streamlet could not process."""
        return super().dead_letters(streamlet)


def single_plan(
    cls: type[Streamlet],
    settings: Mapping[str, Any],
    name: str = NAME,
    *,
    volumes: Mapping[str, str | Path] = EMPTY,
    reads: Mapping[str, type[Record]] = EMPTY,
) -> Plan:
    """A plan of one streamlet with a topic for each port, and one for its dead letters."""
    spec = cls.spec
    dead = f"{name}.dead" if spec.inlets else None
    part = StreamletPlan(
        name=name,
        streamlet_class=cls,
        reference=Reference("class", f"{cls.__module__}.{cls.__qualname__}"),
        settings=_values(cls, settings),
        volumes={volume: VolumeMount(str(path)) for volume, path in volumes.items()},
        inlets={port: port for port in spec.inlets},
        outlets={port: port for port in spec.outlets},
        dead_letters=dead,
    )
    return Plan("testkit", (part,), tuple(_topics(cls, name, dead, reads)))


def _topics(cls: type[Streamlet], name: str, dead: str | None, reads: Mapping[str, type[Record]]) -> list[TopicPlan]:
    topics = [
        TopicPlan(port, port, reads.get(port, inlet.record_type), consumers=(Consumer(name, port, inlet.record_type),))
        for port, inlet in cls.spec.inlets.items()
    ]
    topics += [
        TopicPlan(port, port, outlet.record_type, producers=(Producer(name, port, outlet.record_type, outlet.key),))
        for port, outlet in cls.spec.outlets.items()
    ]
    return [*topics, TopicPlan(dead, dead, DeadLetter, dead_letters_of=name)] if dead else topics


def _values(cls: type[Streamlet], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a plan holds them: parsed, defaults filled in; a value of the right type passes as it is."""
    declared = cls.spec.settings
    for name in given:
        if name not in declared:
            raise TailraceError(f"{cls.__name__} has no setting {name!r}", hint=did_you_mean(name, declared, "setting"))
    missing = [name for name, setting in declared.items() if setting.required and name not in given]
    if missing:
        raise TailraceError(f"{cls.__name__} needs the setting {missing[0]!r}, which was not given")
    values = {name: setting.default for name, setting in declared.items() if not setting.required}
    return {**values, **{name: declared[name].parse(value) for name, value in given.items()}}
