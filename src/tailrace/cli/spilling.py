"""Spilling: records of the past that are more than memory should hold wait on disk, in order of time."""

from __future__ import annotations

from tempfile import NamedTemporaryFile
from typing import Final

import pyarrow as pa

from tailrace.logs.strides import Held, Past, Run, Times, merged
from tailrace.model.record import Record

_MOST: Final = 1 << 25
"""Bytes of records that are held in memory before they go to disk, all together."""
_BLOCK: Final = 1 << 13
"""Records that are read back from disk at once."""


class Spill:
    """Takes records of one type in any order, and keeps what is beyond so many bytes in files without a name."""

    def __init__(self, record_type: type[Record], most: int = _MOST) -> None:
        self._record_type = record_type
        self._most = most
        self._held: list[pa.RecordBatch] = []
        self._size = 0
        self._runs: list[Run] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take records. Raises OSError when there is no room for them on the disk."""
        self._held.append(batch)
        self._size += batch.nbytes
        if self._size > self._most:
            self._runs.append(_Stored(self._settled()))

    def take(self, other: Spill) -> None:
        """Take over all that another one has, which is of no use from then on."""
        self._runs += other._runs
        for batch in other._held:
            self.add(batch)

    def past(self) -> Past:
        """All that was taken."""
        if self._held:
            self._runs.append(self._settled())
        return Past(self._record_type, tuple(self._runs))

    def _settled(self) -> Held:
        run = Held.of(self._record_type, merged(self._held))
        self._held, self._size = [], 0
        return run


class _Stored:
    """Records in order of time that lie on disk, in a file without a name; their times stay in memory."""

    def __init__(self, run: Held) -> None:
        self.times: Times = run.times.copy()
        table = pa.Table.from_batches([run.slice(0, len(run.times))])
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with NamedTemporaryFile(prefix="tailrace-") as named:
            with pa.ipc.new_file(named.name, table.schema, options=options) as writer:
                writer.write_table(table, max_chunksize=_BLOCK)
            self._reader = pa.ipc.open_file(pa.memory_map(named.name))
        self._number, self._block = 0, self._reader.get_batch(0)

    def slice(self, begin: int, count: int) -> pa.RecordBatch:
        """So many records from one on, read from the disk."""
        numbers = range(begin // _BLOCK, -(-(begin + count) // _BLOCK))
        whole = merged([self._read(number) for number in numbers])
        return whole.slice(begin - numbers.start * _BLOCK, count)

    def _read(self, number: int) -> pa.RecordBatch:
        if self._number != number:
            self._number, self._block = number, self._reader.get_batch(number)
        return self._block
