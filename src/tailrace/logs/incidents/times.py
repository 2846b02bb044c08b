"""Points in time as sentences of decisions tell them, in UTC. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def clock(moment: datetime, beside: datetime) -> str:
    """`10:41:20`, with the day if it is not that of the moment beside it: `2026-01-06 10:41:20`."""
    there, here = moment.astimezone(UTC), beside.astimezone(UTC)
    return f"{there:%H:%M:%S}" if there.date() == here.date() else f"{there:%Y-%m-%d %H:%M:%S}"
