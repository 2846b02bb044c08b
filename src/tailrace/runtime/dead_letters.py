"""Records that cannot be processed, kept with the reason."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

import pyarrow as pa

from tailrace.log.contract import TopicPartition
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter

_REASON_LIMIT = 2000  # characters; a reason may quote the record


def dead_letter(
    streamlet: str, inlet: str, at: TopicPartition, offset: int, record: Batch[Any], error: Exception, now: datetime
) -> pa.RecordBatch:
    """The dead letter of the single record in `record`, which stood at `offset`."""
    letter = DeadLetter(
        streamlet=streamlet,
        inlet=inlet,
        topic=at.topic,
        partition=at.partition,
        offset=offset,
        reason=str(error)[:_REASON_LIMIT] or type(error).__name__,
        error=type(error).__name__,
        payload=record_json(record),
        at=now,
    )
    return Batch.of(DeadLetter, [letter]).arrow


def record_json(record: Batch[Any]) -> bytes:
    """A batch of one record as JSON; bytes as Base64, times as ISO 8601."""
    (row,) = record.arrow.to_pylist(maps_as_pydicts="lossy")
    return json.dumps(row, default=_plain, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _plain(value: object) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)
