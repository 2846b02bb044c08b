"""How fast rules are judged: processor seconds for a million records by kind of rule, and how long many rules take.

usage: POLARS_MAX_THREADS=1 python bench/rules.py [THOUSANDS]

Records come in batches of 65,536 over a minute, of 20 applications (1000 for the sets of 500 rules), with 200 messages,
1000 users and a number for each; a third are WARN, the others ERROR and FATAL. They are made here from a fixed seed
and are not part of the figures. No rule is met, but for changes. `seat` is how long the judge takes to take rules over.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pyarrow as pa
import yaml

from tailrace.logs.records import LogRecord, Volume
from tailrace.logs.rules.bench import Bench
from tailrace.logs.rules.file import RulesFile, read_rules
from tailrace.logs.rules.reading import parse_rule
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.verdict import Moment
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BATCH = 65_536
SPAN = 60  # seconds
KINDS = (
    "errors > 1000000 in 30s",
    "errors > 99% of lines in 5m, at least 100 lines",
    "errors 30x the 6 windows before in 10s, at least 20000000",
    "mean(attributes.ms) > 5000 in 5m",
    "p99(attributes.ms) > 5000 in 5m",
    "distinct attributes.user > 100000 in 5m",
    "body matches 'OutOfMemory|disk full'",
    "attributes.user changes",
    "new fingerprint",
    "silence of 10m",
)


def records(count: int, apps: int, first: float, last: float, rng: np.random.Generator) -> pl.DataFrame:
    """Records of a stretch of the minute, in the order of their times."""
    level, message = rng.integers(0, 3, count), pl.Series(rng.integers(0, 200, count)).cast(pl.String)
    seconds = np.sort(rng.uniform(first, last, count))
    number = pl.Series(rng.integers(0, 10**6, count)).cast(pl.String)
    pairs = np.empty(2 * count, dtype=object)
    pairs[0::2] = np.char.add("u", rng.integers(0, 1000, count).astype(str))
    pairs[1::2] = rng.integers(0, 1000, count).astype(str)
    offsets = np.arange(0, 2 * count + 1, 2, dtype=np.int32)
    attributes = pa.MapArray.from_arrays(offsets, pa.array(np.tile(["user", "ms"], count)), pa.array(pairs))
    frame = pl.DataFrame(
        {
            "app": pl.Series(rng.integers(0, apps, count)).cast(pl.String),
            "time": pl.Series((seconds * 1e6).astype(np.int64) + int(NOON.timestamp() * 1e6)).cast(
                pl.Datetime("us", "UTC")
            ),
            "severity": np.array([13, 17, 21])[level],
            "level": np.array(["WARN", "ERROR", "FATAL"])[level],
            "body": message + " connection to " + number + " refused after many attempts",
            "fingerprint": message,
            "template": message,
        }
    ).with_columns(observed=pl.lit(NOON), uri=pl.lit("/x.log"), line=pl.lit(1, pl.Int64), offset=pl.lit(0, pl.Int64))
    return Batch.from_arrow(LogRecord, frame.to_arrow().append_column("attributes", attributes)).frame


def volumes(rows: pl.DataFrame) -> pl.DataFrame:
    """The volumes that belong to records."""
    counted = rows.group_by("app", pl.col("time").dt.truncate("1s"), "level").agg(lines=pl.len().cast(pl.Int64))
    return Batch.from_frame(Volume, counted.with_columns(bytes=pl.col("lines") * 100)).frame


def measure(name: str, rules: Sequence[Rule], count: int, apps: int = 20) -> None:
    """Judge so many records, and say what it took."""
    rng = np.random.default_rng(1)
    edges = [*range(0, count, BATCH), count]
    steps = [
        records(end - start, apps, SPAN * start / count, SPAN * end / count, rng) for start, end in pairwise(edges)
    ]
    both = [(rows, volumes(rows)) for rows in steps]
    begin = time.process_time()
    bench = Bench(rules, entries := {}, timedelta(days=1))
    seat, begin = time.process_time() - begin, time.process_time()
    told = sum(len(bench.take(rows, sums, Moment(NOON))) for rows, sums in both)
    took = time.process_time() - begin
    state = sum(map(len, entries.values())) / 1e6
    print(
        f"{name:<58} {len(rules):>4} rules {took * 1e6 / count:>6.2f} s per million  seat {seat * 1000:>5.0f} ms"
        f"  {told} crossings  {state:.1f} MB kept"
    )


def from_file(items: list[object]) -> tuple[Rule, ...]:
    """The rules of a file with these items, and how long it takes to read."""
    text = yaml.safe_dump({"rules": items})
    begin = time.process_time()
    found = read_rules(text, "rules.yaml")
    print(f"{'a file of ' + str(len(items)) + ' rules':<58} read in {(time.process_time() - begin) * 1000:.0f} ms")
    assert isinstance(found, RulesFile)
    return found.rules


def main() -> None:
    """Every kind by itself, then many at once."""
    count = int(sys.argv[1]) * 1000 if len(sys.argv) > 1 else 1_000_000
    plain = [f"errors > {10**6 + i} in {(10, 30, 60, 300)[i % 4]}s" for i in range(500)]
    chosen = [
        {"when": f"errors > {10**7 + i} in {(30, 60, 300)[i % 3]}s", "where": f"body LIKE '{i} conn%'"}
        for i in range(500)
    ]
    for rule in KINDS:
        measure(rule, [parse_rule(rule)], count)
    measure("thresholds of four lengths", from_file(list(plain[:20])), count)
    measure("thresholds with a where each", from_file(list(chosen[:20])), count)
    measure("all kinds", [*map(parse_rule, KINDS), *from_file(list(chosen[:10]))], count)
    measure("thresholds of four lengths, 1000 applications", from_file(list(plain)), count // 5, apps=1000)
    measure("thresholds with a where each, 1000 applications", from_file(list(chosen)), count // 5, apps=1000)


if __name__ == "__main__":
    main()
