"""`tailrace tap`: the records of a topic, as they stand or as they come."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated

import pyarrow as pa
import typer

from tailrace.cli.databases import find_topic
from tailrace.cli.exits import ASKED_WRONGLY, DONE, AskedWronglyError, exit_codes
from tailrace.cli.letters import is_letters, letter_lines, letter_texts
from tailrace.cli.moments import FORMS, parse_moment
from tailrace.cli.options import Database
from tailrace.cli.places import existing_database
from tailrace.cli.selecting import Selection
from tailrace.log.contract import Bounds, LogReader, TopicPartition, TopicSpec
from tailrace.log.sqlite import SqliteLog
from tailrace.model.show import record_lines, record_texts

_POLL_SECONDS = 0.2
_BATCH = Bounds(10_000)


def tap(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="A topic's name; the app's before it may be left out.")],
    start: Annotated[
        str | None,
        typer.Option("--from", help=f"start, end, or when it was appended: {FORMS}. Else start; end with --follow."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    where: Annotated[
        str | None, typer.Option(help="SQL condition over the records' fields, as in \"level = 'ERROR'\".")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="End after so many records.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json/--text", help="A JSON object for each record, or name=value for people.")
    ] = False,
    db: Database = None,
) -> None:
    """Look at the records of a topic.

    Works while `tailrace watch` or `tailrace run` uses the database, and disturbs nothing: a tap is no consumer.

    Examples:

    \b
      tailrace tap records --limit 10
      tailrace tap records --from -10m --where "level = 'ERROR' AND body LIKE '%timeout%'"
      tailrace tap alerts --follow --json | jq .app
      tailrace tap ingest.dead

    Exit code: 0 done or stopped by Ctrl-C, 1 the database cannot be read, 2 a fault in what was asked.
    """
    with exit_codes(), SqliteLog.open_reader(existing_database(db)) as reader:
        spec = find_topic(reader, topic)
        with exit_codes(ASKED_WRONGLY):
            selection = Selection.of(where, spec.schema)
            offsets = _offsets(reader, spec, start or ("end" if follow else "start"), datetime.now(UTC))
        try:
            _print(_limited(map(selection.of_batch, _batches(reader, offsets, follow)), limit), as_json)
        except KeyboardInterrupt:
            if not follow:
                raise
            raise typer.Exit(DONE) from None


def _offsets(reader: LogReader, spec: TopicSpec, start: str, now: datetime) -> dict[TopicPartition, int]:
    """Where to begin, in each partition."""
    ends = reader.ends(spec.name)
    sources = {TopicPartition(spec.name, partition): each for partition, each in sorted(ends.items())}
    if start == "start":
        return {source: each.first for source, each in sources.items()}
    if start == "end":
        return {source: each.next for source, each in sources.items()}
    try:
        moment = parse_moment(start, now)
    except AskedWronglyError as error:
        raise AskedWronglyError(f"--from: {error}, and neither start nor end", hint=error.hint) from None
    return {source: reader.offset_at(source, moment) for source in sources}


def _batches(reader: LogReader, offsets: dict[TopicPartition, int], follow: bool) -> Iterator[pa.RecordBatch]:
    """What stands, partition by partition in turn; then, to follow, what comes."""
    while True:
        idle = True
        for source, offset in offsets.items():
            found = reader.read(source, offset, _BATCH)
            if found is not None:
                idle = False
                offsets[source] = found.next
                yield found.batch
        if idle and not follow:
            return
        if idle:
            time.sleep(_POLL_SECONDS)


def _limited(batches: Iterable[pa.RecordBatch], limit: int | None) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch if limit is None else batch.slice(0, limit)
        if limit is not None and (limit := limit - batch.num_rows) <= 0:
            return


def _print(batches: Iterable[pa.RecordBatch], as_json: bool) -> None:
    for batch in batches:
        sys.stdout.writelines(f"{line}\n" for line in (_lines(batch) if as_json else _texts(batch)))
        sys.stdout.flush()


def _lines(batch: pa.RecordBatch) -> Iterator[str]:
    return letter_lines(batch) if is_letters(batch) else record_lines(batch)


def _texts(batch: pa.RecordBatch) -> Iterator[str]:
    return letter_texts(batch) if is_letters(batch) else record_texts(batch)
