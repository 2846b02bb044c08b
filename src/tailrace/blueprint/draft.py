"""Drafts: what a blueprint says, typed, before anything is known of the classes it names.

Reading a draft never fails: what cannot be understood is left out and becomes one of the draft's problems.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from tailrace.blueprint.faults.streamlets import NoForm, SeveralForms
from tailrace.blueprint.faults.wiring import MalformedPort
from tailrace.blueprint.faults.writing import EmptyBlueprint, EmptySection, MissingSection
from tailrace.blueprint.fields import Fields
from tailrace.blueprint.problems import Place, Problem
from tailrace.blueprint.source import Entry, Mapping, Node, Scalar, Source, describe, read_source, to_python

T = TypeVar("T")

CLASS = "class"
_BLUEPRINT_KEYS = ("app", "description", "streamlets", "topics")
_STREAMLET_KEYS = ("replicas", "settings", "volumes")
_TOPIC_KEYS = (
    "producers", "consumers", "partitions", "replicas", "retention", "retention_bytes", "key", "managed", "name",
    "cluster", "producer", "consumer", "topic",
)  # fmt: skip
_VOLUME_KEYS = ("path", "access", "claim", "size")
ACCESSES = ("read-write", "read-only")


@dataclass(frozen=True)
class Given(Generic[T]):
    """A value, and where it is written."""

    value: T
    place: Place


@dataclass(frozen=True)
class PortName:
    """`streamlet.port`, as topics name ports."""

    streamlet: str
    port: str
    place: Place

    def __str__(self) -> str:
        return f"{self.streamlet}.{self.port}"


@dataclass(frozen=True)
class VolumeDraft:
    """A directory for a streamlet, named as the class names it."""

    name: str
    place: Place
    path: Given[str]
    access: Given[str] | None = None
    claim: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class StreamletDraft:
    """One entry of `streamlets`. `form` is the key that says what it is (`class`, `aggregate`), `body` its value."""

    name: str
    place: Place
    form: str
    body: Node
    replicas: Given[int]
    settings: tuple[Entry, ...] = ()
    volumes: tuple[VolumeDraft, ...] = ()


@dataclass(frozen=True)
class TopicDraft:
    """One entry of `topics`."""

    name: str
    place: Place
    producers: tuple[PortName, ...] = ()
    consumers: tuple[PortName, ...] = ()
    partitions: Given[int] | None = None
    replicas: int = 1
    retention: timedelta | None = None
    retention_bytes: int | None = None
    key: Given[str] | None = None
    managed: bool = True
    physical: Given[str] | None = None
    cluster: str | None = None
    producer_config: dict[str, Any] = field(default_factory=dict)
    consumer_config: dict[str, Any] = field(default_factory=dict)
    topic_config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A blueprint as written. `unread` names streamlets that are there, but could not be understood."""

    file: str
    app: Given[str] | None = None
    description: str = ""
    streamlets: tuple[StreamletDraft, ...] = ()
    topics: tuple[TopicDraft, ...] = ()
    unread: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


def read_draft(text: str, file: str, *, forms: Collection[str] = ()) -> Draft:
    """Read a blueprint. `file` names it in places; `forms` are the keys beside `class` that say what a streamlet is."""
    source = read_source(text, file)
    return draft_of(source, forms=forms)


def draft_of(source: Source, *, forms: Collection[str] = ()) -> Draft:
    """The draft of YAML that was read; the source's problems are among its own."""
    reader = _Reader(tuple(sorted(forms)), list(source.problems))
    start = Place(source.file, 1, 1)
    if source.root is None or (isinstance(source.root, Scalar) and source.root.value is None):
        if not source.problems:
            reader.problems.append(EmptyBlueprint(start))
        return Draft(source.file, problems=tuple(reader.problems))
    return reader.blueprint(source.root, source.file)


class _Reader:
    """Reads the parts of a blueprint, collecting problems."""

    def __init__(self, forms: tuple[str, ...], problems: list[Problem]) -> None:
        self.forms = (CLASS, *forms)
        self.problems = problems

    def blueprint(self, root: Node, file: str) -> Draft:
        fields = Fields(root, "the blueprint", self.problems)
        fields.only(_BLUEPRINT_KEYS, extensions=True)
        if not isinstance(root, Mapping):
            return Draft(file, problems=tuple(self.problems))
        streamlets = self._section(root, "streamlets")
        topics = self._section(root, "topics")
        drafts = [self._streamlet(entry) for entry in streamlets]
        topic_drafts = tuple(self._topic(entry) for entry in topics)
        return Draft(
            file=file,
            app=self._app(root, fields),
            description=fields.text("description") or "",
            streamlets=tuple(draft for draft in drafts if draft is not None),
            topics=topic_drafts,
            unread=frozenset(e.key for e, draft in zip(streamlets, drafts, strict=True) if draft is None),
            problems=tuple(self.problems),
        )

    def _app(self, root: Mapping, fields: Fields) -> Given[str] | None:
        entry = root.get("app")
        if entry is None:
            self.problems.append(MissingSection(root.place, "app"))
        elif isinstance(entry.value, Scalar) and entry.value.value in (None, ""):
            self.problems.append(EmptySection(entry.place, "app"))
        elif (text := fields.text("app")) is not None:
            return Given(text, entry.value.place)
        return None

    def _section(self, root: Mapping, name: str) -> tuple[Entry, ...]:
        entry = root.get(name)
        if entry is None:
            self.problems.append(MissingSection(root.place, name))
            return ()
        section = Fields(entry.value, f"{name!r}", self.problems, may_be_empty=True).mapping
        if not section.entries and _is_empty(entry.value):
            self.problems.append(EmptySection(entry.place, name))
        return section.entries

    def _streamlet(self, entry: Entry) -> StreamletDraft | None:
        name, node = entry.key, entry.value
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return StreamletDraft(name, entry.place, CLASS, node, Given(1, entry.place))
        if isinstance(node, Scalar) and node.value is None:
            self.problems.append(NoForm(entry.place, name, self.forms))
            return None
        fields = Fields(node, f"streamlet {name!r}", self.problems, needed="a class name or a mapping")
        fields.only((*self.forms, *_STREAMLET_KEYS))
        body = self._form(entry, fields.mapping)
        settings = Fields(fields.node("settings"), f"the settings of {name!r}", self.problems, may_be_empty=True)
        volumes = Fields(fields.node("volumes"), f"the volumes of {name!r}", self.problems, may_be_empty=True)
        mounts = [self._volume(name, each) for each in volumes.mapping]
        replicas = Given(fields.count("replicas") or 1, fields.place("replicas"))
        if body is None:
            return None
        return StreamletDraft(
            name=name,
            place=entry.place,
            form=body.key,
            body=body.value,
            replicas=replicas,
            settings=settings.mapping.entries,
            volumes=tuple(mount for mount in mounts if mount is not None),
        )

    def _form(self, entry: Entry, mapping: Mapping) -> Entry | None:
        found = [each for each in mapping if each.key in self.forms]
        if len(found) == 1:
            return found[0]
        if found:
            self.problems.append(SeveralForms(found[1].place, entry.key, found[0].key, found[1].key))
        elif isinstance(entry.value, Mapping):
            self.problems.append(NoForm(entry.place, entry.key, self.forms))
        return None

    def _volume(self, streamlet: str, entry: Entry) -> VolumeDraft | None:
        what = f"the volume {entry.key!r} of {streamlet!r}"
        if isinstance(entry.value, Scalar):
            holder = Fields(Mapping(entry.place, (Entry(entry.place, "path", entry.value),)), what, self.problems)
        else:
            holder = Fields(entry.value, what, self.problems, needed="a path or a mapping with a path")
            holder.only(_VOLUME_KEYS)
        path = holder.text("path", required=isinstance(holder.given, Mapping))
        access = holder.choice("access", ACCESSES)
        claim, size = holder.text("claim"), holder.size("size")
        if path is None:
            return None
        return VolumeDraft(
            name=entry.key,
            place=entry.place,
            path=Given(path, holder.place("path")),
            access=None if access is None else Given(access, holder.place("access")),
            claim=claim,
            size=size,
        )

    def _topic(self, entry: Entry) -> TopicDraft:
        fields = Fields(entry.value, f"topic {entry.key!r}", self.problems, may_be_empty=True)
        fields.only(_TOPIC_KEYS)
        partitions, key, physical = fields.count("partitions"), fields.text("key"), fields.text("name")
        managed = fields.truth("managed")
        return TopicDraft(
            name=entry.key,
            place=entry.place,
            producers=self._ports(entry.key, "producers", fields),
            consumers=self._ports(entry.key, "consumers", fields),
            partitions=None if partitions is None else Given(partitions, fields.place("partitions")),
            replicas=fields.count("replicas") or 1,
            retention=fields.duration("retention"),
            retention_bytes=fields.size("retention_bytes"),
            key=None if key is None else Given(key, fields.place("key")),
            managed=True if managed is None else managed,
            physical=None if physical is None else Given(physical, fields.place("name")),
            cluster=fields.text("cluster"),
            producer_config=self._config(entry.key, "producer", fields),
            consumer_config=self._config(entry.key, "consumer", fields),
            topic_config=self._config(entry.key, "topic", fields),
        )

    def _ports(self, topic: str, key: str, fields: Fields) -> tuple[PortName, ...]:
        ports = []
        for item in fields.texts(key):
            streamlet, dot, port = item.value.partition(".")
            if streamlet and dot and port and "." not in port:
                ports.append(PortName(streamlet, port, item.place))
            else:
                self.problems.append(MalformedPort(item.place, item.value, topic))
        return tuple(ports)

    def _config(self, topic: str, key: str, fields: Fields) -> dict[str, Any]:
        node = fields.node(key)
        what = f"{key!r} of topic {topic!r}"
        config: dict[str, Any] = {}
        for entry in Fields(node, what, self.problems, may_be_empty=True).mapping:
            _flatten(entry.key, to_python(entry.value), config)
        return config


def _flatten(key: str, value: Any, into: dict[str, Any]) -> None:
    """Kafka's keys have dots; `sasl: {mechanism: PLAIN}` is `sasl.mechanism: PLAIN`."""
    if isinstance(value, dict):
        for inner, each in value.items():
            _flatten(f"{key}.{inner}", each, into)
    else:
        into[key] = value


def _is_empty(node: Node) -> bool:
    return (isinstance(node, Mapping) and not node.entries) or describe(node) == "nothing"
