"""The scanner of formats that have no scanner of their own: their pattern, over every line."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.levels import LEVELS
from tailrace.logs.reading.lines import Lines, as_ascii, cut_out, head_texts
from tailrace.logs.reading.openings import opens_like
from tailrace.logs.reading.scan import Scan, codes_of_names, no_records
from tailrace.logs.reading.stamps import Stamps, in_zones, merge_stamps, no_stamps, on_days, read_stamps
from tailrace.logs.reading.words import Positions

LIMIT: Final = 4096  # bytes of a line that the pattern is shown


def scan_pattern(lines: Lines, form: Format) -> Scan:
    """Scan lines by the pattern of a format: a line that it matches begins a record, unless `joined` matches too."""
    chosen = opens_like(lines, form.openings)
    if len(chosen) == len(lines):
        return _scan(lines, form, _next_texts(lines, chosen, form.lines - 1) if form.lines > 1 else None)
    if not len(chosen):
        return no_records(lines)
    part = _scan(lines.pick(chosen), form, _next_texts(lines, chosen, form.lines - 1) if form.lines > 1 else None)
    start, level = np.zeros(len(lines), dtype=np.bool_), np.zeros(len(lines), dtype=np.uint8)
    start[chosen], level[chosen] = part.start, part.level
    return Scan(start, level, merge_stamps(no_stamps(lines), part.stamps, chosen))


def match_pattern(lines: Lines, form: Format) -> NDArray[np.bool_]:
    """Tell which lines the pattern of a format matches, those that only go on with a record among them."""
    openings = form.openings + form.later
    return _matched(lines, openings, lambda texts: texts.str.contains(_header(form.pattern)))


def begin_by_pattern(lines: Lines, form: Format) -> NDArray[np.bool_]:
    """Tell which lines `scan_pattern` would find to begin a record."""
    pattern = _header(form.pattern)
    if "(?P<joined>" not in pattern:
        return _matched(lines, form.openings, lambda texts: texts.str.contains(pattern))
    return _matched(lines, form.openings, lambda texts: _begin(texts.str.extract_groups(pattern).struct.unnest()))


def _matched(lines: Lines, openings: tuple[str, ...], tell: Callable[[pl.Series], pl.Series]) -> NDArray[np.bool_]:
    """Return what is told of the texts of lines; nothing is asked of lines of another shape."""
    matched = np.zeros(len(lines), dtype=np.bool_)
    chosen = opens_like(lines, openings)
    if len(chosen):
        matched[chosen] = tell(head_texts(lines.pick(chosen), lines.heads[chosen], limit=LIMIT)).to_numpy()
    return matched


def _begin(groups: pl.DataFrame) -> pl.Series:
    start = groups.get_column("body").is_not_null()
    return start & groups.get_column("joined").is_null() if "joined" in groups.columns else start


def _next_texts(lines: Lines, chosen: NDArray[np.intp], count: int) -> pl.Series:
    """Return the beginnings of so many lines after the chosen ones, up to the next of these if they are several."""
    after = np.minimum(chosen + 1, len(lines) - 1)
    following = lines.pick(after)
    if count > 1:
        last = np.minimum(chosen + count, np.append(chosen[1:], len(lines)) - 1)
        following = replace(following, ends=lines.ends[np.maximum(last, after)])
    texts = head_texts(following, following.heads, limit=LIMIT)
    return texts.set(pl.Series(chosen + 1 == len(lines)), "")


def _scan(lines: Lines, form: Format, following: pl.Series | None = None) -> Scan:
    texts = head_texts(lines, lines.heads, limit=LIMIT)
    whole = texts if following is None else texts + "\n" + following
    return scan_groups(lines, texts, whole.str.extract_groups(_header(form.pattern)).struct.unnest(), form)


@cache
def _header(pattern: str) -> str:
    """Return a pattern for what stands before the message, with the groups that a scan asks for alone."""
    if pattern.endswith(BODY):
        pattern = pattern.removesuffix(BODY) + "(?P<body>)"
    return re.sub(r"\(\?P<(?!(?:time|date|zone|level|level0|body|joined)>)\w+>", "(?:", pattern)


def scan_groups(lines: Lines, texts: pl.Series, groups: pl.DataFrame, form: Format) -> Scan:
    """Return what lines are, given their texts and the groups `body`, `level`, `time` that were found in them."""
    level = _levels(groups.get_column("level"), form) if "level" in groups.columns else np.zeros(len(lines), np.uint8)
    if "level0" in groups.columns:
        level = np.where(level > 0, level, codes_of_names(groups.get_column("level0").str.to_lowercase()))
    return Scan(_begin(groups).to_numpy(), level, _stamps(lines, texts, groups, form))


def _levels(words: pl.Series, form: Format) -> NDArray[np.uint8]:
    if not form.levels:
        return codes_of_names(words)
    plain = {word: LEVELS.index(name) for word, name in form.levels.items() if "*" not in word}
    level = np.zeros(len(words), dtype=np.uint8)
    for shape, name in form.levels.items():
        if "*" in shape:
            pattern = "^" + re.escape(shape).replace(r"\*", ".") + "$"
            level[words.str.contains(pattern).fill_null(value=False).to_numpy()] = LEVELS.index(name)
    found = words.replace_strict(list(plain), list(plain.values()), default=0, return_dtype=pl.UInt8)
    known = found.fill_null(0).to_numpy()
    return np.where(known > 0, known, level)


def _stamps(lines: Lines, texts: pl.Series, groups: pl.DataFrame, form: Format) -> Stamps:
    """Read the times that the pattern found, where they stand in the lines, by the first layout that fits."""
    if form.layout is None or "time" not in groups.columns:
        return no_stamps(lines)
    at = _places(lines, texts, groups.get_column("time"))
    stamps = read_stamps(lines, at, form.layout)
    for layout in form.layouts:
        other = np.flatnonzero((stamps.run < 0) & (at < lines.ends))
        if len(other):
            stamps = merge_stamps(stamps, read_stamps(lines.pick(other), at[other], layout), other)
    if form.date is not None and "date" in groups.columns:
        stamps = on_days(stamps, read_stamps(lines, _places(lines, texts, groups.get_column("date")), form.date))
    if "zone" in groups.columns:
        stamps = in_zones(stamps, groups.get_column("zone"))
    if form.zone:
        stamps = in_zones(stamps, pl.Series([form.zone]).new_from_index(0, len(lines)))
    return stamps


def _places(lines: Lines, texts: pl.Series, times: pl.Series) -> Positions:
    """Return where each line's time stands; the line's end where it has none."""
    at = _find(texts, times)
    # What is not UTF-8 has another size as text, so that places in it are not those of bytes.
    size = np.minimum(lines.ends - lines.heads, LIMIT)
    odd = np.flatnonzero((texts.str.len_bytes().to_numpy() != size) | (size == LIMIT))
    if len(odd):
        raw = as_ascii(cut_out(lines.data, lines.heads[odd], (lines.heads + size)[odd]))
        at[odd] = _find(raw, times.gather(odd).str.replace_all("[^\\x00-\\x7f]", "?"))
    return np.where(at < 0, lines.ends, lines.heads + at)


def _find(texts: pl.Series, parts: pl.Series) -> NDArray[np.int64]:
    """Return how many bytes stand before a part in each text; -1 if it is null."""
    place = pl.DataFrame({"text": texts, "part": parts}).select(
        pl.col("text").str.find(pl.col("part"), literal=True).cast(pl.Int64)
    )
    return place.to_series().fill_null(-1).to_numpy(writable=True)
