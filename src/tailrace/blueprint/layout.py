"""Layered layout: nodes in layers along the flow, ordered within a layer so that few edges cross.

The steps are Sugiyama's: turn edges that close a cycle, put every node below all that feed it, give long edges a
waypoint in each layer they pass, order layers by barycentres, place nodes near their neighbours. Units are the
caller's. Deterministic: equal graphs give equal layouts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tailrace.blueprint.graph import Graph

SWEEPS = 8

Ends = tuple[str, str]


@dataclass(frozen=True)
class Layout:
    """`layers` hold ids of nodes and waypoints in order; `centre` is the place of each across the layers, from 0.

    `segments` join neighbouring layers, downwards: (upper, lower, turned). `route` gives, for each edge of the graph,
    its way from source to target over its waypoints.
    """

    layers: tuple[tuple[str, ...], ...]
    centre: Mapping[str, float]
    segments: tuple[tuple[str, str, bool], ...]
    route: Mapping[Ends, tuple[str, ...]]
    extent: float


def lay_out(graph: Graph, breadth: Callable[[str], float], gap: float) -> Layout:
    """Lay out a graph. `breadth` is the room each node or waypoint takes across its layer, `gap` the room between."""
    ends = list(dict.fromkeys((edge.source, edge.target) for edge in graph.edges))
    ids = [node.id for node in graph.nodes]
    turned = _turned(ids, ends)
    downward = list(dict.fromkeys((b, a) if (a, b) in turned else (a, b) for a, b in ends))
    level = _levels(ids, downward)
    layers, ways = _with_waypoints(ids, downward, level)
    segments = [(a, b) for way in ways.values() for a, b in pairwise(way)]
    ordered = _order(layers, segments)
    centre = _place(ordered, segments, breadth, gap)
    left = min((centre[n] - breadth(n) / 2 for n in centre), default=0)
    centre = {node: place - left for node, place in centre.items()}
    return Layout(
        layers=tuple(map(tuple, ordered)),
        centre=centre,
        segments=_told(ends, turned, ways),
        route={(a, b): ways[(b, a)][::-1] if (a, b) in turned else ways[(a, b)] for a, b in ends},
        extent=max((centre[n] + breadth(n) / 2 for n in centre), default=0),
    )


def _turned(ids: Sequence[str], ends: Sequence[Ends]) -> set[Ends]:
    """The edges that lead back to a node on the way to their source, in a search that starts where nothing comes in."""
    fed = {target for _, target in ends}
    after: dict[str, list[str]] = {node: [b for a, b in ends if a == node] for node in ids}
    state: dict[str, str] = {}
    turned: set[Ends] = set()
    for root in sorted(ids, key=lambda node: node in fed):
        stack = [(root, iter(after[root]))] if root not in state else []
        state.setdefault(root, "open")
        while stack:
            node, following = stack[-1]
            target = next(following, None)
            if target is None:
                state[node] = "done"
                stack.pop()
            elif state.get(target) == "open":
                turned.add((node, target))
            elif target not in state:
                state[target] = "open"
                stack.append((target, iter(after[target])))
    return turned


def _levels(ids: Sequence[str], downward: Sequence[Ends]) -> dict[str, int]:
    """Every node one below the lowest that feeds it."""
    level = dict.fromkeys(ids, 0)
    for _ in ids:
        moved = False
        for a, b in downward:
            if level[b] <= level[a]:
                level[b], moved = level[a] + 1, True
        if not moved:
            break
    return level


def _with_waypoints(
    ids: Sequence[str], downward: Sequence[Ends], level: Mapping[str, int]
) -> tuple[list[list[str]], dict[Ends, tuple[str, ...]]]:
    layers: list[list[str]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node in ids:
        layers[level[node]].append(node)
    ways: dict[Ends, tuple[str, ...]] = {}
    for a, b in downward:
        passed = [f"waypoint:{a}>{b}:{depth}" for depth in range(level[a] + 1, level[b])]
        for depth, waypoint in enumerate(passed, level[a] + 1):
            layers[depth].append(waypoint)
        ways[(a, b)] = (a, *passed, b)
    return layers, ways


def is_waypoint(node: str) -> bool:
    """Whether an id is that of a place where a long edge passes a layer."""
    return node.startswith("waypoint:")


def _neighbours(segments: Iterable[Ends]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for a, b in segments:
        below.setdefault(a, []).append(b)
        above.setdefault(b, []).append(a)
    return above, below


def _order(layers: list[list[str]], segments: Sequence[Ends]) -> list[list[str]]:
    """Sweep down and up, sorting each layer by the mean place of its neighbours; keep what crosses least."""
    above, below = _neighbours(segments)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, below)
    current = [list(layer) for layer in layers]
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for index in range(1, len(current)) if down else range(len(current) - 2, -1, -1):
            fixed = {node: place for place, node in enumerate(current[index - 1 if down else index + 1])}
            near = above if down else below
            places = {node: place for place, node in enumerate(current[index])}
            current[index].sort(key=lambda n: _mean([fixed[m] for m in near.get(n, ())], places[n]))
        crossings = _crossings(current, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in current], crossings
    return best


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default


def _crossings(layers: Sequence[Sequence[str]], below: Mapping[str, Sequence[str]]) -> int:
    count = 0
    for upper, lower in pairwise(layers):
        places = {node: place for place, node in enumerate(lower)}
        ends = [(i, places[b]) for i, a in enumerate(upper) for b in below.get(a, ())]
        count += sum(a < c and b > d for a, b in ends for c, d in ends)
    return count


def _place(
    layers: Sequence[Sequence[str]], segments: Sequence[Ends], breadth: Callable[[str], float], gap: float
) -> dict[str, float]:
    """Centres across the layers: as near as the order and the gaps allow to the mean of the neighbours."""
    above, below = _neighbours(segments)
    centre: dict[str, float] = {}
    for layer in layers:
        centre.update(_spread(layer, dict.fromkeys(layer, 0.0), breadth, gap))
    for sweep in range(SWEEPS):
        near = above if sweep % 2 == 0 else below
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = {node: _mean([centre[m] for m in near.get(node, ())], centre[node]) for node in layer}
            centre.update(_spread(layer, wanted, breadth, gap))
    return centre


def _spread(
    layer: Sequence[str], wanted: Mapping[str, float], breadth: Callable[[str], float], gap: float
) -> dict[str, float]:
    """The centres nearest to the wanted ones (least squares) that keep the order and the gaps: pooled violators."""
    offsets, reach = [], 0.0
    for index, node in enumerate(layer):
        if index:
            reach += (breadth(layer[index - 1]) + breadth(node)) / 2 + gap
        offsets.append(reach)
    pools: list[tuple[float, int]] = []  # (mean, how many)
    for node, offset in zip(layer, offsets, strict=True):
        mean, count = wanted[node] - offset, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    bases = [mean for mean, count in pools for _ in range(count)]
    return {node: base + offset for node, base, offset in zip(layer, bases, offsets, strict=True)}


def _told(
    ends: Sequence[Ends], turned: set[Ends], ways: Mapping[Ends, tuple[str, ...]]
) -> tuple[tuple[str, str, bool], ...]:
    found: dict[tuple[str, str, bool], None] = {}
    for a, b in ends:
        way = ways[(b, a) if (a, b) in turned else (a, b)]
        for upper, lower in pairwise(way):
            found[(upper, lower, (a, b) in turned)] = None
    return tuple(found)
