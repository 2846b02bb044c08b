"""What a running application shows: one line of figures on a terminal, alerts as they come."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from time import monotonic

from rich.console import Console
from rich.live import Live
from rich.text import Text

from tailrace.log.contract import Log, TopicPartition
from tailrace.logs.records import Alert
from tailrace.model.batch import Batch
from tailrace.model.durations import format_size
from tailrace.runtime.application import Application
from tailrace.runtime.lifecycle import WorkerState
from tailrace.runtime.metrics import WorkerMetrics


@dataclass
class Figures:
    """The sums of what all workers counted; `records` are those sent on in full."""

    files: int = 0
    lines: int = 0
    bytes: int = 0
    records: int = 0
    windows: int = 0
    late: int = 0
    alerts: int = 0
    mails: int = 0
    dead: int = 0

    @classmethod
    def of(cls, metrics: list[WorkerMetrics]) -> Figures:
        """Add up the workers' figures."""
        tallies: Counter[str] = Counter()
        for worker in metrics:
            tallies.update(worker.tallies)
        return cls(
            files=tallies["files"],
            lines=tallies["lines"],
            bytes=tallies["bytes"],
            records=sum(worker.records_out["records"] for worker in metrics),
            windows=sum(worker.records_out["out"] for worker in metrics),
            late=tallies["late"],
            alerts=tallies["alerts"],
            mails=tallies["mails"],
            dead=sum(worker.dead for worker in metrics),
        )


class Progress:
    """Draws the figures, ten times a second on a terminal and not at all elsewhere; on standard error."""

    def __init__(self, application: Application, log: Log, *, quiet: bool = False) -> None:
        self._application = application
        self._console = Console(stderr=True, highlight=False)
        self._rate = Rate()
        self._live = Live(console=self._console, refresh_per_second=10, transient=True, get_renderable=self._line)
        self._shown = self._console.is_terminal and not quiet
        self._news = AlertNews(log, application)
        # Where both streams are the terminal, the line of figures has to make way for what is printed.
        self._out = self._console if self._shown and sys.stdout.isatty() else Console(highlight=False, soft_wrap=True)
        self._quiet = quiet

    def __enter__(self) -> Progress:
        if self._shown:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.tick()
        if self._shown:
            self._live.stop()

    def tick(self) -> None:
        """Print the alerts that have come since the last look."""
        for alert in self._news.fetch():
            if not self._quiet:
                self._out.print(alert_line(alert), soft_wrap=True)

    def figures(self) -> Figures:
        """The figures as they stand."""
        return Figures.of(self._application.metrics())

    def _line(self) -> Text:
        figures = self.figures()
        speed = self._rate.of(figures.lines)
        parts = [
            f"{figures.files:,} files",
            f"{figures.lines:,} lines ({speed:,.0f}/s)",
            format_size(figures.bytes),
            f"{figures.records:,} records",
            f"{figures.windows:,} windows",
            f"{figures.alerts:,} alerts",
            f"{figures.mails:,} mails",
        ]
        line = Text(" · ".join(parts), style="dim", overflow="ellipsis", no_wrap=True)
        for health in self._application.health():
            if health.state in (WorkerState.BACKING_OFF, WorkerState.FAILED) and health.fault is not None:
                line.append(f"\n{health.worker} {health.state.value}: {health.fault.sentence}", style="red")
        return line


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


class AlertNews:
    """Reads the alerts of a running application as they are committed."""

    def __init__(self, log: Log, application: Application) -> None:
        self._log = log
        self._next: dict[TopicPartition, int] = {}
        for topic in application.plan.topics:
            if topic.record_type is Alert:
                ends = log.ends(topic.physical)
                self._next |= {TopicPartition(topic.physical, p): end.next for p, end in ends.items()}

    def fetch(self) -> list[Alert]:
        """The alerts since the last call."""
        found: list[Alert] = []
        for place, offset in self._next.items():
            part = self._log.read(place, offset)
            if part is not None:
                self._next[place] = part.next
                found.extend(Batch.from_arrow(Alert, part.batch).records())
        return found


_STYLES = {"open": ("OPEN", "bold red"), "update": ("MORE", "yellow"), "resolved": ("DONE", "green")}


def alert_line(alert: Alert) -> Text:
    """One line on an alert: when, what, where, by which rule, and the worst cause."""
    word, style = _STYLES.get(alert.state, (alert.state.upper(), ""))
    line = Text()
    line.append(f"{alert.at:%Y-%m-%d %H:%M:%S} ", style="dim")
    line.append(f"{word} ", style=style)
    line.append(visible(alert.app), style="bold")
    line.append(f" {alert.errors} errors, {alert.warnings} warnings ({alert.rule})")
    if alert.state == "open" and alert.causes:
        cause = alert.causes[0]
        line.append(f"\n  {cause.n}x {cause.level} {visible(cause.sample.splitlines()[0][:160])}", style="dim")
    return line


def visible(text: str) -> str:
    """A text from a log with its control characters shown, so that it can do nothing to a terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
