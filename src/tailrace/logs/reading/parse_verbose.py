"""Parsing what `journalctl -o verbose` prints: an entry's fields, each in a line of its own after the entry's time."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from tailrace.logs.reading.parsed import BLANKS, listed, no_texts

# Of a value of several lines the further ones are indented to where the first begins.
_FIELD: Final = r"(?m)^ {4}[A-Z_][A-Z0-9_]*=[^\n]*(?:\n {5,}[^\n]*)*"
_BODY, _LOGGER, _LEVEL = "MESSAGE", "SYSLOG_IDENTIFIER", "PRIORITY"


def parse_verbose(texts: pl.Series) -> pl.DataFrame:
    """Return the columns of `parsed.PARSED` for entries; one without a message is its own."""
    count = len(texts)
    fields = pl.DataFrame({"row": np.arange(count), "field": texts.str.extract_all(_FIELD)}).explode("field")
    fields = fields.drop_nulls().select(
        "row",
        pl.col("field").str.extract(r"^ *([^=]+)=").alias("key"),
        pl.col("field").str.extract(r"=((?s:.*))$").str.replace_all(r"\n {5,}", "\n").alias("value"),
    )
    rest = fields.filter(~pl.col("key").is_in([_BODY, _LOGGER, _LEVEL]))
    bounds = np.searchsorted(rest["row"].to_numpy(), np.arange(count + 1))
    return pl.DataFrame(
        {
            "body": pl.select(
                pl.coalesce(_values(fields, _BODY, count), texts).str.strip_chars_end(BLANKS)
            ).to_series(),
            "logger": _values(fields, _LOGGER, count),
            "thread": no_texts(count),
            "attributes": listed(rest.select("key", "value").to_struct(), bounds),
        }
    )


def _values(fields: pl.DataFrame, key: str, count: int) -> pl.Series:
    """Return the last value of a field in each of so many entries; null where there is none."""
    chosen = fields.filter(pl.col("key") == key).unique("row", keep="last", maintain_order=True)
    return no_texts(count).scatter(chosen["row"], chosen["value"])
