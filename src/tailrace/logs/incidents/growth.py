"""How much worse a value is than another, and when that is worth telling: at 2, 5, 10, 20, 50, 100 times. Pure.

Most rules warn of values that rise. Of a rule such as `lines < 100 in 5m` the value falls: there half as much is twice
as bad, and nothing at all is as bad as it gets. Where the first value is zero there is no measure to go by, and
nothing is ever told as growth.
"""

from __future__ import annotations

import math

_FACTORS = tuple(base * 10.0**power for power in range(16) for base in (2, 5, 10))


def is_worse(value: float, than: float, *, falling: bool) -> bool:
    """Whether a value is further on the bad side."""
    return value < than if falling else value > than


def ratio(base: float, value: float, *, falling: bool) -> float:
    """How many times as bad as `base` a value is; 1 or less if it is no worse, infinite where it lost all measure."""
    if falling:
        base, value = -base, -value
    if base == 0 or value <= base:
        return 1.0
    if base > 0:
        return value / base
    return math.inf if value >= 0 else base / value


def steps(times: float) -> int:
    """How many of the steps 2, 5, 10, 20, 50 ... have been reached."""
    return sum(factor <= times for factor in _FACTORS)


def factor(step: int) -> float:
    """The factor that reaches a step, which counts from 1; the last one for all beyond."""
    return _FACTORS[min(step, len(_FACTORS)) - 1]
