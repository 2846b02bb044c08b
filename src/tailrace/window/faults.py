"""Faults in a declaration or an expression, as values: all are collected, none is raised while checking."""

from __future__ import annotations

from dataclasses import dataclass, replace


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
