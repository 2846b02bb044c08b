"""What a running application shows: one line of figures on a terminal, alerts as they come."""

from __future__ import annotations

import logging
import re
import sys
from queue import SimpleQueue
from time import monotonic
from typing import Final, Generic, TypeVar

from rich.console import Console
from rich.live import Live
from rich.text import Text

from tailrace.blueprint.plan import Plan
from tailrace.cli.figures import Figures
from tailrace.cli.terminal import fit
from tailrace.log.contract import Log, TopicPartition
from tailrace.logs.mailer import SENT
from tailrace.logs.records import Alert, Stage
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.record import Record
from tailrace.model.show import visible
from tailrace.runtime.application import Application
from tailrace.runtime.lifecycle import WorkerState

R = TypeVar("R", bound=Record)

_MOST_LETTERS: Final = 20
_SAID_AGAIN: Final = 60.0  # seconds
_SAMPLE_WIDTH: Final = 160
_RUNTIME: Final = "tailrace.runtime"
_NUMBER: Final = re.compile(r"\d+")


class Progress:
    """Shows a running application: alerts and mails on standard output as they come, what goes wrong on standard error.

    On a terminal a line of figures is drawn as well, ten times a second.
    """

    def __init__(self, application: Application, log: Log, *, quiet: bool = False) -> None:
        self._application = application
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self._rate = Rate()
        self._live = Live(console=self._errors, refresh_per_second=10, transient=True, get_renderable=self._line)
        self._shown = self._errors.is_terminal and not quiet
        # Where both streams are the terminal, the line of figures has to make way for what is printed.
        self._out = self._errors if self._shown and sys.stdout.isatty() else Output(highlight=False, soft_wrap=True)
        self._alerts = News(log, application.plan, Alert)
        self._letters = News(log, application.plan, DeadLetter)
        self._notes = Notes(self._errors)
        self._quiet = quiet
        self._set_aside = 0

    def __enter__(self) -> Progress:
        self._notes.attach()
        if self._shown:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.tick()
        finally:
            if self._shown:
                self._live.stop()
            self._notes.detach()

    def tick(self) -> None:
        """Print what has come since the last look."""
        mails = self._notes.mails()  # taken before the alerts that they tell of, so that these are printed first
        for letter in self._letters.fetch():
            self._set_aside += 1
            if self._set_aside <= _MOST_LETTERS:
                self._errors.print(letter_line(letter), soft_wrap=True)
        lines = [*map(alert_line, self._alerts.fetch()), *(Text(f"  {visible(mail)}", style="dim") for mail in mails)]
        for line in lines if not self._quiet else ():
            self._out.print(line, soft_wrap=True)

    def figures(self) -> Figures:
        """The figures as they stand."""
        return Figures.of(self._application.plan, self._application.metrics())

    def _line(self) -> Text:
        figures = self.figures()
        line = Text(
            " · ".join(figures.parts(self._rate.of(figures.pace))), style="dim", overflow="ellipsis", no_wrap=True
        )
        for health in self._application.health():
            if health.state in (WorkerState.BACKING_OFF, WorkerState.FAILED) and health.fault is not None:
                line.append(f"\n{health.worker} {health.state.value}: {visible(health.fault.sentence)}", style="red")
        return line


class Output(Console):
    """Standard output, of which the reader may have had enough."""

    def on_broken_pipe(self) -> None:
        """Leave it to the command how it ends."""
        raise BrokenPipeError


class Notes(logging.Handler):
    """Prints what streamlets and workers log, on standard error; keeps what is said of mails for who asks.

    What is said again and again, but for its numbers, is printed once a minute.
    """

    def __init__(self, errors: Console) -> None:
        super().__init__(logging.INFO)
        self._errors = errors
        self._mails: SimpleQueue[str] = SimpleQueue()
        self._said: dict[str, float] = {}
        self._level = logging.NOTSET

    def attach(self) -> None:
        """Begin to print."""
        logger = logging.getLogger("tailrace")
        self._level = logger.level
        logger.setLevel(logging.INFO)
        logger.addHandler(self)

    def detach(self) -> None:
        """Print no more."""
        logger = logging.getLogger("tailrace")
        logger.removeHandler(self)
        logger.setLevel(self._level)

    def mails(self) -> list[str]:
        """Where mails went since the last call."""
        return [self._mails.get() for _ in range(self._mails.qsize())]

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, if it is news."""
        try:
            if record.name == SENT:
                self._mails.put(record.getMessage())
            elif record.levelno >= logging.WARNING or record.name != _RUNTIME:
                self._say(record)
        except Exception:
            self.handleError(record)

    def _say(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.levelno >= logging.WARNING and self._repeated(message):
            return
        style = {logging.WARNING: "yellow", logging.ERROR: "red"}.get(record.levelno, "")
        text = Text(f"{record.levelname.lower()}: ", style=style)
        text.append(visible(message), style="default")
        self._errors.print(text, soft_wrap=True)
        if record.exc_info:
            self._errors.print(Text(logging.Formatter().formatException(record.exc_info), style="dim"), soft_wrap=True)

    def _repeated(self, message: str) -> bool:
        now, gist = monotonic(), _NUMBER.sub("#", message)
        self._said = {each: at for each, at in self._said.items() if now - at < _SAID_AGAIN}
        return self._said.setdefault(gist, now) != now


class Rate:
    """A number's growth a second, over the last second or so."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = []

    def of(self, value: int) -> float:
        """Note the value, and tell its growth."""
        now = monotonic()
        self._seen = [(at, was) for at, was in self._seen if now - at < 1.5] + [(now, value)]
        (first, start), (last, end) = self._seen[0], self._seen[-1]
        return (end - start) / (last - first) if last > first else 0.0


class News(Generic[R]):
    """Reads the records of one type from a running application's topics as they are committed, from now on."""

    def __init__(self, log: Log, plan: Plan, record_type: type[R]) -> None:
        self._log = log
        self._record_type = record_type
        self._next: dict[TopicPartition, int] = {}
        for topic in plan.topics:
            if topic.record_type is record_type:
                ends = log.ends(topic.physical)
                self._next |= {TopicPartition(topic.physical, p): end.next for p, end in ends.items()}

    def fetch(self) -> list[R]:
        """The records since the last call."""
        found: list[R] = []
        for place, offset in self._next.items():
            part = self._log.read(place, offset)
            if part is not None:
                self._next[place] = part.next
                found.extend(Batch.from_arrow(self._record_type, part.batch).records())
        return found


_STYLES: Final = {
    "open": ("OPEN", "bold red"),
    "update": ("MORE", "yellow"),
    "repeat": ("STILL", "yellow"),
    "resolved": ("DONE", "green"),
}


def alert_line(alert: Alert) -> Text:
    """One line on an alert: when, what, where, by which rule; of one that opens, the worst cause below it."""
    word, style = _STYLES.get(alert.state, (alert.state.upper(), ""))
    line = Text()
    line.append(f"{alert.at:%Y-%m-%d %H:%M:%S} ", style="dim")
    line.append(f"{word} ", style=style)
    line.append(visible(alert.app or "all apps"), style="bold")
    counts = f"{_counted(alert.errors, 'error')}, {_counted(alert.warnings, 'warning')}"
    line.append(f" {counts} ({visible(alert.rule)})")
    if alert.state == Stage.OPEN and alert.causes:
        cause = alert.causes[0]
        sample = visible(next(iter(cause.sample.splitlines()), ""))
        line.append(f"\n  {cause.n}x {cause.level} {fit(sample, _SAMPLE_WIDTH)}", style="dim")
    return line


def letter_line(letter: DeadLetter) -> Text:
    """One line on a record that was set aside: by whom and why, and what it was."""
    line = Text("set aside: ", style="red")
    line.append(f"{letter.streamlet}: {visible(letter.reason)}", style="default")
    payload = visible(letter.payload.decode("utf-8", "replace"))
    line.append(f"\n  {fit(payload, _SAMPLE_WIDTH)}", style="dim")
    return line


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
