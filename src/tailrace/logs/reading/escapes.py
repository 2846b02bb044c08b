"""Escapes: undoing JSON's within texts, and taking colours out, for a whole buffer of texts at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines, as_column, as_text, buffers, cut_out, spread
from tailrace.logs.reading.words import Bytes, Positions, places

_MEANT: Final = np.arange(256, dtype=np.uint8)
_MEANT[[ord(c) for c in "ntrbf"]] = [10, 9, 13, 8, 12]
_HEX: Final = np.full(256, -1, dtype=np.int64)
_HEX[[ord(c) for c in "0123456789abcdef"]] = range(16)
_HEX[[ord(c) for c in "ABCDEF"]] = range(10, 16)
_BACKSLASH, _ESCAPE = 92, 27
_REPLACEMENT: Final = 0xFFFD
_LEADS: Final = np.array([0, 0, 0xC0, 0xE0, 0xF0])  # of characters of so many bytes, what the first begins with
_LONGEST: Final = 24  # bytes of a sequence that sets a colour
_PARAMETER: Final = np.array([chr(code) in "0123456789;:" for code in range(256)])


def unescaped_texts(lines: Lines, span: Positions, chosen: NDArray[np.bool_]) -> pl.Series:
    """Return the text of ascending spans, with JSON's escapes undone in the chosen ones."""
    return as_text(as_column(*unescaped(*buffers(cut_out(lines.data, *span)), chosen)))[0]


def unescaped(data: Bytes, bounds: Positions, chosen: NDArray[np.bool_]) -> tuple[Bytes, Positions]:
    """Return texts, from bound to bound, with JSON's escapes undone in the chosen ones, and their bounds."""
    slashes = places(data == _BACKSLASH)
    if len(slashes):
        slashes = slashes[np.repeat(chosen, np.diff(np.searchsorted(slashes, bounds)))]
    if not len(slashes):
        return data, bounds
    # Of neighbouring backslashes every second one stands for itself.
    first = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
    place = np.arange(len(slashes)) - np.repeat(first, np.diff(np.append(first, len(slashes))))
    begins = slashes[(place % 2 == 0) & (slashes + 1 < len(data))]
    out, meant = data.copy(), data[begins + 1]
    out[begins + 1] = _MEANT[meant]
    codes = begins[meant == ord("u")]
    more = _write_codes(data, codes[codes + 5 < len(data)], out)
    return _without(out, bounds, np.sort(np.concatenate((begins, *more))) if len(codes) else begins)


def _write_codes(data: Bytes, at: Positions, out: Bytes) -> list[Positions]:
    """Write the characters that `\\uXXXX` at some places means, in the bytes after the backslash; tell which bytes of
    these are not needed.

    Two that are the halves of one character become it, in the place of the first; half a character is replaced.
    """
    digits = _HEX[data[at[:, None] + np.arange(2, 6)]]
    at, digits = at[(digits >= 0).all(axis=1)], digits[(digits >= 0).all(axis=1)]
    code = digits @ np.array([4096, 256, 16, 1])
    half = code & 0xFC00
    first = np.flatnonzero((half[:-1] == 0xD800) & (half[1:] == 0xDC00) & (np.diff(at) == 6))
    code[first] = 0x10000 + ((code[first] & 0x3FF) << 10) + (code[first + 1] & 0x3FF)
    code = np.where((code >= 0xD800) & (code < 0xE000), _REPLACEMENT, code)
    width = 1 + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000)
    width[first + 1] = 0
    for column in range(5):
        part = code >> np.maximum(6 * (width - 1 - column), 0)
        out[at + 1 + column] = np.where(column > 0, 0x80 | part & 0x3F, _LEADS[width] | part)
    return [at[width <= column] + 1 + column for column in range(5)]


def without_colours(data: Bytes, bounds: Positions) -> tuple[Bytes, Positions]:
    """Return texts, from bound to bound, without the sequences that set colours or clear a line's rest."""
    at = np.flatnonzero((data[:-1] == _ESCAPE) & (data[1:] == ord("[")))
    end, active = at + 2, np.arange(len(at))
    for _ in range(_LONGEST):
        active = active[end[active] < len(data)]
        active = active[_PARAMETER[data[end[active]]]]
        if not len(active):
            break
        end[active] += 1
    last = data[np.minimum(end, len(data) - 1)]
    whole = (end < len(data)) & ((last == ord("m")) | (last == ord("K")))
    return _without(data, bounds, spread(at[whole], end[whole] + 1))


def _without(data: Bytes, bounds: Positions, dropped: Positions) -> tuple[Bytes, Positions]:
    """Return the bytes but for those at some places, ascending, and where the bounds are among them."""
    kept = cut_out(data, np.append(0, dropped + 1), np.append(dropped, len(data)))
    return buffers(kept)[0], bounds - np.searchsorted(dropped, bounds)
