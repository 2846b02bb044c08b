"""Progress: how far one log was read, as it is saved with each step. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tailrace.logs.ingesting.trail import Trail
from tailrace.logs.reading.state import ReaderState


@dataclass(frozen=True)
class Progress:
    """How far one log has been read, and what is needed to go on.

    `taken` is how much of a packed file was read to its end, in bytes of the file, or of one that is not in UTF-8 at
    all; -1 for a plain one. `trail` tells of what was read.
    `origin` names the log that this one may be a copy of: it waits until that is certain. `fault` says why it is not
    read any further. One that is `gone` is remembered for a while, since its content may come back packed.
    """

    app: str
    uri: str
    modified: datetime
    touched: datetime
    state: ReaderState = field(default_factory=ReaderState)
    trail: Trail = field(default_factory=Trail)
    taken: int = -1
    origin: str = ""
    fault: str = ""
    gone: bool = False

    @property
    def position(self) -> int:
        """The offset of the first byte that was not read; of a packed log, in unpacked bytes."""
        return self.state.position

    def moved(self, chunk: bytes | memoryview, state: ReaderState) -> Progress:
        """The progress after these bytes."""
        follows = self.trail.size == self.position
        return replace(self, state=state, trail=self.trail.extended(chunk) if follows else self.trail)

    @property
    def recognisable(self) -> bool:
        """Whether the trail covers what was read, and enough of it to be told from any other."""
        return bool(self.trail.marks) and self.trail.size == self.state.position

    def to_bytes(self) -> bytes:
        """A line of JSON, then the reader's state."""
        head: dict[str, Any] = {
            "app": self.app,
            "uri": self.uri,
            "modified": self.modified.isoformat(),
            "touched": self.touched.isoformat(),
            "trail": self.trail.to_text(),
            "taken": self.taken,
            "origin": self.origin,
            "fault": self.fault,
            "gone": self.gone,
        }
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + self.state.to_bytes()

    @classmethod
    def from_bytes(cls, entry: bytes) -> Progress:
        """The inverse of `to_bytes`."""
        head, _, state = entry.partition(b"\n")
        given: dict[str, Any] = json.loads(head)
        return cls(
            given["app"],
            given["uri"],
            datetime.fromisoformat(given["modified"]),
            datetime.fromisoformat(given["touched"]),
            ReaderState.from_bytes(state),
            Trail.from_text(given.get("trail", "")),
            given.get("taken", -1),
            given.get("origin", ""),
            given.get("fault", ""),
            given.get("gone", False),
        )


def emptied(state: ReaderState) -> ReaderState:
    """The state at the same place with nothing held."""
    line = state.line + state.held.count(b"\n") + state.cut_lines
    state = replace(state, offset=state.position, line=line, held=b"", opening=b"")
    return replace(state, kept=0, cut_bytes=0, cut_lines=0, cut_tail=0)
