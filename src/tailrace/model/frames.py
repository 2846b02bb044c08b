"""Between Arrow batches and polars frames.

polars has other layouts than a batch (large lists and texts; before version 2, lists of structs for maps); a batch
takes them back by its record type, not here.
"""

from __future__ import annotations

from typing import cast

import polars as pl
import pyarrow as pa


def arrow_to_frame(batch: pa.RecordBatch) -> pl.DataFrame:
    """The batch as a frame of the same columns."""
    return cast(pl.DataFrame, pl.from_arrow(batch, rechunk=False))


def frame_to_arrow(frame: pl.DataFrame) -> pa.Table:
    """The frame as an Arrow table, in the layouts that polars gives it."""
    return frame.to_arrow()
