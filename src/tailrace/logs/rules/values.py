"""Values under the keys of a rule: read from nodes, every fault noted with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from tailrace.blueprint.problems import Problem
from tailrace.blueprint.source import Entry, Mapping, Node, Scalar, Sequence, describe
from tailrace.logs.rules.problems import MissingRulesKey, UnknownRulesKey, WrongRulesValue
from tailrace.logs.rules.short import read_window
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError

T = TypeVar("T")


@dataclass(frozen=True)
class Wrong(Exception):
    """A value does not fit: the sentence goes on from the key, `has to be a text, a list came`."""

    sentence: str
    hint: str | None = None


@dataclass
class Keys:
    """The keys of one mapping, taken one by one; what nobody took is a fault."""

    node: Mapping
    of: str
    problems: list[Problem]
    taken: set[str] = field(default_factory=set)

    def entry(self, name: str) -> Entry | None:
        """The entry of a key, dashes, underscores and blanks taken for the same."""
        self.taken.add(name)
        return next((each for each in self.node if plain(each.key) == name), None)

    def take(self, name: str, read: Callable[[Node], T], default: T) -> T:
        """The value under a key; the default when it is missing, or at fault, which is then noted."""
        entry = self.entry(name)
        if entry is None:
            return default
        try:
            return read(entry.value)
        except Wrong as wrong:
            self.problems.append(WrongRulesValue(entry.value.place, f"{name} {wrong.sentence}", wrong.hint))
            return default

    def need(self, name: str, read: Callable[[Node], T], default: T, example: str) -> T:
        """As `take`, of a key that must be there."""
        if self.entry(name) is None:
            self.problems.append(MissingRulesKey(self.node.place, name, self.of, example))
        return self.take(name, read, default)

    def refuse_others(self, known: Iterable[str] | None = None) -> None:
        """Note every key that was not taken."""
        names = tuple(known or sorted(self.taken))
        for entry in self.node:
            if plain(entry.key) not in names:
                self.problems.append(UnknownRulesKey(entry.place, entry.key, names, self.of))


def plain(key: str) -> str:
    """A key as it is compared: `at_least` and `at-least` are `at least`."""
    return key.replace("_", " ").replace("-", " ").strip().lower()


def text(node: Node) -> str:
    """A text that is not empty; a number or a truth value as it is written."""
    if isinstance(node, Scalar) and node.value is not None and node.text.strip():
        return " ".join(node.text.split())
    raise Wrong(f"has to be a text, {describe(node)} came")


def texts(node: Node) -> tuple[str, ...]:
    """A list of texts; one text is a list of one."""
    if isinstance(node, Sequence):
        return tuple(text(item) for item in node.items)
    return (text(node),)


def patterns(node: Node) -> tuple[str, ...]:
    """A list of regular expressions, as they stand."""
    items = node.items if isinstance(node, Sequence) else (node,)
    if not items or not all(isinstance(each, Scalar) and each.value is not None for each in items):
        raise Wrong(f"has to be a list of patterns, {describe(node)} came", "as in [OutOfMemory, 'disk (is )?full']")
    return tuple(each.text for each in items if isinstance(each, Scalar))


def number(node: Node) -> float:
    """A number."""
    if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    raise Wrong(f"has to be a number, {describe(node)} came")


def percentage(node: Node) -> float:
    """A share in percent: `5%`, or 5."""
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.text.strip().endswith("%"):
        try:
            return float(node.text.strip().removesuffix("%"))
        except ValueError:
            raise Wrong(f"has to be a percentage, {describe(node)} came", "as in 5%") from None
    return number(node)


def whole(node: Node) -> int:
    """A whole number."""
    value = number(node)
    if not value.is_integer():
        raise Wrong(f"has to be a whole number, {describe(node)} came")
    return int(value)


def window(node: Node) -> timedelta:
    """The length of a window."""
    try:
        return read_window(text(node))
    except TailraceError as error:
        raise Wrong(str(error), error.hint) from None


def duration(node: Node) -> timedelta:
    """A length of time; 0 is none."""
    if isinstance(node, Scalar) and node.text.strip() == "0":
        return timedelta()
    try:
        return parse_duration(text(node))
    except TailraceError as error:
        raise Wrong(f"has to be a duration: {error}", error.hint) from None


def choice(*known: str) -> Callable[[Node], str]:
    """One of several words, in any case."""

    def read(node: Node) -> str:
        word = text(node)
        found = next((each for each in known if each.lower() == word.lower()), None)
        if found is None:
            raise Wrong(f"has to be one of {', '.join(known)}, {describe(node)} came")
        return found

    return read
