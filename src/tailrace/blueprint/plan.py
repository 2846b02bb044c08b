"""Plans: verified blueprints. A runtime accepts a plan and nothing else.

A plan is complete: every streamlet has its class and all of its settings, every port its topic, every topic its types.
It is immutable and says nothing about where it runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from tailrace.model.durations import format_duration
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.streamlet import Streamlet

EMPTY: Mapping[str, Any] = MappingProxyType({})


def _empty() -> Mapping[str, Any]:
    return EMPTY


@dataclass(frozen=True)
class Reference:
    """How another process comes by a streamlet's class.

    `form` is `class`, and `value` the dotted name; or another form such as `aggregate`, and `value` what is declared.
    """

    form: str
    value: Any


@dataclass(frozen=True)
class VolumeMount:
    """A directory for a streamlet: `path` as written (`~` and relative paths are the caller's to resolve).

    `claim` names a Kubernetes volume claim, `size` is what it asks for, in bytes.
    """

    path: str
    access: str = "read-write"
    claim: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Upstream:
    """Who writes what an inlet reads: one producer of the inlet's topic."""

    topic: str
    streamlet: str
    outlet: str
    streamlet_class: type[Streamlet]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class StreamletPlan:
    """One streamlet: what it runs, how often, with what, and where its ports lead (port name -> topic name)."""

    name: str
    streamlet_class: type[Streamlet]
    reference: Reference
    replicas: int = 1
    settings: Mapping[str, Any] = field(default_factory=_empty)
    origins: Mapping[str, str] = field(default_factory=_empty)
    """Where each setting's value comes from, in words: `default`, `--set split.limit`, `b.yaml:4:20`."""
    volumes: Mapping[str, VolumeMount] = field(default_factory=_empty)
    inlets: Mapping[str, str] = field(default_factory=_empty)
    outlets: Mapping[str, str] = field(default_factory=_empty)
    wiring: Mapping[str, tuple[Upstream, ...]] = field(default_factory=_empty)
    """For each connected inlet, who feeds it."""
    dead_letters: str | None = None
    """The topic for records that cannot be processed; None for a streamlet without inlets."""


@dataclass(frozen=True)
class Producer:
    """An outlet that writes a topic, the type it writes, and the field that picks the partition, if one does."""

    streamlet: str
    outlet: str
    record_type: type[Record]
    key: str | None = None


@dataclass(frozen=True)
class Consumer:
    """An inlet that reads a topic, and the type it reads as. `Record` itself means: whatever was written."""

    streamlet: str
    inlet: str
    record_type: type[Record]


@dataclass(frozen=True)
class TopicPlan:
    """One topic: `name` in the blueprint, `physical` in the log; `record_type` is the writers' schema."""

    name: str
    physical: str
    record_type: type[Record]
    producers: tuple[Producer, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    partitions: int = 1
    replicas: int = 1
    retention: timedelta | None = None
    retention_bytes: int | None = None
    managed: bool = True
    cluster: str | None = None
    producer_config: Mapping[str, Any] = field(default_factory=_empty)
    consumer_config: Mapping[str, Any] = field(default_factory=_empty)
    topic_config: Mapping[str, Any] = field(default_factory=_empty)
    dead_letters_of: str | None = None
    """The streamlet whose rejected records this topic holds, if it is a dead-letter topic."""


@dataclass(frozen=True)
class Plan:
    """A verified blueprint: streamlets and topics in the order of the file, dead-letter topics last."""

    app: str
    streamlets: tuple[StreamletPlan, ...]
    topics: tuple[TopicPlan, ...]
    description: str = ""
    _streamlets: Mapping[str, StreamletPlan] = field(init=False, repr=False, compare=False)
    _topics: Mapping[str, TopicPlan] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_streamlets", {each.name: each for each in self.streamlets})
        object.__setattr__(self, "_topics", {each.name: each for each in self.topics})

    def streamlet(self, name: str) -> StreamletPlan:
        """The streamlet of that name. Raises KeyError."""
        return self._streamlets[name]

    def topic(self, name: str) -> TopicPlan:
        """The topic of that name in the blueprint. Raises KeyError."""
        return self._topics[name]

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values, in a stable order; secrets are stars."""
        return {
            "app": self.app,
            "description": self.description,
            "streamlets": {each.name: _streamlet_json(each) for each in self.streamlets},
            "topics": {each.name: _topic_json(each) for each in self.topics},
        }


def _streamlet_json(each: StreamletPlan) -> dict[str, Any]:
    spec = each.streamlet_class.spec
    return {
        each.reference.form: _plain(each.reference.value),
        "shape": spec.shape.value,
        "replicas": each.replicas,
        "settings": {name: _setting_json(spec.settings[name], value) for name, value in each.settings.items()},
        "origins": dict(each.origins),
        "volumes": {name: _volume_json(mount) for name, mount in each.volumes.items()},
        "inlets": dict(each.inlets),
        "outlets": dict(each.outlets),
        "dead_letters": each.dead_letters,
    }


def _setting_json(setting: Setting[Any], value: Any) -> Any:
    if value is None or setting.kind in ("int", "float", "bool"):
        return value
    return list(value) if setting.kind == "list" else setting.show(value)


def _volume_json(mount: VolumeMount) -> dict[str, Any]:
    return {"path": mount.path, "access": mount.access, "claim": mount.claim, "size": mount.size}


def _topic_json(each: TopicPlan) -> dict[str, Any]:
    return {
        "name": each.physical,
        "record_type": _type_json(each.record_type),
        "fingerprint": None if each.record_type is Record else each.record_type.schema_fingerprint(),
        "producers": [
            {"port": f"{p.streamlet}.{p.outlet}", "record_type": _type_json(p.record_type), "key": p.key}
            for p in each.producers
        ],
        "consumers": [
            {"port": f"{c.streamlet}.{c.inlet}", "record_type": _type_json(c.record_type)} for c in each.consumers
        ],
        "partitions": each.partitions,
        "replicas": each.replicas,
        "retention": None if each.retention is None else format_duration(each.retention),
        "retention_bytes": each.retention_bytes,
        "managed": each.managed,
        "cluster": each.cluster,
        "producer": masked(each.producer_config),
        "consumer": masked(each.consumer_config),
        "topic": masked(each.topic_config),
        "dead_letters_of": each.dead_letters_of,
    }


def _type_json(record_type: type[Record]) -> str | None:
    return None if record_type is Record else record_type.record_name()


_SECRET_WORD = re.compile(r"password|secret|token|credential|jaas|private|\.key$|apikey|api\.key", re.IGNORECASE)


def masked(config: Mapping[str, Any]) -> dict[str, Any]:
    """A client's configuration with the values of keys that speak of secrets (`sasl.password`) as stars."""
    return {key: "***" if _SECRET_WORD.search(key) else _plain(value) for key, value in config.items()}


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return value
