"""YAML text as nodes that know their line and column.

Scalars follow YAML 1.2's core schema (`true`, `1`, `1.5`, `null`), so `no`, `on`, `1:30` and dates stay the texts they
look like. Nothing a text says makes this run code, recurse without end or grow beyond bounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml

from tailrace.blueprint.faults.writing import (
    BadMerge,
    BadYaml,
    DuplicateKey,
    RecursiveAlias,
    TooLarge,
    UnsupportedTag,
)
from tailrace.blueprint.problems import Place, Problem

MAX_NODES = 50_000
MAX_DEPTH = 60


@dataclass(frozen=True)
class Scalar:
    """A text, number, truth value or null, with the text it was written as.

    `inset` tells how far behind `place` the text's first character stands; None when it is not on one line as it is.
    """

    place: Place
    value: str | int | float | bool | None
    text: str
    inset: int | None = None


@dataclass(frozen=True)
class Sequence:
    """A list of nodes."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Entry:
    """A key and its value; `place` is the key's."""

    place: Place
    key: str
    value: Node


@dataclass(frozen=True)
class Mapping:
    """Entries in the order of the text, no key twice."""

    place: Place
    entries: tuple[Entry, ...]

    def get(self, key: str) -> Entry | None:
        """The entry of that key, if there is one."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True)
class Source:
    """A text that was read: its root node (None when it is empty or no YAML) and what is wrong with the writing."""

    file: str
    root: Node | None
    problems: tuple[Problem, ...] = ()


def read_source(text: str, file: str) -> Source:
    """Read YAML. `file` only names the text in places. Problems are collected; it raises nothing."""
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        return Source(file, None, (_bad_yaml(error, file),))
    except yaml.reader.ReaderError as error:
        return Source(file, None, (_bad_character(error, text, file),))
    if node is None:
        return Source(file, None)
    reader = _Reader(file)
    try:
        root = reader.convert(node)
    except _Stop as stop:
        return Source(file, None, (*reader.problems, stop.problem))
    return Source(file, root, tuple(reader.problems))


def to_python(node: Node) -> Any:
    """The node as plain dicts, lists and scalars."""
    match node:
        case Mapping(_, entries):
            return {entry.key: to_python(entry.value) for entry in entries}
        case Sequence(_, items):
            return [to_python(item) for item in items]
        case Scalar(value=value):
            return value


def place_of(node: Node, path: tuple[str | int, ...]) -> Place:
    """The place of what a path leads to, or of the deepest part of the way that exists."""
    place = node.place
    for step in path:
        match node:
            case Mapping() if (entry := node.get(str(step))) is not None:
                node = entry.value
            case Sequence(_, items) if isinstance(step, int) and 0 <= step < len(items):
                node = items[step]
            case _:
                return place
        place = node.place
    return place


def place_within(node: Node, path: tuple[str | int, ...], column: int | None) -> Place | None:
    """The place of a character (from 1) in the text that a path leads to; None when it cannot be told."""
    for step in path:
        entry = node.get(str(step)) if isinstance(node, Mapping) else None
        if entry is None:
            return None
        node = entry.value
    if column is None or not isinstance(node, Scalar) or node.inset is None:
        return None
    return replace(node.place, column=node.place.column + node.inset + column - 1)


def describe(node: Node) -> str:
    """What a node is, in words, for sentences that say what came."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=str(), text=text):
            return repr(text)
        case Scalar(text=text):
            return text


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with the implicit types of YAML 1.2 and a bound on depth."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML declares it
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"nested deeper than {MAX_DEPTH} levels",
                problem_mark=self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})$"), _first)


class _Stop(Exception):
    """Converting cannot go on."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


class _Reader:
    """Turns PyYAML's nodes into ours, expanding aliases within bounds."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._open: set[int] = set()
        self._count = 0

    def convert(self, node: yaml.Node) -> Node:
        self._count += 1
        place = self._place(node)
        if self._count > MAX_NODES:
            raise _Stop(TooLarge(place, MAX_NODES))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if id(node) in self._open:
            raise _Stop(RecursiveAlias(place))
        self._open.add(id(node))
        try:
            return self._collection(node, place)
        finally:
            self._open.discard(id(node))

    def _collection(self, node: yaml.Node, place: Place) -> Node:
        if not node.tag.startswith(_TAG) or node.tag.removeprefix(_TAG) not in ("map", "seq"):
            self.problems.append(UnsupportedTag(place, _short(node.tag)))
        if isinstance(node, yaml.MappingNode):
            return Mapping(place, self._entries(node))
        return Sequence(place, tuple(self.convert(item) for item in node.value))

    def _entries(self, node: yaml.MappingNode) -> tuple[Entry, ...]:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            if key_node.tag == f"{_TAG}merge":
                for entry in self._merge(value_node):
                    merged.setdefault(entry.key, entry)
                continue
            key = self._key(key_node)
            entry = Entry(self._place(key_node), key, self.convert(value_node))
            if key in own:
                self.problems.append(DuplicateKey(entry.place, key, own[key].place))
            else:
                own[key] = entry
        return (*own.values(), *(entry for key, entry in merged.items() if key not in own))

    def _key(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        raise _Stop(BadYaml(self._place(node), "a key is a mapping or a list; keys are texts"))

    def _merge(self, node: yaml.Node) -> Iterator[Entry]:
        sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for source in sources:
            converted = self.convert(source)
            if isinstance(converted, Mapping):
                yield from converted
            else:
                self.problems.append(BadMerge(converted.place, describe(converted)))

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Scalar:
        kind = node.tag.removeprefix(_TAG)
        length = node.end_mark.column - node.start_mark.column
        quotes = 2 if node.style in ("'", '"') else 0
        verbatim = node.end_mark.line == node.start_mark.line and length == len(node.value) + quotes
        try:
            return Scalar(place, _value(kind, node.value), node.value, quotes // 2 if verbatim else None)
        except (KeyError, ValueError):
            self.problems.append(UnsupportedTag(place, _short(node.tag)))
            return Scalar(place, node.value, node.value)

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)


_TAG = "tag:yaml.org,2002:"


def _short(tag: str) -> str:
    return f"!!{tag.removeprefix(_TAG)}" if tag.startswith(_TAG) else tag


def _value(kind: str, text: str) -> str | int | float | bool | None:
    match kind:
        case "str" | "merge":
            return text
        case "null":
            return None
        case "bool":
            return {"true": True, "false": False}[text.lower()]
        case "int":
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        case "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    raise KeyError(kind)


def _bad_yaml(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    problem = error.problem or "it cannot be read"
    context = f", {error.context}" if error.context and error.context_mark else ""
    where = f" from line {error.context_mark.line + 1} on" if context and error.context_mark else ""
    return BadYaml(place, f"{problem}{context}{where}")


def _bad_character(error: yaml.reader.ReaderError, text: str, file: str) -> Problem:
    before = text[: error.position]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    code = error.character if isinstance(error.character, int) else ord(error.character)
    return BadYaml(Place(file, line, column), f"the character U+{code:04X} may not stand in YAML")
