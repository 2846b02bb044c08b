"""Words: eight bytes of text at a time, as one little-endian integer, for thousands of lines at once.

The tricks are the classic ones of "SIMD within a register": a byte's high bit is made the answer to a question about
that byte, and the lowest such bit is the first byte for which the answer is yes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

U64 = np.uint64
PAD: Final = 64  # zero bytes after every buffer, so that a word may be read at any position within it

Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
Positions = NDArray[np.int64]

_ONES: Final = U64(0x0101010101010101)
_HIGH: Final = U64(0x8080808080808080)
_LOW7: Final = U64(0x7F7F7F7F7F7F7F7F)
_CASE: Final = U64(0x2020202020202020)


def pack(text: str) -> int:
    """Return the integer that a word beginning with `text` (up to eight ASCII characters) and then zeros reads as."""
    return int.from_bytes(text.encode("ascii").ljust(8, b"\0")[:8], "little")


def view(buffer: bytes) -> Words:
    """Return a view of the words at every position of a buffer that ends in `PAD` spare bytes; nothing is copied."""
    return np.ndarray((len(buffer) - 7,), dtype="<u8", buffer=buffer, strides=(1,))


def places(marks: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return where a contiguous array is true; of a long one that rarely is, in half the time of `flatnonzero`."""
    whole = len(marks) & ~7
    eights = marks[:whole].view(np.uint64)
    hits = np.flatnonzero(eights != 0)
    if len(hits) * 16 > whole:
        return np.flatnonzero(marks)
    inside = np.flatnonzero(eights[hits].view(np.bool_))
    found = (hits[inside >> 3] << 3) + (inside & 7)
    rest = np.flatnonzero(marks[whole:])
    return np.concatenate((found, rest + whole)) if len(rest) else found


def byte(words: Words, index: int) -> Words:
    """Return the byte at an index, 0 to 7, of every word."""
    return (words >> U64(8 * index)) & U64(0xFF)


def keep(words: Words, count: int) -> Words:
    """Zero all but the first `count` bytes of every word."""
    return words & U64((1 << 8 * count) - 1)


def _between(words: Words, low: str, high: str) -> Words:
    """Set the high bit of every byte that is an ASCII character from `low` to `high`."""
    plain = words & _LOW7
    above = plain + _ONES * U64(0x80 - ord(low))
    beyond = plain + _ONES * U64(0x7F - ord(high))
    return above & ~beyond & ~words & _HIGH


def _first(marks: Words) -> Words:
    """Return a mask of the bytes before the first marked one; of all eight where none is marked."""
    return ((marks & (~marks + U64(1))) >> U64(7)) - U64(1)


def _count(below: Words) -> NDArray[np.int64]:
    return (((below & _ONES) * _ONES) >> U64(56)).astype(np.int64)


def leading_letters(words: Words) -> Words:
    """Zero every word from its first byte on that is no ASCII letter."""
    return words & _first(~_between(words | _CASE, "a", "z") & _HIGH)


def count_letters(words: Words) -> NDArray[np.int64]:
    """Return how many ASCII letters every word begins with, 0 to 8."""
    return _count(_first(~_between(words | _CASE, "a", "z") & _HIGH))


def count_digits(words: Words) -> NDArray[np.int64]:
    """Return how many decimal digits every word begins with, 0 to 8."""
    return _count(_first(~_between(words, "0", "9") & _HIGH))


def is_blank(codes: Bytes) -> NDArray[np.bool_]:
    """Tell which bytes are a blank or a control character."""
    blank: NDArray[np.bool_] = codes < 33
    return blank


def is_digit(codes: Words) -> NDArray[np.bool_]:
    """Tell which byte values are decimal digits."""
    return (codes - U64(48)) < U64(10)
