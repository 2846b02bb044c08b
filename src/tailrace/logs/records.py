"""The records that travel between the stations of the log-alert application."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
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
    before: Annotated[str, Doc("the lines before it in its file, a few; kept for a first record of its kind")] = ""
    after: Annotated[str, Doc("the lines after it, as far as they stood there when it was read")] = ""


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
    """How often one message came in one window, of the records of one step; rows of the same message and window add up.

    Of many messages the worst and most frequent are named; a row without fingerprint counts all others of its level.
    """

    window_start: EventTime
    window_end: datetime
    app: str
    fingerprint: Annotated[str, Doc("empty for messages that are only counted")]
    n: int
    template: str
    level: str
    sample: Annotated[str, Doc("the first such record, in full")]
    uri: str
    line: int
    first: datetime
    last: datetime
    before: Annotated[str, Doc("the lines before the sample in its file")] = ""
    after: Annotated[str, Doc("the lines after the sample in its file")] = ""
    new: Annotated[bool, Doc("nothing like it was ever seen before in this application")] = False


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
    new: Annotated[bool, Doc("nothing like it was ever seen before in this application")] = False
    before: Annotated[str, Doc("the lines before the sample in its file")] = ""
    after: Annotated[str, Doc("the lines after the sample in its file")] = ""
    app: Annotated[str, Doc("the application it came from, where several are told of together")] = ""


class Crossing(Record):
    """A rule holds for a window: of an application, of whatever else the rule goes by, or of everything.

    It is told again whenever the window changes while the rule still holds, so to lose one or repeat one does no harm.
    """

    rule: Annotated[str, Doc("the rule's name; its short form if it was given none")]
    condition: Annotated[str, Doc("the rule's condition as it is written, such as 'errors > 10 in 30s'")]
    app: Annotated[str, Doc("the application; empty for a rule that does not go by it")]
    group: Annotated[dict[str, str], Doc("the fields that the rule goes by and their values, app among them")]
    window_start: datetime
    window_end: EventTime
    last: Annotated[datetime, Doc("the latest time in the window at which something was written")]
    value: Annotated[float, Doc("what the rule's condition compares")]
    lines: int
    errors: int
    warnings: int
    severity: Annotated[str, Doc("critical, error, warning or info; empty to go by the levels")] = ""
    labels: dict[str, str] = field(default_factory=dict)
    runbook: str = ""
    quiet: Annotated[float, Doc("seconds without a crossing after which the incident is resolved")] = 60.0
    cooldown: Annotated[float, Doc("seconds after which an open incident is told again, then twice that; 0: never")] = 0
    detail: Annotated[str, Doc("what else there is to say, such as the new value of a field")] = ""
    causes: Annotated[
        list[AlertCause], Doc("the messages that count for this rule; empty: those of the application in the window")
    ] = field(default_factory=list)
    falls: Annotated[bool, Doc("whether the rule warns of values that are too small")] = False
    whole: Annotated[bool, Doc("whether all lines of the application count for the rule, not only some")] = True


class LevelCount(Record):
    """What was written in one stretch of time, for the chart of an alert."""

    time: Annotated[datetime, Doc("its start")]
    errors: int
    warnings: int
    lines: int


class Stage(StrEnum):
    """What has happened to an incident, as `Alert.state` says it."""

    OPEN = "open"
    UPDATE = "update"
    REPEAT = "repeat"
    RESOLVED = "resolved"


class Alert(Record):
    """One event in the life of an incident: it opens, is updated, is told again, and is resolved."""

    id: Annotated[str, Doc("names the incident; the same in all its events")]
    app: Annotated[str, Doc("the application; empty for a rule that does not go by it")]
    rule: Annotated[str, Doc("the rule as it is written, such as 'errors > 10 in 30s'")]
    state: Annotated[str, Doc("open, update, repeat or resolved")]
    opened: datetime
    at: Annotated[EventTime, Doc("when this event happened, in the logs' own time")]
    window_start: datetime
    window_end: datetime
    value: Annotated[float, Doc("what the rule's left side came to")]
    lines: int
    errors: int
    warnings: int
    causes: Annotated[list[AlertCause], Doc("the most frequent messages, worst first")]
    name: Annotated[str, Doc("the rule's name; empty if it has none but its condition")] = ""
    group: Annotated[dict[str, str], Doc("the fields that the rule goes by and their values")] = field(
        default_factory=dict
    )
    severity: Annotated[str, Doc("critical, error, warning or info; empty to go by the levels")] = ""
    labels: dict[str, str] = field(default_factory=dict)
    runbook: str = ""
    detail: str = ""
    told: Annotated[float | None, Doc("the value that was told last, for an update")] = None
    sequence: Annotated[int, Doc("events of this incident before this one")] = 0
    total_lines: Annotated[int, Doc("since the incident opened; 0 when unknown")] = 0
    total_errors: int = 0
    total_warnings: int = 0
    history: Annotated[list[LevelCount], Doc("the levels over the last windows, oldest first")] = field(
        default_factory=list
    )


class Command(Record):
    """What a person asked of running alerting: to acknowledge, to silence, to send again."""

    id: Annotated[str, Doc("names the command: one that comes twice is done once")]
    at: EventTime
    do: Annotated[str, Doc("acknowledge, silence, unsilence, resolve or resend")]
    who: str
    reason: str = ""
    incident: Annotated[str, Doc("the incident's id, or the silence's for unsilence")] = ""
    app: Annotated[str, Doc("glob of applications; empty for all")] = ""
    rule: Annotated[str, Doc("glob of rules' names or conditions; empty for all")] = ""
    pattern: Annotated[str, Doc("regular expression that a cause has to match; empty for any")] = ""
    until: datetime | None = None
    receiver: Annotated[str, Doc("whose undelivered mails to send again")] = ""


class Decision(Record):
    """Why something was told, or was not: one line in the story of an incident."""

    incident: str
    at: EventTime
    by: Annotated[str, Doc("the streamlet that decided")]
    outcome: Annotated[str, Doc("told, held, muted, delivered, grouped, capped, digested or undelivered")]
    reason: Annotated[str, Doc("a sentence for people")]
    receiver: str = ""


class AppSummary(Record):
    """What one application wrote in the span of a report, and in the equally long span before."""

    app: str
    lines: int
    errors: int
    warnings: int
    errors_before: int
    warnings_before: int


class IncidentSummary(Record):
    """One incident in the span of a report."""

    id: str
    app: str
    rule: str
    opened: datetime
    resolved: datetime | None
    value: float
    severity: str = ""


class Report(Record):
    """A summary of a span of time, for a mail that comes by schedule."""

    name: str
    at: EventTime
    start: datetime
    end: datetime
    zone: str
    apps: Annotated[list[AppSummary], Doc("by application, the worst first")]
    causes: Annotated[list[AlertCause], Doc("the most frequent messages, worst first")]
    incidents: Annotated[list[IncidentSummary], Doc("in the order of their opening")]
    note: Annotated[str, Doc("what else there is to say, such as that it comes late; a sentence")] = ""


class Undelivered(Record):
    """What a receiver could not be given for good; kept so that it can be sent again."""

    receiver: str
    at: EventTime
    incidents: list[str]
    reason: str
    key: Annotated[str, Doc("names the delivery, as its Message-ID or idempotency key does")]
