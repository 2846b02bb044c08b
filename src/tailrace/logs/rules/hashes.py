"""A set of 64-bit hashes: compact, sorted, saved in pieces of a mebibyte, and bounded.

It is kept in runs of falling size. What a step adds is a run of its own; runs of like size are merged, so a hash is
rewritten about log2(n) times in its life. Ten million hashes take 80 MB: the runs are views of what is saved.

There are two generations. When the younger one is full it becomes the older, and the older before it is forgotten: what
was not seen for at least eight million other hashes is new again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

GENERATION: Final = 8_000_000
"""Hashes in one generation, roughly."""
_HEAD: Final = "head"
_PIECE: Final = 1 << 17  # hashes


@dataclass(frozen=True, eq=False)
class _Run:
    """Hashes in order, cut into pieces."""

    number: int
    pieces: tuple[Hashes, ...]

    def __len__(self) -> int:
        return sum(map(len, self.pieces))

    def holds(self, ordered: Hashes) -> npt.NDArray[np.bool_]:
        """Which of some hashes, in order, are in the run."""
        cuts = np.searchsorted(ordered, np.array([piece[0] for piece in self.pieces[1:]], dtype=np.uint64))
        found = [_is_in(part, piece) for part, piece in zip(np.split(ordered, cuts), self.pieces, strict=True)]
        return np.concatenate(found)


class HashSet:
    """Hashes that were seen; kept in the entries given. Two texts share a hash once in 2^64."""

    def __init__(self, entries: MutableMapping[str, bytes], generation: int = GENERATION) -> None:
        self._entries = entries
        self._generation = generation
        head = json.loads(entries.get(_HEAD, b"{}"))
        self._next: int = head.get("next", 0)
        self._runs = [self._load(number, pieces) for number, pieces in head.get("runs", [])]
        self._older = [self._load(number, pieces) for number, pieces in head.get("older", [])]

    def __len__(self) -> int:
        return sum(map(len, [*self._runs, *self._older]))

    def add(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Add hashes, no two of them alike, and say which were not in the set before."""
        order = np.argsort(hashes)
        ordered = hashes[order]
        young = _are_in(ordered, self._runs)
        if not young.all():
            old = _are_in(ordered, self._older)
            self._grow(ordered[~young])
            young |= old
        new = np.empty(len(hashes), dtype=np.bool_)
        new[order] = ~young
        return new

    def _grow(self, hashes: Hashes) -> None:
        """Add hashes, in order, that the younger generation does not have."""
        parts = [hashes]
        while self._runs and len(self._runs[-1]) <= 2 * sum(map(len, parts)):
            run = self._runs.pop()
            parts += run.pieces
            self._drop(run)
        whole = np.concatenate(parts)
        whole.sort(kind="stable")  # in its place: ten million take 80 MB
        self._runs.append(self._saved(whole))
        if sum(map(len, self._runs)) >= self._generation:
            for run in self._older:
                self._drop(run)
            self._older, self._runs = self._runs, []
        head = {"next": self._next, "runs": _named(self._runs), "older": _named(self._older)}
        self._entries[_HEAD] = json.dumps(head).encode()

    def _saved(self, hashes: Hashes) -> _Run:
        number, self._next = self._next, self._next + 1
        cuts = range(0, len(hashes), _PIECE)
        for piece, start in enumerate(cuts):
            self._entries[f"{number}-{piece}"] = hashes[start : start + _PIECE].astype("<u8").tobytes()
        return self._load(number, len(cuts))

    def _load(self, number: int, pieces: int) -> _Run:
        entries = (self._entries[f"{number}-{piece}"] for piece in range(pieces))
        return _Run(number, tuple(np.frombuffer(entry, dtype="<u8") for entry in entries))

    def _drop(self, run: _Run) -> None:
        for piece in range(len(run.pieces)):
            del self._entries[f"{run.number}-{piece}"]


def hashes_of(texts: Iterable[str]) -> Hashes:
    """The hash of each text, the same everywhere and always."""
    digests = b"".join(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _named(runs: list[_Run]) -> list[list[int]]:
    return [[run.number, len(run.pieces)] for run in runs]


def _are_in(ordered: Hashes, runs: list[_Run]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(ordered), dtype=np.bool_)
    for run in runs:
        found |= run.holds(ordered)
    return found


def _is_in(wanted: Hashes, piece: Hashes) -> npt.NDArray[np.bool_]:
    """Which of some hashes are in a piece that is not empty; both are in order."""
    place = np.searchsorted(piece, wanted)
    same: npt.NDArray[np.bool_] = piece[np.minimum(place, len(piece) - 1)] == wanted
    return same
