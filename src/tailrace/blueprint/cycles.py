"""Cycles among streamlets: legitimate at times, so worth a warning."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from tailrace.blueprint.binding import BoundTopic
from tailrace.blueprint.faults.wiring import Cycle
from tailrace.blueprint.problems import Place, Problem


def check_cycles(names: Iterable[str], topics: Sequence[BoundTopic], problems: list[Problem]) -> None:
    """One warning for each cycle that shares no streamlet with one already told; at the port that closes it.

    `names` are the streamlets in the order of the blueprint; a cycle starts at the first of its own.
    """
    after: dict[str, dict[str, Place]] = {}
    for topic in topics:
        for producer in topic.producers:
            for consumer in topic.consumers:
                after.setdefault(producer.loaded.name, {}).setdefault(consumer.loaded.name, consumer.name.place)
    told: set[str] = set()
    for start in names:
        if start not in told and (path := shortest_cycle(start, after)) is not None:
            told.update(path)
            problems.append(Cycle(after[path[-1]][start], path))


def shortest_cycle(start: str, after: Mapping[str, Mapping[str, object]]) -> tuple[str, ...] | None:
    """The shortest way from a node back to itself, the node first; None when there is none."""
    before: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for following in after.get(node, ()):
            if following == start:
                return _path(start, node, before)
            if following not in before:
                before[following] = node
                waiting.append(following)
    return None


def _path(start: str, end: str, before: Mapping[str, str]) -> tuple[str, ...]:
    path = [end]
    while path[-1] != start:
        path.append(before[path[-1]])
    return tuple(reversed(path))
