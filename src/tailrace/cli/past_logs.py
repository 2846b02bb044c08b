"""Past logs: what files hold, read at once as records and volumes, by the path that `watch` reads them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from tailrace.cli.documents import STANDARD_INPUT, Document, check_files, documents_of, pieces_of
from tailrace.cli.exits import AskedWronglyError, say_fault
from tailrace.cli.spilling import Spill
from tailrace.cli.terminal import status
from tailrace.connect.directory import FoundFile, find_files
from tailrace.connect.docker import container_name
from tailrace.logs.apps import app_of
from tailrace.logs.ingesting.documents import NotText
from tailrace.logs.ingesting.gathered import believed
from tailrace.logs.reading.chunk import ChunkResult
from tailrace.logs.reading.levels import SEVERITIES, WARN
from tailrace.logs.records import LogRecord, Volume
from tailrace.model.batch import Batch
from tailrace.model.durations import format_size
from tailrace.model.errors import TailraceError

_STDIN: Final = "stdin"
_MOST_THREADS: Final = 4


@dataclass
class PastLogs:
    """What was read: records in full from a level on, and volumes of all; with sums over all files.

    `formats` are those that each application's logs were read in; `faults` say what could not be read, or not to its
    end.
    """

    records: Spill = field(default_factory=lambda: Spill(LogRecord))
    volumes: list[pl.DataFrame] = field(default_factory=list)
    files: int = 0
    lines: int = 0
    size: int = 0
    formats: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[TailraceError] = field(default_factory=list)

    def volume_frame(self) -> pl.DataFrame:
        """The volumes, one row for each application, second and level."""
        if not self.volumes:
            return Batch.empty(Volume).frame
        return (
            pl.concat(self.volumes).group_by("app", "time", "level").agg(pl.sum("lines", "bytes")).sort("time", "app")
        )

    def add(self, other: PastLogs) -> None:
        """Take over what was read of another file."""
        self.records.take(other.records)
        self.volumes += other.volumes
        self.files += other.files
        self.lines += other.lines
        self.size += other.size
        self.faults += other.faults
        for app, formats in other.formats.items():
            self.formats.setdefault(app, Counter()).update(formats)


def read_past(
    patterns: Sequence[str],
    *,
    zone: ZoneInfo,
    pattern: re.Pattern[str] | None = None,
    least: int = SEVERITIES[WARN],
    on_progress: Callable[[int], object] = lambda _: None,
) -> PastLogs:
    """Read files, directories and globs, packed files too; `-` is standard input.

    `pattern` finds the application's name in a path, `least` is the lowest severity that is kept in full.
    `on_progress` gets the number of bytes read since it was called last, from several threads. Raises
    AskedWronglyError for what is not there; what cannot be read of what is there, is in the result's `faults`.
    """
    names, faults = _names(patterns)
    past = PastLogs(faults=faults)

    def read(name: str) -> PastLogs:
        return _read_file(name, zone, pattern, least, on_progress)

    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        for found in pool.map(read, names):
            past.add(found)
    return past


def read_shown(
    patterns: Sequence[str], *, zone: ZoneInfo, pattern: re.Pattern[str] | None, least: int = SEVERITIES[WARN]
) -> PastLogs:
    """As `read_past`, with how far it is on standard error, where that is a terminal."""
    done = 0
    with status("reading") as show:

        def add(size: int) -> None:
            nonlocal done
            done += size
            show(f"reading, {format_size(done)} so far")

        return read_past(patterns, zone=zone, pattern=pattern, least=least, on_progress=add)


def say_faults(past: PastLogs) -> bool:
    """Tell on standard error what could not be read; whether there is anything."""
    for fault in past.faults:
        say_fault(fault)
    return bool(past.faults)


def _names(patterns: Sequence[str]) -> tuple[list[str], list[TailraceError]]:
    """The files that are meant, each once, and what cannot be looked into."""
    names: dict[str, None] = {}
    faults: list[TailraceError] = []
    for pattern in patterns:
        if pattern == STANDARD_INPUT:
            names[pattern] = None
            continue
        before = len(names), len(faults)
        for found in find_files([pattern]):
            if isinstance(found, FoundFile):
                names[found.path] = None
            else:
                faults.append(TailraceError(f"{found.path} cannot be read: {found.reason}"))
        if (len(names), len(faults)) == before and not names.keys() & {pattern}:
            raise AskedWronglyError(f"there is no file {pattern!r}", hint="name log files, directories or globs")
    check_files([name for name in names if name == STANDARD_INPUT])
    return list(names), faults


def _app(name: str, pattern: re.Pattern[str] | None) -> str:
    return _STDIN if name == STANDARD_INPUT else app_of(name, pattern, container_name(name))


def _read_file(
    name: str, zone: ZoneInfo, pattern: re.Pattern[str] | None, least: int, on_progress: Callable[[int], object]
) -> PastLogs:
    past = PastLogs(files=1)
    try:
        with documents_of(name) as documents:
            for document in documents:
                app = _app(document.name, pattern)
                for result in _results(document, zone, least):
                    _add(past, app, document, result)
                    on_progress(result.stats.bytes)
                if document.content is not None and document.content.truncated:
                    past.faults.append(TailraceError(f"{document.name} is cut short: what stands before that is read"))
    except NotText:
        past.files = 0
    except TailraceError as fault:
        past.faults.append(fault)
    return past


def _results(document: Document, zone: ZoneInfo, least: int) -> Iterator[ChunkResult]:
    """A document read to its end, chunk by chunk; what stands before a fault is given before it is raised."""
    for piece in pieces_of(document, zone, least=least):
        result = piece.result
        time = believed(pl.lit(document.modified), datetime.now(UTC))
        records, volumes = result.records.with_columns(time), result.volumes.with_columns(time)
        yield replace(result, records=records, volumes=volumes)


def _add(past: PastLogs, app: str, document: Document, result: ChunkResult) -> None:
    past.lines += result.stats.lines
    past.size += result.stats.bytes
    if result.state.format:
        past.formats.setdefault(app, Counter())[result.state.format] += result.stats.lines
    if result.records.height:
        origin = {"app": pl.lit(app), "uri": pl.lit(document.name), "observed": pl.lit(datetime.now(UTC))}
        past.records.add(Batch.from_frame(LogRecord, result.records.with_columns(**origin)).arrow)
    if result.volumes.height:
        past.volumes.append(result.volumes.with_columns(app=pl.lit(app)))
