"""Scanners: each fast one finds what its format's pattern finds, on random lines and on hostile ones."""

import json
import re
from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.reading.formats import ACCESS_LOG, FREE_TEXT, JSON_LINES, LOG4J, LOGBACK
from tailrace.logs.reading.levels import LEVELS
from tailrace.logs.reading.lines import find_lines
from tailrace.logs.reading.scan_free import free_levels, levels_by_pattern
from tailrace.logs.reading.scan_pattern import scan_pattern
from tailrace.logs.reading.scanners import begin_records, scan_lines

access_part = st.sampled_from(
    ["1.2.3.4", "-", " ", "  ", " [", "[", "] ", '"', '" ', '\\"', "\\", "GET / HTTP/1.1", "500", "40", "12", "\t",
     "05/Jan/2026:10:00:00 +0000", "05/Jan/2026:10:00:00", "05/Xyz/2026:99:00:00", "05/Jan/2026:10:00:00Z", "é", "\0",
     "\x85", "٣", "x" * 70, "y" * 300]
)  # fmt: skip
access = st.builds(
    "{} {} {} [{}] {}{}{} {} {}{}".format,
    st.sampled_from(["1.2.3.4", "::1", "a b", ""]), st.sampled_from(["-", "a", "é"]),
    st.sampled_from(["-", "John Doe", "x" * 64, "x" * 65, "a [b] c"]),
    st.sampled_from(["05/Jan/2026:10:00:00 +0000", "05/Jan/2026:10:00:00", "10/Foo/2000:13:55:36 -0700", "1"]),
    st.sampled_from(['"', "'"]), st.one_of(access_part, st.text(max_size=9)), st.sampled_from(['"', '\\"', '" ']),
    st.sampled_from(["200", "503", "404", "99", "007", "1234"]), st.sampled_from(["-", "12", "x"]), access_part,
)  # fmt: skip


def lines_of(texts):
    return find_lines(("\n".join(text.replace("\n", " ") for text in texts).encode(),), final=True, first=False)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(access, st.lists(access_part, max_size=14).map("".join)), min_size=1, max_size=8))
def test_access_logs_are_scanned_as_by_their_pattern(texts):
    lines = lines_of(texts)
    if not len(lines):
        return
    fast, plain = scan_lines(lines, ACCESS_LOG), scan_pattern(lines, ACCESS_LOG)
    assert fast.start.tolist() == plain.start.tolist()
    begins = np.flatnonzero(fast.start)
    assert fast.level[begins].tolist() == plain.level[begins].tolist()
    for row in begins:
        one, other = fast.stamps.run[row], plain.stamps.run[row]
        assert fast.stamps.seconds[one] == plain.stamps.seconds[other]
        assert fast.stamps.offset[one] == plain.stamps.offset[other]


words = st.one_of(
    st.sampled_from(
        ["ERROR", "WARN", "warning", "Error", "eRRor", "[", "(", "<", "]", ")", ">", ":", ",", " ", "  ", "\t",
         "INFORMATION", "EMERGENCY", "CRITICAL", "CRITICALLY", "x", "ERRORS", "SOMETHING", "é", "\x85", "|",
         ";", "FINE", "fine"]
    ),
    st.text(max_size=3),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(words, max_size=12).map("".join), min_size=1, max_size=8))
def test_free_text_has_the_levels_that_the_pattern_finds(texts):
    texts = [re.sub(r"[\n\ufeff]", " ", text) for text in texts]
    lines = lines_of(texts)
    expected = levels_by_pattern(pl.Series(texts[: len(lines)], dtype=pl.String))
    assert free_levels(lines).tolist() == expected.tolist()


stamped = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(
        ["2026-01-05 10:00:00", "2026-01-05T10:00:00.123", "10:00:00,1", "10:00:0", "[2026-01-05 10:00:00"]
    ),
    st.sampled_from(["", "Z", " +01:00", "]"]), st.sampled_from([" ", " - ", "\t", " [main] ", " [a b] - ", " | "]),
    st.sampled_from(["ERROR", "WARN ", "Info", "[DEBUG]", "[ERROR ]", "nothing"]),
    st.sampled_from([" ", ": ", " - ", ""]),
    st.text(st.characters(codec="ascii", exclude_characters="\n\0"), max_size=8),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(stamped, st.text(max_size=20)), min_size=1, max_size=8))
def test_lines_with_a_time_begin_where_the_pattern_says(texts):
    lines = lines_of(texts)
    for form in (LOG4J, LOGBACK):
        heads = [text.replace("\n", " ") for text in texts][: len(lines)]
        plain = pl.Series(heads, dtype=pl.String).str.contains(form.pattern).to_list()
        assert scan_lines(lines, form).start.tolist() == plain == begin_records(lines, form).tolist()


fields = st.dictionaries(
    st.sampled_from(["msg", "a", "data", "time"]),
    st.one_of(
        st.integers(), st.none(), st.just({"level": "debug"}), st.just({"x": {"level": "fatal"}, "level": "info"})
    ),
    max_size=4,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(fields, st.sampled_from(["error", "WARN", "info"]), fields), min_size=1, max_size=8))
def test_the_level_of_json_is_the_outermost(parts):
    objects = [before | {"level": level} | after for before, level, after in parts]
    lines = lines_of([json.dumps(found, separators=(",", ":")) for found in objects])
    scan = scan_lines(lines, replace(JSON_LINES, keys=("level", "")))
    assert [LEVELS[code] for code in scan.level] == [found["level"].upper() for found in objects]


def test_free_text_begins_at_every_line_that_stands_alone():
    lines = lines_of(["x", "  y", "ValueError: z", "ValueError: z", "at a.b", "attic", "", "}", "... 3 more", "...so"])
    expected = [True, False, False, True, False, True, False, False, False, True]
    assert begin_records(lines, FREE_TEXT).tolist() == expected
