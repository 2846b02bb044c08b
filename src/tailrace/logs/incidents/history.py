"""How many lines, errors and warnings each application wrote over time: for charts and totals. Pure, bounded.

Counts are kept in five tiers of stretches: of 10 seconds for the last quarter of an hour, of a minute for two and a
half hours, of 10 minutes for 15 hours, of an hour for almost four days, of a day for 90 days. A tier is a ring for each
application: a stretch has its place by its time, and the newer one takes the place of the older. So totals are exact
to one stretch of the finest tier that reaches back far enough, at either end: 10 seconds for an incident of up to 15
minutes, a minute for one of up to two and a half hours.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from tailrace.logs.records import LevelCount

BARS: Final = 30
"""Stretches of a history."""
_LENGTHS: Final = (10, 60, 600, 3600, 86_400)  # seconds
_SLOTS: Final = (90, 150, 90, 90, 90)
_CHUNK: Final = 30  # slots saved together
_NICE: Final = (10, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 86_400)
_WINDOW: Final = 3  # stretches of a rule's window, at least, in a chart
_COLUMNS: Final = ("lines", "errors", "warnings")
SECOND: Final = timedelta(seconds=1)
"""What times of counts are told to."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER: Final = -1
_REACHED: Final = "reached"


@dataclass(frozen=True)
class Counts:
    """Sums of records by level."""

    lines: int = 0
    errors: int = 0
    warnings: int = 0


class _Tier:
    """The rings of all applications for one length of stretch: start in seconds, lines, errors, warnings of each."""

    def __init__(self, length: int, slots: int) -> None:
        self.length = length
        self.slots = slots
        self.rings = np.zeros((0, slots, 4), dtype=np.int64)

    def reserve(self, apps: int) -> None:
        """Make room for so many applications."""
        if apps > len(self.rings):
            more = np.zeros((max(apps, 2 * len(self.rings)) - len(self.rings), self.slots, 4), dtype=np.int64)
            more[:, :, 0] = _NEVER
            self.rings = np.concatenate([self.rings, more])

    def holds(self, first: int, newest: int) -> bool:
        """Whether a stretch that began at `first` is still held when there is one that began at `newest`."""
        return newest // self.length - first // self.length < self.slots

    def within(self, apps: Sequence[int] | slice, first: int, last: int) -> np.ndarray:
        """The stretches that begin from `first` to before `last`, of some applications."""
        rows = self.rings[apps].reshape(-1, 4)
        return rows[(rows[:, 0] >= first) & (rows[:, 0] < last)]


class History:
    """The counts of every application, kept in saved entries; `add` takes rows of 10-second panes.

    A pane that changes again replaces what was known of it. One that is older than all its ring holds is passed over:
    it could not be told from one that was counted before.
    """

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        self._apps: dict[str, int] = {}
        self._tiers = [_Tier(length, slots) for length, slots in zip(_LENGTHS, _SLOTS, strict=True)]
        self._reached: dict[str, datetime] = {}
        self._latest: datetime | None = None
        for name, entry in entries.items():
            self._load(name, entry)

    def add(self, panes: pl.DataFrame) -> None:
        """Take over rows of `Stats` over panes that do not overlap; the last row of a pane counts."""
        rows = panes.unique(["app", "window_start"], keep="last", maintain_order=True)
        if rows.is_empty():
            return
        for app, last in rows.group_by("app").agg(pl.col("last").max()).iter_rows():
            self._note_reach(app, last)
            self._entries[f"{_REACHED}/0/{app}"] = self._reached[app].isoformat().encode()
        apps = self._numbers(rows["app"].to_list())
        starts = rows["window_start"].dt.epoch("s").to_numpy()
        counts = rows.select(_COLUMNS).to_numpy().astype(np.int64)
        apps, starts, changes, touched = self._fine(apps, starts, counts)
        for number, tier in enumerate(self._tiers[1:], start=1):
            touched |= {(int(app), number, slot) for app, slot in _accumulate(tier, apps, starts, changes)}
        self._save(touched)

    def reached(self, app: str) -> datetime | None:
        """The latest time of which counts are known; of any application if none is named. None if nothing is known."""
        return self._reached.get(app) if app else self._latest

    def levels(self, app: str, window: timedelta, end: datetime) -> list[LevelCount]:
        """The counts of about the last thirty stretches up to a time, oldest first, without empty ones at the start.

        Their length suits a rule's window; `app` is empty for all applications together.
        """
        length, tier = self._stretch(app, window, _seconds(end))
        last = -(-_seconds(end) // length) * length
        rows = tier.within(self._rows(app), last - BARS * length, last)
        found: dict[int, np.ndarray] = {}
        for stretch, counts in zip(rows[:, 0] // length * length, rows[:, 1:], strict=True):
            found[int(stretch)] = found.get(int(stretch), np.zeros(3, dtype=np.int64)) + counts
        first = min(found, default=last)
        return [_level(start, found.get(start)) for start in range(first, last, length)]

    def total(self, app: str, since: datetime, until: datetime) -> Counts:
        """What was written from one time to another, both rounded outward to a stretch."""
        first, last = _seconds(since), _seconds(until)
        newest = max(self._newest(app), last)
        tier = next((each for each in self._tiers if each.holds(first, newest)), self._tiers[-1])
        rows = tier.within(self._rows(app), first // tier.length * tier.length, last)
        return Counts(*(int(each) for each in rows[:, 1:].sum(axis=0)))

    # -- the inside ---------------------------------------------------------------------------------------------

    def _note_reach(self, app: str, last: datetime) -> None:
        self._reached[app] = max(last, self._reached.get(app, last))
        self._latest = max(last, self._latest or last)

    def _numbers(self, names: Sequence[str]) -> np.ndarray:
        for name in names:
            self._apps.setdefault(name, len(self._apps))
        for tier in self._tiers:
            tier.reserve(len(self._apps))
        return np.array([self._apps[name] for name in names], dtype=np.int64)

    def _rows(self, app: str) -> Sequence[int] | slice:
        if not app:
            return slice(0, len(self._apps))
        return [self._apps[app]] if app in self._apps else []

    def _newest(self, app: str) -> int:
        """When the newest stretch begins that is known."""
        return int(self._tiers[0].rings[self._rows(app), :, 0].max(initial=_NEVER))

    def _stretch(self, app: str, window: timedelta, last: int) -> tuple[int, _Tier]:
        """How long a stretch of a chart is, so that a rule's window is some three of them, and where they are kept.

        Longer where shorter ones have gone by already, as they may have for an incident of long ago.
        """
        wanted = window.total_seconds() / _WINDOW
        newest = max(self._newest(app), last - 1)
        for length in (each for each in _NICE if each >= wanted):
            tier = next(each for each in reversed(self._tiers) if length % each.length == 0)
            if tier.holds(-(-last // length) * length - BARS * length, newest):
                return length, tier
        return _NICE[-1], self._tiers[-1]

    def _fine(
        self, apps: np.ndarray, starts: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, set[tuple[int, int, int]]]:
        """Set the panes of the finest tier; those that were taken, and by how much each has changed."""
        tier = self._tiers[0]
        order = np.argsort(starts, kind="stable")
        apps, starts, counts = apps[order], starts[order], counts[order]
        slots = starts // tier.length % tier.slots
        held = tier.rings[apps, slots]
        fresh = starts >= held[:, 0]
        apps, starts, counts, slots, held = apps[fresh], starts[fresh], counts[fresh], slots[fresh], held[fresh]
        known = np.where((held[:, 0] == starts)[:, None], held[:, 1:], 0)
        tier.rings[apps, slots] = np.column_stack([starts, counts])  # in order of time: the newest of a slot stays
        return apps, starts, counts - known, {(int(app), 0, int(slot)) for app, slot in zip(apps, slots, strict=True)}

    def _save(self, touched: set[tuple[int, int, int]]) -> None:
        names = list(self._apps)
        for app, number, chunk in {(app, number, slot // _CHUNK) for app, number, slot in touched}:
            ring = self._tiers[number].rings[app]
            self._entries[f"{number}/{chunk}/{names[app]}"] = ring[chunk * _CHUNK : (chunk + 1) * _CHUNK].tobytes()

    def _load(self, name: str, entry: bytes) -> None:
        number, chunk, app = name.split("/", 2)
        if number == _REACHED:
            self._note_reach(app, datetime.fromisoformat(entry.decode()))
            return
        (row,) = self._numbers([app])
        rows = np.frombuffer(entry, dtype=np.int64).reshape(-1, 4)
        self._tiers[int(number)].rings[row, int(chunk) * _CHUNK : int(chunk) * _CHUNK + len(rows)] = rows


def _accumulate(tier: _Tier, apps: np.ndarray, starts: np.ndarray, changes: np.ndarray) -> Iterator[tuple[int, int]]:
    """Add changes to a coarser tier, in order of time; the places that were touched."""
    begins = starts // tier.length * tier.length
    slots = begins // tier.length % tier.slots
    for begin in np.unique(begins):  # few: a batch spans little time, or many stretches that are worked off but once
        here = begins == begin
        places = apps[here], slots[here]
        held = tier.rings[places][:, 0]
        older = held < begin
        stale = apps[here][older], slots[here][older]
        tier.rings[stale] = [begin, 0, 0, 0]
        known = held <= begin
        targets = apps[here][known], slots[here][known]
        np.add.at(tier.rings[:, :, 1:], targets, changes[here][known])
        yield from zip(targets[0].tolist(), targets[1].tolist(), strict=True)


def _level(start: int, counts: np.ndarray | None) -> LevelCount:
    lines, errors, warnings = (0, 0, 0) if counts is None else (int(each) for each in counts)
    return LevelCount(time=_EPOCH + timedelta(seconds=start), errors=errors, warnings=warnings, lines=lines)


def _seconds(moment: datetime) -> int:
    return -(-(moment - _EPOCH) // timedelta(seconds=1))
