"""Problems: what is wrong with a blueprint, each with its place, its sentence and a suggestion.

One class per fault stands in `faults/`; here is what they share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

Severity = Literal["error", "warning"]

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, order=True)
class Place:
    """Where something is written: lines and columns count from 1; line 0 stands for the source as a whole.

    `file` is the name that was given for the text, or says which other source it is (`--set split.limit`).
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Problem:
    """One fault. Subclasses say it: `sentence` in lower case without a full stop, `hint` what to try, if anything."""

    severity: ClassVar[Severity] = "error"

    place: Place

    @property
    def code(self) -> str:
        """The fault's name for scripts: the class's name in words joined by dashes."""
        return _WORD.sub("-", type(self).__name__).lower()

    @property
    def sentence(self) -> str:
        """What is wrong: what was needed and what came."""
        raise NotImplementedError

    @property
    def hint(self) -> str | None:
        """What to try; None when the sentence says it all."""
        return None

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"

    def to_json(self) -> dict[str, Any]:
        """The problem as plain JSON values."""
        return {
            "severity": self.severity,
            "code": self.code,
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "sentence": self.sentence,
            "hint": self.hint,
        }


@dataclass(frozen=True)
class Worded(Problem):
    """A problem that is told in the words given with it. Subclasses name the kind of fault."""

    detail: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        return self.detail


def sort_problems(problems: Iterable[Problem], file: str) -> tuple[Problem, ...]:
    """By place, those in `file` first; no fault twice."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.place.file != file, p.place, p.code, p.sentence)))


def problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    """Each problem: its place, its sentence, and on a line of its own what to try."""
    for problem in problems:
        yield f"{problem.place}: {problem.severity}: {problem.sentence}"
        if problem.hint:
            yield f"  try: {problem.hint}"
