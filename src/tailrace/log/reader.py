"""Looking into a database that another process owns (or nobody does)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from tailrace.log import catalog
from tailrace.log.cold import ColdStore
from tailrace.log.contract import (
    USUAL,
    Bounds,
    Slice,
    TopicPartition,
    WorkerId,
)
from tailrace.log.ledger import Answering, Ledger, micros
from tailrace.log.slices import gather

_NO_END = 2**62


class SqliteReader(Answering):
    """A `contract.LogReader` that polls: every answer is read afresh, of what is committed at that moment."""

    def __init__(self, path: Path) -> None:
        """Raises TailraceError when there is no database of this version at `path`."""
        self.path = path
        self._cold = ColdStore(path)
        self._ids: dict[TopicPartition, int] = {}
        self._now()

    def read(self, source: TopicPartition, offset: int, bounds: Bounds = USUAL) -> Slice | None:
        """As `contract.LogReader.read`."""
        if source not in self._ids:
            self._now().shelf(source)
        pieces = self._cold.pieces(source, self._ids[source], offset, _NO_END, bounds)
        return gather(source, offset, pieces, bounds)

    def offset_at(self, source: TopicPartition, time: datetime) -> int:
        """As `contract.LogReader.offset_at`."""
        shelf = self._now().shelf(source)
        with self._cold.connection() as connection:
            return catalog.offset_at(connection, self._ids[source], micros(time), shelf)

    def state(self, worker: WorkerId) -> dict[str, bytes]:
        """A worker's committed state."""
        with self._cold.connection() as connection:
            rows = connection.execute("SELECT name, value FROM state WHERE streamlet = ? AND replica = ?", worker)
            return dict(rows.fetchall())

    def close(self) -> None:
        """Close the connections."""
        self._cold.close()

    def _now(self) -> Ledger:
        ledger = Ledger()
        with self._cold.connection() as connection:
            self._ids = catalog.load(connection, ledger, self.path)
        return ledger
