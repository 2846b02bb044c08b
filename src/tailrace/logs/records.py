"""The records that travel between the stations of the log-alert application."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Annotated

from tailrace.model.fields import Doc, EventTime
from tailrace.model.record import Record


class Notification(Record):
    """Bytes stand ready to be read: a file, and how far it reaches.

    One file yields a notification each time it has grown. A repeat is harmless: the reader knows how far it got.
    """

    app: Annotated[str, Doc("the application whose log this is")]
    uri: Annotated[str, Doc("where the bytes are: a path, bytes that are no UTF-8 percent-encoded")]
    identity: Annotated[str, Doc("names the file whatever it is called; a rewrite changes it")]
    size: Annotated[int, Doc("how far it can be read, in bytes")]
    modified: Annotated[datetime, Doc("when it was written to last")]
    complete: Annotated[bool, Doc("no more bytes will come: the last line counts, even without its newline")] = False
    gone: Annotated[bool, Doc("the file is no more: what is held of it is its end, then it can be forgotten")] = False
    content: Annotated[str, Doc("a hash of what stands at both ends of it; empty if not taken")] = ""


class LogRecord(Record):
    """One record of a log, WARN or worse, in OpenTelemetry's log data model."""

    app: str
    time: EventTime
    observed: Annotated[datetime, Doc("when it was read")]
    severity: Annotated[int, Doc("1 to 24: TRACE 1, DEBUG 5, INFO 9, WARN 13, ERROR 17, FATAL 21; 0 when unknown")]
    level: str
    body: Annotated[str, Doc("the message, with the lines that belong to it")]
    fingerprint: Annotated[str, Doc("the hash of the template: equal for what a person would call the same message")]
    template: Annotated[str, Doc("the message with its variable parts masked")]
    uri: str
    line: Annotated[int, Doc("number of the record's first line in its file, from 1; 0 when unknown")]
    offset: Annotated[int, Doc("where the record starts in its file, in bytes")]
    logger: str | None = None
    thread: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


class Volume(Record):
    """How many records of one level an application wrote in one second; every level, also those not sent in full."""

    app: str
    time: Annotated[EventTime, Doc("the second, at its start")]
    level: Annotated[str, Doc("TRACE to FATAL; empty when unknown")]
    lines: Annotated[int, Doc("records; lines that belong to a record before them are not counted")]
    bytes: int


class Stats(Record):
    """What one application wrote in one window; replaces the earlier row of the same application and window."""

    window_start: EventTime
    window_end: datetime
    app: str
    lines: int
    errors: Annotated[int, Doc("records of level ERROR or FATAL")]
    warnings: Annotated[int, Doc("records of level WARN")]
    last: Annotated[datetime, Doc("the latest second of the window in which something was written")]
    final: Annotated[bool, Doc("the watermark has passed the window: no further row will come")]


class Cause(Record):
    """How often one message came in one window; replaces the earlier row of the same message and window."""

    window_start: EventTime
    window_end: datetime
    app: str
    fingerprint: str
    n: int
    template: str
    level: str
    sample: Annotated[str, Doc("the first such record of the window, in full")]
    uri: str
    line: int
    first: datetime
    last: datetime
    final: bool


class AlertCause(Record):
    """One of the messages that led to an alert."""

    fingerprint: str
    template: str
    level: str
    n: int
    first: datetime
    last: datetime
    sample: str
    uri: str
    line: int


class Alert(Record):
    """One event in the life of an incident: it opens, is updated, and is resolved."""

    id: Annotated[str, Doc("names the incident; the same in all its events")]
    app: str
    rule: Annotated[str, Doc("the rule as it is written, such as 'errors > 10 in 30s'")]
    state: Annotated[str, Doc("open, update or resolved")]
    opened: datetime
    at: Annotated[EventTime, Doc("when this event happened, in the logs' own time")]
    window_start: datetime
    window_end: datetime
    value: Annotated[float, Doc("what the rule's left side came to")]
    lines: int
    errors: int
    warnings: int
    causes: Annotated[list[AlertCause], Doc("the most frequent messages, worst first")]
