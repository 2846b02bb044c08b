"""Packed bytes from a pipe: unpacked as they come, whatever they were packed with."""

from __future__ import annotations

from tailrace.connect.compressed import (
    LONGEST_MAGIC,
    Compression,
    Limits,
    PackedContent,
    decoder_of,
    detect_compression,
)
from tailrace.model.errors import TailraceError


class Unpacker:
    """What is fed, unpacked; as it is, if it was not packed. What it is packed with is told by its first bytes."""

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        self.compression: Compression | None = None
        self._name, self._limits = name, limits or Limits()
        self._fed = bytearray()
        self._begun = self._ended = False
        self._content: PackedContent | None = None

    @property
    def truncated(self) -> bool:
        """Whether what was fed ended within what was packed; to be asked at the end."""
        return self._content is not None and self._content.truncated

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take what has come; `final` says that no more will."""
        self._fed += data
        self._ended |= final

    def read(self, max_bytes: int) -> bytes:
        """What can be told of what was fed, at most so much; nothing when more has to be fed.

        Raises DamagedContent, ExcessiveContent, and TailraceError for an archive, which no pipe can carry.
        """
        if not self._begun and not self._begin():
            return b""
        if self._content is not None:
            return self._content.read(max_bytes)
        return self._take(max_bytes, 0)

    def _begin(self) -> bool:
        """Tell what the stream is packed with, if so much of it has come."""
        if len(self._fed) < LONGEST_MAGIC and not self._ended and not self._fed.endswith(b"\n"):
            return False
        self._begun = True
        self.compression = detect_compression(bytes(self._fed[:LONGEST_MAGIC]))
        if self.compression == "zip":
            raise TailraceError(f"{self._name} is a zip archive, which no pipe can carry", hint="unzip -p FILE | ...")
        if self.compression is not None:
            self._content = PackedContent(
                self._take, self.compression, decoder_of(self.compression), name=self._name, limits=self._limits
            )
        return True

    def _take(self, most: int, _: int) -> bytes:
        data = bytes(self._fed[:most])
        del self._fed[:most]
        return data
