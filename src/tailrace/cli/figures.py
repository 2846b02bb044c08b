"""What an application has done so far, in numbers for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tailrace.logs.mail.words import count_words
from tailrace.model.durations import format_size
from tailrace.runtime.metrics import WorkerMetrics


@dataclass
class Figures:
    """The sums of what all workers counted.

    `records` are those of logs that are sent on in full, `consumed` and `produced` all that went through ports.
    """

    files: int = 0
    lines: int = 0
    bytes: int = 0
    records: int = 0
    windows: int = 0
    late: int = 0
    alerts: int = 0
    mails: int = 0
    dead: int = 0
    consumed: int = 0
    produced: int = 0

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
            consumed=sum(worker.records_in.total() for worker in metrics),
            produced=sum(worker.records_out.total() for worker in metrics),
        )

    @property
    def reads_logs(self) -> bool:
        """Whether log files are read, and not some other pipeline run."""
        return bool(self.files or self.bytes)

    @property
    def pace(self) -> int:
        """The number whose growth tells how fast it goes."""
        return self.lines if self.reads_logs else self.consumed + self.produced

    def parts(self, speed: float) -> list[str]:
        """The figures of a run that goes on; `speed` is the growth of `pace` a second."""
        if not self.reads_logs:
            return [f"{count_words(self.produced, 'records')} out ({speed:,.0f}/s)", f"{self.consumed:,} in"]
        return [
            count_words(self.files, "files"),
            f"{count_words(self.lines, 'lines')} ({speed:,.0f}/s)",
            format_size(self.bytes),
            count_words(self.records, "records"),
            count_words(self.windows, "windows"),
            count_words(self.alerts, "alerts"),
            count_words(self.mails, "mails"),
        ]

    def summary(self) -> str:
        """What came of a run that has ended."""
        parts = [f"{count_words(self.produced, 'records')} produced, {self.consumed:,} consumed"]
        if self.reads_logs:
            parts = [
                f"{count_words(self.files, 'files')}, {count_words(self.lines, 'lines')} ({format_size(self.bytes)})",
                f"{count_words(self.records, 'records')} of WARN and worse",
                f"{count_words(self.alerts, 'alerts')}, {count_words(self.mails, 'mails')}",
            ]
        if self.late:
            parts.append(f"{self.late:,} late")
        if self.dead:
            parts.append(count_words(self.dead, "dead letters"))
        return "; ".join(parts)
