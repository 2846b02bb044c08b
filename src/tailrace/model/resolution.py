"""Whether what one schema wrote can be read by another, and the reading itself, by Avro's resolution rules.

Source: Apache Avro 1.12 specification, "Schema Resolution". The verdict is on schemas, so it is on every record they
allow: a writer that may write null does not resolve to a reader that cannot take one, even if no record has it.

Where the specification is silent, about logical types, this is stricter: a value is never read as another thing. A
timestamp in milliseconds is converted for a reader in microseconds; a date is not read as a timestamp, a decimal not
as bytes. What a logical type stands on may be read (a timestamp as a long), and the reverse.

fastavro deviates from the specification in three ways: it matches named types by name alone, whatever their kind; it
does not compare the digits of decimals; and a default of an enum is taken for its text only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa

from tailrace.model.avro_tree import (
    Array,
    EnumNode,
    FixedNode,
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
from tailrace.model.errors import TailraceError
from tailrace.model.fields import MISSING
from tailrace.model.promotion import Reading
from tailrace.model.record import Record

_PROMOTIONS: Final[dict[str, tuple[str, ...]]] = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
_TIMESTAMPS: Final = {"timestamp-millis", "timestamp-micros"}


@dataclass(frozen=True)
class Mismatch:
    """One place where a writer's schema does not resolve to a reader's.

    `path` leads there by the reader's field names (`p.x`, `points[].x`, `by_name{}.x`), empty for the whole record;
    `sentence` tells both sides.
    """

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


class Unresolvable(TailraceError):
    """A batch was to be read as a record type that its schema does not resolve to."""


def resolve(writer: Any, reader: Any) -> list[Mismatch]:
    """What keeps a reader with the schema `reader` from reading all that `writer` may write; empty: it can.

    Schemas are JSON-like values, as `Record.avro_schema` gives. Raises InvalidSchema when one is none.
    """
    sides = _Sides(parse_schema(writer, place="writer's schema"), parse_schema(reader, place="reader's schema"))
    return list(sides.compare(sides.writer.root, sides.reader.root, ""))


def resolve_batch(batch: pa.RecordBatch, writer: type[Record] | Any, reader: type[Record]) -> pa.RecordBatch:
    """The batch as `reader`'s columns: defaults filled in, fields dropped and renamed, numbers promoted.

    `writer` is the record type or the Avro schema of the batch, whose columns are found by name. Raises Unresolvable
    when the schemas do not resolve, or a value cannot be read so (bytes that are no UTF-8, as a string).
    """
    if writer is reader and batch.schema.equals(reader.arrow_schema()):
        return batch
    readers: Any = reader  # a class can be hashed, though its instances perhaps cannot
    return _reading(_text(writer), readers).apply(batch)


def _text(writer: type[Record] | Any) -> str:
    return json.dumps(writer.avro_schema() if isinstance(writer, type) and issubclass(writer, Record) else writer)


@lru_cache(maxsize=256)
def _reading(writer_text: str, reader: Any) -> Reading:
    writer = json.loads(writer_text)
    mismatches = resolve(writer, reader.avro_schema())
    if mismatches:
        more = f" (and {len(mismatches) - 1} more)" if len(mismatches) > 1 else ""
        raise Unresolvable(f"records cannot be read as {reader.__name__}: {mismatches[0]}{more}")
    return Reading(parse_schema(writer), reader)


class _Sides:
    """The two schemas, and the pairs of records at hand, so that a recursive schema comes to an end."""

    def __init__(self, writer: Tree, reader: Tree) -> None:
        self.writer = writer
        self.reader = reader
        self.at_hand: set[tuple[str, str]] = set()

    def compare(self, writer: Node, reader: Node, path: str) -> Iterator[Mismatch]:
        """Every mismatch from here on inwards."""
        if isinstance(writer, Union):
            yield from self._from_union(writer, reader, path)
        elif isinstance(reader, Union):
            yield from self._to_union(writer, reader, path)
        elif not self._alike(writer, reader):
            yield self._mismatch(writer, reader, path)
        else:
            yield from self._inside(writer, reader, path)

    def _from_union(self, writer: Union, reader: Node, path: str) -> Iterator[Mismatch]:
        for branch in writer.branches:
            yield from self.compare(branch, reader, path)

    def _to_union(self, writer: Node, reader: Union, path: str) -> Iterator[Mismatch]:
        """The first branch that matches reads; when it does not to the last, its faults are told, not all branches'."""
        for branch in reader.branches:
            if self._matches(writer, branch):
                yield from self.compare(writer, branch, path)
                return
        yield self._mismatch(writer, reader, path)

    def _matches(self, writer: Node, reader: Node) -> bool:
        """Avro's "match": by kind, name and item type, without looking into records."""
        if isinstance(writer, Union) or isinstance(reader, Union):
            return True
        if isinstance(writer, Array) and isinstance(reader, Array):
            return self._matches(writer.items, reader.items)
        if isinstance(writer, Map) and isinstance(reader, Map):
            return self._matches(writer.values, reader.values)
        return self._alike(writer, reader)

    def _alike(self, writer: Node, reader: Node) -> bool:
        there, here = self.writer.resolve(writer), self.reader.resolve(reader)
        if isinstance(there, FixedNode) and isinstance(here, FixedNode):
            same = (there.size, there.precision, there.scale) == (here.size, here.precision, here.scale)
            return same and _same_name(there, here)
        if isinstance(there, RecordNode | EnumNode) and type(there) is type(here):
            return _same_name(there, here)
        if isinstance(there, Primitive) and isinstance(here, Primitive):
            return _reads(there, here)
        return type(there) is type(here) and isinstance(there, Array | Map)

    def _inside(self, writer: Node, reader: Node, path: str) -> Iterator[Mismatch]:
        there, here = self.writer.resolve(writer), self.reader.resolve(reader)
        if isinstance(there, Array) and isinstance(here, Array):
            yield from self.compare(there.items, here.items, f"{path}[]")
        elif isinstance(there, Map) and isinstance(here, Map):
            yield from self.compare(there.values, here.values, f"{path}{{}}")
        elif isinstance(there, EnumNode) and isinstance(here, EnumNode):
            yield from _symbols(there, here, path)
        elif isinstance(there, RecordNode) and isinstance(here, RecordNode):
            yield from self._records(there, here, path)

    def _records(self, writer: RecordNode, reader: RecordNode, path: str) -> Iterator[Mismatch]:
        pair = (writer.name, reader.name)
        if pair in self.at_hand:
            return
        self.at_hand.add(pair)
        for member in reader.members:
            at = f"{path}.{member.name}" if path else member.name
            source = find_member(writer, member)
            if source is not None:
                yield from self.compare(source.type, member.type, at)
            elif member.default is MISSING:
                yield Mismatch(
                    at,
                    f"the reader needs {self._tell(self.reader, member.type)} and has no default, "
                    f"but the writer's {_short(writer.name)} has no such field",
                )
        self.at_hand.discard(pair)

    def _mismatch(self, writer: Node, reader: Node, path: str) -> Mismatch:
        wrote, reads = self._tell(self.writer, writer), self._tell(self.reader, reader)
        return Mismatch(path, f"the writer writes {wrote}, which the reader, who reads {reads}, cannot take")

    def _tell(self, tree: Tree, node: Node) -> str:
        match node:
            case Primitive():
                return _tell_primitive(node)
            case Array(items):
                return f"array of {self._tell(tree, items)}"
            case Map(values):
                return f"map of {self._tell(tree, values)}"
            case Union(branches):
                return " or ".join(self._tell(tree, branch) for branch in branches)
            case Ref(name):
                return _tell_named(name, tree.named[name])


def find_member(writer: RecordNode, reader: Member) -> Member | None:
    """The writer's field that a reader's field reads: by its name, else by one of the reader's aliases."""
    members = {member.name: member for member in writer.members}
    return next((members[name] for name in (reader.name, *reader.aliases) if name in members), None)


def _same_name(writer: Named, reader: Named) -> bool:
    """Avro compares names without namespaces; an alias of the reader's stands for its name."""
    return _short(writer.name) == _short(reader.name) or writer.name in reader.aliases


def _reads(writer: Primitive, reader: Primitive) -> bool:
    if writer.kind != reader.kind and reader.kind not in _PROMOTIONS.get(writer.kind, ()):
        return False
    if "decimal" in (writer.logical, reader.logical):
        return writer == reader
    if writer.logical is None or reader.logical is None or writer.logical == reader.logical:
        return True
    return {writer.logical, reader.logical} == _TIMESTAMPS


def _symbols(writer: EnumNode, reader: EnumNode, path: str) -> Iterator[Mismatch]:
    foreign = [symbol for symbol in writer.symbols if symbol not in reader.symbols]
    if foreign and reader.default is None:
        yield Mismatch(
            path,
            f"the writer's enum {_short(writer.name)} has {', '.join(foreign)}, which the reader's, with "
            f"{', '.join(reader.symbols)} and no default, does not know",
        )


def _tell_primitive(node: Primitive) -> str:
    if node.logical == "decimal":
        return f"decimal({node.precision}, {node.scale})"
    return node.logical or node.kind


def _tell_named(name: str, node: Named) -> str:
    if isinstance(node, FixedNode):
        return f"fixed {_short(name)} of {node.size} bytes"
    return f"{'record' if isinstance(node, RecordNode) else 'enum'} {_short(name)}"


def _short(name: str) -> str:
    return name.rpartition(".")[2]
