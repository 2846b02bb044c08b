"""Described: following a file whose own lines say, again and again, which columns it has (see `catalogue.extended`)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.catalogue.extended import fields_in, says_fields, w3c
from tailrace.logs.reading.catalogue.proxies import IIS
from tailrace.logs.reading.course import Course
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.formats import W3C
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_pattern import scan_pattern
from tailrace.logs.reading.stamps import merge_stamps, no_stamps

_MOST_CHANGES: Final = 1000  # in a file; each costs as much as many lines


def describes_itself(lines: Lines, form: Format) -> bool:
    """Whether lines, the first of which are of a format, say what columns they have: IIS may do so later too."""
    return form.name == W3C.name or (form.name == IIS.name and len(says_fields(lines)) > 0)


def follow_fields(lines: Lines, form: Format, *, ended: bool, changes: int) -> Course:
    """Return the course of lines that begin with the columns of a format, of which there were so many changes before.

    A line that names other columns begins a stretch in these.
    """
    forms, firsts = [form], [0]
    rows = says_fields(lines)
    for row, fields in zip(rows.tolist(), fields_in(lines, rows), strict=True):
        if (fields, "") != forms[-1].keys and changes + len(forms) <= _MOST_CHANGES:
            forms.append(w3c(fields))
            firsts.append(row)
    code = (np.searchsorted(np.array(firsts), np.arange(len(lines)), "right") - 1).astype(np.int16)
    scan = _scanned(lines, forms, code)
    stop = len(lines) if ended or not scan.start.any() else int(np.flatnonzero(scan.start)[-1])
    last = int(np.searchsorted(np.array(firsts), stop)) - 1 if stop else 0
    return Course(scan, code, tuple(forms), stop, forms[last], changes=last)


def _scanned(lines: Lines, forms: list[Format], code: NDArray[np.int16]) -> Scan:
    if len(forms) == 1:
        return _begun(scan_pattern(lines, forms[0]), lines)
    start, level, stamps = np.zeros(len(lines), dtype=np.bool_), np.zeros(len(lines), dtype=np.uint8), no_stamps(lines)
    for number, form in enumerate(forms):
        rows = np.flatnonzero(code == number)
        part = scan_pattern(lines.pick(rows), form)
        start[rows], level[rows] = part.start, part.level
        stamps = merge_stamps(stamps, part.stamps, rows)
    return _begun(Scan(start, level, stamps), lines)


def _begun(scan: Scan, lines: Lines) -> Scan:
    """Every line is a record, also one that is too long for the pattern."""
    return Scan(lines.ends > lines.heads, scan.level, scan.stamps)
