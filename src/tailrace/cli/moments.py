"""Points in time as a command line gives and shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from tailrace.cli.exits import AskedWronglyError
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError

_RELATIVE: Final = re.compile(r"(?:now)?-(?P<ago>.+)|now")
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d)?")
FORMS: Final = "2026-01-05T09:58:55, 09:58 (today), -10m; UTC unless a zone is named"


def parse_moment(text: str, now: datetime) -> datetime:
    """Read `2026-01-05T09:58:55` (UTC unless it names a zone), `09:58` of today, or `-10m`.

    Raises AskedWronglyError for a text that is none of these.
    """
    plain = text.strip()
    relative = _RELATIVE.fullmatch(plain)
    try:
        if relative:
            return now - (parse_duration(relative["ago"]) if relative["ago"] else timedelta())
        if _CLOCK.fullmatch(plain):
            plain = f"{now:%Y-%m-%d}T{plain.zfill(len(plain) + (plain.index(':') == 1))}"
        moment = datetime.fromisoformat(plain)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TailraceError):
        raise AskedWronglyError(f"{text!r} is no time", hint=f"write {FORMS}") from None


def show_moment(moment: datetime) -> str:
    """`2026-01-05 09:58:55`, in UTC, to the second."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
