"""Batches: Arrow record batches of one record type, validated when they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

import polars as pl
import pyarrow as pa

from tailrace.model.convert import from_plain, to_plain
from tailrace.model.fields import Field
from tailrace.model.fit import InvalidBatch, fit_batch
from tailrace.model.frames import arrow_to_frame, frame_to_arrow
from tailrace.model.record import Record

R = TypeVar("R", bound=Record)


class Batch(Generic[R]):
    """Records of one type as columns: what flows through every port.

    `arrow` is the Arrow record batch, of exactly `record_type.arrow_schema()`; `frame` the same as a polars frame.
    Make one with `of`, `from_frame` or `from_arrow`, which validate; a batch never changes. The constructor takes
    columns as they are, for those who know that they fit.
    """

    __slots__ = ("_frame", "arrow", "record_type")

    def __init__(self, record_type: type[R], arrow: pa.RecordBatch) -> None:
        self.record_type = record_type
        self.arrow = arrow
        self._frame: pl.DataFrame | None = None

    @classmethod
    def of(cls, record_type: type[R], records: Iterable[R]) -> Batch[R]:
        """A batch of record instances. Raises InvalidBatch when a value does not fit its field."""
        rows = list(records)
        schema = record_type.arrow_schema()
        columns = [
            _column(record_type, field, rows, schema.field(field.name).type) for field in record_type.record_fields()
        ]
        return cls.from_arrow(record_type, pa.RecordBatch.from_arrays(columns, schema=schema))

    @classmethod
    def empty(cls, record_type: type[R]) -> Batch[R]:
        """A batch without records."""
        schema = record_type.arrow_schema()
        return cls(record_type, pa.RecordBatch.from_pylist([], schema=schema))

    @classmethod
    def from_frame(cls, record_type: type[R], frame: pl.DataFrame) -> Batch[R]:
        """A batch of a polars frame's columns, in any order; a missing column takes its field's default.

        Raises InvalidBatch for a column that is missing, unknown or of another type, and for nulls in a field that
        is not optional.
        """
        return cls.from_arrow(record_type, frame_to_arrow(frame))

    @classmethod
    def from_arrow(cls, record_type: type[R], data: pa.RecordBatch | pa.Table) -> Batch[R]:
        """A batch of Arrow columns, in any order. Validates as `from_frame` does."""
        return cls(record_type, fit_batch(record_type, _one_batch(record_type, data)))

    @property
    def frame(self) -> pl.DataFrame:
        """The batch as a polars frame; maps are polars' maps, or lists of `key` and `value` where it knows none."""
        if self._frame is None:
            self._frame = arrow_to_frame(self.arrow)
        return self._frame

    def records(self) -> Iterator[R]:
        """The records, one instance each; for people and small batches, not for hot paths."""
        fields = self.record_type.record_fields()
        for row in self.arrow.to_pylist():
            yield self.record_type(**{field.name: from_plain(row[field.name], field.type) for field in fields})

    def slice(self, start: int, length: int) -> Batch[R]:
        """`length` records from `start` on, without copying."""
        return Batch(self.record_type, self.arrow.slice(start, length))

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def __repr__(self) -> str:
        return f"Batch[{self.record_type.__name__}]({len(self)} records)"


def concat(record_type: type[R], batches: Iterable[Batch[R]]) -> Batch[R]:
    """Several batches of one type as one."""
    arrows = [batch.arrow for batch in batches]
    if len(arrows) == 1:
        return Batch(record_type, arrows[0])
    table = pa.Table.from_batches(arrows, schema=record_type.arrow_schema())
    return Batch(record_type, _one_batch(record_type, table))


def _one_batch(record_type: type[R], data: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
    if isinstance(data, pa.RecordBatch):
        return data
    batches = data.combine_chunks().to_batches()
    if len(batches) > 1:  # Arrow keeps chunks apart whose texts together exceed 2 GiB
        raise InvalidBatch(f"{data.num_rows} records of {record_type.__name__} are too large for one batch: split them")
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=data.schema)


def _column(record_type: type[R], field: Field, rows: list[R], type_: pa.DataType) -> pa.Array:
    try:
        return pa.array([to_plain(getattr(row, field.name), field.type) for row in rows], type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidBatch(
            f"{record_type.__name__}.{field.name} needs {type_}, but a value does not fit: {error}"
        ) from None


__all__ = ["Batch", "InvalidBatch", "concat"]
