"""The scanner of JSON lines: finds a level and a time in every line without parsing it.

An unescaped quote cannot stand within a string, so `"level":` is a key wherever it occurs. The keys that a file uses
are learnt when its format is detected; a whole buffer is then searched for them at once. Lines without them are left to
a pattern that knows every usual key.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.formats import ISO, Format
from tailrace.logs.reading.levels import INFO, NUMBERS, PATTERN, UNKNOWN, code_of_severity, codes_of
from tailrace.logs.reading.lines import HEAD, Lines, head_texts
from tailrace.logs.reading.scan import Scan, codes_of_names
from tailrace.logs.reading.search import first_hits, search
from tailrace.logs.reading.stamps import Layout, Stamps, merge_stamps, no_stamps, read_stamps
from tailrace.logs.reading.words import U64, Positions, byte, count_digits, pack

LEVEL_KEYS: Final = (
    "level", "severity", "lvl", "log.level", "levelname", "log_level", "loglevel", "severityText", "severity_text",
    "severityNumber", "levelno", "priority", "Level", "LEVEL", "@l",
    "PRIORITY", "LogLevel",
)  # fmt: skip
TIME_KEYS: Final = (
    "time", "ts", "timestamp", "@timestamp", "datetime", "date", "asctime", "eventTime", "timeUnixNano", "t", "@t",
    "Timestamp", "Time", "__REALTIME_TIMESTAMP",
)  # fmt: skip
_RESOURCE: Final = U64(pack('{"resour'))
EPOCH: Final = Layout("EEEEEEEEEE")
_SYSLOG: Final = (6, 6, 6, 5, 4, 3, 3, 2)
_EITHER_LEVEL: Final = "|".join(key.replace(".", "[.]") for key in LEVEL_KEYS)
_EITHER_TIME: Final = "|".join(key.replace(".", "[.]") for key in TIME_KEYS)
_ANY_LEVEL: Final = rf'"({_EITHER_LEVEL})"\s*:\s*(?:"\s*((?i:{PATTERN}))|"?(\d{{1,2}})[",}}\s])'
_ANY_TIME: Final = rf'"(?:{_EITHER_TIME})"\s*:\s*"?(\d{{4}}-\d\d-\d\d[T ]\d\d:|\d{{10}})'


def scan_json(lines: Lines, form: Format) -> Scan:
    """Scan lines that hold one JSON object each."""
    start = opens_object(lines)
    if start.all():
        return Scan(start, *_levels_and_stamps(lines, form))
    level, chosen = np.zeros(len(lines), dtype=np.uint8), np.flatnonzero(start)
    level[chosen], stamps = _levels_and_stamps(lines.pick(chosen), form)
    return Scan(start, level, merge_stamps(no_stamps(lines), stamps, chosen))


def _levels_and_stamps(lines: Lines, form: Format) -> tuple[NDArray[np.uint8], Stamps]:
    at, time = _find_keys(lines, form.keys)
    level = _levels(lines, at, form.keys[0])
    if form.keys[1] == "@t":  # Serilog's compact form leaves the level out where it is information
        level[level == UNKNOWN] = INFO
    return level, _stamps(lines, time)


def keys_in(texts: pl.Series) -> tuple[list[str | None], list[str | None]]:
    """Return the first usual key of a level and of a time in each of the given JSON lines."""
    level = texts.str.extract(_ANY_LEVEL, 1)
    time = texts.str.extract(_ANY_TIME.replace("(?:", "(", 1), 1)
    return level.to_list(), time.to_list()


def commonest(keys: list[str | None]) -> str:
    """Return the key that occurs most often, the first in the alphabet of several; "" if there is none."""
    counted = Counter(key for key in keys if key is not None)
    return min(counted, key=lambda key: (-counted[key], key), default="")


def opens_object(lines: Lines) -> NDArray[np.bool_]:
    words = lines.word(lines.heads)
    second = byte(words, 1)
    opens = byte(words, 0) == U64(ord("{"))
    opens &= (second == U64(34)) | (second == U64(125)) | (second == U64(32))
    found: NDArray[np.bool_] = opens & (lines.ends > lines.heads + 1)
    return found


def _levels(lines: Lines, at: Positions, key: str) -> NDArray[np.uint8]:
    """Return the level of each line, given where the value of the key begins."""
    level = np.zeros(len(lines), dtype=np.uint8)
    hit = np.flatnonzero(at >= 0)
    words = lines.word(_skip(lines, at[hit]))
    level[hit] = codes_of(words)
    number = hit[(level[hit] == 0)]
    if len(number):
        level[number] = _numbers(lines, _skip(lines, at[number]), key)
    rest = np.flatnonzero(level == 0)
    if len(rest):
        level[rest] = _any_levels(head_texts(lines.pick(rest), lines.heads[rest]))
    several = np.flatnonzero(lines.word(lines.heads) == _RESOURCE)
    if len(several):
        level[several] = np.maximum(level[several], _worst(head_texts(lines.pick(several), lines.heads[several])))
    return level


def _skip(lines: Lines, at: Positions) -> Positions:
    """Step over one space and one quote before a value."""
    at = at + (lines.byte(at) == 32).astype(np.int64)
    quoted: Positions = at + (lines.byte(at) == 34).astype(np.int64)
    return quoted


def _numbers(lines: Lines, at: Positions, key: str) -> NDArray[np.uint8]:
    """Return the levels of values that are numbers of one or two digits; 0 for all else."""
    words = lines.word(at)
    count = count_digits(words)
    tens, ones = byte(words, 0).astype(np.int64) - 48, byte(words, 1).astype(np.int64) - 48
    value = np.where(count == 1, tens, np.where(count == 2, tens * 10 + ones, 99))
    return number_codes(key)[value]


def number_codes(key: str) -> NDArray[np.uint8]:
    """Return the level codes of the numbers 0 to 99 under a key: OpenTelemetry's, or pino's and syslog's."""
    codes = np.zeros(100, dtype=np.uint8)
    if key == "severityNumber":
        codes[1:25] = [code_of_severity(number) for number in range(1, 25)]
        return codes
    codes[:8] = _SYSLOG
    codes[list(NUMBERS)] = list(NUMBERS.values())
    return codes


def _any_levels(texts: pl.Series) -> NDArray[np.uint8]:
    groups = texts.str.extract_groups(_ANY_LEVEL).struct.unnest()
    keys, words, numbers = (groups.to_series(i) for i in range(3))
    level = codes_of_names(words.str.to_lowercase())
    number = numbers.cast(pl.Int64).fill_null(99).to_numpy()
    usual, otel = number_codes("level")[number], number_codes("severityNumber")[number]
    by_number = np.where((keys == "severityNumber").fill_null(value=False).to_numpy(), otel, usual)
    return np.where(level == UNKNOWN, by_number, level)


def _worst(texts: pl.Series) -> NDArray[np.uint8]:
    """Return the worst level of lines that hold many records each, as OpenTelemetry's collector writes them."""
    numbers = texts.str.extract_all(r'"severityNumber"\s*:\s*\d+').list.eval(pl.element().str.extract(r"(\d+)$"))
    worst = numbers.list.eval(pl.element().cast(pl.Int64)).list.max().fill_null(0).clip(0, 99)
    level: NDArray[np.uint8] = number_codes("severityNumber")[worst.to_numpy()]
    return level


def _stamps(lines: Lines, at: Positions) -> Stamps:
    """Return the time of each line, given where the value of the key begins."""
    rest = np.flatnonzero(at < 0)
    if len(rest):
        at[rest] = _any_times(lines.pick(rest))
    at = np.where(at < 0, lines.ends, _skip(lines, at))
    stamps = read_stamps(lines, at, ISO)
    other = np.flatnonzero(stamps.run < 0)
    if len(other):
        stamps = merge_stamps(stamps, read_stamps(lines.pick(other), at[other], EPOCH), other)
    return stamps


def _any_times(lines: Lines) -> Positions:
    """Return where, in each line, the value of any usual time key begins; -1 where there is none."""
    texts = head_texts(lines, lines.heads)
    before = texts.str.find(_ANY_TIME).cast(pl.Int64) + texts.str.extract(f"({_ANY_TIME})").str.len_bytes()
    at = (before - texts.str.extract(_ANY_TIME).str.len_bytes()).fill_null(-1).to_numpy()
    return np.where(at < 0, -1, lines.heads + at)


def _find_keys(lines: Lines, keys: tuple[str, ...]) -> list[Positions]:
    """Return where the values of keys begin in each line; -1 where they do not occur, and for a key that is "".

    Most lines have them near their beginning, so that is looked at first.
    """
    if not len(lines):
        return [np.empty(0, dtype=np.int64) for _ in keys]
    heads = lines.cropped()
    braces = (heads.bytes == ord("{"))[: heads.after].reshape(len(lines), -1)
    plain = np.ones(len(lines), dtype=np.bool_) if np.count_nonzero(braces) == len(lines) else braces.sum(axis=1) == 1
    return [_find_near(lines, heads, plain, key) for key in keys]


def _find_near(lines: Lines, heads: Lines, plain: NDArray[np.bool_], key: str) -> Positions:
    """Return where the value of a key begins, given the lines' beginnings and which of these hold no inner object."""
    if not key:
        return np.full(len(lines), -1, dtype=np.int64)
    at = _find_key(heads, key)
    found = plain & (at >= 0)
    at += lines.heads - heads.heads
    rest = np.flatnonzero(~found)
    if len(rest):
        at[rest] = _find_key(lines.pick(rest), key)
    return at


def _find_key(lines: Lines, key: str) -> Positions:
    """Return where the value of a key begins in each line, at its first occurrence; -1 where it does not occur."""
    needle = f'"{key}":'
    hits = search(lines, needle)
    at = _outermost(lines, hits, first_hits(lines, hits, len(needle)))
    at[at > lines.heads + HEAD] = -1
    return np.where(at < 0, at, at + len(needle))


def _outermost(lines: Lines, hits: NDArray[np.intp], at: Positions) -> Positions:
    """Return the first hits of lines, `at`, or where that is within an inner object the first that is not, if any."""
    base = int(lines.heads[0]) if len(lines) else lines.after
    text = lines.bytes[base : lines.after]
    marks = text == ord("{")
    if np.count_nonzero(marks) <= len(lines):
        return at
    opens = np.flatnonzero(marks) + base
    before = np.searchsorted(opens, lines.heads)
    inner = np.flatnonzero((at >= 0) & (np.searchsorted(opens, at) - before > 1))
    if not len(inner):
        return at
    closes = np.flatnonzero(text == ord("}")) + base
    row = np.searchsorted(lines.heads, hits, "right") - 1
    row_of_inner = np.isin(row, inner) & (hits < lines.ends[row])  # between chosen lines there may be others
    hits, row = hits[row_of_inner], row[row_of_inner]
    depth = np.searchsorted(opens, hits) - before[row]
    depth -= np.searchsorted(closes, hits) - np.searchsorted(closes, lines.heads)[row]
    top, once = np.unique(row[depth == 1], return_index=True)
    at[top] = hits[depth == 1][once]
    return at
