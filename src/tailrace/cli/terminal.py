"""What suits the place that standard output leads to: colour and width on a terminal, plain text elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_GAP: Final = "  "
_LEAST_WIDTH: Final = 40


def is_terminal() -> bool:
    """Whether standard output leads to a terminal; it may be closed, too."""
    return sys.stdout is not None and sys.stdout.isatty()


def coloured() -> bool:
    """Whether standard output shows colours, and nobody asked for none (https://no-color.org)."""
    return is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, *styles: str) -> str:
    """The text in bold, dim, red, green or yellow, where that is wanted."""
    if not styles or not coloured():
        return text
    return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def room() -> int | None:
    """Columns of the terminal; None where lines may be of any length."""
    return max(shutil.get_terminal_size().columns, _LEAST_WIDTH) if is_terminal() else None


@contextmanager
def status(doing: str, *, shown: bool = True) -> Iterator[Callable[[str], object]]:
    """A line on standard error that says how far we are, where that is a terminal; what is given renews it."""
    if not shown or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # takes longer to import than all the rest here

    with Console(stderr=True).status(doing) as line:
        yield line.update


def breadth(text: str) -> int:
    """How many columns a text takes: wide characters two, marks on other characters none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fit(text: str, columns: int | None) -> str:
    """As much of a text as has room, with dots for the rest."""
    if columns is None or breadth(text) <= columns:
        return text
    taken = 0
    for place, character in enumerate(text):
        taken += breadth(character)
        if taken > columns - 1:
            return f"{text[:place]}…"
    return text


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
    marked: frozenset[int] = frozenset(),
) -> list[str]:
    """Lines of a table under bold heads, cut where a terminal ends; cells are plain text.

    Columns whose number is in `right` are set to the right, rows whose number is in `marked` stand out in yellow.
    """
    widths = [max(breadth(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    limit = room()

    def line(row: Sequence[str]) -> str:
        cells = []
        for column, text in enumerate(row):
            blank = " " * (widths[column] - breadth(text))
            cells.append(blank + text if column in right else text + blank)
        return fit(_GAP.join(cells).rstrip(), limit)

    body = [paint(line(row), "yellow") if number in marked else line(row) for number, row in enumerate(rows)]
    return [paint(line(heads), "bold"), *body]
