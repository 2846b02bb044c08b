"""What the tests of reading share: a reader that cuts a file into chunks, as fixture `read`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tailrace.logs.reading.chunk import ReadStats, flush, read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.state import ReaderState

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass
class Reading:
    """All that reading a file gave."""

    records: pl.DataFrame
    volumes: pl.DataFrame
    state: ReaderState
    stats: list[ReadStats]

    @property
    def levels(self) -> list[str]:
        return self.records["level"].to_list()

    @property
    def times(self) -> list[str]:
        return [time.isoformat() for time in self.records["time"].to_list()]

    @property
    def counts(self) -> dict[str, int]:
        return dict(self.volumes.group_by("level").agg(pl.sum("lines")).sort("level").iter_rows())

    def column(self, name: str) -> list[object]:
        return self.records[name].to_list()


def _read_pieces(
    pieces: Iterable[bytes],
    *,
    least: int = 13,
    modified: datetime = NOW,
    zone: str = "UTC",
    name: str = "app.log",
    flushed: bool = False,
    saved: bool = True,
    began: date | None = None,
    formats: tuple[Format, ...] = (),
) -> Reading:
    """Read pieces one after the other, the state passing through bytes between them; the last piece is final."""
    pieces = list(pieces)
    clock = TimeContext(modified, ZoneInfo(zone), name, began)
    state, results = ReaderState(), []
    for index, piece in enumerate(pieces):
        final = index == len(pieces) - 1 and not flushed
        result = read_chunk(state, piece, final=final, clock=clock, observed=NOW, least=least, formats=formats)
        state = ReaderState.from_bytes(result.state.to_bytes()) if saved else result.state
        results.append(result)
    if flushed:
        results.append(flush(state, clock=clock, observed=NOW, least=least, formats=formats))
        state = results[-1].state
    volumes = pl.concat([r.volumes for r in results]).group_by("time", "level").agg(pl.sum("lines", "bytes"))
    records = pl.concat([r.records for r in results])
    return Reading(records, volumes.sort("time", "level"), state, [r.stats for r in results])


@pytest.fixture(scope="session")
def read_pieces() -> Callable[..., Reading]:
    """Return the function that reads given pieces."""
    return _read_pieces


@pytest.fixture(scope="session")
def read() -> Callable[..., Reading]:
    """Return a function that reads bytes, whole or in pieces of `step` bytes."""

    def reader(data: bytes | str, *, step: int | None = None, **options: object) -> Reading:
        data = data.encode() if isinstance(data, str) else data
        size = step or max(len(data), 1)
        pieces = [data[i : i + size] for i in range(0, max(len(data), 1), size)]
        return _read_pieces(pieces, **options)  # type: ignore[arg-type]

    return reader


@pytest.fixture(scope="session")
def time_context() -> TimeContext:
    """Return what is known of a file modified at noon, in UTC."""
    return TimeContext(NOW, ZoneInfo("UTC"), "app.log")
