"""JSON lines are read as a plain program over Python's own decoder would read them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.reading.formats import JSON_LINES
from tailrace.logs.reading.json_keys import LEVEL_KEYS, MESSAGE_KEYS, TIME_KEYS
from tailrace.logs.reading.levels import LEVELS
from tailrace.logs.reading.lines import find_lines
from tailrace.logs.reading.parse_json import parse_json
from tailrace.logs.reading.scan_json import scan_json

WORDS = {"info": "INFO", "ERROR": "ERROR", "Warn": "WARN", "warning": "WARN", " DEBUG": "DEBUG", "CRITICAL": "FATAL",
         "emergency": "FATAL", "Informational": "INFO", "eror": "ERROR", "trace": "TRACE",
         "WARN+2": "WARN"}  # fmt: skip
NUMBERS = {0: "FATAL", 3: "ERROR", 4: "WARN", 6: "INFO", 7: "DEBUG", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR",
           60: "FATAL", 200: "INFO", 400: "ERROR"}  # fmt: skip
OTEL = {1: "TRACE", 9: "INFO", 13: "WARN", 17: "ERROR", 24: "FATAL"}
MOMENTS = {"2026-01-05T10:00:00Z": 1767607200, "2026-01-05 10:00:01,123": 1767607201, 1767607202: 1767607202,
           1767607203.25: 1767607203, 1767607204000: 1767607204, "1767607205000000": 1767607205}  # fmt: skip
NAMES = [
    "id",
    "user",
    "a b",
    'a"level',
    "über",
    "back\\slash",
    "x{y",
    "count",
    "log",
    "message",
    "msg",
    "name",
    "stack",
]
TEXTS = ["", "plain", 'quo"te', "a } b {", "back\\", "\\\\", "line\nfeed", "\u00e9\u4e2d", "\U0001f600", "[1,2]",
         ',"level":"error"',
         "\ud800", "null", "C:\\temp\\", " end ", "\x1f"]  # fmt: skip

level = st.sampled_from([*WORDS, *NUMBERS, 8, 9999, None, True, "x", "", 3.5, -1, [1], ["error"]])
time = st.sampled_from([*MOMENTS, None, "yesterday", 12, "", [1767607202]])
plain = st.one_of(
    st.sampled_from(TEXTS), st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.none(),
    st.just(10**40), st.just({}), st.just([]),
)  # fmt: skip
field = st.one_of(
    st.tuples(st.sampled_from([k for k in LEVEL_KEYS if k not in ("severityNumber", "levelno", "priority")]), level),
    st.tuples(st.just("severityNumber"), st.sampled_from([*OTEL, 25, "", None])),
    st.tuples(st.sampled_from([key for key in TIME_KEYS if key != "@t"]), time),
    st.tuples(st.sampled_from(NAMES), plain),
)
fields = st.lists(field, max_size=5)
deeper = st.lists(
    st.one_of(field, st.tuples(st.sampled_from(NAMES), st.one_of(fields.map(dict), st.lists(fields.map(dict)))))
)
record = st.lists(
    st.one_of(field, field, st.tuples(st.sampled_from([n for n in NAMES if n not in MESSAGE_KEYS]), deeper.map(dict))),
    max_size=7,
)
style = st.tuples(st.sampled_from([(":", ","), (": ", ", "), (" : ", " , ")]), st.booleans())


@st.composite
def lines(draw):
    """Draw some lines of JSON whose keys may occur twice, in one way of writing each."""
    drawn = []
    for pairs in draw(st.lists(record, min_size=1, max_size=30)):
        (colon, comma), ascii_only = draw(style)
        parts = [
            json.dumps(key, ensure_ascii=ascii_only or not key.isprintable())
            + colon
            + json.dumps(value, separators=(comma, colon), ensure_ascii=True)
            for key, value in pairs
        ]
        drawn.append("{" + comma.join(parts) + "}")
    return drawn


def candidates(pairs, depth=1):
    """Every field of an object and of all that it holds, in the order of the text."""
    for key, value in pairs:
        yield key, value, depth
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, Pairs):
                yield from candidates(inner, depth + 1)


class Pairs(tuple):
    """The fields of an object."""


def first(text, keys, meaning):
    """What the first key of a list tells, of outermost fields before inner ones."""
    found = list(candidates(json.loads(text, object_pairs_hook=Pairs)))
    for inner in (False, True):
        for wanted in keys:
            for key, value, depth in found:
                if key == wanted and (depth > 1) == inner and (told := meaning(key, value, inner)) is not None:
                    return told
    return None


def meant_level(key, value, inner):
    if isinstance(value, str):
        return WORDS.get(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if key == "severityNumber":
        return OTEL.get(value)
    return None if inner else NUMBERS.get(value)


def meant_time(key, value, inner):
    return MOMENTS.get(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def flat(text):
    """Every field that is not null, those of inner objects under both names."""
    kept = {}
    for key, value in json.loads(text, object_pairs_hook=Pairs):
        kept |= {f"{key}.{inner}": deep for inner, deep in value} if isinstance(value, Pairs) else {key: value}
    return {printable(key): decoded(value) for key, value in kept.items() if value is not None}


def decoded(value):
    if isinstance(value, Pairs):
        return {key: decoded(inner) for key, inner in value}
    return [decoded(inner) for inner in value] if isinstance(value, list) else value


def printable(text):
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


@settings(max_examples=60, deadline=None)
@given(lines(), st.sampled_from([("", ""), ("level", "time"), ("severity", "ts")]))
def test_levels_and_times_are_those_of_the_decoded_objects(texts, keys):
    found = find_lines(("\n".join(texts).encode(),), final=True, first=True)
    scan = scan_json(found, replace(JSON_LINES, keys=keys))
    assert scan.start.all()
    seconds = [int(scan.stamps.seconds[run]) if run >= 0 else None for run in scan.stamps.run.tolist()]
    for text, code, second in zip(texts, scan.level.tolist(), seconds, strict=True):
        level = outermost(text, keys[0], meant_level) or first(text, LEVEL_KEYS, meant_level)
        assert (text, LEVELS[code]) == (text, level or "")
        assert (text, second) == (text, outermost(text, keys[1], meant_time) or first(text, TIME_KEYS, meant_time))


def outermost(text, wanted, meaning):
    for key, value in json.loads(text, object_pairs_hook=Pairs):
        if key == wanted and (told := meaning(key, value, False)) is not None:
            return told
    return None


@settings(max_examples=60, deadline=None)
@given(lines())
def test_messages_and_attributes_are_those_of_the_decoded_objects(texts):
    for text, found in zip(texts, parse_json(pl.Series(texts)).to_dicts(), strict=True):
        kept = flat(text)
        message = next((kept[k] for k in ("msg", "message", "log") if isinstance(kept.get(k), str) and kept[k]), text)
        assert found["body"].split("\n")[0] == printable(message).rstrip(" \t\r\n").split("\n")[0] or "stack" in kept
        taken = {*LEVEL_KEYS, *TIME_KEYS}
        attributes = {pair["key"]: pair["value"] for pair in found["attributes"]}
        assert len(attributes) == len(found["attributes"])
        for key, value in attributes.items():
            wanted = kept.pop(key)
            assert value == printable(wanted) if isinstance(wanted, str) else equal(json.loads(value), wanted)
        left = {key: value for key, value in kept.items() if key not in taken}
        assert set(left) <= {"msg", "message", "log", "name", "stack"}


def equal(one, other):
    return repr(one) == repr(other)


@pytest.mark.parametrize(
    ("text", "level", "body"),
    [
        ('{"level":"error","msg":"x",}', "ERROR", "x"),
        ('{"level":"error","msg":"x" , }', "ERROR", "x"),
        ('{"level":"error","msg":"a\\u00e9\\ud83d\\ude00b"}', "ERROR", "aé\U0001f600b"),
        ('{"level":"error","msg":"x","n":NaN,"m":-Infinity}', "ERROR", "x"),
        ('{"level":"error","msg":"x","level":"info"}', "ERROR", "x"),
        ('{"level":"error","msg":"","n":1}', "ERROR", '{"level":"error","msg":"","n":1}'),
        ('{"level":"error","msg":"x"', "ERROR", '{"level":"error","msg":"x"'),
        ('{"level":"error","msg":"x"}}', "ERROR", '{"level":"error","msg":"x"}}'),
        ('{"level":"error" "msg":"x"}', "ERROR", '{"level":"error" "msg":"x"}'),
        ('{"level":"error","msg"}', "ERROR", '{"level":"error","msg"}'),
        ('{"level":"error","a":1:2}', "ERROR", '{"level":"error","a":1:2}'),
        ('{"level":"error","msg":"x","deep":' + "[" * 1000 + "]" * 1000 + "}", "ERROR", "x"),
        ('{"msg":"[WARN] low"}', "WARN", "[WARN] low"),
        ('{"msg":"ERROR: no"}', "ERROR", "ERROR: no"),
        ('{"msg":"Error handling improved"}', "", "Error handling improved"),
        ('{"msg":"queued","job":{"level":3,"priority":1}}', "", "queued"),
        ('{"msg":"queued","priority":1}', "", "queued"),
        ('{"msg":"oops {","x":{"level":"info"},"level":"error"}', "ERROR", "oops {"),
        ('{"a\\"level":"error","msg":"x"}', "", "x"),
        ("{}", "", "{}"),
    ],
)
def test_odd_objects_keep_what_can_be_told_of_them(read, text, level, body):
    usual = '{"time":"2026-01-05T10:00:00Z","level":"info","msg":"usual"}\n' * 5
    for ending in ("\n", "\r\n"):
        found = read("\ufeff" + usual + text + ending + usual, least=0)
        assert (found.levels[5], found.column("body")[5]) == (level, body)


def test_text_before_an_object_leaves_it_as_the_message(read):
    found = read('2026-01-05 10:00:00,000 ERROR [main] a.B: {"a":1}\n' * 10)
    assert found.column("body") == ['{"a":1}'] * 10
    found = read('web-1  | {"level":"error","time":"2026-01-05T10:00:00Z","msg":"x"}\n' * 10)
    assert (found.levels, found.column("body")) == (["ERROR"] * 10, ["x"] * 10)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_objects_that_are_built_like_the_first_are_read_as_after_one_unlike_them(separators):
    alike = [
        json.dumps({"t": "é", "n": number, "msg": f"no {number}"}, ensure_ascii=False, separators=separators)
        for number in range(3000)
    ]
    text, marks = alike[12], ["", *'{}[],:" 1\\', '","', '":"', ",1", ' "']
    edited = [text[:at] + mark + text[at + more :] for at in range(len(text)) for mark in marks for more in (0, 1)]
    texts = [*alike, *edited]
    assert len(edited) < len(alike)
    assert parse_json(pl.Series(texts)).equals(parse_json(pl.Series(['{"a":{"b":1}}', *texts]))[1:])
