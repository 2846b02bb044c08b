"""How fast the reading path is: MB/s and processor time per MB for each format, beside `wc -l` and `grep -c`.

usage: python bench/parse.py [MEGABYTES] [--profile FORMAT]

The files are made here, with numpy, from a fixed seed: 7 % of lines are WARN or ERROR, messages are random words with
numbers and now and then a run of random letters and digits. Every figure is the median of five, all on one file; the
processor time counts every thread. The hostile files are smaller: one that changes its format every 12 lines, errors in
JSON of many shapes, lines of one byte, and one line of 100 MB.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from tailrace.logs.reading.chunk import read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.state import ReaderState

LEVELS = np.array(["INFO", "DEBUG", "WARN", "ERROR"])
SHARES = [0.70, 0.23, 0.06, 0.01]
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
    part = columns(60_000)
    text = "".join(part.select(FORMATS[form].alias("line"))["line"].to_list()).encode()
    lines = int(min(megabytes, 32) * 1e6 / len(text) * 60_000)
    block = "".join(columns(lines).select(FORMATS[form].alias("line"))["line"].to_list()).encode()
    return block * max(1, round(megabytes * 1e6 / len(block)))


def read(data: bytes, name: str = "bench.log") -> tuple[int, int]:
    """Read a whole file in chunks; return its records kept in full and the lines counted."""
    state, kept, lines = ReaderState(), 0, 0
    clock = TimeContext(NOW, ZoneInfo("UTC"), name)
    view = memoryview(data)
    for begin in range(0, len(view), CHUNK):
        final = begin + CHUNK >= len(view)
        result = read_chunk(state, view[begin : begin + CHUNK], final=final, clock=clock, observed=NOW)
        state, kept, lines = result.state, kept + len(result.records), lines + result.stats.lines
    return kept, lines


def median(run, times: int = 5) -> tuple[float, float]:
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


def main() -> None:
    """Print one line per format."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("megabytes", nargs="?", type=int, default=64)
    options.add_argument("--profile", choices=FORMATS)
    asked = options.parse_args()
    if asked.profile:
        data = made(asked.profile, asked.megabytes)
        with cProfile.Profile() as profile:
            read(data)
        pstats.Stats(profile).sort_stats("tottime").print_stats(28)
        return
    heads = ("format", "MB", "bytes/line", "read MB/s", "cpu ms/MB", "wc -l", "grep -c", "/wc", "/grep")
    print("{:8} {:>5} {:>10} {:>10} {:>9} {:>7} {:>8} {:>6} {:>6}".format(*heads))
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMATS:
            data = made(form, asked.megabytes)
            path = Path(folder) / f"{form}.log"
            path.write_bytes(data)
            size, lines = len(data) / 1e6, data.count(b"\n")
            mine, used = median(lambda data=data: read(data))
            mine = size / mine
            count = (
                size / median(lambda path=path: subprocess.run(["wc", "-l", path], capture_output=True, check=True))[0]
            )
            command = ["grep", "-c", "-E", "WARN|ERROR", str(path)]
            searched = median(lambda command=command: subprocess.run(command, capture_output=True, check=False))
            grep = size / searched[0]
            print(
                f"{form:8} {size:5.0f} {len(data) / lines:10.0f} {mine:10.0f} {used / size * 1e3:8.2f} {count:8.0f}"
                f" {grep:8.0f} {mine / count:6.2f} {mine / grep:6.2f}"
            )
    for name, data in hostile().items():
        mine, used = median(lambda data=data: read(data), 3)
        size = len(data) / 1e6
        print(f"{name:8} {size:5.0f} {'':10} {size / mine:10.0f} {used / size * 1e3:8.2f}")


if __name__ == "__main__":
    main()
