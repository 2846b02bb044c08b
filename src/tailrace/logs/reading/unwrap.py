"""Unwrapping: the text that a container's runtime, or a terminal, put within another line.

Docker's json-file and Kubernetes' CRI logs hold a process's own lines, each with a time and a stream. What follows in
this package reads those inner lines, as if they stood in a file of their own; line numbers and bytes are counted in
the outer file. A line that a runtime broke into parts is put together again, if the parts are neighbours of one
stream. Colours are taken out of any line.

https://docs.docker.com/engine/logging/drivers/json-file/,
https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.escapes import unescaped, without_colours
from tailrace.logs.reading.header import find_within
from tailrace.logs.reading.lines import HEAD, Lines, buffers, cut_out, head_texts, lines_in
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.search import first_hits, holds, search
from tailrace.logs.reading.stamps import BAD, YEAR_ONE, Layout, merge_stamps, read_stamps
from tailrace.logs.reading.words import PAD, U64, Bytes, Positions, byte, is_blank, is_digit, pack

DOCKER, CRI, COMPOSE, HEROKU = "docker", "cri", "compose", "heroku"
_ENOUGH: Final = 0.9  # of a sample's lines have to be wrapped
_TIME: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_LOG, _STREAM, _CREATED = '{"log":"', '","stream":"', '"time":"'
_SPACED: Final = ('{"log": ', '", "stream": "', '"time": "')  # as JSON is written that another program wrote again
_STREAMS: Final = (U64(pack(" stdout ")), U64(pack(" stderr ")))
_PREFIX: Final = r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,126}[_-][0-9]{1,4} +\| )"
_DYNO: Final = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}[+-][0-9]{2}:[0-9]{2} (?:app|heroku)\[[A-Za-z0-9_.-]{1,60}\]: )"
)
_ESCAPE: Final = b"\x1b["

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Where the inner text of n lines stands: from `begin` to `end`, after which a line feed follows if not `partial`.

    `time` and `time_end` are where the outer time stands, the same for none; `stream` is a number, 0 where a line is
    not wrapped and is taken as it is.
    """

    begin: Positions
    end: Positions
    time: Positions
    time_end: Positions
    partial: Mask
    stream: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Inner:
    """The inner lines, one for each outer line, in a buffer of their own or in the outer one.

    `times` are where in that buffer the outer times stand, None if there are none. A line that goes on with the one
    before it is empty, and its text stands before it. `open` is the stream of the last line if that is unfinished.
    `source` tells by a number which stream's, or whose, each line is; None if they are not wrapped.
    """

    lines: Lines
    times: Positions | None = None
    open: int = 0
    source: NDArray[np.int64] | None = None

    def picked(self, lines: Lines, rows: NDArray[np.intp]) -> Inner:
        """Return other lines of the same buffer, given which line each is of."""
        times = None if self.times is None else self.times[rows]
        return Inner(lines, times, self.open, None if self.source is None else self.source[rows])

    def timed(self, scan: Scan) -> Scan:
        """Return a scan of the inner lines with the outer time of those that carry no full time of their own."""
        if self.times is None:
            return scan
        stamps = scan.stamps
        run = stamps.run
        full = stamps.dated & (stamps.seconds >= YEAR_ONE) & (stamps.seconds != BAD)
        rows = np.flatnonzero((run < 0) | ~np.append(full, False)[run])
        if not len(rows):
            return scan
        outer = read_stamps(self.lines, self.times[rows], _TIME)
        return Scan(scan.start, scan.level, merge_stamps(stamps, outer, rows))


def find_wrapper(lines: Lines) -> str:
    """Return what nearly all the lines of a sample are wrapped in; "" for nothing."""
    lines = lines.pick(np.flatnonzero(lines.heads < lines.ends))
    if not len(lines):
        return ""
    text = lines.data[int(lines.heads[0]) : int(lines.ends[-1])]
    for wrapper, marks in _MARKS.items():
        if any(mark in text for mark in marks) and float((_PARTS[wrapper](lines).stream > 0).mean()) >= _ENOUGH:
            return wrapper
    return ""


def unwrap(lines: Lines, wrapper: str, *, resumed: int = -1, stream: int = 0) -> Inner:
    """Return the inner lines of lines that are wrapped, and without colours.

    `resumed` is the index of a line, if any, before which lines were dropped, the last of which was an unfinished one
    of that stream, or of none (0).
    """
    coloured = holds(lines, _ESCAPE)
    if not wrapper and not coloured:
        return Inner(lines)
    parts = _PARTS[wrapper](lines) if wrapper else _plain(lines)
    goes_on = np.zeros(len(lines), dtype=np.bool_)
    goes_on[1:] = parts.partial[:-1] & (parts.stream[1:] == parts.stream[:-1])
    if 0 <= resumed < len(lines):
        goes_on[resumed] = stream > 0 and parts.stream[resumed] == stream
    last = int(parts.stream[-1]) if len(lines) and parts.partial[-1] else 0
    source = parts.stream if wrapper else None
    return Inner(*_gathered(lines, parts, goes_on, escaped=wrapper == DOCKER), last, source)


def _gathered(lines: Lines, parts: _Parts, goes_on: Mask, *, escaped: bool) -> tuple[Lines, Positions | None]:
    """Return a buffer of the inner texts, and of the outer times behind them."""
    feed = np.where(parts.stream > 0, ~parts.partial & ~np.bool_(escaped), False)
    plain = parts.stream == 0
    after = np.minimum(parts.end + (feed | plain), lines.after)
    data, bounds = buffers(cut_out(lines.data, parts.begin, np.maximum(after, parts.begin)))
    if escaped:
        data, bounds = unescaped(data, bounds, ~plain)
    if _ESCAPE in data.tobytes():
        data, bounds = without_colours(data, bounds)
    times, time_bounds = buffers(cut_out(lines.data, parts.time, parts.time_end))
    whole = data.tobytes() + times.tobytes() + bytes(PAD)
    array: Bytes = np.frombuffer(whole, dtype=np.uint8)
    starts, stops = bounds[:-1].copy(), bounds[1:]
    one_more = (array[np.maximum(stops - 1, 0)] == 10) | (plain & (after > parts.end))  # what parts lines is no text
    closed = (stops > starts) & one_more
    ends = stops - closed
    starts[goes_on] = ends[goes_on]
    inner = lines_in(whole, starts, ends, len(data))
    if not len(times):
        return inner, None
    nowhere = len(data) + len(times)
    return inner, np.where(np.diff(time_bounds) > 0, len(data) + time_bounds[:-1], nowhere)


def _plain(lines: Lines) -> _Parts:
    """Lines that are not wrapped."""
    none = np.zeros(len(lines), dtype=np.int64)
    return _Parts(lines.heads, lines.ends, none, none, none.astype(np.bool_), none)


def _checked(lines: Lines, good: Mask, found: _Parts) -> _Parts:
    """Return parts with the lines that are not wrapped as they are. A line too long to be judged is none."""
    good = good & (lines.ends - lines.heads < HEAD)
    heads = lines.heads
    return _Parts(
        np.where(good, found.begin, heads),
        np.where(good, found.end, lines.ends),
        np.where(good, found.time, heads),
        np.where(good, found.time_end, heads),
        good & found.partial,
        np.where(good, found.stream, 0),
    )


def _docker(lines: Lines) -> _Parts:
    """`{"log":"text\\n","stream":"stderr","time":"2026-01-05T10:00:00.1Z"}`; text without its `\\n` goes on."""
    words = lines.word(lines.heads)
    spaced = (words == U64(pack(_SPACED[0]))) & (lines.byte(np.minimum(lines.heads + 8, lines.after)) == ord('"'))
    good = (words == U64(pack(_LOG))) | spaced
    begin = lines.heads + len(_LOG) + spaced
    end, kind, time = _fields(lines, _STREAM, _CREATED)
    if spaced.any():
        fields = zip(_fields(lines, *_SPACED[1:]), (end, kind, time), strict=True)
        end, kind, time = (np.where(spaced, wide, tight) for wide, tight in fields)
    good &= (end >= begin) & (time > end)
    end = np.maximum(end, 0)
    errors = byte(lines.word(np.maximum(kind, 0)), 3) == U64(ord("e"))
    before = np.maximum(end - 2, 0)
    ended = (lines.byte(before) == ord("\\")) & (lines.byte(before + 1) == ord("n")) & (end - 2 >= begin)
    return _checked(lines, good, _Parts(begin, end, time, lines.ends, ~ended, np.where(errors, 2, 1)))


def _fields(lines: Lines, stream: str, created: str) -> tuple[Positions, Positions, Positions]:
    """Where the text ends, the stream's name begins and the time begins, before which these stand; else too low."""
    end = first_hits(lines, search(lines, stream), len(stream))
    hits = search(lines, created)
    last = np.searchsorted(hits, lines.ends) - 1
    time = (np.append(hits, -1)[last] if len(hits) else np.full(len(lines), -1)) + len(created)
    return end, end + len(stream), time


def _cri(lines: Lines) -> _Parts:
    """`2026-01-05T10:00:00.1+00:00 stderr F text`; text after P goes on."""
    blank = find_within(lines, lines.heads, np.minimum(lines.ends, lines.heads + 40), is_blank)
    blank = np.where(is_digit(byte(lines.word(lines.heads), 0)), blank, -1)
    at = np.maximum(blank, 0)
    words = lines.word(at)
    errors = words == _STREAMS[1]
    good = (blank > lines.heads) & (errors | (words == _STREAMS[0])) & (at + 8 < lines.ends)
    tag = lines.byte(np.minimum(at + 8, lines.after))
    partial = tag == ord("P")
    good &= partial | (tag == ord("F"))
    begin = np.minimum(at + 9, lines.ends)
    # More tags may follow the first, after colons.
    tagged = np.flatnonzero(good & (lines.byte(begin) == ord(":")))
    if len(tagged):
        begin[tagged] = find_within(lines.pick(tagged), begin[tagged], lines.ends[tagged], is_blank)
        good &= begin >= 0
    begin = np.minimum(np.maximum(begin, 0) + 1, lines.ends)
    return _checked(lines, good, _Parts(begin, lines.ends, lines.heads, at, partial, np.where(errors, 2, 1)))


def _compose(lines: Lines) -> _Parts:
    """`web-1  | text`, as `docker compose logs` prints it; it does not say which stream."""
    return _prefixed(lines, _PREFIX, r"^(\S+)", timed=False)


def _heroku(lines: Lines) -> _Parts:
    """`2026-01-05T10:00:00.123456+00:00 app[web.1]: text`."""
    return _prefixed(lines, _DYNO, r"(\S+) $", timed=True)


def _prefixed(lines: Lines, pattern: str, name: str, *, timed: bool) -> _Parts:
    """Lines whose text stands after a prefix of at most 160 bytes, in which a name is found."""
    who = head_texts(lines, lines.heads, limit=160).str.extract(pattern)
    prefix = who.str.len_bytes().fill_null(0).to_numpy()
    begin = lines.heads + prefix.astype(np.int64)
    time_end = np.where(timed, begin, lines.heads)
    whole = np.zeros(len(lines), dtype=np.bool_)
    number = (who.str.extract(name).hash().to_numpy() >> U64(2)).astype(np.int64) + 1
    return _checked(lines, prefix > 0, _Parts(begin, lines.ends, lines.heads, time_end, whole, number))


# What stands in every line that is wrapped so: most samples hold none of it, and need no closer look.
_MARKS: Final = {
    DOCKER: (b'{"log":',),
    CRI: (b" stdout ", b" stderr "),
    COMPOSE: (b" | ",),
    HEROKU: (b" app[", b" heroku["),
}
_PARTS: Final = {DOCKER: _docker, CRI: _cri, COMPOSE: _compose, HEROKU: _heroku}
