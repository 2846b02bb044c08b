"""Reading segments back from the database, by as many threads as like."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from tailrace.log.contract import Bounds, TopicPartition
from tailrace.log.faults import fault
from tailrace.log.schema import open_reading
from tailrace.log.segments import decode, read_schema
from tailrace.log.slices import Piece
from tailrace.model.errors import TailraceError

_SEGMENTS = """
    SELECT base, rows, size, schema, crc, body FROM segments
    WHERE partition = ?1 AND base < ?3 AND base >= coalesce(
        (SELECT base FROM segments WHERE partition = ?1 AND base <= ?2 ORDER BY base DESC LIMIT 1), ?2)
    ORDER BY base"""
_OPEN_PIECES = 8
_WORTH_KEEPING = 64 * 1024


class ColdStore:
    """Reading connections to one database, lent and taken back, and the segments that were read only in part."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._schemas: dict[int, pa.Schema] = {}
        self._open_pieces: deque[tuple[int, Piece]] = deque(maxlen=_OPEN_PIECES)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for the time of the block; what SQLite reports comes out as a sentence."""
        with self._lock:
            if self._closed:
                raise TailraceError("the log is closed")
            connection = self._idle.pop() if self._idle else None
        connection = connection or open_reading(self._path)
        try:
            yield connection
        except sqlite3.Error as error:
            raise fault(error, self._path) from error
        finally:
            self._take_back(connection)

    def _take_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def pieces(self, source: TopicPartition, partition_id: int, offset: int, until: int, bounds: Bounds) -> list[Piece]:
        """Pieces for a slice from `offset` on, before `until`; as many as the bounds ask for. None at the end."""
        found: list[Piece] = []
        kept = self._open_piece(partition_id, offset)
        if kept:
            found.append(kept)
            bounds = bounds.less(kept.end - offset, kept.batch.slice(offset - kept.base).nbytes)
        if not bounds.reached:
            start = kept.end if kept else offset
            with self.connection() as connection:
                found += self._stored(connection, source, partition_id, start, until, bounds)
        if found and max(piece.size for piece in found) >= _WORTH_KEEPING:
            self._open_pieces.append((partition_id, found[-1]))
        return found

    def _stored(
        self,
        connection: sqlite3.Connection,
        source: TopicPartition,
        partition_id: int,
        offset: int,
        until: int,
        bounds: Bounds,
    ) -> list[Piece]:
        found: list[Piece] = []
        cursor = connection.execute(_SEGMENTS, (partition_id, offset, until))
        try:
            for base, rows, size, schema, crc, body in cursor:
                if base + rows <= offset:
                    continue
                batch = self._decoded(connection, source, base, schema, crc, body)
                found.append(Piece(base, batch, size))
                taken = size if base >= offset else batch.slice(offset - base).nbytes
                bounds = bounds.less(base + rows - max(base, offset), taken)
                if bounds.reached:
                    break
        finally:
            cursor.close()  # ends the read transaction, which would keep the write-ahead log from being reset
        return found

    def _decoded(
        self, connection: sqlite3.Connection, source: TopicPartition, base: int, schema: int, crc: int, body: bytes
    ) -> pa.RecordBatch:
        try:
            return decode(body, crc, self._schema(connection, schema))
        except (OSError, ValueError) as error:  # Arrow's errors are among these
            raise TailraceError(
                f"the segment at offset {base} of {source} in {self._path} is damaged: {error}",
                hint="restore the database from a copy, or move it away with its -wal file and start anew",
            ) from error

    def _schema(self, connection: sqlite3.Connection, number: int) -> pa.Schema:
        if number not in self._schemas:
            row = connection.execute("SELECT arrow FROM schemas WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise ValueError(f"its schema {number} is missing")
            self._schemas[number] = read_schema(row[0])
        return self._schemas[number]

    def _open_piece(self, partition_id: int, offset: int) -> Piece | None:
        """The piece that contains `offset` if it was read lately: a reader of small slices decodes it once."""
        for number, piece in list(self._open_pieces):
            if number == partition_id and piece.base <= offset < piece.end:
                return piece
        return None

    def close(self) -> None:
        """Close the connections that are not lent; the others follow when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
