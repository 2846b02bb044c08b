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
    """The recent messages of one application, by window and fingerprint; `left_out` counts those beyond the bound."""

    seen: dict[str, Seen]
    left_out: dict[str, int]

    def add(self, rows: Iterable[Seen], left_out: dict[str, int]) -> None:
        """Take over rows, newer ones in the place of older."""
        for row in rows:
            self.seen[f"{row.start.isoformat()} {row.fingerprint}"] = row
        self.left_out.update(left_out)

    def forget(self, before: datetime) -> None:
        """Let go of windows that end before a time, and of all but the worst messages of each window."""
        kept: dict[datetime, list[tuple[str, Seen]]] = {}
        for key, row in self.seen.items():
            if row.end > before:
                kept.setdefault(row.start, []).append((key, row))
        self.seen = {key: row for rows in kept.values() for key, row in _worst(rows)}
        self.left_out = {start: n for start, n in self.left_out.items() if datetime.fromisoformat(start) >= before}

    def within(self, start: datetime, end: datetime) -> list[AlertCause]:
        """The messages that came in windows touching [start, end), summed up, worst and most frequent first."""
        sums: dict[str, AlertCause] = {}
        for row in self.seen.values():
            if row.start < end and row.end > start:
                sums[row.fingerprint] = _sum(sums.get(row.fingerprint), row)
        return sorted(sums.values(), key=lambda cause: (-_RANKS.get(cause.level, 0), -cause.n, cause.fingerprint))

    def count(self, start: datetime, end: datetime) -> int:
        """How many records the windows touching [start, end) account for, those left out included."""
        known = sum(row.n for row in self.seen.values() if row.start < end and row.end > start)
        return known + sum(n for at, n in self.left_out.items() if start <= datetime.fromisoformat(at) < end)

    def to_bytes(self) -> bytes:
        """JSON, for `from_bytes`."""
        return _ADAPTER.dump_json(self)

    @classmethod
    def from_bytes(cls, entry: bytes | None) -> Memory:
        """The memory that was saved; an empty one for None."""
        return cls({}, {}) if entry is None else _ADAPTER.validate_json(entry)


_ADAPTER = TypeAdapter(Memory)


def worst_rows(causes: pl.DataFrame) -> pl.DataFrame:
    """Of rows of `Cause`, the worst and most frequent of each application and window, the newest state of each.

    The column `left_out` tells how many records the others of the same window stand for.
    """
    group = ["app", "window_start"]
    rank = pl.col("level").replace_strict(_RANKS, default=0, return_dtype=pl.Int64)
    latest = causes.unique([*group, "fingerprint"], keep="last", maintain_order=True).with_columns(rank=rank)
    ordered = latest.sort("rank", "n", descending=True, maintain_order=True)
    place = pl.int_range(pl.len()).over(group)
    beyond = pl.col("n").filter(place >= PER_WINDOW).sum()
    return ordered.with_columns(left_out=beyond.over(group)).filter(place < PER_WINDOW)


def memories_of(causes: pl.DataFrame) -> dict[str, tuple[list[Seen], dict[str, int]]]:
    """Rows of `Cause` as what memories take, by application."""
    found: dict[str, tuple[list[Seen], dict[str, int]]] = {}
    for row in worst_rows(causes).iter_rows(named=True):
        rows, left_out = found.setdefault(row["app"], ([], {}))
        rows.append(_seen(row))
        if row["left_out"]:
            left_out[row["window_start"].isoformat()] = row["left_out"]
    return found


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
