"""Containers' logs: the lines within them, joined parts, times, and the same records however a file is cut."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LOG4J = [
    '2026-01-05 09:00:00,123 ERROR [main] a.B: it "broke" <html> \\ é',
    "java.lang.IllegalStateException: boom",
    "\tat a.b.C(C.java:3)",
    *[f"2026-01-05 09:00:{n:02},123 INFO [main] a.B: fine" for n in range(1, 9)],
]
JSON = [f'{{"level":"warn","msg":"m {n} \\"q\\""}}' for n in range(10)]
FREE = ["starting", "ERROR: no disk", "  at all", "done", "\x1b[31mWARN\x1b[0m red", "x", "y", "z", "1", "2"]


def docker(text, n=0, stream="stdout", *, whole=True):
    """A line as Docker's json-file driver writes it: Go's JSON, which escapes <, > and &."""
    line = {"log": text + "\n" * whole, "stream": stream, "time": f"2026-01-05T10:{n // 60:02}:{n % 60:02}.5Z"}
    said = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
    return said.replace("<", "\\u003c").replace(">", "\\u003e") + "\n"


def cri(text, n=0, stream="stderr", *, whole=True):
    """A line as the CRI's specification has it: time, stream, tags, text."""
    return f"2026-01-05T10:{n // 60:02}:{n % 60:02}.5+00:00 {stream} {'F' if whole else 'P'} {text}\n"


def wrapped(wrap, lines):
    return "".join(wrap(line, n) for n, line in enumerate(lines))


@pytest.mark.parametrize("wrap", [docker, cri])
def test_the_text_within_has_a_level_a_time_and_a_stack_trace(read, wrap):
    found = read(wrapped(wrap, LOG4J), least=0)
    assert (found.state.wrapper, found.state.format) == (wrap.__name__, "log4j")
    assert found.levels == ["ERROR", *["INFO"] * 8]
    assert found.times[0] == "2026-01-05T09:00:00.123000+00:00"
    assert found.column("line") == [1, *range(4, 12)]
    assert found.column("body")[0] == 'it "broke" <html> \\ é\n' + "\n".join(LOG4J[1:3])
    assert found.column("logger")[0] == "a.B"


def test_dockers_lines_are_read_whether_or_not_blanks_stand_in_their_json(read):
    tight = wrapped(docker, LOG4J)
    spaced = "".join(json.dumps(json.loads(line)) + "\n" for line in tight.splitlines())
    for text in (spaced, tight + spaced):
        found = read(text, least=0)
        assert (found.state.wrapper, found.state.format) == ("docker", "log4j")
        assert found.column("body") == read(tight, least=0).column("body") * (2 if tight in text else 1)
    assert set(found.levels) == {"ERROR", "INFO"}


@pytest.mark.parametrize("wrap", [docker, cri])
def test_json_within_is_read_as_json_and_takes_the_outer_time_if_it_has_none(read, wrap):
    found = read(wrapped(wrap, JSON), least=0)
    assert (found.state.wrapper, found.state.format) == (wrap.__name__, "json-lines")
    assert found.levels == ["WARN"] * 10
    assert found.column("body")[3] == 'm 3 "q"'
    assert found.times[3] == "2026-01-05T10:00:03.500000+00:00"


@pytest.mark.parametrize("wrap", [docker, cri])
def test_free_text_within_takes_the_outer_time_and_loses_its_colours(read, wrap):
    found = read(wrapped(wrap, FREE), least=0)
    assert found.levels[:4] == ["", "ERROR", "", "WARN"]
    assert found.column("body")[1:4] == ["ERROR: no disk\n  at all", "done", "WARN red"]
    assert found.times[1] == "2026-01-05T10:00:01.500000+00:00"


@pytest.mark.parametrize("wrap", [docker, cri])
def test_a_time_without_a_date_gives_way_to_the_outer_one(read, wrap):
    found = read(wrapped(wrap, [f"23:00:{n:02}.1 [main] WARN a.B - x" for n in range(10)]))
    assert found.times[9] == "2026-01-05T10:00:09.500000+00:00"
    assert found.levels == ["WARN"] * 10


@pytest.mark.parametrize("wrap", [docker, cri])
def test_parts_of_one_line_are_joined_if_they_are_neighbours_of_one_stream(read, wrap):
    lines = [
        wrap("ERROR: aa", 0, "stdout", whole=False),
        wrap("bb", 1, "stdout", whole=False),
        wrap("cc", 2, "stdout"),
        wrap("WARN: one", 3, "stdout", whole=False),
        wrap("ERROR: other stream", 4, "stderr"),
        *[wrap("fine", n, "stdout") for n in range(5, 12)],
    ]
    found = read("".join(lines), least=13)
    assert found.column("body") == ["ERROR: aabbcc", "WARN: one", "ERROR: other stream"]
    assert found.column("line") == [1, 4, 5]
    assert found.volumes["bytes"].sum() == len("".join(lines).encode())


def test_dockers_attributes_and_unicode_escapes(read):
    line = r'{"log":"ERROR: \u001b[1mh\u00e9\u2028\ud800 \\u0041\n","stream":"stderr","attrs":{"a":"b"},"time":"%s"}'
    found = read((line % "2026-01-05T10:00:00.000000001Z" + "\n") * 3)
    assert found.column("body")[0] == "ERROR: hé\u2028\ufffd \\u0041"


def test_a_cri_line_may_have_further_tags_and_no_text(read):
    lines = [f"2026-01-05T10:00:0{n}Z stdout F:x WARN: tagged" for n in range(3)] + ["2026-01-05T10:00:03Z stderr F"]
    found = read("\n".join(lines) + "\n", least=0)
    assert found.column("body") == ["WARN: tagged", "WARN: tagged", "WARN: tagged"]


def test_what_is_not_wrapped_in_a_containers_log_is_taken_as_it_is(read):
    lines = [cri("2026-01-05 09:00:00,123 INFO [main] a.B: fine", n) for n in range(20)]
    lines.insert(7, "plain text\n")
    assert read("".join(lines), least=0).column("body")[6] == "fine\nplain text"


def test_the_prefixes_of_compose_and_heroku_are_no_part_of_the_text(read):
    compose = "".join(f"web-1  | 2026-01-05 09:00:0{n},123 WARN [main] a.B: x\n" for n in range(5))
    found = read(compose)
    assert (found.state.wrapper, found.state.format, found.column("body")) == ("compose", "log4j", ["x"] * 5)
    heroku = "".join(f"2026-01-05T10:00:0{n}.123456+00:00 app[web.1]: ERROR: x\n" for n in range(5))
    found = read(heroku)
    assert (found.state.wrapper, found.levels) == ("heroku", ["ERROR"] * 5)
    assert found.times[4] == "2026-01-05T10:00:04.123456+00:00"


def test_colours_are_taken_out_of_any_log_but_other_escapes_stay(read):
    line = "2026-01-05 10:00:00,1 \x1b[1;31mERROR\x1b[0m [main] a.B: \x1b[4mx\x1b[0m \x1b[2J y\n"
    found = read(line * 4)
    assert found.column("body") == ["x \x1b[2J y"] * 4


PIECES = st.tuples(
    st.sampled_from([*LOG4J, *JSON, *FREE, "", "é" * 5, "z" * 3000]),
    st.sampled_from(["stdout", "stdout", "stderr"]),
    st.booleans() | st.just(value=True),
)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([docker, cri]), st.lists(PIECES, min_size=1, max_size=60), st.integers(50, 4000))
def test_a_containers_log_is_the_same_however_it_is_cut(read, wrap, pieces, step):
    data = "".join(wrap(text, n, stream, whole=whole) for n, (text, stream, whole) in enumerate(pieces)).encode()
    whole, cut = read(data, least=0), read(data, least=0, step=step)
    assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
    assert cut.volumes.equals(whole.volumes)
    assert whole.volumes["bytes"].sum() == len(data)


@pytest.mark.parametrize("wrap", [docker, cri])
def test_a_record_beyond_its_bound_is_cut_at_the_same_line_however_it_is_read(read, wrap):
    lines = [wrap(LOG4J[0])] + [wrap("\tat " + "x" * 900, n % 60, whole=n % 3 > 0) for n in range(600)]
    data = "".join([*lines, *(wrap(LOG4J[-1]) for _ in range(3))]).encode()
    whole, cut = read(data), read(data, step=50_000)
    assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
    assert "bytes more]" in whole.column("body")[0]
    assert whole.volumes["bytes"].sum() == len(data)
