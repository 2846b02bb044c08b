"""Evidence: the recent messages that count for rules of one basis, so that a crossing can name its own causes.

Rules that go by application alone need none: whoever tells of their crossings knows the messages of applications.
"""

from __future__ import annotations

import io
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import polars as pl

from tailrace.logs.records import AlertCause
from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.heard import MICROSECOND
from tailrace.logs.rules.messages import causes, merged, messages
from tailrace.logs.rules.sight import TIME, Sight

_PANE: Final = "#pane"
_MOST: Final = 50_000
"""Messages kept in all, those of the latest panes."""


def evidence_basis(basis: Basis) -> Basis:
    """The basis of the records that count for a rule: those in full, also where the rule itself counts volumes."""
    return replace(basis, volumes=False, least="WARN") if basis.volumes else basis


class Evidence:
    """The messages of one basis by pane of time; each pane is one of the entries given.

    A step of past logs may bring hours: what it brought is known until the next one, and only the latest is saved.
    """

    def __init__(self, basis: Basis, hop: timedelta, keep: timedelta) -> None:
        self.basis = evidence_basis(basis)
        self._hop, self._keep = hop // MICROSECOND, keep // MICROSECOND
        self.identity = self.basis.identity("evidence", self._hop)

    def recall(self, entries: MutableMapping[str, bytes]) -> None:
        """Go on from what was saved in the entries."""
        self._entries = entries
        self._panes = {int(name): pl.read_ipc_stream(io.BytesIO(entry)) for name, entry in entries.items()}

    def take(self, sight: Sight) -> None:
        """Remember the messages that a step has brought."""
        if not sight.shows(self.basis):
            return
        rows = sight.rows(self.basis)
        keys = self.basis.keys
        pane = (pl.col(TIME).dt.epoch("us") // self._hop * self._hop).alias(_PANE)
        fresh = messages(rows.with_columns(pane), [*keys, _PANE])
        starts: list[int] = fresh[_PANE].unique().sort().to_list()
        self._forget()
        parts = fresh.partition_by(_PANE, as_dict=True, include_key=False)
        for start in starts:
            known, part = self._panes.get(start), parts[start,]
            self._panes[start] = part if known is None else merged([known, part], keys)
        self._save(starts)

    def causes(self, windows: pl.DataFrame) -> list[list[AlertCause]]:
        """What led to each of the windows (the group's columns, window_start, window_end): ten messages at most."""
        keys = self.basis.keys
        bounds = pl.col("window_start", "window_end").dt.epoch("us")
        spans = windows.select(*keys, pl.int_range(pl.len()).alias("#window"), bounds)
        begin, end = min(spans["window_start"], default=0), max(spans["window_end"], default=0)
        panes = [
            rows.with_columns(pl.lit(start).alias(_PANE))
            for start, rows in self._panes.items()
            if begin - self._hop < start < end
        ]
        if not panes:
            return [[] for _ in range(windows.height)]
        rows = pl.concat(panes)
        both = spans.join(rows, on=keys, how="inner") if keys else spans.join(rows, how="cross")
        start = pl.col(_PANE)
        within = both.filter(start < pl.col("window_end"), start + self._hop > pl.col("window_start"))
        found = merged([within.drop(_PANE, "window_start", "window_end", *keys)], ["#window"])
        lists = {int(window): causes(part) for (window,), part in found.partition_by("#window", as_dict=True).items()}
        return [lists.get(number, []) for number in range(windows.height)]

    def _forget(self) -> None:
        """Let go of what is not saved."""
        self._panes = {start: rows for start, rows in self._panes.items() if str(start) in self._entries}

    def _save(self, touched: list[int]) -> None:
        """Save the panes that were touched and are recent, and drop what was saved and is not recent any more."""
        recent = self._recent()
        for start in recent.intersection(touched):
            buffer = io.BytesIO()
            self._panes[start].write_ipc_stream(buffer, compression="lz4")
            self._entries[str(start)] = buffer.getvalue()
        for name in [name for name in self._entries if int(name) not in recent]:
            del self._entries[name]

    def _recent(self) -> set[int]:
        """The panes to be saved: those of the time to be kept, the latest first, as long as there are not too many."""
        latest, size, found = max(self._panes), 0, set()
        for start in sorted(self._panes, reverse=True):
            size += self._panes[start].height
            if start > latest - self._keep and size <= _MOST:
                found.add(start)
        return found
