"""The scanner of logfmt: pairs of a key and a value, a level among them, in any order."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.levels import PATTERN
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_pattern import LIMIT, scan_groups
from tailrace.logs.reading.search import first_hits, search
from tailrace.logs.reading.stamps import merge_stamps, no_stamps

LEVEL_KEYS: Final = ("level", "lvl", "loglevel", "log.level", "severity")
TIME_KEYS: Final = ("time", "ts", "timestamp", "@timestamp", "t")
PAIR: Final = r'[A-Za-z_@][A-Za-z0-9_.@/-]*=(?:"(?:[^"\\]|\\.)*"|[^ \t"]*)'
_BEFORE: Final = rf"^(?:{PAIR}[ \t]+)*?"
_LEVEL: Final = (
    _BEFORE + rf'(?:{"|".join(LEVEL_KEYS).replace(".", "[.]")})="?((?i-u:{PATTERN}))(?:[+-][0-9]+)?(?:[ \t"]|$)'
)
_DIGITS: Final = r'[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][^ \t"]+|[0-9]{10}[0-9.]*'
_TIME: Final = _BEFORE + rf'(?:{"|".join(TIME_KEYS)})="?({_DIGITS})'


def scan_logfmt(lines: Lines, form: Format) -> Scan:
    """Scan lines of pairs."""
    chosen = _holding_level(lines)
    start, level = np.zeros(len(lines), dtype=np.bool_), np.zeros(len(lines), dtype=np.uint8)
    if not len(chosen):
        return Scan(start, level, no_stamps(lines))
    picked = lines.pick(chosen)
    texts = head_texts(picked, picked.heads, limit=LIMIT)
    found = texts.str.extract(_LEVEL)
    groups = pl.DataFrame({"body": found, "level": found.str.to_lowercase(), "time": texts.str.extract(_TIME)})
    part = scan_groups(picked, texts, groups, form)
    start[chosen], level[chosen] = part.start, part.level
    return Scan(start, level, merge_stamps(no_stamps(lines), part.stamps, chosen))


def begins_with_pair(lines: Lines, form: Format) -> NDArray[np.bool_]:
    """Tell which lines `scan_logfmt` would find to begin a record."""
    del form
    chosen = _holding_level(lines)
    start = np.zeros(len(lines), dtype=np.bool_)
    if len(chosen):
        start[chosen] = head_texts(lines.pick(chosen), lines.heads[chosen], limit=LIMIT).str.contains(_LEVEL).to_numpy()
    return start


def _holding_level(lines: Lines) -> NDArray[np.intp]:
    """Return which lines may hold a level: those with the end of a key that it stands under."""
    held = (first_hits(lines, search(lines, ending), len(ending)) >= 0 for ending in ("l=", "y="))
    return np.flatnonzero(np.logical_or.reduce(list(held)))
