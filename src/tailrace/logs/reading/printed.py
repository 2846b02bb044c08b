"""Printed: JSON objects that are laid out over several lines, as one line each.

An opening brace stands alone in a line, indented lines follow, and a closing brace that begins a line ends the object:
so `journalctl -o json-pretty` writes, log4j, and whoever lays out JSON for people. What else a file holds is left as it
is, and so are objects without a level and a time, or too long to be an entry of a log.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.json_keys import tell_records
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.words import PAD, U64, Positions, keep, pack

_MOST_BYTES: Final = 1 << 16  # of an object
OPENS: Final = ("{\n ", "{\n\t")
_BLANK: Final = np.array([chr(code) in " \t" for code in range(256)])
_CLOSE: Final = ord("}")

Rows = NDArray[np.intp]


def join_printed(lines: Lines, rows: Rows, *, ended: bool) -> tuple[Lines, Positions] | None:
    """Return lines with each object as one, and in which line each begins, and the one after them; None if none is.

    Objects begin in some of `rows`, ascending. One that has not ended comes after the lines, unless nothing more will.
    """
    words = keep(lines.word(lines.heads[rows]), 3)
    rows = rows[(words == U64(pack(OPENS[0]))) | (words == U64(pack(OPENS[1])))]
    if not len(rows):
        return None
    count, size = len(lines), len(lines.data) - PAD
    flat = np.append(np.flatnonzero(~_BLANK[lines.byte(lines.heads)]), count)
    last = flat[np.searchsorted(flat, rows, "right")]
    held = count
    if last[-1] == count:
        if not ended and size - int(lines.starts[rows[-1]]) <= _MOST_BYTES:
            held = int(rows[-1])
        rows, last = rows[:-1], last[:-1]
    begin, end = lines.starts[rows], lines.ends[last]
    good = (lines.byte(lines.heads[last]) == _CLOSE) & (end - lines.heads[last] <= 2) & (end - begin <= _MOST_BYTES)
    rows, last = rows[good], last[good]
    telling = tell_records(replace(lines.pick(rows), ends=lines.ends[last]).copied()) if len(rows) else good[:0]
    rows, last = rows[telling], last[telling]
    if held == count and not len(rows):
        return None
    return _joined(lines, rows, last, held)


def _joined(lines: Lines, rows: Rows, last: Rows, held: int) -> tuple[Lines, Positions]:
    """Return the lines before one that is held, those from some to others as one, and which each was."""
    within = np.zeros(len(lines) + 1, dtype=np.int64)
    within[rows + 1] += 1
    within[last + 1] -= 1
    kept = np.flatnonzero(np.cumsum(within[:held]) == 0)
    ends = lines.ends.copy()
    ends[rows] = lines.ends[last]
    after = int(lines.starts[held]) if held < len(lines) else lines.after
    return replace(replace(lines, ends=ends).pick(kept), after=after), np.append(kept, held)
