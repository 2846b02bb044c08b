"""Parsing logfmt: the pairs of records as columns."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from tailrace.logs.reading.parsed import BLANKS, listed
from tailrace.logs.reading.scan_logfmt import LEVEL_KEYS, PAIR, TIME_KEYS

_BODY: Final = ("msg", "message", "event")
_LOGGER: Final = ("logger", "component", "caller", "source")
_THREAD: Final = ("thread", "goroutine")


def parse_logfmt(texts: pl.Series) -> pl.DataFrame:
    """Return the columns of `PARSED` for records whose first line is of pairs; without a message, all of it is one."""
    parts = texts.str.splitn("\n", 2).struct.unnest()
    first, rest = parts.to_series(0).fill_null(""), parts.to_series(1).fill_null("")
    pairs = _pairs(first)
    taken = {name: _first(pairs, keys, len(texts)) for name, keys in _COLUMNS.items()}
    other = pairs.filter(~pl.col("key").is_in([*LEVEL_KEYS, *TIME_KEYS]) & ~pl.col("at").is_in(_places(taken)))
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    np.cumsum(np.bincount(other["row"].to_numpy(), minlength=len(texts)), out=offsets[1:])
    # Of a line that says nothing in words, the other pairs are the message.
    line = first.str.replace_all(_KNOWN, "").str.strip_chars()
    body = pl.DataFrame({"said": taken["body"]["value"], "line": line, "rest": rest}).select(
        pl.concat_str(pl.coalesce("said", "line"), pl.lit("\n"), "rest").str.strip_chars_end(BLANKS)
    )
    return pl.DataFrame(
        {
            "body": body.to_series(),
            "logger": taken["logger"]["value"],
            "thread": taken["thread"]["value"],
            "attributes": listed(other.select("key", "value").to_struct(), offsets),
        }
    )


_KNOWN: Final = (
    rf'(?:^|[ \t])(?:{"|".join((*LEVEL_KEYS, *TIME_KEYS)).replace(".", "[.]")})=(?:"(?:[^"\\]|\\.)*"|[^ \t"]*)'
)
_COLUMNS: Final = {"body": _BODY, "logger": _LOGGER, "thread": _THREAD}


def _pairs(lines: pl.Series) -> pl.DataFrame:
    """Return the pairs of all lines: the columns row, key, value, and the pair's place among all."""
    found = pl.DataFrame({"row": np.arange(len(lines)), "pair": lines.str.extract_all(PAIR)}).explode("pair")
    value = pl.col("pair").str.extract(r"^[^=]+=((?s:.*))$")
    quoted = value.str.starts_with('"') & value.str.ends_with('"') & (value.str.len_bytes() > 1)
    plain = value.str.strip_prefix('"').str.strip_suffix('"')
    for escaped, character in ((r"\n", "\n"), (r"\t", "\t"), (r"\"", '"'), (r"\\", "\\")):
        plain = plain.str.replace_all(escaped, character, literal=True)
    return found.drop_nulls("pair").select(
        "row",
        pl.col("pair").str.extract("^([^=]+)=").alias("key"),
        pl.when(quoted).then(plain).otherwise(value).alias("value"),
        pl.int_range(pl.len()).alias("at"),
    )


def _first(pairs: pl.DataFrame, keys: tuple[str, ...], count: int) -> pl.DataFrame:
    """Return the value under the first of the keys that a row has, and the place of that pair; nulls where none."""
    ranks = pl.DataFrame({"key": keys, "rank": range(len(keys))})
    best = pairs.join(ranks, on="key").sort("row", "rank", "at").unique("row", keep="first", maintain_order=True)
    return pl.DataFrame({"row": np.arange(count)}).join(best, on="row", how="left", maintain_order="left")


def _places(taken: dict[str, pl.DataFrame]) -> list[int]:
    return pl.concat([frame["at"] for frame in taken.values()]).drop_nulls().to_list()
