"""Stretches: what stands in a file between two offsets, on its way to where it is needed."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass
class Stretch:
    """The bytes of an open file from `begin` on up to `end`, or to where the file ends; each is given once.

    It is left to whoever reads where they go, so that none of them is copied. Raises OSError while reading.
    """

    descriptor: int
    begin: int
    end: int

    @property
    def left(self) -> int:
        """How many bytes have not been given, as far as is known."""
        return self.end - self.begin

    def read(self, most: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        data = os.pread(self.descriptor, min(most, self.left), self.begin)
        self._gave(len(data))
        return data

    def into(self, memory: memoryview) -> int:
        """Put the next bytes where they are wanted, and tell how many there were."""
        count = os.preadv(self.descriptor, [memory[: self.left]], self.begin)
        self._gave(count)
        return count

    def _gave(self, count: int) -> None:
        self.begin += count
        if not count:
            self.end = self.begin
