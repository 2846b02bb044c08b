"""Which messages an application writes for the first time ever. Pure.

When an application is seen for the first time, all of its messages are. So for a while after that (by the logs' own
time) its messages are learned, and none of them counts as new. An application counts as seen from its first line of any
level on, where counts of lines are at hand: the first warning of one that has run in peace for a week is new.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime, timedelta

import polars as pl

from tailrace.logs.incidents.fingerprints import Fingerprints

New = set[tuple[str, str, datetime]]
"""Application, fingerprint and the start of the window in which it came for the first time."""


class Novelty:
    """Tells new messages from known ones. `apps` holds since when each application is known."""

    def __init__(self, seen: Fingerprints, apps: MutableMapping[str, bytes], learn: timedelta) -> None:
        self._seen = seen
        self._apps = apps
        self._learn = learn
        self._since = {app: datetime.fromisoformat(entry.decode()) for app, entry in apps.items()}

    def of(self, causes: pl.DataFrame, stats: pl.DataFrame) -> New:
        """Note what came; what of it is new."""
        self._meet(stats)
        self._meet(causes)
        firsts = causes.group_by("app", "fingerprint").agg(pl.col("window_start").min(), pl.col("first").min())
        names = zip(firsts["app"].to_list(), firsts["fingerprint"].to_list(), strict=True)
        unknown = firsts.filter(pl.Series([self._seen.add(*name) for name in names], dtype=pl.Boolean))
        learned = {app: since + self._learn for app, since in self._since.items()}
        return {(app, name, start) for app, name, start, first in unknown.iter_rows() if first >= learned[app]}

    def _meet(self, rows: pl.DataFrame) -> None:
        for app, start in rows.group_by("app").agg(pl.col("window_start").min()).iter_rows():
            if app not in self._since:
                self._since[app] = start
                self._apps[app] = start.isoformat().encode()
