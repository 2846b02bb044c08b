"""A plan's graph as Mermaid, which many places that show Markdown draw."""

from __future__ import annotations

from tailrace.blueprint.graph import Graph, GraphNode

_ESCAPES = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;"}


def draw_mermaid(graph: Graph) -> str:
    """A flowchart from left to right; streamlets are boxes, topics rounded. Ends in a newline."""
    short = {node.id: f"{node.kind[0]}{index}" for index, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [f"    {short[node.id]}{_shape(node)}" for node in graph.nodes]
    lines += [f'    {short[e.source]} -- "{_escape(e.port)}" --> {short[e.target]}' for e in graph.edges]
    return "\n".join(lines) + "\n"


def _shape(node: GraphNode) -> str:
    label = f'"{_escape(node.caption)}<br/><small>{_escape(node.detail)}</small>"'
    return f"[{label}]" if node.kind == "streamlet" else f"([{label}])"


def _escape(text: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in text)
