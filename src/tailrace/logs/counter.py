"""The counter: tells how often each message came, so that alerts can name their causes."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from tailrace.logs.counting import count_messages
from tailrace.logs.records import Cause, LogRecord
from tailrace.logs.rules.hashes import HashSet
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState
from tailrace.model.streamlet import Streamlet

_TIMES = ("window_start", "window_end", "first", "last")


def check_window(window: timedelta) -> None:
    """Raises TailraceError for a window that cannot be added up to those of rules."""
    if window < timedelta(seconds=1):
        raise TailraceError("a window of at least 1s is needed", hint="write 5s; it should divide the windows of rules")


class CauseCounter(Streamlet):
    """Counts like messages by application and window: the worst and most frequent, and the others together.

    What a step brings is counted and given out; whoever reads it adds it up. So it needs no memory but of which
    messages were ever seen: 64 bits of each, of eight to sixteen million.
    """

    records = Inlet(LogRecord)
    causes = Outlet(Cause, key="app")
    window = Setting(
        timedelta,
        default=timedelta(seconds=5),
        check=check_window,
        help="how long the windows are; it should divide the windows of rules and their hops",
    )
    seen = KeyedState()

    def on_start(self) -> None:
        """Know again what was seen."""
        self._seen = HashSet(self.seen)

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._seen = HashSet(self.seen)

    def on_batch(self, records: Batch[LogRecord]) -> Emits:
        """Count the batch."""
        rows = count_messages(records.frame, self.window, self._seen)
        if rows.height:
            times = pl.col(_TIMES).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
            yield self.causes(Batch.from_frame(Cause, rows.with_columns(times)))
