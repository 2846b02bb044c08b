"""Eras: from when on each rule holds.

An era begins whenever rules come that were not there before. It remembers how far every application had come; for the
rules of that era only windows count that end later. The first era of all remembers nothing: its rules hold from the
beginning.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from tailrace.logs.rules.sight import TIME, as_time

_REACHED: Final = "reached"
_RULES: Final = "rules"


class Eras:
    """Which rule is of which era, and how far applications have come. Its state are the entries given."""

    def __init__(self, entries: MutableMapping[str, bytes], identities: Sequence[str]) -> None:
        self._entries = entries
        self._reached: dict[str, int] = json.loads(entries.get(_REACHED, b"{}"))
        known: dict[str, int] = json.loads(entries.get(_RULES, b"{}"))
        era = max(known.values(), default=-1) + 1
        self._era = {each: known.get(each, era) for each in identities}
        self._before: dict[int, dict[str, int]] = {}
        if self._era != known:
            self._begin(era, first=_RULES not in entries)
        for each in set(self._era.values()):
            self._before[each] = json.loads(entries.get(f"era{each}", b"{}"))

    def _begin(self, era: int, *, first: bool) -> None:
        if era in self._era.values() and not first:
            self._entries[f"era{era}"] = json.dumps(self._reached).encode()
        for name in [name for name in self._entries if name.startswith("era")]:
            if int(name.removeprefix("era")) not in self._era.values():
                del self._entries[name]
        self._entries[_RULES] = json.dumps(self._era).encode()

    def admit(self, identity: str, windows: pl.DataFrame, app: str | None) -> pl.DataFrame:
        """Of a rule's windows those for which it holds. `app` names the column of the application, if there is one."""
        before = self._before[self._era[identity]]
        if not before:
            return windows
        if app is None:
            return windows.filter(pl.col("window_end") > as_time(pl.lit(max(before.values()))))
        since = pl.col(app).replace_strict(before, default=None, return_dtype=pl.Int64)
        return windows.filter((pl.col("window_end").dt.epoch("us") > since).fill_null(True))

    def reach(self, records: pl.DataFrame, volumes: pl.DataFrame) -> None:
        """Note how far applications have come, in microseconds since 1970."""
        for frame in (records, volumes):
            latest = frame.group_by("app").agg(pl.col(TIME).max().dt.epoch("us")) if frame.height else frame
            for app, time in latest.select("app", TIME).iter_rows() if frame.height else ():
                if time > self._reached.get(app, time - 1):
                    self._reached[app] = time
        if records.height or volumes.height:
            self._entries[_REACHED] = json.dumps(self._reached).encode()

    def latest(self) -> datetime | None:
        """The latest time that was seen at all."""
        if not self._reached:
            return None
        return pl.select(as_time(pl.lit(max(self._reached.values())))).item()  # type: ignore[no-any-return]
