"""The state of a fold as named byte entries: one small head, and one Arrow stream for each run of each table."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from tailrace.model.errors import TailraceError
from tailrace.window.runs import Run, Table

VERSION: Final = 1
HEAD: Final = "head"
TOTALS: Final = "totals"


@dataclass(frozen=True, eq=False)
class FoldState:
    """What a fold knows after a step: a value, which `Fold.apply` never changes but replaces.

    `tables` holds the totals, and for each count_distinct the values seen; `watermark` is in microseconds since 1970,
    `step` counts the steps so far. `layout` tells states of different declarations apart.
    """

    layout: str
    tables: Mapping[str, Table]
    watermark: int
    step: int

    def head(self) -> bytes:
        """The entry that says which runs make up the state; two states of one history are equal if their heads are."""
        tables = {
            name: {"next": table.next_number, "runs": [run.number for run in table.runs]}
            for name, table in self.tables.items()
        }
        content = {
            "version": VERSION,
            "layout": self.layout,
            "watermark": self.watermark,
            "step": self.step,
            "tables": tables,
        }
        return json.dumps(content, separators=(",", ":")).encode()

    def is_in(self, entries: Mapping[str, bytes]) -> bool:
        """Whether the entries hold this very state: not so after a step was rolled back or another worker went on."""
        return entries.get(HEAD, self._fresh_head()) == self.head()

    def _fresh_head(self) -> bytes:
        return self.head() if not self.step else b""

    def changes_since(self, before: FoldState) -> dict[str, bytes | None]:
        """The entries to write, and to delete (None), to make the saved `before` into this state."""
        old, new = before._runs(), self._runs()
        changes: dict[str, bytes | None] = {name: None for name in old if name not in new}
        changes |= {name: _encode(run.rows) for name, run in new.items() if name not in old}
        return changes | {HEAD: self.head()}

    def _runs(self) -> dict[str, Run]:
        return {entry_name(name, run.number): run for name, table in self.tables.items() for run in table.runs}


def load(entries: Mapping[str, bytes], fresh: FoldState, window_length: int) -> FoldState:
    """The state that was saved in the entries; `fresh`, an empty state of the same layout, if nothing was.

    Raises TailraceError when the entries are of a newer version, of another declaration, or damaged.
    """
    if HEAD not in entries:
        return fresh
    try:
        head = json.loads(entries[HEAD])
        _check_head(head, fresh.layout)
        tables = {name: _load_table(entries, name, table, head["tables"][name]) for name, table in fresh.tables.items()}
        closed = head["watermark"] - window_length
        tables = {name: _without_closed(table, closed) for name, table in tables.items()}
        return FoldState(fresh.layout, tables, head["watermark"], head["step"])
    except (ValueError, KeyError, TypeError, OSError, pl.exceptions.PolarsError) as error:
        raise TailraceError(
            f"the saved windows are damaged: {error!r}", hint="replay the topic into fresh windows"
        ) from error


def _check_head(head: dict[str, object], layout: str) -> None:
    version = head["version"]
    if not isinstance(version, int) or version > VERSION:
        sentence = f"the saved windows are of version {version}, this program reads up to version {VERSION}"
        raise TailraceError(sentence, hint="use the newer program, or replay the topic into fresh windows")
    if head["layout"] != layout:
        sentence = "the saved windows belong to another declaration: window, hop, keys, where or measures were changed"
        raise TailraceError(sentence, hint="take back the change, or replay the topic into fresh windows")


def _load_table(entries: Mapping[str, bytes], name: str, empty: Table, head: Mapping[str, object]) -> Table:
    numbers, following = head["runs"], head["next"]
    assert isinstance(numbers, list)
    assert isinstance(following, int)
    runs = tuple(Run.of(number, _decode(entries[entry_name(name, number)]), empty.keys) for number in numbers)
    return Table(empty.keys, empty.merge, runs, following)


def _without_closed(table: Table, start: int) -> Table:
    """A saved run still holds the rows of windows that closed since it was written."""
    return Table(table.keys, table.merge, tuple(run.closing(start)[1] for run in table.runs), table.next_number)


def entry_name(table: str, number: int) -> str:
    """The name of a run's entry."""
    return f"{table}/{number}"


def _encode(rows: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    rows.write_ipc_stream(buffer, compression="lz4", compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def _decode(blob: bytes) -> pl.DataFrame:
    return pl.read_ipc_stream(io.BytesIO(blob)).rechunk()
