"""Parsing JSON: many records at once are read as each is alone."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tailrace.logs.reading.parse_json import parse_json

PLAIN = ["x", "", "a:b,c", "{}", "[1]", "ünï\u2028", " end ", "\x01\x7f", "null", "1", "}", "\t"]
ODD = ['quo"te', "back\\slash", "line\nfeed", "\ud800", "é" * 300]
NESTED = ['{"x":1,"y":"t"}', '{"x":2,"y":null}', '{"x":[1,2.5,"é"],"y":{"z":"w"}}', '{"level":"warn","msg":"inner"}']
NUMBERS = ["1", "0", "-7", "123456789012345678", "1.5", "0.25", "-3.0", "true", "false", "null", "1767607200.123"]
STRANGE = [
    "-0", "1.50", "1e5", "0.00001", "12345678901234567890", "1e999", "-1e-999", "NaN", "Infinity", "01", "1.", ".5",
    "+1", "[1, 2]", '{"x":1}', "{}", "[]", '"text"', "tru", "", " 1 ", "1" * 400, "--1", "1767607200.123456789",
]  # fmt: skip
KEYS = ["time", "level", "msg", "logger", "thread", "stack", "id", "message", "über", "a b", "ts"]

value = st.one_of(
    st.sampled_from(PLAIN).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(ODD).map(json.dumps),
    st.sampled_from(PLAIN + [text for text in ODD if text.isprintable()]).map(lambda text: f'"{text}"'),
    st.sampled_from(NUMBERS), st.sampled_from(STRANGE), st.sampled_from(NESTED),
)  # fmt: skip
shape = st.tuples(
    st.lists(st.sampled_from(KEYS), max_size=6), st.sampled_from([(":", ","), (": ", ", "), (" : ", ",")])
)


@st.composite
def records(draw):
    """Draw some eighty texts of a shape or two, most of whose values are plain, and a few broken ones."""
    texts = []
    for keys, (colon, comma) in draw(st.lists(shape, min_size=1, max_size=2)):
        usual = [draw(st.sampled_from([PLAIN, NUMBERS, PLAIN, NUMBERS, NESTED[:2], NESTED])) for _ in keys]
        rows = [
            [json.dumps(v[i % len(v)], ensure_ascii=False) if v is PLAIN else v[i % len(v)] for v in usual]
            for i in range(66)
        ]
        for row in draw(st.lists(st.integers(0, 65), max_size=5)):
            if keys:
                rows[row][draw(st.integers(0, len(keys) - 1))] = draw(value)
        texts += ["{" + comma.join(f'"{k}"{colon}{v}' for k, v in zip(keys, row, strict=True)) + "}" for row in rows]
    for row in draw(st.lists(st.integers(0, len(texts) - 1), max_size=3)):
        texts[row] = draw(
            st.sampled_from([texts[row][:-1], texts[row] + " ", texts[row] + "\nmore", texts[row] + "}", "{", ""])
        )
    return texts


@settings(max_examples=6, deadline=None)
@given(records())
def test_many_records_are_read_as_each_is_alone(texts):
    one_by_one = pl.concat([parse_json(pl.Series([text])) for text in texts])
    assert_frame_equal(parse_json(pl.Series(texts)), one_by_one)


@pytest.mark.parametrize("odd", STRANGE)
def test_a_strange_value_among_plain_ones_is_read_as_if_alone(odd):
    texts = [f'{{"level":"error","msg":"x","n":{n}}}' for n in range(100)]
    texts[50] = f'{{"level":"error","msg":"x","n":{odd}}}'
    found = parse_json(pl.Series(texts))
    assert_frame_equal(found[50], parse_json(pl.Series([texts[50]])))
    assert found["attributes"][49].to_list() == [{"key": "n", "value": "49"}]


def test_the_fields_of_flat_records_find_their_columns():
    line = '{{"time":"x","level":"error","logger":"a.B","thread":"t-{0}","msg":"no {0} ","ok":true,"no":null,"n":{0}}}'
    found = parse_json(pl.Series([line.format(n) for n in range(100)]))
    assert found.row(7) == ("no 7", "a.B", "t-7", [{"key": "ok", "value": "true"}, {"key": "n", "value": "7"}])


@pytest.mark.parametrize(
    "odd",
    [
        '{"level": "error", "msg": "back\\\\slash", "n": 7, "m": "x"}',
        '{"level": "error", "msg": "un\\u0041", "n": 7, "m": "x"}',
        '{"level": "error", "msg": "x", "n": 7, "m": "x"}\nmore',
        '{"level": "error", "msg": "x\ny", "n": 7, "m": "x"}',
        '{"level": "error", "msg": "x", "n":7,"m": "x"}',
        '{"level": "error", "msg": "x", "n":,"m": "x"}',
        '{"level": "error", "msg": "x", "n"::, "m": "x"}',
        '{"level": "error", "mgs": "x", "n": 7, "m": "x"}',
        '{"level": "error", "msg": "x", "n": 7, "m": "x"]',
        '{"level": "error", "msg": "x", "n": 7, "m": "x",}',
        '{"level": "error", "msg": "x", "n": 7, "n": "x"}',
    ],
)
def test_a_record_nearly_like_its_neighbours_is_read_as_if_alone(odd):
    texts = [f'{{"level": "error", "msg": "x", "n": {n}, "m": "x"}}' for n in range(100)]
    for place in (0, 50, 99):
        mixed = [*texts[:place], odd, *texts[place + 1 :]]
        assert_frame_equal(parse_json(pl.Series(mixed))[place], parse_json(pl.Series([odd])))


@pytest.mark.parametrize("usual", ['{"msg":"x","n":1,"n":2}', '{"msg":"x","n" : 1 , "m":"x"}', '{"msg":"x","n":[1]}'])
def test_records_alike_in_their_oddity_are_read_as_if_alone(usual):
    texts = [usual] * 99 + ['{"msg":"x","n" : , "m":"x"}']
    one_by_one = [parse_json(pl.Series([text])) for text in texts]
    assert_frame_equal(parse_json(pl.Series(texts)), pl.concat(one_by_one))


@pytest.mark.parametrize(
    "time",
    [
        "2026/01/03 10:00:07",
        "2026-1-3 10:00:07",
        "Sat, 03 Jan 2026 10:00:07 GMT",
        "Sat Jan  3 11:00:07 CET 2026",
        "03 Jan 2026 12:00:07 +0200",
        "Jan 3, 2026 10:00:07 AM",
        "03.01.2026 10:00:07",
        "1/3/2026 10:00:07 AM",
        "13/03/2026 10:00:07",
        "20260103T100007",
        "2026-01-03 10:00:07.123 UTC",
    ],
)
def test_times_are_read_in_each_notation_that_lines_of_text_may_begin_with(read, time):
    line = '{"first":"Tue, 1","timestamp":"%s","level":"error","message":"2026/02/02 02:02:02"}\n'
    usual = line % "2026-01-01T00:00:00Z"
    found = read(usual * 9 + line % time + usual)
    day = "2026-03-13" if time.startswith("13/") else "2026-01-03"
    assert found.times[9].startswith(f"{day}T10:00:07")
    assert found.times[10].startswith("2026-01-01")


def test_postgresqls_json_has_its_own_key_for_levels(read):
    line = '{{"timestamp":"2026-01-05 10:00:00.123 UTC","pid":4,"error_severity":"{}","message":"x"}}\n'
    words = ("LOG", "ERROR", "PANIC", "DEBUG2", "NOTICE", "WARNING")
    found = read("".join(map(line.format, words)), least=0)
    assert found.levels == ["INFO", "ERROR", "FATAL", "DEBUG", "INFO", "WARN"]


TRACE = "java.io.IOException: gone\n    at a.B.c(B.java:12)\n    at D.e(D.java:{})"
LISTED = {
    "lines": TRACE.split("\n"),
    "calls": ["java.io.IOException: gone", "a.B.c(B.java:12)", "at D.e(D.java:{})\n"],
}
FRAMES = {
    "Java": [
        {"className": "a.B", "methodName": "c", "fileName": "B.java", "lineNumber": 12},
        {"class": "D", "method": "e", "file": "D.java", "line": "{}", "exact": True},
    ],
    "Go": [{"func": "a.B.c", "source": "B.java", "line": 12}, {"func": "D.e", "source": "D.java", "line": "{}"}],
    "Python": [
        {"filename": "B.java", "lineno": 12, "name": "c", "module": "a.B", "locals": {"line": 1}},
        {"file": "D.java", "line": "{}", "function": "D.e"},
    ],
}


def with_stack(key, value, second=0, line=7):
    """A record with a trace under a key, whose names before a point are those of objects around it."""
    for name in reversed(key.split(".")):
        value = {name: value}
    record = {"time": f"2026-01-05T10:00:{second:02}Z", "level": "error", "msg": "job failed", **value}
    return json.dumps(record).replace("{}", str(line)) + "\n"


@pytest.mark.parametrize("key", ["stacktrace", "stack", "exc_info", "traceback", "exception.stack_trace", "stackTrace"])
@pytest.mark.parametrize("form", LISTED)
def test_a_stack_trace_given_as_a_list_of_lines_is_read_as_one_given_as_text(read, key, form):
    found = read(with_stack(key, TRACE) + "".join(with_stack(key, LISTED[form], n, n) for n in range(1, 20)))
    assert found.column("body") == ["job failed\n" + TRACE.format(n or 7) for n in range(20)]
    assert len(set(found.column("fingerprint"))) == 1


@pytest.mark.parametrize("key", ["stacktrace", "thrown.extendedStackTrace"])
@pytest.mark.parametrize("form", FRAMES)
def test_a_stack_trace_given_as_a_list_of_frames_is_part_of_the_text(read, key, form):
    found = read("".join(with_stack(key, FRAMES[form], n, n) for n in range(20)))
    frames = "job failed\n    at a.B.c (B.java:12)\n    at D.e (D.java:{})"
    assert found.column("body") == [frames.format(n) for n in range(20)]
    assert len(set(found.column("fingerprint"))) == 1
    assert found.column("attributes")[0] == []


def test_the_trace_of_an_exception_among_opentelemetrys_attributes_is_part_of_the_text(read):
    attributes = {"exception.type": "java.io.IOException", "exception.stacktrace": TRACE}
    found = read(with_stack("attributes", attributes) * 20)
    assert set(found.column("body")) == {"job failed\n" + TRACE.format(7)}


@pytest.mark.parametrize("value", [[], [1, 2], [{"id": 7}], [None], [[]]])
def test_a_list_that_is_no_stack_trace_stays_a_field(read, value):
    found = read(with_stack("stack", value))
    assert found.column("body") == ["job failed"]
    assert found.column("attributes") == [[{"key": "stack", "value": json.dumps(value)}]]
