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
_NO_TEXT: Final = pl.Series([None], dtype=pl.String)
_NONE: Final = pl.Series("attributes", [[]], dtype=ATTRIBUTES)


def no_texts(count: int) -> pl.Series:
    """Return a column of text in which none of `count` records has any."""
    return _NO_TEXT.new_from_index(0, count)


def as_attributes(columns: dict[str, pl.Series], count: int) -> pl.Series:
    """Return the column `attributes` of `count` records: pairs of a name and the text in its column, where not null."""
    if not columns:
        return _NONE.new_from_index(0, count)
    arrays = [column.to_arrow(compat_level=pl.CompatLevel.oldest()) for column in columns.values()]
    every = pa.concat_arrays(arrays)
    present = every.is_valid().to_numpy(zero_copy_only=False).reshape(len(columns), count).T
    row, column = np.nonzero(present)
    names = pa.array(list(columns), pa.large_string()).take(pa.array(column))
    pairs = pa.StructArray.from_arrays([names, every.take(pa.array(column * count + row))], ["key", "value"])
    offsets = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(present.sum(axis=1), out=offsets[1:])
    return _lists(pairs, offsets)


def listed(pairs: pl.Series, offsets: NDArray[np.int64]) -> pl.Series:
    """Return the column `attributes` of records whose pairs lie one after the other, from offset to offset."""
    return _lists(pairs.to_arrow(compat_level=pl.CompatLevel.oldest()), offsets)


def _lists(pairs: pa.StructArray, offsets: NDArray[np.int64]) -> pl.Series:
    return pl.Series("attributes", pa.LargeListArray.from_arrays(offsets, pairs))
