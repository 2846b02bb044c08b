"""inotify: what Linux tells of changes in directories. Bound by hand, since the bindings there are bring threads along.

On other systems, and where the kernel says no, there is none of it: `open_inotify` gives None.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import weakref
from collections.abc import Iterable, Iterator
from enum import IntFlag
from functools import cache
from typing import Final, NamedTuple


class Told(IntFlag):
    """What an event is about; the kernel's numbers."""

    MODIFIED = 0x2
    TOUCHED = 0x4
    MOVED_FROM = 0x40
    MOVED_TO = 0x80
    CREATED = 0x100
    DELETED = 0x200
    OVERFLOW = 0x4000
    """More happened than the kernel keeps: whatever it may have been."""
    IGNORED = 0x8000
    """The directory is gone, or is listened to no more."""
    FOLDER = 0x40000000
    """Together with others: it is a directory."""


COMINGS: Final = Told.CREATED | Told.MOVED_TO | Told.MOVED_FROM | Told.DELETED
CHANGES: Final = Told.MODIFIED | Told.TOUCHED


class Event(NamedTuple):
    """Something that happened to `name` in the directory of a `watch`; both halves of a renaming have one `cookie`."""

    watch: int
    told: int
    cookie: int
    name: str


class Inotify:
    """A stream of events from the directories that are watched, each of which costs a little of the kernel's memory."""

    def __init__(self, libc: ctypes.CDLL, descriptor: int) -> None:
        self._libc = libc
        self.descriptor = descriptor
        """Readable when there is an event."""
        self.close = weakref.finalize(self, os.close, descriptor)
        """Watch nothing any more; happens by itself when nobody has this any more."""

    def add(self, folder: str, wanted: Told) -> int:
        """Watch a directory; the number of the watch, which is another's by no other name of the directory.

        Raises OSError: there is no such directory, or the kernel watches no more (ENOSPC).
        """
        watch = int(self._libc.inotify_add_watch(self.descriptor, os.fsencode(folder), wanted | _ONLY_FOLDERS))
        if watch < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), folder)
        return watch

    def remove(self, watch: int) -> None:
        """Watch a directory no more; it may be gone already."""
        self._libc.inotify_rm_watch(self.descriptor, watch)

    def read(self, most: int) -> list[Event]:
        """The events that stand ready, as many as go into so many bytes; none if there are none."""
        try:
            data = os.read(self.descriptor, most)
        except BlockingIOError:
            return []
        events, at = [], 0
        while at < len(data):
            watch, told, cookie, length = _HEAD.unpack_from(data, at)
            at += _HEAD.size
            events.append(Event(watch, told, cookie, os.fsdecode(data[at : at + length].rstrip(b"\0"))))
            at += length
        return events


_HEAD: Final = struct.Struct("iIII")
_ONLY_FOLDERS: Final = 0x1000000
_FLAGS: Final = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)


def open_inotify() -> Inotify | None:
    """A stream of events; None on systems that have none, and when a user has as many as are allowed."""
    if sys.platform != "linux":
        return None
    descriptor = int(_libc().inotify_init1(_FLAGS))
    return Inotify(_libc(), descriptor) if descriptor >= 0 else None


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


class Ear:
    """A stream of events, and the directories that it listens in, each with the names that it is called by."""

    def __init__(self, stream: Inotify, wanted: Told) -> None:
        self.stream = stream
        self._wanted = wanted
        self._folders: dict[int, tuple[str, ...]] = {}
        self._stale: set[int] = set()

    def cover(self, folders: Iterable[str]) -> set[str]:
        """Listen in these directories and no others; those in which that cannot be done.

        One that is asked for no more is kept for once: it may have come since somebody looked what there is.
        """
        before, self._folders = self._folders, {}
        deaf = {folder for folder in folders if not self.add(folder)}
        left = before.keys() - self._folders.keys()
        for watch in left & self._stale:
            self.stream.remove(watch)
        self._stale = left - self._stale
        self._folders.update((watch, before[watch]) for watch in self._stale)
        return deaf

    def add(self, folder: str) -> bool:
        """Listen in a directory too, if it is one and the kernel does not mind."""
        try:
            watch = self.stream.add(folder, self._wanted)
        except OSError:
            return False
        self._folders[watch] = tuple(dict.fromkeys((*self._folders.get(watch, ()), folder)))
        return True

    def read(self, most: int) -> list[Event]:
        """The events that stand ready, as many as go into so many bytes, at the most."""
        events = self.stream.read(most)
        for event in events:
            if event.told & Told.IGNORED:
                self._folders.pop(event.watch, None)
        return events

    def paths(self, event: Event) -> Iterator[str]:
        """The paths that an event is about."""
        for folder in self._folders.get(event.watch, ()) if event.name else ():
            yield os.path.join(folder, event.name)  # noqa: PTH118 - for thousands of files

    @property
    def folders(self) -> set[str]:
        """The directories, by all their names."""
        return {folder for folders in self._folders.values() for folder in folders}


_TELLING: Final = frozenset(
    {
        0xEF53,  # ext2, ext3, ext4
        0x58465342,  # xfs
        0x9123683E,  # btrfs
        0x01021994,  # tmpfs
        0x2FC12FC1,  # zfs
        0xF2F52010,  # f2fs
        0xCA451A4E,  # bcachefs
        0x3153464A,  # jfs
        0x52654973,  # reiserfs
        0x4D44,  # fat
        0x2011BAB0,  # exfat
    }
)


def tells_all(folder: str) -> bool:
    """Whether a directory is of a file system of which the kernel tells everything that happens there.

    Of what others do on a network, in user space or below an overlay it knows nothing.
    """
    if sys.platform != "linux":
        return False
    status = ctypes.create_string_buffer(256)
    if _libc().statfs(os.fsencode(folder), status) != 0:
        return False
    return ctypes.cast(status, ctypes.POINTER(ctypes.c_long))[0] & 0xFFFFFFFF in _TELLING
