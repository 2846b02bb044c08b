"""Patterns that users write: regular expressions that no text makes slow. Pure.

They are those of Rust's regex (https://docs.rs/regex/latest/regex/#syntax): to match one takes time in proportion to
the text, where Python's own take for ever with some. So there is no look-around in them, and no back reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import polars as pl

from tailrace.model.errors import TailraceError


def check_regex(pattern: str) -> None:
    """Refuse what is no pattern. Raises TailraceError."""
    matches(pattern, [""])


def matches(pattern: str, texts: Sequence[str]) -> list[bool]:
    """Whether a pattern fits somewhere in each of some texts. Raises TailraceError for what is none."""
    try:
        return pl.Series(texts, dtype=pl.String).str.contains(pattern, literal=False).to_list()
    except (pl.exceptions.PolarsError, ValueError) as error:
        raise TailraceError(
            f"the pattern {pattern!r} cannot be understood: {_gist(str(error))}",
            hint="its syntax is that of Rust's regex: no look-around, no back-references",
        ) from None


@lru_cache(1 << 14)
def group_in(pattern: str, group: int, text: str) -> str | None:
    """What a group of a pattern, 0 for the whole of it, holds where it first fits in a text; None if it does not."""
    able = text.encode(errors="backslashreplace").decode()  # a file's name may be no text
    held: str | None = pl.Series([able]).str.extract(pattern, group).item()
    return held


def _gist(told: str) -> str:
    """What is wrong, of a message that first draws the pattern and points into it."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    marked = [line.removeprefix("error:").strip() for line in lines if line.startswith("error:")]
    return marked[-1] if marked else " ".join(lines)[:200]
