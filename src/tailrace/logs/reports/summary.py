"""What a report tells, summed up while it is written: counts by application, and the most frequent messages. Pure.

Sums are kept apart by the moments at which reports begin and end (`Schedule.moments`): any report is the sum of whole
cells between them. A cell is a frame, saved as bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import polars as pl

from tailrace.logs.records import Alert, AlertCause, AppSummary, IncidentSummary, Stage

MOST_APPS: Final = 5000
"""Applications counted by name within a cell; what the quietest beyond them write is counted without one."""
MOST_MESSAGES: Final = 200
"""Messages kept of a cell: half of them of level WARN at most, as far as there are others."""
SAMPLE_LIMIT: Final = 2000  # characters; a mail shows fewer
_NEIGHBOURS_LIMIT: Final = 1000
_COUNTS: Final = ("lines", "errors", "warnings")
_MESSAGE: Final = ("app", "fingerprint", "level")
_TEXTS: Final = ("template", "sample", "uri", "line", "before", "after")
_RANKS: Final = {"FATAL": 3, "ERROR": 2, "WARN": 1}


# -- counts by application --------------------------------------------------------------------------------------------


def count_apps(volumes: pl.DataFrame, moments: Sequence[datetime]) -> Iterator[tuple[datetime, pl.DataFrame]]:
    """Records of `Volume` as counts by application, for each cell from one of the moments to the next.

    What lies before the first moment is left out. A frame has `app`, `lines`, `errors` and `warnings`.
    """
    bad = pl.col("level").is_in(["ERROR", "FATAL"])
    counted = volumes.select(
        "app",
        "time",
        lines=pl.col("lines"),
        errors=pl.when(bad).then("lines").otherwise(0),
        warnings=pl.when(pl.col("level") == "WARN").then("lines").otherwise(0),
    )
    for moment, rows in _cells(counted, moments):
        yield moment, _sum_apps(rows)


def add_apps(tables: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Counts by application added up, the worst application first; those beyond `MOST_APPS` in a row without a name."""
    whole = _sum_apps(pl.concat(list(tables), how="vertical_relaxed"))
    if whole.height <= MOST_APPS:
        return whole
    rest = whole.slice(MOST_APPS).with_columns(app=pl.lit(""))
    return _sum_apps(pl.concat([whole.head(MOST_APPS), rest]))


def app_summaries(now: pl.DataFrame | None, before: pl.DataFrame | None) -> list[AppSummary]:
    """What each application wrote in a span, and before; the worst first. None stands for nothing at all."""
    empty = pl.DataFrame(schema={"app": pl.String, **dict.fromkeys(_COUNTS, pl.Int64)})
    here = empty if now is None else now
    there = (empty if before is None else before).select(
        "app", errors_before=pl.col("errors"), warnings_before=pl.col("warnings")
    )
    both = here.join(there, on="app", how="full", coalesce=True, maintain_order="left_right").fill_null(0)
    worst = both.sort("errors", "warnings", "lines", "errors_before", descending=True, maintain_order=True)
    return [AppSummary(**row) for row in worst.iter_rows(named=True)]


def _sum_apps(rows: pl.DataFrame) -> pl.DataFrame:
    sums = rows.group_by("app").agg(pl.col(_COUNTS).sum().cast(pl.Int64))
    return sums.sort("errors", "warnings", "lines", "app", descending=[True, True, True, False])


# -- messages ---------------------------------------------------------------------------------------------------------


def count_messages(
    records: pl.DataFrame, moments: Sequence[datetime], new: pl.DataFrame | None = None
) -> Iterator[tuple[datetime, pl.DataFrame]]:
    """Records of `LogRecord` as counts by message, for each cell from one of the moments to the next.

    A frame has the fields of `AlertCause`, of each message with the texts of its first record. `new` are `app` and
    `fingerprint` of those that were never seen before.
    """
    fresh = records.select("app", "fingerprint").clear() if new is None else new
    chosen = records.select(
        *_MESSAGE,
        "time",
        pl.col("template").str.slice(0, SAMPLE_LIMIT),
        pl.col("body").str.slice(0, SAMPLE_LIMIT).alias("sample"),
        "uri",
        "line",
        pl.col("before", "after").str.slice(0, _NEIGHBOURS_LIMIT),
    )
    for moment, rows in _cells(chosen, moments):
        counted = rows.group_by(_MESSAGE, maintain_order=True).agg(
            n=pl.len().cast(pl.Int64),
            first=pl.col("time").min(),
            last=pl.col("time").max(),
            **{name: pl.col(name).first() for name in _TEXTS},
        )
        marked = counted.join(
            fresh.with_columns(new=True), on=["app", "fingerprint"], how="left", maintain_order="left"
        )
        yield moment, _worst(marked.with_columns(pl.col("new").fill_null(False)))


def add_messages(tables: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Counts by message added up, the worst and most frequent first, `MOST_MESSAGES` at most."""
    rows = pl.concat(list(tables), how="vertical_relaxed").sort("first", maintain_order=True)
    sums = rows.group_by(_MESSAGE, maintain_order=True).agg(
        n=pl.col("n").sum(),
        first=pl.col("first").min(),
        last=pl.col("last").max(),
        new=pl.col("new").any(),
        **{name: pl.col(name).first() for name in _TEXTS},
    )
    return _worst(sums)


def top_causes(messages: pl.DataFrame, number: int) -> list[AlertCause]:
    """The first of counted messages, as they stand in a report."""
    return [AlertCause(**row) for row in messages.head(number).iter_rows(named=True)]


def _worst(messages: pl.DataFrame) -> pl.DataFrame:
    """The messages to keep, the worst first: a flood of rare errors leaves the frequent warnings room, and the others.

    What falls out is counted anew should it come again; of the messages that come most often that is never true.
    """
    rank = pl.col("level").replace_strict(_RANKS, default=0, return_dtype=pl.Int64)
    ordered = messages.with_columns(rank=rank).sort(
        "rank", "n", "fingerprint", "app", descending=[True, True, False, False]
    )
    if ordered.height > MOST_MESSAGES:
        mild = pl.col("rank") < _RANKS["ERROR"]
        room = MOST_MESSAGES - min(MOST_MESSAGES // 2, ordered.filter(mild).height)
        ordered = pl.concat([ordered.filter(~mild).head(room), ordered.filter(mild)]).head(MOST_MESSAGES)
    return ordered.select(*_MESSAGE, "n", "first", "last", *_TEXTS, "new")


# -- incidents --------------------------------------------------------------------------------------------------------


def incident_after(known: IncidentSummary | None, alert: Alert) -> IncidentSummary:
    """What is known of an incident after one more of its events."""
    value = alert.value if known is None or abs(alert.value) > abs(known.value) else known.value
    return IncidentSummary(
        id=alert.id,
        app=alert.app,
        rule=alert.name or alert.rule,
        opened=alert.opened,
        resolved=alert.at if alert.state == Stage.RESOLVED else None,
        value=value,
        severity=alert.severity,
    )


def incidents_within(incidents: Iterable[IncidentSummary], start: datetime, end: datetime) -> list[IncidentSummary]:
    """The incidents that were open at any time from `start` to `end`, in the order of their opening."""
    touching = [each for each in incidents if each.opened < end and (each.resolved is None or each.resolved >= start)]
    return sorted(touching, key=lambda each: (each.opened, each.id))


def incidents_to_keep(incidents: Iterable[IncidentSummary], start: datetime, most: int) -> set[str]:
    """The ids of those that a report of what comes after `start` may tell of: the latest of them, if there are many."""
    wanted = [each for each in incidents if each.resolved is None or each.resolved >= start]
    return {each.id for each in sorted(wanted, key=lambda each: each.opened)[-most:]}


# -- cells ------------------------------------------------------------------------------------------------------------


def _cells(rows: pl.DataFrame, moments: Sequence[datetime]) -> Iterator[tuple[datetime, pl.DataFrame]]:
    """The rows by the last of the moments that is not after their `time`; earlier ones are left out."""
    if rows.is_empty():
        return
    edges = pl.Series(moments, dtype=pl.Datetime("us", "UTC"))
    cell = pl.Series("cell", edges.search_sorted(rows["time"], side="right")).cast(pl.Int64) - 1
    parts: dict[Any, pl.DataFrame] = rows.with_columns(cell).partition_by("cell", as_dict=True, include_key=False)
    yield from ((moments[number], part) for (number,), part in sorted(parts.items()) if number >= 0)


def to_bytes(table: pl.DataFrame) -> bytes:
    """A table as it is saved."""
    target = BytesIO()
    table.write_ipc(target, compression="zstd")
    return target.getvalue()


def from_bytes(saved: bytes) -> pl.DataFrame:
    """The inverse of `to_bytes`."""
    return pl.read_ipc(BytesIO(saved))
