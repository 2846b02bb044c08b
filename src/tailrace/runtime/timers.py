"""When a streamlet's timers are due. Pure: the time is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tailrace.model.streamlet import Streamlet, Timer


class Timers:
    """The timers of one streamlet. They outlive its instances: a restart does not put off what is due."""

    def __init__(self, timers: Sequence[Timer]) -> None:
        self._timers = timers
        self._periods: dict[str, timedelta] = {}
        self._due: dict[str, datetime] = {}

    def start(self, streamlet: Streamlet, now: datetime, *, at_once: bool) -> None:
        """Learn the periods, which may be settings; timers that are new are due at once, or after one period."""
        self._periods = {each.method: each.period(streamlet) for each in self._timers}
        for method, period in self._periods.items():
            self._due.setdefault(method, now if at_once else now + period)

    def due(self, now: datetime) -> list[str]:
        """The methods to call, in the order of declaration.

        A clock that was set back puts a timer off by one period at most.
        """
        for method, period in self._periods.items():
            self._due[method] = min(self._due[method], now + period)
        return [method for method in self._periods if self._due[method] <= now]

    def rang(self, method: str, now: datetime) -> None:
        """The method was called and went well; one that fails stays due."""
        self._due[method] = now + self._periods[method]

    def hurry(self, now: datetime) -> None:
        """Make every timer due."""
        self._due = dict.fromkeys(self._due, now)

    @property
    def next(self) -> datetime | None:
        """When the next timer is due, if there is one."""
        return min(self._due.values(), default=None)
