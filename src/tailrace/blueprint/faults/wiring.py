"""Faults of topics, and of the ports they connect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tailrace.blueprint.problems import Place, Problem, Severity
from tailrace.model.names import did_you_mean


@dataclass(frozen=True)
class MalformedPort(Problem):
    """A port is not written as `streamlet.port`."""

    text: str
    topic: str
    hint = "write a streamlet's name, a dot and one of its ports, as in split.valid"

    @property
    def sentence(self) -> str:
        return f"topic {self.topic!r} names the port {self.text!r}, which is not <streamlet>.<port>"


@dataclass(frozen=True)
class UnknownStreamlet(Problem):
    """A port of a streamlet that is not in the blueprint."""

    topic: str
    streamlet: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"topic {self.topic!r} names the streamlet {self.streamlet!r}, which is not in the blueprint"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.streamlet, self.known, "streamlet")


@dataclass(frozen=True)
class UnknownPort(Problem):
    """A port that its streamlet does not have."""

    streamlet: str
    port: str
    direction: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r} has no {self.direction} {self.port!r}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.port, self.known, self.direction)


@dataclass(frozen=True)
class InletAsProducer(Problem):
    """An inlet among a topic's producers."""

    topic: str
    port: str
    outlets: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"{self.port} is an inlet, but topic {self.topic!r} names it as a producer"

    @property
    def hint(self) -> str | None:
        shown = ", ".join(self.outlets) or "none"
        return f"move it to consumers, or name an outlet; the streamlet's outlets: {shown}"


@dataclass(frozen=True)
class OutletAsConsumer(Problem):
    """An outlet among a topic's consumers."""

    topic: str
    port: str
    inlets: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"{self.port} is an outlet, but topic {self.topic!r} names it as a consumer"

    @property
    def hint(self) -> str | None:
        shown = ", ".join(self.inlets) or "none"
        return f"move it to producers, or name an inlet; the streamlet's inlets: {shown}"


@dataclass(frozen=True)
class PortTwice(Problem):
    """A topic names one port twice."""

    topic: str
    port: str

    @property
    def sentence(self) -> str:
        return f"topic {self.topic!r} names {self.port} twice"


@dataclass(frozen=True)
class BoundTwice(Problem):
    """Two topics name one port."""

    port: str
    topic: str
    first: str
    first_place: Place
    direction: str

    @property
    def sentence(self) -> str:
        return (
            f"{self.port} is connected to topic {self.topic!r}, but already to {self.first!r} "
            f"on line {self.first_place.line}"
        )

    @property
    def hint(self) -> str | None:
        if self.direction == "outlet":
            return "an outlet feeds one topic; name several consumers there"
        return "an inlet reads one topic; name several producers there"


@dataclass(frozen=True)
class UnconnectedPort(Problem):
    """No topic names a port."""

    port: str
    direction: str
    free: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        return f"the {self.direction} {self.port} is not connected to any topic"

    @property
    def hint(self) -> str | None:
        role = "consumers" if self.direction == "inlet" else "producers"
        which = f" (of its type: {', '.join(self.free)})" if self.free else ""
        return f"add {self.port} to the {role} of a topic{which}"


@dataclass(frozen=True)
class OrphanTopic(Problem):
    """Nobody writes the topic and nobody reads it."""

    topic: str
    hint = "connect it, or take it out"

    @property
    def sentence(self) -> str:
        return f"topic {self.topic!r} has neither producers nor consumers"


@dataclass(frozen=True)
class NoProducer(Problem):
    """A topic of our own that is read, but never written."""

    topic: str
    hint = "add a producer, or say managed: false if another application writes it"

    @property
    def sentence(self) -> str:
        return f"topic {self.topic!r} has consumers, but nothing produces it"


@dataclass(frozen=True)
class ProducerOfDeadLetters(Problem):
    """A dead-letter topic is written by its streamlet's worker alone."""

    topic: str
    streamlet: str
    hint = "name consumers alone, or give the topic another name"

    @property
    def sentence(self) -> str:
        return f"topic {self.topic!r} holds the dead letters of {self.streamlet!r}; no outlet can produce it"


@dataclass(frozen=True)
class SamePhysicalName(Problem):
    """Two topics would be one in the log."""

    topic: str
    first: str
    physical: str
    first_physical: str
    hint = "give one of them another name"

    @property
    def sentence(self) -> str:
        if self.physical == self.first_physical:
            return f"topics {self.first!r} and {self.topic!r} have one physical name, {self.physical!r}"
        return (
            f"topics {self.first!r} and {self.topic!r} have the physical names {self.first_physical!r} and "
            f"{self.physical!r}, which Kafka cannot tell apart"
        )


@dataclass(frozen=True)
class SchemasDoNotResolve(Problem):
    """A reader cannot read what a writer writes, at one field."""

    topic: str
    writer: str
    writer_type: str
    reader: str
    reader_type: str
    detail: str
    hint = "give the reader's field a default or the writer's type, or convert between them"

    @property
    def sentence(self) -> str:
        return (
            f"{self.reader} reads {self.reader_type}, but {self.writer} writes {self.writer_type} to topic "
            f"{self.topic!r}: {self.detail}"
        )


@dataclass(frozen=True)
class WritersDisagree(Problem):
    """Two producers of one topic write types of which the second cannot be read as the first."""

    topic: str
    writer: str
    writer_type: str
    first: str
    first_type: str
    detail: str
    hint = "a topic holds one schema; give the other type a topic of its own"

    @property
    def sentence(self) -> str:
        return (
            f"{self.writer} writes {self.writer_type} to topic {self.topic!r}, which holds {self.first_type} as "
            f"{self.first} writes it: {self.detail}"
        )


@dataclass(frozen=True)
class UntypedTopic(Problem):
    """Nothing says what a topic of another application holds."""

    topic: str
    hint = "name a consumer whose inlet has a record type"

    @property
    def sentence(self) -> str:
        return (
            f"nothing tells the record type of topic {self.topic!r}: it has no producer here, "
            "and its consumers take any record"
        )


@dataclass(frozen=True)
class KeyIsNoField(Problem):
    """A topic's partition key is not in what is written."""

    topic: str
    key: str
    port: str
    record_type: str
    fields: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return (
            f"the key {self.key!r} of topic {self.topic!r} is no field of {self.record_type}, which {self.port} writes"
        )

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.key, self.fields, "field")


@dataclass(frozen=True)
class KeyIsCompound(Problem):
    """A list, map or record cannot pick a partition."""

    topic: str
    key: str
    port: str
    hint = "choose a field that is a text, a number, a date or the like"

    @property
    def sentence(self) -> str:
        return f"the key {self.key!r} of topic {self.topic!r}, which {self.port} writes, is no single value"


@dataclass(frozen=True)
class Cycle(Problem):
    """Records may go round for ever."""

    severity: ClassVar[Severity] = "warning"
    path: tuple[str, ...]
    hint = "make sure that records leave it, or it never comes to rest"

    @property
    def sentence(self) -> str:
        return f"streamlets form a cycle: {' -> '.join((*self.path, self.path[0]))}"


@dataclass(frozen=True)
class IdleReplicas(Problem):
    """More replicas than partitions to share among them."""

    severity: ClassVar[Severity] = "warning"
    streamlet: str
    replicas: int
    topic: str
    partitions: int

    @property
    def sentence(self) -> str:
        partitions = f"{self.partitions} partition{'s' if self.partitions > 1 else ''}"
        return (
            f"streamlet {self.streamlet!r} has {self.replicas} replicas, but topic {self.topic!r} has {partitions}: "
            f"{self.replicas - self.partitions} will idle"
        )

    @property
    def hint(self) -> str | None:
        return f"give the topic partitions: {self.replicas}"
