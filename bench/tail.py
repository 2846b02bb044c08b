"""How fast files are followed: packed ones beside `gzip -dc`, ten thousand at once, and a line's way to a record.

usage: python bench/tail.py [MEGABYTES] [--files N]

Everything runs in one process and in memory, with the source and the ingestor of the log-alert application; times are
wall-clock seconds, processor seconds in brackets. `gzip -dc` runs right after the reading of the same file, so that
whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from parse import made

from tailrace.blueprint.plan import Plan
from tailrace.log.memory import MemoryLog
from tailrace.runtime.application import Application, Options
from tailrace.testkit.kit import Testkit
from tailrace.testkit.planning import plan_of

BLUEPRINT = """
app: tail
streamlets:
  source: tailrace.logs.source.DirectorySource
  ingest: tailrace.logs.ingest.FileIngestor
topics:
  notifications: {producers: [source.notifications], consumers: [ingest.notifications]}
  records: {producers: [ingest.records]}
  volumes: {producers: [ingest.volumes]}
"""
LINE = "2026-01-05 10:00:00,000 ERROR [main] bench.Tail: number {}\n"
PATIENCE_SECONDS = 30.0


def main() -> None:
    """Print one line per question."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("megabytes", nargs="?", type=int, default=192)
    options.add_argument("--files", type=int, default=10_000)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        packed(Path(folder) / "packed", asked.megabytes)
        many(Path(folder) / "many", asked.files)
        latency(Path(folder) / "live")


def kit_for(paths: Path, *, exhaust: bool) -> Testkit:
    return Testkit.from_blueprint(
        BLUEPRINT, settings={"source": {"paths": [str(paths)]}}, exhaust=exhaust, now=datetime.now(UTC)
    )


def taken(work: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and processor seconds."""
    began, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - used


def packed(folder: Path, megabytes: int) -> None:
    """Read a plain file and the same packed, in turns with gzip."""
    folder.mkdir()
    data = made("log4j", megabytes)
    (folder / "plain.log").write_bytes(data)
    (folder / "packed.log.gz").write_bytes(gzip.compress(data, 6))
    runs: dict[str, list[tuple[float, float]]] = {"plain": [], "gzip": [], "gzip -dc": []}
    command = ["gzip", "-dc", str(folder / "packed.log.gz")]
    for _ in range(3):
        runs["plain"].append(taken(lambda: kit_for(folder / "plain.log", exhaust=True).run()))
        runs["gzip"].append(taken(lambda: kit_for(folder / "packed.log.gz", exhaust=True).run()))
        runs["gzip -dc"].append(taken(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)))
    size = len(data) / 1e6
    print(f"{size:.0f} MB of log4j lines, MB/s of unpacked bytes, median of 3")
    for name, times in runs.items():
        wall, used = (median(each[part] for each in times) for part in (0, 1))
        print(f"  {name:10} {size / wall:6.0f}   {wall:.2f} s ({used:.2f})")


def many(folder: Path, files: int) -> None:
    """Find that many files, look at them again, and read a line of each."""
    for number in range(100):
        (folder / str(number)).mkdir(parents=True)
    for number in range(files):
        (folder / str(number % 100) / f"app{number}.log").touch()
    kit = kit_for(folder, exhaust=False)
    print(f"{files:,} files, all empty at first")
    print("  found and announced     {:.2f} s ({:.2f})".format(*taken(lambda: kit.advance("250ms"))))
    print("  looked at again         {:.2f} s ({:.2f})".format(*taken(lambda: kit.advance("3s"))))
    grown = range(0, files, 10)
    for number in grown:
        (folder / str(number % 100) / f"app{number}.log").write_text("".join(LINE.format(n) for n in range(5)))
    print("  a tenth of them read    {:.2f} s ({:.2f})".format(*taken(lambda: kit.advance("3s"))))
    kit.advance("10s")
    assert len(kit.read("records")) == 5 * len(grown)
    kit.close()


def latency(folder: Path) -> None:
    """Append lines to a file that is followed: how long until the first records are there, and the last."""
    folder.mkdir()
    path = folder / "app.log"
    plan: Plan = plan_of(BLUEPRINT, (), {"source": {"paths": [str(folder)]}})
    log = MemoryLog()
    application = Application(plan, log, Options())
    application.start()
    try:
        new = once(log, path, 0, 5)
        every = [once(log, path, number, 5) for number in range(5, 30, 5)]
    finally:
        application.stop()
    print("seconds from the writing of five lines to the records of the first four, and of the last")
    print("  a new file              {:.2f} and {:.2f}".format(*new))
    print(
        "  a file that is followed {:.2f} and {:.2f}".format(*(median(each[part] for each in every) for part in (0, 1)))
    )


def once(log: MemoryLog, path: Path, begin: int, count: int) -> tuple[float, float]:
    began = time.perf_counter()
    with path.open("a") as file:
        file.write("".join(LINE.format(number) for number in range(begin, begin + count)))
    first = waited(lambda: read(log) >= begin + count - 1, began)
    return first, waited(lambda: read(log) >= begin + count, began)


def read(log: MemoryLog) -> int:
    return sum(ends.next - ends.first for ends in log.ends("tail.records").values())


def waited(condition: Callable[[], bool], began: float) -> float:
    while not condition():
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise TimeoutError("the lines did not come")
        threading.Event().wait(0.005)
    return time.perf_counter() - began


if __name__ == "__main__":
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    main()
