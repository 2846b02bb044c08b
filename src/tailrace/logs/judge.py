"""The judge: holds rules against records and volumes, and tells where they are met."""

from __future__ import annotations

from datetime import timedelta

from tailrace.logs.records import Crossing, LogRecord, Volume
from tailrace.logs.rules.bench import Bench
from tailrace.logs.rules.reading import check_texts, parse_rule
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.verdict import Moment
from tailrace.model.batch import Batch
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState
from tailrace.model.streamlet import Streamlet


class Judge(Streamlet):
    """Holds rules against what comes, and emits a crossing whenever one is met, again and again while it is.

    A rule that is new to a running application holds from then on, not for what was seen before.
    """

    records = Inlet(LogRecord, doc="records in full, WARN and worse")
    volumes = Inlet(Volume, doc="how many records, by second and level")
    crossings = Outlet(Crossing, key="app")
    rules = Setting(list[str], default=[], check=check_texts, help="rules in short form, such as 'errors > 10 in 30s'")
    lateness = Setting(timedelta, default=timedelta(days=1), help="how far a record may lie behind the latest one")
    kept = KeyedState()

    def on_start(self) -> None:
        """Take the rules, and recall what they know."""
        self._bench = self._seat()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._bench = self._seat()

    def on_batch(self, records: Batch[LogRecord], volumes: Batch[Volume]) -> Emits:
        """Hold every rule against the batch."""
        moment = Moment(self.context.now, self.context.exhaust)
        told = self._bench.take(records.frame, volumes.frame, moment)
        if told:
            yield self.crossings(told)

    def _seat(self) -> Bench:
        return Bench(self._rules(), self.kept, self.lateness)

    def _rules(self) -> list[Rule]:
        return [parse_rule(text) for text in self.rules]
