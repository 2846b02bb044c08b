"""The record that tells of a record which no attempt could process."""

from __future__ import annotations

from typing import Annotated

from tailrace.model.fields import Doc, EventTime
from tailrace.model.record import Record


class DeadLetter(Record, namespace="tailrace"):
    """A record that was set aside, and why; what a streamlet's dead-letter topic holds."""

    streamlet: Annotated[str, Doc("who could not process it")]
    inlet: str
    topic: Annotated[str, Doc("where it stood, by the topic's name in the blueprint")]
    partition: int
    offset: Annotated[int, Doc("its place in the partition")]
    reason: Annotated[str, Doc("what was said, as a sentence")]
    error: Annotated[str, Doc("the class of the error")]
    payload: Annotated[bytes, Doc("the record as JSON, in UTF-8")]
    at: Annotated[EventTime, Doc("when it was set aside")]
