"""Verification of topics: who writes and reads them, in which types, by which key, with how many partitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tailrace.blueprint.binding import BoundPort, BoundTopic
from tailrace.blueprint.faults.wiring import (
    IdleReplicas,
    KeyIsCompound,
    KeyIsNoField,
    NoProducer,
    OrphanTopic,
    SchemasDoNotResolve,
    UntypedTopic,
    WritersDisagree,
)
from tailrace.blueprint.problems import Problem
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.fields import ArrayType, FieldType, MapType, NestedType, OptionalType
from tailrace.model.record import Record
from tailrace.model.resolution import resolve


def check_topics(topics: Sequence[BoundTopic], problems: list[Problem]) -> None:
    """Every topic on its own."""
    for topic in topics:
        problems.extend(_ends(topic))
        problems.extend(_schemas(topic))
        problems.extend(_keys(topic))
        problems.extend(_replicas(topic))


def record_type(topic: BoundTopic) -> type[Record] | None:
    """What the topic holds: what its first producer writes; for another application's topic, what is read from it."""
    if topic.dead_letters_of is not None:
        return DeadLetter
    ports = topic.producers or tuple(port for port in topic.consumers if port.record_type is not Record)
    return ports[0].record_type if ports else None


def _ends(topic: BoundTopic) -> Iterator[Problem]:
    """A topic that nobody reads is legitimate: people tap it, or another application reads it."""
    draft = topic.draft
    written = bool(draft.producers) or topic.dead_letters_of is not None
    if not written and not draft.consumers:
        yield OrphanTopic(draft.place, draft.name)
    elif not written and draft.managed:
        yield NoProducer(draft.place, draft.name)
    elif not written and record_type(topic) is None and len(topic.consumers) == len(draft.consumers):
        yield UntypedTopic(draft.place, draft.name)


def _schemas(topic: BoundTopic) -> Iterator[Problem]:
    held = record_type(topic)
    if held is None:
        return
    sound = [port for port in topic.producers if port.sound]
    for port in sound[1:]:
        for detail in _mismatches(port.record_type, sound[0].record_type):
            yield WritersDisagree(
                port.name.place, topic.draft.name, str(port.name), port.record_type.__name__, str(sound[0].name),
                sound[0].record_type.__name__, detail,
            )  # fmt: skip
    writers = {port.record_type: str(port.name) for port in reversed(sound)}  # one of each type, the first to name it
    if topic.dead_letters_of is not None:
        writers = {DeadLetter: f"the worker of {topic.dead_letters_of}"}
    for reader in topic.consumers:
        yield from _unreadable(topic, writers, reader)


def _unreadable(topic: BoundTopic, writers: dict[type[Record], str], reader: BoundPort) -> Iterator[Problem]:
    if not reader.sound:
        return
    for written, writer in writers.items():
        for detail in _mismatches(written, reader.record_type):
            yield SchemasDoNotResolve(
                reader.name.place, topic.draft.name, writer, written.__name__, str(reader.name),
                reader.record_type.__name__, detail,
            )  # fmt: skip


def _mismatches(writer: type[Record], reader: type[Record]) -> list[str]:
    if writer is reader or reader is Record:
        return []
    return [str(mismatch) for mismatch in resolve(writer.avro_schema(), reader.avro_schema())]


def _keys(topic: BoundTopic) -> Iterator[Problem]:
    given = topic.draft.key
    for port in topic.producers:
        key = given.value if given else port.key
        if key is None or not port.sound:
            continue
        place = given.place if given else port.name.place
        fields = {field.name: field.type for field in port.record_type.record_fields()}
        if key not in fields:
            name = port.record_type.__name__
            yield KeyIsNoField(place, topic.draft.name, key, str(port.name), name, tuple(fields))
        elif _is_compound(fields[key]):
            yield KeyIsCompound(place, topic.draft.name, key, str(port.name))


def _is_compound(type_: FieldType) -> bool:
    if isinstance(type_, OptionalType):
        return _is_compound(type_.inner)
    return isinstance(type_, ArrayType | MapType | NestedType)


def _replicas(topic: BoundTopic) -> Iterator[Problem]:
    given = topic.draft.partitions
    if given is None and not topic.draft.managed:
        return  # how many there are is another application's affair
    partitions = given.value if given else 1
    for port in topic.consumers:
        replicas = port.loaded.draft.replicas
        if replicas.value > partitions:
            yield IdleReplicas(replicas.place, port.loaded.name, replicas.value, topic.draft.name, partitions)
