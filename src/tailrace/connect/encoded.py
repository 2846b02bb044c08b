"""Encodings of two and four bytes a character: their text as UTF-8, wherever the bytes come from.

Windows writes logs in UTF-16: SQL Server its ERRORLOG, PowerShell what `>` and `Start-Transcript` give. Everything
that reads logs here reads UTF-8, and ASCII bytes in anything else; so such text is written anew, and offsets count
the bytes of UTF-8. A byte-order mark stays, in its own form there. A character that is not there as a whole waits.
What `journalctl` exports is written anew in the same way (`exported`): offsets and lines are those of its JSON.
"""

from __future__ import annotations

import codecs
from typing import Final, Literal, Protocol

from tailrace.connect.content import Content, too_short
from tailrace.connect.exported import ExportDecoder, SequenceDecoder, is_export, is_sequence

Encoding = Literal["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "journal-export", "json-seq"]

ENOUGH: Final = 16
"""How many bytes of a beginning tell how it is written."""
_FEWEST: Final = 4
_MARKS: Final[dict[bytes, Encoding]] = {  # the longer before the one that it begins with
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_ASCII: Final = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_PIECE: Final = 1 << 20


def detect_encoding(head: bytes) -> Encoding | None:
    """How a file that begins so is written; None for bytes as they stand. 16 bytes suffice.

    Without a mark, text is UTF-16 if its first characters are ASCII, every one.
    """
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    if is_export(head):
        return "journal-export"
    if is_sequence(head):
        return "json-seq"
    head = head[:ENOUGH]
    if len(head) < _FEWEST or b"\0" not in head:
        return None
    sides = head[::2], head[1::2]
    for encoding, (letters, zeros) in (("utf-16-le", sides), ("utf-16-be", sides[::-1])):
        if not zeros.strip(b"\0") and not letters.translate(None, _ASCII):
            return encoding
    return None


class _Decoder(Protocol):
    """What is needed of an incremental decoder."""

    def decode(self, data: bytes, final: bool = False) -> str:
        """The text of what is complete."""

    def getstate(self) -> tuple[bytes, int]:
        """What waits for more."""


class Transcoder:
    """Writes text of an encoding in UTF-8, piece by piece. `taken` is how many bytes of the text were used so far."""

    def __init__(self, encoding: Encoding, taken: int = 0) -> None:
        self.taken = taken
        self._decoder = _decoder_of(encoding)

    def feed(self, data: bytes, *, final: bool = False) -> bytes:
        """The UTF-8 of the characters that are complete now; what is left of one is used when the rest has come.

        What is no character becomes U+FFFD; so does, if `final`, what is left at the end.
        """
        waiting = len(self._decoder.getstate()[0])
        text = self._decoder.decode(data, final)
        self.taken += waiting + len(data) - len(self._decoder.getstate()[0])
        return text.encode("utf-8", "surrogateescape")


def _decoder_of(encoding: Encoding) -> _Decoder:
    if encoding == "journal-export":
        return ExportDecoder()
    if encoding == "json-seq":
        return SequenceDecoder()
    return codecs.getincrementaldecoder(encoding)("replace")


class EncodedContent:
    """What a content in another encoding says in UTF-8. Offsets are those in UTF-8."""

    def __init__(self, content: Content, encoding: Encoding, *, name: str = "the file") -> None:
        self.encoding: str | None = encoding
        self._content, self._encoding, self._name = content, encoding, name
        self._restart()

    @property
    def compression(self) -> str | None:
        """What the file is packed with."""
        return self._content.compression

    @property
    def truncated(self) -> bool:
        """Whether the file was found to end too early."""
        return self._content.truncated

    @property
    def garbage(self) -> bool:
        """Whether something else was found behind what is packed."""
        return self._content.garbage

    def _restart(self) -> None:
        self._transcoder = Transcoder(self._encoding)
        self._ready = b""
        self.position = 0

    def read(self, max_bytes: int) -> bytes:
        """The next bytes."""
        while len(self._ready) < max_bytes and (data := self._content.read(min(max_bytes, _PIECE))):
            self._ready += self._transcoder.feed(data)
        found, self._ready = self._ready[:max_bytes], self._ready[max_bytes:]
        self.position += len(found)
        return found

    def skip_to(self, offset: int) -> None:
        """Go on at an offset."""
        if offset < self.position:
            self._content.skip_to(0)
            self._restart()
        while self.position < offset and self.read(min(offset - self.position, _PIECE)):
            pass
        if self.position < offset:
            raise too_short(self._name, self.position, offset)
