"""Understanding: how a document was read, summed up piece by piece in bounded memory."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl

from tailrace.logs.reading.chunk import ChunkResult, read_asked
from tailrace.logs.reading.detect import SAMPLE_BYTES, Detection, detect, share
from tailrace.logs.reading.formats import Format, format_named
from tailrace.logs.reading.lines import find_lines, text_lines
from tailrace.logs.reading.scan_free import begins_record
from tailrace.logs.reading.scan_pattern import match_pattern
from tailrace.logs.reading.segments import Asked, Sample
from tailrace.logs.reading.state import ReaderState
from tailrace.logs.reading.unwrap import unwrap

_MOST_SAMPLES: Final = 5
_SAMPLE_LENGTH: Final = 200
_THROWN: Final = (
    r"^(?:[A-Za-z_$][\w$]*(?:\.|::|\\))*[A-Z]\w*(?:Error|Exception|Exit|Fault|Interrupt|Throwable)(?::|\s|$)"
)
_MOST_DISTINCT: Final = 100_000  # fingerprints counted at a time
SAMPLE: Final = Sample(whole=1 << 25, block=1 << 20, every=16)
"""Of a larger document, messages below the level WARN are counted in this much of it."""

_DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Gist:
    """What is needed of a piece of a document.

    `counts` has a row for each fingerprint: `severity` (worst), `level`, `template`, `line` (first), `n`, and `few` of
    those that are counted in a sample only. `strange` says how many lines are not part of a record that a format
    knows, and `first` the first of them: `line`, `text`; `loose` are lines that joined a record but look like no part
    of one.
    """

    state: ReaderState
    lines: int
    size: int
    invalid: int
    records: int
    levels: Counter[str]
    times: tuple[datetime, datetime] | None
    strange: int
    first: pl.DataFrame
    loose: pl.DataFrame
    counts: pl.DataFrame


def read_gist(
    chunk: bytes | memoryview, state: ReaderState, asked: Asked, *, final: bool = False, flush: bool = False
) -> Gist:
    """Read bytes that follow those read before, and give the gist."""
    result = read_asked(chunk, state, asked, final=final, flush=flush)
    records = result.records.with_columns(lines=pl.Series(result.span, dtype=pl.Int64))
    strange = pl.Series(result.strange, dtype=pl.Boolean)
    whole = records.filter(strange)
    first = whole.select("line", text=pl.col("body").str.splitn("\n", 2).struct.field("field_0"))
    every = pl.col("severity") >= asked.least
    counted = records.select(
        "fingerprint", "severity", "level", "template", "line", n=every.cast(pl.Int64), few=1 - every.cast(pl.Int64)
    )
    if asked.sample is not None:
        chosen = pl.Series(asked.sample.holds(records["offset"].to_numpy()))
        counted = counted.filter(chosen | (pl.col("n") > 0))
    return Gist(
        result.state,
        result.stats.lines,
        result.stats.bytes,
        result.stats.invalid,
        int(result.volumes["lines"].sum()),
        Counter(dict(result.volumes.group_by("level").agg(pl.sum("lines")).iter_rows())),
        _times(result),
        int(whole["lines"].sum()),
        _kinds(first),
        _loose_lines(records.filter(~strange)),
        _added(counted),
    )


def _times(result: ChunkResult) -> tuple[datetime, datetime] | None:
    """The first and the last time; to the second, where the record is not given in full."""
    times = [result.records["time"]]
    if len(result.records) < result.volumes["lines"].sum():
        times.append(result.volumes["time"])
    every = pl.concat(times)
    return None if every.is_empty() else (every.min(), every.max())  # type: ignore[return-value]


@dataclass
class Understanding:
    """What is known of a document so far.

    `own` are a user's formats, `forced` names one that was given. `formats` are those that it was read in, `strange`
    counts lines that were not understood: those of free text, and those that stand on their own in a format that they
    do not fit. `wrapper` is what its lines are wrapped in.
    """

    own: tuple[Format, ...] = ()
    forced: str = ""
    formats: list[str] = field(default_factory=list)
    wrapper: str = ""
    changes: int = 0
    size: int = 0
    lines: int = 0
    records: int = 0
    invalid: int = 0
    strange: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None
    samples: list[tuple[int, str]] = field(default_factory=list)
    forgotten: int = 0
    _head: bytes = b""
    _shapes: set[str] = field(default_factory=set)
    _counts: pl.DataFrame | None = None

    @property
    def detection(self) -> Detection | None:
        """What the document's beginning says of its format; None if there is nothing in it.

        Of a format that was given, how many lines at the beginning it matches.
        """
        if not self._head:
            return None
        found = detect(self._head, self.own)
        if not self.forced:
            return found
        form = format_named(self.forced, self.own)
        lines = unwrap(find_lines((self._head[:SAMPLE_BYTES],), final=True, first=True), found.wrapper).lines
        alone = lines.pick(np.flatnonzero(begins_record(lines)))
        matched = share(alone, form) if len(alone) else 0.0
        return replace(found, format=form, confidence=1.0, matched=matched)

    @property
    def share(self) -> float | None:
        """The share of lines that were understood, 0 to 1; None if there are none."""
        return 1 - self.strange / self.lines if self.lines else None

    def add(self, chunk: bytes | memoryview, gist: Gist) -> None:
        """Take a further piece into account: its bytes, and its gist."""
        if len(self._head) < SAMPLE_BYTES:
            self._head += chunk[:SAMPLE_BYTES]
        self.changes = gist.state.switches
        self.wrapper = gist.state.wrapper or ""
        if gist.state.format and gist.state.format not in self.formats[-1:]:
            self.formats.append(gist.state.format)
        self.lines += gist.lines
        self.size += gist.size
        self.invalid += gist.invalid
        self.records += gist.records
        self.levels.update(gist.levels)
        if gist.times is not None:
            self.first = min(self.first or gist.times[0], gist.times[0])
            self.last = max(self.last or gist.times[1], gist.times[1])
        loose = self._unclaimed(gist.loose)
        self.strange += gist.strange + len(loose)
        if len(self.samples) < _MOST_SAMPLES:
            self._sample(pl.concat((gist.first, loose)).sort("line"))
        if len(gist.counts):
            self._count(gist.counts)

    def top(self, number: int) -> list[dict[str, object]]:
        """The most frequent messages: `fingerprint`, `n`, `level` (worst, or None), `template`, `line` (first).

        `estimated` says that the number is reckoned from how many there are in the sample.
        """
        if self._counts is None:
            return []
        scale = self.size / max(self.grouped, 1)
        few, level = pl.col("few"), pl.when(pl.col("level") != "").then("level").alias("level")
        whole = _added(self._counts).with_columns(
            n=pl.col("n") + (few * scale).round().cast(pl.Int64), estimated=(few > 0) & (scale > 1)
        )
        ordered = whole.sort("n", "line", descending=[True, False]).head(number)
        return ordered.select("fingerprint", "n", level, "template", "line", "estimated").to_dicts()

    @property
    def grouped(self) -> int:
        """In how many of the bytes all messages were counted; elsewhere only those of level WARN and worse."""
        return SAMPLE.share(self.size)

    @property
    def distinct(self) -> int:
        """How many fingerprints there are; those forgotten, since they were rare among too many, not included."""
        return 0 if self._counts is None else len(_added(self._counts))

    def _unclaimed(self, loose: pl.DataFrame) -> pl.DataFrame:
        """Lines, without those that name an exception, or that a format met here says go on with a record."""
        loose = loose.filter(~pl.col("text").str.contains(_THROWN))
        for name in dict.fromkeys(self.formats):
            form = format_named(name, self.own)
            if "(?P<joined>" in form.pattern and len(loose):
                loose = loose.filter(pl.Series(~match_pattern(text_lines(loose["text"]), form)))
        return loose

    def _sample(self, lines: pl.DataFrame) -> None:
        """Keep the first line of each kind, as far as there is room."""
        for line, sample in _kinds(lines).iter_rows():
            shape = _DIGITS.sub("0", sample)
            if shape not in self._shapes and len(self.samples) < _MOST_SAMPLES:
                self._shapes.add(shape)
                self.samples.append((line, sample))

    def _count(self, counted: pl.DataFrame) -> None:
        """Count fingerprints; when there are too many, the rarest are forgotten."""
        whole = counted if self._counts is None else pl.concat((self._counts, counted))
        if len(whole) > 2 * _MOST_DISTINCT:
            whole = _added(whole).sort(pl.col("n") + pl.col("few"), "line", descending=[True, False])
            self.forgotten += int((whole["n"] + whole["few"]).slice(_MOST_DISTINCT).sum())
            whole = whole.head(_MOST_DISTINCT)
        self._counts = whole


def _kinds(lines: pl.DataFrame) -> pl.DataFrame:
    """The first lines of a few kinds: `line`, `text`, no more than its beginning."""
    text = pl.col("text").str.slice(0, _SAMPLE_LENGTH)
    kinds = lines.with_columns(text, shape=text.str.replace_all(r"\d+", "0")).filter(pl.col("text") != "")
    return kinds.unique("shape", keep="first", maintain_order=True).head(2 * _MOST_SAMPLES).drop("shape")


def _loose_lines(records: pl.DataFrame) -> pl.DataFrame:
    """Lines, with their numbers, that joined a record before them though they look like no part of one."""
    several = records.filter(pl.col("lines") > 1).select("line", "lines", text=pl.col("body").str.split("\n"))
    # A message in JSON may hold line feeds of its own: what the file's later lines hold is then at its end.
    held = pl.col("text").list.len().cast(pl.Int64)
    begin = pl.col("line") - (held - pl.col("lines")).clip(0)
    numbered = several.with_columns(number=pl.int_ranges(begin, begin + held)).explode("number", "text")
    later = numbered.filter(pl.col("number") > pl.col("line")).select(line="number", text="text")
    return later if later.is_empty() else later.filter(pl.Series(begins_record(text_lines(later["text"]))))


def _added(counts: pl.DataFrame) -> pl.DataFrame:
    """Counts of the same fingerprint added up."""
    worst = pl.col("severity").arg_max()
    return counts.group_by("fingerprint", maintain_order=True).agg(
        pl.max("severity"), pl.col("level").get(worst), pl.first("template"), pl.min("line"), pl.sum("n"), pl.sum("few")
    )
