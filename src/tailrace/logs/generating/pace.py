"""The pace of a run: how simulated time goes by on the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from tailrace.logs.generating.chunks import micros_of
from tailrace.model.errors import TailraceError


class Pace:
    """Holds a run back until simulated time has come.

    `speed` is how many seconds of simulated time go by in one second; None is as fast as the machine can. `stop` ends
    the run early, a wait included. `clock` gives seconds and never goes back.
    """

    def __init__(
        self,
        speed: float | None = None,
        *,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if speed is not None and not speed > 0:
            raise TailraceError(f"the speed must be greater than 0, but {speed:g} was given")
        self.speed = speed
        self._stop = stop or threading.Event()
        self._clock = clock
        self._began: float | None = None

    def wait(self, start: datetime, due: int) -> bool:
        """Wait until `due` (microseconds since 1970), `start` being now at the first call; False when told to stop."""
        if self.speed is None:
            return not self._stop.is_set()
        if self._began is None:
            self._began = self._clock()
        at = self._began + (due - micros_of(start)) / 1e6 / self.speed
        return not self._stop.wait(max(0.0, at - self._clock()))
