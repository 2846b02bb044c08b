"""What the tests of the whole job share: the command in a process of its own, and what it left behind."""

from __future__ import annotations

import email
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import policy
from pathlib import Path

import pytest

from tailrace.log.contract import TopicPartition
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.records import Alert, LogRecord, Volume
from tailrace.model.batch import Batch

PYTHON = [sys.executable, "-c", "from tailrace.cli.main import main; main()"]


@dataclass
class Place:
    """A directory to work in, with `logs` in it."""

    path: Path
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def start(self, *arguments: str, by: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Start the command, by another command if one is given."""
        process = subprocess.Popen(
            [*by, *PYTHON, *arguments],
            cwd=self.path,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def mails(self, outbox: str = "outbox") -> list[email.message.EmailMessage]:
        """The mails that lie in the outbox."""
        paths = sorted((self.path / outbox).glob("*.eml"))
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    place.logs.mkdir()
    yield place
    for process in place.processes:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Left:
    """What a run left in its database: records by place, lines by app, second and level, and events of incidents."""

    records: Counter[tuple[str, int, str]]
    volumes: Counter[tuple[str, str, str]]
    opened: Counter[tuple[str, str]]


@pytest.fixture(scope="session")
def left_in() -> Callable[[Path], Left]:
    """A function that reads what a run left."""

    def read(database: Path) -> Left:
        volumes: Counter[tuple[str, str, str]] = Counter()
        for each in _records(database, "volumes", Volume):
            volumes[each.app, each.time.isoformat(), each.level] += each.lines
        records = Counter((each.uri, each.offset, each.body) for each in _records(database, "records", LogRecord))
        alerts = _records(database, "alerts", Alert)
        return Left(records, volumes, Counter((each.app, each.id) for each in alerts if each.state == "open"))

    return read


def _records(database: Path, topic: str, record_type: type) -> list:
    reader = SqliteLog.open_reader(database)
    try:
        found = []
        (name,) = [each for each in reader.topics() if each.partition(".")[2] == topic]
        for partition, ends in reader.ends(name).items():
            offset = ends.first
            while (part := reader.read(TopicPartition(name, partition), offset)) is not None:
                found.extend(Batch.from_arrow(record_type, part.batch).records())
                offset = part.next
        return found
    finally:
        reader.close()


@pytest.fixture(scope="session")
def wait_for() -> Callable[[Callable[[], object], str], None]:
    """A function that waits until something holds, and fails after half a minute."""

    def wait(condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.02)

    return wait
