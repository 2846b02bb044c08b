"""Fingerprints: what a person would call the same message, under one hash.

A message's variable parts are masked in a fixed order, which makes its template; the template's hash is the
fingerprint. First, for all messages at once, every run of digits becomes one `0`, and a word that mixes letters with
three or more such runs (a random identifier, a hash) becomes `#`, as what is written in base64 does. The patterns of
`MASKS` follow, in their order, over what is left, message by message. All this is one version: any change to it changes
`VERSION`, and every fingerprint.

Of a record of several lines the first that says something takes part, and of a stack trace the first three frames, the
causes and the exceptions, without their line numbers.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.lines import as_column, as_text, buffers, cut_out, spread
from tailrace.logs.reading.masks import masked
from tailrace.logs.reading.words import PAD, U64, Bytes, Positions, Words, places, view

Mask = NDArray[np.bool_]

VERSION: Final = 5
_LONGEST: Final = 2000  # bytes of a message that take part
_FRAMES: Final = 3

_FRAME: Final = r"(?m)^\s+at [^\n(]+|^\s+File [^\n]+, in [^\n]+"
_CAUSE: Final = (
    r"(?m)^(?:Caused by: )?(?:[A-Za-z_][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Fault)\b"
    r"|^\s+exception (?:error|exit|throw): [^\n]+"
)


def fingerprints(bodies: pl.Series) -> pl.DataFrame:
    """Return the columns `template` and `fingerprint` (16 hexadecimal digits) of messages, each judged by itself."""
    shapes = _shapes(*buffers(_telling(bodies))).dictionary_encode()
    columns = _RECENT.masked(as_text(shapes.dictionary)[0].to_list())
    return pl.DataFrame(
        [pl.Series(name, texts.take(shapes.indices)) for name, texts in zip(_NAMES, columns, strict=True)]
    )


class _Recent:
    """The templates of shapes met lately, since the same few come again and again; forgotten when they grow too many.

    Nothing but speed depends on what is remembered. A table is replaced, never emptied, so threads may share it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._known: dict[str, tuple[str, str]] = {}

    def masked(self, shapes: list[str]) -> tuple[pa.LargeStringArray, pa.LargeStringArray]:
        """Return the template and the fingerprint of every shape; only those not known yet meet the patterns."""
        known = self._known
        fresh = [shape for shape in shapes if shape not in known]
        size = sum(map(len, fresh))
        if self._size + size > self._most:
            known, fresh, self._size = {}, shapes, 0
        known.update(zip(fresh, _masked(fresh), strict=True))
        if size <= self._most:
            self._known, self._size = known, self._size + size
        found = [known[shape] for shape in shapes]
        templates, hashed = ([pair[i] for pair in found] for i in range(2))
        return pa.array(templates, pa.large_string()), pa.array(hashed, pa.large_string())


def _masked(shapes: list[str]) -> list[tuple[str, str]]:
    """Return the template of every shape, and its fingerprint."""
    if not shapes:
        return []
    templates = masked(shapes)
    hashed = _hexadecimal(pl.Series(_hashes(templates), dtype=pl.UInt64))
    return list(zip(templates.to_list(), hashed.to_list(), strict=True))


_NAMES: Final = ("template", "fingerprint")
_RECENT: Final = _Recent(most=8 << 20)


def fingerprint(template: str) -> str:
    """Return the hash of a template: 16 hexadecimal digits, the same everywhere and always."""
    return str(_hexadecimal(pl.Series(_hashes(pl.Series([template])), dtype=pl.UInt64))[0])


def _telling(bodies: pl.Series) -> pa.LargeStringArray:
    """Return what of each body takes part: its first line, and of a stack trace the first frames and the causes."""
    texts = bodies.to_arrow(compat_level=pl.CompatLevel.oldest())
    if not (buffers(texts)[0] == _FEED).any():
        return texts
    many = bodies.str.contains("\n", literal=True)
    frame = pl.DataFrame({"body": bodies})
    frames = pl.col("body").str.extract_all(_FRAME).list.head(_FRAMES)
    causes = pl.col("body").str.extract_all(_CAUSE)
    parts = pl.concat_list(pl.col("body").str.extract(r"^(?:[^\w\n]*\n)*([^\n]*)"), causes, frames)
    long = frame.filter(many).select(parts.list.eval(pl.element().str.strip_chars()).list.unique(maintain_order=True))
    joined = long.select(pl.first().list.join("\n")).to_series()
    return bodies.clone().scatter(many.arg_true(), joined).to_arrow(compat_level=pl.CompatLevel.oldest())


def _shapes(data: Bytes, offsets: Positions) -> pa.LargeBinaryArray:
    """Return messages, from offset to offset, with every run of digits as `0` and mixed or encoded words as `#`."""
    begins, ends = offsets[:-1], np.minimum(offsets[1:], offsets[:-1] + _LONGEST)
    if (ends < offsets[1:]).any():
        data, offsets = buffers(cut_out(data.tobytes() + bytes(PAD), begins, ends))
    # Comparisons of all bytes are many times as fast as looking each up.
    value, word = data - _ZERO, ((data | _SMALL) - _A) < 26
    digit = value < 10
    word |= digit
    again = np.zeros(len(data), dtype=np.bool_)
    np.logical_and(digit[1:], digit[:-1], out=again[1:])
    # A digit at the beginning of a message begins a run of its own, whatever the message before ends in.
    again[offsets[:-1][offsets[:-1] < len(data)]] = False
    shaped, keep = data - value * digit, ~again
    for begins, ends in (_mixed(word, digit, again, offsets), _encoded(data, word, offsets)):
        shaped[begins] = ord("#")
        keep[spread(begins + 1, ends)] = False
    offsets = offsets - np.searchsorted(np.flatnonzero(~keep), offsets)
    return as_column(shaped[keep], offsets)


def _mixed(word: Mask, digit: Mask, again: Mask, offsets: Positions) -> tuple[Positions, Positions]:
    """Return where words of letters and three or more runs of digits begin and end.

    Of every byte is told whether it is a letter or digit, a digit, and one that goes on with a run.
    """
    begins, ends = places(digit & ~again), places(digit & ~np.append(again[1:], False)) + 1
    # A letter must follow the first and the second run: that rules nearly all numbers out.
    within = np.append(word, False)
    within[offsets] = False
    lettered = within[ends]
    first = np.flatnonzero(lettered[:-2] & lettered[1:-1])
    if not len(first):
        return begins[:0], ends[:0]
    apart = np.append(np.flatnonzero(~word), len(word))
    place, body = np.searchsorted(apart, begins[first]), np.searchsorted(offsets, begins[first], "right")
    third = begins[first + 2]
    same = (place == np.searchsorted(apart, third)) & (body == np.searchsorted(offsets, third, "right"))
    place, body = place[same], body[same]
    begins = np.maximum(np.where(place > 0, apart[place - 1] + 1, 0), offsets[body - 1])
    begins, once = np.unique(begins, return_index=True)
    return begins, np.minimum(apart[place], offsets[body])[once]


def _encoded(data: Bytes, word: Mask, offsets: Positions) -> tuple[Positions, Positions]:
    """Return where words in base64, of forty characters or more, begin and end, given where letters and digits are.

    Only messages are looked at that hold such a run of characters: four words of eight bytes are full of them, and in
    these there is a change of kind now and then.
    """
    marks = word.copy()
    for code in _JOINTS:
        marks |= data == code
    full = marks[: len(marks) & ~7].view(np.uint64) == _FULL
    hits = np.flatnonzero(full[:-3] & full[1:-2] & full[2:-1] & full[3:]) * 8
    if not len(hits):
        return offsets[:0], offsets[:0]
    hits = hits[np.diff(hits, prepend=-9) > 8]
    hits = hits[_changes(_KIND[data[hits[:, None] + np.arange(32)]]).sum(axis=1) >= _FEW_CHANGES]
    rows = np.unique(np.searchsorted(offsets, hits, "right")) - 1
    at = spread(offsets[rows], offsets[rows + 1])
    begins, ends = _encoded_among(data[at], np.append(0, np.cumsum(np.diff(offsets)[rows])))
    return at[begins], at[ends - 1] + 1


def _encoded_among(data: Bytes, offsets: Positions) -> tuple[Positions, Positions]:
    """Return where words in base64 begin and end in a few messages.

    In these a small letter, a capital or a digit is mostly followed by one of another kind; in words that people put
    together, and in paths, by one of the same.
    """
    kind = _KIND[data]
    edge = np.zeros(len(data) + 1, dtype=np.bool_)
    edge[1:-1] = (kind[1:] > 0) != (kind[:-1] > 0)
    edge[offsets] = True
    edges = np.flatnonzero(edge)
    long = np.flatnonzero(np.diff(edges) >= _ENCODED)
    long = long[(kind[edges[long]] > 0) & (data[edges[long]] != ord("/"))]
    if not len(long):
        return edges[:0], edges[:0]
    begins, ends = edges[long], edges[long + 1]
    size, within = ends - begins, kind[spread(begins, ends)]
    first, changes = np.cumsum(size) - size, np.append(_changes(within), False)
    good = np.add.reduceat(changes.astype(np.int64), first) > size * _CHANGES
    for each in _KINDS:
        good &= np.logical_or.reduceat(within == each, first)
    begins, ends = begins[good], ends[good]
    stop, padded = offsets[np.searchsorted(offsets, begins, "right")], np.append(data, 0)
    for _ in range(2):
        ends = ends + ((ends < stop) & (padded[ends] == ord("=")))
    return begins, ends


def _changes(kind: Bytes) -> Mask:
    """Tell of which letters and digits the next is of another kind, along the last axis."""
    one, other = kind[..., :-1], kind[..., 1:]
    found: Mask = (one != other) & (one < _MARK) & (other < _MARK)
    return found


_ENCODED: Final = 40  # characters; so many are hardly ever one word
_CHANGES: Final = 0.4  # of them are followed by one of another kind, at least; of random ones six in ten
_FEW_CHANGES: Final = 8  # among 32
_KINDS, _MARK = (1, 2, 3), 4
_KIND: Final = np.array(
    [
        (1 if chr(code).islower() else 2 if chr(code).isupper() else 3) if code < 128 and chr(code).isalnum()
        else _MARK * (code in b"+/_-") for code in range(256)
    ],
    dtype=np.uint8,
)  # fmt: skip
_JOINTS: Final = b"+/_-"  # stand in such words besides
_FULL: Final = U64(0x0101010101010101)
_FEED: Final = np.uint8(ord("\n"))
_ZERO, _A, _SMALL = np.uint8(ord("0")), np.uint8(ord("a")), np.uint8(0x20)


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter the bits of words (the finalizer of SplitMix64)."""
    words = (words ^ (words >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> U64(27))) * U64(0x94D049BB133111EB)
    return words ^ (words >> U64(31))


def _hashes(texts: pl.Series) -> NDArray[np.uint64]:
    """Return the 64-bit hash of every text: the sum of its scattered words, each with its place, scattered again."""
    data, offsets = buffers(texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
    sizes = np.diff(offsets)
    words = view(data.tobytes() + bytes(PAD))
    counts = sizes // 8 + 1
    ends = np.cumsum(counts)
    place = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
    left = np.repeat(sizes, counts) - place * 8
    chunk = words[np.repeat(offsets[:-1], counts) + place * 8]
    mask = (U64(1) << (np.clip(left, 0, 7) * 8).astype(np.uint64)) - U64(1)
    chunk = np.where(left >= 8, chunk, chunk & mask)
    scattered = _mix(chunk + (place.astype(np.uint64) + U64(VERSION)) * U64(0x9E3779B97F4A7C15))
    total: Words = np.add.reduceat(scattered, ends - counts) if len(ends) else scattered
    return _mix(total ^ sizes.astype(np.uint64))


_DIGITS: Final = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def _hexadecimal(values: pl.Series) -> pl.Series:
    """Return numbers of 64 bits as 16 hexadecimal digits."""
    shifts = np.arange(60, -1, -4, dtype=np.uint64)
    digits = _DIGITS[((values.to_numpy()[:, None] >> shifts) & U64(15)).astype(np.intp)]
    column = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(values), [None, pa.py_buffer(digits.tobytes())])
    return as_text(column.cast(pa.large_binary()))[0]
