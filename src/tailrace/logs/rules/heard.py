"""Who was heard, and which of their windows are over and wait to be judged.

A rule that asks for few (`lines < 5 in 5m`) can be judged only when a window is over, and also where no line came at
all. So it is remembered of every group when it was heard first and last, and up to where it has been judged. Times are
microseconds since 1970.
"""

from __future__ import annotations

import io
from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl

from tailrace.logs.rules.verdict import Moment

_ENTRY: Final = "heard"
_GRACE: Final = 5_000_000
"""How long after a window's end lines of it may still come in."""
_RARELY: Final = 1_000_000
"""How often it is worth looking while more input may come."""
_FORGOTTEN: Final = 86_400_000_000
"""A group that was not heard for so long is forgotten."""
_MOST: Final = 100_000
"""Groups remembered; of more, those that were heard last."""
_MOST_WINDOWS: Final = 20_000
"""Windows of one group that are judged at once, the latest."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


class Heard:
    """The groups that were heard; kept in one of the entries given."""

    def __init__(self, keys: list[str], length: int, hop: int, entries: MutableMapping[str, bytes]) -> None:
        self._keys, self._length, self._hop = keys, length, hop
        self._entries = entries
        self._looked = 0
        saved = entries.get(_ENTRY)
        schema = dict.fromkeys(keys, pl.String()) | dict.fromkeys(("first", "last", "lag", "next"), pl.Int64())
        self._groups = pl.DataFrame(schema=schema) if saved is None else pl.read_ipc_stream(io.BytesIO(saved))

    def note(self, added: pl.DataFrame, moment: Moment) -> None:
        """Take over rows with the columns of the group, `first` and `last`."""
        now = micros(moment.now)
        first, last = pl.col("first").min().dt.epoch("us"), pl.col("last").max().dt.epoch("us")
        span = [first.alias("first"), last.alias("last")]
        fresh = added.group_by(self._keys).agg(span) if self._keys else added.select(span)
        begin = ((pl.col("first") + self._hop - 1) // self._hop * self._hop).alias("next")
        fresh = fresh.with_columns((now - pl.col("last")).clip(0).alias("lag"), begin).select(self._groups.columns)
        whole = [pl.col("first").min(), pl.col("last").max(), pl.col("lag").last(), pl.col("next").first()]
        both = pl.concat([self._groups, fresh])
        merged = both.group_by(self._keys, maintain_order=True).agg(whole) if self._keys else both.select(whole)
        self._groups = merged if merged.height <= _MOST else merged.top_k(_MOST, by="last")
        self._save()

    def due(self, moment: Moment) -> pl.DataFrame:
        """The windows that are over and were not judged yet: the columns of the group, and `start`. Now they are.

        A window is over when its group was heard some time after its end; while more input may come, also by the time
        of day, as far behind it as the group's lines were when the last of them came.
        """
        over = pl.col("last") - _GRACE
        if not moment.exhaust:
            if abs(micros(moment.now) - self._looked) < _RARELY:
                return self._groups.clear().select(*self._keys, pl.col("next").alias("start"))
            self._looked = micros(moment.now)
            over = pl.max_horizontal(over, micros(moment.now) - pl.col("lag") - _GRACE)
        end = ((over - self._length) // self._hop * self._hop).alias("end")
        known = self._groups.with_columns(end)
        late = known.filter(pl.col("end") >= pl.col("next"))
        if not late.height:
            return late.select(*self._keys, pl.col("next").alias("start"))
        begin = pl.max_horizontal("next", pl.col("end") - _MOST_WINDOWS * self._hop)
        starts = pl.int_ranges(begin, pl.col("end") + 1, self._hop).alias("start")
        due = late.select(*self._keys, starts).explode("start")
        judged = pl.max_horizontal("next", pl.col("end") + self._hop).alias("next")
        kept = known.with_columns(judged).filter(pl.col("end") - pl.col("last") < _FORGOTTEN + self._length)
        self._groups = kept.select(self._groups.columns)
        self._save()
        return due

    def since(self) -> pl.DataFrame:
        """The columns of each group, and `first`: when it was heard first."""
        return self._groups.select(*self._keys, "first")

    def _save(self) -> None:
        buffer = io.BytesIO()
        self._groups.write_ipc_stream(buffer, compression="lz4")
        self._entries[_ENTRY] = buffer.getvalue()


def micros(moment: datetime) -> int:
    """A time in microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND
