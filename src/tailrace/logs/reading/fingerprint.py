"""Fingerprints: what a person would call the same message, under one hash.

A message's variable parts are masked in a fixed order, which makes its template; the template's hash is the
fingerprint. First, for all messages at once, every run of digits becomes one `0`, and a word that mixes letters with
three or more such runs (a random identifier, a hash) becomes `#`, as what is written in base64 does. The patterns of
`MASKS` follow, in their order, over what is left, message by message. All this is one version: any change to it changes
`VERSION`, and every fingerprint.

Of a record of several lines the first takes part, and of a stack trace the first three frames, the causes and the
exceptions, without their line numbers.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.lines import as_text, buffers, cut_out, spread
from tailrace.logs.reading.masks import masked
from tailrace.logs.reading.words import PAD, U64, Bytes, Positions, Words, view

VERSION: Final = 4
_LONGEST: Final = 2000  # bytes of a message that take part
_FRAMES: Final = 3

_FRAME: Final = r"(?m)^\s+at [^\n(]+|^\s+File [^\n]+, in [^\n]+"
_CAUSE: Final = (
    r"(?m)^(?:Caused by: )?(?:[A-Za-z_][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Fault)\b"
    r"|^\s+exception (?:error|exit|throw): [^\n]+"
)


def fingerprints(bodies: pl.Series) -> pl.DataFrame:
    """Return the columns `template` and `fingerprint` (16 hexadecimal digits) of messages, each judged by itself."""
    shapes = _shapes(_telling(bodies)).to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    masked = _RECENT.masked(shapes.dictionary.to_pylist())
    return masked[pl.Series(shapes.indices.to_numpy())]


class _Recent:
    """The templates of shapes met lately, since the same few come again and again; forgotten when they grow too many.

    Nothing but speed depends on what is remembered. A table is replaced, never emptied, so threads may share it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._known: dict[str, tuple[str, str]] = {}

    def masked(self, shapes: list[str]) -> pl.DataFrame:
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
        return pl.DataFrame([[pair[i] for pair in found] for i in range(2)], schema=_COLUMNS)


def _masked(shapes: list[str]) -> list[tuple[str, str]]:
    """Return the template of every shape, and its fingerprint."""
    if not shapes:
        return []
    templates = masked(shapes)
    hashed = _hexadecimal(pl.Series(_hashes(templates), dtype=pl.UInt64))
    return list(zip(templates.to_list(), hashed.to_list(), strict=True))


_COLUMNS: Final = {"template": pl.String(), "fingerprint": pl.String()}
_RECENT: Final = _Recent(most=8 << 20)


def fingerprint(template: str) -> str:
    """Return the hash of a template: 16 hexadecimal digits, the same everywhere and always."""
    return str(_hexadecimal(pl.Series(_hashes(pl.Series([template])), dtype=pl.UInt64))[0])


def _telling(bodies: pl.Series) -> pl.Series:
    """Return what of each body takes part: its first line, and of a stack trace the first frames and the causes."""
    many = bodies.str.contains("\n", literal=True)
    if not many.any():
        return bodies
    frame = pl.DataFrame({"body": bodies})
    frames = pl.col("body").str.extract_all(_FRAME).list.head(_FRAMES)
    causes = pl.col("body").str.extract_all(_CAUSE)
    parts = pl.concat_list(pl.col("body").str.extract("^([^\n]*)"), causes, frames)
    long = frame.filter(many).select(parts.list.eval(pl.element().str.strip_chars()).list.unique(maintain_order=True))
    joined = long.select(pl.first().list.join("\n")).to_series()
    return bodies.clone().scatter(many.arg_true(), joined)


def _shapes(bodies: pl.Series) -> pl.Series:
    """Return messages with every run of digits as `0` and every mixed or encoded word as `#`."""
    texts = bodies.to_arrow(compat_level=pl.CompatLevel.oldest())
    data, offsets = buffers(texts)
    begins, ends = offsets[:-1], np.minimum(offsets[1:], offsets[:-1] + _LONGEST)
    if (ends < offsets[1:]).any():
        data, offsets = buffers(cut_out(data.tobytes() + bytes(PAD), begins, ends))
    shaped = np.frombuffer(data.tobytes().translate(_FOLDED) + b" ", dtype=np.uint8)
    digits = np.flatnonzero(shaped == 48)
    again = np.diff(digits, prepend=-2) == 1
    # A digit at the beginning of a message begins a run of its own, whatever the message before ends in.
    place = np.searchsorted(digits, offsets[:-1])
    place = place[place < len(digits)]
    again[place[digits[place] == offsets[:-1][: len(place)]]] = False
    keep = np.ones(len(shaped), dtype=np.bool_)
    keep[-1] = False
    keep[digits[again]] = False
    for begins, ends in (_mixed(shaped, digits, again, offsets), _encoded(data, offsets)):
        if len(begins):
            shaped = shaped.copy()
            shaped[begins] = ord("#")
            keep[spread(begins + 1, ends)] = False
    offsets = offsets - np.searchsorted(np.flatnonzero(~keep), offsets)
    column = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(shaped[keep])]
    )
    return as_text(column)[0]


def _mixed(
    shaped: Bytes, digits: NDArray[np.intp], again: NDArray[np.bool_], offsets: Positions
) -> tuple[Positions, Positions]:
    """Return where words of letters and three or more runs of digits begin and end, given all digits.

    `again` tells of a digit that it goes on with a run.
    """
    begins, ends = digits[~again], digits[np.append(~again[1:], True)[: len(digits)]] + 1
    # A letter must follow the first and the second run: that rules nearly all numbers out.
    lettered = _WORD[shaped[ends]]
    first = np.flatnonzero(lettered[:-2] & lettered[1:-1])
    if not len(first):
        return begins[:0], ends[:0]
    apart = np.flatnonzero(np.frombuffer(shaped.tobytes().translate(_APART), dtype=np.bool_))
    word, body = np.searchsorted(apart, begins[first]), np.searchsorted(offsets, begins[first], "right")
    third = begins[first + 2]
    same = (word == np.searchsorted(apart, third)) & (body == np.searchsorted(offsets, third, "right"))
    word, body = word[same], body[same]
    begins = np.maximum(np.where(word > 0, apart[word - 1] + 1, 0), offsets[body - 1])
    begins, once = np.unique(begins, return_index=True)
    return begins, np.minimum(apart[word], offsets[body])[once]


def _encoded(data: Bytes, offsets: Positions) -> tuple[Positions, Positions]:
    """Return where words in base64, of forty characters or more, begin and end.

    Only messages are looked at that hold such a run of characters: four words of eight bytes are full of them, and in
    these there is a change of kind now and then.
    """
    marks = data.tobytes().translate(_RUNS)
    full = view(marks + bytes(PAD))[: len(marks) : 8] == _FULL
    hits = np.flatnonzero(full[:-3] & full[1:-2] & full[2:-1] & full[3:]) * 8
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


def _changes(kind: Bytes) -> NDArray[np.bool_]:
    """Tell of which letters and digits the next is of another kind, along the last axis."""
    one, other = kind[..., :-1], kind[..., 1:]
    found: NDArray[np.bool_] = (one != other) & (one < _MARK) & (other < _MARK)
    return found


_ENCODED: Final = 40  # characters; so many are hardly ever one word
_CHANGES: Final = 0.4  # of them are followed by one of another kind, at least; of random ones six in ten
_FEW_CHANGES: Final = 8  # among 32
_KINDS, _MARK = (1, 2, 3), 4
_KIND: Final = np.array(
    [
        (1 if chr(code).islower() else 2 if chr(code).isupper() else 3) if code < 128 and chr(code).isalnum()
        else _MARK * (chr(code) in "+/_-") for code in range(256)
    ],
    dtype=np.uint8,
)  # fmt: skip
_RUNS: Final = (_KIND > 0).tobytes()
_FULL: Final = U64(0x0101010101010101)
_FOLDED: Final = bytes(48 if 48 <= code < 58 else code for code in range(256))
_APART: Final = bytes(not (chr(code).isalnum() and code < 128) for code in range(256))
_WORD: Final = np.array([chr(code).isalnum() and code < 128 for code in range(256)])


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
