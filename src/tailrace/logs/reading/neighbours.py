"""Neighbours: the lines around a record, shown for a few records of a call, the first of their kind.

What stood before a record does not depend on how a file is cut into chunks, since the state keeps the last lines; what
stood after it is what had been read by then. Of a record beyond its bound, the lines that were dropped are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines, buffers, decoded
from tailrace.logs.reading.words import Positions

_LINES: Final = 3  # on either side
_CHARACTERS: Final = 200  # of each line
_BYTES: Final = 4 * _CHARACTERS + 4  # so many hold that many characters, whatever is cut through at their end
_PANE: Final = 5_000_000  # microseconds; causes are told for so long, each by its first record
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)  # spreads small numbers over all bits
_RECORDS: Final = 200  # that are given neighbours in one call
PART_BITS: Final = 48
"""Offsets of records of several files are told apart by numbers above these bits."""


@dataclass(frozen=True, slots=True)
class Around:
    """Where k records lie among lines: `first[i]` is the line that begins record i, `after[i]` the one after it.

    `recent` are the last lines before all of `lines`, as `keep_recent` returns them.
    """

    lines: Lines
    recent: bytes
    first: NDArray[np.intp]
    after: NDArray[np.intp]

    def picked(self, rows: NDArray[np.intp]) -> Around:
        """Return only some of the records."""
        return Around(self.lines, self.recent, self.first[rows], self.after[rows])

    def texts(self) -> tuple[list[str], list[str]]:
        """Return the lines before every record and those after it, joined by line feeds; "" where there are none."""
        before, after = (self.first[:, None] + np.arange(-_LINES, 0), self.after[:, None] + np.arange(_LINES))
        wanted = np.unique(np.concatenate((before, after)))
        wanted = wanted[(wanted >= 0) & (wanted < len(self.lines))]
        texts = dict(zip(wanted.tolist(), _texts(self.lines, wanted), strict=True))
        old = self.recent.split(b"\n")[:-1]
        texts |= {index - len(old): text for index, text in enumerate(_shown(old))}
        joined = (["\n".join(texts[i] for i in row if i in texts) for row in side.tolist()] for side in (before, after))
        return next(joined), next(joined)


def keep_recent(lines: Lines, stop: int, recent: bytes) -> bytes:
    """Return the beginnings of the last lines before line `stop`, a line feed after each; `recent` came before all."""
    rows = slice(max(stop - _LINES, 0), stop)
    begins, ends = lines.heads[rows], np.minimum(lines.ends[rows], lines.heads[rows] + _BYTES)
    new = [line + b"\n" for line in _cut(lines, begins, ends)]
    old = recent.split(b"\n")[:-1][len(new) - _LINES :] if len(new) < _LINES else []
    return b"".join((*(line + b"\n" for line in old), *new))


def add_neighbours(records: pl.DataFrame, arounds: list[tuple[NDArray[np.int64], Around]]) -> pl.DataFrame:
    """Return records with the columns `before` and `after`, empty but for the first of each kind.

    `arounds` holds the offsets of records, and where these lie. Records are of one kind that have the same fingerprint
    and level, are of one file, and whose times lie in the same five seconds. Of more than two hundred kinds, the first
    of every fingerprint and level go before others.
    """
    chosen = _chosen(records)
    place = records["offset"].to_numpy()[chosen]
    index, before, after = np.zeros(len(records), dtype=np.int64), [""], [""]
    for offsets, around in arounds:
        row = np.minimum(np.searchsorted(offsets, place), len(offsets) - 1)
        shown = np.flatnonzero(offsets[row] == place)
        if len(shown):
            texts = around.picked(row[shown]).texts()
            index[chosen[shown]] = len(before) + np.arange(len(shown))
            before += texts[0]
            after += texts[1]
    where = pa.array(index)
    return records.hstack(
        [
            pl.Series(name, pa.array(texts, pa.large_string()).take(where))
            for name, texts in (("before", before), ("after", after))
        ]
    )


def _chosen(records: pl.DataFrame) -> NDArray[np.intp]:
    """Return which records are given neighbours, ascending."""
    kind = _numbers(records["fingerprint"]) ^ records["severity"].to_numpy().astype(np.uint64)
    kind ^= (records["offset"].to_numpy() >> PART_BITS).astype(np.uint64) * _ODD
    first = _first(kind)
    if len(first) >= _RECORDS:
        return first[:_RECORDS]
    pane = (records["time"].cast(pl.Int64).to_numpy() // _PANE).astype(np.uint64)
    also, chosen = _first(kind ^ (pane * _ODD)), np.zeros(len(records), dtype=np.bool_)
    chosen[first] = True
    chosen[also[~chosen[also]][: _RECORDS - len(first)]] = True
    return np.flatnonzero(chosen)


def _numbers(fingerprints: pl.Series) -> NDArray[np.uint64]:
    """Return a number for each fingerprint that is the same for the same ones."""
    data, _ = buffers(fingerprints.to_arrow(compat_level=pl.CompatLevel.oldest()))
    halves = np.frombuffer(data.tobytes(), dtype="<u8").reshape(-1, 2)
    numbers: NDArray[np.uint64] = halves[:, 0] * _ODD + halves[:, 1]
    return numbers


def _first(keys: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Return where each of the keys stands first, ascending."""
    codes = pa.array(keys).dictionary_encode().indices.to_numpy()
    first = np.empty(codes.max(initial=-1) + 1, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    return first


def _texts(lines: Lines, chosen: NDArray[np.intp]) -> list[str]:
    """Return the beginnings of chosen lines, as text."""
    begins = lines.heads[chosen]
    ends = np.minimum(lines.ends[chosen], begins + _BYTES)
    return _shown(_cut(lines, begins, ends))


def _cut(lines: Lines, begins: Positions, ends: Positions) -> list[bytes]:
    """Return what stands between some places, in one line even if it is laid out over several."""
    spans = zip(begins.tolist(), ends.tolist(), strict=True)
    return [lines.data[begin:end].replace(b"\n", b" ") for begin, end in spans]


def _shown(lines: list[bytes]) -> list[str]:
    """Return what is shown of some beginnings of lines."""
    try:
        texts = b"\n".join(lines).decode().split("\n")
    except UnicodeDecodeError:
        texts = []
    if len(texts) != len(lines):
        texts = [decoded(line) for line in lines]
    return [text[:_CHARACTERS].rstrip("\r") for text in texts]
