"""Files that change their format, programs that write into a file by turns, and what stands before a file's records."""

import runpy
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tailrace.logs.reading.detect import detect

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LOG4J = "2026-01-05 10:00:{:02},123 {} [main] a.B: it {}\n"
JSON = '{{"time":"2026-01-05T10:00:{:02}Z","level":"{}","msg":"it {}"}}\n'
LINES = {
    "log4j": LOG4J,
    "json-lines": JSON,
    "logback": "10:00:{:02}.123 [main] {} a.B - it {}\n",
    "syslog-iso": "2026-01-05T10:00:{:02}+00:00 host app[7]: {} it {}\n",
    "postgresql": "2026-01-05 10:00:{:02}.123 UTC [12] {}:  it {}\n",
    "openstack": "2026-01-05 10:00:{:02}.123 2931 {} nova.virt [-] it {}\n",
    "nginx-error": "2026/01/05 10:00:{:02} [{:.5s}] 12#0: *3 it {}\n",
    "slashed-date": "2026/01/05 10:00:{:02} {} it {}\n",
    "mysql": "2026-01-05T10:00:{:02}.123456Z 0 [{}] [MY-010931] [Server] it {}\n",
    "syslog-rfc3164": "Jan  5 10:00:{:02} host app[7]: {} it {}\n",
    "syslog-rfc5424": "<11>1 2026-01-05T10:00:{:02}Z h {} 1 - - it {}\n",
    "access-log": '1.2.3.4 - - [05/Jan/2026:10:00:{:02} +0000] "GET /{}/{} HTTP/1.1" 500 12\n',
    "klog": "E0105 10:00:{:02}.123456 1 file.go:10] {} it {}\n",
    "windows-cbs": "2026-01-05 10:00:{:02}, {:.5s}                  CBS    it {}\n",
    "logcat": "01-05 10:00:{:02}.819  1702  8671 E Power{}: it {}\n",
    "logfmt": 'time=2026-01-05T10:00:{:02}Z level={} msg="it {}"\n',
    "zap": "2026-01-05T10:00:{:02}.123Z\t{}\ta.b\tit {}\n",
    "hdfs": "260105 1000{:02} 2561 {} dfs.DataNode$DataXceiver: it {}\n",
    "redis": "12:M 05 Jan 2026 10:00:{:02}.123 # {} it {}\n",
    "ruby": "E, [2026-01-05T10:00:{:02}.123456 #7]  {} -- app: it {}\n",
    "dotnet-console": "fail: A.B[{}]\n      {} it {}\n",
    "logrus": "ERRO[00{:02}] {} it {}\n",
    "free-text": "ERROR: {} {} it {}\n",
}
WORDS = {"mysql": "ERROR", "windows-cbs": "Error", "nginx-error": "error"}
TEXTS = {name: "".join(line.format(n, WORDS.get(name, "ERROR"), n) for n in range(20)) for name, line in LINES.items()}
TOLD = ("level", "time", "body")


def rows(records, after=0):
    """Records as values; times that are not of their own left out."""
    chosen = records.filter(pl.col("line") > after).select(pl.col("line") - after, *TOLD)
    return chosen.with_columns(pl.when(pl.col("time") != NOW).then("time")).rows()


@pytest.fixture(scope="module")
def alone(read):
    """The records of each format that is read alone."""
    return {name: rows(read(text, least=0).records) for name, text in TEXTS.items()}


@pytest.mark.parametrize("first", LINES)
def test_after_a_change_records_are_those_of_the_second_format_alone(read, alone, first):
    order = [name for second in TEXTS for name in (first, second)]
    records, begin = read("".join(TEXTS[name] for name in order), least=0).records, 0
    for before, name in zip(["", *order], order, strict=False):
        end = begin + TEXTS[name].count("\n")
        found = rows(records.filter(pl.col("line") <= end), begin)
        timed = [each if each[2] else (each[0], each[1], found[n][2], each[3]) for n, each in enumerate(alone[name])]
        assert found == timed, f"{before} -> {name}"
        begin = end


@pytest.mark.parametrize("main", ["log4j", "json-lines", "postgresql", "access-log"])
@pytest.mark.parametrize("other", ["log4j", "json-lines", "klog", "syslog-rfc5424", "logcat", "free-text"])
def test_programs_that_write_by_turns_keep_their_levels_and_times(read, main, other):
    if main == other:
        return
    pairs = zip(TEXTS[main].splitlines(keepends=True), TEXTS[other].splitlines(keepends=True), strict=True)
    data = "".join(f"{mine}{its}" for mine, its in pairs)
    for step in (None, 73):
        found = read(data, least=0, step=step).records
        mine, its = found.gather_every(2), found.gather_every(2, 1)
        assert mine.select(TOLD).equals(read(TEXTS[main], least=0).records.select(TOLD))
        told = ("level", "body") if other == "free-text" else TOLD
        assert its.select(told).equals(read(TEXTS[other], least=0).records.select(told))


@pytest.mark.parametrize("step", [None, 61])
def test_traces_join_the_records_of_either_program(read, step):
    trace = "java.lang.X: no\n\tat a.b.C.d(C.java:1)\nCaused by: java.io.Y\n\t... 3 more\n"
    data = "".join(LOG4J.format(n, "ERROR", n) + trace + JSON.format(n, "error", n) for n in range(12))
    found = read(data, least=0, step=step).records
    assert len(found) == 24
    assert all(body.endswith("\t... 3 more") for body in found.gather_every(2)["body"].to_list())


def test_lines_that_begin_with_a_level_are_no_part_of_the_record_before(read):
    found = read(LOG4J.format(0, "INFO", 0) * 5 + "ERROR: the disk is full\n  sda1\n" + LOG4J.format(1, "INFO", 1))
    assert found.levels == ["ERROR"]
    assert found.column("body") == ["ERROR: the disk is full\n  sda1"]


BEFORE = {
    "a banner": "\n  .   ____\n /\\\\ / ___'_ __\n :: Spring Boot ::   (v3.2.0)\n\n",
    "a licence": "Licensed to whom it may concern.\n" * 40,
    "nohup": "nohup: ignoring input\n",
    "the end of a trace": "java.lang.X: no\n" + "\tat a.b.C.d(C.java:1)\n" * 80,
    "part of a line": "in] a.B: it was cut\n",
    "blank lines": "\n" * 70,
    "a header": "# Fields: a b c\n",
    "a long record": LOG4J.format(0, "INFO", 0) + "\tat a.b.C.d(C.java:1)\n" * 200,
    "a hole": "\0" * 5000,
    "a mark of byte order": "\ufeff",
}


@pytest.mark.parametrize(("format", "step"), [("log4j", 211), ("syslog-rfc3164", None)])
@pytest.mark.parametrize("before", BEFORE)
def test_whatever_stands_before_the_records_they_are_read(read, before, format, step):
    text = BEFORE[before] + TEXTS[format]
    found = read(text, least=0, step=step).records.tail(20)
    assert found.select(TOLD).equals(read(TEXTS[format], least=0).records.select(TOLD))


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("ERROR", "\x1b[31mERROR\x1b[0m"), ("\n", "\x1b[0m\n")])
@pytest.mark.parametrize("format", ["log4j", "logback", "json-lines", "klog"])
def test_carriage_returns_and_colours_change_nothing(read, format, change):
    text = TEXTS[format].replace(*change)
    assert detect(text.encode()).format.name == format
    assert read(text, least=0).records.select(TOLD).equals(read(TEXTS[format], least=0).records.select(TOLD))


def test_a_hole_within_a_file_hides_no_record(read):
    found = read(TEXTS["log4j"] + "\0" * 3000 + TEXTS["log4j"], least=0)
    assert found.levels == ["ERROR"] * 40


@pytest.mark.parametrize("step", [7, 41, 500])
@pytest.mark.parametrize("kind", ["turns", "changes"])
def test_it_makes_no_difference_how_a_changing_file_is_cut(read, kind, step):
    texts = [text.splitlines(keepends=True) for text in TEXTS.values()]
    if kind == "turns":
        data = "".join(line for group in zip(*texts, strict=False) for line in group[:9])
    else:
        data = "".join("".join(lines[:5]) for lines in texts) * 2
    data = data[: step * 600]
    whole, parts = read(data, least=0), read(data, least=0, step=step)
    assert parts.records.drop("before", "after").equals(whole.records.drop("before", "after"))
    assert parts.volumes.equals(whole.volumes)


def test_the_fuzzer_finds_no_cut_that_matters_in_mixed_files():
    fuzz = runpy.run_path(str(Path(__file__).parents[3] / "bench" / "fuzz.py"))
    for seed in (142, 19):
        fuzz["check"](seed)
