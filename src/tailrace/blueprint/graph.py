"""The graph of a plan: streamlets and topics as nodes, ports as edges. What `drawing_*` modules draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.model.record import Record


@dataclass(frozen=True)
class GraphNode:
    """A streamlet or a topic. `title` is its name, `detail` its class, or its record type; `times` counts copies."""

    id: str
    kind: Literal["streamlet", "topic"]
    title: str
    detail: str
    times: int

    @property
    def caption(self) -> str:
        """The title, with the number of replicas or partitions where there are several."""
        return f"{self.title} ×{self.times}" if self.times > 1 else self.title  # noqa: RUF001 - a sign, not a letter


@dataclass(frozen=True)
class GraphEdge:
    """A connection in the direction that records flow; `port` is the outlet's or the inlet's name."""

    source: str
    target: str
    port: str


@dataclass(frozen=True)
class Graph:
    """Nodes and edges in the plan's order, so that one plan always gives one drawing."""

    name: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]

    def node(self, node_id: str) -> GraphNode:
        """The node of that id. Raises KeyError."""
        return self._by_id()[node_id]

    def _by_id(self) -> Mapping[str, GraphNode]:
        return {node.id: node for node in self.nodes}


def graph_of(plan: Plan) -> Graph:
    """The graph of a plan. Dead-letter topics are left out unless a streamlet reads them."""
    topics = [topic for topic in plan.topics if topic.dead_letters_of is None or topic.consumers]
    nodes = [*map(_streamlet, plan.streamlets), *map(_topic, topics)]
    edges = [edge for topic in topics for edge in _edges(topic)]
    return Graph(plan.app, tuple(nodes), tuple(edges))


def _streamlet(each: StreamletPlan) -> GraphNode:
    detail = each.streamlet_class.__name__ if each.reference.form == "class" else each.reference.form
    return GraphNode(f"streamlet:{each.name}", "streamlet", each.name, detail, each.replicas)


def _topic(each: TopicPlan) -> GraphNode:
    detail = "any record" if each.record_type is Record else each.record_type.__name__
    return GraphNode(f"topic:{each.name}", "topic", each.name, detail, each.partitions)


def _edges(topic: TopicPlan) -> list[GraphEdge]:
    here = f"topic:{topic.name}"
    edges = [GraphEdge(f"streamlet:{p.streamlet}", here, p.outlet) for p in topic.producers]
    if topic.dead_letters_of is not None:
        edges.append(GraphEdge(f"streamlet:{topic.dead_letters_of}", here, "dead letters"))
    return [*edges, *(GraphEdge(here, f"streamlet:{c.streamlet}", c.inlet) for c in topic.consumers)]
