"""`kill -9` at random moments loses nothing and counts nothing twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tailrace.log.contract import TopicPartition, WorkerId
from tailrace.log.sqlite import SqliteLog

CHILD = Path(__file__).parent / "killed_process.py"
COUNT = 50_000
KILLS = 6  # of up to 0.3 s each, where an undisturbed run takes more than 2 s


def begin(directory: Path) -> subprocess.Popen[str]:
    """Start the process, and wait until its workers are at work."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), str(directory), str(COUNT)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    return child


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a process leaves that was killed again and again, and then ran to its end."""
    directory = tmp_path_factory.mktemp("killed")
    dice = random.Random(22)
    for _ in range(KILLS):
        with begin(directory) as child:
            time.sleep(dice.uniform(0.01, 0.3))  # the moment to kill at, not a wait for anything
            assert child.poll() is None, "it was done before it was killed often enough"
            child.send_signal(signal.SIGKILL)
    with begin(directory) as child:
        assert child.wait(60) == 0
    return directory


def records(directory: Path, topic: str) -> list[int]:
    found: list[int] = []
    with SqliteLog.open_reader(directory / "log.db") as log:
        for partition, ends in log.ends(topic).items():
            offset = ends.first
            while (part := log.read(TopicPartition(topic, partition), offset)) is not None:
                found += part.batch.column("n").to_pylist()
                offset = part.next
    return found


def test_an_ingress_gives_each_record_once(killed: Path) -> None:
    assert sorted(records(killed, "killed.events")) == list(range(COUNT))


def test_a_processor_gives_each_record_once(killed: Path) -> None:
    assert sorted(records(killed, "killed.doubled")) == list(range(0, 2 * COUNT, 2))


def test_state_counts_each_record_once(killed: Path) -> None:
    with SqliteLog.open_reader(killed / "log.db") as log:
        assert log.state(WorkerId("double"))["seen"] == str(COUNT).encode()


def test_an_egress_has_what_an_undisturbed_run_would_give(killed: Path) -> None:
    counts: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for n in range(COUNT):
        name = f"{'abc'[n % 3]}-{n // 600_000:02}{n // 60_000 % 60:02}{n // 10_000 % 6 * 10:02}"
        counts[name] += 1
        totals[name] += 2 * n

    found = {file.name: file.read_text() for file in (killed / "files").iterdir() if not file.suffix}
    assert found == {name: f"{counts[name]} {totals[name]}" for name in counts}
