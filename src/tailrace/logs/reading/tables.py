"""Tables: what words of eight bytes stand for, looked up for thousands at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.words import U64, Words

_STEP: Final = 0x632BE59BD9B4E019 * 2

T = TypeVar("T", bound=np.integer)


class Table(Generic[T]):
    """A hash table without collisions, found by trying factors: numbers of a `kind`, and `none` for all other words."""

    def __init__(self, codes: Mapping[int, int], kind: type[T], *, none: int, bits: int = 12) -> None:
        self._none = kind(none)
        self._shift = U64(64 - bits)
        keys = np.array(list(codes), dtype=np.uint64)
        factor = 0x9E3779B97F4A7C15
        while len(set(self._slots(keys, factor).tolist())) < len(keys):
            factor = (factor + _STEP) % 2**64
        self._factor = factor
        self._keys, self._codes = np.zeros(1 << bits, dtype=np.uint64), np.full(1 << bits, none, dtype=kind)
        slots = self._slots(keys, factor)
        self._keys[slots], self._codes[slots] = keys, list(codes.values())

    def look_up(self, words: Words) -> NDArray[T]:
        """Return the code of every word, `none` for one that has none."""
        slots = self._slots(words, self._factor)
        return np.where(self._keys[slots] == words, self._codes[slots], self._none)

    def _slots(self, words: Words, factor: int) -> NDArray[np.intp]:
        return ((words * U64(factor)) >> self._shift).astype(np.intp)
