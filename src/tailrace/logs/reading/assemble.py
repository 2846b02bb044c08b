"""Assembling: from segments to the two frames that a call gives out."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.fingerprint import fingerprints
from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.levels import LEVELS, SEVERITIES
from tailrace.logs.reading.lines import as_text
from tailrace.logs.reading.neighbours import add_neighbours
from tailrace.logs.reading.parse import parse_records
from tailrace.logs.reading.parsed import ATTRIBUTES
from tailrace.logs.reading.segments import Segment

TIME: Final = pl.Datetime("us", "UTC")
RECORDS: Final[dict[str, pl.DataType]] = {
    "time": TIME,
    "severity": pl.Int64(),
    "level": pl.String(),
    "body": pl.String(),
    "logger": pl.String(),
    "thread": pl.String(),
    "attributes": ATTRIBUTES,
    "fingerprint": pl.String(),
    "template": pl.String(),
    "line": pl.Int64(),
    "offset": pl.Int64(),
    "before": pl.String(),
    "after": pl.String(),
}
VOLUMES: Final[dict[str, pl.DataType]] = {
    "time": TIME,
    "level": pl.String(),
    "lines": pl.Int64(),
    "bytes": pl.Int64(),
}

_AT_ONCE: Final = 1 << 15  # records: what taking them apart needs besides is many times as large as they are


def assemble_volumes(segments: list[Segment]) -> pl.DataFrame:
    """Return how many records and bytes there were, by UTC second and level, ascending."""
    return assemble_parted_volumes(segments, [0] * len(segments)).drop("part")


def assemble_parted_volumes(segments: list[Segment], parts: list[int]) -> pl.DataFrame:
    """Return how many records and bytes there were, by the segments' parts, UTC second and level, ascending."""
    if not segments:
        return pl.DataFrame(schema={**VOLUMES, "part": pl.Int64()})
    second, level, lines, size = (np.concatenate([s.volumes[i] for s in segments]) for i in range(4))
    part = np.repeat(np.array(parts, dtype=np.int64), [len(s.volumes[0]) for s in segments])
    counted = pl.DataFrame({"part": part, "second": second, "code": level, "lines": lines, "bytes": size})
    keys = ("part", "second", "code")
    counted = counted.group_by(keys).agg(pl.sum("lines", "bytes")).sort(keys)
    return counted.select(
        pl.from_epoch(pl.col("second") * 1_000_000, time_unit="us").dt.replace_time_zone("UTC").alias("time"),
        _by_code("code", LEVELS).alias("level"),
        "lines",
        "bytes",
        "part",
    )


def assemble_records(segments: list[Segment]) -> tuple[pl.DataFrame, int]:
    """Return the records kept in full, in the order of the file, and how many were not UTF-8."""
    frames, invalid = [], 0
    for form, group in _by_format(segments):
        text, bad = as_text(pa.chunked_array([s.texts for s in group]).combine_chunks())
        frames.append(_records(form, group, text))
        invalid += bad
    if not frames:
        return pl.DataFrame(schema=RECORDS), 0
    records = frames[0] if len(frames) == 1 else pl.concat(frames).sort("offset")
    return add_neighbours(records, [(s.offset, s.around) for s in segments if len(s.line)]), invalid


def _by_format(segments: list[Segment]) -> list[tuple[Format, list[Segment]]]:
    """Group segments by format, those without kept records left out."""
    groups: dict[tuple[str, tuple[str, str]], tuple[Format, list[Segment]]] = {}
    for segment in segments:
        if len(segment.line):
            form = segment.form
            groups.setdefault((form.name, form.keys), (form, []))[1].append(segment)
    return list(groups.values())


def _records(form: Format, group: list[Segment], text: pl.Series) -> pl.DataFrame:
    level, micros, line, offset, cut = (
        np.concatenate([getattr(s, name) for s in group]) for name in ("level", "micros", "line", "offset", "cut")
    )
    steps = [slice(begin, begin + _AT_ONCE) for begin in range(0, len(text), _AT_ONCE)]
    frame = pl.concat([_understood(form, text[step], cut[step]) for step in steps]).with_columns(
        pl.Series("micros", micros),
        pl.Series("code", level),
        pl.Series("line", line),
        pl.Series("offset", offset),
    )
    return frame.select(
        pl.from_epoch("micros", time_unit="us").dt.replace_time_zone("UTC").alias("time"),
        _by_code("code", SEVERITIES).cast(pl.Int64).alias("severity"),
        _by_code("code", LEVELS).alias("level"),
        *list(RECORDS)[3:-2],
    )


def _understood(form: Format, text: pl.Series, cut: NDArray[np.int64]) -> pl.DataFrame:
    """Return what some records say, given how much was cut off each, with their templates and fingerprints."""
    parsed = parse_records(text, form)
    if cut.any():
        mark = pl.format("\n[cut: {} bytes more]", pl.col("cut"))
        parsed = (
            parsed.with_columns(cut=pl.Series(cut))
            .with_columns(body=pl.when(pl.col("cut") > 0).then(pl.col("body") + mark).otherwise("body"))
            .drop("cut")
        )
    return parsed.with_columns(*fingerprints(parsed["body"]).get_columns())


def _by_code(column: str, values: tuple[str, ...] | tuple[int, ...]) -> pl.Expr:
    return pl.lit(pl.Series(values)).gather(pl.col(column))
