"""Dead letters as people and programs read them: why, where from, and the record itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from tailrace.cli.moments import show_moment
from tailrace.cli.terminal import paint
from tailrace.model.dead_letter import DeadLetter
from tailrace.model.show import json_text, visible

_FIELDS = frozenset(DeadLetter.arrow_schema().names)


def is_letters(batch: pa.RecordBatch) -> bool:
    """Whether the batch holds dead letters."""
    return frozenset(batch.schema.names) >= _FIELDS


def letter_texts(batch: pa.RecordBatch) -> Iterator[str]:
    """Two lines for each letter: when, who and why; then where the record stood and what it says."""
    for row in batch.to_pylist():
        when = paint(show_moment(row["at"]), "dim")
        head = f"{when}  {row['streamlet']}.{row['inlet']}  {paint(visible(row['error']), 'red')}: "
        yield f"{head}{visible(row['reason'])}"
        yield f"  {row['topic']}[{row['partition']}] at {row['offset']}  {visible(_text(row['payload']))}"


def letter_lines(batch: pa.RecordBatch) -> Iterator[str]:
    """A line of JSON for each letter, with the record as an object in it."""
    for row in batch.to_pylist():
        yield json_text(row | {"payload": _payload(row)})


def _payload(row: dict[str, Any]) -> Any:
    text = _text(row["payload"])
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(payload: bytes) -> str:
    return payload.decode("utf-8", "backslashreplace")
