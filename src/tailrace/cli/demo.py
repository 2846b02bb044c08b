"""`tailrace demo`: the main job before your eyes, with made-up logs and real mails."""

from __future__ import annotations

import email
import shutil
import sys
import threading
from datetime import UTC, datetime, timedelta
from email import policy
from pathlib import Path
from typing import Annotated

import typer

from tailrace.blueprint.plan import Plan
from tailrace.cli.blueprints import plan_of, read_blueprint, sources_of
from tailrace.cli.exits import AskedWronglyError, exit_codes
from tailrace.cli.figures import Figures
from tailrace.cli.progress import Progress
from tailrace.cli.running import stop_on_signals, work_off
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.generating.burst import Burst
from tailrace.logs.generating.files import FileLayout, generate_files
from tailrace.logs.generating.likelihood import Likelihoods
from tailrace.logs.generating.pace import Pace
from tailrace.logs.generating.pieces import Cuts
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.logs.mail.words import count_words
from tailrace.model.errors import TailraceError
from tailrace.runtime.application import Application, Options

_MARK = ".tailrace-demo"
_SPEED = 20.0
_LENGTH = timedelta(minutes=4)
_EVERY = timedelta(seconds=10)
_APPS = ("orders", "billing", "search")
_BURSTS = ("orders: 20s every 2m from 40s x200", "billing: 10s every 3m from 90s x300")
_POLL_SECONDS = 0.05
_LINES_SHOWN = 60


def demo(
    directory: Annotated[Path, typer.Argument(help="Directory for the bucket, the outbox and the database.")] = Path(
        "demo"
    ),
    forever: Annotated[bool, typer.Option("--forever", help="Go on until Ctrl-C.")] = False,
) -> None:
    """See it work, with made-up logs and real mails.

    Three applications write a file every 10 seconds of their time, which goes 20 times as fast as yours; now and then
    one of them has a burst of errors. The packaged blueprint `alerts` reads the files. It ends after some 15 seconds.

    Examples:

    \b
      tailrace demo
      tailrace demo /tmp/demo --forever

    Exit code: 0 done or stopped, 1 a fault in the work, 2 a fault in what was asked.
    """
    with exit_codes():
        _prepare(directory)
        figures, failed = _run(_plan(directory), directory, forever)
        mails = sorted((directory / "outbox").glob("*.eml"))
        _show(directory, figures, mails)
    raise typer.Exit(1 if failed or not (mails or forever) else 0)


def _prepare(directory: Path) -> None:
    """An empty directory with our mark; an earlier demo's is emptied, anything else is left alone."""
    if directory.exists() and not (directory / _MARK).exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise AskedWronglyError(f"{str(directory)!r} holds something else than a demo", hint="name another directory")
    try:
        if directory.exists():
            shutil.rmtree(directory)
        (directory / "bucket").mkdir(parents=True)
        (directory / _MARK).touch()
    except OSError as error:
        raise TailraceError(f"cannot make {str(directory)!r}: {error.strerror}") from None


def _plan(directory: Path) -> Plan:
    text, name = read_blueprint("alerts")
    sets = [f"source.paths={directory / 'bucket'}", f"mailer.outbox={directory / 'outbox'}", "mailer.interval=2s"]
    return plan_of(text, name, sources_of(sets, None))


def _run(plan: Plan, directory: Path, forever: bool) -> tuple[Figures, bool]:
    """Generate and watch side by side; the final figures, and whether anything failed."""
    with SqliteLog(directory / "demo.db") as log, stop_on_signals() as stop:
        application = Application(plan, log, Options())
        writer = _Writer(directory / "bucket", forever)
        with Progress(application, log) as progress, application:
            writer.start()
            while writer.is_alive() and not stop.wait(_POLL_SECONDS) and not application.failed():
                progress.tick()
            writer.stop()
            if not stop.is_set():
                work_off(application, stop, progress)
        return progress.figures(), bool(application.failed()) or writer.fault is not None


class _Writer(threading.Thread):
    """Drops files into the bucket, as a scheduled job would."""

    def __init__(self, bucket: Path, forever: bool) -> None:
        super().__init__(name="generator", daemon=True)
        self.fault: TailraceError | None = None
        self._bucket = bucket
        self._ended = threading.Event()
        self._settings = GeneratorSettings(
            apps=_APPS,
            start=(datetime.now(UTC) - _LENGTH).replace(microsecond=0),
            duration=None if forever else _LENGTH,
            likelihoods=Likelihoods(error=0.001, warn=0.02, debug=0.1),
            bursts=tuple(Burst.parse(text) for text in _BURSTS),
            messages="phrases",
            stack_traces=0.3,
        )

    def run(self) -> None:
        try:
            pace = Pace(_SPEED, stop=self._ended)
            generate_files(self._settings, self._bucket, layout=FileLayout(Cuts(interval=_EVERY)), pace=pace)
        except TailraceError as fault:
            self.fault = fault
            typer.echo(f"error: {fault}", err=True)

    def stop(self) -> None:
        """End at the next pause; a file that is not whole is removed."""
        self._ended.set()
        self.join()


def _show(directory: Path, figures: Figures, mails: list[Path]) -> None:
    """The first mail as text, and where everything lies."""
    if mails:
        message = email.message_from_bytes(mails[0].read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        lines = text.rstrip().splitlines()
        typer.echo(f"\nThe first of {len(mails)} mails:\n\n  Subject: {message['Subject']}\n")
        typer.echo("\n".join(f"  {line}".rstrip() for line in lines[:_LINES_SHOWN]))
        if len(lines) > _LINES_SHOWN:
            typer.echo(f"  ... and {len(lines) - _LINES_SHOWN} lines more")
    extent = {"files": figures.files, "lines": figures.lines, "alerts": figures.alerts, "mails": figures.mails}
    typer.echo(f"\n{', '.join(count_words(number, noun) for noun, number in extent.items())}\n")
    for name, what in (
        ("bucket", "the log files"),
        ("outbox", "the mails"),
        ("demo.db", "topics, positions and state"),
    ):
        typer.echo(f"  {directory / name!s:<24} {what}")
    typer.echo(f"\n  Look into it: {_ourselves()} alerts --db {directory / 'demo.db'}")


def _ourselves() -> str:
    """What to type to start this program: its name where the shell finds it, else its path from here."""
    if shutil.which("tailrace"):
        return "tailrace"
    program = Path(sys.argv[0]).absolute()
    return str(program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program)
