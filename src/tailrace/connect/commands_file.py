"""A file of commands, one line each, that people append to and a running application reads on from where it was.

A line is appended in one write and is on the disk before `append` returns. A line that a crash cut short is ended by
the next to be appended, so that it spoils none but itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tailrace.model.errors import TailraceError

_SUFFIX: Final = ".commands.jsonl"
_MOST_BYTES: Final = 1 << 20
"""Bytes read at once; what has no end of line within so many is no command."""


@dataclass(frozen=True)
class Lines:
    """Whole lines, without their ends, and the offset at which to read on."""

    lines: tuple[str, ...]
    next: int


def commands_path(database: Path) -> Path:
    """Where the commands for the application that uses a database stand: beside the database."""
    return database.with_name(database.name + _SUFFIX)


def append(path: Path, line: str) -> None:
    """Append one line, which must hold no end of line. Raises TailraceError when the system refuses."""
    if "\n" in line:
        raise ValueError("a command is one line")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            begin = b"\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else b""
            _write(descriptor, begin + line.encode("utf-8", "surrogatepass") + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise TailraceError(
            f"the command cannot be written to {path}: {error.strerror}",
            hint="check who owns the directory and the file, and the room on the disk",
        ) from None


def read_from(path: Path, offset: int) -> Lines:
    """The whole lines from an offset on, about a megabyte of them at most.

    Reads from the start where the file is another than the one that the offset is of: shorter, or with no line ending
    there. A file that is not there has no lines. Raises OSError when it cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return Lines((), 0)
    try:
        if offset and os.pread(descriptor, 1, offset - 1) != b"\n":
            offset = 0
        data = os.pread(descriptor, _MOST_BYTES, offset)
        whole = data.rfind(b"\n") + 1
        if not whole and len(data) == _MOST_BYTES:
            return Lines((), _behind(descriptor, offset))
    finally:
        os.close(descriptor)
    lines = data[:whole].decode("utf-8", "replace").split("\n")
    return Lines(tuple(line for line in lines if line.strip()), offset + whole)


def _behind(descriptor: int, offset: int) -> int:
    """Where the line after a far too long one begins; the same offset as long as it has no end."""
    place = offset
    while data := os.pread(descriptor, _MOST_BYTES, place):
        if (end := data.find(b"\n")) >= 0:
            return place + end + 1
        place += len(data)
    return offset


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
