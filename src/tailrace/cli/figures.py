"""What an application has done so far, in numbers for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tailrace.blueprint.plan import Plan
from tailrace.logs.ingest import FileIngestor
from tailrace.logs.mail.words import and_words, count_words
from tailrace.logs.stdin import StreamIngestor
from tailrace.model.durations import format_size
from tailrace.runtime.metrics import WorkerMetrics

_FILES: Final = "files"
_SOURCES: Final = {FileIngestor: _FILES, StreamIngestor: "standard input"}
_NAMED: Final = 3


@dataclass
class Figures:
    """The sums of what all workers counted.

    `source` says what logs are read from: `files`, `standard input`, or nothing for another pipeline. `records` are
    those of logs that are sent on in full, `consumed` and `produced` all that went through ports. `files` are those of
    which something was read, and `missed` those that came and went faster than they could be opened.
    """

    source: str = ""
    files: int = 0
    missed: int = 0
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
    def of(cls, plan: Plan, metrics: list[WorkerMetrics]) -> Figures:
        """Add up the figures of the plan's workers."""
        tallies: Counter[str] = Counter()
        for worker in metrics:
            tallies.update(worker.tallies)
        return cls(
            source=_source(plan),
            files=tallies["files"],
            missed=tallies["missed"],
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
    def _read_from(self) -> str:
        return count_words(self.files, "files") if self.source == _FILES else self.source

    @property
    def pace(self) -> int:
        """The number whose growth tells how fast it goes."""
        return self.lines if self.source else self.consumed + self.produced

    def parts(self, speed: float) -> list[str]:
        """The figures of a run that goes on; `speed` is the growth of `pace` a second."""
        if not self.source:
            return [f"{count_words(self.produced, 'records')} out ({speed:,.0f}/s)", f"{self.consumed:,} in"]
        return [
            self._read_from,
            f"{count_words(self.lines, 'lines')} ({speed:,.0f}/s)",
            format_size(self.bytes),
            count_words(self.records, "records"),
            count_words(self.windows, "windows"),
            count_words(self.alerts, "alerts"),
            count_words(self.mails, "mails"),
        ]

    def summary(self, still_open: Sequence[str] = ()) -> str:
        """What came of a run that has ended; `still_open` says what incidents have not."""
        parts = [f"{count_words(self.produced, 'records')} produced, {self.consumed:,} consumed"]
        if self.source:
            parts = [
                f"{self._read_from}, {count_words(self.lines, 'lines')} ({format_size(self.bytes)})",
                f"{count_words(self.records, 'records')} of WARN and worse",
                f"{count_words(self.alerts, 'alerts')}, {count_words(self.mails, 'mails')}",
            ]
        if still_open:
            named = [*still_open[:_NAMED], *([f"{len(still_open) - _NAMED} more"] if still_open[_NAMED:] else [])]
            parts.append(f"{count_words(len(still_open), 'incidents')} still open: {and_words(named)}")
        if self.missed:
            parts.append(f"{count_words(self.missed, 'files')} missed")
        if self.late:
            parts.append(f"{self.late:,} late")
        if self.dead:
            parts.append(count_words(self.dead, "dead letters"))
        return "; ".join(parts)


def _source(plan: Plan) -> str:
    """What the plan's logs are read from."""
    classes = [part.streamlet_class for part in plan.streamlets]
    return next((said for kind, said in _SOURCES.items() if any(issubclass(each, kind) for each in classes)), "")
