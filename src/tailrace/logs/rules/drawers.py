"""Drawers: entries of one mapping that belong together, told by what their names begin with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping

_SLASH = "/"


class Drawer(MutableMapping[str, bytes]):
    """The entries whose names begin with `<name>/`, by the rest of their names."""

    def __init__(self, entries: MutableMapping[str, bytes], name: str, held: Iterable[str] = ()) -> None:
        """`held` are the rests of the names that there are already."""
        self._entries = entries
        self._prefix = name + _SLASH
        self._held = set(held)

    def __getitem__(self, name: str) -> bytes:
        if name not in self._held:
            raise KeyError(name)
        return self._entries[self._prefix + name]

    def __setitem__(self, name: str, entry: bytes) -> None:
        self._entries[self._prefix + name] = entry
        self._held.add(name)

    def __delitem__(self, name: str) -> None:
        if name not in self._held:
            raise KeyError(name)
        del self._entries[self._prefix + name]
        self._held.discard(name)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._held))

    def __len__(self) -> int:
        return len(self._held)

    def drawer(self, name: str) -> Drawer:
        """A drawer within this one."""
        prefix = name + _SLASH
        return Drawer(self, name, [each.removeprefix(prefix) for each in self._held if each.startswith(prefix)])


def drawers_of(entries: MutableMapping[str, bytes]) -> dict[str, Drawer]:
    """All drawers that have entries, by name."""
    held: dict[str, list[str]] = {}
    for full in entries:
        name, _, rest = full.partition(_SLASH)
        held.setdefault(name, []).append(rest)
    return {name: Drawer(entries, name, rests) for name, rests in held.items()}
