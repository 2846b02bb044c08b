"""Records as lines of JSON, column by column."""

from __future__ import annotations

import json
import re
from typing import Final

import numpy as np
import polars as pl

from tailrace.model.show import visible_json

_RUDE: Final = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def json_lines(records: pl.DataFrame, file: str | None = None) -> bytes:
    """The records of a `ChunkResult` as UTF-8, one object a line; with `file` as its first field, if given.

    A level that is unknown is null; times are ISO 8601 in UTC. Nothing in a line moves a cursor.
    """
    if records.is_empty():
        return b""
    begin = f'{{"file":{json.dumps(file, ensure_ascii=False)},' if file is not None else "{"
    lines = records.select(
        pl.concat_str(
            pl.lit(begin), _fields().str.strip_prefix("{").str.strip_suffix("}"), pl.lit(',"attributes":{'),
            _attributes(records), pl.lit("}}\n"),
        )
    ).to_series()  # fmt: skip
    _, _, data = lines.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()
    found: bytes = data.to_pybytes()
    if np.frombuffer(found, dtype=np.uint8).max() < 0x7F:
        return found
    return _RUDE.sub(lambda match: visible_json(match[0]), found.decode()).encode()


def _fields() -> pl.Expr:
    """All fields but the attributes, as JSON."""
    return pl.struct(
        "line",
        "time",
        pl.when(pl.col("level") != "").then("level").alias("level"),
        pl.col("body").alias("message"),
        "fingerprint",
        "template",
        "logger",
        "thread",
    ).struct.json_encode()


def _attributes(records: pl.DataFrame) -> pl.Series | pl.Expr:
    """The attributes of each record as the inside of a JSON object."""
    rows = records.select("attributes").with_row_index("row").filter(pl.col("attributes").list.len() > 0)
    if rows.is_empty():
        return pl.lit("")
    pair = pl.concat_str(_text("key"), pl.lit(":"), _text("value"))
    pairs = rows.explode("attributes").unnest("attributes").select("row", pair=pair)
    joined = pairs.group_by("row").agg(pl.col("pair").str.join(","))
    every = pl.DataFrame({"row": range(len(records))}, schema={"row": pl.UInt32})
    return every.join(joined, on="row", how="left", maintain_order="left")["pair"].fill_null("")


def _text(column: str) -> pl.Expr:
    """A column of text as JSON."""
    encoded = pl.struct(pl.col(column).alias("x")).struct.json_encode()
    return encoded.str.strip_prefix('{"x":').str.strip_suffix("}")
