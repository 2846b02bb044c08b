"""Bad input gives a sentence or a dead letter; nothing else is lost, and the job goes on or says why it stopped."""

from __future__ import annotations

import json
import os
import resource
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

RULE = ("--rule", "errors >= 3 in 10s")

# A process counts the memory of the one that it was forked from as its own; so a small one is put in between.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def figures(done) -> dict[str, int]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def write_errors(path: Path, count: int = 3, **how: str) -> None:
    end = how.get("end", "\n")
    path.write_bytes("".join(f"2026-01-05 12:00:0{n},000 ERROR [m] a.B: boom{end}" for n in range(count)).encode())


ODD = {
    "not-utf8": b"caf\xe9 \xfa\xfe binary\n" * 50,
    "nul": b"\0" * 5000 + b"\n",
    "empty": b"",
    "newlines": b"\n" * 1000,
    "no-newline": b"x" * 10,
    "crlf": b"hello\r\n" * 10,
    "returns": b"a\rb\r" * 100,
}


def test_odd_files_do_no_harm_to_others(place):
    for name, data in ODD.items():
        (place.logs / f"{name}.log").write_bytes(data)
    write_errors(place.logs / "good.log", end="\r\n")
    found = figures(place.run("watch", "logs", "--once", "--json", *RULE))
    assert (found["alerts"], found["mails"], found["dead"], found["failed"]) == (1, 1, 0, {})
    read = sum(len(data.lstrip(b"\0")) for data in ODD.values())  # zeros at a file's start are what a rotation left
    assert found["bytes"] == read + (place.logs / "good.log").stat().st_size


def test_a_line_of_a_hundred_megabytes_passes_in_bounded_memory(place):
    with (place.logs / "long.log").open("wb") as file:
        file.write(b"2026-01-05 12:00:00,000 ERROR [m] a.B: ")
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write(b"\n")
    write_errors(place.logs / "good.log")
    process = place.start("watch", "logs", "--once", "--json", *RULE, by=(sys.executable, "-c", MEASURED))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    found = json.loads(out)
    assert (found["lines"], found["records"], found["alerts"]) == (4, 4, 1)
    assert int(err.splitlines()[-1]) * 1024 < 400_000_000


def test_files_of_odd_names_are_read(place):
    for name in (b"with space.log", b"new\nline.log", "größe-✓.log".encode(), b"bad\xff.log", b"[red].log"):
        path = os.path.join(os.fsencode(place.logs), name)  # noqa: PTH118
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(b"2026-01-05 12:00:00,000 ERROR [m] a.B: [red]boom[/red] [/] \x1b[31m\n" * 3)
    done = place.run("watch", "logs", "--once", *RULE)
    assert done.returncode == 0, done.stderr
    assert "5 alerts" in done.stderr
    assert "OPEN [red] 3 errors" in done.stdout
    assert "ERROR [red]boom[/red] [/]\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_directory_that_cannot_be_looked_into_is_told_and_the_others_are_read(place):
    (place.logs / "loop").symlink_to("loop")
    write_errors(place.logs / "good.log")
    done = place.run("watch", "logs", "--once", *RULE)
    assert done.returncode == 0
    assert f"warning: cannot read {place.logs / 'loop'}: Too many levels of symbolic links" in done.stderr
    assert "OPEN good 3 errors" in done.stdout


def test_a_full_disk_is_told_and_waited_for_and_nothing_is_lost(place, wait_for, left_in):
    """The size of files is bounded as a full disk would: the database cannot grow, until the bound is lifted."""
    for n in range(40):
        write_errors(place.logs / f"app{n}.log", 10)
    bounded = ("bash", "-c", 'trap \'\' XFSZ; ulimit -S -f 600; exec "$0" "$@"')
    process = place.start("watch", "logs", "--db", "x.db", *RULE, by=bounded)
    said: list[str] = []
    while not any("x.db" in each for each in said):
        said.append(process.stderr.readline())
        assert said[-1], f"it ended with {process.wait()}: {said}"
    assert "next try in" in said[-1]
    assert process.poll() is None
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: sum(left_in(place.path / "x.db").opened.values()) == 40, "all alerts")
    wait_for(lambda: sum(left_in(place.path / "x.db").volumes.values()) == 400, "the last record of each file")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    left = left_in(place.path / "x.db")
    assert sum(left.volumes.values()) == 400
    assert set(left.opened.values()) == {1}


def test_a_second_process_on_the_database_is_told_who_holds_it(place, wait_for):
    write_errors(place.logs / "good.log")
    first = place.start("watch", "logs", "--db", "x.db", *RULE)
    wait_for(lambda: (place.path / "x.db").exists() and list(place.path.glob("outbox/*.eml")), "the first to run")
    second = place.run("watch", "logs", "--db", "x.db", *RULE)
    assert second.returncode == 1
    assert f"is in use by process {first.pid}" in second.stderr
    assert first.poll() is None


def test_a_database_of_a_newer_version_is_refused_in_a_sentence(place):
    write_errors(place.logs / "good.log")
    assert place.run("watch", "logs", "--once", "--db", "x.db").returncode == 0
    with sqlite3.connect(place.path / "x.db") as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + 1}")
    connection.close()
    done = place.run("watch", "logs", "--once", "--db", "x.db")
    assert done.returncode == 1
    assert "has version" in done.stderr
    assert "install a newer Tailrace" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_none_is_refused_in_a_sentence(place):
    write_errors(place.logs / "good.log")
    (place.path / "x.db").write_bytes(b"this is no database, but text" * 100)
    done = place.run("watch", "logs", "--once", "--db", "x.db")
    assert done.returncode == 1
    assert "is no database" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_cleanly(place, wait_for, number, left_in):
    write_errors(place.logs / "good.log")
    process = place.start("watch", "logs", "--db", "x.db", *RULE)
    wait_for(lambda: list(place.path.glob("outbox/*.eml")), "the first mail")
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "1 alert, 1 mail" in err
    assert "Traceback" not in err
    again = place.run("watch", "logs", "--once", "--json", "--db", "x.db", *RULE)
    assert figures(again)["mails"] == 0
