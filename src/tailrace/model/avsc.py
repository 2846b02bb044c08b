"""Record types from Avro schemas: `.avsc` files, directories of them, and schemas as JSON.

All of Avro that a record can hold is read: named types, namespaces, docs, defaults, aliases of fields, enums, arrays,
maps, nested records, unions with null, and the logical types decimal (on bytes), date, timestamp-millis,
timestamp-micros and uuid. Other unions, `fixed` and records that hold themselves are refused, by file and field. An
event time is marked by the field's property `tailrace.eventTime`. A loaded type's fields are given by name: those with
a default stand last in its constructor.

Of the pure rooms this module alone reads files, those it is told to.
"""

from __future__ import annotations

import dataclasses
import json
import keyword
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from tailrace.model.avro_tree import (
    Array,
    EnumNode,
    FixedNode,
    InvalidSchema,
    Map,
    Member,
    Named,
    Node,
    Primitive,
    RecordNode,
    Ref,
    Tree,
    Union,
    parse_schema,
)
from tailrace.model.fields import MISSING, Alias, DefinitionError, Digits, Doc, EventTime, Float32, Int32, Millis
from tailrace.model.record import Record

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PRIMITIVES: Final[dict[str, Any]] = {
    "boolean": bool,
    "int": Int32,
    "long": int,
    "float": Float32,
    "double": float,
    "bytes": bytes,
    "string": str,
    "date": date,
    "timestamp-millis": Millis,
    "timestamp-micros": datetime,
    "uuid": UUID,
}


def load_avsc(path: Path | str, name: str | None = None) -> type[Record]:
    """The record type of an `.avsc` file, or of the record called `name` in a directory of them.

    A file may use types that other `.avsc` files beside it define. Raises InvalidSchema, which names file and field.
    """
    path = Path(path)
    if not path.is_dir():
        texts = {each: _read(each) for each in _beside(path)} if path.parent.is_dir() else {}
        texts.setdefault(path, _read(path))
        return _Loader(texts).record_of(path)
    loader = _Loader({each: _read(each) for each in sorted(path.rglob("*.avsc"))})
    return loader.record_called(name, path)


def load_schema(schema: Any, *, place: str = "schema") -> type[Record]:
    """The record type of a schema given as JSON text or as JSON-like values. Raises InvalidSchema."""
    values = _parse_json(schema, place) if isinstance(schema, str) else schema
    tree = parse_schema(values, place=place)
    return _Types(tree.named, place).root(tree)


def _beside(path: Path) -> list[Path]:
    return sorted(each for each in path.parent.glob("*.avsc") if each.is_file())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise InvalidSchema(f"{path}: the schema cannot be read: {reason}") from None


def _parse_json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidSchema(f"{place}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}") from None


class _Loader:
    """Files that may refer to one another: a file's definitions are read when a name is asked for."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        self._texts = texts
        self._trees: dict[Path, Tree] = {}
        self._at_hand: set[Path] = set()

    def record_of(self, path: Path) -> type[Record]:
        tree = self._tree(path)
        return _Types(tree.named, str(path)).root(tree)

    def record_called(self, name: str | None, directory: Path) -> type[Record]:
        if name is None and len(self._texts) == 1:
            return self.record_of(next(iter(self._texts)))
        for path in self._texts:
            root = self._tree(path).root
            if isinstance(root, Ref) and name in (root.name, root.name.rpartition(".")[2]):
                return self.record_of(path)
        wanted = f"no schema called {name!r}" if name else f"{len(self._texts)} schemas, and no name to pick one"
        raise InvalidSchema(f"{directory}: there is {wanted}" if name else f"{directory}: there are {wanted}")

    def _tree(self, path: Path) -> Tree:
        """The file's tree, its named types joined with those of the files that it refers to."""
        if path not in self._trees:
            self._at_hand.add(path)
            values = _parse_json(self._texts[path], str(path))
            self._trees[path] = parse_schema(values, known=self._known(values, path), place=str(path))
            self._at_hand.discard(path)
        return self._trees[path]

    def _known(self, values: Any, path: Path) -> dict[str, Named]:
        """The types of all other files that define a name which this one mentions and does not define."""
        found: dict[str, Named] = {}
        mentioned = _mentioned(values) - _defined(values)
        for other, text in self._texts.items():
            if other != path and other not in self._at_hand and _defines(text, mentioned):
                found.update(self._tree(other).named)
        return found


def _defines(text: str, names: set[str]) -> bool:
    try:
        defined = _defined(json.loads(text))
    except json.JSONDecodeError:  # the fault of another file, told when that is asked for
        return False
    return bool(defined & names)


def _mentioned(schema: Any) -> set[str]:
    """Every word that may be the name of a type, without its namespace."""
    match schema:
        case str():
            return {schema.rpartition(".")[2]}
        case list():
            return set().union(*map(_mentioned, schema))
        case dict():
            parts = [schema[key] for key in ("type", "items", "values") if key in schema]
            return set().union(*map(_mentioned, parts), *map(_mentioned, schema.get("fields") or []))
    return set()


def _defined(schema: Any) -> set[str]:
    """The names of all types that the schema defines, without their namespaces."""
    match schema:
        case list():
            return set().union(*map(_defined, schema))
        case dict():
            own = {str(schema.get("name", "")).rpartition(".")[2]} if schema.get("type") in _NAMED else set()
            parts = [schema[key] for key in ("type", "items", "values") if key in schema]
            return own.union(*map(_defined, parts), *map(_defined, schema.get("fields") or []))
    return set()


_NAMED: Final = ("record", "error", "enum", "fixed")


@dataclass(frozen=True)
class _Typed:
    """A Python annotation, and the way from a JSON default to its value."""

    annotation: Any
    value: Callable[[Any], Any]


class _Types:
    """Makes Python classes of named types, each once."""

    def __init__(self, named: Mapping[str, Named], place: str) -> None:
        self._named = named
        self._place = place
        self._made: dict[str, type[Record] | type[Enum]] = {}
        self._at_hand: list[str] = []

    def root(self, tree: Tree) -> type[Record]:
        node = tree.resolve(tree.root)
        if not isinstance(node, RecordNode):
            raise InvalidSchema(f"{self._place}: a record type is made of a record, but the schema is none")
        return self._record(node)

    def _record(self, node: RecordNode) -> type[Record]:
        if node.name in self._at_hand:
            raise InvalidSchema(f"{self._place}: the record {node.name} holds itself, which columns cannot")
        if node.name not in self._made:
            self._at_hand.append(node.name)
            self._made[node.name] = self._define(node)
            self._at_hand.pop()
        made: Any = self._made[node.name]
        return made  # type: ignore[no-any-return]

    def _define(self, node: RecordNode) -> type[Record]:
        namespace, _, name = node.name.rpartition(".")
        body: dict[str, Any] = {"__doc__": node.doc, "__module__": namespace or __name__, "__annotations__": {}}
        for member in _defaults_last(node.members):
            place = f"{self._place} {node.name}.{member.name}"
            if keyword.iskeyword(member.name):
                raise InvalidSchema(f"{place}: {member.name!r} is a word of Python's own, which no field can be called")
            typed = self._typed(member.type, place)
            body["__annotations__"][member.name] = _annotated(typed.annotation, member)
            if member.default is not MISSING:
                body[member.name] = self._default(typed, member, place)
        try:
            made = types.new_class(name, (Record,), {"namespace": namespace}, lambda space: space.update(body))
        except DefinitionError as error:
            raise InvalidSchema(f"{self._place}: {error}", hint=error.hint) from None
        return _in_order(made, [member.name for member in node.members])

    def _default(self, typed: _Typed, member: Member, place: str) -> Any:
        try:
            value = typed.value(member.default)
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
            raise InvalidSchema(f"{place}: the default {member.default!r} does not fit the field's type") from None
        return dataclasses.field(default_factory=lambda: typed.value(member.default)) if _shared(value) else value

    def _typed(self, node: Node, place: str) -> _Typed:
        match node:
            case Primitive():
                return _primitive(node, place)
            case Array(items):
                item = self._typed(items, f"{place}[]")
                return _Typed(list[item.annotation], lambda raw: [item.value(each) for each in _as(list, raw)])  # type: ignore[name-defined]
            case Map(values):
                value = self._typed(values, f"{place}{{}}")
                return _Typed(
                    dict[str, value.annotation],  # type: ignore[name-defined]
                    lambda raw: {key: value.value(each) for key, each in _as(dict, raw).items()},
                )
            case Union():
                return self._optional(node, place)
            case Ref(name):
                return self._referred(self._named[name], place)

    def _optional(self, node: Union, place: str) -> _Typed:
        null = Primitive("null")
        others = [branch for branch in node.branches if branch != null]
        if len(others) != 1 or null not in node.branches:
            raise InvalidSchema(
                f"{place}: a union of several types is no field of a record", hint="use null and one type"
            )
        inner = self._typed(others[0], place)
        return _Typed(inner.annotation | None, lambda raw: None if raw is None else inner.value(raw))

    def _referred(self, node: Named, place: str) -> _Typed:
        match node:
            case RecordNode():
                record = self._record(node)
                return _Typed(record, lambda raw: self._nested(node, record, raw, place))
            case EnumNode():
                python = self._enum(node, place)
                return _Typed(python, lambda raw: python[raw])
            case FixedNode():
                raise InvalidSchema(f"{place}: 'fixed' is no type of a record's field", hint="use bytes")

    def _nested(self, node: RecordNode, record: type[Record], raw: Any, place: str) -> Record:
        given = {
            member.name: self._typed(member.type, place).value(raw[member.name])
            for member in node.members
            if member.name in _as(dict, raw)
        }
        return record(**given)

    def _enum(self, node: EnumNode, place: str) -> type[Enum]:
        if node.name not in self._made:
            namespace, _, name = node.name.rpartition(".")
            define: Any = Enum
            try:
                python = define(name, [(symbol, symbol) for symbol in node.symbols], module=namespace or __name__)
            except ValueError as error:  # such as `mro`, which Python's enums keep for themselves
                raise InvalidSchema(f"{place}: the enum {name!r} has a symbol that Python's cannot: {error}") from None
            python.__avro_namespace__ = namespace
            python.__avro_default__ = node.default
            self._made[node.name] = python
        made: Any = self._made[node.name]
        return made  # type: ignore[no-any-return]


def _primitive(node: Primitive, place: str) -> _Typed:
    if node.logical == "decimal":
        digits = Annotated[Decimal, Digits(node.precision, node.scale)]
        return _Typed(digits, lambda raw: _decimal(raw, node.scale))
    if node.kind == "null":
        raise InvalidSchema(
            f"{place}: null alone is no type of a record's field", hint="use a union of null and a type"
        )
    kind = node.logical or node.kind
    return _Typed(_PRIMITIVES[kind], _DEFAULTS[kind])


def _as(type_: Any, raw: Any) -> Any:
    if not isinstance(raw, type_) or (isinstance(raw, bool) and type_ is not bool):
        raise TypeError
    return raw


def _decimal(raw: str, scale: int) -> Decimal:
    return Decimal(int.from_bytes(raw.encode("latin-1"), "big", signed=True)).scaleb(-scale)


_DEFAULTS: Final[dict[str, Callable[[Any], Any]]] = {
    "boolean": lambda raw: _as(bool, raw),
    "int": lambda raw: _as(int, raw),
    "long": lambda raw: _as(int, raw),
    "float": lambda raw: float(_as((int, float), raw)),
    "double": lambda raw: float(_as((int, float), raw)),
    "bytes": lambda raw: raw.encode("latin-1"),
    "string": lambda raw: _as(str, raw),
    "date": lambda raw: (_EPOCH + timedelta(days=_as(int, raw))).date(),
    "timestamp-millis": lambda raw: _EPOCH + timedelta(milliseconds=_as(int, raw)),
    "timestamp-micros": lambda raw: _EPOCH + timedelta(microseconds=_as(int, raw)),
    "uuid": lambda raw: UUID(_as(str, raw)),
}


def _annotated(annotation: Any, member: Member) -> Any:
    marks: list[Any] = [Doc(member.doc)] if member.doc else []
    if member.aliases:
        marks.append(Alias(*member.aliases))
    if member.event_time:
        marks.extend(get_args(EventTime)[1:])
    for mark in marks:
        annotation = Annotated[annotation, mark]
    return annotation


def _shared(value: Any) -> bool:
    return isinstance(value, list | dict | Record)


def _defaults_last(members: tuple[Member, ...]) -> list[Member]:
    """dataclasses want the fields with defaults behind those without."""
    return sorted(members, key=lambda member: member.default is not MISSING)


def _in_order(made: type[Record], names: list[str]) -> type[Record]:
    """The fields in the schema's own order, which the fingerprint depends on; records are made by name."""
    fields = {field.name: field for field in made.record_fields()}
    made._fields = tuple(fields[name] for name in names)
    return made
