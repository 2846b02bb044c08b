"""Gathered: what was read of several logs, on its way out together. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from tailrace.logs.reading.chunk import ChunkResult
from tailrace.logs.reading.together import Part, assemble

_AHEAD = timedelta(days=1)
_TIME = pl.Datetime("us", "UTC")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORIGIN = [("app", pl.String()), ("uri", pl.String()), ("modified", _TIME)]


def _moment(time: datetime) -> pl.Expr:
    """A time as a column; Polars takes ten times as long to make one of a time itself."""
    return pl.lit((time - _EPOCH) // timedelta(microseconds=1), pl.Int64).cast(_TIME)


def from_the_future(now: datetime) -> pl.Expr:
    """Whether the column `time` is more than a day ahead of `now`: nobody can have seen such a time."""
    return pl.col("time") > _moment(now + _AHEAD)


def believed(modified: pl.Expr, now: datetime) -> pl.Expr:
    """The column `time`, where it is from the future that at which the log was written to last.

    A single such time would move the watermark so far that all that comes later was late.
    """
    instead = pl.min_horizontal(modified, _moment(now)).dt.truncate("1s")
    return pl.when(from_the_future(now)).then(instead).otherwise("time").cast(_TIME).alias("time")


class Gathered:
    """What was read of several logs, with whose they are."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all."""
        self._parts: list[Part | ChunkResult] = []
        self._origins: list[tuple[str, str, datetime]] = []
        self.lines = self.bytes = 0

    def add(self, app: str, uri: str, modified: datetime, part: Part | ChunkResult) -> None:
        """Add what was read of a log, which was written to last at the time `modified`."""
        if part.lines or part.bytes:
            self._parts.append(part)
            self._origins.append((app, uri, modified))
            self.lines += part.lines
            self.bytes += part.bytes

    def assembled(self, now: datetime) -> tuple[pl.DataFrame, pl.DataFrame, int, dict[str, int]]:
        """The records and the volumes, how many were not UTF-8, and by uri how many were from the future."""
        records, volumes, invalid = assemble(self._parts)
        origins = pl.DataFrame(self._origins, schema=_ORIGIN, orient="row").with_row_index("part")
        origins = origins.with_columns(pl.col("part").cast(pl.Int64))
        joined = [each.join(origins, on="part", how="left", maintain_order="left") for each in (records, volumes)]
        ahead = joined[1].filter(from_the_future(now)).group_by("uri").agg(pl.sum("lines"))
        time = believed(pl.col("modified"), now)
        records, volumes = (each.with_columns(time).drop("part", "modified") for each in joined)
        return records.with_columns(observed=_moment(now)), volumes.drop("uri"), invalid, dict(ahead.iter_rows())
