"""Silence: a group of which no line has come for so long.

While more input may come, silence is told by the time of day at which the last lines came, counted from the start of
this process at the earliest: what piled up while it was down is read first. Of past logs it is told by the times of
their records, once all there is has been read.
"""

from __future__ import annotations

import io
from collections.abc import MutableMapping
from typing import Final

import polars as pl

from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.heard import MICROSECOND, micros
from tailrace.logs.rules.kinds import Silence
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import TIME, Sight, as_time
from tailrace.logs.rules.verdict import COLUMNS, Moment, Verdict

_ENTRY: Final = "heard"
_MOST: Final = 100_000
"""Groups (of past logs: groups and stretches) remembered, those that were heard last."""
_FORGOTTEN: Final = 30 * 86_400_000_000
"""A group that was silent for so long is forgotten."""
_AGAIN: Final = 10_000_000
"""How often a silence that lasts is told, in microseconds; more often if it would be taken for resolved."""
_OLD: Final = 86_400_000_000
"""Lines that were so old when they came are of a log that was put away: nobody waits for more of it."""
_STRETCH: Final = 1_000_000


class Silences:
    """When each group was heard last, and rules that tell of those that have gone silent."""

    def __init__(self, basis: Basis, apps: tuple[str, ...]) -> None:
        self.basis = basis
        self._apps = apps
        self.identity = basis.identity("silence", apps)

    def recall(self, entries: MutableMapping[str, bytes], rules: list[Rule]) -> None:
        """Go on from what was saved in the entries, for these rules."""
        self._entries = entries
        self._rules = rules
        schema = dict.fromkeys(self.basis.keys, pl.String()) | dict.fromkeys(("first", "last", "arrived"), pl.Int64())
        saved = entries.get(_ENTRY)
        self._heard = pl.DataFrame(schema=schema) if saved is None else pl.read_ipc_stream(io.BytesIO(saved))
        self._awake: int | None = None
        self._told: dict[str, int] = {}
        self.unread = bool(self._heard.height)

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:
        """Note who was heard."""
        self._wake(moment)
        if sight.shows(self.basis):
            self._note(sight.rows(self.basis), moment)
        return []

    def look(self, moment: Moment) -> list[Verdict]:
        """Tell who has gone silent."""
        self._wake(moment)
        if moment.exhaust:
            return self._look_back() if moment.idle else []
        found = [self._silent(rule, micros(moment.now)) for rule in self._rules]
        return [each for each in found if each.windows.height]

    def _wake(self, moment: Moment) -> None:
        if self._awake is not None:
            return
        self._awake = micros(moment.now)
        self._heard = self._merged(self._heard, moment)
        if self._apps and "app" in self.basis.by and len(self.basis.by) == 1 and not moment.exhaust:
            known = set(self._heard["k0"])
            never = [app for app in self._apps if app not in known]
            times = dict.fromkeys(("first", "last", "arrived"), pl.lit(self._awake))
            self._heard = pl.concat(
                [self._heard, pl.DataFrame({"k0": never}, schema={"k0": pl.String()}).with_columns(**times)]
            )

    def _note(self, rows: pl.DataFrame, moment: Moment) -> None:
        """Past logs are remembered by stretches, since files are read one after the other."""
        keys, time = self.basis.keys, pl.col(TIME).dt.epoch("us")
        times = rows.select(*keys, time.alias("first"), time.alias("last"), pl.lit(micros(moment.now)).alias("arrived"))
        self._heard = self._merged(pl.concat([self._heard, times]), moment)
        self.unread = True
        buffer = io.BytesIO()
        self._heard.write_ipc_stream(buffer, compression="lz4")
        self._entries[_ENTRY] = buffer.getvalue()

    def _merged(self, rows: pl.DataFrame, moment: Moment) -> pl.DataFrame:
        stretch = pl.col("last") // (self._shortest() if moment.exhaust else 1 << 62)
        sums = [pl.col("first").min(), pl.col("last").max(), pl.col("arrived").max()]
        whole = rows.group_by(*self.basis.keys, stretch.alias("#stretch")).agg(sums).drop("#stretch")
        recent = whole.filter(pl.col("arrived") > micros(moment.now) - _FORGOTTEN)
        return recent if recent.height <= _MOST else recent.top_k(_MOST, by="last")

    def _shortest(self) -> int:
        """A stretch so short that no silence of any rule can hide in it."""
        lengths = [rule.kind.length // MICROSECOND for rule in self._rules if isinstance(rule.kind, Silence)]
        return max(min(lengths) // 2, _STRETCH)

    def _silent(self, rule: Rule, now: int) -> Verdict:
        """The groups that are silent now, if it is time to say so again."""
        assert isinstance(rule.kind, Silence)
        listened = now - pl.max_horizontal("arrived", pl.lit(self._awake))
        length = rule.kind.length // MICROSECOND
        current = pl.col("arrived") - pl.col("last") <= max(length, _OLD)
        silent = self._heard.filter(listened >= length, current).with_columns(
            (now - pl.col("arrived")).alias("#silent")
        )
        again = min(_AGAIN, rule.quiet // MICROSECOND // 3)
        if not silent.height or now - self._told.get(rule.identity, 0) < again:
            silent = silent.clear()
        else:
            self._told[rule.identity] = now
        return _verdict(rule, self.basis, silent.with_columns((pl.col("last") + pl.col("#silent")).alias("#end")))

    def _look_back(self) -> list[Verdict]:
        """The silences between the times of past records, and up to the latest of them all."""
        if not self.unread or not self._heard.height:
            return []
        self.unread = False
        latest = self._heard["last"].max()
        following = pl.col("first").shift(-1)
        keys = self.basis.keys
        end = (following.over(keys) if keys else following).fill_null(latest).alias("#end")
        gaps = (
            self._heard.sort("first").with_columns(end).with_columns((pl.col("#end") - pl.col("last")).alias("#silent"))
        )
        found = []
        for rule in self._rules:
            assert isinstance(rule.kind, Silence)
            silent = gaps.filter(pl.col("#silent") >= rule.kind.length // MICROSECOND)
            if silent.height:
                found.append(_verdict(rule, self.basis, silent))
        return found


def _verdict(rule: Rule, basis: Basis, silent: pl.DataFrame) -> Verdict:
    nothing = [pl.lit(0, dtype=pl.Int64).alias(name) for name in ("lines", "errors", "warnings")]
    seconds = pl.col("#silent").cast(pl.Float64) / 1e6
    windows = silent.select(
        *basis.keys,
        as_time(pl.col("last")).alias("window_start"),
        as_time(pl.col("#end")).alias("window_end"),
        as_time(pl.col("#end")).alias("last"),
        *nothing,
        seconds.alias("value"),
        pl.format("no line since {} UTC", as_time(pl.col("last")).dt.strftime("%Y-%m-%d %H:%M:%S")).alias("detail"),
    )
    return Verdict(rule, windows.select(*basis.keys, *COLUMNS))
