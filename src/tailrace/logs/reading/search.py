"""Search: where a short text stands in a whole buffer, and in which lines."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.words import PAD, U64, Positions, keep, pack, places

_BLOCK: Final = 1 << 18  # bytes looked at together, so that they stay in the cache
_RARE: Final = 'zqxjkZ@QXJKVvNbBLTpgwyfUhumcdSslronitae".:'  # from rare to common; all else is rarer still
_TRIED: Final = 32  # lines, for the columns where they have a needle
_MOST_COLUMNS: Final = 4


def holds(lines: Lines, text: bytes) -> bool:
    """Tell whether a text stands anywhere in the buffer; soon, where its first byte is rare."""
    return text[:1] in lines.data and text in lines.data  # one byte is looked for much faster than many


def search(lines: Lines, needle: str) -> NDArray[np.intp]:
    """Return every position from the first line on at which the needle, of two or more ASCII characters, stands.

    Candidates are found by its two rarest characters, and then compared in words.
    """
    if not len(lines):
        return np.empty(0, dtype=np.intp)
    first, second = _rarest(needle)
    base, end = int(lines.heads[0]), lines.after - len(needle) + 1
    if lines.data.find(first[1].encode(), base, lines.after) < 0:  # often so, and soon told
        return np.empty(0, dtype=np.intp)
    blocks = [places(_marks(lines, at, min(at + _BLOCK, end), first, second)) + at for at in range(base, end, _BLOCK)]
    hits = np.concatenate(blocks) if blocks else np.empty(0, dtype=np.intp)
    return hits[stands(lines, hits, needle.encode())]


def search_heads(heads: Lines, needle: str) -> Positions:
    """Return where a needle first stands in each of n lines as `Lines.cropped` returns them; -1 where it does not.

    It is looked for at the columns where a few of the lines have it. A count of its two rarest characters tells whether
    it can stand anywhere else.
    """
    at = np.full(len(heads), -1, dtype=np.int64)
    for column in sorted(_columns(heads, needle), reverse=True):
        hits = np.flatnonzero(_stands(heads, column, needle))
        at[hits] = heads.starts[hits] + column
    if _count_pairs(heads, needle) == np.count_nonzero(at >= 0):
        return at
    return first_hits(heads, search(heads, needle), len(needle))


def _columns(heads: Lines, needle: str) -> set[int]:
    """Return the columns where some lines have a needle; none if they are many."""
    sought, chosen = needle.encode(), heads.starts[:: len(heads) // _TRIED + 1].tolist()
    columns = {heads.data.find(sought, at, at + PAD) - at for at in chosen}
    columns = {column for column in columns if column >= 0}
    return columns if len(columns) <= _MOST_COLUMNS else set()


def _stands(heads: Lines, column: int, needle: str) -> NDArray[np.bool_]:
    """Tell in which lines a needle stands at a column."""
    stands: NDArray[np.bool_] = heads.starts + (column + len(needle)) <= heads.ends
    for begin in range(0, len(needle), 8):
        part = needle[begin : begin + 8]
        words = np.ndarray((len(heads),), "<u8", heads.data, column + begin, (PAD,))
        stands &= keep(words, len(part)) == U64(pack(part))
    return stands


def _count_pairs(lines: Lines, needle: str) -> int:
    """Return how often a needle's two rarest characters stand at their distance: at least as often as itself."""
    first, second = _rarest(needle)
    last, count = lines.after - len(needle) + 1, 0
    for at in range(0, last, _BLOCK):
        count += int(np.count_nonzero(_marks(lines, at, min(at + _BLOCK, last), first, second)))
    return count


def _rarest(needle: str) -> tuple[tuple[int, str], tuple[int, str]]:
    """Return the two rarest characters of a needle and where they stand in it."""
    first, second = sorted(range(len(needle)), key=lambda i: _RARE.find(needle[i]))[:2]
    return (first, needle[first]), (second, needle[second])


def _marks(lines: Lines, begin: int, end: int, first: tuple[int, str], second: tuple[int, str]) -> NDArray[np.bool_]:
    """Tell of the positions between two places from which of them two characters stand at their distances."""
    (column, character), (other, too) = first, second
    marks: NDArray[np.bool_] = lines.bytes[begin + column : end + column] == ord(character)
    marks &= lines.bytes[begin + other : end + other] == ord(too)
    return marks


def stands(lines: Lines, at: Positions, text: bytes) -> NDArray[np.bool_]:
    """Tell at which positions a text stands."""
    found = np.ones(len(at), dtype=np.bool_)
    for column in range(0, len(text), 8):
        part = text[column : column + 8]
        found &= keep(lines.word(at + column), len(part)) == U64(int.from_bytes(part, "little"))
    return found


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
