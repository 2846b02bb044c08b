"""Records as lines of text: JSON for programs, `name=value` for people."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa

_BEYOND_ASCII = (*range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_IN_JSON = {code: f"\\u{code:04x}" for code in _BEYOND_ASCII}
"""Controls that JSON lets stand, and turns of writing direction: as escapes they move no cursor and mean the same."""
_CONTROLS = _IN_JSON | {code: f"\\x{code:02x}" for code in range(32)} | {9: "\\t", 10: "\\n", 13: "\\r"}


def record_lines(records: pa.RecordBatch) -> Iterator[str]:
    """Each record as one line of JSON: times in ISO 8601, bytes in Base64, decimals and UUIDs as text."""
    for row in records.to_pylist(maps_as_pydicts="lossy"):
        yield _json(row)


def record_texts(records: pa.RecordBatch) -> Iterator[str]:
    """Each record as one line of `name=value` pairs; empty fields left out, control characters made visible."""
    for row in records.to_pylist(maps_as_pydicts="lossy"):
        yield " ".join(f"{name}={_text(value)}" for name, value in row.items() if value not in (None, "", [], {}))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.translate(_CONTROLS) if " " not in value else _json(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return _json(value)
    return _plain(value) if isinstance(value, bytes) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False).translate(_IN_JSON)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
