"""The scanner of free text: every line is a record, but for those that plainly go on with the one before."""

from __future__ import annotations

import string
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.levels import LABELLED, SHOUTED_PATTERN, WORDS, codes_of
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan import Scan, codes_of_names
from tailrace.logs.reading.stamps import no_stamps
from tailrace.logs.reading.words import U64, Positions, count_letters, keep, pack, places

_REACH: Final = 256  # bytes of a line that are looked at
ATTACHED: Final = (
    r"^(?:at |Caused by: |Suppressed: |Traceback \(most recent call last\)|\.\.\. \d+ |During handling of the above|"
    r"The above exception was|goroutine \d+ \[|created by |stack backtrace:|--- End of |[})\]])"
)
_RAISED: Final = r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Iteration)(?::|$)"
_WORDS: Final = "trace|verbose|debug|info|notice|warn|warning|err|error|severe|crit|critical|fatal|panic|emerg"
_LEVEL: Final = (
    rf"^(?:\S+\s+){{0,6}}?[\[(<]?({SHOUTED_PATTERN})(?:[\])>:,;|]|\s|$)|^[\[(<]?((?i-u:{_WORDS}))(?:[\])>]:?\s|:)|"
    rf"^(?:\S+\s+){{0,6}}?[\[(<]((?i-u:{_WORDS}))[\])>]|^" + LABELLED % ""
)


_CASE: Final = U64(0x2020202020202020)
_LONG: Final = np.array([pack(word[:8]) for word in WORDS if len(word) > 8], dtype=np.uint64)
_PREFIXES: Final = np.array(
    [pack(text) for text in ("at ", "Cau", "Sup", "Tra", "...", "Dur", "The", "gor", "cre", "sta", "---")],
    dtype=np.uint64,
)
_SHORTEST: Final = 3  # letters of a level word
_FEW: Final = 4  # of so many lines one is few, so that they are worth to be copied
_NOTHING: Final = np.zeros(1, dtype=np.uint8)
_BLOCK: Final = 1 << 18  # bytes looked at together, so that they stay in the cache
_LETTER: Final = np.array([chr(code) in string.ascii_uppercase for code in range(256)])
_UPPER: Final = _LETTER | np.array([chr(code) in "[(<" for code in range(256)])
_ENDS: Final = np.array([chr(code) in "])>:,;| \t\n\v\f\r" for code in range(256)])
_BLANK: Final = np.array([chr(code) in "\t\n\r " for code in range(256)])
_CLOSES: Final = np.array([chr(code) in "})]" for code in range(256)])


def scan_free(lines: Lines, form: Format) -> Scan:
    """Scan lines of free text; no line has a time."""
    del form
    return Scan(begins_record(lines), free_levels(lines), no_stamps(lines))


def free_levels(lines: Lines) -> NDArray[np.uint8]:
    """Return the level code of each line: a level word that stands alone near the line's beginning.

    A word in upper case at the very beginning is read at once. Of the other lines only those meet the pattern in which
    some level word stands where one may stand.
    """
    level = _leading(lines)
    rest = np.flatnonzero(level == 0)
    if len(rest):
        rest = rest[_suspect(lines, rest)]
    if len(rest):
        texts = head_texts(lines.pick(rest), lines.heads[rest], limit=_REACH)
        level[rest] = levels_by_pattern(texts)
    return level


def levels_by_pattern(texts: pl.Series) -> NDArray[np.uint8]:
    """Return what `free_levels` finds in texts that are lines, by the pattern alone."""
    groups = texts.str.extract_groups(_LEVEL).struct.unnest()
    word = groups.to_series(0)
    for other in groups.get_columns()[1:]:
        word = word.fill_null(other.str.to_lowercase())
    return codes_of_names(word)


def _leading(lines: Lines) -> NDArray[np.uint8]:
    """Return the level of lines that begin with its word in upper case, perhaps after a bracket."""
    level = np.zeros(len(lines), dtype=np.uint8)
    rows = np.flatnonzero(_UPPER[lines.byte(lines.heads)] & (lines.ends - lines.heads >= _SHORTEST))
    at = lines.heads[rows]
    at = at + ~_LETTER[lines.byte(at)]
    words = lines.word(at)
    code, end = codes_of(words), at + count_letters(words)
    # Of a word in title case the pattern decides, as of all that is followed by something unusual.
    found = _ENDS[lines.byte(end)] & (end <= lines.ends[rows]) & _LETTER[lines.byte(at)] & _LETTER[lines.byte(at + 1)]
    level[rows] = np.where(found, code, np.uint8(0))
    return level


def _suspect(lines: Lines, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which of some lines may hold a level word: in upper case, in brackets, after a colon, or at its start."""
    lines = lines.pick(rows).copied() if len(rows) * _FEW <= len(lines) else lines.pick(rows)
    suspect = codes_of(lines.word(lines.heads) | _CASE) > 0
    base = int(lines.heads[0])
    for begin in range(base, lines.after, _BLOCK):
        hits = _possible(lines, begin, min(begin + _BLOCK, lines.after))
        row = np.searchsorted(lines.heads, hits, "right") - 1
        suspect[row[(hits < lines.ends[row]) & (hits < lines.heads[row] + _REACH)]] = True
    return suspect & (lines.ends - lines.heads >= _SHORTEST)


def _possible(lines: Lines, begin: int, end: int) -> Positions:
    """Return where, between two places, level words stand in upper case, after a bracket, or a colon and a blank."""
    text = lines.bytes[max(begin - 1, 0) : end + 2]
    if not begin:
        text = np.concatenate((_NOTHING, text))
    upper = (text - np.uint8(ord("A"))) < 26
    shouted = places(upper[1:-2] & upper[2:-1] & upper[3:] & ~upper[:-3]) + begin
    words = lines.words[shouted]
    shouted = shouted[(codes_of(words) > 0) | np.isin(words, _LONG)]
    text = text[1:-2]
    opening = places((text == ord("[")) | (text == ord("(")) | (text == ord("<"))) + begin
    after = places(((text == ord(":")) | (text == ord("]"))) & (lines.bytes[begin + 1 : end + 1] == ord(" "))) + begin
    opening, after = (at[codes_of(lines.words[at + skip] | _CASE) > 0] for at, skip in ((opening, 1), (after, 2)))
    return np.concatenate((shouted, opening, after))


def begins_record(lines: Lines) -> NDArray[np.bool_]:
    """Tell which lines stand on their own: not blank, not indented, and no known part of a stack trace."""
    first = lines.byte(lines.heads)
    start: NDArray[np.bool_] = (lines.heads < lines.ends) & ~_BLANK[first]
    prefix = keep(lines.word(lines.heads), 3)
    attached = np.flatnonzero(start & (_CLOSES[first] | np.isin(prefix, _PREFIXES)))
    start[attached] = ~_contains(lines, attached, ATTACHED)
    # The last line of a Python traceback is not indented, but it follows a line that is.
    indented = (first == 9) | (first == 32)
    raised = np.flatnonzero(start[1:] & indented[:-1]) + 1
    tracebacks = attached[prefix[attached] == U64(pack("Tra"))]
    start[raised] = ~(_contains(lines, raised, _RAISED) | _next_above(indented, raised, tracebacks[~start[tracebacks]]))
    return start


def _next_above(indented: NDArray[np.bool_], rows: NDArray[np.intp], some: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which lines, none of them indented, have one of some others above them, and between only indented ones."""
    if not len(some) or not len(rows):
        return np.zeros(len(rows), dtype=np.bool_)
    flat = np.flatnonzero(~indented)
    above = np.searchsorted(flat, rows) - 1
    found: NDArray[np.bool_] = (above >= 0) & np.isin(flat[above], some)
    return found


def _contains(lines: Lines, rows: NDArray[np.intp], pattern: str) -> NDArray[np.bool_]:
    if not len(rows):
        return np.empty(0, dtype=np.bool_)
    texts = head_texts(lines.pick(rows), lines.heads[rows], limit=_REACH)
    return texts.str.contains(pattern).to_numpy()
