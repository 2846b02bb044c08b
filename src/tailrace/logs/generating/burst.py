"""A burst: a stretch of time, coming round again, in which errors are more likely."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from tailrace.logs.generating.dice import Floats, Ints
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError

_BURST = re.compile(
    r"(?:(?P<app>[\w.-]+):\s*)?(?P<length>\S+)\s+every\s+(?P<every>\S+)(?:\s+from\s+(?P<start>\S+))?"
    r"\s+x\s*(?P<factor>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Burst:
    """Errors are `factor` times as likely for `length` of every `every` of simulated time.

    The first burst starts `start` after the run does, by default one whole `every`, so that a calm goes before it. A
    burst with an `app` leaves the other apps alone. The likelihood of an error stops at 1; the other levels share what
    is left in their usual proportions. Where bursts overlap, the greatest factor counts.
    """

    length: timedelta
    every: timedelta
    factor: float
    start: timedelta | None = None
    app: str | None = None

    def __post_init__(self) -> None:
        if not timedelta() < self.length <= self.every:
            raise TailraceError("a burst must last longer than nothing and at most until the next one")

    @classmethod
    def parse(cls, text: str) -> Burst:
        """Read `60s every 10m x20`, `20s every 2m from 30s x50` or `orders: 60s every 10m x20`.

        Raises TailraceError when the text has another form.
        """
        match = _BURST.fullmatch(text.strip())
        if not match:
            raise TailraceError(
                f"{text!r} is not a burst", hint='write "60s every 10m x20", or "orders: 20s every 2m from 30s x50"'
            )
        start = parse_duration(match["start"]) if match["start"] else None
        length, every = parse_duration(match["length"]), parse_duration(match["every"])
        return cls(length, every, float(match["factor"]), start, match["app"])

    def factors(self, elapsed: Ints) -> Floats:
        """The factor on the likelihood of an error at each time, given in microseconds since the run started."""
        every = self.every // _MICROSECOND
        since = elapsed - (self.every if self.start is None else self.start) // _MICROSECOND
        return np.where((since >= 0) & (since % every < self.length // _MICROSECOND), self.factor, 1.0)
