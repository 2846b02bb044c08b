"""The tables of a log's database, and how a connection to them is made."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Literal

from tailrace.log.faults import fault
from tailrace.model.errors import TailraceError

APPLICATION_ID = 0x7A11ACE5 & 0x7FFFFFFF
VERSION = 1
PAGE_BYTES = 8192
CHECKPOINT_PAGES = 4096
BUSY_SECONDS = 30.0
_OLDEST_SQLITE = (3, 35, 0)

Durability = Literal["normal", "full"]

_TABLES = """
CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL);
INSERT INTO owner VALUES (1, 0);
CREATE TABLE schemas (id INTEGER PRIMARY KEY, arrow BLOB NOT NULL UNIQUE);
CREATE TABLE topics (
    name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, schema INTEGER NOT NULL REFERENCES schemas,
    fingerprint TEXT NOT NULL, retention INTEGER, retention_bytes INTEGER);
-- first_bytes and bytes count what was ever appended before either end, as Arrow buffers; stored is what segments take
CREATE TABLE partitions (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL REFERENCES topics, partition INTEGER NOT NULL,
    first INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0,
    first_bytes INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0, appended INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, partition));
-- body comes last, so that the other columns are found on the row's first page
CREATE TABLE segments (
    id INTEGER PRIMARY KEY, partition INTEGER NOT NULL REFERENCES partitions, base INTEGER NOT NULL,
    rows INTEGER NOT NULL, size INTEGER NOT NULL, start INTEGER NOT NULL, appended INTEGER NOT NULL,
    schema INTEGER NOT NULL REFERENCES schemas, crc INTEGER NOT NULL, body BLOB NOT NULL);
CREATE UNIQUE INDEX place ON segments (partition, base);
CREATE TABLE positions (
    consumer TEXT NOT NULL, partition INTEGER NOT NULL REFERENCES partitions, position INTEGER NOT NULL,
    PRIMARY KEY (consumer, partition)) WITHOUT ROWID;
CREATE TABLE state (
    streamlet TEXT NOT NULL, replica INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (streamlet, replica, name)) WITHOUT ROWID;
"""


def open_owner(path: Path, durability: Durability, max_size: int | None) -> sqlite3.Connection:
    """The writing connection, its tables made or found fit. `max_size` bounds the database file, in bytes."""
    connection = _connect(f"{path.absolute().as_uri()}?mode=rwc", path)
    try:
        new = _check_fit(connection, path)
        if new:
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {durability.upper()}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {4 * CHECKPOINT_PAGES * PAGE_BYTES}")
        if max_size is not None:
            size = connection.execute("PRAGMA page_size").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {max(max_size // size, 1)}")
        if new:
            _make(connection)
    except sqlite3.Error as error:
        connection.close()
        raise fault(error, path) from error
    except TailraceError:
        connection.close()
        raise
    return connection


def open_reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises TailraceError when there is no fit database."""
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises where a directory may not be entered
        raise TailraceError(f"there is no database {path}", hint="run the application once, or give its path")
    connection = _connect(f"{path.absolute().as_uri()}?mode=ro", path)
    try:
        empty = _check_fit(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise fault(error, path) from error
    except TailraceError:
        connection.close()
        raise
    if empty:
        connection.close()
        raise TailraceError(f"the database {path} is empty", hint="run the application once, or give its path")
    return connection


def _connect(uri: str, path: Path) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise TailraceError(f"this Python has SQLite {sqlite3.sqlite_version}, and 3.35 or newer is needed")
    try:
        return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise fault(error, path) from error


def _check_fit(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the database is yet empty. Raises TailraceError when it is another program's or of a newer version."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application == APPLICATION_ID and 0 < version <= VERSION:
        return False
    if application == APPLICATION_ID:
        raise TailraceError(
            f"the database {path} has version {version}, and this Tailrace knows versions up to {VERSION}",
            hint="install a newer Tailrace, or give another path",
        )
    if application or version or connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise TailraceError(f"the database {path} belongs to another program", hint="give another path")
    return True


def _make(connection: sqlite3.Connection) -> None:
    connection.executescript(
        f"BEGIN IMMEDIATE;{_TABLES}PRAGMA application_id = {APPLICATION_ID};PRAGMA user_version = {VERSION};COMMIT;"
    )
