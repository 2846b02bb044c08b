"""What a command finds in a database: its topics by the names that people use, their records in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from tailrace.cli.exits import AskedWronglyError
from tailrace.log.contract import LogReader, TopicPartition, TopicSpec
from tailrace.logs.records import (
    Alert,
    Cause,
    Command,
    Crossing,
    Decision,
    LogRecord,
    Notification,
    Report,
    Stats,
    Undelivered,
    Volume,
)
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.names import did_you_mean

_TYPES = (
    *(Notification, LogRecord, Volume, Stats, Cause, Crossing, Alert),
    *(Command, Decision, Report, Undelivered, DeadLetter),
)
_KNOWN = {each.schema_fingerprint(): each for each in _TYPES}
_SHOWN_FIELDS = 4


def find_topic(reader: LogReader, name: str) -> TopicSpec:
    """The topic of that name, with the application's name before it or without.

    Raises AskedWronglyError, with the nearest name, when there is none or there are several.
    """
    topics = reader.topics()
    if name in topics:
        return topics[name]
    found = [spec for topic, spec in topics.items() if short_name(topic) == name]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(spec.name for spec in found)
        raise AskedWronglyError(f"there are several topics {name!r}", hint=f"name one in full: {names}")
    hint = did_you_mean(name, dict.fromkeys([*map(short_name, topics), *topics]), "topic")
    raise AskedWronglyError(f"there is no topic {name!r} in this database", hint=hint)


def short_name(topic: str) -> str:
    """A topic's name without the application's."""
    return topic.partition(".")[2] or topic


def type_name(spec: TopicSpec) -> str:
    """The record type of a topic: its name where it is one of Tailrace's own, else its fields."""
    known = _KNOWN.get(spec.fingerprint)
    if known is not None:
        return known.__name__
    names = spec.schema.names
    more = ", …" if len(names) > _SHOWN_FIELDS else ""
    return f"({', '.join(names[:_SHOWN_FIELDS])}{more})" if names else "any record"


def read_topic(
    reader: LogReader, topic: str, start: Mapping[int, int] | None = None, end: Mapping[int, int] | None = None
) -> Iterator[pa.RecordBatch]:
    """The records of a topic from offsets `start` to before `end`, by partition; the first kept and the end if not
    given."""
    for partition, ends in reader.ends(topic).items():
        offset = (start or {}).get(partition, ends.first)
        stop = (end or {}).get(partition, ends.next)
        while offset < stop and (found := reader.read(TopicPartition(topic, partition), offset)) is not None:
            if found.base < stop:
                yield found.batch.slice(0, stop - found.base)
            offset = found.next
