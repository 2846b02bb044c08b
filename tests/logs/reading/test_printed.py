"""JSON objects that are laid out over several lines are one record each, as if each stood in one line."""

from __future__ import annotations

import json

import pytest

MARKS = [(":", 2), (": ", "\t"), (" : ", 4)]


def entry(number, level="3", text="Failed to bind to port 80", **more):
    time = str((1767607200 + number) * 1_000_000 + 544500)
    header = {"_HOSTNAME": "box", "PRIORITY": level, "__REALTIME_TIMESTAMP": time, "SYSLOG_IDENTIFIER": "nginx"}
    return {**header, "MESSAGE": text, **more}


def instant(number, nanos=544500000):
    time = {"epochSecond": 1767607200 + number, "nanoOfSecond": nanos}
    return {"instant": time, "thread": "main", "level": "WARN", "loggerName": "a.B", "message": f"no {number} {{"}


def printed(objects, colon=" : ", indent="\t", between="\n"):
    return "".join(json.dumps(each, indent=indent, separators=(",", colon)) + between for each in objects)


def in_lines(objects):
    return "".join(json.dumps(each) + "\n" for each in objects)


def same(found, other):
    """Whether two files gave the same records, wherever these stood."""
    left, right = (each.records.drop("line", "offset", "before", "after") for each in (found, other))
    return left.equals(right) and found.counts == other.counts


@pytest.mark.parametrize(("colon", "indent"), MARKS)
@pytest.mark.parametrize("kind", [entry, instant])
def test_an_object_over_several_lines_is_read_as_one_in_a_line(read, colon, indent, kind):
    objects = [kind(number) for number in range(12)]
    found = read(printed(objects, colon, indent), least=0)
    assert same(found, read(in_lines(objects), least=0))
    length = len(json.dumps(objects[0], indent=1).split("\n"))
    assert found.column("line") == [1 + number * length for number in range(12)]


def test_the_journals_entries_have_the_level_the_time_and_the_text_of_each(read):
    found = read(printed([entry(0, "6", "started"), entry(1), entry(2, "4", [0x73, 0x6C, 0x6F, 0x77])]), least=0)
    assert found.levels == ["INFO", "ERROR", "WARN"]
    assert found.times[1] == "2026-01-05T10:00:01.544500+00:00"
    assert found.column("body") == ["started", "Failed to bind to port 80", "slow"]
    assert found.column("logger") == ["nginx"] * 3


@pytest.mark.parametrize("step", [11, 1000, 5000])
def test_the_records_are_the_same_however_the_file_is_cut(read, step):
    objects = [instant(n) if n % 3 else entry(n, text="x" * (n % 7) * 10) for n in range(90 if step > 50 else 5)]
    lines = printed(objects, between=",\n") + "listening\n{\n  not json\n}\n" + printed(objects) + '{\n  "level": 3,\n'
    whole, cut = read(lines, least=0), read(lines, least=0, step=step)
    assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
    assert cut.volumes.equals(whole.volumes)
    assert whole.volumes["bytes"].sum() == len(lines)
    assert sum(each.lines for each in cut.stats) == lines.count("\n")


def test_an_object_that_has_not_ended_waits_for_its_end(read_pieces):
    text = printed([entry(n) for n in range(20)]).encode()
    waiting = read_pieces([text[:-2]], flushed=True)
    assert len(waiting.records) == 19
    assert len(read_pieces([text[:-2], text[-2:]]).records) == 20


def test_a_few_objects_tell_the_format_though_they_come_one_by_one(read_pieces):
    found = read_pieces([printed([entry(n)]).encode() for n in range(9)])
    assert [each.lines for each in found.stats] == [0, 0, 0, 21, 7, 7, 7, 7, 14]


def test_objects_after_a_message_of_text_go_on_with_it_if_they_are_no_entries(read):
    lines = [f"2026-01-05 10:00:{n:02},123 WARN [main] a.B: answer {n}\n{printed([{'id': n}])}" for n in range(20)]
    found = read("".join(lines))
    assert len(found.records) == 20
    assert found.column("body")[7] == 'answer 7\n{\n\t"id" : 7\n}'


def test_an_object_that_is_too_long_to_be_an_entry_is_text(read):
    long = printed([entry(0, text="x" * 70_000)])
    found = read(long + printed([entry(n) for n in range(1, 9)]), least=0)
    assert found.column("body")[1:] == ["Failed to bind to port 80"] * 8
    assert str(found.column("body")[0]).startswith("{\n")


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ('{"epochSecond":1767607200,"nanoOfSecond":123456789}', "00.123456"),
        ('{"nanoOfSecond": 123456789, "epochSecond": 1767607200}', "00.123456"),
        ('{"epochSecond":1767607200,"nanoOfSecond":0}', "00"),
        ('{"epochSecond":1767607200}', "00"),
    ],
)
def test_seconds_and_nanoseconds_apart_make_one_time(read, time, told):
    found = read(f'{{"instant":{time},"level":"ERROR","message":"x"}}\n' * 20)
    assert set(found.times) == {f"2026-01-05T10:00:{told}+00:00"}
    assert found.column("attributes")[0] == []


@pytest.mark.parametrize("step", [None, 300])
def test_the_objects_before_a_record_are_shown_in_one_line_each(read, step):
    text = printed([*(entry(n, "6", f"request {n}") for n in range(20)), entry(20)])
    before = str(read(text, step=step).column("before")[0]).split("\n")
    assert [line[:27] for line in before] == ['{ \t"_HOSTNAME" : "box", \t"P'] * 3
