"""An Avro schema as a tree of small values: parsed once, every name in full, every fault with its place.

Source: Apache Avro 1.12 specification, "Schema Declaration" and "Names". Properties that the specification does not
know are ignored, as it asks, but for `EVENT_TIME`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tailrace.model.errors import TailraceError
from tailrace.model.fields import EVENT_TIME, MISSING
from tailrace.model.names import nearest

PRIMITIVES: Final = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_LOGICAL: Final = {
    "date": ("int",),
    "timestamp-millis": ("long",),
    "timestamp-micros": ("long",),
    "uuid": ("string",),
    "decimal": ("bytes", "fixed"),
}
_SIMPLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class InvalidSchema(TailraceError):
    """What should be an Avro schema is none, or none that a record can hold; the message names the place."""


@dataclass(frozen=True)
class Primitive:
    """A primitive type, with its logical type where that is one Tailrace knows and it stands on the right type."""

    kind: str
    logical: str | None = None
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True)
class Array:
    """An array and the type of its items."""

    items: Node


@dataclass(frozen=True)
class Map:
    """A map from strings and the type of its values."""

    values: Node


@dataclass(frozen=True)
class Union:
    """One of several types."""

    branches: tuple[Node, ...]


@dataclass(frozen=True)
class Ref:
    """A named type, by its full name."""

    name: str


@dataclass(frozen=True)
class Member:
    """A field of a record; `default` is the JSON value or MISSING."""

    name: str
    type: Node
    doc: str | None = None
    default: Any = MISSING
    aliases: tuple[str, ...] = ()
    event_time: bool = False


@dataclass(frozen=True)
class RecordNode:
    """A record; `aliases` are full names."""

    name: str
    members: tuple[Member, ...]
    doc: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnumNode:
    """An enum and the symbol that stands for those a reader does not know."""

    name: str
    symbols: tuple[str, ...]
    default: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class FixedNode:
    """A fixed number of bytes; with a precision, a decimal."""

    name: str
    size: int
    aliases: tuple[str, ...] = ()
    precision: int = 0
    scale: int = 0


Node = Primitive | Array | Map | Union | Ref
Named = RecordNode | EnumNode | FixedNode


@dataclass
class Tree:
    """A schema's root and its named types by full name."""

    root: Node = field(default_factory=lambda: Primitive("null"))
    named: dict[str, Named] = field(default_factory=dict)

    def resolve(self, node: Node) -> Node | Named:
        """The node itself, or the definition that it refers to."""
        return self.named[node.name] if isinstance(node, Ref) else node


def parse_schema(schema: Any, *, known: Mapping[str, Named] | None = None, place: str = "schema") -> Tree:
    """The tree of a schema given as JSON-like values.

    `known` are named types defined elsewhere, by full name. Raises InvalidSchema, whose message starts with `place`.
    """
    reader = _Parser(dict(known or {}))
    tree = Tree(reader.node(schema, "", place), reader.named)
    for name, where in reader.pending:
        if name not in tree.named:
            guess = nearest(name, [*tree.named, *PRIMITIVES])
            raise InvalidSchema(
                f"{where}: no type is called {name!r}", hint=f"is it {guess!r}?" if guess else "define it, or its file"
            )
    return tree


class _Parser:
    """Walks a schema; `named` grows by what it defines, `pending` by the names it uses before that."""

    def __init__(self, named: dict[str, Named]) -> None:
        self.named = named
        self.own: set[str] = set()
        self.pending: list[tuple[str, str]] = []

    def node(self, schema: Any, namespace: str, place: str) -> Node:
        """One type: a name, a union, or an object."""
        match schema:
            case str():
                return self._reference(schema, namespace, place)
            case list():
                return self._union(schema, namespace, place)
            case {"type": str(kind)} if kind in PRIMITIVES:
                return _primitive(kind, schema, place)
            case {"type": "array"}:
                return Array(self.node(_need(schema, "items", place), namespace, f"{place}[]"))
            case {"type": "map"}:
                return Map(self.node(_need(schema, "values", place), namespace, f"{place}{{}}"))
            case {"type": "record" | "error" | "enum" | "fixed" as kind}:
                return self._definition(kind, schema, namespace, place)
            case {"type": inner}:
                return self.node(inner, namespace, place)
        raise InvalidSchema(f"{place}: a type is a name, a list or an object with a 'type', but {schema!r:.80} came")

    def _reference(self, name: str, namespace: str, place: str) -> Node:
        if name in PRIMITIVES:
            return Primitive(name)
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full not in self.named and full not in self.own:
            self.pending.append((full, place))
        return Ref(full)

    def _union(self, schema: list[Any], namespace: str, place: str) -> Node:
        branches = tuple(self.node(branch, namespace, place) for branch in schema)
        if not branches or any(isinstance(branch, Union) for branch in branches):
            raise InvalidSchema(f"{place}: a union holds types, one at least, and no union")
        sorts = [branch.name if isinstance(branch, Ref) else _sort(branch) for branch in branches]
        twice = next((sort for sort in sorts if sorts.count(sort) > 1), None)
        if twice:
            raise InvalidSchema(f"{place}: the union holds {twice} twice")
        return Union(branches)

    def _definition(self, kind: str, schema: dict[str, Any], namespace: str, place: str) -> Node:
        name = self._name(schema, namespace, place)
        if name in self.own:
            raise InvalidSchema(f"{place}: the type {name!r} is defined twice")
        self.own.add(name)
        space = name.rpartition(".")[0]
        aliases = tuple(_full(alias, space) for alias in _texts(schema.get("aliases", []), "aliases", place))
        if kind == "enum":
            self.named[name] = _enum(name, schema, aliases, place)
        elif kind == "fixed":
            self.named[name] = _fixed(name, schema, aliases, place)
        else:
            at = place if place.endswith(name) else f"{place} {name}"
            self.named[name] = RecordNode(name, self._members(schema, space, at), schema.get("doc"), aliases)
        return Ref(name)

    def _name(self, schema: dict[str, Any], namespace: str, place: str) -> str:
        name = _need(schema, "name", place)
        space = schema.get("namespace", namespace)
        if not isinstance(name, str) or not isinstance(space, str | None):
            raise InvalidSchema(f"{place}: 'name' and 'namespace' are texts, but {name!r} and {space!r} came")
        full = _full(name, space or "")
        if not all(_SIMPLE_NAME.fullmatch(part) for part in full.split(".")):
            raise InvalidSchema(f"{place}: {full!r} is no Avro name", hint="a letter or '_', then letters, digits, '_'")
        return full

    def _members(self, schema: dict[str, Any], space: str, place: str) -> tuple[Member, ...]:
        fields = _need(schema, "fields", place)
        if not isinstance(fields, list):
            raise InvalidSchema(f"{place}: 'fields' is a list, but {fields!r:.80} came")
        members = tuple(self._member(each, space, place) for each in fields)
        names = [member.name for member in members]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise InvalidSchema(f"{place}.{twice}: the field is defined twice")
        return members

    def _member(self, schema: Any, space: str, place: str) -> Member:
        if not isinstance(schema, dict):
            raise InvalidSchema(f"{place}: a field is an object, but {schema!r:.80} came")
        name = _need(schema, "name", place)
        if not isinstance(name, str) or not _SIMPLE_NAME.fullmatch(name):
            raise InvalidSchema(f"{place}: {name!r} is no name of a field")
        at = f"{place}.{name}"
        return Member(
            name,
            self.node(_need(schema, "type", at), space, at),
            schema.get("doc"),
            schema.get("default", MISSING),
            tuple(_texts(schema.get("aliases", []), "aliases", at)),
            schema.get(EVENT_TIME) is True,
        )


def _primitive(kind: str, schema: dict[str, Any], place: str) -> Primitive:
    logical = schema.get("logicalType")
    if not isinstance(logical, str) or kind not in _LOGICAL.get(logical, ()):
        return Primitive(kind)
    return Primitive(kind, logical, *(_digits(schema, place) if logical == "decimal" else ()))


def _enum(name: str, schema: dict[str, Any], aliases: tuple[str, ...], place: str) -> EnumNode:
    symbols = tuple(_texts(_need(schema, "symbols", place), "symbols", place))
    default = schema.get("default")
    if not symbols or len(set(symbols)) != len(symbols) or not all(_SIMPLE_NAME.fullmatch(each) for each in symbols):
        raise InvalidSchema(f"{place}: the symbols of {name!r} are names, each once, but {list(symbols)} came")
    if default is not None and default not in symbols:
        raise InvalidSchema(f"{place}: the default {default!r} of {name!r} is none of its symbols {list(symbols)}")
    return EnumNode(name, symbols, default, aliases)


def _fixed(name: str, schema: dict[str, Any], aliases: tuple[str, ...], place: str) -> FixedNode:
    size = _need(schema, "size", place)
    if not isinstance(size, int) or size < 1:
        raise InvalidSchema(f"{place}: the size of {name!r} is a number of bytes, but {size!r} came")
    digits = _digits(schema, place) if schema.get("logicalType") == "decimal" else (0, 0)
    return FixedNode(name, size, aliases, *digits)


def _digits(schema: dict[str, Any], place: str) -> tuple[int, int]:
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    if (
        not isinstance(precision, int)
        or not isinstance(scale, int)
        or not 0 <= scale <= precision <= 38
        or not precision
    ):
        raise InvalidSchema(
            f"{place}: a decimal has a precision of 1 to 38 digits and a scale of at most that, "
            f"but precision {precision!r} and scale {scale!r} came"
        )
    return precision, scale


def _need(schema: dict[str, Any], key: str, place: str) -> Any:
    if key not in schema:
        raise InvalidSchema(f"{place}: {key!r} is missing")
    return schema[key]


def _texts(value: Any, what: str, place: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidSchema(f"{place}: {what!r} is a list of texts, but {value!r:.80} came")
    return value


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _sort(node: Node) -> str:
    return node.kind if isinstance(node, Primitive) else type(node).__name__.lower()
