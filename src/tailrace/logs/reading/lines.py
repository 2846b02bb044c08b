"""Lines: where the lines of a buffer begin and end, and the text of chosen ranges as a column.

Text is UTF-8. Bytes that are no part of it are read as Windows-1252, which Western programs write that do not write
UTF-8; so of a text in Latin-1 every character is right, and a text that was damaged loses no other one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tailrace.logs.reading.words import PAD, Bytes, Positions, Words, places, view

HEAD: Final = 1 << 16  # a line is judged by its first 64 KiB
_NEWLINE, _RETURN = 10, 13
_BLOCK: Final = 1 << 20
_POOL: Final = pa.system_memory_pool()  # Arrow's own takes new pages, again and again, for what lives shortly
_ROW: Final = 48  # less than the padding, so that a row may be read a little beyond the end
_USUAL_BREAKS: Final = 4  # characters; a record that ends in more of them is looked at by itself
_BOM: Final = b"\xef\xbb\xbf"

# Of characters of UTF-8 beyond ASCII, by their first byte: how many bytes they have, and which the second may be.
_SIZES: Final = np.zeros(256, dtype=np.int64)
_SIZES[0xC2:0xE0], _SIZES[0xE0:0xF0], _SIZES[0xF0:0xF5] = 2, 3, 4
_LEAST_SECOND: Final = np.full(256, 0x80)
_LEAST_SECOND[[0xE0, 0xF0]] = 0xA0, 0x90
_MOST_SECOND: Final = np.full(256, 0xBF)
_MOST_SECOND[[0xED, 0xF4]] = 0x9F, 0x8F


def _means(code: int) -> bytes:
    """Return the UTF-8 of a byte of Windows-1252; of Latin-1 for the five that have no character there."""
    try:
        return bytes([code]).decode("cp1252").encode()
    except UnicodeDecodeError:
        return chr(code).encode()


_WINDOWS: Final = np.array([list(_means(code).ljust(3, b"\0")) for code in range(256)], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines within a padded buffer: `data[heads[i]:ends[i]]` is the text of line i, without its line feed.

    `starts` are where lines begin as bytes are counted; `heads` differ from them only where a byte-order mark or the
    time and source that a wrapper put before the line are skipped. `after` is where the next line would begin.
    """

    data: bytes
    bytes: Bytes
    words: Words
    starts: Positions
    heads: Positions
    ends: Positions
    after: int

    def __len__(self) -> int:
        return len(self.starts)

    def pick(self, chosen: NDArray[np.intp] | slice) -> Lines:
        """Return only the chosen lines; the buffer is shared."""
        return Lines(
            self.data, self.bytes, self.words, self.starts[chosen], self.heads[chosen], self.ends[chosen], self.after
        )

    def copied(self) -> Lines:
        """Return the lines with a buffer of their own, which holds nothing else and the first 64 KiB of each."""
        texts = cut_out(self.data, self.heads, np.minimum(self.ends + 1, self.heads + HEAD))
        data, offsets = buffers(texts)
        return lines_in(data.tobytes() + bytes(PAD), offsets[:-1], np.maximum(offsets[1:] - 1, offsets[:-1]))

    def cropped(self) -> Lines:
        """Return the first 64 bytes of each line as lines with a buffer of their own, each 64 bytes from the next."""
        data = b"".join((self.stretches(self.heads, PAD).data, bytes(PAD)))
        starts = np.arange(len(self)) * PAD
        return lines_in(data, starts, starts + np.minimum(self.ends - self.heads, PAD))

    def word(self, positions: Positions) -> Words:
        """Return the eight bytes that stand at every position."""
        return self.words[positions]

    def byte(self, positions: Positions) -> Bytes:
        """Return the byte that stands at every position."""
        return self.bytes[positions]

    def stretches(self, positions: Positions, count: int) -> Bytes:
        """Return the `count` bytes, `PAD` at most, that follow every position, a row for each."""
        every = np.ndarray((len(self.data) - count + 1,), dtype=f"V{count}", buffer=self.data, strides=(1,))
        return every[positions].view(np.uint8).reshape(-1, count)

    def rows(self, positions: Positions) -> Rows:
        """Return the bytes that stand from every position on."""
        return Rows(self, positions)


class Rows:
    """The bytes that follow n positions, side by side, so that any number of columns costs one look at the buffer."""

    def __init__(self, lines: Lines, positions: Positions) -> None:
        self._lines, self._positions = lines, positions
        every = np.ndarray((len(lines.data) - _ROW + 1,), dtype=f"V{_ROW}", buffer=lines.data, strides=(1,))
        self._table = every[positions]

    def __len__(self) -> int:
        return len(self._table)

    def word(self, column: int) -> Words:
        """Return the eight bytes that stand at a column."""
        if column + 8 > _ROW or not len(self._table):
            return self._lines.word(self._positions + column)
        return np.ndarray((len(self._table),), "<u8", self._table.data, column, (_ROW,)).copy()

    def byte(self, column: int) -> Bytes:
        """Return the byte that stands at a column."""
        if column >= _ROW or not len(self._table):
            return self._lines.byte(self._positions + column)
        return np.ndarray((len(self._table),), np.uint8, self._table.data, column, (_ROW,)).copy()


def lines_in(data: bytes, starts: Positions, ends: Positions, after: int | None = None) -> Lines:
    """Return the lines of a padded buffer, given where each begins and ends; the next would begin behind all of it."""
    after = len(data) - PAD if after is None else after
    return Lines(data, np.frombuffer(data, np.uint8), view(data), starts, starts, ends, after)


def find_lines(parts: tuple[bytes | memoryview, ...], *, final: bool, first: bool) -> Lines:
    """Join the parts into one buffer and find its lines.

    A line without a line feed counts only if `final`. `first` says that the buffer is the beginning of a file, where
    a byte-order mark may stand.
    """
    data = b"".join((*parts, bytes(PAD)))
    size = len(data) - PAD
    array = np.frombuffer(data, dtype=np.uint8)
    feeds = _positions(array[:size], _NEWLINE)
    ends = feeds
    if final and size and data[size - 1] != _NEWLINE:
        ends = np.append(feeds, size)
    starts = np.zeros(len(ends), dtype=np.int64)
    starts[1:] = feeds[: len(ends) - 1] + 1
    heads = starts
    if first and len(starts) and data.startswith(_BOM):
        heads = starts.copy()
        heads[0] = 3
    heads = _overwritten(array, size, heads, ends)
    holes = np.flatnonzero(array[heads] == 0)
    holes = holes[heads[holes] < ends[holes]]
    if len(holes):  # what was written at an old place after the file had been cut off has NULs before it
        text = np.append(np.flatnonzero(array), size)
        heads = heads.copy()
        heads[holes] = np.minimum(text[np.searchsorted(text, heads[holes])], ends[holes])
    after = size if len(ends) > len(feeds) else int(feeds[-1]) + 1 if len(feeds) else 0
    return Lines(data, array, view(data), starts, heads, ends, after)


def _overwritten(array: Bytes, size: int, heads: Positions, ends: Positions) -> Positions:
    """Return the heads of lines, those that begin with a carriage return moved to what a terminal would show last.

    Bars that tell of progress go over themselves so, and the next message goes over the bar.
    """
    rows = np.flatnonzero(array[heads] == _RETURN)
    rows = rows[ends[rows] > heads[rows] + 1]
    if not len(rows):
        return heads
    returns = _positions(array[:size], _RETURN)
    after = array[returns + 1]
    texts = returns[(after != _RETURN) & (after != _NEWLINE) & (returns + 1 < size)] + 1
    last = np.searchsorted(texts, ends[rows]) - 1
    heads = heads.copy()
    heads[rows] = np.maximum(heads[rows], np.append(texts, 0)[last])
    return heads


def _positions(array: Bytes, code: int) -> Positions:
    """Return where a byte value stands; block by block, so that what is compared is still in the cache."""
    blocks = [places(array[at : at + _BLOCK] == code) + at for at in range(0, len(array), _BLOCK)]
    return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.int64)


def trimmed(lines: Lines, begins: Positions, ends: Positions, blanks: str = "\r\n") -> Positions:
    """Return the ends moved back over what stands before them of ASCII `blanks`."""
    ends, among = ends.copy(), _among(blanks)
    active = np.arange(len(ends))
    for _ in range(_USUAL_BREAKS):
        active = active[(ends[active] > begins[active]) & among[lines.byte(ends[active] - 1)]]
        if not len(active):
            return ends
        ends[active] -= 1
    for row in active.tolist():
        ends[row] = begins[row] + len(lines.data[begins[row] : ends[row]].rstrip(blanks.encode()))
    return ends


@cache
def _among(characters: str) -> NDArray[np.bool_]:
    """Tell of every byte whether it is one of some ASCII characters."""
    return np.array([code in characters.encode() for code in range(256)])


def cut_out(data: bytes | Bytes, begins: Positions, ends: Positions) -> pa.LargeBinaryArray:
    """Return the chosen byte ranges, ascending and without overlap, as a column; only they are copied."""
    offsets = np.empty(2 * len(begins) + 1, dtype=np.int64)
    offsets[0:-1:2], offsets[1::2] = begins, ends
    offsets[-1] = ends[-1] if len(ends) else 0
    return pc.take(
        as_column(data, offsets), pa.array(np.arange(0, 2 * len(begins), 2)), boundscheck=False, memory_pool=_POOL
    )


def as_text(column: pa.LargeBinaryArray) -> tuple[pl.Series, int]:
    """Return the column as text, and of how many of its values not all was UTF-8."""
    try:
        return _series(column.cast(pa.large_string(), memory_pool=_POOL)), 0
    except pa.ArrowInvalid:
        data, offsets = buffers(column)
        odd = _not_utf8(data, offsets)
        whole = _strings(*_from_windows(data, offsets, odd))
        return _series(whole), len(np.unique(np.searchsorted(offsets, odd, "right")))


def decoded(data: bytes) -> str:
    """Return one text as `as_text` does."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    return str(as_text(pa.array([data], pa.large_binary()))[0][0])


def as_ascii(column: pa.LargeBinaryArray) -> pl.Series:
    """Return the column as text with a question mark for each byte beyond ASCII: places in it are those of bytes."""
    data, offsets = buffers(column)
    return _series(_strings(np.where(data < 0x80, data, ord("?")).astype(np.uint8), offsets))


def _not_utf8(data: Bytes, offsets: Positions) -> Positions:
    """Return the places of bytes that are no part of a whole character of UTF-8 within their text."""
    high = np.flatnonzero(data >= 0x80)
    padded = np.append(data, np.zeros(3, dtype=np.uint8))
    first, second, third, fourth = (padded[high + n] for n in range(4))
    size = _SIZES[first]
    whole = (size > 0) & (high + size <= offsets[np.searchsorted(offsets, high, "right")])
    whole &= (second >= _LEAST_SECOND[first]) & (second <= _MOST_SECOND[first])
    whole &= (size < 3) | ((third & 0xC0) == 0x80)
    whole &= (size < 4) | ((fourth & 0xC0) == 0x80)
    good = np.zeros(len(data), dtype=np.bool_)
    good[spread(high[whole], high[whole] + size[whole])] = True
    odd: Positions = high[~good[high]]
    return odd


def _from_windows(data: Bytes, offsets: Positions, odd: Positions) -> tuple[Bytes, Positions]:
    """Return texts, from offset to offset, with the UTF-8 of what bytes at some places mean in Windows-1252."""
    characters = _WINDOWS[data[odd]]
    more = (characters > 0).sum(axis=1) - 1
    at = np.arange(len(data) + 1)
    at[1:] += np.cumsum(np.bincount(odd, more, minlength=len(data)).astype(np.int64))
    out: Bytes = np.zeros(at[-1], dtype=np.uint8)
    out[at[:-1]] = data
    for column in range(3):
        rows = np.flatnonzero(characters[:, column])
        out[at[odd[rows]] + column] = characters[rows, column]
    return out, at[offsets]


def _strings(data: Bytes, offsets: Positions) -> pa.LargeStringArray:
    return pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))


def _series(column: pa.LargeStringArray) -> pl.Series:
    series = pl.from_arrow(column)
    assert isinstance(series, pl.Series)
    return series


def buffers(column: pa.Array) -> tuple[Bytes, Positions]:
    """Return the bytes of a column of large strings or binaries, and its offsets, the first of them 0."""
    _, offsets, data = column.buffers()
    found = np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    whole = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, dtype=np.uint8)
    return whole[found[0] : found[-1]], found - found[0]


def as_column(data: bytes | Bytes, offsets: Positions) -> pa.LargeBinaryArray:
    """Return the column whose bytes and offsets these are."""
    return pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def text_lines(texts: pl.Series) -> Lines:
    """Return texts as if each were one line, whatever line feeds it holds; none runs into the next."""
    data, offsets = buffers((texts + "\n").to_arrow(compat_level=pl.CompatLevel.oldest()))
    return lines_in(data.tobytes() + bytes(PAD), offsets[:-1], offsets[1:] - 1)


def head_texts(lines: Lines, begins: Positions, *, limit: int = HEAD) -> pl.Series:
    """Return the text of every line from its given beginning, at most `limit` bytes of each."""
    begins = np.minimum(begins, lines.ends)
    ends = np.minimum(lines.ends, begins + limit)
    if (ends < lines.ends).any():
        ends = np.where(ends < lines.ends, whole_characters(lines, ends), ends)
    return as_text(cut_out(lines.data, begins, ends))[0]


def whole_characters(lines: Lines, ends: Positions) -> Positions:
    """Return the ends moved back to where a character begins, so that none is cut through."""
    for _ in range(3):
        ends = ends - ((lines.byte(ends) & 0xC0) == 0x80)
    return ends


def spread(begins: Positions, ends: Positions) -> Positions:
    """Return every position within the ranges, one range after the other."""
    sizes = np.maximum(ends - begins, 0)
    total = np.cumsum(sizes)
    inside: Positions = np.arange(total[-1] if len(total) else 0) + np.repeat(begins - total + sizes, sizes)
    return inside
