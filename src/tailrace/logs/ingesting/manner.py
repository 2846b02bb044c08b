"""Manner: how logs are to be read, as the settings of those who read say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from tailrace.logs.own_formats import load_formats
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.levels import severity_of


@dataclass(frozen=True)
class Manner:
    """How to read: the zone of times that name none, the least severity to give in full, a user's own formats."""

    zone: ZoneInfo
    least: int
    formats: tuple[Format, ...]

    @classmethod
    def of(cls, zone: str, least: str, formats: str) -> Manner:
        """As settings give it: a zone's and a level's name, and a file of formats or none. Raises TailraceError."""
        return cls(ZoneInfo(zone), severity_of(least), load_formats(formats))

    @property
    def options(self) -> dict[str, Any]:
        """What `read_chunk` and `flush` are to be told."""
        return {"least": self.least, "formats": self.formats}
