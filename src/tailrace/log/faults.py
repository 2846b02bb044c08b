"""What SQLite reports, said as sentences and told apart by what can be done."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tailrace.model.errors import TailraceError, Transient

_UNWELL: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: (
        "no room is left for {path}",
        "free some space, or raise the bound on its size; nothing is lost",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk fails under {path} ({text})",
        "see the system's own log; nothing committed is lost",
    ),
    sqlite3.SQLITE_BUSY: ("another program holds {path} locked", "end the program that writes to it"),
    sqlite3.SQLITE_LOCKED: ("another program holds {path} locked", "end the program that writes to it"),
    sqlite3.SQLITE_NOMEM: ("memory ran out while working on {path}", "free some memory"),
}
_BROKEN: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_NOTADB: ("{path} is no database", "give another path, or move the file away"),
    sqlite3.SQLITE_CORRUPT: (
        "{path} is damaged ({text})",
        "move it away with its -wal file, and start anew or from a copy",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "{path} cannot be opened ({text})",
        "check that the directory exists and may be written to",
    ),
    sqlite3.SQLITE_READONLY: ("{path} cannot be written to ({text})", "check who owns it, and how its disk is mounted"),
    sqlite3.SQLITE_PERM: ("{path} may not be used ({text})", "check who owns it"),
    sqlite3.SQLITE_TOOBIG: ("a value is too big for {path} ({text})", "a record or state entry may have 1 GB at most"),
}
LEAVES_THE_REST = frozenset({sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH})
"""Codes after which the transaction's other steps are still sound."""


def fault(error: sqlite3.Error, path: Path) -> TailraceError:
    """The error to raise for `error` on the database at `path`: Transient when the same may succeed later."""
    code = code_of(error)
    if code in _UNWELL:
        sentence, hint = _UNWELL[code]
        return Transient(sentence.format(path=path, text=error), hint=hint)
    if code in _BROKEN:
        sentence, hint = _BROKEN[code]
        return TailraceError(sentence.format(path=path, text=error), hint=hint)
    return TailraceError(f"the database {path} refuses: {error}")


def code_of(error: sqlite3.Error) -> int:
    """The primary result code of SQLite; 0 when Python's own binding refused (a value of more than 2 GB)."""
    if isinstance(error, sqlite3.DataError):
        return sqlite3.SQLITE_TOOBIG
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
