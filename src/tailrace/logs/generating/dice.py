"""Random draws that stay the same on every platform and with every release of NumPy."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_TO_UNIT = 2.0**-53


class Dice:
    """A stream of draws named by a seed, an app and a purpose.

    Each purpose has its own stream, so the times and levels of an app are the same whatever the format or the length of
    its messages, and an app's lines are the same whichever other apps are generated beside it. Only `random_raw` is
    used: NumPy keeps the raw bits of a generator stable for ever, but not what its distributions make of them.
    """

    def __init__(self, seed: int, app: str, purpose: str) -> None:
        key = (zlib.crc32(app.encode()), zlib.crc32(purpose.encode()))
        self._generator = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key))

    def unit(self, n: int) -> Floats:
        """`n` numbers, evenly spread, at least 0 and less than 1."""
        drawn: Any = self._generator.random_raw(n)
        units: Floats = (drawn >> np.uint64(11)).astype(np.float64) * _TO_UNIT
        return units

    def below(self, n: int, bound: int) -> Ints:
        """`n` whole numbers from 0 to `bound - 1`; `bound` is at most 2**53."""
        return (self.unit(n) * bound).astype(np.int64)

    def octets(self, n: int) -> bytes:
        """At least `n` random bytes, up to seven more."""
        drawn: Any = self._generator.random_raw(-(-n // 8))
        return bytes(drawn.astype("<u8", copy=False).tobytes())
