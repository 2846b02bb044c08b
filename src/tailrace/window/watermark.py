"""The watermark: the greatest event time seen, less the lateness; it never goes back.

As in Spark it is kept in whole milliseconds, the event time cut to them, and it begins at 1970-01-01T00:00Z: windows
that ended by then are late from the start.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MILLISECOND = timedelta(milliseconds=1)
MICROSECONDS = 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BEGINNING = 0
_LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def advance(watermark: int, greatest: int | None, lateness: timedelta) -> int:
    """The watermark after a batch whose greatest event time is `greatest`, both in microseconds since 1970."""
    if greatest is None:
        return watermark
    milliseconds = greatest // MICROSECONDS - lateness // MILLISECOND
    return max(watermark, milliseconds * MICROSECONDS)


def as_datetime(watermark: int) -> datetime:
    """The watermark as a point in time, at most the end of the year 9999."""
    return EPOCH + timedelta(microseconds=min(watermark, _LATEST))


def as_microseconds(moment: datetime) -> int:
    """The point in time in microseconds since 1970, cut to whole milliseconds."""
    return (moment - EPOCH) // MILLISECOND * MICROSECONDS
