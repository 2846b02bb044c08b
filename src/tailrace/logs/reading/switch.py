"""Switches: noticing that a file has changed its format, at the same line however the file is cut into chunks.

A file in a structured format has changed when ten lines in a row do not belong to it and most of them belong to
another (or, at the end of the file, three or more); or when a hundred in a row belong to none and stand on their own,
which makes them free text. Free text has changed when three neighbouring lines belong to one structured format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.detect import fitted
from tailrace.logs.reading.formats import FORMATS, FREE_TEXT, Format, format_named
from tailrace.logs.reading.lines import HEAD, Lines
from tailrace.logs.reading.scan_free import begins_record
from tailrace.logs.reading.scanners import scan_lines

_STRANGE: Final = 10
_STRANGE_AT_END: Final = 3
_MOST: Final = 0.6
_LOOSE: Final = 100
_LOOSE_SHARE: Final = 0.9
_ALIKE: Final = 3

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Switch:
    """The line, by its index, at which lines of another format begin."""

    line: int
    form: Format


def find_switch(lines: Lines, start: Mask, form: Format, *, ended: bool, bound: int) -> Switch | None:
    """Return the first change of format among lines, given which of them begin a record of the present one.

    `ended` says that no more lines will come. Only the first `bound` bytes of a record are looked at.
    """
    if form.scanner == "free":
        return _structure(lines)
    if start.all():
        return None
    last = np.maximum.accumulate(np.where(start, np.arange(len(lines)), 0))
    depth = np.arange(len(lines)) - last + (~start[last])
    depths = {_STRANGE: _other_structure, _LOOSE: _free_text}
    left = int(depth[-1])
    if ended and _STRANGE_AT_END <= left < _STRANGE:
        depths[left] = _other_structure
    found = []
    for count, test in depths.items():
        tops = np.flatnonzero((depth == count) & (lines.ends - lines.starts[last] <= bound))
        tops = tops if count >= _STRANGE else tops[tops == len(lines) - 1]
        if switch := test(lines, tops[:, None] + np.arange(1 - count, 1), form):
            found.append(switch)
    return min(found, key=lambda switch: switch.line, default=None)


def _other_structure(lines: Lines, runs: NDArray[np.intp], form: Format) -> Switch | None:
    """Return the first of the runs, rows of line indices, most of whose lines belong to another structured format."""
    indented = np.isin(lines.byte(lines.heads[runs]), (9, 10, 13, 32))
    runs = runs[(~indented).mean(axis=1) >= _MOST]
    if not len(runs):
        return None
    picked = lines.pick(runs.ravel())
    best: Switch | None = None
    most = 0
    for other in FORMATS:
        if other is FREE_TEXT or other.name == form.name:
            continue
        match = scan_lines(picked, other).start.reshape(runs.shape)
        for row in np.flatnonzero(match.mean(axis=1) >= _MOST)[:1]:
            line, count = int(runs[row][match[row]][0]), int(match[row].sum())
            if best is None or line < best.line or (line == best.line and count > most):
                best, most = Switch(line, fitted(other, lines.pick(runs[row]))), count
    return best


def _free_text(lines: Lines, runs: NDArray[np.intp], form: Format) -> Switch | None:
    """Return the first of the runs, rows of line indices, nearly all of whose lines stand on their own."""
    del form
    if not len(runs):
        return None
    alone = begins_record(lines.pick(runs.ravel())).reshape(runs.shape)
    for row in np.flatnonzero(alone.mean(axis=1) >= _LOOSE_SHARE)[:1]:
        return Switch(int(runs[row][alone[row]][0]), FREE_TEXT)
    return None


def _structure(lines: Lines) -> Switch | None:
    """Return the first line of three neighbours that belong to one structured format."""
    found = []
    for other, mask in _alike(lines).items():
        three = np.flatnonzero(mask[:-2] & mask[1:-1] & mask[2:])
        if len(three):
            first = int(three[0])
            found.append(Switch(first, fitted(format_named(other), lines.pick(slice(first, first + _ALIKE)))))
    return min(found, key=lambda switch: switch.line, default=None)


def _alike(lines: Lines) -> dict[str, Mask]:
    """Return, for each structured format, which lines belong to it; lines too long to hold back never do."""
    first = lines.byte(lines.heads)
    chosen = np.flatnonzero((lines.ends - lines.starts < HEAD) & (first != 10) & (first != 32) & (first != 9))
    picked, alike = lines.pick(chosen), {}
    for form in FORMATS:
        if form is not FREE_TEXT:
            alike[form.name] = np.zeros(len(lines), dtype=np.bool_)
            if len(chosen):
                alike[form.name][chosen] = scan_lines(picked, form).start
    return alike


def settled(lines: Lines, start: Mask, form: Format) -> int:
    """Return how many lines are decided on: those before the last that begins a record.

    In free text, up to two last lines that may be the beginning of another format are not.
    """
    begins = np.flatnonzero(start)
    stop = int(begins[-1]) if len(begins) else 0
    if form.scanner == "free" and len(lines):
        alike = _alike(lines.pick(slice(1 - _ALIKE, None)))
        for mask in alike.values():
            back = 0
            while back < len(mask) and mask[-1 - back]:
                back += 1
            stop = min(stop, len(lines) - back) if back else stop
    return stop
