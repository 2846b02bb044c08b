"""What is remembered of recent messages, so that an alert can name its causes. Pure, bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, MutableMapping
from datetime import datetime, timedelta

import polars as pl
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from tailrace.logs.records import AlertCause

PER_WINDOW = 20
"""Messages kept for one application and window: the worst and most frequent."""
WINDOWS = 8000
"""Windows kept for one application."""
_SAMPLE_LIMIT = 4000  # characters; a mail shows fewer
_RANKS = {"FATAL": 3, "ERROR": 2, "WARN": 1}


@dataclass(frozen=True)
class Seen:
    """How often a message came in one window of the `causes` aggregate."""

    app: str
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

    @property
    def message(self) -> tuple[str, str]:
        """What is counted by: the same text may come as an error here and as a warning there."""
        return self.fingerprint, self.level


_ADAPTER = TypeAdapter(list[Seen])


class Memory:
    """The recent messages of every application, by window; kept in saved entries, one a window.

    Of each window the worst and most frequent messages are kept, and of each application the latest windows.
    """

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        self._windows: dict[str, dict[datetime, list[Seen]]] = {}
        for entry in entries.values():
            rows = _ADAPTER.validate_json(entry)
            self._windows.setdefault(rows[0].app, {})[rows[0].start] = rows

    def add(self, app: str, rows: Iterable[Seen]) -> None:
        """Take over an application's rows, newer ones in the place of older."""
        windows = self._windows.setdefault(app, {})
        fresh: dict[datetime, dict[tuple[str, str], Seen]] = {}
        for row in rows:
            fresh.setdefault(row.start, {})[row.message] = row
        for start, by_message in fresh.items():
            known = {row.message: row for row in windows.get(start, ())}
            windows[start] = sorted({**known, **by_message}.values(), key=_rank)[:PER_WINDOW]
            self._entries[_key(app, start)] = _ADAPTER.dump_json(windows[start])

    def apps(self) -> list[str]:
        """The applications of which anything is remembered."""
        return [app for app, windows in self._windows.items() if windows]

    def trim(self, app: str) -> None:
        """Keep of an application no more windows than are remembered, the latest."""
        for start in sorted(self._windows.get(app, ()))[:-WINDOWS]:
            self._drop(app, start)

    def forget(self, app: str, before: datetime) -> None:
        """Let go of an application's windows that begin before a time."""
        for start in [start for start in self._windows.get(app, ()) if start < before]:
            self._drop(app, start)

    def within(self, app: str, start: datetime, end: datetime) -> list[AlertCause]:
        """The messages that came in windows touching [start, end), summed up, worst and most frequent first."""
        sums: dict[tuple[str, str], AlertCause] = {}
        for row in self._touching(app, start, end):
            sums[row.message] = _sum(sums.get(row.message), row)
        return sorted(sums.values(), key=lambda cause: (-_RANKS.get(cause.level, 0), -cause.n, cause.fingerprint))

    def explains(self, app: str, errors: int, warnings: int, start: datetime, end: datetime) -> bool:
        """Whether the known messages account for so many errors, or warnings where there are no errors.

        Where a window is as full of them as is remembered, no more can be known.
        """
        found = self._touching(app, start, end)
        counted = [row for row in found if (row.level == "WARN") == (errors == 0)]
        fullest = max(Counter(row.start for row in counted).values(), default=0)
        return sum(row.n for row in counted) >= (errors or warnings) or fullest >= PER_WINDOW

    def _touching(self, app: str, start: datetime, end: datetime) -> list[Seen]:
        windows = self._windows.get(app, {})
        return [row for at, rows in windows.items() if at < end for row in rows if row.end > start]

    def _drop(self, app: str, start: datetime) -> None:
        del self._windows[app][start]
        del self._entries[_key(app, start)]


def _key(app: str, start: datetime) -> str:
    return f"{start.timestamp():.0f} {app}"


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
    latest = causes.unique([*group, "fingerprint", "level"], keep="last", maintain_order=True).with_columns(rank=rank)
    ordered = latest.sort("rank", "n", descending=True, maintain_order=True)
    return ordered.filter(pl.int_range(pl.len()).over(group) < PER_WINDOW)


def _seen(row: dict[str, object]) -> Seen:
    fields = {name: row[name] for name in Seen.__dataclass_fields__ if name in row}
    fields |= {"start": row["window_start"], "end": row["window_end"], "sample": str(row["sample"])[:_SAMPLE_LIMIT]}
    return Seen(**fields)  # type: ignore[arg-type]


def _rank(row: Seen) -> tuple[int, int, str]:
    return -_RANKS.get(row.level, 0), -row.n, row.fingerprint


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
