"""Reading in chunks: the same whatever the cut, nothing lost, nothing counted twice."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tailrace.logs.reading.chunk import flush, read_chunk
from tailrace.logs.reading.state import ReaderState

JAVA = """\
2026-01-05 10:00:00,000 ERROR [main] a.B: it broke
java.lang.IllegalStateException: broken
\tat a.b.C.d(C.java:12)
\tat a.b.C.e(C.java:34)
Caused by: java.io.IOException: disk
\t... 3 more
2026-01-05 10:00:01,000 INFO [main] a.B: on we go
"""
PYTHON = """\
2026-01-05 10:00:00,123 - app - ERROR - failed
Traceback (most recent call last):
  File "app.py", line 3, in f
    g()
ValueError: boom

2026-01-05 10:00:01,123 - app - INFO - next
"""

text = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=20)
line = st.one_of(
    st.builds(
        "2026-01-05 {}:00:{},123 {} [t{}] a.B: {}\n".format,
        st.sampled_from(["00", "10", "23"]), st.sampled_from(["00", "01", "59"]),
        st.sampled_from(["INFO", "WARN", "ERROR", "odd"]), st.integers(0, 9), text,
    ),
    st.builds("{}:59:5{} [main] {} a.B - {}\n".format, st.sampled_from(["00", "23"]), st.integers(0, 9),
              st.sampled_from(["INFO", "WARN"]), text),
    st.builds(
        lambda level, msg, more: json.dumps({"time": "2026-01-05T10:00:00Z", "level": level, "msg": msg} | more) + "\n",
        st.sampled_from(["info", "error", "warn", 30, 50]), text, st.dictionaries(text, st.integers(), max_size=2),
    ),
    st.builds('1.2.3.4 - - [05/Jan/2026:10:00:0{} +0000] "GET /{} HTTP/1.1" {} 12\n'.format, st.integers(0, 9),
              st.integers(0, 99), st.sampled_from([200, 404, 500])),
    st.builds("\tat a.b.C({})\n".format, text),
    st.builds("{}\n".format, text),
    st.sampled_from(["\n", "\r\n", "WARN plain\r\n", "ERROR: plain\n", "Caused by: x\n", "\0\0\n"]),
)  # fmt: skip
block = st.tuples(line, st.integers(1, 15)).map(lambda pair: pair[0] * pair[1])
document = st.one_of(
    st.lists(st.one_of(line, block), max_size=60).map("".join).map(str.encode),
    st.lists(st.one_of(line.map(str.encode), st.binary(max_size=30)), max_size=20).map(b"".join),
)


@settings(max_examples=80, deadline=None)
@given(document, st.lists(st.integers(1, 400), min_size=1, max_size=12), st.sampled_from([0, 13]))
def test_the_same_bytes_give_the_same_however_they_are_cut(read_pieces, data, sizes, least):
    from_whole = read_pieces([data], least=least)
    pieces, rest = [], data
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    from_pieces = read_pieces([*pieces, rest], least=least)
    assert_frame_equal(from_whole.records.drop("before", "after"), from_pieces.records.drop("before", "after"))
    assert_frame_equal(from_whole.volumes, from_pieces.volumes)
    assert from_whole.volumes["bytes"].sum() == len(data)
    lines = data.count(b"\n") + (not data.endswith(b"\n") and len(data) > 0)
    assert sum(s.lines for s in from_pieces.stats) == lines == sum(s.lines for s in from_whole.stats)
    assert from_pieces.state.position == len(data)


@pytest.mark.parametrize("step", [1, 7, 64, 1000])
@pytest.mark.parametrize("sample", [JAVA, PYTHON])
def test_traces_join_the_record_before_them(read, sample, step):
    found = read(sample * 3, step=step)
    assert found.levels == ["ERROR"] * 3
    assert found.counts == {"ERROR": 3, "INFO": 3}
    first = sample.splitlines().index(next(row for row in sample.splitlines() if " INFO" in row or "- INFO" in row))
    assert found.column("body")[0].count("\n") == len("\n".join(sample.splitlines()[:first]).rstrip().splitlines()) - 1
    assert found.column("line")[1] == len(sample.splitlines()) + 1
    assert found.column("offset")[1] == len(sample.encode())


def test_the_last_record_waits_for_its_next_line(read_pieces):
    clock = {"modified": datetime(2026, 1, 5, tzinfo=UTC)}
    held = read_pieces([JAVA[:100].encode(), b""], flushed=True, **clock)
    assert held.stats[0].lines == 0
    assert held.levels == ["ERROR"]


def test_flush_gives_the_held_record_but_not_an_unfinished_line(read_pieces):
    found = read_pieces([b"2026-01-05 10:00:00 ERROR [m] a.B: x\n2026-01-05 10:00:01 ERR"], flushed=True)
    assert found.column("body") == ["x"]
    assert found.state.held == b"2026-01-05 10:00:01 ERR"
    assert found.state.pending


def test_a_record_that_goes_on_after_a_flush_makes_an_orphan(time_context):
    first = read_chunk(
        ReaderState(), JAVA[:51].encode(), final=False, clock=time_context, observed=time_context.file_modified
    )
    flushed = flush(first.state, clock=time_context, observed=time_context.file_modified)
    rest = read_chunk(
        flushed.state, JAVA[51:].encode(), final=True, clock=time_context, observed=time_context.file_modified
    )
    assert flushed.records["body"].to_list() == ["it broke"]
    assert rest.volumes.select("level", "lines").rows() == [("", 1), ("INFO", 1)]
    assert flushed.stats.bytes + rest.stats.bytes == len(JAVA)


def test_an_unfinished_last_line_counts_when_the_file_is_complete(read):
    found = read("2026-01-05 10:00:00 ERROR [m] a.B: x")
    assert (found.levels, found.volumes["bytes"].sum(), found.stats[0].lines) == (["ERROR"], 36, 1)


def test_a_record_of_too_many_lines_is_cut_and_marked(read):
    data = "2026-01-05 10:00:00 ERROR [m] a.B: x\n" + "  more\n" * 700 + "2026-01-05 10:00:01 INFO [m] a.B: y\n"
    for step in (None, 333):
        found = read(data, step=step)
        body = found.column("body")[0]
        assert body.count("  more") == 499
        assert body.endswith("[cut: 1408 bytes more]")
        assert found.volumes["bytes"].sum() == len(data)


def test_a_line_of_megabytes_is_cut_and_counted_in_bounded_memory(read_pieces):
    giant = b"2026-01-05 10:00:00 ERROR [m] a.B: " + b"\xc3\xa4x" * 1_200_000
    data = giant + b"\n2026-01-05 10:00:01 WARN [m] a.B: after\n" + giant
    found = read_pieces([data[i : i + 300_000] for i in range(0, len(data), 300_000)])
    whole = read_pieces([data])
    assert_frame_equal(found.records.drop("before", "after"), whole.records.drop("before", "after"))
    assert_frame_equal(found.volumes, whole.volumes)
    assert found.column("line") == [1, 2, 3]
    assert found.column("offset") == [0, len(giant) + 1, len(data) - len(giant)]
    assert len(found.column("body")[0].encode()) < 263_000
    assert "�" not in found.column("body")[0]
    assert found.volumes["bytes"].sum() == len(data)


def test_what_is_held_of_a_giant_stays_within_its_bound(time_context):
    state = ReaderState()
    for piece in (b"2026-01-05 10:00:00 ERROR x\n", *[b"  deep\n" * 50_000] * 6, *[b"y" * 400_000] * 4):
        result = read_chunk(state, piece, final=False, clock=time_context, observed=time_context.file_modified)
        state = result.state
        assert len(state.held) <= 2 * 262_144 + 17
    end = read_chunk(state, b"", final=True, clock=time_context, observed=time_context.file_modified)
    assert end.stats.lines == 300_002
    assert end.stats.bytes == 28 + 7 * 300_000 + 1_600_000


def test_what_is_not_utf_8_is_read_as_windows_1252_and_counted(read):
    texts = [(t, t.encode("cp1252")) for t in ("café", "Größe überschritten: 5 €", "„ungültig“ … Übertrag")]
    texts += [
        ("日本 ±", "日本 ±".encode()),
        ("日本 é", "日本 ".encode() + b"\xe9"),
        ("fine", b"fine"),
        ("\x81", b"\x81"),
    ]
    lines = [b"2026-01-05 10:00:00 ERROR [m] a.B: " + data + b"\n" for _, data in texts]
    found = read(b"".join(lines))
    assert found.column("body") == [text for text, _ in texts]
    assert found.column("offset") == [sum(map(len, lines[:n])) for n in range(len(lines))]
    assert found.stats[0].invalid == 5


def test_a_time_behind_what_is_not_utf_8_is_read(read):
    line = b"gr\xfc\xdfe 2026-01-05 10:00:01 ERROR Gr\xf6\xdfe \xfcberschritten\n"
    found = read(line * 20)
    assert set(found.times) == {"2026-01-05T10:00:01+00:00"}
    assert set(found.levels) == {"ERROR"}


def test_a_long_line_of_utf_8_is_no_other_text_for_being_judged_by_its_beginning(read):
    line = "2026-01-05 10:00:00,000 ERROR [m] a.B: x" + "日" * 30_000 + "\n"
    found = read(line * 3)
    assert found.column("body") == [line[39:-1]] * 3
    assert found.stats[0].invalid == 0


def test_carriage_returns_nul_bytes_and_byte_order_marks_do_no_harm(read):
    found = read(b"\xef\xbb\xbf2026-01-05 10:00:00 ERROR [m] a.B: a\0b\r\n2026-01-05 10:00:01 WARN [m] a.B: c\r\n")
    assert found.column("body") == ["a\0b", "c"]
    assert found.column("offset") == [3, 43]
    assert found.volumes["bytes"].sum() == 80


def test_an_empty_file_gives_nothing(read):
    found = read(b"")
    assert (len(found.records), len(found.volumes), found.state.position) == (0, 0, 0)
    assert found.records.schema["attributes"] == pl.List(pl.Struct({"key": pl.String, "value": pl.String}))


def test_json_nested_a_thousand_deep_is_a_record_all_the_same(read):
    deep = '{"level":"error","msg":' + "[" * 5000 + "]" * 5000 + "}\n"
    kept = '{"time":"2026-01-05T10:00:00Z","level":"error","msg":"x","a":' + "[" * 300 + "]" * 300 + "}\n"
    found = read((deep + kept) * 2)
    assert found.levels == ["ERROR"] * 4
    assert found.column("body")[1] == "x"


def test_broken_json_keeps_its_level_and_its_text(read):
    good = '{"time":"2026-01-05T10:00:00Z","level":"error","msg":"x"}\n'
    broken = '{"time":"2026-01-05T10:00:00Z","level":"error","msg":"x\n'
    surrogate = '{"time":"2026-01-05T10:00:00Z","level":"error","msg":"\\ud800"}\n'
    found = read(good * 9 + broken + surrogate * 9 + '{"level":"warn","msg":5}\n')
    assert found.levels == ["ERROR"] * 19 + ["WARN"]
    assert found.column("body")[9] == broken.rstrip()
    assert found.column("body")[10] == "\ufffd"


def test_a_file_that_changes_its_format_is_read_on_in_the_new_one(read):
    log4j = "2026-01-05 10:00:00,123 WARN [main] a.B: x\n"
    lines = '{"time":"2026-01-05T10:00:01Z","level":"error","msg":"x"}\n'
    data = log4j * 70 + lines * 20 + log4j * 20 + lines * 4
    for step in (None, 501):
        found = read(data, step=step)
        assert found.counts == {"ERROR": 24, "WARN": 90}
        assert found.state.switches == 3


def test_a_banner_of_free_text_gives_way_to_the_format_that_follows(read):
    data = "welcome\n" * 100 + "2026-01-05 10:00:00,123 WARN [main] a.B: x\n" * 10
    for step in (None, 97):
        found = read(data, step=step)
        assert found.counts == {"": 100, "WARN": 10}
        assert found.column("logger") == ["a.B"] * 10


def test_a_structured_file_that_turns_to_free_text_is_counted_line_by_line(read):
    data = "2026-01-05 10:00:00,123 WARN [main] a.B: x\n" * 70 + "plain talk\n" * 150
    for step in (None, 97):
        assert read(data, step=step).counts == {"": 150, "WARN": 70}


def test_of_two_changes_the_one_that_is_complete_first_holds(read):
    log4j = "2026-01-05 10:00:00,123 WARN [main] a.B: x\n"
    lines = '{"time":"2026-01-05T10:00:01Z","level":"error","msg":"x"}\n'
    for step in (None, 501):
        found = read(log4j * 70 + "hello\n" + lines * 120, step=step)
        assert found.counts == {"ERROR": 120, "WARN": 70}
        assert found.column("body")[69:71] == ["x\nhello", "x"]
