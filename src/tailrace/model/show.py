"""Records as lines of text: JSON for programs, `name=value` for people."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_CONTROLS = {
    **{code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0))},
    **{code: f"\\u{code:04x}" for code in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
    9: "\\t",
    10: "\\n",
    13: "\\r",
}
_IN_JSON = {code: f"\\u{code:04x}" for code in _CONTROLS if code > 31}


def visible(text: str) -> str:
    """The text with control characters and turns of writing direction as escapes: nothing in a log moves a cursor."""
    return text.translate(_CONTROLS)


def visible_json(line: str) -> str:
    """The same for a line of JSON, as escapes that leave its meaning as it is."""
    return line.translate(_IN_JSON)


def json_text(value: Any, indent: int | None = None) -> str:
    """A value as JSON that moves no cursor, on one line if it is not indented.

    Times are in ISO 8601, those in UTC as `...Z`, bytes in Base64, what else JSON does not have as text.
    """
    return visible_json(json.dumps(value, default=_plain, ensure_ascii=False, indent=indent))


def record_lines(records: pa.RecordBatch) -> Iterator[str]:
    """Each record as one line of JSON: times in ISO 8601, bytes in Base64, decimals and UUIDs as text."""
    for row in records.to_pylist(maps_as_pydicts="lossy"):
        yield json_text(row)


def record_texts(records: pa.RecordBatch) -> Iterator[str]:
    """Each record as one line of `name=value` pairs; empty fields left out, control characters made visible."""
    for row in records.to_pylist(maps_as_pydicts="lossy"):
        yield " ".join(f"{name}={_text(value)}" for name, value in row.items() if value not in (None, "", [], {}))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return visible(value) if " " not in value else json_text(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json_text(value)
    return _plain(value) if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
