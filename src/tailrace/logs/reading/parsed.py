"""Parsed: the columns that every way of parsing gives."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

BLANKS: Final = " \t\r\n"  # what is stripped from the end of a message
ATTRIBUTES: Final = pl.List(pl.Struct({"key": pl.String(), "value": pl.String()}))
PARSED: Final[dict[str, pl.DataType]] = {
    "body": pl.String(),
    "logger": pl.String(),
    "thread": pl.String(),
    "attributes": ATTRIBUTES,
}
_NONE: Final = pl.Series("attributes", [[]], dtype=ATTRIBUTES)


def as_attributes(columns: dict[str, pl.Series], count: int) -> pl.Series:
    """Return the column `attributes` of `count` records: pairs of a name and the text in its column, where not null."""
    if not columns:
        return _NONE.new_from_index(0, count)
    every = pl.concat([column.rename("value") for column in columns.values()])
    present = every.is_not_null().to_numpy().reshape(len(columns), count).T
    row, column = np.nonzero(present)
    names = pl.Series("key", list(columns), dtype=pl.String).gather(column)
    pairs = pl.DataFrame([names, every.gather(column * count + row)]).to_struct()
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(present.sum(axis=1), out=offsets[1:])
    return listed(pairs, offsets)


def listed(pairs: pl.Series, offsets: NDArray[np.int64]) -> pl.Series:
    """Return the column `attributes` of records whose pairs lie one after the other, from offset to offset."""
    column = pa.LargeListArray.from_arrays(offsets, pairs.to_arrow(compat_level=pl.CompatLevel.oldest()))
    found = pl.from_arrow(column)
    assert isinstance(found, pl.Series)
    return found.alias("attributes")
