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

LIMIT: Final = 4096  # bytes of a line that the pattern is shown


def scan_pattern(lines: Lines, form: Format) -> Scan:
    """Scan lines by the pattern of a format: a line that it matches begins a record."""
    texts = head_texts(lines, lines.heads, limit=LIMIT)
    groups = texts.str.extract_groups(form.pattern).struct.unnest()
    start = groups.get_column("body").is_not_null().to_numpy()
    level = _levels(groups.get_column("level"), form)
    return Scan(start, level, _stamps(lines, texts, groups, form))


def _levels(words: pl.Series, form: Format) -> NDArray[np.uint8]:
    if not form.levels:
        return codes_of_names(words)
    level = np.zeros(len(words), dtype=np.uint8)
    for shape, name in form.levels.items():
        pattern = "^" + shape.replace("*", ".") + "$"
        level[words.str.contains(pattern).fill_null(value=False).to_numpy()] = LEVELS.index(name)
    return level


def _stamps(lines: Lines, texts: pl.Series, groups: pl.DataFrame, form: Format) -> Stamps:
    """Read the times that the pattern found, where they stand in the lines."""
    if form.layout is None or "time" not in groups.columns:
        return no_stamps(lines)
    frame = pl.DataFrame({"text": texts, "time": groups.get_column("time")})
    place = frame.select(pl.col("text").str.find(pl.col("time"), literal=True).cast(pl.Int64)).to_series()
    at = place.fill_null(-1).to_numpy(writable=True)
    # What is not UTF-8 was replaced by a character of another size, so that places in the text are not those of bytes.
    for row in texts.str.contains("\ufffd", literal=True).arg_true().to_list():
        time = groups["time"][row]
        at[row] = (
            -1 if time is None else lines.data.find(time.encode(), lines.heads[row], lines.ends[row]) - lines.heads[row]
        )
    return read_stamps(lines, np.where(at < 0, lines.ends, lines.heads + at), form.layout)
