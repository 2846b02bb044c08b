"""Records become lines: JSON for programs, pairs for people."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

from tailrace.model.show import record_lines, record_texts

NOON = datetime(2026, 1, 5, 12, 0, 0, 250000, tzinfo=UTC)


def batch(**columns: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict(columns)


def one(**columns: pa.Array) -> tuple[dict, str]:
    records = batch(**columns)
    (line,), (text,) = record_lines(records), record_texts(records)
    return json.loads(line), text


def test_each_record_is_a_line():
    records = batch(n=pa.array([1, 2]), s=pa.array(["a", "b"]))
    assert list(record_texts(records)) == ["n=1 s=a", "n=2 s=b"]
    assert [json.loads(line) for line in record_lines(records)] == [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]


def test_times_are_iso_8601():
    data, text = one(at=pa.array([NOON], pa.timestamp("us", "UTC")), on=pa.array([date(2026, 1, 5)]))
    assert data == {"at": "2026-01-05T12:00:00.250000Z", "on": "2026-01-05"}
    assert text == "at=2026-01-05T12:00:00.250000Z on=2026-01-05"


def test_bytes_are_base64():
    data, text = one(b=pa.array([b"\x00\xff"]))
    assert (data, text) == ({"b": "AP8="}, "b=AP8=")


def test_decimals_and_uuids_are_text():
    name = UUID(int=7)
    data, _ = one(d=pa.array([Decimal("1.50")]), u=pa.array([str(name)]))
    assert data == {"d": "1.50", "u": str(name)}


def test_maps_lists_and_booleans_are_json():
    maps = pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string()))
    data, text = one(m=maps, l=pa.array([[1, 2]]), t=pa.array([True]))
    assert data == {"m": {"k": "v"}, "l": [1, 2], "t": True}
    assert text == 'm={"k": "v"} l=[1, 2] t=true'


def test_empty_fields_are_left_out_for_people_and_kept_for_programs():
    data, text = one(a=pa.array([None], pa.string()), b=pa.array([""]), c=pa.array([0]), d=pa.array([False]))
    assert data == {"a": None, "b": "", "c": 0, "d": False}
    assert text == "c=0 d=false"


def test_texts_with_spaces_are_quoted():
    assert one(s=pa.array(["two words"]))[1] == 's="two words"'


def test_nothing_in_a_text_can_move_a_cursor_or_end_the_line():
    for control in ("\x1b[31m", "\n", "\r", "\x07", "\x9b", "\x7f", "\u202e", "\u2028"):
        for text in (f"a{control}b", f"a {control} b"):
            line = one(s=pa.array([text]))[1]
            assert line.isprintable(), (control, line)
