"""The last stage of verification: putting the verified pieces together as a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tailrace.blueprint.binding import BoundPort, BoundTopic
from tailrace.blueprint.draft import Draft
from tailrace.blueprint.loading import Loaded
from tailrace.blueprint.naming import DEAD, physical_name, with_app
from tailrace.blueprint.plan import Consumer, Plan, Producer, StreamletPlan, TopicPlan, VolumeMount
from tailrace.blueprint.settings import Settled
from tailrace.blueprint.topics import record_type
from tailrace.blueprint.wiring import Wiring
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.record import Record


def assemble(
    draft: Draft,
    loaded: Mapping[str, Loaded],
    topics: Sequence[BoundTopic],
    settled: Mapping[str, Settled],
    volumes: Mapping[str, Mapping[str, VolumeMount]],
    wiring: Mapping[str, Wiring],
) -> Plan:
    """The plan of a draft without errors."""
    app = draft.app.value if draft.app else ""
    streamlets = tuple(
        _streamlet(each, topics, settled[name], volumes[name], wiring[name]) for name, each in loaded.items()
    )
    named = tuple(_topic(topic, app) for topic in topics)
    return Plan(app, streamlets, (*named, *_dead_letters(streamlets, named, app)), draft.description)


def _streamlet(
    each: Loaded,
    topics: Sequence[BoundTopic],
    settled: Settled,
    volumes: Mapping[str, VolumeMount],
    wiring: Wiring,
) -> StreamletPlan:
    spec = each.streamlet_class.spec
    return StreamletPlan(
        name=each.name,
        streamlet_class=each.streamlet_class,
        reference=each.reference,
        replicas=each.draft.replicas.value,
        settings=_frozen(settled.values),
        origins=_frozen(settled.origins),
        volumes=_frozen(volumes),
        inlets=_frozen(_ports(each, spec.inlets, {p: t for t in topics for p in t.consumers})),
        outlets=_frozen(_ports(each, spec.outlets, {p: t for t in topics for p in t.producers})),
        wiring=_frozen(wiring),
        dead_letters=f"{each.name}{DEAD}" if spec.inlets else None,
    )


def _ports(each: Loaded, declared: Mapping[str, Any], bound: Mapping[BoundPort, BoundTopic]) -> dict[str, str]:
    topics = {port.name.port: topic.draft.name for port, topic in bound.items() if port.loaded is each}
    return {name: topics[name] for name in declared if name in topics}


def _topic(topic: BoundTopic, app: str) -> TopicPlan:
    draft = topic.draft
    return TopicPlan(
        name=draft.name,
        physical=physical_name(draft, app),
        record_type=record_type(topic) or Record,
        producers=tuple(
            Producer(p.loaded.name, p.name.port, p.record_type, draft.key.value if draft.key else p.key)
            for p in topic.producers
        ),
        consumers=tuple(Consumer(p.loaded.name, p.name.port, p.record_type) for p in topic.consumers),
        partitions=draft.partitions.value if draft.partitions else 1,
        replicas=draft.replicas,
        retention=draft.retention,
        retention_bytes=draft.retention_bytes,
        managed=draft.managed,
        cluster=draft.cluster,
        producer_config=_frozen(draft.producer_config),
        consumer_config=_frozen(draft.consumer_config),
        topic_config=_frozen(draft.topic_config),
        dead_letters_of=topic.dead_letters_of,
    )


def _dead_letters(streamlets: Sequence[StreamletPlan], named: Sequence[TopicPlan], app: str) -> tuple[TopicPlan, ...]:
    """The dead-letter topics that the blueprint does not speak of itself."""
    known = {topic.name for topic in named}
    return tuple(
        TopicPlan(each.dead_letters, with_app(each.dead_letters, app), DeadLetter, dead_letters_of=each.name)
        for each in streamlets
        if each.dead_letters is not None and each.dead_letters not in known
    )


def _frozen(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(mapping))
