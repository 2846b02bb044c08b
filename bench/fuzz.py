"""A fuzzer of the reading path: samples of all formats, mutated and cut at random, and what has to hold of any bytes.

    python bench/fuzz.py [--seconds 600] [--seed 1]

Each case is made from a number alone, so that a failure is told by its number: `--seed N --seconds 0` runs that case
again. What has to hold: nothing raises; no byte and no line is lost or counted twice; the same bytes give the same
records and volumes however they are cut, the state passing through its bytes in between; levels are of the set, times
within the years 1 to 9999, lines and offsets ascend; a record's fingerprint is that of its message alone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from polars.testing import assert_frame_equal

from tailrace.logs.reading.chunk import ReadStats, flush, read_chunk
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.detect import detect
from tailrace.logs.reading.fingerprint import fingerprint, fingerprints
from tailrace.logs.reading.levels import LEVELS, SEVERITIES
from tailrace.logs.reading.state import ReaderState

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu")
NAMES = ("app.log", "app-2026-01-05.log", "/var/log/2016.02.29/x", "0000-00-00")
LARGEST = 60_000  # bytes of a case, but for the few that are made long on purpose
_SEPARATOR = re.compile(rb"^=== (.*)\n", re.MULTILINE)
_PARTS = _SEPARATOR.split(Path(__file__).with_name("fuzz_samples.txt").read_bytes())[1:]
SAMPLES = {name.decode(): text for name, text in zip(_PARTS[::2], _PARTS[1::2], strict=True)}

Mutation = Callable[[random.Random, bytes], bytes]


@dataclass(frozen=True)
class Read:
    """All that reading a file gave."""

    records: pl.DataFrame
    volumes: pl.DataFrame
    stats: ReadStats
    position: int


# -- making cases -----------------------------------------------------------------------------------------------------


def made(seed: int) -> bytes:
    """The bytes of a case: one to three samples, a few mutations."""
    rng = random.Random(seed)
    data = _some(rng) * rng.choice((1, 1, 2, 5, 30))
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        data = rng.choice(MUTATIONS)(rng, data)[:LARGEST]
    return data


def _some(rng: random.Random) -> bytes:
    return SAMPLES[rng.choice(list(SAMPLES))]


def _splice(rng: random.Random, data: bytes) -> bytes:
    other = _some(rng)
    begin, at = rng.randrange(len(other)), rng.randint(0, len(data))
    return data[:at] + other[begin : begin + rng.randint(1, 400)] + data[at:]


def _append(rng: random.Random, data: bytes) -> bytes:
    return data + _some(rng) * rng.choice((1, 3, 20))


def _interleave(rng: random.Random, data: bytes) -> bytes:
    mine, others = data.splitlines(keepends=True), (_some(rng) * 5).splitlines(keepends=True)
    run = rng.choice((1, 2, 3, 9, 10, 12, 40))
    mixed = []
    for at in range(0, max(len(mine), len(others)), run):
        mixed += mine[at : at + run] + others[at : at + run]
    return b"".join(mixed)


def _flip(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 5, 40)) if data else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _truncate(rng: random.Random, data: bytes) -> bytes:
    begin = rng.choice((0, 0, rng.randint(0, len(data))))
    return data[begin : rng.randint(begin, len(data))]


def _drop(rng: random.Random, data: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + data[at + rng.choice((1, 2, 10, 200)) :]


def _repeat(rng: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    at = rng.randrange(len(lines))
    return b"".join(lines[:at] + [lines[at]] * rng.choice((2, 11, 120, 600)) + lines[at:])


def _number(rng: random.Random, data: bytes) -> bytes:
    found = list(re.finditer(rb"\d+", data))
    if not found:
        return data
    begin, end = rng.choice(found).span()
    numbers = (b"0", b"00", b"99", b"9999", b"99999999999999999999", b"9" * 400, b"1e308", b"-1", b"0.0000001", b"13")
    return data[:begin] + rng.choice(numbers) + data[end:]


def _nasty(rng: random.Random, data: bytes) -> bytes:
    at = rng.randint(0, len(data))
    return data[:at] + rng.choice(NASTY) + data[at:]


def _encode(rng: random.Random, data: bytes) -> bytes:
    text = data.decode(errors="replace")
    kinds = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "latin-1", "cp037", "shift-jis", "utf-7")
    encoded = text.replace("\n", rng.choice(("\n", "\r\n"))).encode(rng.choice(kinds), errors="replace")
    return rng.choice((encoded, encoded, data + encoded, encoded + data))


def _reshape(rng: random.Random, data: bytes) -> bytes:
    """Objects of other shapes in the place of JSON lines: other orders, keys left out, doubled and nested."""
    out = []
    for line in data.splitlines(keepends=True):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        out += [line] if not isinstance(found, dict) else [_shaped(rng, found) for _ in range(rng.choice((1, 1, 20)))]
    return b"".join(out)


def _shaped(rng: random.Random, fields: dict[str, object]) -> bytes:
    items = list(fields.items())
    if rng.random() < 0.3:
        rng.shuffle(items)
    if rng.random() < 0.3 and items:
        items.pop(rng.randrange(len(items)))
    names, values = ("x", "", "level", 'q"', "msg"), (*VALUES, [fields], fields)
    items += [(rng.choice(names), rng.choice(values)) for _ in range(rng.choice((0, 0, 1, 3)))]
    comma, colon = rng.choice(((",", ":"), (",", ":"), (", ", ": "), (" ,", " : ")))
    plain = rng.random() < 0.5
    texts = [f"{json.dumps(key)}{colon}{json.dumps(value, ensure_ascii=plain)}" for key, value in items]
    return f"{{{comma.join(texts)}}}\n".encode(errors="surrogatepass")


def _wrap(rng: random.Random, data: bytes) -> bytes:
    """Lines as a container's runtime, a composer or a collector writes them; long ones in parts, streams by turns."""
    kind, cut, out = rng.randrange(4), rng.choice((20, 100, 10_000)), []
    for line in data.splitlines():
        text, stream = line.decode(errors="replace"), rng.choice(("stdout", "stdout", "stderr"))
        parts = [text[at : at + cut] for at in range(0, len(text), cut)] or [""]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            log = json.dumps(part + "\n" * last)
            out.append((
                f'{{"log":{log},"stream":"{stream}","time":"2026-01-05T10:00:00.{number}Z"}}',
                f"2026-01-05T10:00:00.{number}Z {stream} {'F' if last else 'P'} {part}",
                f"web-{len(stream) - 5} | {part}",
                "#012".join(parts),
            )[kind])  # fmt: skip
    return "".join(f"{line}\n" for line in out).encode()


def _break(rng: random.Random, data: bytes) -> bytes:
    return data.replace(
        b"\n", rng.choice((b"\r", b"\n\n", b"\r\n", b"\0", b"", b"\n\xef\xbb\xbf")), rng.choice((1, 3, -1))
    )


NASTY = (
    b"\0", b"\0" * 300, b"\r", b"\r" * 50, b"\n", b"\n" * 200, b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"\x1b[31m",    b"\xef\xbb\xbf", b"\\ud800", b"\\u0000",
    b'"', b"\\", b"{", b"}", b"[" * 1500, b'{"a":' * 1500, b"]" * 10, b" " * 5000,
    b"\t",
    b'{"level":"error","level":"info","level":3}\n', b'{"time":1e308,"level":"warn","msg":1e999}\n', b"x" * 70_000,
    b"=" * 3000,
    "\u2028\u0085\u00a0".encode(), "e\u0301\U0001f600".encode() * 50, b"ERROR", b"[ERROR]", b"<999>", b"<",
    b'" 500 1', b"[05/Jan/2026:",
    b"2026-13-45 99:99:99,999 ERROR [x] y: z\n", b"0000-01-01 00:00:00 WARN x\n", b"Feb 30 00:00:00 h p: x\n",
    b"%s%n${jndi:x}",
)  # fmt: skip
VALUES = ("", "x" * 300, 'a"b\\', "\u2028ä😀", "[{", "ERROR", 0, -1.5e300, True, None, [], {})
MUTATIONS: tuple[Mutation, ...] = (
    _splice, _append, _interleave, _flip, _flip, _truncate, _drop, _repeat, _number, _number, _nasty, _nasty, _encode,
    _break, _reshape, _reshape, _wrap,
)  # fmt: skip


# -- checking them ----------------------------------------------------------------------------------------------------


def check(seed: int) -> int:
    """Make a case and check all that has to hold; return its size in bytes."""
    data, rng = made(seed), random.Random(-seed)
    clock = TimeContext(NOW, ZoneInfo(rng.choice(ZONES)), rng.choice(NAMES))
    _check_detection(data)
    whole = read([data], clock, least=0)
    _check_counts(data, whole)
    _check_records(whole.records)
    parts = read(_cut(rng, data), clock, least=0)
    _check_equal(whole, parts)
    kept = read(_cut(rng, data), clock, least=13)
    assert_frame_equal(_told(whole.records.filter(pl.col("severity") >= 13)), _told(kept.records))
    if rng.random() < 0.5:
        _check_flushed(data, clock, rng)
    return len(data)


def read(pieces: list[bytes], clock: TimeContext, *, least: int, final: bool = True) -> Read:
    """Read pieces one after the other, the state passing through its bytes between them."""
    state, results = ReaderState(), []
    for index, piece in enumerate(pieces):
        last = final and index == len(pieces) - 1
        results.append(read_chunk(state, piece, final=last, clock=clock, observed=NOW, least=least))
        state = ReaderState.from_bytes(results[-1].state.to_bytes())
    if not final:
        results.append(flush(state, clock=clock, observed=NOW, least=least))
        results.append(read_chunk(results[-1].state, b"", final=True, clock=clock, observed=NOW, least=least))
        state = results[-1].state
    volumes = pl.concat([each.volumes for each in results]).group_by("time", "level").agg(pl.sum("lines", "bytes"))
    stats = ReadStats(*(sum(getattr(each.stats, name) for each in results) for name in ReadStats.__slots__))
    records = pl.concat([each.records for each in results])
    return Read(records, volumes.sort("time", "level"), stats, state.position)


def _cut(rng: random.Random, data: bytes) -> list[bytes]:
    """Cut bytes at a few places, or into forty pieces or so."""
    if rng.random() < 0.2:
        step = max(rng.choice((1, 7, 41)), len(data) // 40)
        return [data[at : at + step] for at in range(0, len(data), step)] or [b""]
    places = sorted(rng.randint(0, len(data)) for _ in range(rng.choice((1, 2, 3, 6))))
    return [data[begin:end] for begin, end in zip([0, *places], [*places, len(data)], strict=True)]


def _check_detection(data: bytes) -> None:
    found = detect(data)
    assert found == detect(data), "detection is not the same twice"
    assert 0.0 <= found.confidence <= 1.0, found
    assert 0.0 <= found.matched <= 1.0, found


def _check_counts(data: bytes, found: Read) -> None:
    lines = data.count(b"\n") + (len(data) > 0 and not data.endswith(b"\n"))
    assert found.position == found.stats.bytes == found.volumes["bytes"].sum() == len(data), (
        "bytes are lost or too many"
    )
    assert found.stats.lines == lines, "lines are lost or too many"
    assert found.volumes["lines"].sum() == found.records.height, "records are lost or too many"
    assert set(found.volumes["level"]) <= set(LEVELS)


def _check_records(records: pl.DataFrame) -> None:
    severities = dict(zip(LEVELS, SEVERITIES, strict=True))
    assert all(
        severities.get(level) == severity
        for level, severity in records.select("level", "severity").unique().iter_rows()
    )
    assert records["time"].null_count() == 0
    assert records["time"].dt.year().is_between(1, 9999).all(), "a time out of bounds"
    assert records["line"].is_sorted() and records["line"].is_unique().all(), "lines do not ascend"
    assert records["offset"].is_sorted() and records["offset"].is_unique().all(), "offsets do not ascend"
    assert records["fingerprint"].str.contains("^[0-9a-f]{16}$").all()
    json.dumps(records.select("body", "logger", "thread", "before", "after").rows(), ensure_ascii=False).encode()
    sample = records.sample(min(records.height, 5), seed=1)
    for body, template, expected in sample.select("body", "template", "fingerprint").iter_rows():
        if "[cut: " not in body:
            alone = fingerprints(pl.Series([body]))
            assert alone.row(0) == (template, expected), "a message's fingerprint is another in company"
        assert fingerprint(template) == expected


def _check_equal(whole: Read, parts: Read) -> None:
    assert whole.stats == parts.stats
    assert_frame_equal(_told(whole.records), _told(parts.records))
    assert_frame_equal(whole.volumes, parts.volumes)


def _told(records: pl.DataFrame) -> pl.DataFrame:
    """Records without what depends on the cut."""
    return records.drop("before", "after")


def _check_flushed(data: bytes, clock: TimeContext, rng: random.Random) -> None:
    """A pause before the last bytes loses nothing either."""
    pieces = _cut(rng, data)
    found = read(pieces, clock, least=13, final=False)
    assert found.position == found.stats.bytes == found.volumes["bytes"].sum() == len(data), "a pause loses bytes"


def main() -> None:
    """Run cases one after the other for so long; stop at the first that fails."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=1, help="the number of the first case")
    asked = options.parse_args()
    began, seed, size = time.monotonic(), asked.seed, 0
    while True:
        try:
            size += check(seed)
        except BaseException:
            print(f"case {seed} fails: python bench/fuzz.py --seed {seed} --seconds 0")
            raise
        seed += 1
        if time.monotonic() - began >= asked.seconds:
            break
    print(f"{seed - asked.seed} cases, {size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s: all hold")


if __name__ == "__main__":
    main()
