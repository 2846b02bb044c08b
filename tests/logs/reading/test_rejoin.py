"""Crashes that were written line by line, each line behind a header of its own: one record again, of its own process."""

# ruff: noqa: E501 - reports are shown whole

from __future__ import annotations

import json
import random

import pytest

PYTHON = 'Traceback (most recent call last):\n  File "/a/b.py", line 3, in f\n    1/0\n    ~^~\nZeroDivisionError: division by zero'
JAVA = 'Exception in thread "main" java.lang.RuntimeException: outer\n\tat M.main(M.java:4)\nCaused by: java.io.IOException: io failed\n\tat M.f(M.java:2)\n\t... 1 more'
LOGGED = "java.lang.IllegalStateException: not open\n\tat M.main(M.java:4)\n\tat M.f(M.java:2)"
GO = "panic: lost it 17\ngoroutine 1 [running]:\nmain.f(...)\n\t/src/m.go:4\nmain.main()\n\t/src/m.go:5 +0x9b"
RUST = "thread 'main' panicked at src/main.rs:1:40:\nindex out of bounds: the len is 1\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"
NODE = "/srv/app.js:1\nfunction f(){ throw new TypeError('boom') } f()\n              ^\nTypeError: boom\n    at f (/srv/app.js:1:21)\n    at node:internal/main/run_main_module:28:49\nNode.js v20.20.2"
RUBY = "app.rb:2:in `rescue in <main>': outer (RuntimeError)\n\tfrom app.rb:2:in `<main>'"
DOTNET = "Unhandled exception. System.InvalidOperationException: outer\n ---> System.ArgumentException: inner\n   at A.F() in /src/a.cs:line 1\n   --- End of inner exception stack trace ---\n   at A.Main() in /src/a.cs:line 3"
CXX = "terminate called after throwing an instance of 'std::runtime_error'\n  what():  oh no"
PHP = "PHP Fatal error:  Uncaught LogicException: inner in /srv/a.php:1\nStack trace:\n#0 /srv/a.php(2): f()\n#1 {main}\n  thrown in /srv/a.php on line 1"
OWN = PYTHON.replace("ZeroDivisionError: division by zero", "Boom: no")
CRASHES = {"Python": ("ERROR", PYTHON), "Python, an own name": ("ERROR", OWN), "Java": ("ERROR", JAVA), "a logged exception": ("ERROR", LOGGED), "Go": ("FATAL", GO), "Rust": ("FATAL", RUST), "Node": ("ERROR", NODE), "Ruby": ("ERROR", RUBY), ".NET": ("FATAL", DOTNET), "C++": ("FATAL", CXX), "PHP": ("FATAL", PHP)}  # fmt: skip


def bsd(text, second=0, tag="app", pid=12):
    return f"Jan  5 10:00:{second:02} box {tag}[{pid}]: {text}"


def rfc5424(text, second=0, tag="app", pid=12):
    return f"<14>1 2026-01-05T10:00:{second:02}Z box {tag} {pid} - - {text}"


def rsyslog(text, second=0, tag="app", pid=12):
    return f"2026-01-05T10:00:{second:02}.123456+00:00 box {tag}[{pid}]: {text}"


def journal_text(text, second=0, tag="app", pid=12):
    return f"Mon 2026-01-05 10:00:{second:02} UTC box {tag}[{pid}]: {text}"


def journal_json(text, second=0, tag="app", pid=12):
    time = str((1767607200 + second) * 1_000_000)
    entry = {"__REALTIME_TIMESTAMP": time, "_HOSTNAME": "box", "SYSLOG_IDENTIFIER": tag, "_PID": str(pid)}
    return json.dumps({**entry, "PRIORITY": "6", "MESSAGE": text}, separators=(",", ":"))


HEADERS = {"RFC 3164": bsd, "RFC 5424": rfc5424, "rsyslog": rsyslog, "journal": journal_text, "JSON": journal_json}


def file_of(lines):
    return "".join(f"{line}\n" for line in lines).encode()


def around(header, lines):
    """The lines of a crash among those of a program that logs on."""
    before = [header("listening on port 80"), header("user 7 came", tag="sshd", pid=3)]
    return [*before, *lines, header("restarted", 9, "systemd", 1), header("listening on port 80", 9, pid=13)]


@pytest.mark.parametrize("header", HEADERS)
def test_the_lines_of_a_crash_are_one_record_again_at_its_level(read, header):
    head = HEADERS[header]
    lines = [head(line, 2, pid=20 + n) for n, (_, text) in enumerate(CRASHES.values()) for line in text.split("\n")]
    found = read(file_of(around(head, lines)))
    assert found.levels == [level for level, _ in CRASHES.values()]
    bodies = [[line.split() for line in str(body).split("\n")] for body in found.column("body")]
    assert bodies == [[line.split() for line in text.split("\n")] for _, text in CRASHES.values()]
    assert found.column("line")[:2] == [3, 3 + len(PYTHON.split("\n"))]


@pytest.mark.parametrize("header", HEADERS)
def test_lines_of_other_programs_between_those_of_a_crash_are_records_of_their_own(read, header):
    head = HEADERS[header]
    lines = []
    for number, (one, other) in enumerate(zip(PYTHON.split("\n"), JAVA.split("\n"), strict=True)):
        lines += [head(one), head(other, tag="java", pid=7), head(f"request {number}", tag="nginx", pid=8)]
    found = read(file_of(around(head, lines)), least=0)
    bodies = [str(body) for body in found.column("body")]
    assert [body.split() for body in bodies if "\n" in body] == [PYTHON.split(), JAVA.split()]
    assert [body for body in bodies if body.startswith("request")] == [f"request {n}" for n in range(5)]
    assert len(found.records) == 11


def test_two_processes_of_one_program_crash_apart(read):
    lines = [bsd(line, pid=pid) for line in PYTHON.split("\n") for pid in (12, 13)]
    assert read(file_of(around(bsd, lines))).column("body") == [PYTHON, PYTHON]


def test_two_crashes_of_one_process_are_two_records(read):
    lines = [bsd(line) for text in (PYTHON, PYTHON, LOGGED, LOGGED) for line in text.split("\n")]
    assert read(file_of(around(bsd, lines))).column("body") == [PYTHON, PYTHON, LOGGED, LOGGED]


def test_a_trace_goes_on_with_an_error_before_it(read):
    lines = ["job 5 failed", *PYTHON.split("\n")]
    found = read(file_of(around(rfc5424, [rfc5424(line).replace("<14>", "<11>") for line in lines])))
    assert str(found.column("body")[0]).split() == ["job", "5", "failed", *PYTHON.split()]


def test_tabs_that_rsyslog_writes_as_numbers_begin_frames(read):
    lines = [bsd(line.replace("\t", "#011")) for line in JAVA.split("\n")]
    assert read(file_of(around(bsd, lines))).column("body") == [JAVA]


def test_a_crash_has_one_fingerprint_whatever_the_process_and_the_time(read):
    files = [file_of(around(bsd, [bsd(line, 1, pid=pid) for line in JAVA.split("\n")])) for pid in (12, 4711)]
    assert len({str(read(data).column("fingerprint")) for data in files}) == 1


def test_indented_messages_that_are_no_trace_stay_records(read):
    lines = [bsd(f"  user{n} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", tag="sudo") for n in range(5)]
    assert len(read(file_of(around(bsd, lines)), least=0).records) == 9


def test_a_trace_does_not_go_on_after_two_seconds_if_others_wrote_meanwhile(read):
    first, *rest = PYTHON.split("\n")
    lines = [bsd(first), bsd("request", 5, "nginx", 8), *(bsd(line, 5) for line in rest)]
    bodies = read(file_of(around(bsd, lines)), least=0).column("body")
    assert first in bodies


def test_a_trace_of_a_thousand_frames_is_one_record_with_a_marked_cut(read):
    frames = "".join(f"\n\tat a.B.call(B.java:{n})" for n in range(1024))
    lines = [bsd(line) for line in (JAVA.split("\n", maxsplit=1)[0] + frames).split("\n")]
    data = file_of(around(bsd, lines))
    found = read(data)
    assert found.levels == ["ERROR"]
    assert "[cut: " in str(found.column("body")[0])
    assert found.volumes["bytes"].sum() == len(data)


@pytest.mark.parametrize("header", HEADERS)
def test_crashes_are_the_same_however_the_file_is_cut(read, header):
    chance, head = random.Random(header), HEADERS[header]
    waiting = [(pid, CRASHES[name][1].split("\n")) for pid, name in enumerate(CRASHES, 20)]
    lines, second = [], 0
    while waiting:
        pid, left = chance.choice(waiting[:3])
        lines.append(head(left.pop(0), second, "app", pid))
        waiting = [each for each in waiting if each[1]]
        for _ in range(chance.choice((0, 0, 1, 60))):
            lines.append(head(f"request {len(lines)}", second, "nginx", 8))
        second += chance.random() < 0.05
    data = file_of(around(head, lines))
    whole = read(data, least=0)
    assert whole.volumes["bytes"].sum() == len(data)
    for step in (len(data) // 23, len(data) // 2):
        cut = read(data, least=0, step=step)
        assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
        assert cut.volumes.equals(whole.volumes)


def docker(text, second=0, stream="stderr"):
    return json.dumps(
        {"log": f"{text}\n", "stream": stream, "time": f"2026-01-05T10:00:{second:02}.1Z"}, separators=(",", ":")
    )


def cri(text, second=0, stream="stderr"):
    return f"2026-01-05T10:00:{second:02}.123456789Z {stream} F {text}"


def compose(text, second=0, stream="stderr"):
    return f"{'web-1' if stream == 'stderr' else 'cache-1'}  | {text}"


WRAPPERS = {"Docker": docker, "CRI": cri, "compose": compose}


def interrupted(wrap, seed=""):
    """Crashes on one stream, and now and then another line on another."""
    chance, lines = random.Random(seed), []
    for second, (_, text) in enumerate(CRASHES.values()):
        lines += [wrap("waiting for work", second), wrap("GET / 200", second, "stdout")]
        for line in text.split("\n"):
            lines.append(wrap(line, second))
            for _ in range(chance.choice((0, 1, 2))):
                lines.append(wrap(f"GET /{len(lines)} 200", second, "stdout"))
    return file_of([*lines, wrap("waiting for work", 50)])


@pytest.mark.parametrize("header", HEADERS)
def test_an_exception_that_no_frame_follows_takes_no_line_to_it(read, header):
    """Only with a frame is it known that lines are of a trace at all."""
    texts = ["ConfigError: no port is given", "  8080 is taken then", "java.io.IOException: gone", "\tat M.f(M.java:2)"]
    found = read(file_of(around(HEADERS[header], [HEADERS[header](text) for text in texts])), least=0)
    bodies = [" ".join(str(body).split()) for body in found.column("body")]
    assert bodies[2:5] == [texts[0], texts[1].strip(), f"{texts[2]} {texts[3].strip()}"]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_crash_on_one_stream_is_one_record_whatever_is_written_to_the_other(read, wrapper):
    found = read(interrupted(WRAPPERS[wrapper]), least=0)
    bodies = [str(body) for body in found.column("body")]
    others = [body for body in bodies if not body.startswith(("GET", "waiting"))]
    assert others == [text for _, text in CRASHES.values()]
    assert not [body for body in bodies if body.startswith(("GET", "waiting")) and "\n" in body]
    assert read(interrupted(WRAPPERS[wrapper])).levels == [level for level, _ in CRASHES.values()]


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_interrupted_crashes_are_the_same_however_the_file_is_cut(read, wrapper):
    data = interrupted(WRAPPERS[wrapper], "other")
    whole = read(data, least=0)
    assert whole.volumes["bytes"].sum() == len(data)
    for step in (len(data) // 37, len(data) // 2):
        cut = read(data, least=0, step=step)
        assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
        assert cut.volumes.equals(whole.volumes)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_trace_goes_on_with_the_record_of_its_stream(read, wrapper):
    wrap = WRAPPERS[wrapper]
    first, *rest = PYTHON.split("\n")
    head = "2026-01-05 10:00:01,123 ERROR [main] a.B: job 5 failed"
    lines = [
        wrap(head),
        wrap(first),
        wrap("GET / 200", 0, "stdout"),
        *map(wrap, rest),
        wrap(head.replace("5 f", "6 f")),
    ]
    found = read(file_of([wrap("2026-01-05 10:00:00,123 INFO [main] a.B: on")] * 3 + lines))
    assert found.column("body") == ["job 5 failed\n" + PYTHON, "job 6 failed"]
