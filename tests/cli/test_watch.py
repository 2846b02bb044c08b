"""The watch command: logs in; alerts, mails and faults in plain words out."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "tailrace.cli.main", "watch"]
RULE = ("--rule", "errors >= 3 in 10s")
ERRORS = "".join(f"2026-01-05 12:00:0{n},000 ERROR [m] a.B: boom\n" for n in range(4)).encode()


def watch(place: Path, *arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=place, input=stdin or b"", capture_output=True, timeout=60, check=False
    )
    return subprocess.CompletedProcess(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "app.log").write_bytes(ERRORS)
    return tmp_path


@pytest.fixture
def following(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*COMMAND, "app.log", "late-*.log", *RULE], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    patience = threading.Timer(40, process.kill)  # nobody waits for ever for a line that does not come
    patience.start()
    yield process
    patience.cancel()
    process.kill()
    process.communicate()


def until(process: subprocess.Popen[bytes], text: str) -> list[str]:
    """Lines of output up to one that holds the text."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line.decode())
        if text in lines[-1]:
            return lines
    raise AssertionError(f"no {text!r} in {lines}")


def test_an_alert_is_a_line_with_its_worst_cause_and_the_place_of_its_mail(place):
    done = watch(place, "app.log", "--once", *RULE)
    assert done.returncode == 0
    (mail,) = (place / "outbox").glob("*.eml")
    assert done.stdout == (
        "2026-01-05 12:00:02 OPEN app 4 errors, 0 warnings (errors >= 3 in 10s)\n"
        "  4x ERROR boom\n"
        f"  mail in outbox/{mail.name}\n"
    )
    assert done.stderr == (
        "1 file, 4 lines (176 B); 4 records of WARN and worse; 1 alert, 1 mail; "
        "1 incident still open: app (errors >= 3 in 10s)\n"
    )


def test_json_is_the_figures_and_nothing_else(place):
    done = watch(place, "app.log", "--once", "--json", *RULE)
    found = json.loads(done.stdout)
    assert (found["files"], found["lines"], found["alerts"], found["mails"], found["failed"]) == (1, 4, 1, 1, {})
    (still,) = found["open"]
    assert (still["app"], still["rule"], still["opened"]) == ("app", RULE[1], "2026-01-05T12:00:02+00:00")
    assert done.stderr == ""


def test_what_an_earlier_run_left_open_is_still_told(place):
    watch(place, "app.log", "--once", "--db", "x.db", *RULE)
    again = watch(place, "app.log", "--once", "--db", "x.db", *RULE)
    assert (again.stdout, again.returncode) == ("", 0)
    assert again.stderr.endswith("0 alerts, 0 mails; 1 incident still open: app (errors >= 3 in 10s)\n")


def test_logs_without_a_line_are_logs_all_the_same(place):
    (place / "app.log").write_bytes(b"")
    assert watch(place, "app.log", "--once").stderr == (
        "1 file, 0 lines (0 B); 0 records of WARN and worse; 0 alerts, 0 mails\n"
    )


def test_quiet_says_nothing(place):
    done = watch(place, "app.log", "--once", "--quiet", *RULE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_once_leaves_nothing_behind_but_mails(place):
    watch(place, "app.log", "--once", *RULE)
    assert sorted(each.name for each in place.iterdir()) == ["app.log", "outbox"]


def test_standard_input_is_read_to_its_end(place):
    done = watch(place, "-", "--app", "orders", *RULE, stdin=ERRORS)
    assert "OPEN orders" in done.stdout
    assert done.stderr.startswith("standard input, 4 lines (176 B); 4 records of WARN and worse; 1 alert, 1 mail")
    assert done.returncode == 0


def test_growth_and_new_files_are_followed_until_a_signal(place, following):
    until(following, "OPEN app")
    (place / "late-1.log").write_bytes(ERRORS)
    until(following, "OPEN late")
    with (place / "app.log").open("ab") as file:
        file.write(ERRORS.replace(b"12:00", b"13:00"))
    until(following, "OPEN app")
    following.send_signal(signal.SIGINT)
    assert following.wait(timeout=30) == 0


def test_a_restart_goes_on_where_the_last_run_ended(place):
    first = watch(place, "app.log", "--once", "--db", "x.db", "--json", *RULE)
    assert json.loads(first.stdout)["lines"] == 4
    with (place / "app.log").open("ab") as file:
        file.write(ERRORS.replace(b"12:00", b"13:00"))
    second = watch(place, "app.log", "--once", "--db", "x.db", "--json", *RULE)
    assert json.loads(second.stdout)["lines"] == 4
    assert json.loads(second.stdout)["alerts"] == 1


def test_a_file_that_is_yet_to_come_is_waited_for(place):
    process = subprocess.Popen([*COMMAND, "late.log", *RULE], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    patience = threading.Timer(40, process.kill)
    patience.start()
    assert process.stderr is not None
    assert process.stderr.readline() == b"there is no 'late.log' yet; waiting for it\n"
    (place / "late.log").write_bytes(ERRORS)
    until(process, "OPEN late")
    patience.cancel()
    process.kill()
    process.communicate()


def test_nothing_that_tailrace_writes_itself_is_read(place):
    first = watch(place, ".", "--once", "--json", "--db", "own.db", "--outbox", "sent [1]", *RULE)
    assert json.loads(first.stdout)["mails"] == 1
    second = watch(place, ".", "--once", "--db", "own.db", "--outbox", "sent [1]", "--json", *RULE)
    assert (json.loads(second.stdout)["lines"], second.stderr) == (0, "")


@pytest.mark.parametrize("pattern", ["{app,other}.log", "~/app.log"])
def test_braces_and_a_tilde_mean_what_they_mean_to_a_shell(place, monkeypatch, pattern):
    monkeypatch.setenv("HOME", str(place))
    assert json.loads(watch(place, pattern, "--once", "--json", *RULE).stdout)["lines"] == 4


def test_a_glob_that_matches_nothing_is_told_of(place):
    done = watch(place, "{none,nil}.log", "--once", *RULE)
    assert done.returncode == 0
    assert "nothing matches '{none,nil}.log'" in done.stderr


def test_a_reader_that_has_enough_is_no_fault(place):
    into, out = os.pipe()
    process = subprocess.Popen([*COMMAND, "app.log", "--once", *RULE], cwd=place, stdout=out, stderr=subprocess.PIPE)
    os.close(out)
    os.close(into)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["none.log", "--once"], "there is no file or directory 'none.log'"),
        (["nowhere/none.log"], "there is no file or directory 'nowhere/none.log'"),
        (["app.log", "--formats", "none.yaml"], "the formats in 'none.yaml' cannot be read"),
        (["-", "app.log"], "standard input cannot be watched together with files"),
        (["app.log", "--rule", "errors > 10"], "the rule 'errors > 10' has no window"),
        (["app.log", "--to", "nobody"], "'nobody' has no '@'"),
        (["app.log", "--smtp", "smtp://localhost"], "nobody to send to"),
        (["app.log", "--smtp", "http://x", "--to", "a@b.de"], "http://, which is not known"),
        (["app.log", "--zone", "Mars/Olympus"], "'Mars/Olympus' is no time zone"),
        (["app.log", "--app", "("], "the pattern '(' for the app's name is none: missing )"),
        (["app.log", "--app", "(a)(b)"], "has 2 groups, and none is named"),
        ([], "missing argument"),
    ],
)
def test_a_fault_in_what_was_asked_is_a_sentence_and_exit_code_two(place, tailrace, monkeypatch, arguments, said):
    monkeypatch.chdir(place)
    done = tailrace("watch", *arguments)
    assert done.code == 2
    assert said in done.err
    assert "try: " in done.err
    assert not (place / ".tailrace").exists()


def test_a_terminal_gets_a_line_of_figures_and_no_colour_where_none_is_wanted(place):
    import pty

    main, end = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "app.log", "--once", *RULE],
        cwd=place, stdin=end, stdout=end, stderr=end, env={**os.environ, "NO_COLOR": "1", "TERM": "xterm"},
    )  # fmt: skip
    os.close(end)
    patience = threading.Timer(40, process.kill)
    patience.start()
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal that nobody holds any more
        while part := os.read(main, 65536):
            shown += part
    patience.cancel()
    os.close(main)
    assert process.wait(timeout=30) == 0
    assert b"1 file, 4 lines" in shown
    assert "·".encode() in shown
    assert b"\x1b[31m" not in shown
    assert b"\x1b[1;31m" not in shown
