"""Scanners by the name that a format gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format, Scanner
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_access import scan_access
from tailrace.logs.reading.scan_free import begins_record, scan_free
from tailrace.logs.reading.scan_json import opens_object, scan_json
from tailrace.logs.reading.scan_logfmt import begins_with_pair, scan_logfmt
from tailrace.logs.reading.scan_pattern import begin_by_pattern, match_pattern, scan_pattern
from tailrace.logs.reading.scan_stamped import begins_with_time, scan_stamped

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
