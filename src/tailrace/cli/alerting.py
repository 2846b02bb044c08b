"""What a database and the file of commands beside it tell of alerting: incidents, decisions, what people asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import polars as pl

from tailrace.cli.databases import read_topic, type_name
from tailrace.cli.exits import AskedWronglyError
from tailrace.cli.incidents import IncidentView, Notes, gather
from tailrace.connect.commands_file import commands_path, read_from
from tailrace.log.contract import LogReader
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.incidents.orders import Standing, read_command
from tailrace.logs.incidents.silences import Silence
from tailrace.logs.records import Alert, Command, Decision
from tailrace.model.batch import Batch, concat
from tailrace.model.errors import TailraceError
from tailrace.model.record import Record

TOLD: Final = "told"
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Alerting:
    """All that is known of alerts, in the order in which it was recorded; `reads`: an application takes commands."""

    database: Path
    incidents: list[IncidentView]
    decisions: pl.DataFrame
    """The columns of `Decision`, in order of time."""
    commands: list[Command] = field(default_factory=list)
    reads: bool = False

    @property
    def standing(self) -> Standing:
        """What people asked for and what of it still stands."""
        return Standing.of(self.commands)

    def untold(self) -> list[Decision]:
        """The last decision about each incident of which nobody was told, the latest first."""
        known = [each.latest.id for each in self.incidents]
        others = self.decisions.filter(~pl.col("incident").is_in(known))
        last = others.group_by("incident", maintain_order=True).last().sort("at", descending=True)
        return list(Batch.from_frame(Decision, last).records())

    def decided(self, name: str) -> list[Decision]:
        """What was decided about an incident, in order of time."""
        return list(Batch.from_frame(Decision, self.decisions.filter(pl.col("incident") == name)).records())

    def notes(self, now: datetime) -> dict[str, Notes]:
        """Of each open incident, who has acknowledged it, unless it was told again since; and what silences it."""
        last = self.decisions.filter(pl.col("outcome") == TOLD).group_by("incident").agg(pl.col("at").max())
        told: dict[str, datetime] = dict(last.iter_rows())
        standing = self.standing
        active = standing.active(now)
        found = {}
        for incident in (each for each in self.incidents if each.open):
            name = incident.latest.id
            known = standing.acknowledged.get(name)
            stands = known is not None and (name not in told or told[name] <= known.at)
            silence = next((each for each in reversed(active) if _takes(each, incident)), None)
            found[name] = Notes(known if stands else None, silence)
        return found

    def find(self, start: str) -> str:
        """The id that begins so, of an incident that was told or not. Raises AskedWronglyError."""
        ids = list(dict.fromkeys([*(each.latest.id for each in self.incidents), *self.decisions["incident"].to_list()]))
        return chosen(start, ids, "alert", "`tailrace alerts --all` lists them")

    def incident(self, name: str) -> IncidentView | None:
        """The incident of that id; None if nobody was told of it."""
        return next((each for each in self.incidents if each.latest.id == name), None)


def _takes(silence: Silence, incident: IncidentView) -> bool:
    try:
        return silence.takes(incident.latest)
    except TailraceError:  # a pattern that somebody wrote into the file by hand
        return False


def read_alerting(database: Path) -> Alerting:
    """Read it all. Raises TailraceError when the database cannot be read."""
    with SqliteLog.open_reader(database) as reader:
        reads = any(type_name(spec) == Command.__name__ for spec in reader.topics().values())
        incidents = gather(records_of(reader, Alert))
        decisions = concat(Decision, batches_of(reader, Decision)).frame.sort("at", maintain_order=True)
    return Alerting(database, incidents, decisions, list(written(commands_path(database))), reads)


def records_of(reader: LogReader, record_type: type[R]) -> Iterator[R]:
    """The records of every topic of that type."""
    for batch in batches_of(reader, record_type):
        yield from batch.records()


def batches_of(reader: LogReader, record_type: type[R]) -> Iterator[Batch[R]]:
    """The same as batches."""
    for name, spec in sorted(reader.topics().items()):
        if type_name(spec) == record_type.__name__:
            for batch in read_topic(reader, name):
                yield Batch.from_arrow(record_type, batch)


def written(path: Path) -> Iterator[Command]:
    """The commands in a file, those that cannot be read left out."""
    offset = 0
    while (found := read_from(path, offset)).next != offset:
        for line in found.lines:
            try:
                yield read_command(line)
            except TailraceError:
                continue  # the desk warns of it
        offset = found.next


def chosen(start: str, names: Iterable[str], noun: str, hint: str) -> str:
    """The one name that begins so. Raises AskedWronglyError when there is none, or several."""
    found = [name for name in names if name.startswith(start)]
    if len(found) == 1 or start in found:
        return start if start in found else found[0]
    if found:
        raise AskedWronglyError(f"several {noun}s begin with {start!r}", hint=f"one of {', '.join(found)}")
    raise AskedWronglyError(f"there is no {noun} {start!r}", hint=hint)
