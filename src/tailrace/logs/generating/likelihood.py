"""How often each level comes up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tailrace.model.errors import TailraceError

LEVELS = ("ERROR", "WARN", "DEBUG", "INFO")
"""The levels in the order of their likelihood ranges; a level's code is its index here."""

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?"
_LIKELIHOOD = re.compile(rf"(-?{_NUMBER})(?:\s*-\s*({_NUMBER}))?", re.IGNORECASE)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Likelihoods:
    """The share of lines of each level, from 0 to 1.

    One random number from 0 to 1 is drawn per line; the ranges stand in the order error, warn, debug, info. The
    defaults are the ranges 0-0.01, 0.01-0.2, 0.2-0.3 and 0.3-1. What the first three leave is info.
    """

    error: float = 0.01
    warn: float = 0.19
    debug: float = 0.1

    def __post_init__(self) -> None:
        for name, share in (("errors", self.error), ("warnings", self.warn), ("debugs", self.debug)):
            if not 0 <= share <= 1:
                raise TailraceError(f"{name} must be a share from 0 to 1, but {share:g} was given", hint="1 % is 0.01")
        total = self.error + self.warn + self.debug
        if total > 1 + _ROUNDING:
            raise TailraceError(
                f"errors, warnings and debugs must leave room up to 1, but {self.error:g} + {self.warn:g} + "
                f"{self.debug:g} is {total:g}"
            )

    @property
    def info(self) -> float:
        """What the other levels leave."""
        return max(0.0, 1 - self.error - self.warn - self.debug)


def parse_likelihood(text: str, option: str) -> float:
    """Read the share of a level: a number from 0 to 1 (`0.01`), or a range whose width is the share (`0.01-0.2`).

    Raises TailraceError, naming `option`, when the text is neither, leaves 0 to 1, or runs backwards.
    """
    match = _LIKELIHOOD.fullmatch(text.strip())
    if not match:
        raise TailraceError(f"{option}: {text!r} is not a share", hint="write a share as 0.01 or a range as 0.01-0.2")
    low, high = (float(match[1]), float(match[2])) if match[2] else (0.0, float(match[1]))
    if not 0 <= low <= high <= 1:
        raise TailraceError(f"{option}: {text!r} must lie within 0 to 1 and not run backwards", hint="1 % is 0.01")
    return high - low
