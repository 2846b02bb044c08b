"""Files in directories: finding them, and telling one file from another whatever it is called.

A file is who it is by device, inode and the bytes that it had: its first KiB, and the last before the size it had. A
move keeps all of them, and so does growth; a rewrite or a reused inode changes bytes or makes the file shorter. What
goes unnoticed is a rewrite that leaves both ends as they were.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from operator import or_
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

from tailrace.connect.descriptors import place_of
from tailrace.model.errors import TailraceError

HEAD_SIZE = 1024
"""How many bytes of each end tell a file apart."""
_WILD = frozenset("*?[")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")


class FoundFile(NamedTuple):
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
    """Whether a pattern has wildcards or braces, and is not the very name of something."""
    wild = not _WILD.isdisjoint(pattern) or _BRACES.search(pattern) is not None
    return wild and not os.path.lexists(pattern)


def alternatives(pattern: str) -> list[str]:
    """The patterns that one with braces stands for, as in a shell: `{a,b}.log` is `a.log` and `b.log`."""
    braces = _BRACES.search(pattern)
    if braces is None or os.path.lexists(pattern):
        return [pattern]
    before, after = pattern[: braces.start()], pattern[braces.end() :]
    return [each for part in braces[1].split(",") for each in alternatives(f"{before}{part}{after}")]


def find_files(
    patterns: Iterable[str], excludes: Iterable[str] = (), folders: set[str] | None = None
) -> Iterator[FoundFile | Unreadable]:
    """Every regular file that a pattern names, each path once, sorted within a directory.

    The directories that were looked into, or that a file named outright would lie in, are added to `folders`.

    A pattern is a file, a directory (all files below it) or a glob of files (`*`, `?`, `[...]`, `{a,b}`, and `**` for
    any number of directories). Hidden files and directories, and those that an exclude glob matches by name or by whole
    path, are passed over; what is named outright is not. Links to files are followed, links to directories only where
    a pattern names them, so that no link leads in a circle. Paths are absolute if the pattern is.
    """
    seen: set[str] = set()
    looked: set[str] = set() if folders is None else folders
    search = _Search(tuple(each for glob in excludes for each in alternatives(glob)), looked)
    for pattern in (each for glob in patterns for each in alternatives(glob)):
        for found in _expand(pattern, search):
            if found.path not in seen:
                seen.add(found.path)
                yield found


@dataclass(frozen=True)
class _Search:
    """What is passed over, and the directories that were come by."""

    excludes: tuple[str, ...]
    folders: set[str]

    def passed_over(self, name: str, path: str) -> bool:
        """Whether something is hidden or excluded."""
        return name.startswith(".") or any(
            fnmatch.fnmatchcase(name, each) or _matches(path, each) for each in self.excludes
        )


class Names:
    """Which paths the patterns of `find_files` name, whether or not something stands there."""

    def __init__(self, patterns: Iterable[str], excludes: Iterable[str] = ()) -> None:
        found = [each for glob in patterns for each in alternatives(glob)]
        fixed = [_fixed_part(each) if is_glob(each) else (each, ("**",)) for each in found]
        self.bases = [base for base, _ in fixed]
        """The part of each pattern that is no glob."""
        self._parts = [(Path(base).parts, end) for base, end in fixed]
        self._search = _Search(tuple(each for glob in excludes for each in alternatives(glob)), set())

    def file(self, path: str) -> bool:
        """Whether a file of this path would be found."""
        return self._any(path, _match_parts)

    def folder(self, path: str) -> bool:
        """Whether files below a directory of this path might be found."""
        return self._any(path, _leads)

    def _any(self, path: str, matches: Callable[[tuple[str, ...], tuple[str, ...]], bool]) -> bool:
        parts = Path(path).parts
        return any(
            parts[: len(base)] == base and matches(parts[len(base) :], end) and self._in_sight(parts, len(base))
            for base, end in self._parts
        )

    def _in_sight(self, parts: tuple[str, ...], base: int) -> bool:
        """Whether nothing on the way, below the base, is passed over."""
        return not any(
            self._search.passed_over(parts[at], os.path.join(*parts[: at + 1]))  # noqa: PTH118 - for thousands of files
            for at in range(base, len(parts))
        )


def _expand(pattern: str, search: _Search) -> Iterator[FoundFile | Unreadable]:
    if is_glob(pattern):
        base, parts = _fixed_part(pattern)
        yield from _glob(base, parts, search)
    else:
        yield from _look(pattern, search)


def _fixed_part(pattern: str) -> tuple[str, tuple[str, ...]]:
    """The directory above the first part with a wildcard (that is not its very name), and the parts from there on."""
    base = Path()
    whole = Path(pattern).parts
    parts = [part for place, part in enumerate(whole) if part != "**" or whole[place - 1 : place] != ("**",)]
    for place, part in enumerate(parts):
        if is_glob(str(base / part)):
            return str(base), tuple(parts[place:])
        base /= part
    return str(base), ()


def _glob(directory: str, parts: tuple[str, ...], search: _Search) -> Iterator[FoundFile | Unreadable]:
    """The files below a directory that the parts of a pattern lead to; no other directory is looked into."""
    here, below = parts[0], parts[1:]
    for entry in _entries(directory, search):
        if isinstance(entry, Unreadable):
            yield entry
        elif here == "**":
            yield from _glob_any_depth(entry, parts, search)
        elif fnmatch.fnmatchcase(entry.name, here):
            yield from _file(entry) if not below else _below(entry, below, search)


def _glob_any_depth(
    entry: os.DirEntry[str], parts: tuple[str, ...], search: _Search
) -> Iterator[FoundFile | Unreadable]:
    """What `**` and the parts behind it lead to: by this entry itself, and within it."""
    below = parts[1:]
    if not below or (len(below) == 1 and fnmatch.fnmatchcase(entry.name, below[0])):
        yield from _file(entry)
    elif len(below) > 1 and fnmatch.fnmatchcase(entry.name, below[0]):
        yield from _below(entry, below[1:], search)
    yield from _below(entry, parts, search, links=False)


def _below(
    entry: os.DirEntry[str], parts: tuple[str, ...], search: _Search, *, links: bool = True
) -> Iterator[FoundFile | Unreadable]:
    try:
        within = entry.is_dir(follow_symlinks=links)
    except OSError as error:
        yield Unreadable(entry.path, _reason(error))
        return
    if within:
        yield from _glob(entry.path, parts, search)


def _matches(path: str, pattern: str) -> bool:
    """Glob by parts: `*` stays within a part, `**` spans any number of them."""
    return _match_parts(Path(path).parts, Path(pattern).parts)


def _match_parts(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    fits = [True, *(False for _ in path)]  # which beginnings of the path fit so far
    for part in pattern:
        if part == "**":
            fits = list(accumulate(fits, or_))
        else:
            fits = [False, *(fit and fnmatch.fnmatchcase(name, part) for fit, name in zip(fits, path, strict=False))]
    return fits[-1]


def _leads(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether what a pattern matches may lie below a path."""
    if not path or not pattern or pattern[0] == "**":
        return bool(pattern)
    return fnmatch.fnmatchcase(path[0], pattern[0]) and _leads(path[1:], pattern[1:])


def _look(place: str, search: _Search) -> Iterator[FoundFile | Unreadable]:
    search.folders.add(os.path.dirname(place))  # noqa: PTH120 - a file has one, and it is done at each look
    try:
        status = Path(place).stat()
    except FileNotFoundError:
        return  # it may be made later
    except OSError as error:
        yield Unreadable(place, _reason(error))
        return
    if stat.S_ISDIR(status.st_mode):
        yield from _walk(place, search)
    elif stat.S_ISREG(status.st_mode):
        yield found_as(place, status)
    else:
        yield Unreadable(place, "it is neither a regular file nor a directory")


def _walk(directory: str, search: _Search) -> Iterator[FoundFile | Unreadable]:
    for entry in _entries(directory, search):
        if isinstance(entry, Unreadable):
            yield entry
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, search)
        else:
            yield from _file(entry)


def _entries(directory: str, search: _Search) -> Iterator[os.DirEntry[str] | Unreadable]:
    """What stands in a directory and is neither hidden nor excluded, by name."""
    try:
        with os.scandir(directory) as entries:
            search.folders.add(directory)
            ordered = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        yield Unreadable(directory, _reason(error))
        return
    for entry in ordered:
        if not search.passed_over(entry.name, entry.path):
            yield entry


def _file(entry: os.DirEntry[str]) -> Iterator[FoundFile | Unreadable]:
    """The entry, if it is a regular file or a link to one."""
    try:
        if entry.is_file():
            yield found_as(entry.path, entry.stat())
    except FileNotFoundError:
        return
    except OSError as error:
        yield Unreadable(entry.path, _reason(error))


def folder_of(path: str) -> str:
    """The directory that a file lies in, whatever links lead to it."""
    return os.path.dirname(os.path.realpath(path))  # noqa: PTH120 - for thousands of files


def files_in(folder: str) -> Iterator[FoundFile]:
    """The regular files in a directory, also hidden ones, as far as they can be looked at; links are not followed."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_file(follow_symlinks=False):
                        yield found_as(entry.path, entry.stat(follow_symlinks=False))
    except OSError:
        return  # gone, or hidden


def place_at(path: str) -> str | None:
    """The place of the file or directory that a path leads to; None if there is none, or it cannot be told."""
    try:
        status = os.stat(path)  # noqa: PTH116 - for thousands of files
    except OSError:
        return None
    return place_of(status.st_dev, status.st_ino)


def found_as(path: str, status: os.stat_result) -> FoundFile:
    """A file as a status describes it."""
    return FoundFile(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def print_of(descriptor: int, size: int) -> str:
    """What tells an open file's first `size` bytes apart: a hash of the first KiB of them and of the last, in hex.

    Raises OSError.
    """
    head = os.pread(descriptor, min(size, HEAD_SIZE), 0)
    tail = os.pread(descriptor, HEAD_SIZE, size - HEAD_SIZE) if size > HEAD_SIZE else b""
    return blake2b(head + tail, digest_size=8).hexdigest()


class FileVanished(TailraceError):
    """The file is not there any more, or another stands in its place."""


def open_at(path: str, device: int, inode: int) -> int:
    """Open a file for reading if it is still that file; a file descriptor, the caller's to close.

    Raises FileVanished when it is gone or another file has its name, OSError for all else.
    """
    try:
        # Not to block: a pipe may have taken the file's name, and waits for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        raise FileVanished(f"{path} vanished before it was read") from None
    status = os.fstat(descriptor)
    if (status.st_dev, status.st_ino) != (device, inode):
        os.close(descriptor)
        raise FileVanished(f"{path} was replaced by another file before it was read")
    return descriptor
