from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.blueprint.drawing_mermaid import draw_mermaid
from tailrace.blueprint.drawing_svg import draw_svg
from tailrace.blueprint.drawing_terminal import draw_terminal, list_terminal
from tailrace.blueprint.graph import Graph, GraphEdge, GraphNode, graph_of
from tailrace.blueprint.layout import is_waypoint, lay_out

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def graph(check: Callable[..., Any], blueprint: str) -> Graph:
    text = blueprint.replace("  bin:", "  dead: s.Bin\n  bin:") + "  split.dead: {consumers: [dead.in]}\n"
    return graph_of(check(text.replace("replicas: 1", "replicas: 2")).plan)


@pytest.fixture
def looping(check: Callable[..., Any], blueprint: str) -> Graph:
    text = blueprint.replace("sink: s.Sink", "sink: s.Split").replace("[sink.in]", "[sink.readings]")
    text = text.replace("[door.out]", "[door.out, sink.valid]").replace(
        "[split.invalid]", "[split.invalid, sink.invalid]"
    )
    return graph_of(check(text).plan)


def test_the_graph_has_every_streamlet_and_topic_but_unread_dead_letters(graph: Graph) -> None:
    assert [node.id for node in graph.nodes] == [
        "streamlet:door", "streamlet:split", "streamlet:sink", "streamlet:dead", "streamlet:bin",
        "topic:readings", "topic:valid", "topic:invalid", "topic:split.dead",
    ]  # fmt: skip
    assert GraphEdge("streamlet:split", "topic:split.dead", "dead letters") in graph.edges
    assert GraphEdge("topic:split.dead", "streamlet:dead", "in") in graph.edges
    assert len(graph.edges) == 8
    assert graph.node("streamlet:split").caption == "split ×2"  # noqa: RUF001


def test_mermaid_has_every_node_and_edge(graph: Graph) -> None:
    lines = draw_mermaid(graph).splitlines()
    assert lines[0] == "flowchart LR"
    assert len(lines) == 1 + len(graph.nodes) + len(graph.edges)
    assert '    s0["door<br/><small>Door</small>"]' in lines
    assert '    s0 -- "out" --> t5' in lines
    assert '    t5(["readings<br/><small>Reading</small>"])' in lines


def test_mermaid_escapes_what_it_would_read_as_markup() -> None:
    node = GraphNode("streamlet:a", "streamlet", 'a"<b>#', "`c`", 1)
    assert "a#quot;#lt;b#gt;#35;<br/><small>#96;c#96;</small>" in draw_mermaid(Graph("g", (node,), ()))


def test_the_svg_is_xml_with_every_node_and_edge_as_text_and_path(graph: Graph, looping: Graph) -> None:
    for each in (graph, looping):
        root = ET.fromstring(draw_svg(each))
        groups = root.findall(f"{SVG}g")
        assert [group.get("data-name") for group in groups] == [node.title for node in each.nodes]
        assert [group.get("class") for group in groups] == [node.kind for node in each.nodes]
        paths = root.findall(f"{SVG}path")
        assert [(p.get("data-from"), p.get("data-to")) for p in paths] == [(e.source, e.target) for e in each.edges]
        texts = {text.text for text in root.iter(f"{SVG}text")}
        assert {node.caption for node in each.nodes} | {edge.port for edge in each.edges} <= texts


def test_the_svg_keeps_every_node_inside_and_apart(graph: Graph) -> None:
    root = ET.fromstring(draw_svg(graph))
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    boxes = []
    for group in root.findall(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        assert rect is not None
        boxes.append([float(rect.get(key) or "nan") for key in ("x", "y", "width", "height")])
    for x, y, w, h in boxes:
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    for i, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_the_svg_escapes_names_and_follows_the_dark_mode() -> None:
    node = GraphNode("streamlet:a", "streamlet", '<a & "b">', "c", 1)
    text = draw_svg(Graph("<app>", (node,), ()))
    ET.fromstring(text)
    assert "prefers-color-scheme: dark" in text


def test_the_terminal_shows_every_node_and_an_arrow_for_every_arrival(graph: Graph) -> None:
    text = draw_terminal(graph)
    for node in graph.nodes:
        assert (f"({node.caption})" if node.kind == "topic" else f" {node.caption} ") in text
    assert text.count("▼") == len(graph.edges)
    assert max(map(len, text.splitlines())) <= 80
    assert text == draw_terminal(graph)


def test_the_terminal_shows_an_edge_that_leads_back_by_an_arrow_upwards(looping: Graph) -> None:
    assert "▲" in draw_terminal(looping)


def test_a_drawing_too_wide_for_the_terminal_is_a_listing(graph: Graph) -> None:
    text = draw_terminal(graph, width=20)
    assert text == list_terminal(graph)
    assert "split ×2 (Split)\n  readings ◀─ readings\n  valid ─▶ valid\n  invalid ─▶ invalid\n" in text  # noqa: RUF001


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    streamlets, topics = draw(st.integers(0, 6)), draw(st.integers(0, 5))
    nodes = [GraphNode(f"streamlet:s{n}", "streamlet", f"s{n}", "S", n % 3 + 1) for n in range(streamlets)]
    nodes += [GraphNode(f"topic:t{n}", "topic", f"t{n}", "T", 1) for n in range(topics)]
    edges = []
    if streamlets and topics:
        for s, t, down in draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.booleans()), max_size=14)):
            ends = (f"streamlet:s{s % streamlets}", f"topic:t{t % topics}")
            edges.append(GraphEdge(*(ends if down else ends[::-1]), port="p"))
    return Graph("any", tuple(nodes), tuple(dict.fromkeys(edges)))


@given(graphs())
def test_any_graph_is_laid_out_in_layers_without_overlap(graph: Graph) -> None:
    layout = lay_out(graph, lambda node: 1 if is_waypoint(node) else 5, 2)
    depth = {node: index for index, layer in enumerate(layout.layers) for node in layer}
    assert sorted(node for node in depth if not is_waypoint(node)) == sorted(node.id for node in graph.nodes)
    for upper, lower, _ in layout.segments:
        assert depth[lower] == depth[upper] + 1
    for layer in layout.layers:
        for left, right in pairwise(layer):
            room = sum(0.5 if is_waypoint(node) else 2.5 for node in (left, right)) + 2
            assert layout.centre[right] - layout.centre[left] >= room - 1e-6
    for edge in graph.edges:
        way = layout.route[(edge.source, edge.target)]
        assert (way[0], way[-1]) == (edge.source, edge.target)


@given(graphs())
def test_any_graph_can_be_drawn(graph: Graph) -> None:
    ET.fromstring(draw_svg(graph))
    text = draw_terminal(graph, width=1000)
    for node in graph.nodes:
        assert node.caption in text


def test_an_empty_graph_is_drawn_as_nothing() -> None:
    empty = Graph("none", (), ())
    assert draw_terminal(empty).strip() == ""
    ET.fromstring(draw_svg(empty))


def test_a_node_stands_in_the_middle_of_what_it_feeds() -> None:
    names = ["streamlet:a", "topic:x", "topic:y"]
    nodes = tuple(GraphNode(name, "streamlet", name, "S", 1) for name in names)
    edges = (GraphEdge(names[0], names[1], "p"), GraphEdge(names[0], names[2], "q"))
    layout = lay_out(Graph("fork", nodes, edges), lambda _: 4, 2)
    assert layout.layers == (("streamlet:a",), ("topic:x", "topic:y"))
    assert dict(layout.centre) == {"streamlet:a": 5.0, "topic:x": 2.0, "topic:y": 8.0}
    assert layout.extent == 10.0
