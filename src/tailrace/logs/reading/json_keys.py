"""JSON keys: the usual names of levels, times and messages, and where they stand in a whole buffer of JSON lines.

An unescaped quote cannot stand within a string, so `"level":` is a key wherever it occurs. All ends of keys are found
at once, and what stands before them is looked up eight bytes at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.members import depths_of
from tailrace.logs.reading.search import stands
from tailrace.logs.reading.tables import Table
from tailrace.logs.reading.words import U64, Positions, places

# In each of the three, the more telling before the less: of several in a line the first of the list counts.
LEVEL_KEYS: Final = (
    "level", "severity", "lvl", "log.level", "levelname", "log_level", "loglevel", "severityText", "severity_text",
    "severityNumber", "levelno", "Level", "LEVEL", "@l", "PRIORITY", "LogLevel", "@level", "level_name", "logLevel",
    "Severity", "syslog_severity", "error_severity", "priority",
)  # fmt: skip
STATUS_KEYS: Final = ("status", "response_code", "status_code", "statusCode", "http.response.status_code")
TIME_KEYS: Final = (
    "time", "ts", "timestamp", "@timestamp", "datetime", "date", "asctime", "eventTime", "timeUnixNano", "t", "@t",
    "Timestamp", "Time", "__REALTIME_TIMESTAMP", "timeMillis", "instant", "timestampSeconds", "start_time",
    "requestReceivedTimestamp", "client_time", "time_iso8601", "msec", "time_local", "StartUTC", "longdate",
)  # fmt: skip
MESSAGE_KEYS: Final = ("message", "msg", "log", "text", "textPayload")
KEYS: Final = (*LEVEL_KEYS, *STATUS_KEYS, *MESSAGE_KEYS, *TIME_KEYS)
FIRST_TIME: Final = KEYS.index(TIME_KEYS[0])
_WIDTHS: Final = np.array([len(key) for key in KEYS], dtype=np.int64)
_BLOCK: Final = 1 << 18  # bytes looked at together, so that they stay in the cache
_LONG: Final = 128  # what codes of endings of long keys begin at
_LOW7, _ONES = U64(0x7F7F7F7F7F7F7F7F), U64(0x0101010101010101)
_QUOTE, _BACKSLASH, _COLON, _BLANK = 34, 92, 58, 32


@dataclass(frozen=True, slots=True)
class Found:
    """The places in lines where keys stand, ascending: in which line, which of `KEYS`, and where its value begins.

    `nested` is whether several brackets stand open before a place, if those within texts are counted too.
    """

    row: NDArray[np.intp]
    key: NDArray[np.intp]
    at: Positions
    nested: NDArray[np.bool_]


def find_keys(lines: Lines) -> Found:
    """Return every usual key of lines whose buffer holds nothing else."""
    ends = _ends_of_keys(lines)
    code = _looked_up(lines, ends)
    some = np.flatnonzero(code >= 0)
    ends, key = ends[some], code[some]
    key = _whole_keys(lines, ends, key)
    # Where lines begin among the places is looked up, not where places are among lines, of which there are fewer.
    row = np.repeat(np.arange(len(lines)), np.diff(np.searchsorted(ends, np.append(lines.starts, lines.after))))
    begin = ends - 1 - _WIDTHS[np.maximum(key, 0)]
    good = (key >= 0) & (begin > lines.heads[row]) & (lines.byte(np.maximum(begin - 1, 0)) != _BACKSLASH)
    good &= ends < lines.ends[row]
    row, key, ends = row[good], key[good], ends[good]
    at = ends + 2 + (lines.byte(ends + 1) == _BLANK)
    opens = np.append(places(lines.bytes[: lines.after] == ord("{")), [lines.after] * 2)
    second = opens[np.searchsorted(opens[:-1], lines.heads) + 1]
    return Found(row, key, at, second[row] < at)


def tell_records(lines: Lines) -> NDArray[np.bool_]:
    """Tell which lines, whose buffer holds nothing else, have a key of a level or of a time."""
    found = find_keys(lines)
    told = np.zeros(len(lines), dtype=np.bool_)
    told[found.row[(found.key < len(LEVEL_KEYS)) | (found.key >= FIRST_TIME)]] = True
    return told


def are_inner(lines: Lines, found: Found, some: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell of some places whether they are within inner objects."""
    inner = found.nested[some]
    doubtful = some[inner]
    if len(doubtful):
        row, at = found.row[doubtful], found.at[doubtful]
        chosen, among = np.unique(row, return_inverse=True)
        part = lines.pick(chosen).copied()
        inner[inner] = depths_of(part, at - lines.heads[row] + part.heads[among]) > 1
    return inner


def _ends_of_keys(lines: Lines) -> Positions:
    """Return where quotes stand before a colon, which one blank may part from them."""
    blocks = []
    for begin in range(0, lines.after, _BLOCK):
        end = min(begin + _BLOCK, lines.after)
        quote = lines.bytes[begin:end] == _QUOTE
        following = lines.bytes[begin + 1 : end + 1]
        colon = lines.bytes[begin + 2 : end + 2] == _COLON
        colon &= following == _BLANK
        colon |= following == _COLON
        colon &= quote
        blocks.append(places(colon) + begin)
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.int64)


def _looked_up(lines: Lines, ends: Positions) -> NDArray[np.intp]:
    """Return which key, or which ending of long keys, stands before each place; -1 for none."""
    words = lines.words[np.maximum(ends - 8, 0)]
    early = int(np.searchsorted(ends, 8))
    words[:early] <<= U64(8) * (8 - ends[:early]).astype(np.uint64)
    # Zero everything up to the last quote: its high bit is set, then that of every byte before it.
    other = words ^ (_ONES * U64(_QUOTE))
    marks = ~(((other & _LOW7) + _LOW7) | other | _LOW7)
    for shift in (8, 16, 32):
        marks |= marks >> U64(shift)
    words &= ~((marks >> U64(7)) * U64(0xFF))
    return _TABLE.look_up(words)


def _whole_keys(lines: Lines, ends: Positions, key: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return keys with the endings of long ones replaced by the key that stands there, -1 if none does."""
    endings = np.flatnonzero(key >= _LONG)
    found = key.copy()
    found[endings] = -1
    present = np.bincount(key[endings], minlength=_LONG + len(KEYS))
    for index, ending, before in _BEFORE:
        if not present[ending]:
            continue
        rows = endings[key[endings] == ending]
        found[rows[stands(lines, np.maximum(ends[rows] - 8 - len(before), 0), before)]] = index
    return found


def _endings() -> tuple[dict[int, int], list[tuple[int, int, bytes]]]:
    """Return the codes of keys by their last eight bytes; of long ones also the code, and what stands before these."""
    codes: dict[int, int] = {}
    before = []
    for index, key in enumerate(KEYS):
        word = int.from_bytes(key.encode()[-8:].rjust(8, b"\0"), "little")
        if len(key) >= 8:
            before.append((index, codes.setdefault(word, _LONG + index), b'"' + key[:-8].encode()))
        codes.setdefault(word, index)
    return codes, before


_CODES, _BEFORE = _endings()
_TABLE: Final = Table(_CODES, np.intp, none=-1)
