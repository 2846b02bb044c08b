"""Readings come from a file, and are parted into plausible ones and others."""

from __future__ import annotations

import csv
from datetime import datetime

import polars as pl

from tailrace import (
    Batch,
    Emits,
    EventTime,
    Inlet,
    Outlet,
    Record,
    Setting,
    State,
    Streamlet,
    TailraceError,
    Volume,
    timer,
)


class Reading(Record):
    """One measurement."""

    sensor: str
    celsius: float
    at: EventTime


class Rejected(Record):
    """A measurement that cannot be, and how many came before it."""

    sensor: str
    celsius: float
    number: int


class CsvDoor(Streamlet):
    """Reads the lines that have been added to a CSV file since the last look. A restart goes on where it was."""

    out = Outlet(Reading, key="sensor")
    folder = Volume(access="read-only", help="where readings.csv is")
    file = Setting(str, default="readings.csv", help="the file's name")
    lines = State(int, default=0)

    @timer("500ms")
    def look(self) -> Emits:
        """Emit what is new; the number of lines read is committed together with the records."""
        path = self.folder / self.file
        if not path.is_file():
            raise TailraceError(f"there is no {path}", hint="mount the folder that has it")
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        new, self.lines = rows[self.lines :], len(rows)
        if new:
            yield self.out(
                Reading(row["sensor"], float(row["celsius"]), datetime.fromisoformat(row["at"])) for row in new
            )


class Split(Streamlet):
    """Parts readings by a limit: columns in, columns out."""

    readings = Inlet(Reading)
    valid = Outlet(Reading, key="sensor")
    invalid = Outlet(Rejected)
    limit = Setting(float, default=60.0, help="greatest plausible reading, in degrees Celsius")
    count = State(int, default=0)

    def on_batch(self, readings: Batch[Reading]) -> Emits:
        """Called with a batch, never an empty one."""
        frame = readings.frame
        bad = frame.filter(pl.col("celsius") > self.limit).select("sensor", "celsius")
        yield self.valid(Batch.from_frame(Reading, frame.filter(pl.col("celsius") <= self.limit)))
        if bad.height:
            numbers = pl.Series("number", range(self.count + 1, self.count + 1 + bad.height))
            yield self.invalid(Batch.from_frame(Rejected, bad.with_columns(numbers)))
            self.count += bad.height
