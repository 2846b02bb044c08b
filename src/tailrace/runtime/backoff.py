"""How long to wait after a failure, and how often to try."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Backoff:
    """Exponential pauses with full jitter: the n-th lasts between half of and the whole of first * 2**(n-1).

    Half is kept so that a pause is one. `limit` is how many failures in a row a worker survives; failures of the
    world around it (a server that is down) do not count towards it.
    """

    first: timedelta = timedelta(milliseconds=100)
    longest: timedelta = timedelta(seconds=30)
    limit: int = 10

    def pause(self, failures: int, random: Callable[[], float]) -> timedelta:
        """The pause after that many failures in a row (from 1); `random` gives a number in [0, 1)."""
        whole: timedelta = min(self.longest, self.first * 2 ** min(failures - 1, 30))
        pause: timedelta = whole * (0.5 + random() / 2)
        return pause
