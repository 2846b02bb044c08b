"""Search: where a short text stands in a whole buffer, and in which lines."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.words import U64, Positions, pack

_RARE: Final = 'zqxjkZ@QXJKVvNbBLTpgwyfUhumcdSslronitae".:'  # from rare to common; all else is rarer still


def search(lines: Lines, needle: str) -> NDArray[np.intp]:
    """Return every position from the first line on at which the needle, of two or more ASCII characters, stands.

    Candidates are found by its two rarest characters, and then compared in words.
    """
    base = int(lines.heads[0]) if len(lines) else lines.after
    text = lines.bytes[base : lines.after]
    size = len(text) - len(needle) + 1
    if size <= 0:
        return np.empty(0, dtype=np.intp)
    first, second = sorted(range(len(needle)), key=lambda i: _RARE.find(needle[i]))[:2]
    marks = text[first : first + size] == ord(needle[first])
    marks &= text[second : second + size] == ord(needle[second])
    hits = np.flatnonzero(marks) + base
    for column in range(0, len(needle), 8):
        part = needle[column : column + 8]
        mask = U64((1 << 8 * len(part)) - 1)
        hits = hits[(lines.words[hits + column] & mask) == U64(pack(part))]
    return hits


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
