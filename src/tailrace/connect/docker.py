"""Docker: what a container is called whose log lies in the daemon's directory."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

_LOG: Final = re.compile(r"(?P<id>[0-9a-f]{64})-json\.log[^/]*")
_SETTINGS: Final = "config.v2.json"
_MOST: Final = 1 << 20  # bytes; they are a few thousand
_SERVICE: Final = "com.docker.swarm.service.name"  # a task's own name ends in 25 letters that nobody knows


def container_name(log: str) -> str:
    """The name of the container that a log is of, as the settings beside it say; "" where there are none to be read.

    A container of a swarm is called by its service. Never raises: Docker may be about to write or remove them.
    """
    path = Path(log)
    match = _LOG.fullmatch(path.name)
    if match is None or path.parent.name != match["id"]:
        return ""
    try:
        with (path.parent / _SETTINGS).open("rb") as file:
            settings = json.loads(file.read(_MOST))
        return _name_in(settings)
    except (OSError, ValueError, RecursionError):
        return ""


def _name_in(settings: Any) -> str:
    """The name that settings give; they may be anything."""
    if not isinstance(settings, dict):
        return ""
    config = settings.get("Config")
    labels = config.get("Labels") if isinstance(config, dict) else None
    service = labels.get(_SERVICE) if isinstance(labels, dict) else None
    name = service or settings.get("Name")
    return name.removeprefix("/") if isinstance(name, str) else ""
