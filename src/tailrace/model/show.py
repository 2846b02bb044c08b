"""Records as lines of text: JSON for programs, `name=value` for people."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa

_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(0x7F, 0xA0))} | {9: "\\t", 10: "\\n", 13: "\\r"}


def record_lines(records: pa.RecordBatch) -> Iterator[str]:
    """Each record as one line of JSON: times in ISO 8601, bytes in Base64, decimals and UUIDs as text."""
    for row in records.to_pylist(maps_as_pydicts="lossy"):
        yield json.dumps(row, default=_plain, ensure_ascii=False)


def record_texts(records: pa.RecordBatch) -> Iterator[str]:
    """Each record as one line of `name=value` pairs; empty fields left out, control characters made visible."""
    for row in records.to_pylist(maps_as_pydicts="lossy"):
        yield " ".join(f"{name}={_text(value)}" for name, value in row.items() if value not in (None, "", [], {}))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.translate(_CONTROLS) if " " not in value else json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return _plain(value) if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
