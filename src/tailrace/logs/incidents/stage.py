"""The events in an incident's life."""

from __future__ import annotations

from enum import Enum


class Stage(Enum):
    """What has happened to an incident, by the word that alerts carry."""

    OPEN = "open"
    UPDATE = "update"
    REPEAT = "repeat"
    RESOLVED = "resolved"
