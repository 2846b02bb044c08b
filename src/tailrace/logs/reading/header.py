"""Headers: where level, thread, logger and message stand in lines that begin with a time.

The fields are followed from left to right for all lines at once. What does not go by that order is left to the
format's pattern: `known` says which lines were understood.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.levels import codes_of
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.words import U64, Bytes, Positions, count_digits, count_letters, keep, pack

SEPARATORS: Final = np.zeros(256, dtype=np.int64)  # what may stand between fields
SEPARATORS[[ord(c) for c in " \t|]:-"]] = 1
_SPACES: Final = np.zeros(256, dtype=np.int64)
_SPACES[[ord(c) for c in " \t]"]] = 1
_DASHES: Final = np.array([chr(code) in "-|:" for code in range(256)])
_MOST_SEPARATORS: Final = 8
_LONGEST: Final = 256  # bytes of a thread or logger; longer ones are left to the pattern

_TOGETHER: Final = 64  # bytes of each line that are searched at once

Spans = tuple[Positions, Positions]
Mask = NDArray[np.bool_]


def is_bracket(codes: Bytes) -> Mask:
    """Tell which bytes close a bracket."""
    return np.equal(codes, ord("]"))


def is_quote(codes: Bytes) -> Mask:
    """Tell which bytes are a double quote."""
    return np.equal(codes, ord('"'))


def _is_space(codes: Bytes) -> Mask:
    return np.equal(codes, ord(" "))


def _is_no_space(codes: Bytes) -> Mask:
    return np.not_equal(codes, ord(" "))


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of n lines as spans of positions, empty where a field is missing; `body` is where messages begin."""

    known: NDArray[np.bool_]
    thread: Spans
    logger: Spans
    body: Positions
    after_logger: Positions


def skip_separators(lines: Lines, at: Positions) -> Positions:
    """Step over what stands between fields: blanks, bars, colons, hyphens, closing brackets."""
    return _skip(lines, at, SEPARATORS)


def _skip(lines: Lines, at: Positions, steps: NDArray[np.int64]) -> Positions:
    for _ in range(_MOST_SEPARATORS):
        step = steps.take(lines.byte(at))
        if not step.any():
            break
        at = at + step
    return at


def find_within(lines: Lines, at: Positions, ends: Positions, find: Callable[[Bytes], Mask]) -> Positions:
    """Return where the first byte of a kind stands from each position on and before its end; -1 where not in reach."""
    found = np.full(len(at), -1, dtype=np.int64)
    active = np.flatnonzero(at < ends)
    for _ in range(_LONGEST // _TOGETHER):
        if not len(active):
            break
        begin = at[active]
        marks = find(lines.stretches(begin, _TOGETHER))
        place = marks.argmax(axis=1)
        hit = marks[np.arange(len(begin)), place]
        found[active[hit]] = (begin + place)[hit]
        active = active[~hit]
        at = at + _TOGETHER
        active = active[at[active] < ends[active]]
    return np.where(found < ends, found, -1)


def read_headers(lines: Lines, at: Positions) -> Headers:
    """Read the fields that follow each position, where the time of a line ends."""
    at = skip_separators(lines, at)
    bracket = lines.byte(at) == ord("[")
    thread_begin, thread_end = at + 1, find_within(lines, at, np.where(bracket, lines.ends, 0), is_bracket)
    first = codes_of(lines.word(at + bracket))
    threaded = bracket & (first == 0) & (thread_end >= 0)
    place = np.where(threaded, skip_separators(lines, thread_end), at + bracket)
    place = place + (threaded & (lines.byte(place) == ord("[")))
    words = lines.word(np.minimum(place, lines.after))
    known = (codes_of(words) > 0) & (place < lines.ends)
    before = _after_dash(lines, place + count_letters(words))
    place = _after_process(lines, before)
    later = known & ~threaded & (lines.byte(np.minimum(place, lines.after)) == ord("["))
    close = find_within(lines, place, np.where(later, lines.ends, 0), is_bracket)
    place, close = _after_application(lines, place, close, later & (place > before))
    # A thread's name that holds brackets itself ends at a bracket before a blank.
    known &= ~later | ((close >= 0) & (_SPACES[lines.byte(np.maximum(close + 1, 0))] > 0))
    later &= close >= 0
    begin = np.where(later, place + 1, thread_begin)
    thread = (begin, np.where(later, close, np.where(threaded, thread_end, begin)))
    body = np.where(later, _after_dash(lines, np.maximum(close, 0)), place)
    logger, after = _logger(lines, body)
    return Headers(known, thread, logger, np.minimum(body, lines.ends), np.minimum(after, lines.ends))


def _after_process(lines: Lines, at: Positions) -> Positions:
    """Step over a process number and three hyphens, as Spring Boot writes them before the thread."""
    words = lines.word(at)
    digits = count_digits(words)
    if not digits.any():
        return at
    hyphens = (digits > 0) & (keep(lines.word(at + digits), 5) == U64(pack(" --- ")))
    return at + np.where(hyphens, digits + 5, 0)


def _after_application(lines: Lines, at: Positions, close: Positions, possible: Mask) -> Spans:
    """Step over the application's name in brackets, as Spring Boot writes it before the thread, where two follow."""
    rows = np.flatnonzero(possible & (close >= 0))
    rows = rows[(lines.byte(close[rows] + 1) == ord(" ")) & (lines.byte(close[rows] + 2) == ord("["))]
    if len(rows):
        at, close = at.copy(), close.copy()
        at[rows] = close[rows] + 2
        close[rows] = find_within(lines, at[rows], lines.ends[rows], is_bracket)
    return at, close


def _after_dash(lines: Lines, at: Positions) -> Positions:
    """Step over blanks, one hyphen, bar or colon before a blank, and blanks again."""
    at = _skip(lines, np.minimum(at, lines.after), _SPACES)
    dash = _DASHES[lines.byte(at)] & (_SPACES[lines.byte(at + 1)] > 0)
    return np.where(dash, _skip(lines, at + dash, _SPACES), at) if dash.any() else at


def _logger(lines: Lines, at: Positions) -> tuple[Spans, Positions]:
    """Return the first word if a colon, or a hyphen between blanks, follows it, and where the message begins.

    Before a colon the word may be padded with blanks.
    """
    blank = find_within(lines, at, lines.ends, _is_space)
    end = np.maximum(blank, 0)
    colon = (blank > at) & (lines.byte(np.maximum(end - 1, 0)) == ord(":"))
    sign = end + 1
    padded = np.flatnonzero((blank > at) & ~colon & (lines.byte(sign) == ord(" ")))
    sign[padded] = np.maximum(find_within(lines, sign[padded], lines.ends[padded], _is_no_space), 0)
    mark = lines.byte(sign)
    dashed = (mark == ord("-")) & (sign == end + 1)
    apart = (blank > at) & ~colon & (dashed | (mark == ord(":"))) & (lines.byte(sign + 1) == ord(" "))
    stop = np.where(colon, end - 1, np.where(apart, end, at))
    after = np.where(apart, _skip(lines, sign + 1, _SPACES), _skip(lines, end, _SPACES))
    return (at, stop), np.where(colon | apart, after, at)
