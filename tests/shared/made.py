"""What tests of several rooms make up alike: alerts with their causes, archives, a blueprint that follows files."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tailrace.logs.records import Alert, AlertCause

START = datetime(2026, 1, 5, 10, 40, 50, tzinfo=UTC)
END = START + timedelta(seconds=30)
"""The window that an alert is about, unless a test says otherwise."""

FOLLOWED = """
app: followed
streamlets:
  source: tailrace.logs.source.DirectorySource
  ingest: tailrace.logs.ingest.FileIngestor
topics:
  notifications: {producers: [source.notifications], consumers: [ingest.notifications]}
  records: {producers: [ingest.records]}
  volumes: {producers: [ingest.volumes]}
"""
"""A blueprint that reads files, and does nothing with what is in them."""


def cause(**changes: Any) -> AlertCause:
    """A cause of an alert, with a sample of two lines."""
    values: dict[str, Any] = {
        "fingerprint": "f1",
        "template": "Payment <num> timed out",
        "level": "ERROR",
        "n": 9,
        "first": START + timedelta(seconds=12),
        "last": END,
        "sample": "Payment 881204 timed out\n  at Gateway.charge(Gateway.java:91)",
        "uri": "/var/log/orders.log",
        "line": 18342,
    }
    return AlertCause(**values | changes)


def alert(id: str = "a1", state: str = "open", **changes: Any) -> Alert:
    """An event of an incident: 14 errors in `orders` within half a minute, of one cause."""
    values: dict[str, Any] = {
        "app": "orders",
        "rule": "errors > 10 in 30s",
        "opened": END,
        "at": END,
        "window_start": START,
        "window_end": END,
        "value": 14.0,
        "lines": 1204,
        "errors": 14,
        "warnings": 3,
        "causes": [cause()],
    }
    return Alert(id=id, state=state, **values | changes)


def tar(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive of files with their content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1767607200
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()
