"""Counting like messages: of each application and stretch of time the worst and most frequent, the others as a sum.

Pure, on columns, and bounded: how many different messages there are does not matter. Rows are told apart by
application, `window_start`, fingerprint and level. Of those that are not kept, the counts are added up in a row for
each level without fingerprint and text, so that the counts of all rows of a window are those of its records.

What is kept is exact for a message that is always among those kept. Where there are more, it is a lower bound; one that
was seen before goes before one that never was, so in a flood of messages that come once, whatever comes again is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from tailrace.logs.rules.hashes import Hashes, HashSet, hashes_of

OTHERS: Final = ""
"""The fingerprint of messages that are only counted."""
PER_WINDOW: Final = 20
"""Messages kept of one application and window, at least."""
_PER_STEP: Final = 500
"""Messages kept of one step in all, if that is more."""
MESSAGE: Final = ("app", "window_start", "fingerprint", "level")
TEXTS: Final = ("template", "sample", "uri", "line", "before", "after")
RANKS: Final = {"FATAL": 3, "ERROR": 2, "WARN": 1}
_WINDOW: Final = ("app", "window_start")
_SAMPLE_LIMIT: Final = 4000  # characters; a mail shows fewer
_CONTEXT_LIMIT: Final = 1000
_BARE: Final = 1 << 40
"""Added to the place of a row without lines around it, so that others come first."""
_EMPTY: Final = {"fingerprint": pl.lit(OTHERS), "new": pl.lit(False), "line": pl.lit(0, dtype=pl.Int64)}


def count_messages(records: pl.DataFrame, pane: timedelta, seen: HashSet) -> pl.DataFrame:
    """Rows of `Cause` for a step's records, times as microseconds; what was never seen before is noted, and marked."""
    length = pane // timedelta(microseconds=1)
    time = pl.col("time").dt.epoch("us")
    looked = records.select(
        "app",
        (time // length * length).alias("window_start"),
        "fingerprint",
        "level",
        time.alias("first"),
        (pl.int_range(pl.len()) + _bare().cast(pl.Int64) * _BARE).alias("#row"),
    )
    span = [pl.col("first").min(), pl.col("first").max().alias("last")]
    counts = pl.len().cast(pl.Int64).alias("n")
    found = looked.group_by(MESSAGE, maintain_order=True).agg(counts, *span, pl.col("#row").min() % _BARE)
    found = found.with_columns(pl.Series("new", _never_seen(found, seen)))
    kept, others = worst(found, max(PER_WINDOW, _PER_STEP // max(_windows(found), 1)))
    sampled = records[kept["#row"]].with_columns(pl.col("body").alias("sample")).select(_TEXTS_CUT)
    whole = pl.concat([kept.drop("#row"), sampled], how="horizontal")
    whole = whole if others is None else pl.concat([whole, _without_texts(others, whole)])
    return whole.with_columns((pl.col("window_start") + length).alias("window_end"))


def sum_messages(parts: Sequence[pl.DataFrame], most: int = PER_WINDOW) -> pl.DataFrame:
    """Rows of several steps as one of each message: counts added up, and the sample of the first with lines around it.

    Columns beside those of `count_messages` have to be numbers, of which the greatest is kept.
    """
    rows = pl.concat(parts).sort(_bare(), "first", maintain_order=True).with_row_index("#row")
    known = {*MESSAGE, *TEXTS, "n", "first", "last", "new", "#row"}
    greatest = [pl.col(name).max() for name in rows.columns if name not in known]
    span = [pl.col("first").min(), pl.col("last").max(), pl.col("new").any()]
    found = rows.group_by(MESSAGE, maintain_order=True).agg(pl.col("n").sum(), *span, *greatest, pl.col("#row").first())
    kept, others = worst(found, most)
    whole = pl.concat([kept.drop("#row"), rows[kept["#row"]].select(TEXTS)], how="horizontal")
    return (whole if others is None else pl.concat([whole, _without_texts(others, whole)])).select(parts[0].columns)


def worst(found: pl.DataFrame, most: int) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Of each window so many messages, worst and most frequent first; and what all others come to, if there are any."""
    grade = rank().cast(pl.Int64) * (1 << 50) + pl.col("n").clip(0, 1 << 48) * 2 + (~pl.col("new")).cast(pl.Int64)
    ordered = found.sort(grade, descending=True, maintain_order=True)
    if found.height <= most and not (found["fingerprint"] == OTHERS).any():
        return ordered, None
    named = pl.col("fingerprint") != OTHERS
    keep = ordered.select(named & (named.cast(pl.Int64).cum_sum().over(_WINDOW) <= most)).to_series()
    rest = ordered.filter(~keep)
    if not rest.height:
        return ordered, None
    sums = {name: pl.col(name).sum() if name == "n" else _span(name) for name in _numbers(rest)}
    return ordered.filter(keep), rest.group_by(*_WINDOW, "level", maintain_order=True).agg(**sums)


def rank() -> pl.Expr:
    """How bad a level is, from 0."""
    return pl.col("level").replace_strict(RANKS, default=0, return_dtype=pl.Int8)


def _bare() -> pl.Expr:
    return (pl.col("before") == "") & (pl.col("after") == "")


_TEXTS_CUT: Final = (
    "template",
    pl.col("sample").str.slice(0, _SAMPLE_LIMIT),
    "uri",
    "line",
    pl.col("before").str.slice(-_CONTEXT_LIMIT),
    pl.col("after").str.slice(0, _CONTEXT_LIMIT),
)


def _numbers(rows: pl.DataFrame) -> list[str]:
    return [name for name in rows.columns if name not in {*MESSAGE, "new", "#row"}]


def _span(name: str) -> pl.Expr:
    return pl.col(name).min() if name == "first" else pl.col(name).max()


def _without_texts(others: pl.DataFrame, like: pl.DataFrame) -> pl.DataFrame:
    """Rows of others with all columns, in the order of `like`."""
    missing = [name for name in like.columns if name not in others.columns]
    return others.with_columns(_EMPTY.get(name, pl.lit("")).alias(name) for name in missing).select(like.columns)


def _windows(found: pl.DataFrame) -> int:
    return found.select(pl.struct(_WINDOW).n_unique()).item() if found.height > _PER_STEP else 1


def _never_seen(found: pl.DataFrame, seen: HashSet) -> np.ndarray:
    """Which rows are the first ever of their message in their application."""
    hashes = found.select("first").with_columns(pl.Series("hash", message_hashes(found))).with_row_index("#place")
    firsts = hashes.sort("first", maintain_order=True).unique("hash", keep="first", maintain_order=True)
    new = np.zeros(found.height, dtype=np.bool_)
    new[firsts["#place"].to_numpy()[seen.add(firsts["hash"].to_numpy())]] = True
    return new


def message_hashes(rows: pl.DataFrame) -> Hashes:
    """64 bits for each row's application and fingerprint, the same everywhere and always."""
    number = pl.col("fingerprint").str.to_integer(base=16, dtype=pl.UInt64, strict=False)
    numbers = rows.select(pl.when(pl.col("fingerprint").str.len_bytes() == 16).then(number)).to_series()
    if numbers.null_count():  # a fingerprint of somebody else's making
        unread = rows["fingerprint"].filter(numbers.is_null())
        filled = numbers.fill_null(0).to_numpy().copy()
        filled[numbers.is_null().to_numpy()] = hashes_of(unread.to_list())
        numbers = pl.Series(filled)
    apps = rows["app"].unique()
    own = pl.Series(hashes_of(apps.to_list()), dtype=pl.UInt64)
    return np.asarray(numbers.to_numpy() ^ rows["app"].replace_strict(apps, own, return_dtype=pl.UInt64).to_numpy())
