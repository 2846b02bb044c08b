"""A fixed run of the fuzzer: what has to hold of any bytes holds of these."""

import runpy
from pathlib import Path

import pytest

FUZZ = runpy.run_path(str(Path(__file__).parents[3] / "bench" / "fuzz.py"))


@pytest.mark.parametrize("first", range(0, 24, 6))
def test_nothing_is_lost_nothing_raises_and_no_cut_matters(first):
    for seed in range(first, first + 6):
        FUZZ["check"](seed)


@pytest.mark.parametrize("name", FUZZ["SAMPLES"])
def test_a_sample_as_it_is_holds_in_one_piece_and_in_lines(name, time_context):
    data = FUZZ["SAMPLES"][name]
    whole = FUZZ["read"]([data], time_context, least=0)
    lines = FUZZ["read"](data.splitlines(keepends=True), time_context, least=0)
    assert whole.stats == lines.stats
    assert whole.stats.bytes == len(data)
    assert whole.records.drop("before", "after").equals(lines.records.drop("before", "after"))
