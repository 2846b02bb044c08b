"""The ledger: what is remembered of every log that was read, and which of them another file may be a copy of. Pure."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from tailrace.logs.apps import is_rotated
from tailrace.logs.ingesting.progress import Progress
from tailrace.logs.ingesting.trail import Trail

_MOST_GONE: Final = 1000
_LONGEST_GONE: Final = timedelta(days=8)  # so long may a rotation wait before it packs what it moved away
_MOST_ALIKE: Final = 64


class Ledger:
    """Progress by the names of logs, over the saved entries that it is kept in."""

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        self._known: dict[str, Progress] = {}
        self._held: set[str] = set()
        self._copies: defaultdict[str, set[str]] = defaultdict(set)
        self._parts: defaultdict[str, set[str]] = defaultdict(set)
        self._heads: defaultdict[tuple[str, int], OrderedDict[str, None]] = defaultdict(OrderedDict)
        gone = []
        for name, entry in entries.items():
            progress = Progress.from_bytes(entry)
            self._index(name, progress)
            if progress.gone:
                gone.append((progress.touched, name))
        self._gone = OrderedDict.fromkeys(name for _, name in sorted(gone))

    def get(self, name: str) -> Progress | None:
        """How far a log was read; None if it never was."""
        return self._known.get(name)

    def keep(self, name: str, progress: Progress) -> None:
        """Remember how far a log was read."""
        self._remove(name)
        self._index(name, progress)
        self._entries[name] = progress.to_bytes()

    def part_with(self, name: str) -> None:
        """Remember of a log that is gone what tells its copies; nothing, if that is not enough."""
        progress = self._known[name]
        if not progress.recognisable or progress.fault or progress.origin:
            self.forget(name)
            return
        self.keep(name, replace(progress, gone=True))
        self._gone[name] = None
        oldest = next(iter(self._gone))
        if len(self._gone) > _MOST_GONE or self._known[oldest].touched + _LONGEST_GONE < progress.touched:
            self.forget(oldest)

    def forget(self, name: str) -> None:
        """Remember nothing of a log."""
        self._remove(name)
        self._gone.pop(name, None)
        self._entries.pop(name, None)

    def of_file(self, identity: str) -> list[str]:
        """The names of the logs that a file holds, as far as they are known and not gone."""
        return sorted(name for name in self._parts.get(identity, ()) if not self._known[name].gone)

    def copies_of(self, name: str) -> list[str]:
        """The names of logs that may be copies of one, and wait for it."""
        return sorted(self._copies.get(name, ()))

    def held(self) -> Iterator[tuple[str, Progress]]:
        """The logs of which something is held back."""
        return ((name, self._known[name]) for name in sorted(self._held))

    def set_down(self, name: str) -> None:
        """Count what is held of a log no more: it waits for a line's end, or for a copy."""
        self._held.discard(name)

    @property
    def holding(self) -> bool:
        """Whether anything is held back."""
        return bool(self._held)

    def alike(self, name: str, app: str, uri: str, head: int, *, packed: bool) -> dict[str, Trail]:
        """The trails of logs that begin with the same bytes and that a new log, packed or not, may be a copy of.

        A plain file is taken for a copy only if its name was made from the other's, or if the other is gone, or lost
        its path to this one, and its times tell the day: else a log that begins with the same lines at each start would
        be read once for all.
        """
        found = {}
        for other in reversed(self._heads.get((app, head), {})):
            known = self._known[other]
            clock = known.state.clock
            moved = (known.gone or known.uri == uri) and clock.last is not None and clock.day is None
            if other != name and (packed or moved or is_rotated(uri, known.uri)):
                found[other] = known.trail
            if len(found) == _MOST_ALIKE:
                break
        return found

    # -- indices ------------------------------------------------------------------------------------------------

    def _index(self, name: str, progress: Progress) -> None:
        self._known[name] = progress
        self._parts[name.partition("!")[0]].add(name)
        if progress.state.pending:
            self._held.add(name)
        if progress.origin:
            self._copies[progress.origin].add(name)
        if (key := _head_of(progress)) is not None:
            self._heads[key][name] = None

    def _remove(self, name: str) -> None:
        before = self._known.pop(name, None)
        if before is None:
            return
        self._held.discard(name)
        _discard(self._parts, name.partition("!")[0], name)
        if before.origin:
            _discard(self._copies, before.origin, name)
        if (key := _head_of(before)) is not None:
            self._heads[key].pop(name, None)
            if not self._heads[key]:
                del self._heads[key]


def _head_of(progress: Progress) -> tuple[str, int] | None:
    return (progress.app, progress.trail.marks[0][1]) if progress.recognisable and not progress.origin else None


def _discard(index: defaultdict[str, set[str]], key: str, name: str) -> None:
    index[key].discard(name)
    if not index[key]:
        del index[key]
