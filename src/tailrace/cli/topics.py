"""`tailrace topics`: what topics a database holds, and how far their consumers are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from tailrace.cli.databases import type_name
from tailrace.cli.exits import exit_codes
from tailrace.cli.options import Database
from tailrace.cli.places import existing_database
from tailrace.cli.terminal import paint, table
from tailrace.log.contract import Backlog, Ends, LogReader, TopicSpec
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.mail.words import count_words
from tailrace.model.durations import format_duration, format_size
from tailrace.model.show import json_text

_HEADS = ("TOPIC", "PARTITIONS", "RECORDS", "FIRST", "NEXT", "KEPT FOR", "TYPE", "CONSUMER LAG")
_RIGHT = frozenset({1, 2, 3, 4})
_SHOWN_PARTITIONS = 3
_DEAD = ".dead"


@dataclass(frozen=True)
class TopicState:
    """A topic as it stands: its declaration, the ends of its partitions, and each consumer's lag."""

    spec: TopicSpec
    ends: list[Ends]
    lag: dict[str, Backlog]

    @property
    def records(self) -> int:
        """Records kept, in all partitions."""
        return sum(each.next - each.first for each in self.ends)


def topics(
    db: Database = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show dead-letter topics also when they are empty.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each topic.")] = False,
) -> None:
    """List topics, and how far their consumers are.

    FIRST is the offset of the first record kept and NEXT the one that the next record gets, for each partition;
    CONSUMER LAG says how many records each consumer has yet to read. Works while `tailrace watch` or `tailrace run`
    uses the database.

    Examples:

    \b
      tailrace topics
      tailrace topics --db .tailrace/alerts.db
      tailrace topics --json | jq 'select(.records > 0) | .topic'

    Exit code: 0 done, 1 the database cannot be read, 2 a fault in what was asked.
    """
    with exit_codes(), SqliteLog.open_reader(existing_database(db)) as reader:
        states = [_state(reader, spec) for _, spec in sorted(reader.topics().items())]
        for line in map(_json_line, states) if as_json else _table(states, everything):
            typer.echo(line)


def _state(reader: LogReader, spec: TopicSpec) -> TopicState:
    return TopicState(spec, [ends for _, ends in sorted(reader.ends(spec.name).items())], reader.lag(spec.name))


def _table(states: list[TopicState], everything: bool) -> Iterator[str]:
    shown = [each for each in states if everything or each.records or not each.spec.name.endswith(_DEAD)]
    behind = frozenset(number for number, each in enumerate(shown) if any(lag.records for lag in each.lag.values()))
    yield from table(_HEADS, [_row(each) for each in shown], right=_RIGHT, marked=behind)
    if hidden := len(states) - len(shown):
        yield paint(f"and {count_words(hidden, 'empty dead-letter topics')}; --all shows them", "dim")


def _row(state: TopicState) -> list[str]:
    return [
        state.spec.name,
        str(state.spec.partitions),
        f"{state.records:,}",
        _offsets([each.first for each in state.ends]),
        _offsets([each.next for each in state.ends]),
        format_duration(state.spec.retention) if state.spec.retention else "ever",
        type_name(state.spec),
        ", ".join(_lag(consumer, behind) for consumer, behind in sorted(state.lag.items())),
    ]


def _offsets(numbers: list[int]) -> str:
    shown = [str(number) for number in numbers[:_SHOWN_PARTITIONS]]
    return " ".join([*shown, "…"] if len(numbers) > _SHOWN_PARTITIONS else shown)


def _lag(consumer: str, behind: Backlog) -> str:
    return f"{consumer} {behind.records:,}" + (f" ({format_size(behind.bytes)})" if behind.records else "")


def _json_line(state: TopicState) -> str:
    return json_text(
        {
            "topic": state.spec.name,
            "partitions": [each._asdict() for each in state.ends],
            "records": state.records,
            "retention_seconds": state.spec.retention.total_seconds() if state.spec.retention else None,
            "retention_bytes": state.spec.retention_bytes,
            "type": type_name(state.spec),
            "fields": {field.name: str(field.type) for field in state.spec.schema},
            "lag": {consumer: behind._asdict() for consumer, behind in sorted(state.lag.items())},
        }
    )
