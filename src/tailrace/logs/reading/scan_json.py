"""The scanner of JSON lines: finds a level and a time in every line without parsing it.

The keys that a file uses are learnt when its format is detected, and looked for near the beginning of every line. Lines
that have them elsewhere, or others, are searched for every usual key. Of several the file's own counts first and then
the more usual one, those of inner objects after all others.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.catalogue.dates import COMPACT, DAY_MONTH, DOTTED, MONTH_DAY, NAMED_MONTH, YEAR_FIRST
from tailrace.logs.reading.formats import ACCESS, ISO, Format
from tailrace.logs.reading.json_keys import (
    FIRST_TIME,
    KEYS,
    LEVEL_KEYS,
    MESSAGE_KEYS,
    STATUS_KEYS,
    TIME_KEYS,
    Found,
    are_inner,
    find_keys,
)
from tailrace.logs.reading.levels import (
    DEBUG,
    ERROR,
    FATAL,
    INFO,
    NUMBERS,
    TRACE,
    UNKNOWN,
    WARN,
    WORDS,
    code_of_severity,
    codes_of,
)
from tailrace.logs.reading.lines import Lines, as_ascii, cut_out, text_lines
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.scan_pattern import begin_by_pattern, scan_pattern
from tailrace.logs.reading.search import search_heads
from tailrace.logs.reading.stamps import Layout, Stamps, merge_stamps, no_stamps, read_stamps
from tailrace.logs.reading.tables import Table
from tailrace.logs.reading.words import (
    U64,
    Positions,
    Words,
    byte,
    count_digits,
    count_letters,
    is_digit,
    leading_letters,
    pack,
)

__all__ = ["LEVEL_KEYS", "TIME_KEYS", "commonest", "keys_in", "opens_object", "scan_json"]

EPOCH: Final = Layout("EEEEEEEEEE")
_FIRST_MESSAGE: Final = KEYS.index(MESSAGE_KEYS[0])
_INNER, _NEVER = 1 << 20, 1 << 21  # ranks
# Words that stand for a level where nothing else can: those of every log, of winston, loguru, log15, and letters.
_LEVEL_WORDS: Final = {
    **{word.lower()[:8]: code for word, code in WORDS.items()},
    "success": INFO, "log": INFO, "http": INFO, "silly": TRACE, "eror": ERROR, "dbug": DEBUG,
    "t": TRACE, "v": TRACE, "d": DEBUG, "i": INFO, "w": WARN, "e": ERROR, "f": FATAL, "c": FATAL,
}  # fmt: skip
_WORDS: Final = Table({pack(word): code for word, code in _LEVEL_WORDS.items()}, np.uint8, none=UNKNOWN)
_UPPER: Final = U64(0x4040404040404040)
_SMALL: Final = U64(0x2020)
_INSIDE_LEVEL: Final = r'^(\{[^{}]*?"(?:name|levelStr|text|value|label)" ?: ?)'
_INSIDE_TIME: Final = r'^(\{[^{}]*?"(?:\$date|date|repr|timestamp|seconds|epochSecond)" ?: ?)'
_NANOS: Final = r'((?s:^.*?)"(?:nanoOfSecond|nanos)" ?: ?)[0-9]{9}\b'
_BEFORE_SECONDS: Final = [
    U64(pack(f"{key}{colon}"[-8:])) for key in ("epochSecond", "seconds") for colon in ('":', '": ', '" : ')
]
_EVERY: Final = 16  # of so many lines at least, one is tried first, whether most have their keys near the beginning
_TRIED: Final = 128  # lines, of many
_WORTH: Final = 0.3  # of the lines to look near their beginning
_DEEPEST: Final = 200  # bytes of an inner object that may hold a level or a time

Codes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Rows = NDArray[np.intp]


def scan_json(lines: Lines, form: Format) -> Scan:
    """Scan lines that hold one JSON object each."""
    start = opens_object(lines)
    if start.all():
        return Scan(start, *_levels_and_stamps(lines, form))
    level, chosen = np.zeros(len(lines), dtype=np.uint8), np.flatnonzero(start)
    level[chosen], stamps = _levels_and_stamps(lines.pick(chosen), form)
    return Scan(start, level, merge_stamps(no_stamps(lines), stamps, chosen))


def opens_object(lines: Lines) -> Mask:
    """Tell which lines begin as JSON objects do."""
    words = lines.word(lines.heads)
    second = byte(words, 1)
    opens = byte(words, 0) == U64(ord("{"))
    opens &= (second == U64(34)) | (second == U64(125)) | (second == U64(32)) | (second == U64(10))
    found: Mask = opens & (lines.ends > lines.heads + 1)
    return found


def keys_in(texts: pl.Series) -> tuple[list[str | None], list[str | None]]:
    """Return the keys of the level and of the time in each of the given JSON lines."""
    lines = text_lines(texts)
    found = find_keys(lines)
    at = _skip(lines, found.at)
    code, number = _codes(lines, found, at)
    level = _best(lines, found, (code > 0) & (found.key < len(LEVEL_KEYS)), number, -1)
    good = _times(lines, found, at)[0] > 0
    time = _best(lines, found, good, ~good, -1)
    names = np.array([*KEYS, None], dtype=object)
    places = np.append(found.key, -1)
    return names[places[level]].tolist(), names[places[time]].tolist()


def commonest(keys: list[str | None]) -> str:
    """Return the key that occurs most often, the first in the alphabet of several; "" if there is none."""
    counted = Counter(key for key in keys if key is not None)
    return min(counted, key=lambda key: (-counted[key], key), default="")


def _levels_and_stamps(lines: Lines, form: Format) -> tuple[Codes, Stamps]:
    if not len(lines):
        return np.zeros(0, dtype=np.uint8), no_stamps(lines)
    some = lines.pick(slice(None, None, max(_EVERY, len(lines) // _TRIED)))
    level, _, notation = _near_beginning(some, form.keys)
    if np.mean((level != UNKNOWN) & (notation > 0)) > _WORTH:
        level, time, notation = _near_beginning(lines, form.keys)
        rest = np.flatnonzero((level == UNKNOWN) | (notation == 0))
    else:
        level, time, notation = _nothing(len(lines))
        rest = np.arange(len(lines))
    if len(rest):
        part = lines.pick(rest).copied()
        level[rest], there, notation[rest] = _anywhere(part, form.keys)
        time[rest] = there - part.heads + lines.heads[rest]
    return level, _stamps(lines, time, notation)


def _nothing(count: int) -> tuple[Codes, Positions, Rows]:
    """Return the levels, the places of times and their notations of lines that have none."""
    return np.zeros(count, dtype=np.uint8), np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.intp)


def _near_beginning(lines: Lines, keys: tuple[str, ...]) -> tuple[Codes, Positions, Rows]:
    """Return the levels and the places and notations of times under the file's keys, where these stand in the first 64
    bytes of a line and in no inner object."""
    level, time, notation = _nothing(len(lines))
    heads = lines.cropped()
    braces = (heads.bytes == ord("{"))[: heads.after].reshape(len(lines), -1)
    plain = np.count_nonzero(braces) == len(lines) or braces.sum(axis=1) == 1
    for key in keys:
        at = _after_key(heads, key, plain)
        rows = np.flatnonzero(at >= 0)
        value = _skip(lines, (at - heads.heads + lines.heads)[rows])
        if key in LEVEL_KEYS:
            level[rows] = _level_codes(lines, value, np.full(len(rows), KEYS.index(key)))
        elif key:
            time[rows], notation[rows] = value, _notations(lines, rows, value)
    return level, time, notation


def _after_key(heads: Lines, key: str, plain: Mask | bool) -> Positions:
    """Return where the value of a key begins; -1 where it does not occur."""
    if not key:
        return np.full(len(heads), -1, dtype=np.int64)
    needle = f'"{key}":'
    at = search_heads(heads, needle)
    at[(at >= 0) & (heads.bytes[at - 1] == ord("\\"))] = -1
    return np.where((at >= 0) & plain, at + len(needle), -1)


def _anywhere(lines: Lines, keys: tuple[str, ...]) -> tuple[Codes, Positions, Rows]:
    """Return the levels of lines, and where their times stand and in which notation, by every usual key."""
    found = find_keys(lines)
    at = _skip(lines, found.at)
    code, number = _codes(lines, found, at)
    chosen = _best(lines, found, code > 0, number, KEYS.index(keys[0]) if keys[0] in LEVEL_KEYS else -1)
    level = np.append(code, 0)[chosen].astype(np.uint8)
    notation, at_time = _times(lines, found, at)
    good = notation > 0
    chosen = _best(lines, found, good, ~good, KEYS.index(keys[1]) if keys[1] in TIME_KEYS else -1)
    time, notation = np.append(at_time, 0)[chosen], np.append(notation, 0)[chosen]
    # Serilog's compact form leaves the level out where it is information.
    compact = np.append(found.key == KEYS.index("@t"), False)[chosen]
    level[compact & (level == UNKNOWN)] = INFO
    message = np.flatnonzero((found.key < FIRST_TIME) & (found.key >= _FIRST_MESSAGE))
    message = message[level[found.row[message]] == UNKNOWN]
    np.maximum.at(level, found.row[message], _shouted(lines, at[message]))
    return level, time, notation


def _best(lines: Lines, found: Found, good: Mask, outermost: Mask, own: int) -> Rows:
    """Return which place counts in each line, of those that are good; -1 for none.

    Some may count only if they are `outermost`. How deep places are is looked at only where the answer depends on it.
    """
    some = np.flatnonzero(good)
    rank = found.key[some] + 1
    rank[rank == own + 1] = 0
    chosen = _lowest(found.row[some], rank, len(lines))
    first = chosen[chosen >= 0]
    several = np.bincount(found.row[some], minlength=len(lines)) > 1
    doubtful = np.zeros(len(lines), dtype=np.bool_)
    doubtful[found.row[some[first]]] = found.nested[some[first]] & (
        several[found.row[some[first]]] | outermost[some[first]]
    )
    unsure = np.flatnonzero(doubtful[found.row[some]])
    if len(unsure):
        inner = are_inner(lines, found, some[unsure])
        rank[unsure] = np.where(inner, found.key[some[unsure]] + _INNER, rank[unsure])
        rank[unsure[inner & outermost[some[unsure]]]] = _NEVER
        chosen = _lowest(found.row[some], rank, len(lines))
    return np.append(some, -1)[chosen]


def _lowest(row: Rows, rank: Rows, count: int) -> Rows:
    """Return of each line which of some ascending places is the first of the lowest rank; -1 for none."""
    lowest = np.full(count, -1, dtype=np.intp)
    if len(row):
        begins = np.flatnonzero(np.diff(row, prepend=-1))
        least = np.minimum.reduceat((rank << 40) + np.arange(len(row)), begins)
        lowest[row[begins]] = np.where(least >> 40 < _NEVER, least & ((1 << 40) - 1), -1)
    return lowest


def _codes(lines: Lines, found: Found, at: Positions) -> tuple[Codes, Mask]:
    """Return the level that each value tells, 0 where it tells none, and which values count only if outermost."""
    code, number = np.zeros(len(at), dtype=np.uint8), np.zeros(len(at), dtype=np.bool_)
    rows = np.flatnonzero(found.key < _FIRST_MESSAGE)
    at, key = _inside(lines, at[rows], _INSIDE_LEVEL), found.key[rows]
    code[rows] = _level_codes(lines, at, key)
    number[rows] = is_digit(lines.byte(at).astype(np.uint64)) & (_SCALE_OF[key] != _OTEL)
    return code, number


def _level_codes(lines: Lines, at: Positions, key: Rows) -> Codes:
    """Return the level codes of the values of some keys."""
    words = lines.word(at)
    letters = leading_letters(words)
    code = _WORDS.look_up(letters | (letters & _UPPER) >> U64(1))
    code[key >= len(LEVEL_KEYS)] = UNKNOWN
    number = np.flatnonzero(code == UNKNOWN)
    several = byte(words[number], 0) == U64(ord("["))  # as the journal repeats a field: the first counts
    code[number] = _numbers(lines.word(at[number] + 2 * several), _SCALE_OF[key[number]])
    return code


def _shouted(lines: Lines, at: Positions) -> Codes:
    """Return the levels that messages begin with, in capitals before a blank or colon, or within brackets."""
    bracket = lines.byte(at) == ord("[")
    words = lines.word(at + bracket)
    after = lines.byte(at + bracket + np.minimum(count_letters(words), 9))
    loud = ((after == ord(" ")) | (after == ord(":"))) & ~bracket
    loud = (words & _SMALL == 0) & loud | (after == ord("]")) & bracket
    return np.where(loud, codes_of(words), UNKNOWN).astype(np.uint8)


def _numbers(words: Words, scale: Rows) -> Codes:
    """Return the levels of values that are numbers of one to three digits; 0 for all else."""
    count = count_digits(words)
    value = np.zeros(len(words), dtype=np.int64)
    for column in range(3):
        value = np.where(column < count, value * 10 + byte(words, column).astype(np.int64) - 48, value)
    after = (words >> (np.minimum(count, 7) * 8).astype(np.uint64)) & U64(0xFF)
    good = (count > 0) & (count < 4) & (after != U64(ord(".")))
    code: Codes = _SCALES[scale, value] * good
    return code


def _scales() -> tuple[Codes, Rows]:
    """Return what numbers below 1000 mean on several scales, and the scale of every key."""
    scales = np.zeros((5, 1000), dtype=np.uint8)
    scales[_OTEL, 1:25] = [code_of_severity(number) for number in range(1, 25)]
    scales[_USUAL, :8] = (FATAL, FATAL, FATAL, ERROR, WARN, INFO, INFO, DEBUG)  # syslog's
    for number, code in NUMBERS.items():  # pino's, and Monolog's
        scales[_USUAL, number] = code
    monolog = {100: DEBUG, 200: INFO, 250: INFO, 300: WARN, 400: ERROR, 500: FATAL, 550: FATAL, 600: FATAL}
    scales[_USUAL, list(monolog)] = list(monolog.values())
    scales[_PYTHON, :60] = np.repeat([TRACE, DEBUG, INFO, WARN, ERROR, FATAL], 10)
    scales[_HTTP, 100:600] = np.repeat([INFO, INFO, INFO, WARN, ERROR], 100)
    of = np.full(len(KEYS), _USUAL, dtype=np.intp)
    of[[KEYS.index("severityNumber"), KEYS.index("levelno")]] = _OTEL, _PYTHON
    of[[KEYS.index(key) for key in STATUS_KEYS]] = _HTTP
    of[KEYS.index("priority")] = _NO_SCALE  # of a task, as likely as not
    return scales, of


_USUAL, _OTEL, _PYTHON, _HTTP, _NO_SCALE = range(5)
_SCALES, _SCALE_OF = _scales()


def _skip(lines: Lines, at: Positions) -> Positions:
    """Step over blanks, a quote and blanks before a value."""
    words = lines.word(at)
    quote = words & U64(0xFF) == U64(34)
    blank = (words & U64(0xFF) == U64(32)) | (quote & (words & U64(0xFFFF) == U64(0x2022)))
    if not blank.any():
        after: Positions = at + quote
        return after
    for character in (32, 34, 32):
        step = lines.byte(at) == character
        at = at + step
        while character == 32 and step.any():
            step = step & (lines.byte(at) == 32)
            at = at + step
    return at


def _inside(lines: Lines, at: Positions, pattern: str) -> Positions:
    """Step into values that are objects, to the value in them that tells what theirs would; others stay."""
    rows = np.flatnonzero(lines.byte(at) == ord("{"))
    if not len(rows):
        return at
    begin = at[rows]
    end = np.minimum(begin + _DEEPEST, np.append(begin[1:], lines.after))
    step = as_ascii(cut_out(lines.data, begin, end)).str.extract(pattern).str.len_bytes().fill_null(0).to_numpy()
    at = at.copy()
    at[rows] = _skip(lines, begin + step)
    return at


def _times(lines: Lines, found: Found, at: Positions) -> tuple[Rows, Positions]:
    """Return in which notations values are times, 0 for those that are none, and where they begin."""
    rows = np.flatnonzero(found.key >= FIRST_TIME)
    at, notation = at.copy(), np.zeros(len(at), dtype=np.intp)
    at[rows] = _inside(lines, at[rows], _INSIDE_TIME)
    notation[rows] = _notations(lines, found.row[rows], at[rows])
    return notation, at


def _notations(lines: Lines, row: Rows, at: Positions) -> Rows:
    """Return in which notation a time stands at each position, as the index of its layout in `_LAYOUTS`; 0 for none.

    `row` is the line of each position.
    """
    words, more = lines.word(at), lines.word(at + 8)
    count, slash = count_digits(words), U64(ord("/"))
    iso = (count == 4) & (words & _HYPHENS == _ISO) & is_digit(byte(more, 3))
    if iso.all():
        return np.ones(len(at), dtype=np.intp)
    epoch = (count == 8) & (count_digits(more) >= 2)
    access = (count == 2) & (byte(words, 2) == slash) & (byte(words, 6) == slash)
    notation: Rows = iso * 1 + epoch * 2 + access * 3
    first = byte(words, 0)
    rare = (notation == 0) & (lines.byte(at - 1) == ord('"')) & (is_digit(first) | (first - U64(65) < U64(26)))
    rows = np.flatnonzero(rare)
    for index, form in enumerate(_DATES if len(rows) else (), start=len(_LAYOUTS)):
        rows = rows[notation[rows] == 0]
        notation[rows[begin_by_pattern(_from(lines, row[rows], at[rows]), form)]] = index
    return notation


def _from(lines: Lines, rows: Rows, at: Positions) -> Lines:
    """Return chosen lines as if each began at a place in it."""
    return replace(lines.pick(rows), starts=at, heads=at)


_HYPHENS: Final = U64(0xFF0000FF00000000)  # where they stand in a date of ISO 8601
_ISO: Final = U64(0x2D00002D00000000)
_LAYOUTS: Final = (None, ISO, EPOCH, ACCESS)
_DATES: Final = (YEAR_FIRST, NAMED_MONTH, DOTTED, MONTH_DAY, DAY_MONTH, COMPACT)  # as lines of text may begin with


def _stamps(lines: Lines, at: Positions, notation: Rows) -> Stamps:
    """Return the times that stand at the given places in their notations."""
    present = np.flatnonzero(np.bincount(notation, minlength=len(_LAYOUTS)))
    if len(present) == 1 and present[0] < len(_LAYOUTS) and (layout := _LAYOUTS[present[0]]):
        return _read(lines, at, layout)
    stamps = no_stamps(lines)
    for index, layout in enumerate(_LAYOUTS):
        rows = np.flatnonzero(notation == index)
        if layout and len(rows):
            stamps = merge_stamps(stamps, _read(lines.pick(rows), at[rows], layout), rows)
    for index in present[present >= len(_LAYOUTS)]:
        rows = np.flatnonzero(notation == index)
        found = scan_pattern(_from(lines, rows, at[rows]), _DATES[index - len(_LAYOUTS)])
        stamps = merge_stamps(stamps, found.stamps, rows)
    return stamps


def _read(lines: Lines, at: Positions, layout: Layout) -> Stamps:
    """Return the times that stand at the given places in one notation.

    What an object counts apart from its seconds is theirs too, unless it is less than a tenth: zeros are not written.
    """
    stamps = read_stamps(lines, at, layout)
    rows = np.flatnonzero(np.isin(lines.word(np.maximum(at - 8, 0)), _BEFORE_SECONDS)) if layout is EPOCH else at[:0]
    if not len(rows):
        return stamps
    begin = np.maximum(at[rows] - _DEEPEST // 2, lines.heads[rows])
    end = np.minimum(at[rows] + _DEEPEST // 2, lines.ends[rows])
    step = as_ascii(cut_out(lines.data, begin, end)).str.extract(_NANOS).str.len_bytes()
    fraction = stamps.fraction.copy()
    fraction[rows] = np.where(step.is_not_null(), begin + step.fill_null(0).to_numpy(), fraction[rows])
    return replace(stamps, fraction=fraction)
