"""Reading a stream: of one application, or the journal's, which brings those of many. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import numpy as np

from tailrace.logs.ingesting.manner import Manner
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.journal import STATE, entries_by_app, is_journal
from tailrace.logs.reading.state import ReaderState
from tailrace.logs.reading.together import Part, read_part

_UNNAMED: Final = "stdin"
_LONGEST_HEAD: Final = 1 << 20

Found = list[tuple[str, Part]]


@dataclass(frozen=True)
class StreamState:
    """How far a stream has been read: of each application; of a journal, `rest` is the entry that is not complete."""

    journal: bool | None = None
    states: dict[str, ReaderState] = field(default_factory=dict)
    rest: bytes = b""

    @property
    def pending(self) -> bool:
        """Whether anything is held that a pause or the end would give out."""
        return bool(self.rest) or any(state.pending for state in self.states.values())


class StreamReader:
    """Reads a stream. `app` is the application that it belongs to; "" to go by what the entries of a journal say."""

    def __init__(self, manner: Manner, app: str) -> None:
        self._manner, self._app = manner, app

    def read(self, state: StreamState, data: bytes, now: datetime, *, final: bool) -> tuple[Found, StreamState]:
        """Read on by some bytes, which may be the last: what is finished, by application, and the state after it."""
        data = state.rest + data
        if state.journal is None:
            if b"\n" not in data and len(data) < _LONGEST_HEAD and not final:
                return [], replace(state, rest=data)
            state = replace(state, journal=not self._app and is_journal(data))
        if state.journal:
            return self._entries(state, data, now, final=final)
        app = self._app or _UNNAMED
        before = state.states.get(app, ReaderState())
        result = read_part(before, data, final=final, **self._circumstances(app, now))
        return [(app, result)], replace(state, states={app: result.state}, rest=b"")

    def pause(self, state: StreamState, now: datetime) -> tuple[Found, StreamState]:
        """What is held, after a pause."""
        found: Found = []
        for app, each in state.states.items():
            if each.pending:
                found.append((app, read_part(each, b"", final=False, flush=True, **self._circumstances(app, now))))
        return found, replace(state, states={**state.states, **{app: result.state for app, result in found}})

    def _entries(self, state: StreamState, data: bytes, now: datetime, *, final: bool) -> tuple[Found, StreamState]:
        """Entries are whole by themselves: none waits for another."""
        whole = len(data) if final else data.rfind(b"\n") + 1
        found: Found = []
        states = dict(state.states)
        for app, entries in entries_by_app(data[:whole], _UNNAMED) if whole else ():
            read = read_part(states.get(app, STATE), entries, final=True, **self._circumstances(app, now))
            states[app] = read.state
            found.append((app, _unnumbered(read)))
        return found, replace(state, states=states, rest=data[whole:])

    def _circumstances(self, app: str, now: datetime) -> dict[str, Any]:
        return {"clock": TimeContext(now, self._manner.zone, app), "observed": now, **self._manner.options}


def _unnumbered(part: Part) -> Part:
    """The part with no line numbers: those among an application's entries would mean nothing."""
    return replace(part, segments=tuple(replace(each, line=np.zeros_like(each.line)) for each in part.segments))
