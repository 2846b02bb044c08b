"""What the log's tests share: batches of numbers, and every log behind one factory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tailrace.log.contract import USUAL, Bounds, Log, TopicPartition, TopicSpec
from tailrace.log.memory import MemoryLog
from tailrace.log.sqlite import SqliteLog

SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False), pa.field("text", pa.string())])
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Kit:
    """Small helpers, handed to tests as the fixture `kit`."""

    schema = SCHEMA
    noon = NOON

    @staticmethod
    def batch(*numbers: int) -> pa.RecordBatch:
        texts = [f"line {number}" for number in numbers]
        return pa.RecordBatch.from_pydict({"n": list(numbers), "text": texts}, schema=SCHEMA)

    @staticmethod
    def spec(name: str = "lines", partitions: int = 1, **more: object) -> TopicSpec:
        return TopicSpec(name, partitions, SCHEMA, "f1", **more)  # type: ignore[arg-type]

    @staticmethod
    def at(seconds: float) -> datetime:
        return NOON + timedelta(seconds=seconds)

    @staticmethod
    def source(partition: int = 0, topic: str = "lines") -> TopicPartition:
        return TopicPartition(topic, partition)

    @staticmethod
    def numbers(log: object, source: TopicPartition, offset: int = 0, bounds: Bounds = USUAL) -> list[int]:
        """Everything that stands in a partition from `offset` on, read slice by slice."""
        found: list[int] = []
        while (slice_ := log.read(source, offset, bounds)) is not None:  # type: ignore[attr-defined]
            found += slice_.batch.column("n").to_pylist()
            offset = slice_.next
        return found


@pytest.fixture
def kit() -> Kit:
    return Kit()


# A log that keeps no records in memory reads every one from the disk.
MAKERS: dict[str, Callable[[Path], Log]] = {
    "memory": lambda path: MemoryLog(),
    "sqlite": lambda path: SqliteLog(path / "log.db"),
    "sqlite-cold": lambda path: SqliteLog(path / "log.db", tail_bytes=0),
}


@pytest.fixture(params=sorted(MAKERS))
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    made = MAKERS[request.param](tmp_path)
    yield made
    made.close()
