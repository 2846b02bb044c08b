"""`tailrace graph`: a blueprint drawn in the terminal, as Mermaid or as SVG."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tailrace.blueprint.drawing_mermaid import draw_mermaid
from tailrace.blueprint.drawing_svg import draw_svg
from tailrace.blueprint.drawing_terminal import draw_terminal
from tailrace.blueprint.graph import Graph, graph_of
from tailrace.cli.blueprints import plan_of, read_blueprint, sources_of
from tailrace.cli.exits import exit_codes
from tailrace.cli.options import Config, Sets
from tailrace.cli.terminal import room
from tailrace.model.errors import TailraceError

_PLAIN_WIDTH = 100


class Format(StrEnum):
    """How a graph is drawn."""

    TERMINAL = "terminal"
    MERMAID = "mermaid"
    SVG = "svg"


_ENDINGS = {".svg": Format.SVG, ".mmd": Format.MERMAID, ".mermaid": Format.MERMAID}


def graph(
    blueprint: Annotated[
        str, typer.Argument(metavar="BLUEPRINT", help="A blueprint's file, or the name of a packaged one: alerts.")
    ],
    form: Annotated[
        Format | None, typer.Option("--format", help="How to draw it; else what the file's ending says, or terminal.")
    ] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    sets: Sets = [],  # noqa: B006
    config: Config = None,
) -> None:
    """Draw a blueprint: streamlets as boxes, topics in round brackets, in the direction that records flow.

    Examples:

    \b
      tailrace graph alerts
      tailrace graph blueprint.yaml --format mermaid
      tailrace graph blueprint.yaml -o blueprint.svg

    Exit code: 0 done, 1 the file cannot be written, 2 a fault in what was asked.
    """
    with exit_codes():
        text, name = read_blueprint(blueprint)
        plan = plan_of(text, name, sources_of(sets, config))
        chosen = form or _ENDINGS.get(Path(output or "").suffix.lower(), Format.TERMINAL)
        drawing = _draw(graph_of(plan), chosen)
        if output is None or output == "-":
            typer.echo(drawing, nl=False)
        else:
            _write(Path(output), drawing)


def _draw(drawn: Graph, form: Format) -> str:
    if form is Format.MERMAID:
        return draw_mermaid(drawn)
    if form is Format.SVG:
        return draw_svg(drawn)
    return draw_terminal(drawn, width=room() or _PLAIN_WIDTH)


def _write(path: Path, drawing: str) -> None:
    try:
        path.write_text(drawing, encoding="utf-8")
    except OSError as error:
        raise TailraceError(f"{str(path)!r} cannot be written: {error.strerror}") from None
