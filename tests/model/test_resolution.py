from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from functools import cache
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.model.avro_tree import InvalidSchema
from tailrace.model.resolution import resolve


def record(*fields: Any, name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(name: str, type_: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def enum(*symbols: str, name: str = "E", **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def one(writer: Any, reader: Any) -> list[str]:
    """The mismatches of records with the one field `x`."""
    return [str(each) for each in resolve(record(field("x", writer)), record(field("x", reader)))]


@pytest.mark.parametrize(
    ("writer", "reader"),
    [
        ("int", "long"),
        ("int", "float"),
        ("int", "double"),
        ("long", "float"),
        ("long", "double"),
        ("float", "double"),
        ("string", "bytes"),
        ("bytes", "string"),
    ],
)
def test_promotion_goes_one_way_and_strings_and_bytes_both(writer: str, reader: str) -> None:
    assert one(writer, reader) == []
    assert (one(reader, writer) == []) == ({writer, reader} == {"string", "bytes"})


def test_a_mismatch_tells_the_path_and_both_sides() -> None:
    nested = record(field("x", "string"), name="P")
    reader = record(field("p", record(field("x", "long"), name="P")))
    assert [str(each) for each in resolve(record(field("p", nested)), reader)] == [
        "p.x: the writer writes string, which the reader, who reads long, cannot take"
    ]


def test_every_mismatch_is_told() -> None:
    writer = record(field("a", "string"), field("b", {"type": "array", "items": "string"}), field("m", "long"))
    reader = record(
        field("a", "int"),
        field("b", {"type": "array", "items": "long"}),
        field("m", {"type": "map", "values": "long"}),
        field("c", "long"),
    )
    assert [each.path for each in resolve(writer, reader)] == ["a", "b[]", "m", "c"]


def test_an_optional_writer_does_not_resolve_to_a_reader_that_needs_a_value() -> None:
    assert one(["null", "long"], "long") == ["x: the writer writes null, which the reader, who reads long, cannot take"]
    assert one("long", ["null", "long"]) == []


def test_two_unions_resolve_branch_by_branch() -> None:
    assert one(["null", "int"], ["null", "double"]) == []
    assert one(["null", "string"], ["null", "double"]) == [
        "x: the writer writes string, which the reader, who reads null or double, cannot take"
    ]


def test_the_first_matching_branch_of_a_reader_is_looked_into() -> None:
    writer = record(field("y", "string"), name="A")
    reader = ["null", record(field("y", "long"), name="A")]
    assert [line.split(":")[0] for line in one(writer, reader)] == ["x.y"]


def test_a_missing_field_needs_the_readers_default() -> None:
    assert resolve(record(), record(field("x", "long", default=1))) == []
    (fault,) = resolve(record(), record(field("x", "long")))
    assert str(fault) == "x: the reader needs long and has no default, but the writer's R has no such field"


def test_a_field_of_the_writers_alone_is_dropped() -> None:
    assert resolve(record(field("x", "long"), field("y", "long")), record(field("x", "long"))) == []


def test_the_readers_alias_finds_a_former_name_and_the_writers_does_not() -> None:
    old, new = record(field("host", "string")), record(field("server", "string", aliases=["host"]))
    assert resolve(old, new) == []
    assert [each.path for each in resolve(new, old)] == ["host"]


def test_an_enum_that_has_grown_needs_the_readers_default() -> None:
    assert one(enum("A", "B"), enum("A", "B", "C")) == []
    assert one(enum("A", "B", "C"), enum("A", default="A")) == []
    (fault,) = one(enum("A", "B", "C"), enum("A"))
    assert fault == "x: the writer's enum E has B, C, which the reader's, with A and no default, does not know"


def test_names_count_without_their_namespace() -> None:
    writer, reader = record(field("x", "long"), namespace="old"), record(field("x", "long"), namespace="new.space")
    assert resolve(writer, reader) == []


def test_records_of_other_names_do_not_resolve_unless_the_reader_has_an_alias() -> None:
    writer = record(field("x", "long"), name="Old", namespace="n")
    (fault,) = resolve(writer, record(field("x", "long"), name="New"))
    assert str(fault) == "the writer writes record Old, which the reader, who reads record New, cannot take"
    assert resolve(writer, record(field("x", "long"), name="New", namespace="n", aliases=["Old"])) == []
    assert len(resolve(writer, record(field("x", "long"), name="New", namespace="m", aliases=["Old"]))) == 1


def test_an_enum_is_no_record_whatever_its_name() -> None:
    assert len(one(enum("A", name="N"), record(name="N"))) == 1


def test_fixed_resolves_by_name_and_size() -> None:
    def fixed(size: int, name: str = "F") -> dict[str, Any]:
        return {"type": "fixed", "name": name, "size": size}

    assert one(fixed(4), fixed(4)) == []
    assert one(fixed(4), fixed(5)) == [
        "x: the writer writes fixed F of 4 bytes, which the reader, who reads fixed F of 5 bytes, cannot take"
    ]
    assert len(one(fixed(4), fixed(4, "G"))) == 1


def logical(name: str, on: str) -> dict[str, Any]:
    return {"type": on, "logicalType": name}


def decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def test_a_logical_type_is_read_as_what_it_stands_on_and_never_as_another() -> None:
    millis, micros = logical("timestamp-millis", "long"), logical("timestamp-micros", "long")
    assert one(millis, micros) == one(micros, millis) == one(micros, "long") == one("long", micros) == []
    assert one(logical("uuid", "string"), "string") == []
    assert one(logical("date", "int"), micros) == [
        "x: the writer writes date, which the reader, who reads timestamp-micros, cannot take"
    ]


def test_decimals_resolve_when_their_digits_are_equal() -> None:
    assert one(decimal(10, 2), decimal(10, 2)) == []
    assert one(decimal(10, 2), decimal(10, 3)) == [
        "x: the writer writes decimal(10, 2), which the reader, who reads decimal(10, 3), cannot take"
    ]
    assert len(one(decimal(10, 2), "bytes")) == 1


def test_a_logical_type_that_is_not_known_is_ignored() -> None:
    assert one(logical("made-up", "long"), "long") == one(logical("date", "string"), "string") == []


def test_a_recursive_schema_comes_to_an_end() -> None:
    def tree(of: str) -> dict[str, Any]:
        return record(field("value", of), field("next", ["null", "R"]))

    assert resolve(tree("int"), tree("long")) == []
    assert [each.path for each in resolve(tree("long"), tree("int"))] == ["value"]


def test_what_is_told_of_arrays_and_maps_names_what_is_in_them() -> None:
    assert one({"type": "array", "items": "long"}, {"type": "map", "values": "E"}.copy() | {"values": enum("A")}) == [
        "x: the writer writes array of long, which the reader, who reads map of enum E, cannot take"
    ]


def test_what_is_no_schema_is_told_with_its_side() -> None:
    with pytest.raises(InvalidSchema, match="writer's schema"):
        resolve({"typ": "record"}, record())
    with pytest.raises(InvalidSchema, match="reader's schema"):
        resolve(record(), "longg")


# --- against fastavro --------------------------------------------------------------------------------------------

PRIMITIVES = ["boolean", "int", "long", "float", "double", "string", "bytes"]
ZERO: dict[str, Any] = {
    "boolean": True, "int": 1, "long": 2, "float": 1.0, "double": 2.0, "string": "t", "bytes": b"t", "null": None
}  # fmt: skip
JSON_ZERO = {**ZERO, "bytes": "t"}


@cache  # to make a strategy costs more than to draw from it
def types(depth: int) -> st.SearchStrategy[Any]:
    simple = st.sampled_from(PRIMITIVES)
    if depth == 0:
        return simple
    inner = types(depth - 1)
    plain = st.one_of(
        simple,
        inner.map(lambda items: {"type": "array", "items": items}),
        inner.map(lambda values: {"type": "map", "values": values}),
        st.tuples(st.sampled_from("EF"), st.sets(st.sampled_from("ABC"), min_size=1).map(sorted), st.booleans()).map(
            lambda e: enum(*e[1], name=e[0], **({"default": e[1][0]} if e[2] else {}))
        ),
        st.tuples(st.sampled_from("PQ"), fields(depth - 1)).map(lambda r: record(*r[1], name=r[0])),
    )
    return st.one_of(plain, plain.map(lambda branch: ["null", branch]), plain.map(lambda branch: [branch, "null"]))


@cache
def fields(depth: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    one_field = st.tuples(types(depth), st.booleans()).map(lambda f: (f[0], {"default": zero(f[0])} if f[1] else {}))
    names = st.sampled_from("abc")
    return st.dictionaries(names, one_field, max_size=3).map(
        lambda found: [field(name, type_, **more) for name, (type_, more) in found.items()]
    )


def zero(type_: Any) -> Any:
    """A default in JSON."""
    if isinstance(type_, str):
        return JSON_ZERO[type_]
    if isinstance(type_, list):
        return zero(type_[0])
    if type_["type"] == "record":
        return {each["name"]: zero(each["type"]) for each in type_["fields"]}
    return {"array": [], "map": {}, "enum": type_.get("symbols", [""])[0]}[type_["type"]]


def witnesses(type_: Any) -> list[Any]:
    """Data that go down every branch of every union and through every symbol, so that each mismatch shows."""
    if isinstance(type_, str):
        return [ZERO[type_]]
    if isinstance(type_, list):
        return [datum for branch in type_ for datum in witnesses(branch)]
    match type_["type"]:
        case "array":
            return [[datum] for datum in witnesses(type_["items"])]
        case "map":
            return [{"k": datum} for datum in witnesses(type_["values"])]
        case "enum":
            return list(type_["symbols"])
    first = {each["name"]: witnesses(each["type"])[0] for each in type_["fields"]}
    return [first] + [
        {**first, each["name"]: datum} for each in type_["fields"] for datum in witnesses(each["type"])[1:]
    ]


def renamed(schema: Any, numbers: Iterator[int]) -> Any:
    """The same schema, each named type in a namespace of its own: Avro compares names without namespaces."""
    if isinstance(schema, list):
        return [renamed(each, numbers) for each in schema]
    if isinstance(schema, dict):
        found = {key: renamed(value, numbers) if key in _PARTS else value for key, value in schema.items()}
        return {**found, "namespace": f"n{next(numbers)}"} if schema.get("type") in ("record", "enum") else found
    return schema


_PARTS = ("type", "fields", "items", "values")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """A writer's schema, and one that is either evolved from it or quite another."""
    writer = draw(fields(2))
    reader = copy.deepcopy(writer) if draw(st.booleans()) else draw(fields(2))
    for each in reader:
        match draw(st.sampled_from(["keep", "keep", "optional", "rename", "another"])):
            case "optional" if not isinstance(each["type"], list):
                each.update(type=["null", each["type"]])
                each.pop("default", None)
            case "rename":
                each.update(aliases=[each["name"]], name=each["name"] + "2")
            case "another":
                each.update(type=draw(types(1)))
                each.pop("default", None)
    return record(*writer), record(*reader)


def fastavro_reads(writer: Any, reader: Any) -> bool:
    write, read = fastavro.parse_schema(copy.deepcopy(writer)), fastavro.parse_schema(copy.deepcopy(reader))
    for datum in witnesses(writer):
        stream = io.BytesIO()
        fastavro.schemaless_writer(stream, write, datum)
        stream.seek(0)
        try:
            fastavro.schemaless_reader(stream, write, read)
        except (fastavro.read.SchemaResolutionError, KeyError):  # a KeyError where it takes an enum for a record
            return False
    return True


@given(pairs())
@settings(max_examples=150, deadline=None)
def test_the_verdict_agrees_with_fastavro_on_every_record_the_writer_can_write(pair: tuple[Any, Any]) -> None:
    writer, reader = (renamed(each, iter(range(1000))) for each in pair)
    assert (resolve(writer, reader) == []) == fastavro_reads(writer, reader)
