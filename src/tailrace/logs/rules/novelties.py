"""What was never seen before: a value that a field has for the first time in its group."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Final

import polars as pl

from tailrace.logs.reading import fingerprint
from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.drawers import Drawer
from tailrace.logs.rules.fields import text_of_field
from tailrace.logs.rules.hashes import HashSet, hashes_of
from tailrace.logs.rules.heard import MICROSECOND, micros
from tailrace.logs.rules.kinds import New
from tailrace.logs.rules.moments import VALUE, in_stretches, noted
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import Sight
from tailrace.logs.rules.verdict import Moment, Verdict

_GROUPS: Final = "groups"
_SEPARATOR: Final = "\x1f"
_SHOWN: Final = 80
"""Characters of a value that are told."""
_MASKED: Final = {"fingerprint", "template"}
_MOST: Final = 100_000
"""Groups of which it is known since when they are learnt from; a group beyond them is taken for learnt."""


class Novelties:
    """The values of one field that were seen, and rules that tell of others.

    Each group learns for itself: what a new application writes in its first minutes is no news. While more input may
    come it learns by the time of day as well as by that of its records; of past logs by the latter alone.
    """

    def __init__(self, basis: Basis, field: str) -> None:
        self.basis = basis
        self._field = field
        self.identity = basis.identity("new", field, *_version(field))

    def recall(self, entries: MutableMapping[str, bytes], rules: list[Rule]) -> None:
        """Go on from what was saved in the entries, for these rules."""
        self._entries = entries
        drawer = entries.drawer("seen") if isinstance(entries, Drawer) else entries
        self._seen = HashSet(drawer)
        self._began: dict[str, list[int]] = json.loads(entries.get(_GROUPS, b"{}"))
        self._rules = rules

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:
        """Tell what a step has brought that was never there before."""
        if not sight.shows(self.basis):
            return []
        rows = sight.rows(self.basis)
        valued = rows.with_columns(text_of_field(self._field).alias(VALUE)).drop_nulls(VALUE)
        keys = self.basis.keys
        distinct = valued.group_by(*keys, VALUE, maintain_order=True).agg(pl.col("time").min().dt.epoch("us"))
        new = distinct.filter(pl.Series(self._seen.add(hashes_of(self._names(distinct))), dtype=pl.Boolean))
        self._begin(distinct, moment)
        return [verdict for rule in self._rules for verdict in self._judge(rule, new, valued, moment)]

    def look(self, moment: Moment) -> list[Verdict]:  # noqa: ARG002 - as all parts
        """Nothing: only records can be new."""
        return []

    def _names(self, distinct: pl.DataFrame) -> list[str]:
        joined = pl.concat_str([*self.basis.keys, VALUE], separator=_SEPARATOR)
        return distinct.select(joined).to_series().to_list()

    def _begin(self, distinct: pl.DataFrame, moment: Moment) -> None:
        """Note of groups that were never seen when they were seen first: by the time of day, and by their records."""
        now, known = micros(moment.now), len(self._began)
        for name, first in self._group_names(distinct).group_by("#group").agg(pl.col("time").min()).iter_rows():
            if name not in self._began and len(self._began) < _MOST:
                self._began[name] = [now, first]
        if len(self._began) > known:
            self._entries[_GROUPS] = json.dumps(self._began).encode()

    def _judge(self, rule: Rule, new: pl.DataFrame, valued: pl.DataFrame, moment: Moment) -> list[Verdict]:
        told = self._learnt(rule, new, moment)
        if not told.height:
            return []
        keys = self.basis.keys
        records = in_stretches(valued.join(told.select(*keys, VALUE), on=[*keys, VALUE], how="semi", nulls_equal=True))
        records = records.with_columns(pl.format("'{}'", pl.col(VALUE).str.slice(0, _SHOWN)).alias(VALUE))
        return [noted(rule, self.basis, records, "never seen before: {}", new=True)]

    def _learnt(self, rule: Rule, new: pl.DataFrame, moment: Moment) -> pl.DataFrame:
        """Of new values those whose group is past its time to learn."""
        assert isinstance(rule.kind, New)
        learn = rule.kind.learn // MICROSECOND
        if not new.height or not learn:
            return new
        named = self._group_names(new)
        began = [self._began.get(name, [0, 0]) for name in named["#group"]]
        arrived, first = (pl.Series([each[i] for each in began], dtype=pl.Int64) for i in range(2))
        past = named["time"] >= first + learn
        if not moment.exhaust:
            past = past & (micros(moment.now) >= arrived + learn)
        return new.filter(past)

    def _group_names(self, distinct: pl.DataFrame) -> pl.DataFrame:
        keys = self.basis.keys
        name = pl.concat_str(keys, separator=_SEPARATOR) if keys else pl.lit("")
        return distinct.with_columns(name.alias("#group"))


def _version(field: str) -> tuple[int, ...]:
    """The version that a field's values are of. When it changes all of them do, so they are learnt anew, not told."""
    return (fingerprint.VERSION,) if field in _MASKED else ()
