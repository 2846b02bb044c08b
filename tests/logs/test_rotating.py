"""Files that are rotated faster than anybody looks: each line comes, also while the process computes, and once."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tailrace.log.contract import Log, TopicPartition
from tailrace.log.memory import MemoryLog
from tailrace.log.sqlite import SqliteLog
from tailrace.runtime.application import Application
from tailrace.testkit.planning import plan_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells by inotify")
HERE = Path(__file__).parent
BLUEPRINT = re.search(r'BLUEPRINT = """(.*?)"""', (HERE / "rotating_reader.py").read_text(), re.DOTALL)[1]
LINES = 10  # in a file, as the writer writes it


def numbers(log: Log) -> Counter[int]:
    """How often each line was read so far."""
    found: Counter[int] = Counter()
    for partition, ends in log.ends("tail.records").items():
        offset = ends.first
        while (part := log.read(TopicPartition("tail.records", partition), offset)) is not None:
            found.update(int(body.split()[1]) for body in part.batch.column("body").to_pylist())
            offset = part.next
    return found


def settled(log: Log, enough: Callable[[Counter[int]], bool], seconds: float) -> Counter[int]:
    """The lines that were read once there are enough, or when for so long nothing more has come."""
    found, since = numbers(log), time.monotonic()
    while not enough(found) and time.monotonic() - since < seconds:
        threading.Event().wait(0.05)
        if (now := numbers(log)) != found:
            found, since = now, time.monotonic()
    return found


def tally(application: Application, name: str) -> int:
    return sum(each.tallies[name] for each in application.metrics())


@contextmanager
def reading(log: Log, place: Path) -> Iterator[Application]:
    """Read what is written to a directory, and open what comes as it comes: so it is when the first file is read."""
    (place / "first.log").write_text("2026-01-05 12:00:00,000 INFO [main] a.B: nothing to tell of\n")
    with Application(plan_of(BLUEPRINT, (), {"source": {"paths": [str(place)]}}), log) as application:
        deadline = time.monotonic() + 20
        while not tally(application, "files"):
            assert time.monotonic() < deadline
            threading.Event().wait(0.02)
        yield application


@contextmanager
def computing() -> Iterator[None]:
    """Keep this process from doing anything else, for most of the time."""
    done = threading.Event()

    def compute() -> None:
        while not done.wait(0.01):
            re.match(r"(a|a)+b", "a" * 19)  # lets no other thread work for about 50 ms

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def write(place: Path, rotations: int, seconds: float, *how: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "rotating_writer.py"), str(place), str(rotations), str(seconds), *how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how", [(), ("pack",)], ids=["deleted", "packed"])
def test_every_line_of_files_that_are_rotated_while_the_process_computes_is_read_or_told_of(tmp_path, how):
    log = MemoryLog()
    with reading(log, tmp_path) as application:
        with computing(), write(tmp_path, 30, 0.03, *how) as writer:
            every = set(range(int(writer.communicate()[0])))
        found = settled(log, lambda found: len(every - found.keys()) <= tally(application, "missed") * LINES, 10)
        assert max(found.values()) == 1
        assert found.keys() <= every
        assert len(every - found.keys()) <= tally(application, "missed") * LINES  # none, if there is time for anybody


def test_a_reader_that_is_killed_again_and_again_reads_no_line_twice(tmp_path):
    (place := tmp_path / "logs").mkdir()
    database = tmp_path / "log.db"
    reader = [sys.executable, str(HERE / "rotating_reader.py"), str(database), str(place)]
    with write(place, 10_000, 0.03) as writer:
        for _ in range(2):
            with subprocess.Popen(reader, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                threading.Event().wait(0.4)
                process.kill()
        writer.kill()
    with SqliteLog(database) as log, reading(log, place):
        found = settled(log, lambda _: False, 1)
    assert max(found.values()) == 1
