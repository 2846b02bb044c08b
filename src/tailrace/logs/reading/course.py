"""Courses: what became of lines once it is decided which of them begin records, and of which formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.scan import Scan

Codes = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Course:
    """What became of n lines: which begin records and of which levels and times, and in which format each is.

    `code` is an index of `forms`, and means something where a record begins. `stop` is how many lines are decided on.
    `main` is the format in which to go on from there, `streak` the name of the format, if it is another, of the last
    records before, and how many there are; `changes` counts the changes before. `standing` returns these three for an
    earlier stop.
    """

    scan: Scan
    code: Codes
    forms: tuple[Format, ...]
    stop: int
    main: Format
    streak: tuple[str, int] = ("", 0)
    changes: int = 0
    standing: Callable[[int], tuple[Format, tuple[str, int], int]] | None = None

    def lowered(self, stop: int) -> Course:
        """Return the course with no more lines decided on than before a line that begins a record."""
        if stop >= self.stop:
            return self
        if self.standing is None:
            return replace(self, stop=stop)
        main, streak, changes = self.standing(stop)
        return replace(self, stop=stop, main=main, streak=streak, changes=changes)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for lines: the `streak` before them, whether no more will come, and a user's own formats.

    Of a record no more than `bound` bytes are looked at, of the lines as they stand in the file (`raw`).
    """

    streak: tuple[str, int]
    ended: bool
    raw: Lines
    bound: int
    own: tuple[Format, ...] = ()


def stay(scan: Scan, form: Format, ended: bool, streak: tuple[str, int] = ("", 0)) -> Course:
    """Return the course of lines that are all of one format."""
    stop = decided(scan.start, ended=ended)

    def standing(stop: int) -> tuple[Format, tuple[str, int], int]:
        return form, streak if not scan.start[:stop].any() else ("", 0), 0

    code = np.zeros(len(scan.start), dtype=np.int16)
    return Course(scan, code, (form,), stop, *standing(stop), standing)


def decided(start: NDArray[np.bool_], *, ended: bool) -> int:
    """Return how many lines come before the last that begins a record; all of them if no more will come."""
    if ended or not len(start):
        return len(start)
    last = len(start) - 1 - int(start[::-1].argmax())
    return last if start[last] else 0
