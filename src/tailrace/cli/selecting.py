"""Which records `--where` keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pyarrow as pa

from tailrace.cli.exits import AskedWronglyError
from tailrace.model.errors import TailraceError
from tailrace.window.compiled import Compiled
from tailrace.window.expression import compile_condition, keep


@dataclass(frozen=True, eq=False)
class Selection:
    """A condition over a topic's latest schema; None keeps everything."""

    schema: pa.Schema
    condition: Compiled | None

    @classmethod
    def of(cls, where: str | None, schema: pa.Schema) -> Self:
        """Read the condition and check it against the schema. Raises AskedWronglyError."""
        try:
            return cls(schema, compile_condition(where, schema) if where is not None else None)
        except TailraceError as error:
            raise AskedWronglyError(f"--where: {error}", hint=error.hint) from None

    def of_batch(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The records that are kept. Those of an older schema are seen as the latest: what they lack is null."""
        if self.condition is None:
            return batch
        return keep(batch if batch.schema.equals(self.schema) else _as_latest(batch, self.schema), self.condition)


def _as_latest(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema([field.with_nullable(True) for field in schema]))
