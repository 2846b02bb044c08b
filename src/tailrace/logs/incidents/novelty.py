"""From when on a message that an application writes for the first time ever is new. Pure.

When an application is seen for the first time, all of its messages are. So for a while after that (by the logs' own
time) its messages are learned, and none of them counts as new. An application counts as seen from its first line of any
level on, where counts of lines are at hand: the first warning of one that has run in peace for a week is new.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta

import polars as pl

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Novelty:
    """Knows which applications are past their time to learn. `apps` holds since when each is known."""

    def __init__(self, apps: MutableMapping[str, bytes], learn: timedelta) -> None:
        self._apps = apps
        self._learn = learn
        self._since = {app: datetime.fromisoformat(entry.decode()) for app, entry in apps.items()}

    def meet(self, rows: pl.DataFrame) -> None:
        """Note the applications of rows that have a `window_start`."""
        for app, start in rows.group_by("app").agg(pl.col("window_start").min()).iter_rows():
            if app not in self._since:
                self._since[app] = start
                self._apps[app] = start.isoformat().encode()

    def learned(self, app: str) -> int | None:
        """From when on first messages of an application are new, in microseconds since 1970; None: it is unknown."""
        since = self._since.get(app)
        return None if since is None else (since + self._learn - _EPOCH) // timedelta(microseconds=1)
