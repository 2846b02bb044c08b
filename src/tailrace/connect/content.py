"""Content: the bytes of one log, wherever they stand: in a file, a stretch of it, or of a stream that is unpacked."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Final, Protocol

from tailrace.model.errors import TailraceError

_KEPT: Final = 1 << 23  # of the beginning of a stretch

ReadAt = Callable[[int, int], bytes]
"""Gives at most so many bytes from an offset on; none at the end."""


class DamagedContent(TailraceError):
    """What is packed cannot be unpacked beyond some place."""


class TooShort(DamagedContent):
    """There are not as many bytes as were to be skipped."""


class ExcessiveContent(TailraceError):
    """What is packed is larger than anybody would write: a bomb."""


def too_short(name: str, size: int, offset: int) -> TooShort:
    """The fault of a content that was to be read on beyond its end."""
    return TooShort(
        f"{name} holds {size:,} bytes, and was to be read on at byte {offset:,}", hint="it is not the file that it was"
    )


class Content(Protocol):
    """The bytes in a file, unpacked.

    `position` is how many have been read or skipped. Once `read` has returned nothing, `truncated` tells that the file
    ends before what is packed in it does, and `garbage` that bytes follow which belong to nothing and were left out.
    A file that has grown since may be read on.
    """

    @property
    def compression(self) -> str | None:
        """What the file is packed with; None for a plain file."""

    @property
    def encoding(self) -> str | None:
        """What the text was written in, if it was not read as it stands."""

    @property
    def position(self) -> int:
        """The offset, in unpacked bytes, of what is read next."""

    @property
    def truncated(self) -> bool:
        """Whether the file was found to end too early."""

    @property
    def garbage(self) -> bool:
        """Whether something else was found behind what is packed."""

    def read(self, max_bytes: int) -> bytes:
        """The next bytes; fewer than asked for only at the end, or before a place that is damaged.

        Raises DamagedContent, ExcessiveContent, OSError; and the same again when called again.
        """

    def skip_to(self, offset: int) -> None:
        """Go on at an offset, backwards too; what is packed has to be unpacked up to there.

        Raises as `read` does, and DamagedContent if there are not as many bytes.
        """


class PlainContent:
    """The bytes of a file as they stand, at no cost."""

    compression: str | None = None
    encoding: str | None = None
    truncated = garbage = False

    def __init__(self, descriptor: int, *, name: str = "the file") -> None:
        self.position = 0
        self._descriptor, self._name = descriptor, name

    def read(self, max_bytes: int) -> bytes:
        """The next bytes."""
        data = os.pread(self._descriptor, max_bytes, self.position)
        self.position += len(data)
        return data

    def skip_to(self, offset: int) -> None:
        """Go on at an offset."""
        size = os.fstat(self._descriptor).st_size
        if offset > size:
            raise too_short(self._name, size, offset)
        self.position = offset


class HeldFile:
    """A file that stays open as long as anybody refers to it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = os.dup(descriptor)
        weakref.finalize(self, os.close, self.descriptor)

    def read_at(self, max_bytes: int, at: int) -> bytes:
        """The bytes from an offset on; none at the end. Raises OSError."""
        return os.pread(self.descriptor, max_bytes, at)


class SharedStream:
    """A content of which several logs are stretches. Reading them in their order reads it once."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._lock = threading.Lock()
        self._begin, self._head = -1, bytearray()

    def read_at(self, max_bytes: int, at: int) -> bytes:
        """The bytes from an offset on; none at the end. Raises as `Content.read` does."""
        with self._lock:
            if self._content.position != at:
                self._content.skip_to(at)
            return self._content.read(max_bytes)

    def head_at(self, begin: int) -> bytearray:
        """What is known of the bytes from there on, to be added to; what was known of another place is forgotten."""
        with self._lock:
            if self._begin != begin:
                self._begin, self._head = begin, bytearray()
            return self._head


class StretchContent:
    """A stretch of something longer, which `read_at` reads.

    A log is looked at before it is read. So its first 8 MiB are kept in `head`, if that is given: to go back there
    may mean to unpack once more all that stands before.
    """

    garbage = False
    encoding: str | None = None

    def __init__(
        self, read_at: ReadAt, begin: int, size: int, *, compression: str, name: str, head: bytearray | None = None
    ) -> None:
        self.compression: str | None = compression
        self.position = 0
        self.truncated = False
        self._read_at, self._begin, self._size, self._name = read_at, begin, size, name
        self._head = head

    def read(self, max_bytes: int) -> bytes:
        """The next bytes."""
        max_bytes = min(max_bytes, self._size - self.position)
        found = bytes(self._head[self.position : self.position + max_bytes]) if self._head else b""
        if len(found) < max_bytes:
            found += self._read_at(max_bytes - len(found), self._begin + self.position + len(found))
            self.truncated = len(found) < max_bytes
            if self._head is not None and len(self._head) < _KEPT and len(self._head) >= self.position:
                self._head[self.position :] = found
        self.position += len(found)
        return found

    def skip_to(self, offset: int) -> None:
        """Go on at an offset."""
        if offset > self._size:
            raise too_short(self._name, self._size, offset)
        self.position = offset
