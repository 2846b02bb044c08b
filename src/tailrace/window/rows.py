"""The rows that an aggregate gives out, made from its state."""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

from tailrace.window import sqltypes as t
from tailrace.window.assignment import START
from tailrace.window.checked import FINAL, WINDOW_END, WINDOW_START, CheckedAggregate

_MOMENT: Final = pl.Datetime("us", "UTC")


class Rows:
    """Turns rows of the totals into record batches of the schema `output`, ordered by window and keys."""

    def __init__(self, checked: CheckedAggregate, output: pa.Schema) -> None:
        self._output = output
        self._order = [START, *checked.key_names]
        start, end = pl.col(START), pl.col(START) + checked.windows.length
        columns = {
            WINDOW_START: start.cast(_MOMENT),
            WINDOW_END: end.cast(_MOMENT),
            **{name: pl.col(key) for name, key in zip(checked.declaration.by, checked.key_names, strict=True)},
            **{
                name: result.expr.cast(t.polars_type(result.dtype)) for name, result in checked.measures.results.items()
            },
        }
        self._columns = {name: column.alias(name) for name, column in columns.items()}

    def of(self, totals: pl.DataFrame | None, *, final: bool) -> pa.RecordBatch:
        """The rows as a batch; an empty one when there are none."""
        if totals is None or not totals.height:
            return pa.RecordBatch.from_pylist([], self._output)
        columns = {**self._columns, FINAL: pl.lit(final).alias(FINAL)}
        ordered = totals.sort(self._order, nulls_last=False)
        table = ordered.select([columns[name] for name in self._output.names]).to_arrow(
            compat_level=pl.CompatLevel.oldest()
        )
        return table.cast(self._output, safe=False).combine_chunks().to_batches()[0]
