"""A whole application in a process of its own, to be killed. Not a test: see test_kill.py.

    killed_process.py DIRECTORY COUNT

counts to COUNT through an ingress, a processor with state, a windowed aggregate and an egress that writes files, with
its log in DIRECTORY. It prints a line when it has begun, and ends when all is done.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

from tailrace.log.sqlite import SqliteLog
from tailrace.model.batch import Batch
from tailrace.model.fields import EventTime
from tailrace.model.ports import CHECKPOINT, Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, Volume, timer
from tailrace.runtime.application import Application, Options
from tailrace.testkit.planning import plan_of

BLUEPRINT = """
app: killed
streamlets:
  count: Count
  double: Double
  windows: {aggregate: {inlet: Event, window: 10s, lateness: 1h, by: [key], measures: {n: count(), total: sum(n)}}}
  files: {class: Files, volumes: {directory: files}}
topics:
  events: {producers: [count.out], consumers: [double.in], partitions: 2}
  doubled: {producers: [double.out], consumers: [windows.in]}
  rows: {producers: [windows.out], consumers: [files.in]}
"""
START = datetime(2026, 11, 22, tzinfo=UTC)
KEYS = "abc"


class Event(Record):
    """A number, of one of three keys."""

    n: int
    key: str
    at: EventTime


class Count(Streamlet):
    """Counts up, and knows how far it is."""

    out = Outlet(Event, key="key")
    upto = Setting(int)
    at = State(int, default=0)

    def pending(self) -> bool:
        """Until it is done."""
        return self.at < self.upto

    @timer("2ms")
    def count(self) -> Emits:
        """Give fifty numbers, and take some time for it, so that there is time to be killed."""
        if self.pending():
            sleep(0.002)
            numbers = range(self.at, min(self.at + 50, self.upto))
            yield self.out([Event(n=n, key=KEYS[n % 3], at=START + timedelta(milliseconds=n)) for n in numbers])
            self.at = numbers.stop


class Double(Streamlet):
    """Doubles numbers in two pieces, and counts them. What it has done of a batch, it knows by the numbers."""

    inlet = Inlet(Event, name="in")
    out = Outlet(Event)
    seen = State(int, default=0)
    done = State(dict[str, int], factory=dict)

    def on_batch(self, inlet: Batch[Event]) -> Emits:
        """Double each number."""
        for half in (inlet.slice(0, len(inlet) // 2), inlet.slice(len(inlet) // 2, len(inlet))):
            fresh = [each for each in half.records() if each.n > self.done.get(each.key, -1)]
            yield self.out([Event(n=2 * each.n, key=each.key, at=each.at) for each in fresh])
            self.seen += len(fresh)
            self.done.update({each.key: each.n for each in fresh})
            yield CHECKPOINT


class Files(Streamlet):
    """Keeps the last row of each window and key in a file of its own: writing it again does no harm."""

    inlet = Inlet(Record, name="in")
    directory = Volume()

    def on_start(self) -> None:
        """Have a place."""
        self.directory.mkdir(exist_ok=True)

    def on_batch(self, inlet: Batch[Any]) -> None:
        """Write the last row of each window."""
        latest = inlet.frame.unique(["key", "window_start"], keep="last")
        for row in latest.iter_rows(named=True):
            file = self.directory / f"{row['key']}-{row['window_start']:%H%M%S}"
            new = file.with_suffix(".new")
            new.write_text(f"{row['n']} {row['total']}")
            new.replace(file)


def main() -> int:
    """Run until idle."""
    directory, count = Path(sys.argv[1]), int(sys.argv[2])
    plan = plan_of(BLUEPRINT, [Count, Double, Files], {"count": {"upto": count}})
    with SqliteLog(directory / "log.db") as log, Application(plan, log, Options(base=directory)) as application:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        return 0 if application.wait_until_idle() else 1


if __name__ == "__main__":
    sys.exit(main())
