"""Fingerprints: what a person would call the same message, under one hash.

A message's variable parts are masked in a fixed order, which makes its template; the template's hash is the
fingerprint. First, for all messages at once, every run of digits becomes one `0`, and a word that mixes letters with
three or more such runs (a random identifier, a hash) becomes `#`. The patterns of `MASKS` follow, in their order, over
what is left, message by message. All this is one version: any change to it changes `VERSION`, and every fingerprint.

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
from tailrace.logs.reading.words import PAD, U64, Bytes, Positions, Words, view

VERSION: Final = 1
_LONGEST: Final = 2000  # bytes of a message that take part
_FRAMES: Final = 3

# Runs of digits read as 0 and mixed words as # by the time these are applied.
MASKS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?-u)[\w.+#-]+@[\w#-]+(?:\.[\w#-]+)+", "<email>"),
    (r"[A-Za-z][A-Za-z0-9+.-]*://[^ \t\n\"'<>)\]]+", "<url>"),
    (r"(?-u)[0-9a-fA-F#]+-[0-9a-fA-F#]+-[0-9a-fA-F#]+-[0-9a-fA-F#]+-[0-9a-fA-F#]+", "<id>"),
    (r"(?-u)/?(?:[A-Za-z][\w-]*(?:\.[\w-]+)*/)?\b0\.0\.0\.0\b(?::0)?", "<ip>"),
    (r"(?-u)(?:[A-Za-z]:)?(?:[/\\][\w.@%+=#$~-]+){2,}[/\\]?", "<path>"),
    (
        r"(?-u)(^|[ \t\n\[(=,:/@])[A-Za-z0#-]*[0#][A-Za-z0#-]*(?:\.[A-Za-z][A-Za-z0#-]*){2,}(?::0)?",
        "${1}<host>",
    ),
    (r"(?-u)\b0[xX][0-9a-fA-F#]+\b|#", "<id>"),
    (r"(?-u)[-+]?0(?:[.,:/TZ-]*0)*(?:%|(?:[kKMGTP]i?B?|[num]?s|min|[hdB])\b)?", "<n>"),
    (r"(?-u)<(?:n|id)>(?:[\s,;:_-]*<(?:n|id)>)+", "<n>"),
    (r"\"[^\"\n]*\"", '"<text>"'),
)
_FRAME: Final = r"(?m)^\s+at [^\n(]+|^\s+File [^\n]+, in [^\n]+"
_CAUSE: Final = r"(?m)^(?:Caused by: )?(?:[A-Za-z_][\w$]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Fault)\b"


def fingerprints(bodies: pl.Series) -> pl.DataFrame:
    """Return the columns `template` and `fingerprint` (16 hexadecimal digits) of messages, each judged by itself."""
    shapes = _shapes(_telling(bodies))
    frame = pl.DataFrame({"shape": shapes})
    unique = frame.unique(maintain_order=True)
    template = pl.col("shape")
    for pattern, name in MASKS:
        template = template.str.replace_all(pattern, name)
    unique = unique.with_columns(template=template)
    hashed = pl.Series("fingerprint", _hashes(unique["template"]), dtype=pl.UInt64)
    unique = unique.with_columns(fingerprint=_hexadecimal(hashed))
    if len(unique) == len(frame):
        return unique.select("template", "fingerprint")
    return frame.join(unique, on="shape", how="left", maintain_order="left").select("template", "fingerprint")


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
    """Return messages with every run of digits as `0` and every mixed word as `#`."""
    texts = bodies.to_arrow(compat_level=pl.CompatLevel.oldest())
    data, offsets = buffers(texts)
    begins, ends = offsets[:-1], np.minimum(offsets[1:], offsets[:-1] + _LONGEST)
    if (ends < offsets[1:]).any():
        data, offsets = buffers(cut_out(data.tobytes() + bytes(PAD), begins, ends))
    # A digit's code is its own class, so runs never reach over the end of a message that begins anew.
    digit = (data - np.uint8(48)) < 10
    first = np.zeros(len(data), dtype=np.bool_)
    first[offsets[:-1][np.diff(offsets) > 0]] = True
    keep = np.ones(len(data), dtype=np.bool_)
    keep[1:] = ~(digit[1:] & digit[:-1]) | first[1:]
    shaped, offsets = _kept(np.where(digit, np.uint8(48), data), keep, offsets)
    shaped, offsets = _without_mixed(shaped, offsets)
    size = len(offsets) - 1
    column = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), size, [None, pa.py_buffer(offsets), pa.py_buffer(shaped)]
    )
    return as_text(column)[0]


def _without_mixed(data: Bytes, offsets: Positions) -> tuple[Bytes, Positions]:
    """Replace every word of letters and digits with three or more runs of digits by `#`."""
    if not len(data):
        return data, offsets
    word = _WORD[data]
    fresh = word.copy()
    fresh[1:] &= ~word[:-1]
    fresh[offsets[:-1][np.diff(offsets) > 0]] |= word[offsets[:-1][np.diff(offsets) > 0]]
    begins = np.flatnonzero(fresh)
    if not len(begins):
        return data, offsets
    over = word.copy()
    over[:-1] &= ~word[1:] | fresh[1:]
    ends = np.flatnonzero(over) + 1
    zero = data == 48
    total = np.cumsum(zero, dtype=np.int64)
    runs = total[ends - 1] - total[begins] + zero[begins]
    mixed = (runs >= 3) & (ends - begins > runs)
    begins, ends = begins[mixed], ends[mixed]
    keep = np.ones(len(data), dtype=np.bool_)
    keep[spread(begins + 1, ends)] = False
    data = data.copy()
    data[begins] = ord("#")
    return _kept(data, keep, offsets)


_WORD: Final = np.array([chr(code).isalnum() and code < 128 for code in range(256)])


def _kept(data: Bytes, keep: NDArray[np.bool_], offsets: Positions) -> tuple[Bytes, Positions]:
    """Return the kept bytes, and the offsets among them."""
    dropped = np.flatnonzero(~keep)
    return data[keep], offsets - np.searchsorted(dropped, offsets)


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
