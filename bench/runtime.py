"""What the runtime itself costs: steps a second and records a second through three streamlets that do nothing.

    python bench/runtime.py [--seconds 3]

An ingress, a processor with state and an egress, each in its worker's thread, on the sqlite log in a temporary
directory and on the memory log. With one record a batch it is steps that count, with 10,000 it is records.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

from tailrace.log.contract import Log
from tailrace.log.memory import MemoryLog
from tailrace.log.sqlite import SqliteLog
from tailrace.model.batch import Batch
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, timer
from tailrace.runtime.application import Application
from tailrace.testkit.kit import StreamletKit
from tailrace.testkit.planning import plan_of

BLUEPRINT = """
app: bench
streamlets: {door: {class: Door, settings: {size: %d}}, pass: Pass, sink: Sink}
topics:
  a: {producers: [door.out], consumers: [pass.in], retention: 0s}
  b: {producers: [pass.out], consumers: [sink.in], retention: 0s}
"""


class Line(Record):
    """A record of some 60 bytes."""

    n: int
    text: str


class Door(Streamlet):
    """Gives the same batch again and again, as fast as it is asked."""

    out = Outlet(Line)
    size = Setting(int)

    def on_start(self) -> None:
        """Make the batch."""
        self.batch = Batch.of(Line, [Line(n=n, text="x" * 50) for n in range(self.size)])

    def pending(self) -> bool:
        """Always: it never ends."""
        return True

    @timer("1s")
    def give(self) -> Emits:
        """The batch."""
        yield self.out(self.batch)


class Pass(Streamlet):
    """Counts and passes on."""

    inlet = Inlet(Line, name="in")
    out = Outlet(Line)
    seen = State(int, default=0)

    def on_batch(self, inlet: Batch[Line]) -> Emits:
        """Pass on."""
        self.seen += len(inlet)
        yield self.out(inlet)


class Sink(Streamlet):
    """Takes and forgets."""

    inlet = Inlet(Line, name="in")

    def on_batch(self, inlet: Batch[Line]) -> None:
        """Nothing."""


def end_to_end(log: Log, size: int, seconds: float) -> tuple[float, float]:
    """Steps a second of all workers together, and records a second that reach the end."""
    with log, Application(plan_of(BLUEPRINT % size, [Door, Pass, Sink]), log) as application:
        time.sleep(0.3)
        before, began = figures(application), time.perf_counter()
        time.sleep(seconds)
        after, took = figures(application), time.perf_counter() - began
    return (after[0] - before[0]) / took, (after[1] - before[1]) / took


def figures(application: Application) -> tuple[int, int]:
    """Steps so far, and records at the end so far."""
    metrics = application.metrics()
    return sum(each.steps for each in metrics), sum(
        each.records_in["in"] for each in metrics if each.streamlet == "sink"
    )


def one_step(size: int, repeat: int) -> float:
    """Microseconds of one step without threads, on the memory log."""
    kit = StreamletKit(Pass)
    batch = Batch.of(Line, [Line(n=n, text="x" * 50) for n in range(size)])
    stepper, spent = kit.streamlet("streamlet"), 0.0
    for _ in range(repeat):
        kit.send("in", batch)
        began = time.perf_counter()
        stepper.advance(kit.now)
        spent += time.perf_counter() - began
    return spent / repeat * 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}\n")
    print(f"{'log':<8}{'records a batch':>16}{'steps/s':>12}{'records/s':>14}")
    for size in (1, 100, 10_000):
        with tempfile.TemporaryDirectory() as directory:
            for name, log in (("memory", MemoryLog()), ("sqlite", SqliteLog(Path(directory) / "bench.db"))):
                steps, records = end_to_end(log, size, seconds)
                print(f"{name:<8}{size:>16,}{steps:>12,.0f}{records:>14,.0f}")
    print(f"\none step alone: {one_step(1, 3000):.0f} us with 1 record, {one_step(100_000, 30):.0f} us with 100,000")


if __name__ == "__main__":
    main()
