"""Parsed: the columns that every way of parsing gives."""

from __future__ import annotations

from typing import Final

import polars as pl

BLANKS: Final = " \t\r\n"  # what is stripped from the end of a message
ATTRIBUTES: Final = pl.List(pl.Struct({"key": pl.String(), "value": pl.String()}))
PARSED: Final[dict[str, pl.DataType]] = {
    "body": pl.String(),
    "logger": pl.String(),
    "thread": pl.String(),
    "attributes": ATTRIBUTES,
}


def as_attributes(columns: dict[str, str]) -> pl.Expr:
    """Return the column `attributes`: pairs of a name and the text in that name's column, where it is not null."""
    if not columns:
        return pl.lit([], dtype=ATTRIBUTES).alias("attributes")
    pairs = [
        pl.when(pl.col(column).is_not_null()).then(pl.struct(pl.lit(name).alias("key"), pl.col(column).alias("value")))
        for name, column in columns.items()
    ]
    return pl.concat_list(pairs).list.drop_nulls().alias("attributes")
