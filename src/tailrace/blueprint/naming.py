"""Verification of names: rules of Kubernetes and Kafka, and topics that would be one in the log."""

from __future__ import annotations

from collections.abc import Iterable

from tailrace.blueprint.draft import Draft, TopicDraft
from tailrace.blueprint.faults.streamlets import BadName
from tailrace.blueprint.faults.wiring import SamePhysicalName
from tailrace.blueprint.problems import Place, Problem
from tailrace.model.names import check_app_name, check_streamlet_name, check_topic_name, topic_key

DEAD = ".dead"
_HINT = "rename it"


def check_names(draft: Draft, problems: list[Problem]) -> None:
    """App, streamlets and topics, each by its rule."""
    app = draft.app.value if draft.app else ""
    if draft.app is not None:
        _note(check_app_name(app), draft.app.place, problems)
    counted = app if app and check_app_name(app) is None else ""
    for streamlet in draft.streamlets:
        _note(check_streamlet_name(streamlet.name, counted), streamlet.place, problems)
    for topic in draft.topics:
        fault = check_topic_name(topic.name)
        place = topic.physical.place if fault is None and topic.physical else topic.place
        _note(fault or check_topic_name(physical_name(topic, counted)), place, problems)


def _note(sentence: str | None, place: Place, problems: list[Problem]) -> None:
    if sentence is not None:
        problems.append(BadName(place, sentence, _HINT))


def physical_name(topic: TopicDraft, app: str) -> str:
    """The topic's name in the log: as given; else with the app before it, unless another application owns it."""
    if topic.physical is not None:
        return topic.physical.value
    return with_app(topic.name, app) if topic.managed else topic.name


def with_app(topic: str, app: str) -> str:
    """A topic's name among those of all applications."""
    return f"{app}.{topic}" if app else topic


def check_physical_names(draft: Draft, dead_letters: Iterable[tuple[str, Place]], problems: list[Problem]) -> None:
    """No two topics of one cluster may have one physical name; `dead_letters` are the topics added by themselves."""
    app = draft.app.value if draft.app else ""
    named = [
        (t.cluster, t.name, physical_name(t, app), t.physical.place if t.physical else t.place) for t in draft.topics
    ]
    named += [(None, name, with_app(name, app), place) for name, place in dead_letters]
    first: dict[tuple[str | None, str], tuple[str, str]] = {}
    for cluster, name, physical, place in named:
        key = (cluster, topic_key(physical))
        if key in first:
            problems.append(SamePhysicalName(place, name, first[key][0], physical, first[key][1]))
        else:
            first[key] = (name, physical)
