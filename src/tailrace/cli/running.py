"""Running a plan from the command line: signals, progress, the summary, the exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType, MappingProxyType

import typer

from tailrace.blueprint.plan import Plan
from tailrace.cli.databases import read_topic
from tailrace.cli.exits import DONE, FAULT
from tailrace.cli.figures import Figures
from tailrace.cli.incidents import gather
from tailrace.cli.progress import Progress
from tailrace.connect.commands_file import commands_path
from tailrace.log.contract import Log, LogReader
from tailrace.log.memory import MemoryLog
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.desk import Desk
from tailrace.logs.records import Alert
from tailrace.model.batch import Batch
from tailrace.model.show import json_text, visible
from tailrace.runtime.application import Application, Options

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Run:
    """How to run a plan: where its log is (None: in memory), until when, and what to show."""

    database: Path | None
    until_idle: bool = False
    quiet: bool = False
    as_json: bool = False
    metrics_port: int | None = None


def run_plan(plan: Plan, run: Run, options: Options) -> int:
    """Run until told to stop, or until idle; the exit code. Raises TailraceError when it cannot start."""
    plan = with_commands(plan, run.database)
    log: Log = SqliteLog(run.database) if run.database is not None else MemoryLog()
    with log, stop_on_signals() as stop:
        application = Application(plan, log, options)
        with (
            _metrics(application, run.metrics_port),
            Progress(application, log, quiet=run.quiet or run.as_json) as progress,  # before anything can be said
            application,
        ):
            _wait(application, run.until_idle, stop, progress)
            application.stop()
            application.join()
        return _sum_up(application, run, progress.figures(), still_open(plan, log))


def with_commands(plan: Plan, database: Path | None) -> Plan:
    """The plan with desks that read the commands given for its database, unless they have a file of their own."""
    if database is None:
        return plan
    path = str(commands_path(database.absolute()))
    parts = [
        replace(part, settings=MappingProxyType({**part.settings, "path": path}))
        if issubclass(part.streamlet_class, Desk) and not part.settings.get("path")
        else part
        for part in plan.streamlets
    ]
    return replace(plan, streamlets=tuple(parts))


def _wait(application: Application, until_idle: bool, stop: threading.Event, progress: Progress) -> None:
    """Until a signal, a worker that gives up, or (if asked) idleness."""
    if until_idle:
        work_off(application, stop, progress)
        return
    while not stop.wait(_POLL_SECONDS) and not all(worker.ended for worker in application.workers):
        progress.tick()


def work_off(application: Application, stop: threading.Event, progress: Progress) -> None:
    """Wait until all that stands now is worked off, or a signal comes, and show what does."""

    def look() -> None:
        progress.tick()
        if stop.is_set():
            application.stop()

    application.wait_until_idle(_POLL_SECONDS, look)


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """The first Ctrl-C or SIGTERM asks for a stop; a second one ends the process at once."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _metrics(application: Application, port: int | None) -> Iterator[None]:
    if port is None:
        yield
        return
    from tailrace.runtime.prometheus import serve  # with the server that it brings, more than a start need wait for

    server = serve(application.plan.app, application.metrics, port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def still_open(plan: Plan, log: LogReader) -> list[Alert]:
    """The last event of each incident that has not been resolved, the latest incident first."""
    topics = [topic.physical for topic in plan.topics if topic.record_type is Alert]
    batches = (batch for topic in topics for batch in read_topic(log, topic))
    found = gather(alert for batch in batches for alert in Batch.from_arrow(Alert, batch).records())
    return [each.latest for each in found if each.open]


def _sum_up(application: Application, run: Run, figures: Figures, still: Sequence[Alert]) -> int:
    """Say what was done, what incidents have not ended and what failed."""
    failed = application.failed()
    if run.as_json:
        faults = {each.worker: each.fault.sentence if each.fault else each.state.value for each in failed}
        opened = [
            {"id": each.id, "app": each.app, "rule": each.rule, "opened": each.opened.isoformat()} for each in still
        ]
        typer.echo(json_text({**asdict(figures), "open": opened, "failed": faults}))
    elif not run.quiet:
        named = [visible(f"{each.app or 'all apps'} ({each.name or each.rule})") for each in still]
        typer.echo(figures.summary(named), err=True)
    for each in failed:
        why = f": {each.fault.sentence}" if each.fault else ""
        typer.echo(f"error: {each.worker} {each.state.value}{why}", err=True)
        if each.fault and each.fault.hint:
            typer.echo(f"  try: {each.fault.hint}", err=True)
    return FAULT if failed else DONE
