"""Records that cannot be processed, kept with the reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa

from tailrace.log.contract import TopicPartition
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.show import record_lines

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
        payload="".join(record_lines(record.arrow)).encode("utf-8", "surrogatepass"),
        at=now,
    )
    return Batch.of(DeadLetter, [letter]).arrow
