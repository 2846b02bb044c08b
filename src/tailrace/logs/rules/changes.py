"""Changes: a field that has another value than the time before in its group."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Final
from zlib import crc32

import polars as pl

from tailrace.logs.rules.basis import Basis
from tailrace.logs.rules.fields import text_of_field
from tailrace.logs.rules.moments import VALUE, in_stretches, noted
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import TIME, Sight
from tailrace.logs.rules.verdict import Moment, Verdict

_SHARDS: Final = 64
_MOST: Final = 2000
"""Groups remembered in one shard: those that were seen last."""
_LONGEST: Final = 1000
_SHOWN: Final = 80
_SEPARATOR: Final = "\x1f"
_GROUP, _BEFORE, _MOMENT = "#group", "#before", "#moment"


class Changes:
    """The last value of one field in each group; kept in 64 of the entries given.

    Records that come late, after one of a later time, are passed over.
    """

    def __init__(self, basis: Basis, field: str) -> None:
        self.basis = basis
        self._field = field
        self.identity = basis.identity("change", field)

    def recall(self, entries: MutableMapping[str, bytes], rules: list[Rule]) -> None:
        """Go on from what was saved in the entries, for these rules."""
        self._entries = entries
        self._last: list[dict[str, list[str | int]]] = [
            json.loads(entries.get(str(shard), b"{}")) for shard in range(_SHARDS)
        ]
        self._rules = rules

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:  # noqa: ARG002 - as all parts
        """Tell where a step has brought another value."""
        if not sight.shows(self.basis):
            return []
        rows = sight.rows(self.basis)
        value = text_of_field(self._field).str.slice(0, _LONGEST).alias(VALUE)
        keys = self.basis.keys
        name = pl.concat_str(keys, separator=_SEPARATOR) if keys else pl.lit("")
        moments = pl.col(TIME).dt.epoch("us").alias(_MOMENT)
        valued = rows.with_columns(value, name.alias(_GROUP), moments).drop_nulls(VALUE)
        if not valued.height:
            return []
        known = self._known(valued[_GROUP].unique())
        ordered = valued.join(known, on=_GROUP, how="left").sort(_MOMENT, maintain_order=True)
        ordered = ordered.filter(pl.col("#at").is_null() | (pl.col(_MOMENT) >= pl.col("#at")))
        before = pl.col(VALUE).shift(1).over(_GROUP).fill_null(pl.col("#known")).alias(_BEFORE)
        changed = ordered.with_columns(before).filter(pl.col(_BEFORE) != pl.col(VALUE))
        self._remember(ordered)
        return [self._verdict(rule, changed) for rule in self._rules] if changed.height else []

    def look(self, moment: Moment) -> list[Verdict]:  # noqa: ARG002 - as all parts
        """Nothing: only records change anything."""
        return []

    def _verdict(self, rule: Rule, changed: pl.DataFrame) -> Verdict:
        was, became = (pl.col(name).str.slice(0, _SHOWN) for name in (_BEFORE, VALUE))
        said = pl.format("from '{}' to '{}'", was, became).alias(VALUE)
        return noted(rule, self.basis, in_stretches(changed).with_columns(said), f"{self._field} went {{}}")

    def _known(self, groups: pl.Series) -> pl.DataFrame:
        found = [(name, *self._last[_shard(name)].get(name, (None, None))) for name in groups]
        schema = {_GROUP: pl.String(), "#known": pl.String(), "#at": pl.Int64()}
        return pl.DataFrame(found, schema=schema, orient="row")

    def _remember(self, ordered: pl.DataFrame) -> None:
        latest = ordered.group_by(_GROUP).agg(pl.col(VALUE).last(), pl.col(_MOMENT).last())
        touched = set()
        for name, value, at in latest.iter_rows():
            shard = self._last[_shard(name)]
            if shard.get(name) != [value, at]:
                shard[name] = [value, at]
                touched.add(_shard(name))
        for number in touched:
            shard = self._last[number]
            if len(shard) > _MOST:
                kept = sorted(shard.items(), key=lambda each: each[1][1])[-_MOST:]
                shard = self._last[number] = dict(kept)
            self._entries[str(number)] = json.dumps(shard).encode()


def _shard(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogatepass")) % _SHARDS
