"""Verification of ports: which outlet writes and which inlet reads each topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tailrace.blueprint.draft import Draft, PortName, StreamletDraft, TopicDraft
from tailrace.blueprint.faults.wiring import (
    BoundTwice,
    InletAsProducer,
    OutletAsConsumer,
    PortTwice,
    ProducerOfDeadLetters,
    UnconnectedPort,
    UnknownPort,
    UnknownStreamlet,
)
from tailrace.blueprint.loading import Loaded
from tailrace.blueprint.naming import DEAD
from tailrace.blueprint.problems import Problem
from tailrace.model.names import nearest
from tailrace.model.record import Record


@dataclass(frozen=True, eq=False)
class BoundPort:
    """A port of a topic that exists and has the right direction. `key` is the outlet's own partition key."""

    name: PortName
    loaded: Loaded
    record_type: type[Record]
    key: str | None = None

    @property
    def sound(self) -> bool:
        """Whether its record type has a schema."""
        return self.name.port not in self.loaded.bad_ports


@dataclass(frozen=True, eq=False)
class BoundTopic:
    """A topic with those of its ports that hold. `dead_letters_of` names the streamlet whose dead letters it holds."""

    draft: TopicDraft
    producers: tuple[BoundPort, ...]
    consumers: tuple[BoundPort, ...]
    dead_letters_of: str | None


class Binder:
    """Goes through the topics in order, remembering which ports are taken."""

    def __init__(self, draft: Draft, loaded: Mapping[str, Loaded], problems: list[Problem]) -> None:
        self._draft = draft
        self._loaded = loaded
        self._problems = problems
        self._names = {each.name: each for each in draft.streamlets}
        self._taken: dict[tuple[str, str], tuple[TopicDraft, PortName]] = {}

    def bind(self) -> tuple[BoundTopic, ...]:
        """All topics. Problems: ports that do not exist, face the other way, are named twice or not at all."""
        topics = tuple(self._topic(topic) for topic in self._draft.topics)
        if self._draft.topics:
            self._check_unconnected(topics)
        return topics

    def _topic(self, topic: TopicDraft) -> BoundTopic:
        owner = self._owner_of_dead_letters(topic)
        if owner is not None:
            for port in topic.producers:
                self._problems.append(ProducerOfDeadLetters(port.place, topic.name, owner))
        producers = () if owner is not None else topic.producers
        return BoundTopic(
            topic,
            tuple(self._ports(topic, producers, "outlet")),
            tuple(self._ports(topic, topic.consumers, "inlet")),
            owner,
        )

    def _owner_of_dead_letters(self, topic: TopicDraft) -> str | None:
        name = topic.name.removesuffix(DEAD)
        if name == topic.name or name not in self._names:
            return None
        loaded = self._loaded.get(name)
        return name if loaded is None or loaded.streamlet_class.spec.inlets else None

    def _ports(self, topic: TopicDraft, ports: tuple[PortName, ...], direction: str) -> Iterator[BoundPort]:
        for port in ports:
            bound = self._port(topic, port, direction)
            if bound is not None and self._take(topic, port, direction):
                yield bound

    def _take(self, topic: TopicDraft, port: PortName, direction: str) -> bool:
        key = (port.streamlet, port.port)
        earlier = self._taken.setdefault(key, (topic, port))
        if earlier == (topic, port):
            return True
        if earlier[0] is topic:
            self._problems.append(PortTwice(port.place, topic.name, str(port)))
        else:
            self._problems.append(
                BoundTwice(port.place, str(port), topic.name, earlier[0].name, earlier[1].place, direction)
            )
        return False

    def _port(self, topic: TopicDraft, port: PortName, direction: str) -> BoundPort | None:
        if port.streamlet not in self._names:
            if port.streamlet not in self._draft.unread:
                self._problems.append(UnknownStreamlet(port.place, topic.name, port.streamlet, tuple(self._names)))
            return None
        loaded = self._loaded.get(port.streamlet)
        if loaded is None:  # its class is at fault, which is said elsewhere
            return None
        spec = loaded.streamlet_class.spec
        outlet, inlet = spec.outlets.get(port.port), spec.inlets.get(port.port)
        if direction == "outlet" and outlet is not None:
            return BoundPort(port, loaded, outlet.record_type, outlet.key)
        if direction == "inlet" and inlet is not None:
            return BoundPort(port, loaded, inlet.record_type)
        self._problems.append(self._unfit(topic, port, loaded, direction))
        return None

    def _unfit(self, topic: TopicDraft, port: PortName, loaded: Loaded, direction: str) -> Problem:
        spec = loaded.streamlet_class.spec
        inlets, outlets = tuple(spec.inlets), tuple(spec.outlets)
        if direction == "outlet" and port.port in inlets:
            return InletAsProducer(port.place, topic.name, str(port), outlets)
        if direction == "inlet" and port.port in outlets:
            return OutletAsConsumer(port.place, topic.name, str(port), inlets)
        known = outlets if direction == "outlet" else inlets
        if (near := nearest(port.port, known)) is not None:
            self._taken.setdefault((port.streamlet, near), (topic, port))  # meant, so not said to be unconnected
        return UnknownPort(port.place, port.streamlet, port.port, direction, known)

    def _check_unconnected(self, topics: tuple[BoundTopic, ...]) -> None:
        for streamlet in self._draft.streamlets:
            loaded = self._loaded.get(streamlet.name)
            if loaded is not None:
                self._check_ports_of(streamlet, loaded, topics)

    def _check_ports_of(self, streamlet: StreamletDraft, loaded: Loaded, topics: tuple[BoundTopic, ...]) -> None:
        spec = loaded.streamlet_class.spec
        spare_in: frozenset[str] = getattr(loaded.streamlet_class, "optional_inlets", frozenset())
        spare_out: frozenset[str] = getattr(loaded.streamlet_class, "optional_outlets", frozenset())
        ports = [("inlet", name, port.record_type) for name, port in spec.inlets.items() if name not in spare_in]
        ports += [("outlet", name, port.record_type) for name, port in spec.outlets.items() if name not in spare_out]
        for direction, name, record_type in ports:
            if (streamlet.name, name) not in self._taken:
                of_type = [t.draft.name for t in topics if any(p.record_type is record_type for p in t.producers)]
                port = f"{streamlet.name}.{name}"
                self._problems.append(UnconnectedPort(streamlet.place, port, direction, tuple(of_type)))
