"""Assembling: from segments to the two frames that a call gives out."""

from __future__ import annotations

from functools import cache
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

_SEVERITIES: Final = np.array(SEVERITIES, dtype=np.int64)
_LEVELS: Final = pa.array(LEVELS, pa.large_string())
_AT_ONCE: Final = 1 << 15  # records: what taking them apart needs besides is many times as large as they are


def assemble_volumes(segments: list[Segment]) -> pl.DataFrame:
    """Return how many records and bytes there were, by UTC second and level, ascending."""
    volumes = assemble_parted_volumes(segments, [0] * len(segments))
    volumes.drop_in_place("part")
    return volumes


def assemble_parted_volumes(segments: list[Segment], parts: list[int]) -> pl.DataFrame:
    """Return how many records and bytes there were, by the segments' parts, UTC second and level, ascending."""
    if not segments:
        return pl.DataFrame(schema={**VOLUMES, "part": pl.Int64()})
    second, level, lines, size = (np.concatenate([s.volumes[i] for s in segments]) for i in range(4))
    part = np.repeat(np.array(parts, dtype=np.int64), [len(s.volumes[0]) for s in segments])
    order = np.lexsort((level, second, part))
    part, second, level = part[order], second[order], level[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (second[1:] != second[:-1]) | (level[1:] != level[:-1]) | (part[1:] != part[:-1])
    begins = np.flatnonzero(first)
    lines, size = (np.add.reduceat(each[order], begins) if len(begins) else each for each in (lines, size))
    return pl.DataFrame(
        [
            _times("time", second[begins] * 1_000_000),
            _levels("level", level[begins]),
            pl.Series("lines", lines),
            pl.Series("bytes", size),
            pl.Series("part", part[begins]),
        ]
    )


def assemble_records(segments: list[Segment]) -> tuple[pl.DataFrame, int]:
    """Return the records kept in full, in the order of the file, and how many were not UTF-8."""
    frames, invalid = [], 0
    for form, group in _by_format(segments):
        text, bad = as_text(pa.concat_arrays([s.texts for s in group]))
        frames.append(_records(form, group, text))
        invalid += bad
    if not frames:
        return _no_records().clone(), 0
    records = frames[0] if len(frames) == 1 else pl.concat(frames).sort("offset")
    return add_neighbours(records, [(s.offset, s.around) for s in segments if len(s.line)]), invalid


@cache
def _no_records() -> pl.DataFrame:
    return pl.DataFrame(schema=RECORDS)


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
    parts = [
        _understood(form, text[begin : begin + _AT_ONCE], cut[begin : begin + _AT_ONCE])
        for begin in range(0, len(text), _AT_ONCE)
    ]
    said = (parts[0] if len(parts) == 1 else pl.concat(parts)).get_columns()
    return pl.DataFrame(
        [
            _times("time", micros),
            pl.Series("severity", _SEVERITIES[level]),
            _levels("level", level),
            *said,
            pl.Series("line", line),
            pl.Series("offset", offset),
        ]
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
    template, fingerprint = fingerprints(parsed["body"]).get_columns()
    return parsed.hstack([fingerprint, template])


def _times(name: str, micros: NDArray[np.int64]) -> pl.Series:
    """Return microseconds since 1970 as times."""
    return pl.Series(name, micros).cast(TIME)


def _levels(name: str, codes: NDArray[np.integer]) -> pl.Series:
    """Return the names of levels by their codes."""
    return pl.Series(name, _LEVELS.take(pa.array(codes)))
