"""Hostile input: nothing that stands in a file stops the reading of it, or makes it take memory without bound."""

import json
import tracemalloc
from datetime import UTC, datetime

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tailrace.logs.reading.chunk import read_chunk
from tailrace.logs.reading.fingerprint import fingerprints
from tailrace.logs.reading.own import load
from tailrace.logs.reading.state import ReaderState

MEGABYTE = 1 << 20
LOG4J = "2026-01-05 10:00:00,000 ERROR [m] a.B: {}\n"


@pytest.mark.parametrize(
    "opening",
    [
        b"2026-01-05 10:00:00 ERROR [m] a.B: ",
        b'{"time":"2026-01-05T10:00:00Z","level":"error","msg":"',
        b"",
        b"1.2.3.4 - - [",
    ],
)
@pytest.mark.parametrize("filling", [b"y", b'{"', b"\xc3\xa4", b"1 "])
def test_a_line_of_many_megabytes_is_read_in_bounded_memory(time_context, opening, filling):
    chunk = filling * (MEGABYTE // len(filling))
    state, most, count = ReaderState(), 0, 16 if opening or filling != b"y" else 64
    pieces = [opening, *[chunk] * count, b"\n2026-01-05 10:00:01 WARN [m] a.B: after\n"]
    lines = size = 0
    for index, piece in enumerate(pieces):
        final = index == len(pieces) - 1
        result = read_chunk(state, piece, final=final, clock=time_context, observed=time_context.file_modified, least=0)
        state, most = result.state, max(most, len(result.state.held))
        lines, size = lines + result.stats.lines, size + result.stats.bytes
    assert most <= 2 * 262_144 + 17
    assert (lines, size) == (2, sum(map(len, pieces)))
    assert result.records["body"].str.len_bytes().max() <= 262_144 + 50


def test_memory_does_not_grow_with_the_number_of_distinct_fingerprints():
    letters = "abcdefghijklmnop"

    def distinct(first, count=5_000):
        numbers = range(first, first + count)
        names = ("".join(letters[number >> shift & 15] for shift in range(0, 24, 4)) for number in numbers)
        return pl.Series([f"{name} {'is not like any other message ' * 10}" for name in names])

    fingerprints(distinct(0))
    tracemalloc.start()
    try:
        for batch in range(1, 10):
            found = fingerprints(distinct(batch * 5_000))
        assert found["fingerprint"].n_unique() == 5_000
        del found
        assert tracemalloc.get_traced_memory()[0] < 32 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_what_is_saved_of_a_file_does_not_grow_with_it(read):
    data = "".join(LOG4J.format(f"message {chr(97 + n % 26) * (n % 50)} {n}") for n in range(20_000))
    assert len(read(data, step=100_000).state.to_bytes()) < 1_000


@pytest.mark.parametrize(
    "time",
    ["0000-00-00 00:00:00", "0000-01-01 00:00:00", "2026-13-01 00:00:00", "2026-02-30 00:00:00", "2026-01-05 24:00:01",
     "2026-01-05 10:61:00", "9999-99-99 99:99:99"],
)  # fmt: skip
def test_a_time_that_does_not_exist_is_that_of_the_record_before(read, time):
    line = LOG4J.format("x")
    found = read(line * 3 + line.replace("2026-01-05 10:00:00", time) + line)
    assert found.times == ["2026-01-05T10:00:00+00:00"] * 5
    assert found.levels == ["ERROR"] * 5


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize("time", ["0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_the_first_and_the_last_time_are_those_of_the_file_in_any_zone(read, time, zone):
    found = read(LOG4J.format("x").replace("2026-01-05 10:00:00", time) * 5, zone=zone)
    assert {moment[:19] for moment in found.times} == {"2026-01-05T12:00:00"}


@pytest.mark.parametrize(
    "number",
    ["1e308", "-1e308", "1e999", "99999999999999999999", "-99999999999999999999", "0", "-1", "1.5", "0.0000001", "null",
     "true", '"x"', '"1e308"', "9" * 400, "[1767607200]", '{"a":1}'],
)  # fmt: skip
def test_json_times_beyond_all_bounds_do_no_harm(read, number):
    line = '{"time":"2026-01-05T10:00:00Z","level":"error","msg":"x"}\n'
    odd = f'{{"time":{number},"level":"error","msg":"odd"}}\n'
    for data in (line * 5 + odd + line, odd * 5):
        found = read(data)
        assert set(found.levels) == {"ERROR"}
        assert found.records["time"].dt.year().is_between(1, 9999).all()
        assert found.column("body").count("odd") == data.count("odd")


@pytest.mark.parametrize("opening", ['{"a":', "[", '{"a":[{"level":'])
def test_json_nested_a_thousand_deep_keeps_its_neighbours_fields(read, opening):
    line = '{{"time":"2026-01-05T10:00:00Z","level":"error","msg":"x","a":{}}}\n'
    found = read(line.format(1) * 5 + line.format(opening * 1_000) + line.format(json.dumps("b")) * 5)
    assert found.levels == ["ERROR"] * 11
    assert found.column("body")[4] == found.column("body")[6] == "x"


def test_of_duplicate_keys_the_first_level_counts_and_the_last_text(read):
    found = read('{"time":"2026-01-05T10:00:00Z","level":"warn","level":"info","msg":"a","msg":"b"}\n' * 100)
    assert found.levels == ["WARN"] * 100
    assert found.column("body") == ["b"] * 100


def test_of_several_times_in_a_line_each_is_read_to_the_end_of_that_line(read):
    line = '{{"level":"error","msg":"x","ts":"yesterday","date":"none","time":"{}"}}\n'
    found = read(line.format("yesterday") + line.format("2026/01/05 10:00:00.250") * 3)
    assert [time[:23] for time in found.times[1:]] == ["2026-01-05T10:00:00.250"] * 3


@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00\\ud800", "\\u0000", "\\uD83D\\uDE00", "\\ud83d"])
@pytest.mark.parametrize("place", ["msg", "logger", "level", "other"])
def test_any_escape_in_json_leaves_text_that_can_be_encoded(read, escape, place):
    fields = {"time": "2026-01-05T10:00:00Z", "level": "error", "msg": "x", "logger": "y", "other": "z"}
    text = json.dumps(fields | {place: fields[place] + "@"}, separators=(",", ":")).replace("@", escape) + "\n"
    found = read(text * 3 + json.dumps(fields, separators=(",", ":")) + "\n")
    assert found.records.height == 4
    json.dumps(found.records["body"].to_list() + found.records["logger"].to_list(), ensure_ascii=False).encode()


def test_only_carriage_returns_make_one_line(read):
    found = read(b"ERROR a\rERROR b\rERROR c", least=0)
    assert (found.stats[0].lines, found.levels) == (1, ["ERROR"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_a_file_in_another_encoding_is_counted_to_the_last_byte(read, encoding):
    data = (LOG4J.format("x") * 50).encode(encoding)
    for step in (None, 99):
        found = read(data, least=0, step=step)
        assert found.volumes["bytes"].sum() == len(data)
        assert sum(stats.lines for stats in found.stats) == data.count(b"\n") + (not data.endswith(b"\n"))


@pytest.mark.parametrize("byte", [b"\0", b"\xff", b"\x1b", b"\r", b" ", b"[", b'"', b"{", b"\\", b"\n"])
def test_a_megabyte_of_one_byte_is_read(read, byte):
    found = read(byte * MEGABYTE, least=0, step=300_000)
    assert found.volumes["bytes"].sum() == MEGABYTE


@pytest.mark.parametrize(
    "pattern",
    ["(?P<message>(a+)+)$", "(?P<message>(a|aa)*b?)$", "(?P<message>.*.*.*.*.*x)$", "(?P<message>(?:a?){30}a{30})"],
)
def test_a_pattern_that_others_would_never_end_with_is_read_in_linear_time(read_pieces, time_context, pattern):
    own = load(
        f"formats:\n  - name: mine\n    pattern: '^(?P<level>E) {pattern}'\n    levels: {{E: ERROR}}\n", "mine.yaml"
    )
    data = b"E " + b"a" * 4_000 + b"!\n"
    result = read_chunk(
        ReaderState(), data * 200, final=True, clock=time_context, observed=datetime.now(UTC), least=0, formats=own
    )
    assert result.stats.lines == 200


def test_neighbours_do_not_run_into_each_other(read):
    lines = ['1.2.3.4 - - [05/Jan/2026:10:00:00 +0000] "GET /1 HTTP/1.1" 500 0\n'] * 70
    alone, company = read(lines[0]), read("".join(lines))
    assert_frame_equal(alone.records.select("body", "attributes"), company.records.select("body", "attributes")[:1])
    assert {pair["key"]: pair["value"] for pair in company.records["attributes"][0]}["size"] == "0"
