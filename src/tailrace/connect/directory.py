"""Files in directories: finding them, and telling one file from another whatever it is called.

A file is who it is by device, inode and its first bytes. A move keeps all three; a rewrite or a reused inode changes
the first bytes or makes the file shorter than it was.
"""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from tailrace.model.errors import TailraceError

HEAD_SIZE = 1024
"""How many of a file's first bytes tell it apart."""
_WILD = frozenset("*?[")


@dataclass(frozen=True)
class FoundFile:
    """A regular file as it stands: `path`, device and inode, size in bytes, modification time in ns since the epoch."""

    path: str
    device: int
    inode: int
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Unreadable:
    """A place that could not be looked into, and why."""

    path: str
    reason: str


def to_uri(path: str) -> str:
    """A path as text that any sink can hold: bytes that are no UTF-8, controls and `%` are percent-encoded."""
    return quote_from_bytes(os.fsencode(path), safe=_SAFE) if _needs_quoting(path) else path


def from_uri(uri: str) -> str:
    """The path that `to_uri` was given."""
    return os.fsdecode(unquote_to_bytes(uri)) if "%" in uri else uri


_SAFE = "/" + "".join(chr(c) for c in range(0x20, 0x7F) if chr(c) not in "%/")


def _needs_quoting(path: str) -> bool:
    return any(
        char == "%" or ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or 0xD800 <= ord(char) < 0xE000 for char in path
    )


def is_glob(pattern: str) -> bool:
    """Whether a pattern has wildcards, and is not the very name of something."""
    return bool(_WILD & set(pattern)) and not os.path.lexists(pattern)


def find_files(patterns: Iterable[str], excludes: Iterable[str] = ()) -> Iterator[FoundFile | Unreadable]:
    """Every regular file that a pattern names, each path once, sorted within a directory.

    A pattern is a file, a directory (all files below it) or a glob (`*`, `?`, `[...]`, `**`). Hidden files, and those
    that an exclude glob matches by name or by whole path, are passed over; a file named outright is not.
    """
    excluded = tuple(excludes)
    seen: set[str] = set()
    for pattern in patterns:
        for found in _expand(pattern, excluded):
            if found.path not in seen:
                seen.add(found.path)
                yield found


def _expand(pattern: str, excludes: tuple[str, ...]) -> Iterator[FoundFile | Unreadable]:
    if not is_glob(pattern):
        yield from _look(pattern, excludes)
        return
    base = _fixed_part(pattern)
    for found in _look(base, excludes):
        if isinstance(found, Unreadable) or _matches(found.path, pattern):
            yield found


def _fixed_part(pattern: str) -> str:
    """The directory above the first part with a wildcard."""
    parts = Path(pattern).parts
    fixed = [part for i, part in enumerate(parts) if not any(_WILD & set(each) for each in parts[: i + 1])]
    return str(Path(*fixed)) if fixed else "."


def _matches(path: str, pattern: str) -> bool:
    """Glob by parts: `*` stays within a part, `**` spans any number of them."""
    return _match_parts(Path(path).parts, Path(pattern).parts)


def _match_parts(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_match_parts(path[i:], pattern[1:]) for i in range(len(path) + 1))
    return bool(path) and fnmatch.fnmatchcase(path[0], pattern[0]) and _match_parts(path[1:], pattern[1:])


def _look(place: str, excludes: tuple[str, ...]) -> Iterator[FoundFile | Unreadable]:
    try:
        status = Path(place).stat()
    except FileNotFoundError:
        return  # it may be made later
    except OSError as error:
        yield Unreadable(place, error.strerror or str(error))
        return
    if stat.S_ISDIR(status.st_mode):
        yield from _walk(place, excludes)
    elif stat.S_ISREG(status.st_mode):
        yield _found(place, status)


def _walk(directory: str, excludes: tuple[str, ...]) -> Iterator[FoundFile | Unreadable]:
    try:
        with os.scandir(directory) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        yield Unreadable(directory, error.strerror or str(error))
        return
    for entry in ordered:
        if entry.name.startswith(".") or _excluded(entry, excludes):
            continue
        yield from _entry(entry, excludes)


def _entry(entry: os.DirEntry[str], excludes: tuple[str, ...]) -> Iterator[FoundFile | Unreadable]:
    try:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, excludes)
        elif entry.is_file():
            yield _found(entry.path, entry.stat())
    except FileNotFoundError:
        return
    except OSError as error:
        yield Unreadable(entry.path, error.strerror or str(error))


def _excluded(entry: os.DirEntry[str], excludes: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(entry.name, each) or _matches(entry.path, each) for each in excludes)


def _found(path: str, status: os.stat_result) -> FoundFile:
    return FoundFile(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def head_digest(path: str, length: int) -> str:
    """The hash of a file's first `length` bytes, as 16 hex digits. Raises OSError."""
    with Path(path).open("rb") as file:
        return blake2b(file.read(length), digest_size=8).hexdigest()


class FileVanished(TailraceError):
    """The file is not there any more, or another stands in its place."""


def open_at(path: str, device: int, inode: int) -> int:
    """Open a file for reading if it is still that file; a file descriptor, the caller's to close.

    Raises FileVanished when it is gone or another file has its name, OSError for all else.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    except (FileNotFoundError, NotADirectoryError):
        raise FileVanished(f"{path} vanished before it was read") from None
    status = os.fstat(descriptor)
    if (status.st_dev, status.st_ino) != (device, inode):
        os.close(descriptor)
        raise FileVanished(f"{path} was replaced by another file before it was read")
    return descriptor
