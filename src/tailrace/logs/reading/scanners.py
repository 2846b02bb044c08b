"""Scanners by the name that a format gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format, Scanner
from tailrace.logs.reading.lines import Lines, spread
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_access import scan_access
from tailrace.logs.reading.scan_free import begins_record, scan_free
from tailrace.logs.reading.scan_json import opens_object, scan_json
from tailrace.logs.reading.scan_logfmt import begins_with_pair, scan_logfmt
from tailrace.logs.reading.scan_pattern import begin_by_pattern, match_pattern, scan_pattern
from tailrace.logs.reading.scan_stamped import begins_with_time, scan_stamped
from tailrace.logs.reading.stamps import merge_stamps, no_stamps

_SCANNERS: Final[dict[Scanner, Callable[[Lines, Format], Scan]]] = {
    "stamped": scan_stamped,
    "json": scan_json,
    "access": scan_access,
    "free": scan_free,
    "pattern": scan_pattern,
    "logfmt": scan_logfmt,
}


def scan_lines(lines: Lines, form: Format) -> Scan:
    """Tell of every line whether it begins a record of the format, and of such records the level and the time."""
    return _SCANNERS[form.scanner](lines, form)


_BEGINNINGS: Final[dict[Scanner, Callable[[Lines, Format], NDArray[np.bool_]]]] = {
    "stamped": begins_with_time,
    "json": lambda lines, _: opens_object(lines),
    "free": lambda lines, _: begins_record(lines),
    "access": lambda lines, form: scan_access(lines, form).start,
    "pattern": begin_by_pattern,
    "logfmt": begins_with_pair,
}


def begin_records(lines: Lines, form: Format) -> NDArray[np.bool_]:
    """Tell of every line whether it begins a record of the format, and nothing more."""
    return _BEGINNINGS[form.scanner](lines, form)


def belong_to(lines: Lines, form: Format) -> NDArray[np.bool_]:
    """Tell of every line whether it is of the format, be it that it begins a record or goes on with one."""
    return match_pattern(lines, form) if form.scanner == "pattern" else begin_records(lines, form)


def scan_stretches(lines: Lines, stretches: Sequence[tuple[int, Format]], scan: Scan, form: Format) -> Scan:
    """Scan every stretch in its own format; `scan` is that of all lines in the format `form`."""
    if len(stretches) == 1:
        only = stretches[0][1]
        return scan if only is form else scan_lines(lines, only)
    firsts = np.array([first for first, _ in stretches])
    sizes = np.diff(np.append(firsts, len(lines)))
    forms: dict[tuple[str, tuple[str, str]], tuple[Format, list[int]]] = {}
    for index, (_, each) in enumerate(stretches):
        forms.setdefault((each.name, each.keys), (each, []))[1].append(index)
    start, level, stamps = np.zeros(len(lines), dtype=np.bool_), np.zeros(len(lines), dtype=np.uint8), no_stamps(lines)
    for each, indices in forms.values():
        chosen = spread(firsts[indices], firsts[indices] + sizes[indices])
        part = scan_lines(lines.pick(chosen), each)
        start[chosen], level[chosen] = part.start, part.level
        stamps = merge_stamps(stamps, part.stamps, chosen)
    start[firsts[1:]] = True
    return Scan(start, level, stamps)
