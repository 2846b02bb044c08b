"""The parse command on real files and pipes: what it says of them, and the records it prints."""

import bz2
import gzip
import json
import lzma
import os
import select
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

STAMP = "2026-01-05 10:00:%02d,%03d"
LEVELS = ("INFO ", "INFO ", "WARN ", "ERROR")
LINES = [f"{STAMP % (n % 60, n)} {LEVELS[n % 4]} [main] org.shop.Orders: order {n} was seen" for n in range(200)]
LOG = "\n".join(LINES) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a log file that was last modified at 12:00 on 5 January 2026."""

    def write(content: str | bytes, name: str = "shop.log") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        modified = datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()
        os.utime(path, (modified, modified))
        return path

    return write


def _records(done: Any) -> list[dict[str, Any]]:
    assert (done.code, done.err) == (0, "")
    return [json.loads(line) for line in done.out.splitlines()]


def _summary(done: Any) -> dict[str, Any]:
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


# -- records --------------------------------------------------------------------------------------------------------


def test_every_record_is_an_object_with_all_its_fields(tailrace: Any, write: Any) -> None:
    found = _records(tailrace("parse", "--jsonl", write(LOG)))
    assert [each["line"] for each in found] == list(range(1, 201))
    assert found[3] == {
        "line": 4,
        "time": "2026-01-05T10:00:03.003+00:00",
        "level": "ERROR",
        "message": "order 3 was seen",
        "fingerprint": found[0]["fingerprint"],
        "template": "order <n> was seen",
        "logger": "org.shop.Orders",
        "thread": "main",
        "attributes": {},
    }


def test_a_record_of_several_lines_has_the_number_of_its_first(tailrace: Any, write: Any) -> None:
    trace = "java.io.IOException: no\n\tat org.shop.Orders.save(Orders.java:7)\n"
    found = _records(tailrace("parse", "--jsonl", write(f"{LINES[2]}\n{trace}{LINES[3]}\n{LINES[4]}\n")))
    assert [each["line"] for each in found] == [1, 4, 5]
    assert found[0]["message"].splitlines()[2] == "\tat org.shop.Orders.save(Orders.java:7)"


def test_a_level_that_is_not_known_is_null(tailrace: Any, write: Any) -> None:
    found = _records(tailrace("parse", "--jsonl", write("hello\nERROR: bad\n")))
    assert [each["level"] for each in found] == [None, "ERROR"]


def test_attributes_are_an_object(tailrace: Any, write: Any) -> None:
    line = '{"time":"2026-01-05T10:00:00.000001Z","level":"warn","msg":"x","user \\"q\\"":"a\\\\b\\n","n":7}\n'
    plain = '{"time":"2026-01-05T10:00:01Z","level":"info","msg":"y"}\n'
    found = _records(tailrace("parse", "--jsonl", write(line + plain)))
    assert [each["attributes"] for each in found] == [{'user "q"': "a\\b\n", "n": "7"}, {}]
    assert found[0]["time"] == "2026-01-05T10:00:00.000001+00:00"


def test_times_without_a_zone_are_in_the_one_that_is_given(tailrace: Any, write: Any) -> None:
    found = _records(tailrace("parse", "--jsonl", "--zone", "Europe/Berlin", write(LOG)))
    assert found[0]["time"] == "2026-01-05T09:00:00+00:00"


def test_a_limit_ends_it_with_the_files_that_are_left(tailrace: Any, write: Any) -> None:
    files = (write(LOG, "a.log"), write(LOG, "b.log"), write(LOG, "c.log"))
    found = _records(tailrace("parse", "--jsonl", "-n", "203", *files))
    assert [each["line"] for each in found] == [*range(1, 201), 1, 2, 3]
    assert {each["file"] for each in found} == {str(files[0]), str(files[1])}


def test_nothing_in_a_record_moves_the_cursor(tailrace: Any, write: Any) -> None:
    text = f"{LINES[0]} \x1b[2J\x9b31m\u202eb\u2028c\x7f é\n"
    done = tailrace("parse", "--jsonl", write(text))
    assert not set("\x1b\x9b\u202e\u2028\x7f") & set(done.out)
    assert "é" in done.out
    assert _records(done)[0]["message"].endswith(" \x1b[2J\x9b31m\u202eb\u2028c\x7f é")


def test_bytes_that_are_no_utf_8_are_read_as_windows_1252(tailrace: Any, write: Any) -> None:
    found = _records(tailrace("parse", "--jsonl", write(LOG.encode() + LINES[7].encode() + b" \xff\xfe\n")))
    assert len(found) == 201
    assert found[-1]["message"] == "order 7 was seen ÿþ"


def test_an_empty_file_has_no_records(tailrace: Any, write: Any) -> None:
    assert _records(tailrace("parse", "--jsonl", write(""))) == []


def test_a_file_of_many_chunks_gives_each_record_once(tailrace: Any, write: Any) -> None:
    found = _records(tailrace("parse", "--jsonl", write(LOG * 400)))
    assert [each["line"] for each in found] == list(range(1, 80_001))


# -- packed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_gives_the_same_records_whatever_its_name(tailrace: Any, write: Any, pack: Any) -> None:
    plain = tailrace("parse", "--jsonl", write(LOG))
    assert tailrace("parse", "--jsonl", write(pack(LOG.encode()), "packed.log")).out == plain.out


def test_each_file_in_an_archive_is_a_document(tailrace: Any, tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.log", LOG)
        archive.writestr("b.log", "ERROR: bad")
    found = _records(tailrace("parse", "--jsonl", path))
    assert [(each["file"], each["line"]) for each in found[-2:]] == [(f"{path}!/a.log", 200), (f"{path}!/b.log", 1)]
    summaries = [json.loads(line) for line in tailrace("parse", "--json", path).out.splitlines()]
    assert [each["format"] for each in summaries] == ["log4j", "free-text"]


def test_what_stands_in_a_file_cut_short_is_given_and_the_fault_told(tailrace: Any, write: Any) -> None:
    noise = "".join(f"{line} {os.urandom(30).hex()}\n" for line in LINES * 20)
    path = write(gzip.compress(noise.encode())[:-1000], "cut.gz")
    done = tailrace("parse", "--jsonl", path, write(LOG))
    assert done.code == 1
    assert len(done.out.splitlines()) > 3000
    assert f"error: {path} is cut short: it ends within its gzip data, after" in done.err
    assert json.loads(done.out.splitlines()[-1])["file"].endswith("shop.log")


def test_a_damaged_file_is_summed_up_as_far_as_it_goes(tailrace: Any, write: Any) -> None:
    packed = gzip.compress(LOG.encode()) + gzip.compress(LOG.encode())[:-6] + b"\0" * 6
    done = tailrace("parse", "--json", write(packed))
    assert (done.code, json.loads(done.out)["lines"]) == (1, 200)
    assert "cannot be unpacked beyond" in done.err


def test_garbage_behind_the_end_is_told(tailrace: Any, write: Any) -> None:
    done = tailrace("parse", "--jsonl", write(gzip.compress(LOG.encode()) + b"not packed"))
    assert (done.code, len(done.out.splitlines())) == (1, 200)
    assert "holds something else behind its gzip data" in done.err


# -- the summary ----------------------------------------------------------------------------------------------------


def test_a_summary_says_how_a_file_was_understood(tailrace: Any, write: Any) -> None:
    done = tailrace("parse", write(gzip.compress(LOG.encode())))
    assert (done.code, done.err) == (0, "")
    head, *facts = done.out.splitlines()
    assert head.endswith("shop.log")
    assert [" ".join(fact.split()) for fact in facts[1:6]] == [
        facts[1].strip().replace("format      ", "format "),
        f"lines 200 in 200 records, {len(LOG) / 1000:.1f} kB",
        "understood all lines",
        "levels ERROR 50, WARN 50, INFO 100",
        "times 2026-01-05 10:00:00 to 2026-01-05 10:00:59 UTC",
    ]
    assert " ".join(facts[0].split()) == "packed with gzip"
    assert "log4j" in facts[1]
    assert facts[-1].split()[:3] == ["200", "ERROR", "1"]
    assert facts[-1].endswith("order <n> was seen")


def test_the_same_as_an_object(tailrace: Any, write: Any) -> None:
    found = _summary(tailrace("parse", "--json", write(LOG)))
    assert (found["format"], found["formats"], found["changes"]) == ("log4j", ["log4j"], 0)
    assert 0.5 < found["confidence"] <= 1
    assert (found["lines"], found["records"], found["bytes"], found["understood"]) == (200, 200, len(LOG), 1.0)
    assert (found["levels"], found["without_level"]) == ({"INFO": 100, "WARN": 50, "ERROR": 50}, 0)
    assert (found["first"], found["last"]) == ("2026-01-05T10:00:00+00:00", "2026-01-05T10:00:59.179000+00:00")
    assert found["not_understood"] == {"lines": 0, "samples": []}
    assert found["distinct"] == 1
    (cause,) = found["fingerprints"]
    assert (cause["n"], cause["level"], cause["line"]) == (200, "ERROR", 1)


def test_lines_that_stand_alone_in_a_format_they_do_not_fit_are_not_understood(tailrace: Any, write: Any) -> None:
    text = LOG + "stray one 1\nstray one 2\nstray two\n    and its frame\n" + LOG
    found = _summary(tailrace("parse", "--json", write(text)))
    assert found["not_understood"] == {
        "lines": 3,
        "samples": [{"line": 201, "text": "stray one 1"}, {"line": 203, "text": "stray two"}],
    }
    assert found["understood"] == pytest.approx(1 - 3 / 404, abs=1e-6)


def test_what_stands_before_the_first_record_is_not_understood(tailrace: Any, write: Any) -> None:
    found = _summary(tailrace("parse", "--json", write("a banner\n" + LOG)))
    assert found["not_understood"] == {"lines": 1, "samples": [{"line": 1, "text": "a banner"}]}


def test_a_stack_trace_is_understood_and_so_are_line_feeds_in_json(tailrace: Any, write: Any) -> None:
    trace = "java.io.IOException: no\n\tat org.shop.Orders.save(Orders.java:7)\n"
    lines = [json.dumps({"time": "2026-01-05T10:00:00Z", "level": "error", "msg": f"no\n{n}\nyes"}) for n in range(90)]
    first = _summary(tailrace("parse", "--json", write((LINES[3] + "\n" + trace) * 80)))
    second = _summary(tailrace("parse", "--json", write("\n".join(lines) + "\nstray\n" + "\n".join(lines))))
    assert first["understood"] >= 2 / 3
    assert second["not_understood"] == {"lines": 1, "samples": [{"line": 91, "text": "stray"}]}


def test_free_text_is_not_understood(tailrace: Any, write: Any) -> None:
    path = write("one thing\nanother thing\nERROR: a third\n")
    found = _summary(tailrace("parse", "--json", path))
    assert (found["format"], found["understood"], found["levels"]) == ("free-text", 0.0, {"ERROR": 1})
    assert [each["text"] for each in found["not_understood"]["samples"]][:2] == ["one thing", "another thing"]
    assert "no format that is known fits" in tailrace("parse", path).out


def test_of_a_file_in_two_formats_the_free_text_is_not_understood(tailrace: Any, write: Any) -> None:
    plain = "".join(f"some words of no format, {n}\n" for n in range(300))
    found = _summary(tailrace("parse", "--json", write(LOG + plain + LOG)))
    assert found["changes"] >= 1
    assert found["not_understood"]["lines"] == 300
    assert found["not_understood"]["samples"] == [{"line": 201, "text": "some words of no format, 0"}]


def test_the_worst_level_of_a_message_is_told_and_the_most_frequent_come_first(tailrace: Any, write: Any) -> None:
    text = "".join(f"{STAMP % (n % 60, n)} INFO [main] a.B: {'x' * (n % 3 + 1)} came\n" for n in range(100)) + LOG
    found = _summary(tailrace("parse", "--json", "-n", "2", write(text)))["fingerprints"]
    assert [(each["n"], each["level"]) for each in found] == [(200, "ERROR"), (34, "INFO")]


def test_nothing_in_a_summary_moves_the_cursor(tailrace: Any, write: Any) -> None:
    text = LOG + "stray \x1b[2J\x9b\u202e\n" + f"{LINES[0]} \x1b[2J\x9b\u202e\n"
    for option in ((), ("--json",)):
        out = tailrace("parse", *option, write(text, "a\x1b[2J.log")).out
        assert not set("\x1b\x9b\u202e") & set(out)


def test_an_empty_file_has_nothing_to_be_understood(tailrace: Any, write: Any) -> None:
    path = write("")
    found = _summary(tailrace("parse", "--json", path))
    assert (found["format"], found["lines"], found["understood"], found["first"]) == (None, 0, None, None)
    assert tailrace("parse", path).out.splitlines()[1].split() == ["lines", "none"]


# -- what is asked, and where it goes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.log"], "there is no file 'nothing.log'"),
        (["."], "'.' is a directory"),
        (["/dev/null"], "is no regular file"),
        (["a\0b"], "cannot be read"),
        (["-", "-"], "standard input can be read once only"),
        (["-", "--zone", "Nowhere"], "'Nowhere' is no time zone"),
        (["-", "--json", "--jsonl"], "--json and --jsonl contradict each other"),
    ],
)
def test_what_is_asked_wrongly_is_told_before_anything_is_read(
    tailrace: Any, write: Any, arguments: list[str], said: str
) -> None:
    done = tailrace("parse", write(LOG), *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def _piped(*arguments: str, given: bytes) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "tailrace.cli.main", "parse", *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=True)


def test_standard_input_is_a_document(tailrace: Any, write: Any) -> None:
    assert _piped("--jsonl", "-", given=LOG.encode()).stdout.decode() == tailrace("parse", "--jsonl", write(LOG)).out
    assert _piped("-", given=LOG.encode()).stdout.startswith(b"standard input\n")


def test_a_record_that_waits_in_a_pipe_is_given_after_a_pause(process: Any) -> None:
    with process("parse", "--jsonl", "-", stdin=subprocess.PIPE) as running:
        running.stdin.write(LINES[2] + "\n")
        running.stdin.flush()
        given = select.select([running.stdout], [], [], 30)[0]
        running.stdin.close()
        assert given
        assert json.loads(running.stdout.readline())["message"] == "order 2 was seen"
        assert (running.wait(timeout=30), running.stderr.read()) == (0, "")


def test_what_is_not_needed_for_the_limit_is_not_waited_for(process: Any, write: Any) -> None:
    with process("parse", "--jsonl", "-n", "200", write(LOG), "-", stdin=subprocess.PIPE) as running:
        try:
            assert running.wait(timeout=30) == 0
        finally:
            running.stdin.close()
        assert len(running.stdout.read().splitlines()) == 200


def test_a_reader_that_has_enough_ends_it_quietly(process: Any, write: Any) -> None:
    with process("parse", "--jsonl", write(LOG * 100)) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(timeout=30) == 0


# -- formats of one's own, and what lines are wrapped in --------------------------------------------------------------

OWN = """\
formats:
  - name: till
    line: '{time} {level} till {till}: {message}'
    time: '%d.%m.%Y %H:%M'
    levels: {W: WARN, E: ERROR}
    sample: ['05.01.2026 10:00 E till 4: the drawer is stuck']
"""
TILL = "05.01.2026 10:00 E till 4: the drawer is stuck\nwhat is this\n05.01.2026 10:01 W till 5: paper low\n"


def test_formats_of_ones_own_are_tried(tailrace: Any, write: Any) -> None:
    own, log = write(OWN, "own.yaml"), write(TILL, "till.log")
    found = _summary(tailrace("parse", "--json", "--format", own, log))
    assert (found["format"], found["formats"], found["levels"]) == ("till", ["till"], {"WARN": 1, "ERROR": 1})
    assert found["not_understood"] == {"lines": 1, "samples": [{"line": 2, "text": "what is this"}]}
    records = _records(tailrace("parse", "--jsonl", "--format", own, log))
    assert [each["attributes"] for each in records] == [{"till": "4"}, {"till": "5"}]


def test_a_format_that_is_forced_is_kept_to(tailrace: Any, write: Any) -> None:
    log = write(TILL + LOG)
    found = _summary(tailrace("parse", "--json", "--format", write(OWN, "own.yaml"), "--format", "till", log))
    assert (found["format"], found["records"], found["changes"]) == ("till", 2, 0)
    assert _summary(tailrace("parse", "--json", "--format", "free-text", log))["format"] == "free-text"
    assert "as asked: it matches " in tailrace("parse", "--format", "log4j", log).out


def test_what_is_wrong_with_a_format_is_told_with_its_place(tailrace: Any, write: Any) -> None:
    own = write(OWN.replace("line:", "lin:"), "own.yaml")
    done = tailrace("parse", "--format", own, write(TILL))
    assert done.code == 2
    assert "own.yaml:3:5: error: there is no key 'lin' in a format" in done.err
    assert "did you mean 'line'?" in done.err
    done = tailrace("parse", "--format", "lg4j", write(TILL))
    assert (done.code, "did you mean 'log4j'?" in done.err) == (2, True)


def test_what_lines_are_wrapped_in_is_told(tailrace: Any, write: Any) -> None:
    lines = "".join(f"2026-01-05T10:00:00.1Z stderr F {line}\n" for line in LINES)
    done = tailrace("parse", write(lines))
    assert "log4j within cri's lines, " in done.out
    assert "understood  all lines" in done.out
    assert _summary(tailrace("parse", "--json", write(lines)))["within"] == "cri"


def test_a_whole_file_without_dates_is_counted_back_from_its_modification(tailrace: Any, write: Any) -> None:
    times = ("22:00:00", "02:00:00", "23:00:00", "09:00:00")
    found = _records(tailrace("parse", "--jsonl", write("".join(f"{time}.1 [main] WARN a.B - x\n" for time in times))))
    assert [each["time"][:13] for each in found] == ["2026-01-03T22", "2026-01-04T02", "2026-01-04T23", "2026-01-05T09"]
