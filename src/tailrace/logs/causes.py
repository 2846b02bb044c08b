"""What is remembered of recent messages, so that an alert can name its causes. Pure, on columns, bounded.

Rows of `Cause` are added up in three tiers: as they come, by the minute, by ten minutes. Each tier is a few runs of
falling size: what a step adds is a run of its own, and runs of like size are put together, so that a step rewrites
little. Nothing is looked up, sorted or made an object of before somebody asks.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from tailrace.logs.counting import MESSAGE, OTHERS, TEXTS, rank, sum_messages
from tailrace.logs.records import AlertCause

TOLD: Final = 10
"""Messages that are told of at once."""
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = 60_000_000
_TIERS: Final = ((10 * _MINUTE, _MINUTE), (120 * _MINUTE, 10 * _MINUTE))
"""From which age on windows are put together to windows of which length, in microseconds."""
_LONGEST: Final = 7 * 24 * 60 * _MINUTE
"""How far back rules can look."""
_RESTED: Final = 2 * _MINUTE
"""Windows that were not added to for so long, by the time of day, may be put together."""
_TIER_BYTES: Final = 32 << 20
"""What a tier may hold; beyond that, what was added to least lately goes to the next, and from the last it is lost."""
_SMALL: Final = 512  # rows; runs up to this size are put together whatever their proportion
_ROWS: Final = (*MESSAGE, "window_end", "n", "first", "last", "new", "touched", *TEXTS)
_KEYS: Final = ("app", "window_start", "window_end", "first", "last", "n", "level", "fingerprint", "new")
_TIMES: Final = ("window_start", "window_end", "first", "last")
_TYPES: Final = {"app": pl.String(), "level": pl.String(), "fingerprint": pl.String(), "new": pl.Boolean()}


class Memory:
    """The recent messages of every application, by window, kept in saved entries.

    What is older than ten minutes is put together by the minute, what is older than two hours by ten minutes, what is
    older than a week forgotten. `learned` says from when on a message that comes for the first time counts as new in an
    application (microseconds since 1970); None: never.
    """

    def __init__(self, entries: MutableMapping[str, bytes], learned: Callable[[str], int | None] = lambda _: 0) -> None:
        self._tiers = [_Tier(entries, str(number)) for number in range(1 + len(_TIERS))]
        self._learned = learned
        self._index: _Index | None = None
        self._latest: dict[str, int] = {}
        for tier in self._tiers:
            for run in tier.frames():
                self._note_reach(run)
        self._restless = bool(self._latest)

    def add(self, causes: pl.DataFrame, now: datetime) -> None:
        """Take over rows of `Cause` at a time of day: rows of the same message and window add up."""
        if not causes.height:
            return
        rows = causes.with_columns(pl.col(_TIMES).dt.epoch("us"), touched=pl.lit(_micros(now))).select(_ROWS)
        self._note_reach(rows)
        self._tiers[0].add(rows)
        self._index, self._restless = None, True
        for number, tier in enumerate(self._tiers):
            if tier.size > _TIER_BYTES:
                self._move(number, tier.longest_untouched(_length_behind(number)))

    def tidy(self, now: datetime) -> None:
        """Put old windows together and let go of what no rule can look back to."""
        if not self._restless:
            return
        before = _micros(now) - _RESTED
        latest = pl.DataFrame({"app": list(self._latest), "latest": list(self._latest.values())})
        for number, (age, length) in enumerate(_TIERS):
            self._move(number, self._tiers[number].ripe(latest, age, length, before))
        last = len(_TIERS)
        self._move(last, self._tiers[last].ripe(latest, _LONGEST, _length_behind(last), before))
        self._index = None
        self._restless = any(tier.touched_since(before) for tier in self._tiers)

    def reached(self, app: str) -> datetime | None:
        """The latest time of which messages are known; of any application if none is named. None without any."""
        latest = self._latest.get(app) if app else max(self._latest.values(), default=None)
        return None if latest is None else _EPOCH + latest * _MICROSECOND

    def within(self, app: str, start: datetime, end: datetime) -> list[AlertCause]:
        """The ten worst and most frequent messages that came in [start, end), each summed up.

        Those of all applications if `app` is empty; then each says whose it is. Of a message that came both within and
        without in one window, the part within is estimated as if it had come evenly.
        """
        begin, until = _micros(start), _micros(end)
        found = self._indexed.rows(app, begin, until).filter(pl.col("fingerprint") != OTHERS)
        if not found.height:
            return []
        parts = _parts(found, begin, until).with_columns(window_start=pl.lit(0), window_end=pl.lit(0))
        summed = sum_messages([parts], most=TOLD)
        ordered = summed.filter(pl.col("fingerprint") != OTHERS).sort(
            rank(), "n", "fingerprint", descending=[True, True, False]
        )
        return [self._cause(row, app) for row in ordered.head(TOLD).iter_rows(named=True)]

    def new_within(self, app: str, start: datetime, end: datetime) -> set[str]:
        """The fingerprints that came for the first time in [start, end)."""
        rows = (
            self._indexed.keys(app, _micros(start), _micros(end))
            .filter(pl.col("new"))
            .select("app", "fingerprint", "first")
        )
        return {name for whose, name, first in rows.iter_rows() if self._is_new(whose, first)}

    def explains(self, app: str, errors: int, warnings: int, start: datetime, end: datetime) -> bool:
        """Whether the known messages account for so many errors, or warnings where there are no errors."""
        return self._indexed.count(app, _micros(start), _micros(end), warnings=not errors) >= (errors or warnings)

    # -- the inside ---------------------------------------------------------------------------------------------

    @property
    def _indexed(self) -> _Index:
        if self._index is None:
            self._index = _Index([run for tier in self._tiers for run in tier.frames()])
        return self._index

    def _note_reach(self, rows: pl.DataFrame) -> None:
        for app, last in rows.group_by("app").agg(pl.col("last").max()).iter_rows():
            self._latest[app] = max(last, self._latest.get(app, last))

    def _move(self, number: int, due: pl.DataFrame) -> None:
        """Put the windows that are due together in the next tier; what is due in the last one is forgotten."""
        rows = self._tiers[number].take(due)
        if rows is not None and number < len(_TIERS):
            length = _length_behind(number)
            start = pl.col("window_start") // length * length
            longer = rows.with_columns(start).with_columns(window_end=pl.max_horizontal("window_end", start + length))
            self._tiers[number + 1].add(sum_messages([longer]))

    def _is_new(self, app: str, first: int) -> bool:
        learned = self._learned(app)
        return learned is not None and first >= learned

    def _cause(self, row: dict[str, Any], app: str) -> AlertCause:
        first, last = (_EPOCH + row[name] * _MICROSECOND for name in ("first", "last"))
        new = row["new"] and self._is_new(row["app"], row["first"])
        told = {name: row[name] for name in ("fingerprint", "level", "n", *TEXTS)}
        return AlertCause(**told, first=first, last=last, new=new, app="" if app else row["app"])


class _Tier:
    """Rows of windows of like length, in runs; each run is one of the entries given."""

    def __init__(self, entries: MutableMapping[str, bytes], name: str) -> None:
        self._entries = entries
        self._name = name
        numbers = sorted(int(each.removeprefix(f"{name}/")) for each in entries if each.startswith(f"{name}/"))
        self._runs = {number: pl.read_ipc_stream(io.BytesIO(entries[f"{name}/{number}"])) for number in numbers}
        self._sizes = {number: int(run.estimated_size()) for number, run in self._runs.items()}

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return sum(self._sizes.values())

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows, in parts."""
        return iter(self._runs.values())

    def touched_since(self, time: int) -> bool:
        """Whether rows were added after a time of day."""
        return any(run.select((pl.col("touched") > time).any()).item() for run in self._runs.values())

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows, and put runs of like size together."""
        numbers, parts, height = list(self._runs), [rows], rows.height
        while numbers and self._runs[numbers[-1]].height <= max(2 * height, _SMALL - height):
            parts.append(self._drop(numbers.pop()))
            height += parts[-1].height
        whole = sum_messages(parts) if len(parts) > 1 else rows
        self._put(numbers[-1] + 1 if numbers else 0, whole)

    def ripe(self, latest: pl.DataFrame, age: int, length: int, rested: int) -> pl.DataFrame:
        """The stretches, of a length, that lie by an age behind the latest of their application and have rested."""
        stretches = self._stretches(length).join(latest, on="app")
        before = (pl.col("latest") - age) // length * length
        return stretches.filter(pl.col("stretch") < before, pl.col("touched") <= rested)

    def longest_untouched(self, length: int) -> pl.DataFrame:
        """The stretches that were added to least lately, with half of all rows in them."""
        stretches = self._stretches(length).sort("touched", "stretch")
        return stretches.filter(pl.col("rows").cum_sum() <= (pl.col("rows").sum() + 1) // 2)

    def take(self, due: pl.DataFrame) -> pl.DataFrame | None:
        """Take the rows of stretches out; None where there are none."""
        if not due.height:
            return None
        length, taken = due["length"][0], []
        for number in list(self._runs):
            run = self._runs[number].with_columns(stretch=pl.col("window_start") // length * length)
            gone = run.join(due, on=["app", "stretch"], how="semi")
            if gone.height:
                self._drop(number)
                taken.append(gone.drop("stretch"))
                if gone.height < run.height:
                    self._put(number, run.join(due, on=["app", "stretch"], how="anti").drop("stretch"))
        self._runs = dict(sorted(self._runs.items()))
        return pl.concat(taken) if taken else None

    def _stretches(self, length: int) -> pl.DataFrame:
        stretch = (pl.col("window_start") // length * length).alias("stretch")
        parts = [run.select("app", stretch, "touched") for run in self._runs.values()]
        schema = {"app": pl.String(), "stretch": pl.Int64(), "touched": pl.Int64()}
        whole = pl.concat(parts) if parts else pl.DataFrame(schema=schema)
        sums = [pl.col("touched").max(), pl.len().cast(pl.Int64).alias("rows")]
        return whole.group_by("app", "stretch").agg(sums).with_columns(length=pl.lit(length))

    def _put(self, number: int, rows: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        rows.write_ipc_stream(buffer, compression="lz4")
        self._entries[f"{self._name}/{number}"] = buffer.getvalue()
        self._runs[number], self._sizes[number] = rows, int(rows.estimated_size())

    def _drop(self, number: int) -> pl.DataFrame:
        del self._entries[f"{self._name}/{number}"], self._sizes[number]
        return self._runs.pop(number)


class _Index:
    """All rows in the order of application and time, for as long as nothing is added."""

    def __init__(self, runs: list[pl.DataFrame]) -> None:
        self._runs = runs
        keys = [run.select(_KEYS) for run in runs]
        whole = pl.concat(keys) if keys else pl.DataFrame(schema={name: _TYPES.get(name, pl.Int64()) for name in _KEYS})
        self._keys = whole.with_row_index("#place").sort("app", "window_start")
        self._times = {name: self._keys[name].to_numpy() for name in _TIMES}
        starts = self._keys.select("app").with_row_index("#at").group_by("app").agg(pl.col("#at").min(), pl.len())
        self._apps = {app: (first, first + many) for app, first, many in starts.iter_rows()}

    def keys(self, app: str, start: int, end: int) -> pl.DataFrame:
        """What rows that touch a time are about, without texts."""
        return self._keys[self._places(app, start, end)]

    def rows(self, app: str, start: int, end: int) -> pl.DataFrame:
        """The rows that touch a time, whole."""
        places = self.keys(app, start, end)["#place"]
        return self._whole[places] if self._runs else self._keys.clear()

    def count(self, app: str, start: int, end: int, *, warnings: bool) -> int:
        """How many warnings, or else errors, are known of a time."""
        places = self._places(app, start, end)
        n, is_warning = self._counts
        return int(n[places][is_warning[places] == warnings].sum())

    @cached_property
    def _whole(self) -> pl.DataFrame:
        return pl.concat(self._runs, rechunk=False)

    @cached_property
    def _counts(self) -> tuple[np.ndarray, np.ndarray]:
        return self._keys["n"].to_numpy(), (self._keys["level"] == "WARN").to_numpy()

    def _places(self, app: str, start: int, end: int) -> np.ndarray:
        first, behind = self._apps.get(app, (0, 0)) if app else (0, self._keys.height)
        if app:  # within one application rows are in the order of their windows
            behind = first + int(np.searchsorted(self._times["window_start"][first:behind], end))
        here = slice(first, behind)
        begins, ends, firsts, lasts = (self._times[name][here] for name in _TIMES)
        touching = (begins < end) & (ends > start) & (lasts >= start) & (firsts < end)
        return first + np.flatnonzero(touching)


def _parts(rows: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    """What of rows came in [start, end), which they touch."""
    first, last = pl.col("first").clip(start), pl.col("last").clip(None, end)
    whole = (first == pl.col("first")) & (last == pl.col("last"))
    share = (last - first) / (pl.col("last") - pl.col("first"))
    part = (pl.col("n") * share).round(0, mode="half_to_even").fill_nan(1).cast(pl.Int64).clip(1)
    return rows.with_columns(first, last, n=pl.when(whole).then(pl.col("n")).otherwise(part))


def _length_behind(number: int) -> int:
    """How long the windows are that those of a tier are put together to."""
    return _TIERS[min(number, len(_TIERS) - 1)][1]


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
