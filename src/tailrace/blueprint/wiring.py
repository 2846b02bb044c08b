"""What feeds each inlet, and the streamlets' own judgement of it.

A streamlet class may define `check_wiring(cls, settings, wiring)`, where `wiring` gives the upstream producers of each
connected inlet. It returns the faults it finds: a sentence, or (setting, sentence) or (setting, sentence, hint).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tailrace.blueprint.binding import BoundTopic
from tailrace.blueprint.faults.values import CheckFailed, UnfitWiring
from tailrace.blueprint.loading import Loaded
from tailrace.blueprint.plan import Upstream
from tailrace.blueprint.problems import Problem
from tailrace.blueprint.settings import Settled

Wiring = Mapping[str, tuple[Upstream, ...]]


def wire(topics: Sequence[BoundTopic], settled: Mapping[str, Settled]) -> dict[str, dict[str, tuple[Upstream, ...]]]:
    """For each streamlet and each of its connected inlets, who feeds it."""
    found: dict[str, dict[str, tuple[Upstream, ...]]] = {name: {} for name in settled}
    for topic in topics:
        upstream = tuple(
            Upstream(
                topic.draft.name, p.loaded.name, p.name.port, p.loaded.streamlet_class, settled[p.loaded.name].values
            )
            for p in topic.producers
        )
        for consumer in topic.consumers:
            found[consumer.loaded.name][consumer.name.port] = upstream
    return found


def check_wiring(
    loaded: Mapping[str, Loaded],
    settled: Mapping[str, Settled],
    wiring: Mapping[str, Wiring],
    problems: list[Problem],
) -> None:
    """Ask every class that has a say, once its settings and those upstream are whole."""
    for name, each in loaded.items():
        upstream = {up.streamlet for ups in wiring[name].values() for up in ups}
        if hasattr(each.streamlet_class, "check_wiring") and all(settled[s].complete for s in (name, *upstream)):
            problems.extend(_ask(each, settled[name], wiring[name]))


def _ask(each: Loaded, settled: Settled, wiring: Wiring) -> list[Problem]:
    cls: Any = each.streamlet_class
    try:
        return [_fault(each, settled, found) for found in cls.check_wiring(settled.values, wiring) or ()]
    except Exception as error:
        return [CheckFailed(each.draft.place, each.name, cls.__name__, f"{type(error).__name__}: {error}")]


def _fault(each: Loaded, settled: Settled, found: str | tuple[str, ...]) -> Problem:
    if isinstance(found, str):
        return UnfitWiring(each.draft.place, each.name, None, found)
    setting, sentence, *hint = found
    place = settled.places.get(setting, each.draft.place)
    return UnfitWiring(place, each.name, setting, sentence, hint[0] if hint else None)
