"""Gathered: what was read of several logs, on its way out together. Pure."""

from __future__ import annotations

import polars as pl

from tailrace.logs.reading.chunk import ChunkResult


class Gathered:
    """Records and volumes of several logs with their apps, and sums over all of them."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self.records: list[pl.DataFrame] = []
        self.volumes: list[pl.DataFrame] = []
        self.lines = self.bytes = self.invalid = 0

    def add(self, app: str, uri: str, result: ChunkResult) -> None:
        """Add what was read of one log."""
        if result.records.height:
            self.records.append(result.records.with_columns(app=pl.lit(app), uri=pl.lit(uri)))
        if result.volumes.height:
            self.volumes.append(result.volumes.with_columns(app=pl.lit(app)))
        self.lines += result.stats.lines
        self.bytes += result.stats.bytes
        self.invalid += result.stats.invalid
