from __future__ import annotations

import io
import json
from dataclasses import field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import fastavro
import pytest

from tailrace.model.avro_schema import canonical_form, fingerprint
from tailrace.model.avro_tree import InvalidSchema
from tailrace.model.avsc import load_avsc, load_schema
from tailrace.model.batch import Batch
from tailrace.model.fields import Alias, Digits, Doc, EventTime, Float32, Int32, Millis
from tailrace.model.record import Record
from tailrace.model.resolution import resolve

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Colour(Enum):
    RED = 1
    GREEN = 2


class Inner(Record, namespace="other.space"):
    """What is within."""

    x: int
    colour: Colour = Colour.RED


class Full(Record, namespace="org.example"):
    """Every type that a record can hold.

    In two paragraphs.
    """

    at: EventTime
    inner: Inner
    text: Annotated[str, Doc("a sentence"), Alias("words", "body")] = "t"
    flag: bool = True
    small: Int32 = 3
    big: int = 4
    single: Float32 = 1.5
    double: float = 2.5
    raw: bytes = b"\x00\xff"
    day: date = date(2026, 1, 2)
    rough: Millis = NOON
    fine: datetime = NOON
    key: UUID = UUID(int=7)
    price: Annotated[Decimal, Digits(10, 2)] = Decimal("-12.34")
    colour: Colour = Colour.GREEN
    again: Inner = field(default_factory=lambda: Inner(5))
    names: list[str] = field(default_factory=lambda: ["a"])
    counts: dict[str, int | None] = field(default_factory=lambda: {"a": 1, "b": None})
    maybe: int | None = None
    given: str | None = "g"


def test_a_record_type_survives_its_schema() -> None:
    loaded = load_schema(json.dumps(Full.avro_schema()))
    assert loaded.avro_schema() == Full.avro_schema()
    assert loaded.schema_fingerprint() == Full.schema_fingerprint()
    assert loaded.arrow_schema() == Full.arrow_schema()
    assert loaded.event_time_field() == "at"
    assert loaded.record_name() == "org.example.Full"


def test_defaults_of_a_loaded_type_are_values() -> None:
    loaded = load_schema(Full.avro_schema())
    inner = load_schema(Inner.avro_schema())
    one = loaded(at=NOON, inner=inner(x=1))
    row = next(Batch.of(loaded, [one]).records())
    assert (row.raw, row.day, row.rough, row.key) == (b"\x00\xff", date(2026, 1, 2), NOON, UUID(int=7))  # type: ignore[attr-defined]
    assert (row.price, row.names, row.counts, row.given) == (Decimal("-12.34"), ["a"], {"a": 1, "b": None}, "g")  # type: ignore[attr-defined]
    assert row.again.x == 5  # type: ignore[attr-defined]
    assert row.colour.name == "GREEN"  # type: ignore[attr-defined]


def test_fastavro_reads_the_defaults_that_the_schema_states() -> None:
    loaded = Full.avro_schema()
    empty = {"type": "record", "name": "Full", "fields": loaded["fields"][:2]}
    stream = io.BytesIO()
    fastavro.schemaless_writer(
        stream, fastavro.parse_schema(json.loads(json.dumps(empty))), {"at": NOON, "inner": {"x": 1, "colour": "RED"}}
    )
    stream.seek(0)
    read = fastavro.schemaless_reader(stream, fastavro.parse_schema(empty), fastavro.parse_schema(loaded))
    assert (read["text"], read["colour"], read["names"], read["given"]) == ("t", "GREEN", ["a"], "g")
    assert resolve(empty, loaded) == []


def test_the_canonical_form_and_fingerprint_agree_with_fastavro() -> None:
    schema = Full.avro_schema()
    canonical = fastavro.schema.to_parsing_canonical_form(fastavro.parse_schema(json.loads(json.dumps(schema))))
    assert canonical_form(schema) == canonical
    little_endian = fastavro.schema.fingerprint(canonical, "CRC-64-AVRO")
    assert bytes.fromhex(fingerprint(schema)) == bytes.fromhex(little_endian)[::-1]


def test_a_unions_default_is_of_its_first_branch() -> None:
    types = {each["name"]: each["type"] for each in Full.avro_schema()["fields"]}
    assert (types["maybe"], types["given"]) == (["null", "long"], ["string", "null"])


def write(path: Path, schema: Any) -> Path:
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
    return path


def rec(*fields: Any, name: str = "R", **more: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [dict(zip(("name", "type"), f, strict=False)) for f in fields],
    } | more


def test_a_file_may_use_what_its_neighbours_define(tmp_path: Path) -> None:
    write(tmp_path / "address.avsc", rec(("city", "string"), ("kind", "Kind"), name="Address", namespace="n"))
    write(tmp_path / "kind.avsc", {"type": "enum", "name": "Kind", "namespace": "n", "symbols": ["HOME", "WORK"]})
    write(tmp_path / "broken.avsc", "{")
    person = load_avsc(write(tmp_path / "person.avsc", rec(("home", "n.Address"), ("kind", "n.Kind"), name="Person")))
    assert [each.name for each in person.record_fields()] == ["home", "kind"]
    row = next(Batch.of(person, [person(home=person_home(person), kind="WORK")]).records())
    assert row.home.city == "Oslo"  # type: ignore[attr-defined]


def person_home(person: type[Record]) -> Record:
    home: Any = person.record_fields()[0].type
    made: Record = home.record(city="Oslo", kind="HOME")
    return made


def test_a_directory_gives_the_record_of_a_name(tmp_path: Path) -> None:
    write(tmp_path / "a.avsc", rec(("x", "long"), name="A", namespace="n"))
    assert load_avsc(tmp_path).record_name() == "n.A"
    write(tmp_path / "b.avsc", rec(("a", "n.A"), name="B"))
    assert load_avsc(tmp_path, "B").record_name() == "B"
    assert load_avsc(str(tmp_path), "n.A").record_name() == "n.A"
    with pytest.raises(InvalidSchema, match="there is no schema called 'C'"):
        load_avsc(tmp_path, "C")
    with pytest.raises(InvalidSchema, match="there are 2 schemas, and no name to pick one"):
        load_avsc(tmp_path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidSchema, match=r"gone.avsc: the schema cannot be read: No such file"):
        load_avsc(tmp_path / "gone.avsc")
    with pytest.raises(InvalidSchema, match=r"gone.avsc: the schema cannot be read: No such file"):
        load_avsc(tmp_path / "nowhere" / "gone.avsc")
    (tmp_path / "latin.avsc").write_bytes(b"\xe9")
    with pytest.raises(InvalidSchema, match="it is no UTF-8"):
        load_avsc(tmp_path / "latin.avsc")


def test_what_is_no_json_is_told_with_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(InvalidSchema, match=r"bad.avsc:2:3: this is no JSON"):
        load_avsc(write(tmp_path / "bad.avsc", "{\n  type}"))


ENUM = {"type": "enum", "name": "E", "symbols": ["A"]}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ('"long"', "a record type is made of a record"),
        (rec(("x", ["long", "string"])), "schema R.x: a union of several types"),
        (rec(("x", ["null"])), "schema R.x: a union of several types"),
        (rec(("x", "null")), "schema R.x: null alone is no type"),
        (rec(("x", {"type": "array", "items": ["int", "long"]})), r"schema R.x\[\]: a union of several"),
        (rec(("x", {"type": "map", "values": ["int", "long"]})), r"schema R.x{}: a union of several"),
        (rec(("x", {"type": "fixed", "name": "F", "size": 4})), "schema R.x: 'fixed' is no type"),
        (rec(("next", ["null", "R"])), "the record R holds itself"),
        (rec(("from", "long")), "schema R.from: 'from' is a word of Python's own"),
        (rec(("arrow_schema", "long")), "schema: record type R: a field cannot be called 'arrow_schema'"),
        (rec(("x", {**ENUM, "symbols": ["mro"]})), "schema R.x: the enum 'E' has a symbol"),
        (rec(("x", "lnog")), "schema R.x: no type is called 'lnog'"),
        (rec(("x", 3)), "schema R.x: a type is a name, a list or an object"),
        (rec(("x", [])), "schema R.x: a union holds types"),
        (rec(("x", ["null", ["null", "int"]])), "schema R.x: a union holds types"),
        (rec(("x", ["null", "int", "int"])), "schema R.x: the union holds int twice"),
        (rec(("x", ["null", ENUM, "E"])), "schema R.x: the union holds E twice"),
        (rec(("x", ENUM), ("y", ENUM)), "schema R.y: the type 'E' is defined twice"),
        (rec(("x", "int"), ("x", "int")), "schema R.x: the field is defined twice"),
        (rec(("x", {**ENUM, "symbols": ["A", "A"]})), "the symbols of 'E' are names"),
        (rec(("x", {**ENUM, "symbols": ["a-b"]})), "the symbols of 'E' are names"),
        (rec(("x", {**ENUM, "symbols": "A"})), "'symbols' is a list of texts"),
        (rec(("x", {**ENUM, "default": "B"})), "the default 'B' of 'E' is none of its symbols"),
        (rec(("x", {"type": "fixed", "name": "F", "size": 0})), "the size of 'F' is a number of bytes"),
        (rec(("x", {"type": "bytes", "logicalType": "decimal"})), "a decimal has a precision"),
        (rec(("x", {"type": "array"})), "schema R.x: 'items' is missing"),
        (rec(name="a b"), "'a b' is no Avro name"),
        (rec(name=3), "'name' and 'namespace' are texts"),
        (rec(("a b", "int")), "'a b' is no name of a field"),
        ({"type": "record", "name": "R", "fields": 3}, "schema R: 'fields' is a list"),
        ({"type": "record", "name": "R", "fields": [3]}, "schema R: a field is an object"),
        ({"type": "record", "name": "R"}, "schema R: 'fields' is missing"),
    ],
)
def test_a_fault_is_told_with_its_field(schema: Any, said: str) -> None:
    with pytest.raises(InvalidSchema, match=said):
        load_schema(schema)


@pytest.mark.parametrize(
    ("type_", "default"),
    [
        ("long", "x"),
        ("long", True),
        ("boolean", 1),
        ("double", "x"),
        ("string", 1),
        ("bytes", "\u20ac"),
        (ENUM, "B"),
        ({"type": "array", "items": "long"}, {}),
        ({"type": "map", "values": "long"}, []),
        ({"type": "int", "logicalType": "date"}, 10**9),
        ({"type": "string", "logicalType": "uuid"}, "x"),
        (rec(("y", "long"), name="N"), {}),
    ],
)
def test_a_default_that_does_not_fit_is_told_with_its_field(type_: Any, default: Any) -> None:
    schema = rec()
    schema["fields"] = [{"name": "x", "type": type_, "default": default}]
    with pytest.raises(InvalidSchema, match=r"schema R.x: the default .* does not fit"):
        load_schema(schema)


def test_a_decimal_on_fixed_is_known_to_resolution_though_no_record_holds_it() -> None:
    def fixed(scale: int) -> dict[str, Any]:
        digits = {"logicalType": "decimal", "precision": 5, "scale": scale}
        return rec(("x", {"type": "fixed", "name": "F", "size": 4, **digits}))

    assert resolve(fixed(2), fixed(2)) == []
    assert len(resolve(fixed(2), fixed(3))) == 1


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(InvalidSchema) as caught:
        load_schema(rec(("x", "strnig")))
    assert caught.value.hint == "is it 'string'?"


def test_an_enums_default_and_namespace_survive() -> None:
    schema = rec(("x", {**ENUM, "namespace": "far", "default": "A"}), name="R", namespace="near")
    loaded = load_schema(schema)
    assert loaded.avro_schema()["fields"][0]["type"] == {**ENUM, "namespace": "far", "default": "A"}
    bare = rec(("x", {**ENUM, "namespace": ""}), name="R", namespace="near")
    assert load_schema(bare).schema_fingerprint() == fingerprint(bare)


def test_fields_keep_their_order_though_defaults_stand_between() -> None:
    schema = rec()
    schema["fields"] = [{"name": "a", "type": "long", "default": 1}, {"name": "b", "type": "long"}]
    loaded = load_schema(schema)
    assert loaded.arrow_schema().names == ["a", "b"]
    assert [each.a for each in Batch.of(loaded, [loaded(b=2)]).records()] == [1]  # type: ignore[attr-defined, call-arg]
