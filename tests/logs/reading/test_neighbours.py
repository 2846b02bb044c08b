"""Neighbours: the lines around the first record of each kind, whatever the cut."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

INFO = "2026-01-05 10:00:0{},000 INFO [m] a.B: step {}\n"
ERROR = "2026-01-05 10:00:0{},000 ERROR [m] a.B: it broke\n"


def info(count, second=0):
    return "".join(INFO.format(second, number) for number in range(count))


def test_a_record_comes_with_three_lines_before_it_and_three_after(read):
    found = read(info(5) + ERROR.format(1) + info(5, 2))
    assert found.column("before") == [info(5)[len(INFO.format(0, 0)) * 2 :].rstrip()]
    assert found.column("after") == [info(3, 2).rstrip()]


def test_the_first_and_the_last_lines_of_a_file_have_neighbours_on_one_side(read):
    found = read(ERROR.format(0) + info(1) + ERROR.format(6))
    assert found.column("before") == ["", (ERROR.format(0) + info(1)).rstrip()]
    assert found.column("after") == [(info(1) + ERROR.format(6)).rstrip(), ""]


def test_lines_after_a_trace_are_those_after_its_last_line(read):
    trace = ERROR.format(1) + "java.lang.Error: x\n\tat a.b.C.d(C.java:12)\n"
    found = read(info(1) + trace + info(2, 2))
    assert found.column("after") == [info(2, 2).rstrip()]


def test_only_the_first_of_a_kind_within_five_seconds_has_neighbours(read):
    found = read(info(1) + ERROR.format(1) * 3 + ERROR.format(6) * 2 + ERROR.format(6).replace("ERROR", "WARN"))
    assert [bool(before) for before in found.column("before")] == [True, False, False, True, False, True]


def test_no_more_than_two_hundred_records_of_a_call_have_neighbours_and_every_kind_comes_first(read):
    kinds = [ERROR.replace("it", "".join(chr(97 + number // 26**i % 26) for i in range(3))) for number in range(150)]
    data = info(1) + "".join(ERROR.format(second) for second in (0, 6) * 100) + "".join(k.format(7) for k in kinds)
    found = read(data.encode())
    shown = found.records.filter(pl.col("before") != "")
    assert shown.height == 152
    many = info(1) + "".join(kind.format(7) + kind.format(1) for kind in kinds)
    shown = read(many).records.filter(pl.col("before") != "")
    assert (shown.height, shown["fingerprint"].n_unique()) == (200, 150)


def test_a_neighbour_is_cut_to_two_hundred_characters(read):
    found = read("ä" * 300 + "\n" + ERROR.format(1) + "é\r\n" + "\U0001f600" * 201 + "\n")
    assert found.column("before") == ["ä" * 200]
    long = INFO.format(2, "\U0001f600" * 300)
    found = read(ERROR.format(1) + long)
    assert found.column("after") == [long[:200]]


def test_a_neighbour_that_is_no_utf_8_is_read_as_windows_1252(read):
    found = read(b"2026-01-05 10:00:00 INFO [m] a.B: caf\xe9\n" + ERROR.format(1).encode())
    assert found.column("before") == ["2026-01-05 10:00:00 INFO [m] a.B: café"]


@pytest.mark.parametrize("step", [9, 50, 333])
def test_what_stands_after_a_record_is_what_had_been_read_by_then(read, step):
    data = info(5) + ERROR.format(1) + info(5, 2)
    found = read(data, step=step)
    assert found.column("before") == [read(data).column("before")[0]]
    assert str(read(data).column("after")[0]).startswith(str(found.column("after")[0]))


line = st.sampled_from(
    [
        INFO.format(0, 0), ERROR.format(1), ERROR.format(7).replace("it", "or"), "\tat a.b.C(C.java)\n",
        "\n", "odd\r\n", "\ufeff\n",
        "ö" * 300 + "\n", "2026-01-05 10:00:09,000 WARN [m] a.B: " + "€" * 300 + "\n",
        '{"time":"2026-01-05T10:00:01Z","level":"error","msg":"x"}\n',
    ]
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(line, st.integers(1, 12)), max_size=20), st.lists(st.integers(1, 900), max_size=12))
def test_what_stands_before_a_record_is_the_same_however_the_file_is_cut(read_pieces, blocks, sizes):
    data = "".join(text * count for text, count in blocks).encode()
    pieces, rest = [], data
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    whole, parts = read_pieces([data]).records, read_pieces([*pieces, rest]).records
    both = whole.select("offset", "before").join(parts.select("offset", "before"), on="offset", suffix="_parts")
    shown = both.filter((pl.col("before") != "") & (pl.col("before_parts") != ""))
    assert shown["before"].to_list() == shown["before_parts"].to_list()
    assert parts.height == whole.height
