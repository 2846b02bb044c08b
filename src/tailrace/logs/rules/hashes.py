"""A set of 64-bit hashes that only grows: compact, sorted, saved in pieces of a mebibyte.

It is kept in runs of falling size. What a step adds is a run of its own; runs of like size are merged, so a hash is
rewritten about log2(n) times in its life. Ten million hashes take 80 MB.
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

_HEAD: Final = "head"
_PIECE: Final = 1 << 17  # hashes


@dataclass(frozen=True, eq=False)
class _Run:
    number: int
    hashes: Hashes


class HashSet:
    """Hashes that were seen; kept in the entries given. Two texts share a hash once in 2^64."""

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        head = json.loads(entries.get(_HEAD, b'{"next": 0, "runs": []}'))
        self._next: int = head["next"]
        self._runs = [_Run(number, self._load(number, pieces)) for number, pieces in head["runs"]]

    def __len__(self) -> int:
        return sum(len(run.hashes) for run in self._runs)

    def add(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Add hashes, no two of them alike, and say which were not in the set before."""
        new = np.ones(len(hashes), dtype=np.bool_)
        for run in self._runs:
            place = np.searchsorted(run.hashes, hashes)
            new &= run.hashes[np.minimum(place, len(run.hashes) - 1)] != hashes
        if new.any():
            self._grow(np.sort(hashes[new]))
        return new

    def _grow(self, hashes: Hashes) -> None:
        runs = list(self._runs)
        while runs and len(runs[-1].hashes) <= 2 * len(hashes):
            hashes = np.sort(np.concatenate([runs.pop().hashes, hashes]), kind="stable")
        kept = {run.number for run in runs}
        for run in self._runs:
            if run.number not in kept:
                self._drop(run)
        self._runs = [*runs, _Run(self._next, hashes)]
        for piece in range(_pieces(hashes)):
            part = hashes[piece * _PIECE : (piece + 1) * _PIECE]
            self._entries[f"{self._next}-{piece}"] = part.astype("<u8").tobytes()
        self._next += 1
        head = {"next": self._next, "runs": [[run.number, _pieces(run.hashes)] for run in self._runs]}
        self._entries[_HEAD] = json.dumps(head).encode()

    def _load(self, number: int, pieces: int) -> Hashes:
        whole = b"".join(self._entries[f"{number}-{piece}"] for piece in range(pieces))
        return np.frombuffer(whole, dtype="<u8").astype(np.uint64)

    def _drop(self, run: _Run) -> None:
        for piece in range(_pieces(run.hashes)):
            del self._entries[f"{run.number}-{piece}"]


def hashes_of(texts: Iterable[str]) -> Hashes:
    """The hash of each text, the same everywhere and always."""
    digests = b"".join(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _pieces(hashes: Hashes) -> int:
    return -(-len(hashes) // _PIECE)
