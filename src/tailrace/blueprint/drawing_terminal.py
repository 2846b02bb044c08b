"""A plan's graph for the terminal: boxes from top to bottom, or a listing when the boxes would be too wide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tailrace.blueprint.graph import Graph, GraphNode
from tailrace.blueprint.layout import Layout, is_waypoint, lay_out

_GAP = 2
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_LINES = {
    0: " ", _UP: "│", _DOWN: "│", _UP | _DOWN: "│", _LEFT: "─", _RIGHT: "─", _LEFT | _RIGHT: "─",
    _DOWN | _RIGHT: "╭", _DOWN | _LEFT: "╮", _UP | _RIGHT: "╰", _UP | _LEFT: "╯", _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤", _LEFT | _RIGHT | _DOWN: "┬", _LEFT | _RIGHT | _UP: "┴", 15: "┼",
}  # fmt: skip


def draw_terminal(graph: Graph, *, width: int = 80) -> str:
    """The drawing, at most `width` characters wide if it is one of boxes. Ends in a newline."""
    layout = lay_out(graph, lambda node: _breadth(graph, node), _GAP)
    if layout.extent > width:
        return list_terminal(graph)
    return _Canvas(graph, layout).draw()


def list_terminal(graph: Graph) -> str:
    """Each streamlet with where its records come from and go to, one line for each port."""
    lines = []
    for node in graph.nodes:
        if node.kind == "streamlet":
            lines.append(f"{node.caption} ({node.detail})")
            lines += [f"  {e.port} ◀─ {graph.node(e.source).caption}" for e in graph.edges if e.target == node.id]
            lines += [f"  {e.port} ─▶ {graph.node(e.target).caption}" for e in graph.edges if e.source == node.id]
    return "\n".join(lines) + "\n"


def _breadth(graph: Graph, node: str) -> int:
    return 1 if is_waypoint(node) else len(_label(graph.node(node))[0])


def _label(node: GraphNode) -> list[str]:
    """A node's rows, all of one odd width, so that it has a middle column."""
    if node.kind == "topic":
        text = f"({node.caption})"
        return [text if len(text) % 2 else f"{text} "]
    inner = max(len(node.caption), len(node.detail)) + 2
    inner += 1 - inner % 2
    rows = [f"│{text:^{inner}}│" for text in (node.caption, node.detail)]
    return [f"┌{'─' * inner}┐", *rows, f"└{'─' * inner}┘"]


@dataclass(frozen=True)
class _Span:
    """What leaves one node for the layer below: its column, the columns it goes to, and whether each flows up."""

    column: int
    targets: tuple[int, ...]

    @property
    def straight(self) -> bool:
        return self.targets == (self.column,)

    @property
    def reach(self) -> tuple[int, int]:
        columns = (self.column, *self.targets)
        return min(columns), max(columns)


class _Canvas:
    """Rows of characters; lines are kept as directions until they are drawn, so that they join."""

    def __init__(self, graph: Graph, layout: Layout) -> None:
        self.graph = graph
        self.layout = layout
        self.width = round(layout.extent) + 1
        self.column = _columns(graph, layout)
        self.rows: list[str] = []

    def draw(self) -> str:
        for index, layer in enumerate(self.layout.layers):
            self._layer(layer)
            if index + 1 < len(self.layout.layers):
                self._between(layer)
        return "\n".join(row.rstrip() for row in self.rows) + "\n"

    def _layer(self, layer: Sequence[str]) -> None:
        labels = {node: ["│"] if is_waypoint(node) else _label(self.graph.node(node)) for node in layer}
        height = max(len(rows) for rows in labels.values())
        arriving = {b for _, b, _ in self.layout.segments}
        leaving = {a for a, _, _ in self.layout.segments}
        for y in range(height):
            row = [" "] * self.width
            for node, rows in labels.items():
                top = 0 if is_waypoint(node) else (height - len(rows)) // 2
                rows_here = ["│"] * height if is_waypoint(node) else rows
                inside = 0 <= y - top < len(rows_here)
                fill = (y < top and node in arriving) or (y >= top + len(rows_here) and node in leaving)
                text = rows_here[y - top] if inside else "│" if fill else ""
                start = self.column[node] - len(text) // 2
                row[start : start + len(text)] = text
            self.rows.append("".join(row))

    def _between(self, layer: Sequence[str]) -> None:
        segments = [(a, b, turned) for a, b, turned in self.layout.segments if a in layer]
        spans = [
            _Span(self.column[node], tuple(sorted({self.column[b] for a, b, _ in segments if a == node})))
            for node in layer
            if any(a == node for a, _, _ in segments)
        ]
        tracks = _tracks([span for span in spans if not span.straight])
        height = len(tracks)
        cells = [[0] * self.width for _ in range(height)]
        across: list[set[int]] = [set() for _ in range(height)]
        for span in spans:
            track = next((i for i, held in enumerate(tracks) if span in held), None)
            _trace(span, track, cells, across)
        drawn = ["".join(_sign(cell, x in across[y]) for x, cell in enumerate(row)) for y, row in enumerate(cells)]
        self.rows += [self._ends(segments, upper=True), *drawn, self._ends(segments, upper=False)]

    def _ends(self, segments: Sequence[tuple[str, str, bool]], *, upper: bool) -> str:
        row = [" "] * self.width
        for a, b, turned in segments:
            node = a if upper else b
            tip = "▲" if upper and turned else "▼" if not upper and not turned else "│"
            column = self.column[node]
            if row[column] in (" ", "│"):
                row[column] = "│" if is_waypoint(node) else tip
        return "".join(row)


def _columns(graph: Graph, layout: Layout) -> dict[str, int]:
    """The middle column of each node: centres rounded, and then kept apart from left to right."""
    found: dict[str, int] = {}
    for layer in layout.layers:
        free = 0
        for node in layer:
            half = _breadth(graph, node) // 2
            found[node] = max(round(layout.centre[node] - 0.5), free + half)
            free = found[node] + half + 1 + _GAP
    return found


def _tracks(spans: Sequence[_Span]) -> list[list[_Span]]:
    """Rows for the horizontal parts: none overlap, and what goes down where another starts waits for the other."""
    waiting = sorted(spans, key=lambda span: span.reach)
    tracks: list[list[_Span]] = []
    while waiting:
        ready = [s for s in waiting if not any(o is not s and o.column in s.targets for o in waiting)] or waiting[:1]
        track: list[_Span] = []
        for span in ready:
            if all(_beside(held, span) for held in track):
                track.append(span)
        tracks.append(track)
        waiting = [span for span in waiting if span not in track]
    return tracks


def _beside(left: _Span, right: _Span) -> bool:
    """Whether two spans can share a row: apart, or meeting where both go down to the same node."""
    meeting = left.reach[1]
    return meeting < right.reach[0] or (
        meeting == right.reach[0] and meeting in left.targets and meeting in right.targets
    )


def _trace(span: _Span, track: int | None, cells: list[list[int]], across: list[set[int]]) -> None:
    """Mark a span's way: down to its track, along it, and down to each target. Meeting other lines, it passes over."""
    if track is None:
        for y, row in enumerate(cells):
            _mark(row, span.column, _UP | _DOWN, across[y])
        return
    for y in range(track):
        _mark(cells[y], span.column, _UP | _DOWN, across[y])
    low, high = span.reach
    for x in range(low, high + 1):
        bits = (_LEFT if x > low else 0) | (_RIGHT if x < high else 0)
        bits |= (_UP if x == span.column else 0) | (_DOWN if x in span.targets else 0)
        _mark(cells[track], x, bits, across[track])
    for y in range(track + 1, len(cells)):
        for x in span.targets:
            _mark(cells[y], x, _UP | _DOWN, across[y])


def _mark(row: list[int], x: int, bits: int, across: set[int]) -> None:
    """Add directions to a cell; a vertical and a horizontal line that only pass each other are noted as crossing."""
    if {row[x], bits} == {_UP | _DOWN, _LEFT | _RIGHT}:
        across.add(x)
    row[x] |= bits


def _sign(cell: int, crossing: bool) -> str:
    return "│" if crossing else _LINES[cell]
