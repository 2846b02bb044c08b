"""Scanners by the name that a format gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tailrace.logs.reading.formats import Format, Scanner
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_free import scan_free
from tailrace.logs.reading.scan_json import scan_json
from tailrace.logs.reading.scan_pattern import scan_pattern
from tailrace.logs.reading.scan_stamped import scan_stamped

_SCANNERS: Final[dict[Scanner, Callable[[Lines, Format], Scan]]] = {
    "stamped": scan_stamped,
    "json": scan_json,
    "free": scan_free,
    "pattern": scan_pattern,
}


def scan_lines(lines: Lines, form: Format) -> Scan:
    """Tell of every line whether it begins a record of the format, and of such records the level and the time."""
    return _SCANNERS[form.scanner](lines, form)
