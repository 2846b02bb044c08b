"""A table of state rows in runs: what a step adds is a small run of its own, runs of like size are merged.

Each run is one saved entry and never changes, so a step rewrites only what it adds plus, now and then, a merge: a row
is rewritten about log2(rows) times in its life, however large the table. The newest run comes last. Tables are
values: each change gives a new one that shares the runs.

A run is sorted by a hash of its key columns; looking up m rows among n costs m * log(n) for each of the few runs. The
hash only finds candidates, keys are compared in full. A second order, by window start, finds the rows of closed
windows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from tailrace.window.assignment import START

SMALL: Final = (
    512  # rows; runs up to this size are merged whatever their proportion, so that a small table is one entry
)
GROWTH: Final = 2

Merge = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True, eq=False)
class Run:
    """Rows sorted by the hash of their keys; the first `closed` of them in the order of starts are no longer alive."""

    number: int
    rows: pl.DataFrame
    hashes: npt.NDArray[np.uint64]
    closed: int = 0

    @classmethod
    def of(cls, number: int, rows: pl.DataFrame, keys: list[str]) -> Run:
        """A run of the rows, in whatever order they come."""
        hashes = hash_keys(rows, keys)
        order = np.argsort(hashes, kind="stable")
        return cls(number, rows[order], hashes[order])

    @cached_property
    def by_start(self) -> npt.NDArray[np.int64]:
        """The positions of the rows in the order of their windows' starts."""
        return np.argsort(self.rows[START].to_numpy(), kind="stable")

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """The starts in order."""
        return np.asarray(self.rows[START].to_numpy()[self.by_start])

    @property
    def alive(self) -> int:
        """How many rows belong to windows that are open."""
        return self.rows.height - self.closed

    def living(self) -> pl.DataFrame:
        """The rows of open windows."""
        return self.rows if not self.closed else self.rows[np.sort(self.by_start[self.closed :])]

    def closing(self, start: int) -> tuple[pl.DataFrame, Run]:
        """The living rows whose window starts at or before `start`, and the run without them."""
        until = int(np.searchsorted(self.starts, start, side="right"))
        if until <= self.closed:
            return self.rows.clear(), self
        closed = replace(self, closed=until)
        # Both orders are the same for the new value, so it need not compute them again.
        closed.__dict__.update(by_start=self.by_start, starts=self.starts)
        return self.rows[self.by_start[self.closed : until]], closed

    def find(
        self, wanted: pl.DataFrame, hashes: npt.NDArray[np.uint64], keys: list[str]
    ) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
        """The rows whose keys equal those of a row in `wanted`, and for each the position of that row."""
        left = np.searchsorted(self.hashes, hashes, side="left")
        many = np.searchsorted(self.hashes, hashes, side="right") - left
        asked = np.repeat(np.arange(len(hashes)), many)
        offsets = np.arange(len(asked)) - np.repeat(np.cumsum(many) - many, many)
        candidates = self.rows[left[asked] + offsets]
        same = _equal_keys(candidates, wanted[asked], keys)
        return candidates.filter(pl.Series(same)), asked[same]


def hash_keys(rows: pl.DataFrame, keys: list[str]) -> npt.NDArray[np.uint64]:
    """A hash of the key columns of each row; it differs between versions of polars and is never saved."""
    return rows.select(keys).hash_rows().to_numpy()


def _equal_keys(left: pl.DataFrame, right: pl.DataFrame, keys: list[str]) -> npt.NDArray[np.bool_]:
    same = np.ones(left.height, dtype=np.bool_)
    for key in keys:
        same &= left[key].eq_missing(right[key]).to_numpy()
    return same


@dataclass(frozen=True, eq=False)
class Table:
    """All rows of one kind, in runs. `keys` are the columns that tell rows apart; `start` is one of them.

    Several runs may hold rows of one key: they are parts, and `merge` makes one of them.
    """

    keys: list[str]
    merge: Merge
    runs: tuple[Run, ...] = ()
    next_number: int = 0

    def find(self, wanted: pl.DataFrame) -> tuple[pl.DataFrame, npt.NDArray[np.int64]]:
        """All parts whose keys equal those of a row in `wanted`, and for each the position of that row."""
        hashes = hash_keys(wanted, self.keys)
        found = [run.find(wanted, hashes, self.keys) for run in self.runs]
        if not found:
            return wanted.clear(), np.empty(0, dtype=np.int64)
        return pl.concat([rows for rows, _ in found]), np.concatenate([asked for _, asked in found])

    def add(self, rows: pl.DataFrame) -> Table:
        """The table with the rows as its newest part."""
        if not rows.height:
            return self
        run = Run.of(self.next_number, rows, self.keys)
        return replace(self, runs=(*self.runs, run), next_number=self.next_number + 1)._compacted()

    def close(self, start: int) -> tuple[pl.DataFrame | None, Table]:
        """The rows of windows that start at or before `start`, merged (None if there are none), and what is left."""
        closing = [run.closing(start) for run in self.runs]
        gone = [rows for rows, _ in closing if rows.height]
        if not gone:
            return None, self
        rest = replace(self, runs=tuple(run for _, run in closing if run.alive))
        return self.merge(pl.concat(gone)), rest._shrunk()._compacted()

    @property
    def alive(self) -> int:
        """How many rows of open windows there are, parts counted one by one."""
        return sum(run.alive for run in self.runs)

    def living(self) -> pl.DataFrame | None:
        """The rows of open windows, merged; None if there are none."""
        return self.merge(pl.concat([run.living() for run in self.runs])) if self.runs else None

    def only(self, rows: pl.DataFrame) -> Table:
        """The table with these rows in the place of all its own."""
        return replace(self, runs=()).add(rows)

    def _compacted(self) -> Table:
        """Merge the newest runs while they are of like size."""
        runs, number = list(self.runs), self.next_number
        while len(runs) > 1 and runs[-2].alive <= max(GROWTH * runs[-1].alive, SMALL - runs[-1].alive):
            newest, older = runs.pop(), runs.pop()
            rows = self.merge(pl.concat([older.living(), newest.living()]))
            runs.append(Run.of(number, rows, self.keys))
            number += 1
        return replace(self, runs=tuple(runs), next_number=number)

    def _shrunk(self) -> Table:
        """Rewrite each large run that is mostly dead: what is saved stays in proportion to what is alive."""
        runs, number = [], self.next_number
        for run in self.runs:
            if run.rows.height > SMALL and run.closed > run.alive:
                runs.append(Run.of(number, run.living(), self.keys))
                number += 1
            else:
                runs.append(run)
        return replace(self, runs=tuple(runs), next_number=number)
