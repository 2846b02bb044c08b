"""Time zones by name."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tailrace.model.errors import TailraceError


def check_zone(name: str) -> None:
    """Refuse a name that no time zone has. Raises TailraceError."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a ZoneInfoNotFoundError is a KeyError
        raise TailraceError(f"{name!r} is no time zone", hint="write a name such as UTC or Europe/Berlin") from None
