"""The state that carries a file from one chunk to the next: small, typed, and saved with the step."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from tailrace.logs.reading.formats import Format, format_named, keyed
from tailrace.model.errors import TailraceError

VERSION: Final = 1
_BYTES: Final = frozenset(("held", "recent", "opening"))  # fields that are compressed


@dataclass(frozen=True, slots=True)
class ClockState:
    """Where the times of a file stand.

    `day` is the day, counted from 1970, of the record before (for times without a date), `second` its local time of
    day in seconds; `local` its local seconds since 1970 and `fold` whether those are in the second pass of an hour that
    daylight saving repeats; `last` its UTC seconds; `year` its year (for times without one) and `moment` its local
    seconds as of the year 0. None before the first record with a time.
    """

    day: int | None = None
    second: int = 0
    local: int | None = None
    fold: bool = False
    last: int | None = None
    year: int | None = None
    moment: int = 0


@dataclass(frozen=True, slots=True)
class ReaderState:
    """How far a file has been read.

    `format` and `keys` are what was detected ("" before); `forced` says that the format was given, so that it never
    changes. `wrapper` is what the lines are wrapped in, "" for nothing and None before that is known, and `stream` the
    stream (0 for none) of an unfinished line at the end of what was dropped. `offset` and `line` are the byte and the
    line (from 0) at which `held` began. `held` are the bytes that are not yet decided on: the last record and an
    unfinished line. Of a record beyond its bound only the beginning is held: after the first `kept` bytes of `held`,
    `cut_bytes` bytes with `cut_lines` line feeds were dropped, and `cut_tail` bytes after the last byte. `switches`
    counts changes of format.
    `streak` is the format of the last records before `held`, if that is another, and how many of them there are.
    `recent` are the beginnings of the last three lines before `held`, a line feed after each. `opening` is what has to
    stand before `held` for that to be within an envelope (see `envelopes`).
    """

    format: str = ""
    keys: tuple[str, str] = ("", "")
    offset: int = 0
    line: int = 0
    held: bytes = b""
    kept: int = 0
    cut_bytes: int = 0
    cut_lines: int = 0
    cut_tail: int = 0
    clock: ClockState = ClockState()
    switches: int = 0
    forced: bool = False
    wrapper: str | None = None
    stream: int = 0
    recent: bytes = b""
    streak: tuple[str, int] = ("", 0)
    opening: bytes = b""

    @property
    def position(self) -> int:
        """The offset of the first byte that has not been read: where the next chunk begins."""
        return self.offset + len(self.held) + self.cut_bytes + self.cut_tail

    @property
    def pending(self) -> bool:
        """Whether anything is held that `flush` would give out."""
        return bool(self.held)

    def known_format(self, own: Sequence[Format] = ()) -> Format | None:
        """Return the format that was detected, among a user's `own` or those built in, or None before detection."""
        return keyed(format_named(self.format, own), self.keys) if self.format else None

    def to_bytes(self) -> bytes:
        """Return the state as bytes for `from_bytes`: JSON, the held bytes compressed within it."""
        found = {name: getattr(self, name) for name in _FIELDS}
        found["clock"] = {name: getattr(self.clock, name) for name in _CLOCK_FIELDS}
        for name in _BYTES:
            found[name] = base64.b85encode(zlib.compress(found[name], 1)).decode("ascii")
        return json.dumps({"version": VERSION, **found}, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> ReaderState:
        """Return the state that `to_bytes` wrote.

        Raises:
            TailraceError: the bytes are no such state, or of a later version.
        """
        try:
            found: dict[str, Any] = json.loads(data)
            version = found.pop("version")
            if version != VERSION:
                raise TailraceError(
                    f"the reading state of a file is of version {version}, but version {VERSION} is needed",
                    hint="read it with the version of Tailrace that wrote it",
                )
            for name in _BYTES & found.keys():
                found[name] = zlib.decompress(base64.b85decode(found[name]))
            found["keys"] = tuple(found["keys"])
            if "streak" in found:
                found["streak"] = tuple(found["streak"])
            found["clock"] = ClockState(**found["clock"])
            return cls(**found)
        except (ValueError, KeyError, TypeError, AttributeError, zlib.error) as fault:
            raise TailraceError(f"the reading state of a file cannot be understood: {data[:40]!r} ({fault})") from fault


_FIELDS: Final = tuple(each.name for each in fields(ReaderState))
_CLOCK_FIELDS: Final = tuple(each.name for each in fields(ClockState))
