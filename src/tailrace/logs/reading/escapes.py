"""Escapes: undoing JSON's within texts, and taking colours out, for a whole buffer of texts at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.lines import spread
from tailrace.logs.reading.words import Bytes, Positions

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


def unescaped(data: Bytes, bounds: Positions, chosen: NDArray[np.bool_]) -> tuple[Bytes, Positions]:
    """Return texts, from bound to bound, with JSON's escapes undone in the chosen ones, and their bounds."""
    slashes = np.flatnonzero(data == _BACKSLASH)
    if len(slashes):
        slashes = slashes[chosen[np.searchsorted(bounds, slashes, "right") - 1]]
    if not len(slashes):
        return data, bounds
    # Of neighbouring backslashes every second one stands for itself.
    first = np.flatnonzero(np.diff(slashes, prepend=-2) != 1)
    place = np.arange(len(slashes)) - np.repeat(first, np.diff(np.append(first, len(slashes))))
    begins = slashes[(place % 2 == 0) & (slashes + 1 < len(data))]
    out, keep = data.copy(), np.ones(len(data), dtype=np.bool_)
    keep[begins] = False
    out[begins + 1] = _MEANT[data[begins + 1]]
    codes = begins[data[begins + 1] == ord("u")]
    _write_codes(data, codes[codes + 5 < len(data)], out, keep)
    return _kept(out, bounds, keep)


def _write_codes(data: Bytes, at: Positions, out: Bytes, keep: NDArray[np.bool_]) -> None:
    """Write the characters that `\\uXXXX` at some places means, in the bytes after the backslash.

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
        keep[at + 1 + column] = column < width


def without_colours(data: Bytes, bounds: Positions) -> tuple[Bytes, Positions]:
    """Return texts, from bound to bound, without the sequences that set colours or clear a line's rest."""
    at = np.flatnonzero((data[:-1] == _ESCAPE) & (data[1:] == ord("[")))
    keep = np.ones(len(data), dtype=np.bool_)
    end, active = at + 2, np.arange(len(at))
    for _ in range(_LONGEST):
        active = active[end[active] < len(data)]
        active = active[_PARAMETER[data[end[active]]]]
        if not len(active):
            break
        end[active] += 1
    last = data[np.minimum(end, len(data) - 1)]
    whole = (end < len(data)) & ((last == ord("m")) | (last == ord("K")))
    keep[spread(at[whole], end[whole] + 1)] = False
    return _kept(data, bounds, keep)


def _kept(data: Bytes, bounds: Positions, keep: NDArray[np.bool_]) -> tuple[Bytes, Positions]:
    """Return the bytes that are kept, and where the bounds are among them."""
    dropped = np.flatnonzero(~keep)
    return data[keep], bounds - np.searchsorted(dropped, bounds)
