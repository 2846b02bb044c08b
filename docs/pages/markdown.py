"""Markdown, as far as the reference needs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what would end a cell is escaped."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or " "


def code(text: str) -> str:
    """A word as code; nothing for no word."""
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"


def block(text: str, language: str = "") -> str:
    """Lines as code."""
    return f"```{language}\n{text.rstrip()}\n```"


def document(*parts: str) -> str:
    """Parts with a blank line between them; empty ones left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"
