"""Which formats a line can be of, by its first bytes."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.formats import FORMATS, FREE_TEXT
from tailrace.logs.reading.lines import find_lines
from tailrace.logs.reading.scanners import begin_records, belong_to
from tailrace.logs.reading.signatures import signatures_of

KNOWN = [form for form in FORMATS if form is not FREE_TEXT]
FUZZ = runpy.run_path(str(Path(__file__).parents[3] / "bench" / "fuzz.py"))


def told(lines, forms=KNOWN):
    found = signatures_of(forms).rows(lines)
    return [set(found.get(number, np.empty(0, dtype=np.intp)).tolist()) for number in range(len(forms))]


@pytest.mark.parametrize("few", [True, False])
def test_no_format_is_left_out_that_a_line_is_of(few):
    data = b"\n".join([*FUZZ["SAMPLES"].values(), *(FUZZ["made"](seed)[:3000] for seed in range(20))])
    lines = find_lines((data,), final=True, first=True)
    parts = [lines.pick(slice(at, at + 20)) for at in range(0, min(len(lines), 300), 20)] if few else [lines]
    for part in parts:
        for form, rows in zip(KNOWN, told(part), strict=True):
            of = np.flatnonzero(belong_to(part, form) | begin_records(part, form)).tolist()
            assert rows.issuperset(of), form.name


def test_few_formats_are_left_for_a_line():
    lines = find_lines((b"2026-01-05 10:00:00,123 INFO [main] org.x.Y: a message\nplain\n",), final=True, first=True)
    rows = told(lines)
    assert 1 <= sum(0 in each for each in rows) <= len(KNOWN) / 8
    assert sum(1 in each for each in rows) == 0


@pytest.mark.parametrize(
    ("pattern", "fits", "fails"),
    [
        (r"^a{2,3}b(?P<body>.*)$", "aab", "ab"),
        (r"^(?i:error): (?P<body>.*)$", "ERROR: x", "warn: x"),
        (r"^[^\d\s]+=(?P<body>.*)$", "\u00fcber=1", "1=2"),
        (r"^\p{Lu}x(?P<body>.*)$", "Ax", ""),
        (r"^(?:x|yz)?-(?P<body>.*)$", "yz-", "y-"),
    ],
)
def test_patterns_of_a_user_are_followed_or_left_open(pattern, fits, fails):
    form = Format("own", "pattern", pattern, 1.0)
    lines = find_lines((f"{fits}\n{fails}\n".encode(),), final=True, first=True)
    assert 0 in told(lines, [form])[0]
    assert 1 not in told(lines, [form])[0] or not fails


@pytest.mark.parametrize("count", [1, 40])
def test_a_format_is_told_only_of_lines_that_open_like_it_whatever_its_pattern_takes(count):
    wide = Format("wide", "pattern", r"^(?P<body>.*)$", 1.0, openings=("A0", "[A"), later=("at ",))
    narrow = Format("narrow", "pattern", r"^[A-Z]\d+ (?P<body>.*)$", 1.0, openings=("A0",))
    lines = find_lines((b"X1 x\n[X x\nat x\n-1 x\n\n" * count,), final=True, first=True)
    assert [{row % 5 for row in each} for each in told(lines, [wide, narrow])] == [{0, 1, 2}, {0}]


@pytest.mark.parametrize("count", [1, 40])
def test_parts_that_repeat_are_counted_as_far_as_they_are_few(count):
    forms = [
        Format("some", "pattern", r"^(?:ab){2,4}c(?P<body>.*)$", 1.0),
        Format("many", "pattern", r"^(?:ab){2,40}c(?P<body>.*)$", 1.0),
    ]
    texts = [b"ab" * times + b"c\n" for times in (1, 2, 4, 5, 30)]
    lines = find_lines((b"".join(texts) * count,), final=True, first=True)
    some, many = ({row % 5 for row in each} for each in told(lines, forms))
    assert (some, many) == ({1, 2}, {1, 2, 3, 4})
