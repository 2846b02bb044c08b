"""What is remembered of recent messages, so that an alert can name its causes. Pure, bounded."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, MutableMapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import polars as pl
from pydantic import TypeAdapter

from tailrace.logs.records import AlertCause

PER_WINDOW: Final = 20
"""Messages kept for one application and window: the worst and most frequent."""
WINDOWS: Final = 8000
"""Windows kept for one application."""
_TIERS: Final = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=2), timedelta(minutes=10)),
)
"""From which age on windows are put together to windows of which length."""
_LONGEST: Final = timedelta(days=7)
"""How far back rules can look."""
_RESTED: Final = timedelta(minutes=2)
"""Windows that were not added to for so long, by the time of day, may be put together."""
_SAMPLE_LIMIT: Final = 4000  # characters; a mail shows fewer
_CONTEXT_LIMIT: Final = 1000
_RANKS: Final = {"FATAL": 3, "ERROR": 2, "WARN": 1}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Seen(NamedTuple):
    """How often a message came in one window of the `causes` aggregate; `new`: it had never come before.

    A tuple, since thousands are made of each batch where no message is like another.
    """

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
    before: str = ""
    after: str = ""
    new: bool = False

    @property
    def message(self) -> tuple[str, str]:
        """What is counted by: the same text may come as an error here and as a warning there."""
        return self.fingerprint, self.level


_ADAPTER: Final = TypeAdapter(list[Seen])


class Memory:
    """The recent messages of every application, by window; kept in saved entries, one a window.

    Of each window the worst and most frequent messages are kept, and of each application the latest windows. What is
    older than ten minutes is put together by the minute, what is older than two hours by ten minutes.
    """

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        self._windows: dict[str, dict[datetime, list[Seen]]] = {}
        self._touched: dict[str, dict[datetime, datetime]] = {}
        for entry in entries.values():
            rows = _ADAPTER.validate_json(entry)
            self._windows.setdefault(rows[0].app, {})[rows[0].start] = rows
        self._starts = {app: sorted(windows) for app, windows in self._windows.items()}

    def add(self, app: str, rows: Iterable[Seen], now: datetime) -> None:
        """Take over an application's rows at a time of day, newer ones in the place of older."""
        windows = self._windows.setdefault(app, {})
        fresh: dict[datetime, dict[tuple[str, str], Seen]] = {}
        for row in rows:
            fresh.setdefault(row.start, {})[row.message] = row
        for start, by_message in fresh.items():
            if self._is_summed_up(app, start, next(iter(by_message.values())).end):
                continue
            known = {row.message: row for row in windows.get(start, ())}
            still = {name: by_message[name]._replace(new=True) for name in known.keys() & by_message if known[name].new}
            self._put(app, start, list({**known, **by_message, **still}.values()))
            self._touched.setdefault(app, {})[start] = now

    def apps(self) -> list[str]:
        """The applications of which anything is remembered."""
        return [app for app, windows in self._windows.items() if windows]

    def tidy(self, now: datetime) -> None:
        """Put old windows together and let go of what no rule can look back to, of applications that have news."""
        for app, touched in list(self._touched.items()):
            starts = self._starts.get(app, [])
            if starts:
                self._forget(app, starts[-1] - _LONGEST)
                rested = {start for start in starts if touched.get(start, _EPOCH) <= now - _RESTED}
                for age, length in _TIERS:
                    self._sum_up(app, rested, starts[-1] - age, length)
            left = {start: at for start, at in touched.items() if at > now - _RESTED and start in self._windows[app]}
            self._touched[app] = left
            if not left:
                del self._touched[app]

    def reached(self, app: str) -> datetime | None:
        """The latest time of which messages are known; of any application if none is named. None without any."""
        names = [app] if app else list(self._starts)
        latest = (self._windows[name][self._starts[name][-1]] for name in names if self._starts.get(name))
        return max((row.last for rows in latest for row in rows), default=None)

    def within(self, app: str, start: datetime, end: datetime) -> list[AlertCause]:
        """The messages that came in [start, end), summed up, worst and most frequent first.

        Those of all applications if `app` is empty; then each says whose it is. Of a message that came both within and
        without in one window of the aggregate, the part within is estimated as if it had come evenly.
        """
        sums: dict[tuple[str, str, str], AlertCause] = {}
        for row in (_part(row, start, end) for row in self._touching(app, start, end)):
            key = (row.app, *row.message)
            sums[key] = _sum(sums.get(key), row, "" if app else row.app)
        return sorted(sums.values(), key=lambda cause: (-_RANKS.get(cause.level, 0), -cause.n, cause.fingerprint))

    def new_within(self, app: str, start: datetime, end: datetime) -> set[str]:
        """The fingerprints that came for the first time in [start, end)."""
        return {row.fingerprint for row in self._touching(app, start, end) if row.new}

    def explains(self, app: str, errors: int, warnings: int, start: datetime, end: datetime) -> bool:
        """Whether the known messages account for so many errors, or warnings where there are no errors.

        Where a window is as full of them as is remembered, no more can be known.
        """
        found = list(self._touching(app, start, end))
        counted = [row for row in found if (row.level == "WARN") == (errors == 0)]
        fullest = max(Counter((row.app, row.start) for row in counted).values(), default=0)
        return sum(row.n for row in counted) >= (errors or warnings) or fullest >= PER_WINDOW

    # -- the inside ---------------------------------------------------------------------------------------------

    def _touching(self, app: str, start: datetime, end: datetime) -> Iterator[Seen]:
        longest = _TIERS[-1][1]
        for name in [app] if app else list(self._starts):
            starts = self._starts.get(name, [])
            for at in starts[bisect_left(starts, start - longest) : bisect_left(starts, end)]:
                yield from (row for row in self._windows[name][at] if row.last >= start and row.first < end)

    def _is_summed_up(self, app: str, start: datetime, end: datetime) -> bool:
        """Whether a window is part of a longer one by now, so that it cannot be told what of it was counted."""
        windows = self._windows[app]
        starts = {start, *(_floor(start, length) for _, length in _TIERS)} & windows.keys()
        longer = (each for each in starts if windows[each][0].end - each > end - start)
        return any(windows[each][0].end > start for each in longer)

    def _put(self, app: str, start: datetime, rows: list[Seen]) -> None:
        windows = self._windows[app]
        if start not in windows:
            insort(self._starts.setdefault(app, []), start)
        windows[start] = sorted(rows, key=_rank)[:PER_WINDOW]
        self._entries[_key(app, start)] = _ADAPTER.dump_json(windows[start])

    def _drop(self, app: str, start: datetime) -> None:
        del self._windows[app][start]
        self._starts[app].remove(start)
        del self._entries[_key(app, start)]

    def _forget(self, app: str, before: datetime) -> None:
        starts = self._starts[app]
        for start in [*starts[: bisect_left(starts, before)], *starts[:-WINDOWS]]:
            if start in self._windows[app]:
                self._drop(app, start)

    def _sum_up(self, app: str, rested: set[datetime], before: datetime, length: timedelta) -> None:
        """Put windows that begin before a time together to longer ones, where all parts of one have rested."""
        starts = self._starts[app]
        groups: dict[datetime, list[datetime]] = {}
        for start in starts[: bisect_left(starts, _floor(before, length))]:
            groups.setdefault(_floor(start, length), []).append(start)
        for begin, parts in groups.items():
            rows = [row for part in parts for row in self._windows[app][part]]
            if rested.issuperset(parts) and any(row.end - row.start < length for row in rows):
                for part in parts:
                    self._drop(app, part)
                self._put(app, begin, _summed(rows, begin, length))


def _key(app: str, start: datetime) -> str:
    return f"{start.timestamp():.0f} {app}"


def _floor(moment: datetime, length: timedelta) -> datetime:
    return moment - (moment - _EPOCH) % length


_COLUMNS: Final = (
    pl.col("app", "window_start", "window_end", "fingerprint", "template", "level", "n", "first", "last"),
    pl.col("sample").str.slice(0, _SAMPLE_LIMIT),
    pl.col("uri", "line"),
    pl.col("before").str.slice(-_CONTEXT_LIMIT),
    pl.col("after").str.slice(0, _CONTEXT_LIMIT),
    pl.lit(False).alias("new"),
)
"""The fields of `Seen`, in their order."""


def recent_messages(
    causes: pl.DataFrame, new: AbstractSet[tuple[str, str, datetime]] = frozenset()
) -> dict[str, list[Seen]]:
    """Rows of `Cause` as what memories take, by application: the worst and most frequent of each window.

    `new` names the application, fingerprint and window of each message that had never come before.
    """
    found: dict[str, list[Seen]] = {}
    for row in map(Seen._make, _worst_rows(causes).select(_COLUMNS).iter_rows()):
        is_new = (row.app, row.fingerprint, row.start) in new
        found.setdefault(row.app, []).append(row._replace(new=True) if is_new else row)
    return found


def _worst_rows(causes: pl.DataFrame) -> pl.DataFrame:
    """Of each application and window as many as are remembered, the newest state of each."""
    group = ["app", "window_start"]
    rank = pl.col("level").replace_strict(_RANKS, default=0, return_dtype=pl.Int64)
    latest = causes.unique([*group, "fingerprint", "level"], keep="last", maintain_order=True).with_columns(rank=rank)
    ordered = latest.sort("rank", "n", descending=True, maintain_order=True)
    return ordered.filter(pl.int_range(pl.len()).over(group) < PER_WINDOW)


def _rank(row: Seen) -> tuple[int, int, str]:
    return -_RANKS.get(row.level, 0), -row.n, row.fingerprint


def _summed(rows: list[Seen], start: datetime, length: timedelta) -> list[Seen]:
    """The rows of several windows as those of one."""
    sums: dict[tuple[str, str], Seen] = {}
    for row in rows:
        so_far = sums.get(row.message)
        sums[row.message] = row if so_far is None else _both(so_far, row)
    return [row._replace(start=start, end=start + length) for row in sums.values()]


def _part(row: Seen, start: datetime, end: datetime) -> Seen:
    """What of a row came in [start, end), which it touches."""
    first, last = max(row.first, start), min(row.last, end)
    if (first, last) == (row.first, row.last):
        return row
    return row._replace(n=max(round(row.n * ((last - first) / (row.last - row.first))), 1), first=first, last=last)


def _both(one: Seen, other: Seen) -> Seen:
    return _telling(one, other)._replace(
        n=one.n + other.n,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        new=one.new or other.new,
    )


def _telling(one: Seen, other: Seen) -> Seen:
    """Whose sample says more: the one with lines around it, else the earlier."""
    return min(one, other, key=lambda row: (not (row.before or row.after), row.first))


def _sum(so_far: AlertCause | None, row: Seen, app: str) -> AlertCause:
    own = _cause(row, app)
    if so_far is None:
        return own
    more = min(so_far, own, key=lambda cause: (not (cause.before or cause.after), cause.first))
    return replace(
        more,
        n=so_far.n + own.n,
        first=min(so_far.first, own.first),
        last=max(so_far.last, own.last),
        new=so_far.new or own.new,
    )


def _cause(row: Seen, app: str) -> AlertCause:
    return AlertCause(
        row.fingerprint,
        row.template,
        row.level,
        row.n,
        row.first,
        row.last,
        row.sample,
        row.uri,
        row.line,
        row.new,
        row.before,
        row.after,
        app,
    )
