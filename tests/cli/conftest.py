"""The command line called within the test's own process, and a database to look into."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tailrace.cli.main import main
from tailrace.log.contract import Step, TopicSpec, WorkerId
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.records import Alert, AlertCause, LogRecord, Volume
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.record import Record

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""When the first records were appended; those of each further topic's second half a minute later."""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@pytest.fixture
def tailrace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Calls a command in this process."""
    for name in ("NO_COLOR", "TAILRACE_HOME", "TAILRACE_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["tailrace", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return call


@pytest.fixture
def process() -> Callable[..., "subprocess.Popen[str]"]:
    """Starts a command in a process of its own, with both streams in pipes."""

    def start(*arguments: object, **options: Any) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tailrace.cli.main", *map(str, arguments)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", **options
        )

    return start


class Database:
    """A database in the making, as an application called `shop` would leave it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = SqliteLog(path)
        self._feeder = self._log.open_worker(WorkerId("feeder"), [])

    def append(
        self, topic: str, records: Iterable[Record], *, at: datetime = NOON, partition: int = 0, partitions: int = 1
    ) -> None:
        """Append records of one type to a topic, which is made if need be."""
        rows = list(records)
        self.create(topic, type(rows[0]), partitions)
        self._feeder.commit(Step(outputs=[(topic, partition, Batch.of(type(rows[0]), rows).arrow)]), at)

    def create(self, topic: str, record_type: type[Record], partitions: int = 1) -> None:
        """Make a topic."""
        spec = TopicSpec(topic, partitions, record_type.arrow_schema(), record_type.schema_fingerprint())
        self._log.create_topics([spec])

    @property
    def log(self) -> SqliteLog:
        """The log, held open as by a running application."""
        return self._log

    def close(self) -> None:
        """Let go of the database."""
        self._log.close()


@pytest.fixture
def make_database(tmp_path: Path) -> Iterable[Callable[[str], Database]]:
    """Makes databases that stay open, as if their application were running, until the test ends."""
    made: list[Database] = []

    def make(name: str = "shop.db") -> Database:
        made.append(Database(tmp_path / name))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def database(make_database: Callable[..., Database]) -> Database:
    """Six records in two halves a minute apart, their volumes, a dead letter."""
    made = make_database()
    made.append("shop.records", [log_record("orders", NOON, "ERROR", "disk full"), log_record("orders", NOON, "WARN")])
    later = NOON + timedelta(minutes=1)
    made.append(
        "shop.records", [log_record(app, later, "ERROR") for app in ("orders", "billing", "orders", "orders")], at=later
    )
    made.append("shop.volumes", [volume("orders", NOON, "ERROR", 1), volume("orders", NOON, "WARN", 1)])
    made.append("shop.volumes", [volume("orders", later, "ERROR", 3), volume("billing", later, "ERROR", 1)], at=later)
    made.append("shop.ingest.dead", [dead_letter()])
    made.create("shop.alerter.dead", DeadLetter)
    return made


def log_record(app: str, time: datetime, level: str, body: str = "it went wrong") -> LogRecord:
    return LogRecord(
        app=app,
        time=time,
        observed=time,
        severity={"WARN": 13, "ERROR": 17}[level],
        level=level,
        body=body,
        fingerprint=f"f-{body}",
        template=body,
        uri="/var/log/shop.log",
        line=7,
        offset=100,
    )


def volume(app: str, time: datetime, level: str, lines: int) -> Volume:
    return Volume(app=app, time=time, level=level, lines=lines, bytes=100 * lines)


def dead_letter(payload: bytes = b'{"uri": "/var/log/x\\u001b[2J.log"}') -> DeadLetter:
    return DeadLetter("ingest", "notifications", "shop.notifications", 0, 41, "no such file", "OSError", payload, NOON)


@pytest.fixture
def records() -> Any:
    """Makers of records: `log_record`, `volume`, `dead_letter`, `alert`."""

    class Makers:
        noon = NOON
        log_record = staticmethod(log_record)
        volume = staticmethod(volume)
        dead_letter = staticmethod(dead_letter)
        alert = staticmethod(alert)

    return Makers


def alert(
    name: str,
    state: str = "open",
    *,
    at: datetime = NOON,
    opened: datetime = NOON,
    app: str = "orders",
    errors: int = 12,
    sample: str = "boom",
) -> Alert:
    """An event of the incident `name`."""
    cause = AlertCause("f1", "boom at <n>", "ERROR", errors, NOON, at, sample, "/var/log/orders.log", 3)
    return Alert(
        id=name,
        app=app,
        rule="errors > 10 in 30s",
        state=state,
        opened=opened,
        at=at,
        window_start=NOON - timedelta(seconds=25),
        window_end=NOON + timedelta(seconds=5),
        value=float(errors),
        lines=1234,
        errors=errors,
        warnings=1,
        causes=[cause] if state != "resolved" else [],
    )
