"""The fields of a YAML mapping, read by the kind each key needs."""

from __future__ import annotations

from collections.abc import Sequence as Words
from dataclasses import dataclass
from datetime import timedelta

from tailrace.blueprint.faults.writing import UnknownKey, WrongValue
from tailrace.blueprint.problems import Place, Problem
from tailrace.blueprint.source import Mapping, Node, Scalar, Sequence, describe
from tailrace.model.durations import parse_duration, parse_size
from tailrace.model.errors import TailraceError

_NOWHERE = Place("")


@dataclass(frozen=True)
class Text:
    """One text of a list, and where it stands."""

    value: str
    place: Place


class Fields:
    """A node that should be a mapping. Every reader gives None for a key that is absent or wrong; wrong is a problem.

    `given` is the node; `mapping` is it, or an empty mapping when it is none. `may_be_empty` lets nothing stand for
    an empty mapping.
    """

    def __init__(
        self,
        given: Node | None,
        what: str,
        problems: list[Problem],
        *,
        may_be_empty: bool = False,
        needed: str = "a mapping",
    ) -> None:
        self.given = given
        self.what = what
        self._problems = problems
        self.mapping = given if isinstance(given, Mapping) else Mapping(given.place if given else _NOWHERE, ())
        absent = given is None or (may_be_empty and isinstance(given, Scalar) and given.value is None)
        if not isinstance(given, Mapping) and given is not None and not absent:
            problems.append(WrongValue(given.place, what, needed, describe(given)))

    def only(self, known: tuple[str, ...], *, extensions: bool = False) -> None:
        """Every key must be known; with `extensions`, keys `x-...` are for anchors and go unread."""
        for entry in self.mapping:
            if entry.key not in known and not (extensions and entry.key.startswith("x-")):
                self._problems.append(UnknownKey(entry.place, entry.key, self.what, known))

    def node(self, key: str) -> Node | None:
        """The value of a key, whatever it is."""
        entry = self.mapping.get(key)
        return None if entry is None else entry.value

    def place(self, key: str) -> Place:
        """Where the value of a key stands; where the mapping stands, if the key is absent."""
        node = self.node(key)
        return self.mapping.place if node is None else node.place

    def text(self, key: str, *, required: bool = False) -> str | None:
        """A text; a number is the text it was written as."""
        node = self.node(key)
        if node is None and not required:
            return None
        if isinstance(node, Scalar) and not isinstance(node.value, bool) and node.value is not None and node.text:
            return node.text
        self._wrong(key, "a text", node)
        return None

    def choice(self, key: str, choices: Words[str]) -> str | None:
        """One of some words."""
        node = self.node(key)
        if node is None or (isinstance(node, Scalar) and node.value in choices):
            return None if node is None else str(node.value)
        self._wrong(key, f"one of {', '.join(choices)}", node)
        return None

    def count(self, key: str) -> int | None:
        """A whole number from 1 on."""
        node = self.node(key)
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._wrong(key, "a whole number from 1 on", node)
        return None

    def truth(self, key: str) -> bool | None:
        """`true` or `false`."""
        node = self.node(key)
        if node is None or (isinstance(node, Scalar) and isinstance(node.value, bool)):
            return None if node is None else bool(node.value)
        self._wrong(key, "true or false", node)
        return None

    def duration(self, key: str) -> timedelta | None:
        """A duration such as `7d`."""
        node = self.node(key)
        if node is None:
            return None
        try:
            return parse_duration(node.text if isinstance(node, Scalar) else "")
        except TailraceError:
            self._wrong(key, "a duration", node, "write a number and a unit, as in 10s, 1m30s, 2h, 7d")
            return None

    def size(self, key: str) -> int | None:
        """A number of bytes such as `64MiB`."""
        node = self.node(key)
        if node is None:
            return None
        try:
            return parse_size(node.text if isinstance(node, Scalar) else "")
        except TailraceError:
            self._wrong(key, "a size", node, "write a number of bytes and a unit, as in 512, 64KiB, 10MB, 1GiB")
            return None

    def texts(self, key: str) -> tuple[Text, ...]:
        """A list of texts; one text stands for a list of it."""
        node = self.node(key)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return ()
        items = node.items if isinstance(node, Sequence) else (node,)
        found = []
        for item in items:
            if isinstance(item, Scalar) and isinstance(item.value, str):
                found.append(Text(item.value, item.place))
            else:
                self._wrong(key, "a list of <streamlet>.<port>", item, at=item.place)
        return tuple(found)

    def _wrong(
        self, key: str, needed: str, node: Node | None, advice: str | None = None, *, at: Place | None = None
    ) -> None:
        came = "nothing" if node is None else describe(node)
        self._problems.append(WrongValue(at or self.place(key), f"{key!r} of {self.what}", needed, came, advice))
