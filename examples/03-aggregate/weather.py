"""Readings out of order, one of them far too late."""

from __future__ import annotations

from datetime import UTC, datetime

from tailrace import Emits, EventTime, Outlet, Record, State, Streamlet, timer


class Reading(Record):
    """One measurement."""

    sensor: str
    celsius: float
    at: EventTime


def _at(minute: int, second: int) -> datetime:
    return datetime(2026, 1, 5, 10, minute, second, tzinfo=UTC)


BATCHES = [
    [
        Reading("north", 21.0, _at(0, 5)),
        Reading("north", 23.0, _at(0, 50)),
        Reading("north", 62.0, _at(0, 20)),  # out of order, and still in time
    ],
    [Reading("north", 22.0, _at(3, 0))],  # the watermark is 10:02:50 now: the first minute is over
    [Reading("north", 19.0, _at(0, 30)), Reading("north", 24.0, _at(3, 10))],  # the first of them is too late
]


class Station(Streamlet):
    """Sends one batch every half second, until there is none left."""

    out = Outlet(Reading, key="sensor")
    sent = State(int, default=0)

    @timer("500ms")
    def send(self) -> Emits:
        """The next batch."""
        if self.pending():
            yield self.out(BATCHES[self.sent])
            self.sent += 1

    def pending(self) -> bool:
        """As long as batches are left, a run `--until-idle` is not idle."""
        return self.sent < len(BATCHES)
