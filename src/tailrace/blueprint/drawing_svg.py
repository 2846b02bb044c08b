"""A plan's graph as SVG: from left to right, text as text, colours that follow the reader's light or dark mode."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from tailrace.blueprint.graph import Graph, GraphEdge, GraphNode
from tailrace.blueprint.layout import is_waypoint, lay_out

_MARGIN = 16.0
_GAP = 22.0  # between nodes of a layer
_STREAMLET_HEIGHT, _TOPIC_HEIGHT, _WAYPOINT_HEIGHT = 46.0, 40.0, 12.0
_PORT_ROOM = 17.0  # between two ports on one side of a streamlet
_CHARACTER = 7.9  # the widest a character of the 13 px font is on average; half of it is slack
_PORT_CHARACTER = 6.1
_STYLE = """
    svg { color-scheme: light dark; --ink: #1f2933; --soft: #52606d; --line: #829ab1; --box: #e6f0fa; --edge: #3b6ea5;
          --topic: #fdf6e3; --rim: #b58a2c; --paper: #ffffff }
    @media (prefers-color-scheme: dark) {
      svg { --ink: #e4e9ee; --soft: #a8b4c0; --line: #6b7f93; --box: #1d3346; --edge: #6aa5de; --topic: #3a3220;
            --rim: #d4ad55; --paper: #14191e } }
    text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); text-anchor: middle }
    .detail { font-size: 11px; fill: var(--soft) }
    .port { font-size: 10px; fill: var(--soft); stroke: var(--paper); stroke-width: 3px; paint-order: stroke }
    .paper { fill: var(--paper) }
    .streamlet rect { fill: var(--box); stroke: var(--edge); stroke-width: 1.5 }
    .topic rect { fill: var(--topic); stroke: var(--rim); stroke-width: 1.5 }
    .flow { fill: none; stroke: var(--line); stroke-width: 1.5 }
    #tip path { fill: var(--line) }
"""


def draw_svg(graph: Graph) -> str:
    """A whole SVG document, ending in a newline: nodes are groups of class streamlet or topic, edges paths of flow."""
    return _Drawing(graph).draw()


@dataclass(frozen=True)
class _Box:
    """Where a node stands, by its centre. A waypoint is as wide as its layer."""

    x: float
    y: float
    width: float
    height: float

    def side(self, sign: int) -> float:
        """The edge on the right (1) or on the left (-1)."""
        return self.x + sign * self.width / 2


class _Drawing:
    """One graph, laid out; the layers are columns."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.layout = lay_out(graph, self._height, _GAP)
        self.boxes: dict[str, _Box] = {}
        self.width = self._set_boxes()

    def draw(self) -> str:
        height = self.layout.extent + 2 * _MARGIN
        body = [
            *map(self._flow, self.graph.edges),
            *map(self._node, self.graph.nodes),
            *map(self._port, self.graph.edges),
        ]
        return "\n".join([_head(self.graph.name, self.width, height), *body, "</svg>", ""])

    def _height(self, node: str) -> float:
        if is_waypoint(node):
            return _WAYPOINT_HEIGHT
        if self.graph.node(node).kind == "topic":
            return _TOPIC_HEIGHT
        leaving = sum(edge.source == node for edge in self.graph.edges)
        arriving = sum(edge.target == node for edge in self.graph.edges)
        return max(_STREAMLET_HEIGHT, max(leaving, arriving) * _PORT_ROOM + 10)

    def _set_boxes(self) -> float:
        """Give every node and waypoint its box, layer by layer; between layers is room for the longest port's name."""
        left, end = _MARGIN, _MARGIN
        for layer in self.layout.layers:
            nodes = [node for node in layer if not is_waypoint(node)]
            room = max((_width(self.graph.node(node)) for node in nodes), default=0.0)
            for node in layer:
                width = room if is_waypoint(node) else _width(self.graph.node(node))
                y = self.layout.centre[node] + _MARGIN
                self.boxes[node] = _Box(left + room / 2, y, width, self._height(node))
            ports = [len(edge.port) for edge in self.graph.edges if edge.source in nodes or edge.target in nodes]
            end = left + room + _MARGIN
            left += room + max(ports, default=0) * _PORT_CHARACTER + 46
        return end

    def _node(self, node: GraphNode) -> str:
        box = self.boxes[node.id]
        radius = 5 if node.kind == "streamlet" else box.height / 2
        return (
            f'  <g class="{node.kind}" data-name={quoteattr(node.title)}>'
            f'<rect x="{box.side(-1):.1f}" y="{box.y - box.height / 2:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="{radius:.0f}"/>'
            f'<text x="{box.x:.1f}" y="{box.y - 3:.1f}">{escape(node.caption)}</text>'
            f'<text class="detail" x="{box.x:.1f}" y="{box.y + 12:.1f}">{escape(node.detail)}</text></g>'
        )

    def _flow(self, edge: GraphEdge) -> str:
        """A smooth line from side to side; an edge that leads back leaves on the left and arrives on the right."""
        way = [self.boxes[node] for node in self.layout.route[(edge.source, edge.target)]]
        sign = 1 if way[0].x < way[-1].x else -1
        x, y = way[0].side(sign), self._attached(edge, edge.source)
        parts = [f"M{x:.1f} {y:.1f}"]
        for box in way[1:]:
            last = box is way[-1]
            to_x, to_y = box.side(-sign), self._attached(edge, edge.target) if last else box.y
            bend = (to_x - x) / 2
            parts.append(f"C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}")
            x, y = box.side(sign), to_y
            if not last:
                parts.append(f"L{x:.1f} {y:.1f}")
        ends = f"data-from={quoteattr(edge.source)} data-to={quoteattr(edge.target)}"
        return f'  <path class="flow" {ends} marker-end="url(#tip)" d="{" ".join(parts)}"/>'

    def _attached(self, edge: GraphEdge, node: str) -> float:
        """How high an edge meets a node: topics in the middle, streamlets a line for each port of that side."""
        box = self.boxes[node]
        if self.graph.node(node).kind == "topic":
            return box.y
        side = sorted(
            (self._beyond(other, node).y, index)
            for index, other in enumerate(self.graph.edges)
            if node in (other.source, other.target) and self._side(other, node) == self._side(edge, node)
        )
        place = [index for _, index in side].index(self.graph.edges.index(edge))
        return box.y + (place - (len(side) - 1) / 2) * _PORT_ROOM

    def _beyond(self, edge: GraphEdge, node: str) -> _Box:
        """What an edge goes to next, seen from one of its ends."""
        way = self.layout.route[(edge.source, edge.target)]
        return self.boxes[way[1] if node == edge.source else way[-2]]

    def _side(self, edge: GraphEdge, node: str) -> int:
        return 1 if self._beyond(edge, node).x > self.boxes[node].x else -1

    def _port(self, edge: GraphEdge) -> str:
        """The port's name beside its streamlet, on the line."""
        outwards = self.graph.node(edge.source).kind == "streamlet"
        node = edge.source if outwards else edge.target
        side = self._side(edge, node)
        offset = len(edge.port) * _PORT_CHARACTER / 2 + (6 if outwards else 12)  # an arrival has its arrow there
        x, y = self.boxes[node].side(side) + side * offset, self._attached(edge, node) - 4
        return f'  <text class="port" x="{x:.1f}" y="{y:.1f}">{escape(edge.port)}</text>'


def _width(node: GraphNode) -> float:
    return max(len(node.caption) * _CHARACTER, len(node.detail) * _CHARACTER * 0.85) + 24


def _head(name: str, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-labelledby="title">\n'
        f'  <title id="title">The pipeline of {escape(name)}</title>\n  <style>{_STYLE}  </style>\n'
        '  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>\n'
        f'  <rect class="paper" width="{width:.0f}" height="{height:.0f}" rx="6"/>'
    )
