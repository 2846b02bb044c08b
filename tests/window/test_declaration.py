"""Declarations: read from a mapping, checked against a schema, every fault with its path."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from tailrace.window.checked import CheckedAggregate, check_aggregate, fit_faults
from tailrace.window.declaration import AggregateDeclaration, parse_declaration
from tailrace.window.faults import Fault

SCHEMA = pa.schema(
    [
        pa.field("sensor", pa.string(), nullable=False),
        pa.field("celsius", pa.float64(), nullable=False),
        pa.field("at", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("note", pa.string()),
        pa.field("price", pa.decimal128(10, 2)),
        pa.field("labels", pa.map_(pa.string(), pa.string())),
        pa.field("code", pa.dictionary(pa.int8(), pa.string())),
    ]
)
WHOLE: dict[str, object] = {
    "inlet": "sensors.Reading",
    "window": "1m",
    "hop": "10s",
    "by": ["sensor"],
    "lateness": "10s",
    "where": "celsius > -300",
    "measures": {"n": "count()", "hottest": "max(celsius)", "hot": "count_if(celsius > 60)"},
}


def checked(**changes: object) -> CheckedAggregate:
    result = check_aggregate(WHOLE | changes, SCHEMA)
    assert isinstance(result, CheckedAggregate), result
    return result


def faults(schema: pa.Schema = SCHEMA, **changes: object) -> list[tuple[tuple[str, ...], str]]:
    result = check_aggregate(WHOLE | changes, schema)
    assert isinstance(result, list)
    return [(fault.path, fault.sentence) for fault in result]


def test_a_whole_declaration_is_read() -> None:
    assert parse_declaration(WHOLE) == AggregateDeclaration(
        window=timedelta(minutes=1),
        hop=timedelta(seconds=10),
        by=("sensor",),
        lateness=timedelta(seconds=10),
        measures={"n": "count()", "hottest": "max(celsius)", "hot": "count_if(celsius > 60)"},
        where="celsius > -300",
    )


def test_one_key_may_stand_without_a_list_and_durations_may_be_durations() -> None:
    declaration = parse_declaration({"window": timedelta(seconds=1), "by": "sensor", "measures": {"n": "count()"}})
    assert declaration == AggregateDeclaration(timedelta(seconds=1), by=("sensor",), measures={"n": "count()"})


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"wher": "x"}, Fault(("wher",), "'wher' is no part of an aggregate", "did you mean 'where'?")),
        (
            {"session": "1m"},
            Fault(("session",), "session windows are not supported", "use window, with hop where windows overlap"),
        ),
        ({"window": None}, Fault(("window",), "window is missing", "write a duration such as 30s, 1m or 1h30m")),
        ({"measures": None}, Fault(("measures",), "measures is missing", "name at least one, as in n: count()")),
        ({"hop": 10}, Fault(("hop",), "a duration is needed, 10 came", "write a duration such as 30s, 1m or 1h30m")),
        ({"by": 7}, Fault(("by",), "a list of column names is needed, 7 came", "as in by: [sensor]")),
        (
            {"measures": ["count()"]},
            Fault(("measures",), "a mapping of names to expressions is needed, ['count()'] came", "as in {n: count()}"),
        ),
        ({"measures": {"n": 1}}, Fault(("measures", "n"), "an SQL expression is needed, 1 came", "as in max(celsius)")),
        ({"where": True}, Fault(("where",), "an SQL condition is needed, True came", "as in level = 'ERROR'")),
    ],
)
def test_a_fault_of_form_is_told(changes: dict[str, object], fault: Fault) -> None:
    assert parse_declaration(WHOLE | changes) == [fault]
    assert check_aggregate(WHOLE | changes, SCHEMA) == [fault]


def test_an_unreadable_duration_says_what_durations_look_like() -> None:
    (fault,) = parse_declaration(WHOLE | {"lateness": "1x"})  # type: ignore[misc]
    assert (fault.path, fault.sentence) == (("lateness",), "'1x' is not a duration")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"window": "0s", "hop": None}, (("window",), "window has to be whole milliseconds and more than none")),
        ({"lateness": timedelta(microseconds=5)}, (("lateness",), "lateness has to be whole milliseconds")),
        ({"hop": "2m"}, (("hop",), "the hop 2m is longer than the window 1m: records between windows would be lost")),
        ({"window": "7d"}, (("hop",), "every record would be in 60480 windows; 10000 is the most")),
        ({"by": ["senso"]}, (("by",), "there is no column 'senso'")),
        ({"by": ["labels"]}, (("by",), "labels is a map of string: rows are grouped by plain values only")),
        ({"by": ["sensor", "sensor"]}, (("by",), "sensor is named twice")),
        ({"where": "celsius"}, (("where",), "celsius is a double: a condition is needed here, true or false")),
        ({"measures": {}}, (("measures",), "an aggregate needs a measure")),
        ({"measures": {"final": "count()"}}, (("measures", "final"), "final is a column of every row")),
        ({"measures": {"sensor": "count()"}}, (("measures", "sensor"), "sensor is a key already")),
        ({"measures": {"1n": "count()"}}, (("measures", "1n"), "'1n' is no name")),
    ],
)
def test_a_fault_of_meaning_is_told(changes: dict[str, object], fault: tuple[tuple[str, ...], str]) -> None:
    assert faults(**changes) == [fault]


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("count_if(celsius > 'ERROR')", "celsius is a double, 'ERROR' is a string: they cannot be compared"),
        ("max(celsuis)", "there is no column 'celsuis'"),
        ("celsius + 1", "celsius stands outside of a measure function"),
        ("max(count())", "COUNT(): a measure function cannot stand inside another, or in a condition"),
        (
            "max(count_distinct(note))",
            "COUNT_DISTINCT(note): a measure function cannot stand inside another, or in a condition",
        ),
        ("max(lowr(note))", "there is no function lowr() in an expression"),
        ("sum(note)", "note is a string: sum() takes numbers"),
        ("max(labels)", "labels is a map of string: max() takes plain values"),
        ("max(null)", "MAX(NULL): NULL is null and has no type"),
        ("null", "NULL is null and has no type"),
        ("1 + 1", "1 + 1 measures nothing"),
        ("summ(celsius)", "there is no function summ()"),
        ("max(*)", "MAX(*): max() takes an argument"),
        ("sum_if(celsius)", "SUM_IF(celsius): sum_if() takes a value and a condition"),
        ("count_distinct()", "COUNT_DISTINCT(): count_distinct() takes one argument"),
        ("count(note, sensor)", "COUNT(note, sensor): count() takes one argument and no DISTINCT"),
        ("max(distinct note)", "MAX(DISTINCT note): max() takes one argument and no DISTINCT"),
        (
            "lower(note) filter (where celsius > 1)",
            "LOWER(note) FILTER(WHERE celsius > 1): FILTER follows a measure function",
        ),
        ("count_if(celsius)", "celsius is a double: a condition is needed here, true or false"),
        ("count(", "this is not an SQL expression: it breaks off at '('"),
    ],
)
def test_a_fault_in_a_measure_is_told_with_its_name(sql: str, sentence: str) -> None:
    assert (("measures", "m"), sentence) in faults(measures={"n": "count()", "m": sql})


def test_faults_of_all_parts_come_at_once() -> None:
    found = faults(hop="2m", by=["x"], where="y", measures={"a": "max(z)", "b": "count("})
    assert [path for path, _ in found] == [("hop",), ("by",), ("where",), ("measures", "a"), ("measures", "b")]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ([("n", pa.int64())], "windows need an event time, the inlet has no timestamp"),
        (
            [("a", pa.timestamp("us", "UTC")), ("b", pa.timestamp("us", "UTC"))],
            "windows need an event time, the inlet has several timestamps: a, b",
        ),
    ],
)
def test_without_one_clear_event_time_there_are_no_windows(
    fields: list[tuple[str, pa.DataType]], sentence: str
) -> None:
    result = check_aggregate({"window": "1s", "measures": {"n": "count()"}}, pa.schema(fields))
    assert isinstance(result, list)
    assert [(fault.path, fault.sentence) for fault in result] == [(("inlet",), sentence)]


@pytest.mark.parametrize("name", ["sensor", "nothing"])
def test_the_named_event_time_has_to_be_a_timestamp(name: str) -> None:
    result = check_aggregate(WHOLE, SCHEMA, event_time=name)
    assert [fault.sentence for fault in result] == [f"the event time {name!r} is no timestamp of the inlet"]  # type: ignore[union-attr]


def test_a_key_that_is_called_like_a_column_of_every_row_is_refused() -> None:
    schema = SCHEMA.append(pa.field("final", pa.bool_()))
    assert faults(schema, by=["final"]) == [(("by",), "final is a column of every row")]


def test_the_output_schema_is_known_with_types_and_nulls() -> None:
    measures = {
        "n": "count()",
        "hottest": "max(celsius)",
        "kinds": "count_distinct(note)",
        "sample": "first(note)",
        "worth": "sum(price)",
        "mean": "avg(price)",
        "hot": "sum_if(celsius, celsius > 60)",
        "sure": "coalesce(sum_if(celsius, celsius > 60), 0)",
        "share": "count_if(celsius > 60) / count()",
    }
    declaration = parse_declaration(WHOLE | {"measures": measures, "by": ["sensor", "code"]})
    assert isinstance(declaration, AggregateDeclaration)
    checked = check_aggregate(declaration, SCHEMA)
    assert isinstance(checked, CheckedAggregate)
    assert checked.output == pa.schema(
        [
            pa.field("window_start", pa.timestamp("us", "UTC"), nullable=False),
            pa.field("window_end", pa.timestamp("us", "UTC"), nullable=False),
            pa.field("sensor", pa.string(), nullable=False),
            pa.field("code", pa.string()),
            pa.field("n", pa.int64(), nullable=False),
            pa.field("hottest", pa.float64(), nullable=False),
            pa.field("kinds", pa.int64(), nullable=False),
            pa.field("sample", pa.string()),
            pa.field("worth", pa.decimal128(20, 2)),
            pa.field("mean", pa.float64()),
            pa.field("hot", pa.float64()),
            pa.field("sure", pa.float64(), nullable=False),
            pa.field("share", pa.float64()),
            pa.field("final", pa.bool_(), nullable=False),
        ]
    )


DECLARED = [
    pa.field("sensor", pa.string(), nullable=False),
    pa.field("n", pa.int64(), nullable=False),
    pa.field("window_start", pa.timestamp("us", "UTC"), nullable=False),
    pa.field("window_end", pa.timestamp("ms", "UTC"), nullable=False),
    pa.field("final", pa.bool_(), nullable=False),
]


def test_rows_fit_a_record_type_of_any_order() -> None:
    assert fit_faults(checked(measures={"n": "count()"}), pa.schema(DECLARED)) == []


@pytest.mark.parametrize(
    ("measures", "declared", "path", "sentence"),
    [
        ({"m": "count()"}, [], ("measures", "m"), "the declared record type has no field 'm'"),
        (
            {},
            [pa.field("m", pa.int64())],
            ("measures",),
            "the declared record type needs 'm', which no measure or key gives",
        ),
        (
            {"m": "first(note)"},
            [pa.field("m", pa.int64())],
            ("measures", "m"),
            "m is a string, the record type declares long",
        ),
        (
            {"m": "count()"},
            [pa.field("m", pa.int32())],
            ("measures", "m"),
            "m is a long, the record type declares int32",
        ),
        (
            {"m": "first(note)"},
            [pa.field("m", pa.string(), nullable=False)],
            ("measures", "m"),
            "m may be null, the record type's field may not",
        ),
    ],
)
def test_a_misfit_with_the_record_type_is_told(
    measures: dict[str, str], declared: list[pa.Field], path: tuple[str, ...], sentence: str
) -> None:
    found = fit_faults(checked(measures={"n": "count()", **measures}), pa.schema([*DECLARED, *declared]))
    assert [(fault.path, fault.sentence) for fault in found] == [(path, sentence)]


def test_a_misfit_of_keys_and_bounds_is_told_where_they_stand() -> None:
    found = fit_faults(checked(measures={"n": "count()"}), pa.schema([DECLARED[1]]))
    assert [fault.path for fault in found] == [("outlet",), ("outlet",), ("by",), ("outlet",)]
