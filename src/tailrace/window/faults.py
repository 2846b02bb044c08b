"""Faults in a declaration or an expression, as values: all are collected, none is raised while checking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches


@dataclass(frozen=True)
class Fault:
    """One fault in what a user wrote.

    `path` leads through the declaration to the text at fault, as in `("measures", "hot")`; it is empty for an
    expression that stands alone. `column` is the place inside that text, in characters from 1, where it is known.
    """

    path: tuple[str, ...]
    sentence: str
    hint: str | None = None
    column: int | None = None

    def under(self, *path: str) -> Fault:
        """The same fault, seen from further out in the declaration."""
        return replace(self, path=(*path, *self.path))

    def __str__(self) -> str:
        where = ".".join(self.path)
        place = f"{where}, column {self.column}" if where and self.column else where or f"column {self.column or 1}"
        return f"{place}: {self.sentence}" + (f" ({self.hint})" if self.hint else "")


def nearest(wrong: str, known: Iterable[str], *, what: str) -> str:
    """A hint that names the known word nearest to the wrong one, or all of them when none is near.

    Case is no distance at all, because people forget it most. `what` is the plural of what is listed: `columns`.
    """
    names = list(known)
    by_lower = {name.lower(): name for name in names}
    close = get_close_matches(wrong.lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return f"did you mean {by_lower[close[0]]}?"
    return f"the {what} are {', '.join(names)}" if names else f"there are no {what}"
