"""What is remembered of recent messages, so that an alert can name its causes. Pure, bounded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import polars as pl
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from tailrace.logs.records import AlertCause

PER_WINDOW = 20
"""Messages kept for one application and window: the worst and most frequent."""
_SAMPLE_LIMIT = 4000  # characters; a mail shows fewer
_RANKS = {"FATAL": 3, "ERROR": 2, "WARN": 1}


@dataclass(frozen=True)
class Seen:
    """How often a message came in one window of the `causes` aggregate."""

    start: datetime
    end: datetime
    fingerprint: str
    template: str
    level: str
    n: int
    first: datetime
    last: datetime
    sample: str
    uri: str
    line: int


@dataclass
class Memory:
    """The recent messages of one application, by window and fingerprint."""

    seen: dict[str, Seen]

    def add(self, rows: Iterable[Seen]) -> None:
        """Take over rows, newer ones in the place of older."""
        for row in rows:
            self.seen[f"{row.start.isoformat()} {row.fingerprint}"] = row

    def forget(self, before: datetime) -> None:
        """Let go of windows that end before a time, and of all but the worst messages of each window."""
        kept: dict[datetime, list[tuple[str, Seen]]] = {}
        for key, row in self.seen.items():
            if row.end > before:
                kept.setdefault(row.start, []).append((key, row))
        self.seen = {key: row for rows in kept.values() for key, row in _worst(rows)}

    def within(self, start: datetime, end: datetime) -> list[AlertCause]:
        """The messages that came in windows touching [start, end), summed up, worst and most frequent first."""
        sums: dict[str, AlertCause] = {}
        for row in self.seen.values():
            if row.start < end and row.end > start:
                sums[row.fingerprint] = _sum(sums.get(row.fingerprint), row)
        return sorted(sums.values(), key=lambda cause: (-_RANKS.get(cause.level, 0), -cause.n, cause.fingerprint))

    def explains(self, records: int, start: datetime, end: datetime) -> bool:
        """Whether the known messages account for so many records, or are as many as are remembered."""
        found = [row for row in self.seen.values() if row.start < end and row.end > start]
        return sum(row.n for row in found) >= records or len(found) >= PER_WINDOW

    def to_bytes(self) -> bytes:
        """JSON, for `from_bytes`."""
        return _ADAPTER.dump_json(self)

    @classmethod
    def from_bytes(cls, entry: bytes | None) -> Memory:
        """The memory that was saved; an empty one for None."""
        return cls({}) if entry is None else _ADAPTER.validate_json(entry)


_ADAPTER = TypeAdapter(Memory)


def recent_messages(causes: pl.DataFrame) -> dict[str, list[Seen]]:
    """Rows of `Cause` as what memories take, by application: the worst and most frequent of each window."""
    found: dict[str, list[Seen]] = {}
    for row in _worst_rows(causes).iter_rows(named=True):
        found.setdefault(row["app"], []).append(_seen(row))
    return found


def _worst_rows(causes: pl.DataFrame) -> pl.DataFrame:
    """Of each application and window as many as are remembered, the newest state of each."""
    group = ["app", "window_start"]
    rank = pl.col("level").replace_strict(_RANKS, default=0, return_dtype=pl.Int64)
    latest = causes.unique([*group, "fingerprint"], keep="last", maintain_order=True).with_columns(rank=rank)
    ordered = latest.sort("rank", "n", descending=True, maintain_order=True)
    return ordered.filter(pl.int_range(pl.len()).over(group) < PER_WINDOW)


def _seen(row: dict[str, object]) -> Seen:
    fields = {name: row[name] for name in Seen.__dataclass_fields__ if name in row}
    fields |= {"start": row["window_start"], "end": row["window_end"], "sample": str(row["sample"])[:_SAMPLE_LIMIT]}
    return Seen(**fields)  # type: ignore[arg-type]


def _worst(rows: list[tuple[str, Seen]]) -> list[tuple[str, Seen]]:
    return sorted(rows, key=lambda pair: (-_RANKS.get(pair[1].level, 0), -pair[1].n))[:PER_WINDOW]


def _sum(so_far: AlertCause | None, row: Seen) -> AlertCause:
    if so_far is None:
        return AlertCause(
            row.fingerprint, row.template, row.level, row.n, row.first, row.last, row.sample, row.uri, row.line
        )
    earlier = row if row.first < so_far.first else so_far
    return AlertCause(
        so_far.fingerprint,
        so_far.template,
        so_far.level,
        so_far.n + row.n,
        min(so_far.first, row.first),
        max(so_far.last, row.last),
        earlier.sample,
        earlier.uri,
        earlier.line,
    )


def keep_for(longest_window: timedelta) -> timedelta:
    """How long causes are remembered: the longest rule's window, and as long again for what comes late."""
    return 2 * longest_window + timedelta(minutes=1)
