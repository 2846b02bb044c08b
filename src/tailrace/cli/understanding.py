"""Understanding: how a document was read, summed up piece by piece in bounded memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.cli.documents import Piece
from tailrace.logs.reading.detect import SAMPLE_BYTES, Detection, detect, share
from tailrace.logs.reading.formats import Format, format_named
from tailrace.logs.reading.lines import find_lines, text_lines
from tailrace.logs.reading.scan_free import begins_record
from tailrace.logs.reading.scan_pattern import match_pattern
from tailrace.logs.reading.unwrap import unwrap

_MOST_SAMPLES: Final = 5
_SAMPLE_LENGTH: Final = 200
_THROWN: Final = (
    r"^(?:[A-Za-z_$][\w$]*(?:\.|::|\\))*[A-Z]\w*(?:Error|Exception|Exit|Fault|Interrupt|Throwable)(?::|\s|$)"
)
_MOST_DISTINCT: Final = 100_000  # fingerprints counted at a time

Mask = NDArray[np.bool_]


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

    def add(self, piece: Piece) -> None:
        """Take a further piece into account."""
        result = piece.result
        if len(self._head) < SAMPLE_BYTES:
            self._head += piece.chunk[:SAMPLE_BYTES]
        self.changes = result.state.switches
        self.wrapper = result.state.wrapper or ""
        if result.state.format and result.state.format not in self.formats[-1:]:
            self.formats.append(result.state.format)
        self.lines += result.stats.lines
        self.size += result.stats.bytes
        self.invalid += result.stats.invalid
        records = _measured(result.records, result.state.line + 1)
        if records.is_empty():
            return
        self.records += len(records)
        self.levels.update(dict(records["level"].value_counts().iter_rows()))
        times = records.select(first=pl.col("time").min(), last=pl.col("time").max()).row(0)
        self.first, self.last = min(self.first or times[0], times[0]), max(self.last or times[1], times[1])
        self._add_strange(records, np.isin(records["offset"].to_numpy(), result.strange))
        self._count(records)

    def top(self, number: int) -> list[dict[str, object]]:
        """The most frequent messages: `fingerprint`, `n`, `level` (worst, or None), `template`, `line` (first)."""
        if self._counts is None:
            return []
        ordered = _added(self._counts).sort("n", "line", descending=[True, False]).head(number)
        level = pl.when(pl.col("level") != "").then("level").alias("level")
        return ordered.select("fingerprint", "n", level, "template", "line").to_dicts()

    @property
    def distinct(self) -> int:
        """How many fingerprints there are; those forgotten, since they were rare among too many, not included."""
        return 0 if self._counts is None else len(_added(self._counts))

    def _add_strange(self, records: pl.DataFrame, mask: Mask) -> None:
        whole = records.filter(pl.Series(mask))
        self.strange += int(whole["lines"].sum())
        loose = self._unclaimed(_loose_lines(records.filter(pl.Series(~mask))))
        self.strange += len(loose)
        if len(self.samples) < _MOST_SAMPLES:
            first = whole.select("line", text=pl.col("body").str.splitn("\n", 2).struct.field("field_0"))
            self._sample(pl.concat((first, loose)).sort("line"))

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
        text = pl.col("text").str.slice(0, _SAMPLE_LENGTH)
        kinds = lines.with_columns(text, shape=text.str.replace_all(r"\d+", "0")).filter(pl.col("text") != "")
        kinds = kinds.unique("shape", keep="first", maintain_order=True).head(2 * _MOST_SAMPLES)
        for line, sample, shape in kinds.iter_rows():
            if shape not in self._shapes and len(self.samples) < _MOST_SAMPLES:
                self._shapes.add(shape)
                self.samples.append((line, sample))

    def _count(self, records: pl.DataFrame) -> None:
        """Count fingerprints; when there are too many, the rarest are forgotten."""
        counted = _added(records.select("fingerprint", "severity", "level", "template", "line", n=pl.lit(1, pl.Int64)))
        whole = counted if self._counts is None else pl.concat((self._counts, counted))
        if len(whole) > 2 * _MOST_DISTINCT:
            whole = _added(whole).sort("n", "line", descending=[True, False])
            self.forgotten += int(whole["n"].slice(_MOST_DISTINCT).sum())
            whole = whole.head(_MOST_DISTINCT)
        self._counts = whole


def _measured(records: pl.DataFrame, end: int) -> pl.DataFrame:
    """The records with the number of their lines in the file; `end` is the number of the line after them all."""
    return records.with_columns(lines=pl.col("line").shift(-1, fill_value=end) - pl.col("line"))


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
        pl.max("severity"), pl.col("level").get(worst), pl.first("template"), pl.min("line"), pl.sum("n")
    )
