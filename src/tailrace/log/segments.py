"""Segments: how a batch is cut, compressed and stored, and read again. Pure.

A segment's body is one Arrow IPC record batch message; its schema stands once in the database, named by a number. That
saves several hundred bytes per small segment. Source: Arrow columnar format 1.5, "Encapsulated message format".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import pyarrow as pa

from tailrace.model.errors import TailraceError

SEGMENT_BYTES: Final = 8 * 1024 * 1024
"""Bytes of Arrow buffers that a segment should have at most, so that reading a few records decodes no more."""
_COMPRESS_FROM: Final = 8 * 1024
"""Below this, padding and headers outweigh what compression saves, and decoding costs twenty times as much."""
_COMPRESS_WELL_FROM: Final = 256 * 1024
"""From here on zstd costs no more than lz4 in all, as half as much is written; below, its set-up alone costs more."""
_END_OF_STREAM: Final = 8


class Segment(NamedTuple):
    """A batch, or a part of it, ready to be stored. `size` counts its bytes as Arrow buffers."""

    rows: int
    size: int
    crc: int
    body: pa.Buffer


def encode(batch: pa.RecordBatch, size: int) -> list[Segment]:
    """Cut a batch of `size` bytes into segments of about SEGMENT_BYTES, by rows, and encode each."""
    if size <= SEGMENT_BYTES:
        return [_segment(batch, size)]
    rows = max(batch.num_rows * SEGMENT_BYTES // size, 1)
    parts = (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))
    return [_segment(part, part.nbytes) for part in parts]


def decode(body: bytes, crc: int, schema: pa.Schema) -> pa.RecordBatch:
    """The batch of a segment. Raises ValueError when the bytes are not those that were stored."""
    if zlib.crc32(body) != crc:
        raise ValueError("its checksum does not fit")
    return pa.ipc.read_record_batch(pa.py_buffer(body), schema)


def schema_bytes(schema: pa.Schema) -> bytes:
    """The schema as an IPC message. Raises TailraceError for dictionary columns, which a segment cannot hold."""
    for name in _dictionaries(schema):
        raise TailraceError(
            f"column {name!r} is dictionary-encoded, which no segment can hold", hint="cast it to its value type first"
        )
    message: bytes = schema.serialize().to_pybytes()
    return message


def read_schema(message: bytes) -> pa.Schema:
    """The schema of an IPC message."""
    return pa.ipc.read_schema(pa.py_buffer(message))


def _segment(batch: pa.RecordBatch, size: int) -> Segment:
    body = batch.serialize() if size < _COMPRESS_FROM else _compressed(batch, size)
    return Segment(batch.num_rows, size, zlib.crc32(body), body)


def _compressed(batch: pa.RecordBatch, size: int) -> pa.Buffer:
    """The record batch message within a stream of schema, batch and end: only stream writers compress."""
    sink = pa.BufferOutputStream()
    codec = "zstd" if size >= _COMPRESS_WELL_FROM else "lz4"
    options = pa.ipc.IpcWriteOptions(compression=codec, use_threads=False)
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    stream = sink.getvalue()
    start = batch.schema.serialize().size
    return stream.slice(start, stream.size - start - _END_OF_STREAM)


def _dictionaries(schema: pa.Schema) -> Iterator[str]:
    for field in schema:
        if _holds_dictionary(field.type):
            yield field.name


def _holds_dictionary(type_: pa.DataType) -> bool:
    children = [type_.field(index).type for index in range(type_.num_fields)]
    return pa.types.is_dictionary(type_) or any(_holds_dictionary(child) for child in children)
