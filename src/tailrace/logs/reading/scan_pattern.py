"""The scanner of formats that have no scanner of their own: their pattern, over every line."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.levels import LEVELS
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan import Scan, codes_of_names
from tailrace.logs.reading.stamps import Stamps, no_stamps, read_stamps
from tailrace.logs.reading.words import PAD, view

_LIMIT: Final = 4096  # bytes of a line that the pattern is shown


def scan_pattern(lines: Lines, form: Format) -> Scan:
    """Scan lines by the pattern of a format: a line that it matches begins a record."""
    groups = head_texts(lines, lines.heads, limit=_LIMIT).str.extract_groups(form.pattern).struct.unnest()
    start = groups.get_column("body").is_not_null().to_numpy()
    level = _levels(groups.get_column("level"), form)
    return Scan(start, level, _stamps(lines, groups, form))


def _levels(words: pl.Series, form: Format) -> NDArray[np.uint8]:
    if not form.levels:
        return codes_of_names(words)
    level = np.zeros(len(words), dtype=np.uint8)
    for shape, name in form.levels.items():
        pattern = "^" + shape.replace("*", ".") + "$"
        level[words.str.contains(pattern).fill_null(value=False).to_numpy()] = LEVELS.index(name)
    return level


def _stamps(lines: Lines, groups: pl.DataFrame, form: Format) -> Stamps:
    """Read the times that the pattern found, from a buffer that holds nothing else."""
    if form.layout is None or "time" not in groups.columns:
        return no_stamps(lines)
    times = groups.get_column("time").fill_null("")
    sizes = times.str.len_bytes().to_numpy().astype(np.int64) + 1
    data = ("\n".join(times.to_list()) + "\n").encode() + bytes(PAD)
    ends = np.cumsum(sizes)
    starts = ends - sizes
    text = Lines(data, np.frombuffer(data, np.uint8), view(data), starts, starts, ends - 1, len(data) - PAD)
    return read_stamps(text, starts, form.layout)
