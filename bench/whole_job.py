"""The whole job, from a log file to a mail: its MB/s beside `wc -l` and `grep -c` on the same file, and its latency.

    python bench/whole_job.py [MEGABYTES] [--rounds N] [--directory DIR]

Files in Logback's format are generated, with 6 % of WARN and 1 % of ERROR: one of phrases such as applications write,
one of random text, where no message is like another. In each round the three commands run one after another, so that
whatever else the machine does falls on all of them; ratios are taken within a round. Medians are shown. The job is the
command as users give it, start of Python included: `tailrace watch FILE --once --json`.

Latency is the time from appending three errors to a file that is followed, until the mail about them is in the outbox.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

TAILRACE = [sys.executable, "-m", "tailrace.cli.main"]
BYTES_A_LINE = 131
PATIENCE_SECONDS = 30.0
APPS = ("orders", "billing", "search", "mails", "users")


@dataclass(frozen=True)
class Measured:
    """One run of a command: wall-clock and processor seconds, and what it said."""

    seconds: float
    cpu: float
    output: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megabytes", nargs="?", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", type=Path, help="where to work; else the system's temporary directory")
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(dir=asked.directory) as directory:
        for messages in ("phrases", "random"):
            throughput(Path(directory) / messages, asked.megabytes, asked.rounds, messages)
        start = run([*TAILRACE, "watch", "/dev/null", "--once", "--json"], Path(directory)).seconds
        print(f"\nof tailrace's seconds {start:.2f} are start and end: so long takes no file at all")
        latency(Path(directory))


def machine() -> str:
    """What the figures hold for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    return (
        f"{cores} cores, load {load:.1f}, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def throughput(directory: Path, megabytes: int, rounds: int, messages: str) -> None:
    """Print the table of the three commands."""
    file, lines = generated(directory / "logs", megabytes, messages)
    size = file.stat().st_size / 1e6
    commands = {
        "tailrace watch --once": [*TAILRACE, "watch", str(file), "--once", "--json"],
        "wc -l": ["wc", "-l", str(file)],
        "grep -c -E 'WARN|ERROR'": ["grep", "-c", "-E", "WARN|ERROR", str(file)],
    }
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command, directory))
    job = runs["tailrace watch --once"]
    figures = json.loads(job[-1].output)
    assert figures["lines"] == lines, (figures, lines)
    said = f"{size:.0f} MB of {messages} messages, {lines:,} lines, {figures['records']:,} records kept"
    print(f"\n{said}; median of {rounds} rounds")
    print(f"{'':<26}{'MB/s':>8}{'seconds':>9}{'CPU s':>8}{'times as long':>15}")
    for name, measured in runs.items():
        seconds, cpu = (median(getattr(each, part) for each in measured) for part in ("seconds", "cpu"))
        ratio = median(mine.seconds / other.seconds for mine, other in zip(job, measured, strict=True))
        print(f"{name:<26}{size / seconds:>8.0f}{seconds:>9.2f}{cpu:>8.2f}{ratio:>15.1f}")


def generated(directory: Path, megabytes: int, messages: str) -> tuple[Path, int]:
    """A log file of about that size, and its number of lines."""
    lines = megabytes * 1_000_000 // BYTES_A_LINE
    options = ["--count", str(lines), "--warnings", "0.06", "--errors", "0.01", "--messages", messages]
    subprocess.run([*TAILRACE, "generate", str(directory), *options], check=True, capture_output=True)
    (file,) = directory.glob("*.log")
    return file, lines


def run(command: Sequence[str], directory: Path) -> Measured:
    """Run a command to its end."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Measured(seconds, cpu, done.stdout)


def latency(directory: Path) -> None:
    """Print how long it takes from an error to its mail."""
    logs, outbox = directory / "live", directory / "mails"
    logs.mkdir()
    for app in APPS:
        write(logs / f"{app}.log", "INFO", "ready", times=1)
    rules = directory / "rules.yaml"  # each mail is to be the first: none waits for the one before
    receiver = f"{{type: outbox, directory: {outbox}, interval: 1s}}"
    rules.write_text(f"rules: [errors >= 3 in 10s]\nreceivers: {{bench: {receiver}}}\n", encoding="utf-8")
    watching = subprocess.Popen([*TAILRACE, "watch", str(logs), "--rules", str(rules), "--quiet"], cwd=directory)
    try:
        wait_for(lambda: any(directory.glob(".tailrace/*.db")))
        time.sleep(3.0)  # until everything has started and the first lines are read
        taken = [one_mail(logs / f"{app}.log", outbox) for app in APPS]
    finally:
        watching.send_signal(signal.SIGINT)
        watching.wait(PATIENCE_SECONDS)
    shown = ", ".join(f"{seconds:.2f}" for seconds in sorted(taken))
    print(f"\nfrom an error to its mail: {median(taken):.2f} s (median of {shown})")


def one_mail(log: Path, outbox: Path) -> float:
    """Seconds from three errors in a log to one more mail in the outbox."""
    before = len(list(outbox.glob("*.eml")))
    began = time.perf_counter()
    write(log, "ERROR", "connection refused", times=3)
    wait_for(lambda: len(list(outbox.glob("*.eml"))) > before)
    return time.perf_counter() - began


def write(log: Path, level: str, message: str, times: int) -> None:
    """Append lines that are written now."""
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{now},000 {level} [main] bench.Job: {message}\n" * times)


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    limit = time.perf_counter() + PATIENCE_SECONDS
    while not condition():
        if time.perf_counter() > limit:
            raise TimeoutError("no mail came")
        time.sleep(0.005)


if __name__ == "__main__":
    if shutil.which("wc") is None or shutil.which("grep") is None:
        sys.exit("error: wc and grep are needed, to compare with")
    main()
