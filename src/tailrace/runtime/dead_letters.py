"""Records that cannot be processed, kept with the reason."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from tailrace.log.contract import Slice
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.show import record_lines
from tailrace.runtime.inbound import Source

_REASON_LIMIT = 2000  # characters; a reason may quote the record


def dead_letter(streamlet: str, source: Source, record: Slice, error: BaseException, now: datetime) -> pa.RecordBatch:
    """The dead letter of the single record in `record`. It tells the record as it was written, readable or not."""
    letter = DeadLetter(
        streamlet=streamlet,
        inlet=source.inlet,
        topic=source.topic,
        partition=record.partition,
        offset=record.base,
        reason=_text(str(error) or type(error).__name__)[:_REASON_LIMIT],
        error=type(error).__name__,
        payload=_payload(record.batch),
        at=now,
    )
    return Batch.of(DeadLetter, [letter]).arrow


def _payload(record: pa.RecordBatch) -> bytes:
    """The record as JSON; nothing when not even that can be had, as of texts that are no UTF-8."""
    try:
        return "".join(record_lines(record)).encode("utf-8", "surrogatepass")
    except (ValueError, TypeError, ArithmeticError, pa.ArrowException):
        return b""


def _text(reason: str) -> str:
    """Undecodable bytes of file names come as lone surrogates, which no topic can store."""
    return reason.encode("utf-8", "backslashreplace").decode()
