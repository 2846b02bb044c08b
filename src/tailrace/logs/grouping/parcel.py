"""A parcel: a delivery as it is saved before it is sent, so that it is the same to the byte however often it is."""

from __future__ import annotations

import zlib
from dataclasses import field, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

KEPT_FOR = timedelta(days=90)
KEPT = 1000
"""How many undelivered parcels a receiver keeps, and for how long."""


@dataclass(frozen=True)
class Parcel:
    """What is delivered, and about which incidents; `key` names it wherever it goes.

    `left` are the recipients who have not got it, empty for all. `single` says that it tells one event by itself.
    `reason` and `failed` say why and when it was not delivered.
    """

    key: str
    body: bytes
    incidents: list[str] = field(default_factory=list)
    what: str = ""
    digest: bool = False
    single: bool = False
    counted: bool = True
    again: bool = False
    left: list[str] = field(default_factory=list)
    reason: str = ""
    failed: datetime | None = None

    def packed(self) -> bytes:
        """The parcel as bytes: a line of JSON, and behind it the body, compressed."""
        return _LABEL.dump_json(replace(self, body=b"")) + b"\n" + zlib.compress(self.body)


def unpacked(packed: bytes) -> Parcel:
    """The parcel that was packed."""
    label, _, body = packed.partition(b"\n")
    return replace(_LABEL.validate_json(label), body=zlib.decompress(body))


def label_of(packed: bytes) -> Parcel:
    """The same without the body."""
    return _LABEL.validate_json(packed.partition(b"\n")[0])


def stale(failed: dict[str, datetime], now: datetime) -> list[str]:
    """The names of parcels that are kept no longer: too old, or more than are kept. `failed` says since when."""
    ordered = sorted(failed, key=lambda name: failed[name])
    old = [name for name in ordered if now - failed[name] > KEPT_FOR]
    rest = ordered[len(old) :]
    return old + rest[: max(len(rest) - KEPT, 0)]


_LABEL = TypeAdapter(Parcel)
