"""The SQL of measures, conditions and rules: every example is computed by the code it describes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

from pages.markdown import code, document, table
from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.expression import compile_expression
from tailrace.window.fold import Fold
from tailrace.window.functions import FUNCTION_NAMES
from tailrace.window.measures import MEASURE_FUNCTIONS

_FUNCTIONS = {
    "lower": "lower('Ada')",
    "upper": "upper('Ada')",
    "length": "length('Ada')",
    "substr": "substr('tailrace', 5, 3)",
    "concat": "concat('a', 'b', 'c')",
    "trim": "trim('  a ')",
    "ltrim": "ltrim('  a')",
    "rtrim": "rtrim('a  ')",
    "contains": "contains('tailrace', 'il')",
    "startswith": "startswith('tailrace', 'tail')",
    "endswith": "endswith('tailrace', 'tail')",
    "abs": "abs(-3)",
    "round": "round(2.345, 2)",
    "floor": "floor(-2.5)",
    "ceil": "ceil(-2.5)",
    "coalesce": "coalesce(NULL, 1)",
    "cast": "CAST('12' AS BIGINT)",
    "if": "IF(1 < 2, 'yes', 'no')",
}
_OPERATORS = (
    "7 / 2",
    "7 div 2",
    "-7 % 2",
    "1 / 0",
    "NULL = NULL",
    "NULL <=> NULL",
    "NULL AND false",
    "'ERROR' IN ('ERROR', 'FATAL')",
    "3 BETWEEN 1 AND 3",
    "'timeout' LIKE 'time%'",
    "'Timeout' ILIKE 'TIME%'",
    r"'order 17' RLIKE '\d+$'",
    "NULL IS NULL",
    "CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END",
    "'a' || 'b'",
    "'it''s'",
    "TIMESTAMP '2026-01-05 10:00:00' < TIMESTAMP '2026-01-05 10:00:01'",
)
_MEASURES = {
    "count": "count()",
    "count_if": "count_if(celsius > 22)",
    "count_distinct": "count_distinct(sensor)",
    "sum": "sum(celsius)",
    "sum_if": "sum_if(celsius, sensor = 'north')",
    "min": "min(celsius)",
    "max": "max(celsius)",
    "avg": "avg(celsius)",
    "first": "first(sensor)",
    "last": "last(sensor)",
    "any_value": "any_value(sensor)",
}
_MORE = ("count_if(celsius > 22) / count()", "max(celsius) - min(celsius)", "count(DISTINCT sensor)")
_START = datetime(2026, 1, 5, 10, tzinfo=UTC)
_READINGS = [("north", 21.0), ("south", 24.0), ("north", 23.0)]


def page() -> str:
    """Operators, functions, measures; each with an example and its result."""
    return document(
        "# SQL",
        "One language in three places: the measures and `where` of an aggregate, `--where` of `tailrace tap`, and the "
        "conditions of rules. It is Spark's SQL in its lenient mode (nothing raises: what cannot be computed is null) "
        "with standard strings: a quote is doubled, a backslash is a character. Expressions are checked against the "
        "record type before anything runs. The results below are computed when this page is made.",
        "## Operators",
        table(("expression", "is"), [(code(sql), code(_value(sql))) for sql in _OPERATORS]),
        "Also `a.b` of a nested record, `a['k']` of a map and `a[0]` of a list.",
        "## Functions",
        table(("function", "example", "is"), [(code(name), *_example(_FUNCTIONS[name])) for name in FUNCTION_NAMES]),
        "`CAST` goes to BIGINT, DOUBLE, STRING, BOOLEAN, TIMESTAMP, DATE, BINARY and DECIMAL(p,s).",
        "## Measure functions",
        "Over the readings " + ", ".join(f"{sensor} {celsius}" for sensor, celsius in _READINGS) + ", in this order:",
        table(("function", "example", "is"), [(code(name), *_measure(_MEASURES[name])) for name in MEASURE_FUNCTIONS]),
        "A measure may compute with them:",
        table(("example", "is"), [_measure(sql) for sql in _MORE]),
        "`first` and `last` go by event time. `sum`, `min`, `max`, `avg`, `first` and `last` pass over nulls, and are "
        "null where no value was; `count` counts records, `count(x)` those whose x is not null.",
    )


def _example(sql: str) -> tuple[str, str]:
    return code(sql), code(_value(sql))


def _value(sql: str) -> str:
    compiled = compile_expression(sql, pa.schema([]))
    return _shown(pl.select(compiled.expr).item())


def _measure(sql: str) -> tuple[str, str]:
    schema = pa.schema(
        [
            pa.field("sensor", pa.string(), nullable=False),
            pa.field("celsius", pa.float64(), nullable=False),
            pa.field("at", pa.timestamp("us", "UTC"), nullable=False),
        ]
    )
    rows = [
        {"sensor": sensor, "celsius": celsius, "at": _START + timedelta(seconds=second)}
        for second, (sensor, celsius) in enumerate(_READINGS)
    ]
    fold = Fold(AggregateDeclaration(timedelta(minutes=1), measures={"it": sql}), schema, event_time="at")
    result = fold.apply(fold.load({}), pa.RecordBatch.from_pylist(rows, schema=schema))
    return code(sql), code(_shown(result.changed.to_pylist()[0]["it"]))


def _shown(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else str(value)
