"""Durations and sizes as people write them: `1m30s`, `250ms`, `64KiB`, `10MB`."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from tailrace.model.errors import TailraceError

_DURATION_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_DURATION_PART.pattern})+")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_SIZE_EXPONENTS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `250ms`, `10s`, `1m30s`, `2h` or `7d`.

    Raises TailraceError when the text is not a sequence of number and unit.
    """
    compact = text.replace(" ", "").lower()
    if not _DURATION.fullmatch(compact):
        raise TailraceError(
            f"{text!r} is not a duration", hint="write a number and a unit, as in 250ms, 10s, 1m30s, 2h, 7d"
        )
    try:
        return sum((float(n) * _DURATION_UNITS[unit] for n, unit in _DURATION_PART.findall(compact)), timedelta())
    except OverflowError:
        raise TailraceError(f"{text!r} is longer than any duration can be") from None


def format_duration(duration: timedelta) -> str:
    """Write a duration so that `parse_duration` reads it back, to the millisecond: `1m30s`."""
    rest = round(abs(duration) / _DURATION_UNITS["ms"])
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, _DURATION_UNITS[unit] // _DURATION_UNITS["ms"])
        if count:
            parts.append(f"{count}{unit}")
    text = "".join(parts) or "0s"
    return f"-{text}" if duration < timedelta() and parts else text


def parse_size(text: str) -> int:
    """Read a size in bytes: `512`, `64KiB` (1024s), `10MB` (1000s), `1G` (1000s).

    Raises TailraceError when the text is not a number with an optional unit.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise TailraceError(
            f"{text!r} is not a size", hint="write a number of bytes and a unit, as in 512, 64KiB, 10MB, 1GiB"
        )
    number, prefix, binary = match.groups()
    factor: int = (1024 if binary else 1000) ** _SIZE_EXPONENTS[prefix.lower()]
    return round(Decimal(number) * factor)


def format_size(size: float) -> str:
    """Write a size in bytes for people, in powers of 1000: `1.2 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        shown = round(size, 0 if unit == "B" else 1)
        if abs(shown) < 1000:
            return f"{shown:.0f} {unit}" if unit == "B" else f"{shown:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
