"""Bytes from a pipe, as they come: unpacked, and in UTF-8, whatever they were packed with and written in."""

from __future__ import annotations

from tailrace.connect.compressed import (
    LONGEST_MAGIC,
    Compression,
    Limits,
    PackedContent,
    decoder_of,
    detect_compression,
)
from tailrace.connect.encoded import Transcoder, detect_encoding
from tailrace.connect.tarred import is_tar
from tailrace.model.errors import TailraceError


class Unpacker:
    """What is fed, unpacked, as UTF-8; as it is, if it was neither. Its first bytes tell."""

    def __init__(self, name: str, limits: Limits | None = None) -> None:
        self.compression: Compression | None = None
        self._name, self._limits = name, limits or Limits()
        self._fed = bytearray()
        self._begun = self._ended = False
        self._content: PackedContent | None = None
        self._transcoder: Transcoder | None = None
        self._told = False

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
        while data := self._content.read(max_bytes) if self._content is not None else self._take(max_bytes, 0):
            if not self._told:
                self._tell(data)
            if text := data if self._transcoder is None else self._transcoder.feed(data):
                return text
        return b""

    def _begin(self) -> bool:
        """Tell what the stream is packed with, if so much of it has come."""
        if len(self._fed) < LONGEST_MAGIC and not self._ended and not self._fed.endswith(b"\n"):
            return False
        self._begun = True
        self.compression = detect_compression(bytes(self._fed[:LONGEST_MAGIC]))
        if self.compression == "zip":
            raise TailraceError(f"{self._name} is a zip archive, which no pipe can carry", hint="name the file")
        if self.compression is not None:
            self._content = PackedContent(
                self._take, self.compression, decoder_of(self.compression), name=self._name, limits=self._limits
            )
        return True

    def _tell(self, head: bytes) -> None:
        """Tell what the unpacked stream is."""
        self._told = True
        if is_tar(head):
            raise TailraceError(f"{self._name} is a tar archive, whose files are logs each", hint="name the file")
        encoding = detect_encoding(head)
        if encoding is not None:
            self._transcoder = Transcoder(encoding)

    def _take(self, most: int, _: int) -> bytes:
        data = bytes(self._fed[:most])
        del self._fed[:most]
        return data
