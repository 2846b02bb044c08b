"""Manner: how logs are to be read, as the settings of those who read say it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.levels import severity_of
from tailrace.logs.reading.own import load
from tailrace.model.errors import TailraceError


@dataclass(frozen=True)
class Manner:
    """How to read: the zone of times that name none, the least severity to give in full, a user's own formats."""

    zone: ZoneInfo
    least: int
    formats: tuple[Format, ...]

    @classmethod
    def of(cls, zone: str, least: str, formats: str) -> Manner:
        """As settings give it: a zone's and a level's name, and a file of formats or none. Raises TailraceError."""
        return cls(ZoneInfo(zone), severity_of(least), formats_in(formats) if formats else ())

    @property
    def options(self) -> dict[str, Any]:
        """What `read_chunk` and `flush` are to be told."""
        return {"least": self.least, "formats": self.formats}


def formats_in(name: str) -> tuple[Format, ...]:
    """A user's own formats. Raises TailraceError for a file that cannot be read, or with faults."""
    try:
        text = Path(name).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise TailraceError(f"the formats in {name} cannot be read: {reason}", hint="name a YAML file") from None
    return load(text, name)
