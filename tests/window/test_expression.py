"""Expressions: what each construct computes, null included, and what is said of those that are wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from tailrace.model.errors import TailraceError
from tailrace.window.expression import check_expression, compile_condition, compile_expression, keep
from tailrace.window.faults import Fault

SCHEMA = pa.schema(
    [
        pa.field("celsius", pa.float64(), nullable=False),
        pa.field("level", pa.string()),
        pa.field("n", pa.int64()),
        pa.field("i", pa.int32()),
        pa.field("f", pa.float32()),
        pa.field("price", pa.decimal128(10, 2)),
        pa.field("at", pa.timestamp("us", "UTC")),
        pa.field("millis", pa.timestamp("ms", "UTC")),
        pa.field("naive", pa.timestamp("us")),
        pa.field("d", pa.date32()),
        pa.field("ok", pa.bool_()),
        pa.field("raw", pa.binary()),
        pa.field("code", pa.dictionary(pa.int8(), pa.string())),
        pa.field("big", pa.large_string()),
        pa.field("attributes", pa.map_(pa.string(), pa.string())),
        pa.field(
            "st", pa.struct([pa.field("b", pa.string()), pa.field("deep", pa.struct([pa.field("x", pa.int32())]))])
        ),
        pa.field("xs", pa.list_(pa.int64())),
        pa.field("tags", pa.list_(pa.struct([pa.field("name", pa.string())]))),
        pa.field("took", pa.duration("s")),
    ]
)
NAN = float("nan")
FULL: dict[str, Any] = {
    "celsius": 61.5,
    "level": "ERROR",
    "n": 7,
    "i": 2,
    "f": 0.5,
    "price": Decimal("9.99"),
    "at": datetime(2026, 1, 1, 12, tzinfo=UTC),
    "millis": datetime(2026, 1, 1, 12, tzinfo=UTC),
    "naive": datetime(2026, 1, 1, 12),  # noqa: DTZ001 - a column without a zone is the point
    "d": date(2026, 1, 5),
    "ok": True,
    "raw": b"a",
    "code": "E42",
    "big": "large",
    "attributes": {"k": "v"},
    "st": {"b": "x", "deep": {"x": 4}},
    "xs": [1, 2],
    "tags": [{"name": "t"}],
    "took": None,
}
EMPTY: dict[str, Any] = {**dict.fromkeys(SCHEMA.names), "celsius": -0.285}


def value(sql: str, record: dict[str, Any] = FULL, **changes: Any) -> Any:
    batch = pa.RecordBatch.from_pylist([record | changes], schema=SCHEMA)
    compiled = compile_expression(sql, SCHEMA)
    computed = pl.DataFrame(pl.from_arrow(batch)).with_columns(compiled.expr.alias("computed"))["computed"]
    result = computed.to_list()[0]
    assert compiled.nullable or result is not None
    return result


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("n / 2", 3.5),
        ("celsius / 100", 0.615),
        ("28.5 / 100", 0.285),
        ("n div 2", 3),
        ("-n div 2", -3),
        ("n div -2", -3),
        ("n % 4", 3),
        ("-n % 4", -3),
        ("n % -4", 3),
        ("-celsius % 2", -1.5),
        ("i + f", 2.5),
        ("-9.5", -9.5),
        ("-9", -9),
        ("-price", Decimal("-9.99")),
        ("price + 1", Decimal("10.99")),
        ("price + n", Decimal("16.99")),
        ("price * 2.5", Decimal("24.975")),
        ("2 * price - 0.001", Decimal("19.979")),
        ("price + f", 10.49),
        ("n + null", None),
        ("null + null", None),
        ("n / 0", None),
        ("n % 0", None),
        ("n div 0", None),
        ("celsius / 0.0", None),
    ],
)
def test_arithmetic_is_as_in_spark(sql: str, expected: object) -> None:
    assert value(sql) == pytest.approx(expected) if isinstance(expected, float) else value(sql) == expected


def test_division_by_a_literal_is_rounded_correctly() -> None:
    batch = pl.DataFrame({"x": [28.5, 1.0]})
    assert batch.select(compile_expression("x / 100", pa.schema([("x", pa.float64())])).expr)["x"].to_list() == [
        0.285,
        0.01,
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("celsius > 60", True),
        ("celsius <= 60", False),
        ("celsius = 61.5", True),
        ("celsius <> 61.5", False),
        ("n != i", True),
        ("n = 7.0", True),
        ("price > 9.98", True),
        ("price = 9.99", True),
        ("price > 9", True),
        ("price < celsius", True),
        ("level = 'ERROR'", True),
        ('level = "ERROR"', True),
        ("code = 'E42'", True),
        ("big = 'large'", True),
        ("raw = cast('a' as binary)", True),
        ("at > '2025-01-01'", True),
        ("at > timestamp '2026-01-01 13:00:00+02:00'", True),
        ("millis = at and naive = at", True),
        ("d > at", True),
        ("d = '2026-01-05'", True),
        ("ok = true", True),
        ("n > null", None),
        ("null = null", None),
        ("level <=> null", False),
        ("null <=> null", True),
        ("n is distinct from null", True),
        ("n between 7 and 9", True),
        ("n between 8 and 9", False),
        ("n not between 8 and null", True),
        ("level in ('FATAL', 'ERROR')", True),
        ("level in ('FATAL')", False),
        ("level in ('FATAL', null)", None),
        ("level not in ('FATAL', null)", None),
        ("n in (6.5, 7)", True),
    ],
)
def test_comparison_widens_and_knows_null(sql: str, expected: object) -> None:
    assert value(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"), [("celsius = celsius", True), ("celsius > 1e308", True), ("celsius < 0", False)]
)
def test_nan_equals_itself_and_is_the_greatest(sql: str, expected: bool) -> None:
    assert value(sql, celsius=NAN) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("true and null", None),
        ("false and null", False),
        ("true or null", True),
        ("false or null", None),
        ("not null", None),
        ("not ok", False),
        ("n > 1 and ok and level is not null", True),
        ("ok is true", True),
        ("cast(null as boolean) is true", False),
        ("cast(null as boolean) is not true", True),
        ("level is null", False),
        ("level is not null", True),
    ],
)
def test_logic_has_three_values(sql: str, expected: object) -> None:
    assert value(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("level like 'ERR%'", True),
        ("level like '%OR'", True),
        ("level like '%RRO%'", True),
        ("level like 'ERROR'", True),
        ("level like 'err%'", False),
        ("level like '_R%R'", True),
        ("level like '%'", True),
        ("level like ''", False),
        ("level not like 'ERR%'", False),
        ("level ilike 'eRR%'", True),
        (r"'50%' like '50\%'", True),
        (r"'505' like '50\%'", False),
        ("'a_b' like 'a!_b' escape '!'", True),
        ("'a\nb' like 'a%_b'", True),
        ("'a.b' like 'a_b'", True),
        ("'axb' like 'a.%b'", False),
        (r"level rlike '^[A-Z]+$'", True),
        (r"code rlike '\d{2}'", True),
        ("level not rlike 'RR'", False),
        ("cast(null as string) like 'a%'", None),
    ],
)
def test_patterns_match_as_in_sql(sql: str, expected: object) -> None:
    assert value(sql) is expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("case when n > 9 then 'many' when n > 5 then 'some' else 'few' end", "some"),
        ("case when n > 9 then 'many' end", None),
        ("case n when 1 then 1 when 7 then 2.5 end", 2.5),
        ("if(null, 1, 2)", 2),
        ("coalesce(null, n, 1)", 7),
        ("coalesce(price, 0.001)", Decimal("9.990")),
        ("coalesce(d, at) = '2026-01-05'", True),
        ("ifnull(null, 3)", 3),
        ("coalesce(null, xs)", [1, 2]),
    ],
)
def test_choices_give_one_type(sql: str, expected: object) -> None:
    assert value(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("lower(level)", "error"),
        ("upper('é')", "É"),
        ("length('éa')", 2),
        ("substr('abcdef', 2, 3)", "bcd"),
        ("substr('abcdef', 3)", "cdef"),
        ("substr('abcdef', 0, 2)", "ab"),
        ("substr('abcdef', -2)", "ef"),
        ("substr('abc', -5, 3)", "a"),
        ("substr('abc', 2, -1)", ""),
        ("substr('abc', cast(null as int))", None),
        ("concat(level, '-', code)", "ERROR-E42"),
        ("level || '-' || null", None),
        ("trim('  a ')", "a"),
        ("ltrim('  a ')", "a "),
        ("rtrim('  a ')", "  a"),
        ("trim(both 'x' from 'xax')", "a"),
        ("contains(level, 'RR')", True),
        ("startswith(level, 'E')", True),
        ("endswith(level, 'E')", False),
        ("contains(level, null)", None),
        ("'it''s'", "it's"),
        (r"'a\d'", r"a\d"),
        ("abs(-n)", 7),
        ("abs(price)", Decimal("9.99")),
        ("abs(null)", None),
        ("round(2.5)", 3.0),
        ("round(-2.5)", -3.0),
        ("round(0.285, 2)", 0.29),
        ("round(1.005, 2)", 1.01),
        ("round(1e300, 2)", 1e300),
        ("round(n)", 7),
        ("floor(-0.5)", -1),
        ("ceil(61.2)", 62),
        ("floor(n)", 7),
        ("floor(1e300)", 2**63 - 1),
    ],
)
def test_functions_are_as_in_spark(sql: str, expected: object) -> None:
    assert value(sql) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("cast('12.7' as int)", 12),
        ("cast(' +5 ' as bigint)", 5),
        ("cast('x' as bigint)", None),
        ("cast('1e3' as double)", 1000.0),
        ("cast(61.9 as int)", 61),
        ("cast(-1e300 as bigint)", -(2**63)),
        ("cast('yes' as boolean)", True),
        ("cast('0' as boolean)", False),
        ("cast('maybe' as boolean)", None),
        ("cast(n as string)", "7"),
        ("cast(ok as string)", "true"),
        ("cast(ok as int)", 1),
        ("cast(ok as double)", 1.0),
        ("cast(n as boolean)", True),
        ("cast(celsius as boolean)", True),
        ("cast(n as double)", 7.0),
        ("n::double", 7.0),
        ("cast(1 as timestamp)", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        ("cast(at as bigint)", 1767268800),
        ("cast(at as date)", date(2026, 1, 1)),
        ("cast(d as timestamp)", datetime(2026, 1, 5, tzinfo=UTC)),
        ("cast(d as string)", "2026-01-05"),
        ("date '2026-01-05' = d", True),
        ("cast(n as decimal(5,2))", Decimal("7.00")),
        ("cast(n as decimal)", Decimal(7)),
        ("cast(price as decimal(12,3))", Decimal("9.990")),
        ("cast(price as double)", 9.99),
        ("cast(null as date)", None),
        ("cast(level as string)", "ERROR"),
    ],
)
def test_casts_give_null_where_they_fail(sql: str, expected: object) -> None:
    assert value(sql) == expected


def test_a_double_that_is_not_a_number_is_cast_to_zero() -> None:
    assert value("cast(celsius as bigint)", celsius=NAN) == 0


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("attributes['k']", "v"),
        ("attributes['none']", None),
        ("st.b", "x"),
        ("st.deep.x + 1", 5),
        ("tags[0].name", "t"),
        ("xs[1]", 2),
        ("xs[9]", None),
        ("`celsius` > 1", True),
    ],
)
def test_fields_and_elements_are_reached(sql: str, expected: object) -> None:
    assert value(sql) == expected


@pytest.mark.parametrize(
    "sql", ["attributes['k']", "st.b", "st.deep.x", "xs[0]", "lower(level)", "n + 1", "at > '2026-01-01'"]
)
def test_what_is_absent_gives_null(sql: str) -> None:
    assert value(sql, EMPTY) is None


@pytest.mark.parametrize(
    ("sql", "column", "sentence"),
    [
        ("celsius > 'ERROR'", 1, "celsius is a double, 'ERROR' is a string: they cannot be compared"),
        ("n = 1 and celsius = 'x'", 11, "celsius is a double, 'x' is a string: they cannot be compared"),
        ("levl = 'x'", 1, "there is no column 'levl'"),
        ("xs = xs", 1, "xs is a list of long, xs is a list of long: they cannot be compared"),
        ("at > 'yesterday'", 1, "at is a timestamp, 'yesterday' is a string: they cannot be compared"),
        ("n between 1 and 'x'", 17, "n is a long, 'x' is a string: they cannot be compared"),
        ("n in (1, 'x')", 10, "n is a long, 'x' is a string: they cannot be compared"),
        ("n in (select 1)", 1, "n IN (SELECT 1): IN takes a list of values"),
        ("n is 5", 1, "n IS 5: IS takes NULL, TRUE or FALSE"),
        ("n and ok", 1, "n is a long: a condition is needed here, true or false"),
        ("-level", 2, "level is a string: only a number has a sign"),
        ("n + level", 5, "level is a string: arithmetic needs numbers"),
        ("celsius div 2", 1, "celsius DIV 2: div divides a long by a long"),
        ("price / 2", 1, "price / 2 does not fit a decimal"),
        ("price * price * price * price", 1, "price * price * price * price does not fit a decimal"),
        ("coalesce(n, 'x')", 13, "COALESCE(n, 'x') mixes a long and a string"),
        ("level like level", 12, "level LIKE level: the pattern has to be a literal string"),
        ("level rlike level", 13, "level RLIKE level: the pattern has to be a literal string"),
        ("level rlike '('", 13, "'(' is no regular expression: unclosed group"),
        (r"level like 'a\b'", 12, r"in 'a\\b', \ stands before no %, _ or " + "\\"),
        ("level like 'a' escape 'ab'", 1, "level LIKE 'a' ESCAPE 'ab': ESCAPE follows a LIKE and takes one character"),
        ("n like 'a'", 1, "n is a long: LIKE takes a string"),
        ("lower(n)", 7, "n is a long: lower() takes strings"),
        ("abs(level)", 5, "level is a string: abs() takes a number"),
        ("round(celsius, n)", 16, "ROUND(celsius, n): round() takes a literal number of digits from 0 to 15"),
        ("round(price)", 7, "price is a decimal(10,2): round() takes a long or a double; CAST a decimal AS DOUBLE"),
        ("ceil(celsius, 2)", 6, "CEIL(celsius, 2): ceil() takes one argument"),
        (
            "trim(both level from level)",
            11,
            "TRIM(BOTH level FROM level): the characters to trim have to be a literal string",
        ),
        ("substr(level)", 8, "SUBSTRING(level): substr() takes a start"),
        ("lowr(level)", 1, "there is no function lowr() in an expression"),
        ("cast(celsius as string)", 6, "CAST(celsius AS STRING): a double cannot be cast to a string"),
        (
            "cast(price as decimal(5,1))",
            6,
            "CAST(price AS DECIMAL(5, 1)): a decimal(10,2) cannot be cast to a decimal(5,1)",
        ),
        ("cast(n as decimal(50,1))", 6, "CAST(n AS DECIMAL(50, 1)): DECIMAL(50, 1) is no type to cast to"),
        ("cast(n as array<int>)", 6, "CAST(n AS ARRAY<INT>): ARRAY<INT> is no type to cast to"),
        ("date 'today'", 6, "'today' is no date"),
        ("st.c", 1, "st.c: there is no field 'c'"),
        ("level.x", 1, "level.x: what stands before .x is a string, not a struct"),
        (
            "level[0]",
            1,
            "level[0]: an element is a literal key of a map or a literal number in a list; level is a string",
        ),
        ("took is null", 1, "took is a duration[s]: expressions do not know this type"),
        ("99999999999999999999", 1, "99999999999999999999 is too large for a long"),
        ("1e999", 1, "1e999 is too large for a double"),
        ("n & 1", 1, "n & 1 is not supported in an expression"),
        ("n; n", None, "one expression is needed, none or several came"),
        ("n >", 3, "this is not an SQL expression: it breaks off at '>'"),
        ("level = 'x", None, "the expression cannot be read: a quote is opened and not closed"),
        (" ", None, "the expression is empty"),
        ("(" * 3000, None, "the expression is nested too deeply"),
        ("n + " * 2000 + "n", None, "the expression is nested too deeply"),
    ],
)
def test_a_fault_says_what_and_where(sql: str, column: int | None, sentence: str) -> None:
    faults = check_expression(sql, SCHEMA)
    assert [(fault.column, fault.sentence) for fault in faults] == [(column, sentence)]


def test_one_fault_brings_no_others() -> None:
    sql = "lower(nope) = 'x' or nope.b or nope['k'] = 1 or abs(nope) + 1 > -nope"
    assert {fault.sentence for fault in check_expression(sql, SCHEMA)} == {"there is no column 'nope'"}


def test_all_faults_are_found() -> None:
    assert len(check_expression("a1 = 1 and b1 = 2 and lower(n) = 'x'", SCHEMA)) == 3


def test_a_long_chain_of_conditions_is_no_deep_nest() -> None:
    assert check_expression(" or ".join(["n = 1"] * 2000), SCHEMA) == []


def test_the_nearest_column_is_suggested() -> None:
    (fault,) = check_expression("levle = 'x'", SCHEMA)
    assert fault.hint == "did you mean 'level'?; a string stands in quotes"


def test_a_condition_has_to_be_a_boolean() -> None:
    (fault,) = check_expression("n + 1", SCHEMA, condition=True)
    assert fault.sentence == "n + 1 is a long: a condition is needed here, true or false"


def test_a_filter_keeps_what_is_true_and_not_what_is_null() -> None:
    batch = pa.RecordBatch.from_pylist([FULL, EMPTY, FULL | {"level": "INFO"}], schema=SCHEMA)
    kept = keep(batch, compile_condition("level = 'ERROR'", SCHEMA))
    assert kept.schema == SCHEMA
    assert kept.num_rows == 1


def test_a_rule_condition_over_rows_compiles() -> None:
    rows = pa.schema([pa.field("warnings", pa.int64(), nullable=False), pa.field("errors", pa.int64(), nullable=False)])
    compiled = compile_expression("warnings + errors >= 2", rows)
    assert (compiled.dtype, compiled.nullable) == (pa.bool_(), False)
    assert pl.DataFrame({"warnings": [1, 0], "errors": [1, 1]}).select(compiled.expr).to_series().to_list() == [
        True,
        False,
    ]


def test_compiling_a_wrong_expression_raises_with_place_and_hint() -> None:
    with pytest.raises(
        TailraceError, match=r"in 'levl = 1 or nn', column 1: there is no column 'levl', and 1 more"
    ) as raised:
        compile_expression("levl = 1 or nn", SCHEMA)
    assert raised.value.hint is not None


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(("measures", "hot"), "wrong", "do this", 3), "measures.hot, column 3: wrong (do this)"),
        (Fault(("hop",), "wrong"), "hop: wrong"),
        (Fault((), "wrong"), "column 1: wrong"),
    ],
)
def test_a_fault_reads_as_a_line(fault: Fault, text: str) -> None:
    assert str(fault) == text
