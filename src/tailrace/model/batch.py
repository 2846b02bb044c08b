"""Batches: Arrow record batches of one record type, validated when they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.model.convert import from_plain, to_plain
from tailrace.model.errors import TailraceError
from tailrace.model.fields import EnumType, Field, OptionalType
from tailrace.model.frames import arrow_to_frame, frame_to_arrow
from tailrace.model.record import Record

R = TypeVar("R", bound=Record)


class InvalidBatch(TailraceError):
    """Columns do not fit the record type; the message names the type, the column and what came."""


class Batch(Generic[R]):
    """Records of one type as columns: what flows through every port.

    `arrow` is the Arrow record batch, of exactly `record_type.arrow_schema()`; `frame` the same as a polars frame.
    Make one with `of`, `from_frame` or `from_arrow`, which validate; a batch never changes.
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
        return cls(record_type, pa.RecordBatch.from_arrays([pa.array([], f.type) for f in schema], schema=schema))

    @classmethod
    def from_frame(cls, record_type: type[R], frame: pl.DataFrame) -> Batch[R]:
        """A batch of a polars frame's columns, in any order; a missing column takes its field's default.

        Raises InvalidBatch for a column that is missing, unknown or of another type, and for nulls in a field that
        is not optional.
        """
        return cls.from_arrow(record_type, frame_to_arrow(frame, record_type.arrow_schema()))

    @classmethod
    def from_arrow(cls, record_type: type[R], data: pa.RecordBatch | pa.Table) -> Batch[R]:
        """A batch of Arrow columns, in any order. Validates as `from_frame` does."""
        return cls(record_type, _fit(record_type, _one_batch(data)))

    @property
    def frame(self) -> pl.DataFrame:
        """The batch as a polars frame; maps are lists of structs with the fields `key` and `value`."""
        if self._frame is None:
            self._frame = arrow_to_frame(self.arrow)
        return self._frame

    def records(self) -> Iterator[R]:
        """The records, one instance each; for people and small batches, not for hot paths."""
        fields = self.record_type.record_fields()
        for row in self.arrow.to_pylist(maps_as_pydicts="strict"):
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
    return Batch(record_type, _one_batch(pa.Table.from_batches(arrows, schema=record_type.arrow_schema())))


def _one_batch(data: pa.RecordBatch | pa.Table) -> pa.RecordBatch:
    if isinstance(data, pa.RecordBatch):
        return data
    batches = data.combine_chunks().to_batches()
    if len(batches) == 1:
        return batches[0]
    return pa.RecordBatch.from_arrays([pa.array([], field.type) for field in data.schema], schema=data.schema)


def _column(record_type: type[R], field: Field, rows: list[R], type_: pa.DataType) -> pa.Array:
    try:
        return pa.array([to_plain(getattr(row, field.name), field.type) for row in rows], type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidBatch(
            f"{record_type.__name__}.{field.name} needs {type_}, but a value does not fit: {error}"
        ) from None


def _fit(record_type: type[R], data: pa.RecordBatch) -> pa.RecordBatch:
    schema = record_type.arrow_schema()
    if data.schema.names != schema.names:
        data = _arrange(record_type, data, schema)
    columns = [_checked(record_type, field, data.column(field.name), schema) for field in record_type.record_fields()]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _arrange(record_type: type[R], data: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    unknown = [name for name in data.schema.names if name not in schema.names]
    if unknown:
        raise InvalidBatch(f"{record_type.__name__} has no field {unknown[0]!r}; it has {', '.join(schema.names)}")
    columns = []
    for field in record_type.record_fields():
        if field.name in data.schema.names:
            columns.append(data.column(field.name))
        elif field.required:
            raise InvalidBatch(
                f"{record_type.__name__} needs a column {field.name!r}; came: {', '.join(data.schema.names)}"
            )
        else:
            value = to_plain(field.default, field.type)
            columns.append(pa.array([value] * data.num_rows, schema.field(field.name).type))
    return pa.RecordBatch.from_arrays(columns, names=schema.names)


def _checked(record_type: type[R], field: Field, column: pa.Array, schema: pa.Schema) -> pa.Array:
    target = schema.field(field.name).type
    if column.type != target:
        column = _cast(record_type, field, column, target)
    if not field.optional and column.null_count:
        first = pc.index(column.is_null(), True).as_py()
        raise InvalidBatch(f"{record_type.__name__}.{field.name} must not be null; record {first} of {len(column)} is")
    _check_symbols(record_type, field, column)
    return column


def _cast(record_type: type[R], field: Field, column: pa.Array, target: pa.DataType) -> pa.Array:
    if not _widens(column.type, target):
        raise InvalidBatch(f"{record_type.__name__}.{field.name} needs {target}, but {column.type} came")
    try:
        return column.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InvalidBatch(
            f"{record_type.__name__}.{field.name} needs {target}, but {column.type} came: {error}"
        ) from None


def _widens(source: pa.DataType, target: pa.DataType) -> bool:
    """Whether a cast keeps the meaning: another layout of the same thing, or a number type that can hold it."""
    families = (
        (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_dictionary),
        (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
        (pa.types.is_integer,),
        (pa.types.is_integer, pa.types.is_floating),
        (pa.types.is_timestamp,),
        (pa.types.is_decimal,),
        (pa.types.is_nested,),
    )
    if pa.types.is_null(source):
        return True
    return any(
        any(is_(source) for is_ in family) and family[-1 if len(family) == 2 else 0](target) for family in families
    )


def _check_symbols(record_type: type[R], field: Field, column: pa.Array) -> None:
    type_ = field.type.inner if isinstance(field.type, OptionalType) else field.type
    if not isinstance(type_, EnumType):
        return
    foreign: Any = pc.filter(column, pc.invert(pc.is_in(column, pa.array([*type_.symbols, None], pa.string()))))
    if len(foreign):
        symbols = ", ".join(type_.symbols)
        raise InvalidBatch(f"{record_type.__name__}.{field.name} is one of {symbols}, but {foreign[0].as_py()!r} came")
