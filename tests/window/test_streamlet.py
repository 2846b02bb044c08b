"""Aggregates as streamlets: compiled from a blueprint's mapping, run a step at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import pytest

from tailrace.blueprint.loading import LoadFault
from tailrace.model.fields import Digits, EventTime
from tailrace.model.record import Record
from tailrace.model.streamlet import Shape, Streamlet
from tailrace.testkit.kit import StreamletKit
from tailrace.window.streamlet import compile_aggregate

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class Reading(Record):
    """One measurement."""

    sensor: str
    celsius: float
    at: EventTime


class Minute(Record):
    """A minute of a sensor."""

    window_start: EventTime
    window_end: datetime
    sensor: str
    n: int
    final: bool


class Sale(Record):
    """Of every type that a key or a measure can have."""

    shop: str
    amount: Annotated[Decimal, Digits(10, 2)]
    day: date
    paid: bool
    receipt: bytes
    at: EventTime


RECORDS: dict[str, type[Record]] = {"Reading": Reading, "Minute": Minute, "Sale": Sale}


def record(name: str) -> type[Record] | LoadFault:
    return RECORDS.get(name) or LoadFault("missing", f"no port has a record type {name!r}", "did you mean Reading?")


def minute(**more: Any) -> dict[str, Any]:
    return {"inlet": "Reading", "window": "1m", "by": ["sensor"], "measures": {"n": "count()"}, **more}


def compiled(value: Any) -> type[Streamlet]:
    result = compile_aggregate("per-minute", value, record)
    assert isinstance(result, type), result
    return result


def sentences(value: Any) -> list[tuple[tuple[str, ...], str]]:
    result = compile_aggregate("per-minute", value, record)
    assert isinstance(result, list)
    return [(fault.path, fault.sentence) for fault in result]


def readings(*seconds: float) -> list[Reading]:
    return [Reading("attic", 20.0, NOON + timedelta(seconds=second)) for second in seconds]


def rows(kit: StreamletKit, outlet: str = "out") -> list[tuple[datetime, int, bool]]:
    return [(row.window_start, row.n, row.final) for row in kit.read(outlet)]  # type: ignore[attr-defined]


def test_an_aggregate_has_one_inlet_and_outlets_for_rows_and_late_records() -> None:
    spec = compiled(minute()).spec
    assert (spec.shape, list(spec.inlets), list(spec.outlets)) == (Shape.FAN_OUT, ["in"], ["out", "late"])
    assert spec.outlets["late"].record_type is Reading
    assert spec.outlets["out"].key == "sensor"


def test_rows_have_a_record_type_named_after_the_streamlet() -> None:
    row = compiled(minute()).spec.outlets["out"].record_type
    assert row.record_name() == "tailrace.aggregates.PerMinuteRow"
    assert row.event_time_field() == "window_start"
    assert row.arrow_schema().names == ["window_start", "window_end", "sensor", "n", "final"]


def test_rows_can_be_of_a_declared_type() -> None:
    assert compiled(minute(outlet="Minute")).spec.outlets["out"].record_type is Minute


def test_a_declared_type_that_does_not_fit_is_a_fault() -> None:
    value = minute(outlet="Minute", measures={"n": "avg(celsius)"})
    assert sentences(value) == [(("measures", "n"), "n is a double, the record type declares long")]


def test_keys_and_measures_of_every_plain_type_make_a_row_type() -> None:
    measures = {
        "most": "max(amount)",
        "last": "max(day)",
        "any": "max(paid)",
        "proof": "first(receipt)",
        "n": "count()",
    }
    value = {"inlet": "Sale", "window": "1h", "by": ["shop"], "measures": measures}
    row = compiled(value).spec.outlets["out"].record_type
    assert [str(field.type) for field in row.arrow_schema()][2:] == [
        "string",
        "decimal128(10, 2)",
        "date32[day]",
        "bool",
        "binary",
        "int64",
        "bool",
    ]


def test_a_measure_that_may_be_null_is_an_optional_field() -> None:
    row = compiled(minute(measures={"share": "sum_if(celsius, celsius > 90)"})).spec.outlets["out"].record_type
    assert {field.name for field in row.record_fields() if field.optional} == {"share"}


@pytest.mark.parametrize(
    ("value", "path", "sentence"),
    [
        ("1m", (), "a mapping is needed"),
        ({"window": "1m", "measures": {"n": "count()"}}, ("inlet",), "inlet is missing"),
        (minute(inlet=7), ("inlet",), "the name of a record type is needed, 7 came"),
        (minute(inlet="Readng"), ("inlet",), "no port has a record type 'Readng'"),
        (minute(outlet="Readng"), ("outlet",), "no port has a record type 'Readng'"),
        (minute(measures={"n": "max(celsus)"}), ("measures", "n"), "there is no column 'celsus'"),
    ],
)
def test_a_fault_names_its_place(value: Any, path: tuple[str, ...], sentence: str) -> None:
    assert sentences(value) == [(path, sentence)]


def test_a_row_comes_on_every_change_and_once_more_when_its_window_closes() -> None:
    kit = StreamletKit(compiled(minute()))
    kit.send("in", readings(1, 2))
    kit.run()
    kit.send("in", readings(3, 61))
    kit.run()
    assert rows(kit) == [
        (NOON, 2, False),
        (NOON, 3, False),
        (NOON + timedelta(minutes=1), 1, False),
        (NOON, 3, True),
    ]


def test_late_records_come_out_whole_and_are_counted() -> None:
    kit = StreamletKit(compiled(minute()))
    kit.send("in", readings(61))
    kit.run()
    late = readings(1)
    kit.send("in", late)
    kit.run()
    assert kit.read("late") == late
    assert kit.streamlet("streamlet").metrics.tallies["late"] == 1


def test_open_windows_survive_a_restart() -> None:
    kit = StreamletKit(compiled(minute()))
    kit.send("in", readings(1))
    kit.run()
    kit.restart()
    kit.send("in", readings(2))
    kit.run()
    assert rows(kit)[-1] == (NOON, 2, False)


def test_a_step_that_was_not_committed_leaves_no_trace_in_the_windows() -> None:
    kit = StreamletKit(compiled(minute()))
    kit.send("in", readings(1))
    kit.log.fail_commit(OSError("the disk went away"), streamlet="streamlet")
    kit.run()
    assert rows(kit) == [(NOON, 1, False)]
