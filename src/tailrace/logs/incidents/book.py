"""All cases at hand, kept in saved entries, and who of them is due, waits or is muted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from datetime import datetime, timedelta
from typing import Final

from tailrace.logs.incidents.case import Case, Incident, dump_case, load_case
from tailrace.logs.incidents.life import next_look

REMEMBERED: Final = timedelta(days=2)
"""How long the past of a case is remembered once nothing is open: longer than windows can still change."""
MOST_IDLE: Final = 100_000
"""Cases with nothing open that are remembered."""
_NOTHING: Final = Case()


class Book:
    """Cases by key. Only those that are put are saved, so that thousands of open incidents cost a step nothing."""

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        self._cases: dict[str, Case] = {}
        self._keys: dict[str, str] = {}
        self._due: dict[str, datetime] = {}
        self._muted: dict[str, set[str]] = {}
        self.waiting: dict[str, None] = {}
        """The cases of which something waits to be told, in the order in which they began to."""
        for key, entry in entries.items():
            self._index(key, load_case(entry))

    def get(self, key: str) -> Case:
        """The case of a key; one of which nothing is known if it is new."""
        return self._cases.get(key, _NOTHING)

    def put(self, key: str, case: Case) -> None:
        """Replace a case."""
        before = self.get(key)
        if case is before:
            return
        self._leave(key, before)
        self._index(key, case)
        self._entries[key] = dump_case(case)

    def key_of(self, incident: str) -> str | None:
        """The key of the case in which an incident of that id is open."""
        return self._keys.get(incident)

    def open(self) -> Iterator[Incident]:
        """All open incidents."""
        return (case.open for key in self._keys.values() if (case := self._cases[key]).open is not None)

    def due(self, now: datetime) -> list[str]:
        """The keys of cases that time has changed something about."""
        return [key for key, at in self._due.items() if at <= now]

    def muted_by(self, mute: str) -> list[str]:
        """The keys of cases whose open incident is muted by that, in no order that changes."""
        return sorted(self._muted.get(mute, ()))

    def forget(self, now: datetime) -> None:
        """Let go of cases with nothing open, when they are old or too many."""
        idle = {key: case.idle for key, case in self._cases.items() if case.idle is not None and not case.ended}
        old = [key for key, at in idle.items() if at <= now - REMEMBERED]
        surplus = sorted(idle, key=lambda key: idle[key])[: max(len(idle) - MOST_IDLE, 0)]
        for key in {*old, *surplus}:
            self._leave(key, self._cases.pop(key))
            del self._entries[key]

    def _index(self, key: str, case: Case) -> None:
        self._cases[key] = case
        look = next_look(case)
        if look is not None:
            self._due[key] = look
        incident = case.open
        if case.ended or (incident is not None and incident.waits is not None and incident.hold is None):
            self.waiting.setdefault(key)
        else:
            self.waiting.pop(key, None)
        if incident is not None:
            self._keys[incident.id] = key
            if incident.mute is not None:
                self._muted.setdefault(incident.mute.key, set()).add(key)

    def _leave(self, key: str, case: Case) -> None:
        self._due.pop(key, None)
        if case.open is None:
            return
        self._keys.pop(case.open.id, None)
        if case.open.mute is not None:
            held = self._muted[case.open.mute.key]
            held.discard(key)
            if not held:
                del self._muted[case.open.mute.key]
