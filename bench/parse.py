"""How fast the reading path is: MB/s and processor time per MB for each format, beside simpler work on the same bytes.

usage: python bench/parse.py [MEGABYTES] [--profile FORMAT] [--giant]

The files are made here, with numpy, from a fixed seed: 7 % of lines are WARN or ERROR, messages are random words with
numbers and now and then a run of random letters and digits. Every figure is the median of five rounds. In each round
the line feeds of the file are counted by numpy, the file is read, and it is read by two processes at once; so whatever
else the machine does falls on all of them, and `/count` is the ratio of reading to counting within a round. `wc -l` and
`grep -c` run once for each round on the same file. Processor time counts every thread. `all cores` is the one file read
as the ingestor reads a large one, by a process for each core, which were started before.

The hostile files are smaller: one that changes its format every 12 lines, errors in JSON of many shapes, lines of one
byte, and one line of 100 MB. `--giant` reads, in chunks that are made as they are read, a line of 1 GB and ten million
errors no two of which are alike, and tells how much memory the process took at most.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import multiprocessing
import os
import pstats
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from mixed_json import mixed_json

from tailrace.connect.hands import Hands
from tailrace.connect.stretch import Stretch
from tailrace.logs.ingesting.abreast import Manners, hands_for_reading, read_abreast
from tailrace.logs.reading.chunk import read_asked, read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.levels import SEVERITIES, WARN
from tailrace.logs.reading.segments import Asked
from tailrace.logs.reading.state import ReaderState

LEVELS = np.array(["INFO", "DEBUG", "WARN", "ERROR"])
SHARES = [0.70, 0.23, 0.06, 0.01]
MIXED = "mixed json"
CHUNK = 16 << 20  # as the ingestor reads
NOW = datetime(2026, 1, 6, tzinfo=UTC)


def columns(lines: int) -> pl.DataFrame:
    """Return the parts that lines of every format are made of, one row per line."""
    rng = np.random.default_rng(7)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", dtype=np.uint8)
    words = np.array([bytes(rng.choice(letters[:26], n)).decode() for n in rng.integers(2, 10, 400)])
    noise = np.array([bytes(rng.choice(letters, n)).decode() for n in rng.integers(12, 45, 20_000)])
    texts = [" ".join(rng.choice(words, n)) for n in rng.integers(3, 10, 2_000)]
    millis = 1_767_600_000_000 + np.cumsum(rng.integers(0, 3, lines))
    frame = pl.DataFrame(
        {
            "millis": millis,
            "level": LEVELS[rng.choice(4, lines, p=SHARES)],
            "thread": rng.integers(1, 40, lines),
            "text": np.array(texts)[rng.integers(0, len(texts), lines)],
            "noise": np.where(rng.random(lines) < 0.07, noise[rng.integers(0, len(noise), lines)], ""),
            "number": rng.integers(0, 1_000_000, lines),
            "status": rng.choice([200, 204, 302, 404, 500], lines, p=[0.6, 0.2, 0.13, 0.06, 0.01]),
        }
    )
    return frame.with_columns(time=pl.from_epoch("millis", time_unit="ms"))


FORMATS = {
    "log4j": pl.format(
        "{} {} [main-{}] org.example.service.Orders: {} {} id {}\n",
        pl.col("time").dt.strftime("%Y-%m-%d %H:%M:%S,%3f"), "level", "thread", "text", "noise", "number",
    ),
    "logback": pl.format(
        "{} [scala-execution-context-global-{}] {} Generation.Parameters$ - {} {} id {}\n",
        pl.col("time").dt.strftime("%H:%M:%S.%3f"), "thread", pl.col("level").str.pad_end(5), "text", "noise", "number",
    ),
    "json": pl.concat_str(
        pl.lit('{"time":"'), pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"), pl.lit('","level":"'), "level",
        pl.lit('","logger":"org.example.Orders","thread":"main-'), "thread", pl.lit('","msg":"'), "text", pl.lit(" "),
        "noise", pl.lit('","id":'), "number", pl.lit("}\n"),
    ),
    "access": pl.format(
        '10.0.{}.7 - - [{}] "GET /orders/{} HTTP/1.1" {} 512 "-" "Mozilla/5.0 (X11; Linux x86_64)"\n',
        "thread", pl.col("time").dt.strftime("%d/%b/%Y:%H:%M:%S +0000"), "number", "status",
    ),
    "free": pl.format("{}: {} {} id {}\n", "level", "text", "noise", "number"),
}  # fmt: skip


def made(form: str, megabytes: int) -> bytes:
    """Return about so many megabytes of lines in a format; beyond 32 MB the same lines come again."""
    text = "".join(lines_of(form, 20_000)).encode()
    lines = int(min(megabytes, 32) * 1e6 / len(text) * 20_000)
    block = "".join(lines_of(form, lines)).encode()
    return block * max(1, round(megabytes * 1e6 / len(block)))


def lines_of(form: str, count: int) -> list[str]:
    """Return so many lines in a format, with their line feeds."""
    if form == MIXED:
        return mixed_json(count)
    return columns(count).select(FORMATS[form].alias("line"))["line"].to_list()


def read(data: bytes, name: str = "bench.log") -> tuple[int, int]:
    """Read a whole file in chunks; return its records kept in full and the lines counted."""
    view = memoryview(data)
    return read_pieces((view[begin : begin + CHUNK] for begin in range(0, len(view), CHUNK)), name)


def read_pieces(pieces: Iterable[bytes | memoryview], name: str = "bench.log") -> tuple[int, int]:
    """Read pieces one after the other; return the records kept in full and the lines counted."""
    state, kept, lines = ReaderState(), 0, 0
    clock = TimeContext(NOW, ZoneInfo("UTC"), name)
    for piece in _and_end(pieces):
        result = read_chunk(state, piece, final=not piece, clock=clock, observed=NOW)
        state, kept, lines = result.state, kept + len(result.records), lines + result.stats.lines
    return kept, lines


def _and_end(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    yield from pieces
    yield b""


def count_feeds(data: bytes) -> int:
    """Count line feeds as simply as numpy can: what is compared stays in the cache."""
    array = np.frombuffer(data, dtype=np.uint8)
    return sum(int(np.count_nonzero(array[at : at + (1 << 18)] == 10)) for at in range(0, len(array), 1 << 18))


def median(run: Callable[[], object], times: int = 5) -> tuple[float, float]:
    """Return the median of the wall-clock seconds of some runs, and of their seconds of processor time."""
    taken, used = [], []
    for _ in range(times):
        begin, before = time.perf_counter(), time.process_time()
        run()
        taken.append(time.perf_counter() - begin)
        used.append(time.process_time() - before)
    return statistics.median(taken), statistics.median(used)


def hostile() -> dict[str, bytes]:
    """Return files that are hard to read fast."""
    parts = columns(24_000)
    lines = {form: parts.select(FORMATS[form].alias("line"))["line"].to_list() for form in FORMATS}
    kinds = ["log4j", "json", "logback", "access"]
    changing = [line for i in range(0, 24_000, 12) for line in lines[kinds[i // 12 % 4]][i : i + 12]]
    rng = np.random.default_rng(7)
    keys, values = list("abcdefghijklmnop"), [1, "text", None, True, 1.5, {"x": 1}, [1, 2]]
    mixed = []
    for i in range(24_000):
        chosen = rng.choice(keys, rng.integers(1, 7), replace=False).tolist()
        more = {key: values[rng.integers(len(values))] for key in chosen}
        mixed.append(json.dumps({"time": "2026-01-05T10:00:00Z", "level": "error", "msg": f"no {i}"} | more) + "\n")
    return {
        "changing": "".join(changing).encode(),
        "shapes": "".join(mixed).encode(),
        "one byte": b"x\n" * 1_000_000,
        "one line": b"2026-01-05 10:00:00 ERROR " + b"y" * 100_000_000,
    }


def read_together(path: Path, hands: Hands | None) -> tuple[int, int]:
    """Do as `read` does for a file on disk, on all cores."""
    asked = Asked(TimeContext(NOW, ZoneInfo("UTC"), path.name), NOW, SEVERITIES[WARN])
    manners = Manners(asked, read_asked, lambda state, chunk: read_asked(chunk, state, asked))
    state, kept, lines = ReaderState(), 0, 0
    with path.open("rb", buffering=0) as file:
        size = path.stat().st_size
        chunks = iter((Stretch(file.fileno(), 0, size),))
        for _, result in read_abreast(state, chunks, manners, hands, left=size):
            state, kept, lines = result.state, kept + len(result.records), lines + result.stats.lines
    last = read_asked(b"", state, asked, final=True)
    return kept + len(last.records), lines + last.stats.lines


class Pair:
    """Two processes that read the same file again and again, each from its own copy, both at once when told."""

    def __init__(self, form: str, megabytes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes = []
        for _ in range(2):
            mine, its = context.Pipe()
            context.Process(target=_read_when_told, args=(form, megabytes, its), daemon=True).start()
            self._pipes.append(mine)
        for pipe in self._pipes:
            pipe.recv()

    def seconds(self) -> float:
        """How long it takes until both have read the file."""
        began = time.perf_counter()
        for pipe in self._pipes:
            pipe.send(True)
        for pipe in self._pipes:
            pipe.recv()
        return time.perf_counter() - began

    def close(self) -> None:
        """Let both go."""
        for pipe in self._pipes:
            pipe.send(False)


def _read_when_told(form: str, megabytes: int, pipe: Connection) -> None:
    data = made(form, megabytes)
    read(data)
    pipe.send(True)
    while pipe.recv():
        read(data)
        pipe.send(True)


def measure(form: str, megabytes: int, folder: Path, hands: Hands | None, rounds: int = 5) -> None:
    """Print the line of one format."""
    data = made(form, megabytes)
    path = folder / f"{form}.log"
    path.write_bytes(data)
    size = len(data) / 1e6
    pair = Pair(form, megabytes)
    assert read(data) == read_together(path, hands)
    took: list[tuple[float, ...]] = []
    for _ in range(rounds):
        counted = median(lambda: count_feeds(data), 1)[0]
        mine, used = median(lambda: read(data), 1)
        two, every = pair.seconds(), median(lambda: read_together(path, hands), 1)[0]
        wc = median(lambda: subprocess.run(["wc", "-l", path], capture_output=True, check=True), 1)[0]
        command = ["grep", "-c", "-E", "WARN|ERROR", str(path)]
        grep = median(lambda command=command: subprocess.run(command, capture_output=True, check=False), 1)[0]
        took.append(
            (
                size / mine,
                used / size * 1e3,
                2 * size / two,
                size / every,
                counted / mine,
                size / counted,
                size / wc,
                size / grep,
            )
        )
    pair.close()
    shown = [statistics.median(column) for column in zip(*took, strict=True)]
    print("{:10} {:5.0f} {:10.0f}".format(form, size, len(data) / data.count(b"\n")), end="")
    print("{:10.0f} {:9.2f} {:9.0f} {:9.0f} {:8.3f} {:8.0f} {:7.0f} {:8.0f}".format(*shown), flush=True)


def giant() -> None:
    """Read what is too large to be made at once."""
    line = (b"2026-01-05 10:00:00,000 ERROR [m] a.B: ", *[b"y" * (1 << 24)] * 60)
    for name, pieces, size in (("1 GB line", iter(line), 60 * 16.78), ("10 million", distinct(10_000_000), 490.0)):
        began = time.perf_counter()
        kept, lines = read_pieces(pieces)
        seconds, most = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name:10} {lines:,} lines, {kept:,} kept, {size / seconds:.0f} MB/s; {most:.0f} MiB at most", flush=True
        )


def distinct(count: int, at_once: int = 200_000) -> Iterator[bytes]:
    """Yield errors no two of which have the same fingerprint."""
    row = np.frombuffer(b"2026-01-05 10:00:00,000 ERROR [m] a.B: xxxxxx broke\n", dtype=np.uint8)
    for first in range(0, count, at_once):
        number = np.arange(first, first + at_once)
        rows = np.tile(row, (at_once, 1))
        for place in range(6):
            rows[:, 39 + place] = 97 + number // 26**place % 26
        yield rows.tobytes()


def main() -> None:
    """Print one line per format."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("megabytes", nargs="?", type=int, default=64)
    options.add_argument("--profile", choices=(*FORMATS, MIXED))
    options.add_argument("--giant", action="store_true")
    asked = options.parse_args()
    if asked.profile:
        data = made(asked.profile, asked.megabytes)
        with cProfile.Profile() as profile:
            read(data)
        pstats.Stats(profile).sort_stats("tottime").print_stats(28)
        return
    if asked.giant:
        giant()
        return
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; MB/s but for cpu and /count")
    heads = [
        "format",
        "MB",
        "bytes/line",
        "read",
        "cpu_ms/MB",
        "two_procs",
        "all_cores",
        "/count",
        "count",
        "wc_-l",
        "grep_-c",
    ]
    print("{:10} {:>5} {:>10}{:>10} {:>9} {:>9} {:>9} {:>8} {:>8} {:>7} {:>8}".format(*heads).replace("_", " "))
    hands = hands_for_reading()
    while hands is not None and not (hands.ready or hands.lost):
        time.sleep(0.01)
    with tempfile.TemporaryDirectory() as folder:
        for form in (*FORMATS, MIXED):
            measure(form, asked.megabytes, Path(folder), hands)
    if hands is not None:
        hands.close()
    for name, data in hostile().items():
        mine, used = median(lambda data=data: read(data), 3)
        size = len(data) / 1e6
        print(f"{name:10} {size:5.0f} {'':10}{size / mine:10.0f} {used / size * 1e3:9.2f}", flush=True)


if __name__ == "__main__":
    main()
