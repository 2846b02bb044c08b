"""Search: where a short text stands in a whole buffer, and in which lines."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.words import U64, Positions, pack, places

_BLOCK: Final = 1 << 18  # bytes looked at together, so that they stay in the cache
_RARE: Final = 'zqxjkZ@QXJKVvNbBLTpgwyfUhumcdSslronitae".:'  # from rare to common; all else is rarer still


def search(lines: Lines, needle: str) -> NDArray[np.intp]:
    """Return every position from the first line on at which the needle, of two or more ASCII characters, stands.

    Candidates are found by its two rarest characters, and then compared in words.
    """
    if not len(lines):
        return np.empty(0, dtype=np.intp)
    first, second = sorted(range(len(needle)), key=lambda i: _RARE.find(needle[i]))[:2]
    base, end = int(lines.heads[0]), lines.after - len(needle) + 1
    blocks = [
        _pairs(lines, at, min(at + _BLOCK, end), (first, needle[first]), (second, needle[second]))
        for at in range(base, end, _BLOCK)
    ]
    hits = np.concatenate(blocks) if blocks else np.empty(0, dtype=np.intp)
    for column in range(0, len(needle), 8):
        part = needle[column : column + 8]
        mask = U64((1 << 8 * len(part)) - 1)
        hits = hits[(lines.words[hits + column] & mask) == U64(pack(part))]
    return hits


def _pairs(lines: Lines, begin: int, end: int, first: tuple[int, str], second: tuple[int, str]) -> NDArray[np.intp]:
    """Return the positions between two places from which two characters stand at their distances."""
    (column, character), (other, too) = first, second
    marks = lines.bytes[begin + column : end + column] == ord(character)
    marks &= lines.bytes[begin + other : end + other] == ord(too)
    return places(marks) + begin


def first_hits(lines: Lines, hits: NDArray[np.intp], width: int) -> Positions:
    """Return the first of the ascending hits that stands, with its width, in each line; -1 where none does."""
    if len(hits) == len(lines) and bool(((hits >= lines.heads) & (hits + width <= lines.ends)).all()):
        return hits.astype(np.int64)
    at = np.full(len(lines), -1, dtype=np.int64)
    if len(hits):
        hit = hits[np.minimum(np.searchsorted(hits, lines.heads), len(hits) - 1)]
        inside = (hit >= lines.heads) & (hit + width <= lines.ends)
        at[inside] = hit[inside]
    return at
