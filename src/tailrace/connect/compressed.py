"""Compressed files: what is in them as one stream of bytes, whatever they were packed with.

What something is packed with is told by its first bytes, never by a name. It is unpacked once: what is in it may be
packed itself, and is handed on as it is. Nothing is unpacked to disk, and memory is bounded whatever the file says.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from isal import igzip_lib

from tailrace.connect.content import DamagedContent, ExcessiveContent, too_short
from tailrace.model.durations import format_size
from tailrace.model.errors import TailraceError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compression = Literal["gzip", "zstd", "bzip2", "xz", "zip"]

_PIECE: Final = 1 << 18  # bytes read from the file at a time
_STEP: Final = 1 << 20  # bytes unpacked at a time
_MOST_MEMORY: Final = 1 << 27  # that xz and zstd may look back on: as much as `xz -9` and `zstd -19 --long` need
_MAGICS: Final[dict[Compression, tuple[bytes, ...]]] = {
    "gzip": (b"\x1f\x8b\x08",),
    "zstd": (b"\x28\xb5\x2f\xfd", *(bytes((0x50 + kind,)) + b"\x2a\x4d\x18" for kind in range(16))),
    "bzip2": tuple(b"BZh%d%b" % (size, mark) for size in range(1, 10) for mark in (b"1AY&SY", b"\x17rE8P\x90")),
    "xz": (b"\xfd7zXZ\0",),
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
}
_UNREAD: Final = {
    b"\x1f\x9d": "compress",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x02\x21\x4c\x18": "lz4",
    b"LZIP\x01": "lzip",
    b"\x89LZO\0": "lzop",
    b"\x5d\0\0": "lzma",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
}
LONGEST_MAGIC: Final = 10
"""How many bytes of a beginning tell what it is packed with."""


@dataclass(frozen=True)
class Limits:
    """How large what is unpacked may become: `total` bytes, and beyond the first `free` bytes `ratio` times the packed.

    Logs are packed to a tenth or a thirtieth; deflate cannot pack better than 1 to 1,032, which takes one single byte
    repeated.
    """

    ratio: int = 1000
    free: int = 1 << 28
    total: int = 1 << 36


USUAL: Final = Limits()


def detect_compression(head: bytes) -> Compression | None:
    """What a file that begins so is packed with. Ten bytes suffice; fewer, if the file has no more.

    The beginning of a beginning counts if no text begins so.
    """
    for compression, magics in _MAGICS.items():
        if head.startswith(magics):
            return compression
        if len(head) > 1 and not head.isascii() and any(magic.startswith(head) for magic in magics):
            return compression
    return None


def unread_packing(head: bytes) -> str | None:
    """What a file that begins so is packed with, if that is nothing that can be read here."""
    return next((name for magic, name in _UNREAD.items() if head.startswith(magic)), None)


class Decoder(Protocol):
    """What the decompressors of bz2, lzma, zstd and isal have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of the packed stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing can be given before more is fed."""

    @property
    def unused_data(self) -> bytes:
        """What was fed beyond the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Feed some bytes, and take at most so many."""


_FAULTS: Final[tuple[type[Exception], ...]] = (igzip_lib.IsalError, lzma.LZMAError, zstd.ZstdError, OSError, ValueError)  # type: ignore[assignment]
"""What decoders raise for damaged data; bz2 raises OSError and ValueError."""


class PackedContent:
    """What a stretch of a file is unpacked to: any number of packed streams in a row, as one.

    `read_at` gives at most so many packed bytes from an offset on, and none where there are no more for now.
    With `checksum`, the CRC-32 of what is unpacked, there is one stream only, as in a zip archive. `compression` is
    what it is called where it is not the name of `kind`.
    """

    encoding: str | None = None

    def __init__(
        self,
        read_at: Callable[[int, int], bytes],
        kind: Compression,
        decoder: Callable[[], Decoder],
        *,
        name: str,
        limits: Limits,
        begin: int = 0,
        end: int | None = None,
        checksum: int | None = None,
        compression: str | None = None,
    ) -> None:
        self.compression: str | None = compression or kind
        self._kind: Compression = kind
        self._read_at, self._name, self._limits = read_at, name, limits
        self._begin, self._end, self._checksum = begin, end, checksum
        self._new_decoder = decoder
        self._restart()

    def _restart(self) -> None:
        self.position = 0
        self.truncated = self.garbage = False
        self._at = self._begin  # of the next byte to read from the file
        self._fed = b""  # read from the file and not yet fed to a decoder
        self._decoder: Decoder | None = None  # None between streams
        self._finished = False
        self._fault: TailraceError | None = None
        self._sum = 0

    def read(self, max_bytes: int) -> bytes:
        """The next bytes."""
        parts: list[bytes] = []
        while max_bytes > 0 and (part := self._next(min(max_bytes, _STEP))):
            parts.append(part)
            max_bytes -= len(part)
        if not parts and self._fault is not None:
            raise self._fault
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def skip_to(self, offset: int) -> None:
        """Go on at an offset."""
        if offset < self.position:
            self._restart()
        while self.position < offset and self._next(min(offset - self.position, _STEP)):
            pass
        if self._fault is not None:
            raise self._fault
        if self.position < offset:
            raise too_short(self._name, self.position, offset)

    def _next(self, most: int) -> bytes:
        """Some bytes; none at the end, or at a fault, which is kept."""
        while self._fault is None and (self._decoder is not None or self._begin_stream()):
            assert self._decoder is not None
            data = self._feed() if self._decoder.needs_input else b""
            if not data and self._decoder.needs_input:
                self.truncated = self._fault is None
                return b""
            found = self._decoded(self._decoder, data, most)
            if found:
                return found
        return b""

    def _begin_stream(self) -> bool:
        """Begin the next packed stream, if there is one."""
        if self._finished:
            return False
        if self._checksum is None and not self._find_magic():
            return False
        self._decoder = self._new_decoder()
        return True

    def _find_magic(self) -> bool:
        """Step over zeros to where another stream begins; else tell whether its beginning is cut, or it is garbage."""
        head = self._feed().lstrip(b"\0")
        while len(head) < LONGEST_MAGIC and (more := self._feed()):
            head = (head + more).lstrip(b"\0")
        self._fed = head
        magics = _MAGICS[self._kind]
        if head.startswith(magics):
            return True
        self.truncated = bool(head) and any(magic.startswith(head) for magic in magics)
        self.garbage = self._finished = bool(head) and not self.truncated
        return False

    def _feed(self) -> bytes:
        """The next packed bytes; none at the end of the file, as it stands now."""
        if self._fed:
            data, self._fed = self._fed, b""
            return data
        most = _PIECE if self._end is None else min(_PIECE, self._end - self._at)
        try:
            data = self._read_at(most, self._at)
        except TailraceError as error:  # of what these bytes are packed in themselves
            self._fault = error
            return b""
        self._at += len(data)
        self.truncated = False
        return data

    def _decoded(self, decoder: Decoder, data: bytes, most: int) -> bytes:
        try:
            found = decoder.decompress(data, most)
        except _FAULTS as error:
            self._fault = self._damage(str(error))
            return b""
        self.position += len(found)
        if self._checksum is not None:
            self._sum = zlib.crc32(found, self._sum)
        if decoder.eof:
            self._end_stream(decoder.unused_data)
        self._check_size()
        return found

    def _end_stream(self, rest: bytes) -> None:
        self._decoder, self._fed = None, rest
        if self._checksum is not None:
            self._finished = True
            if self._sum != self._checksum:
                self._fault = self._damage("its checksum is another")

    def _check_size(self) -> None:
        limits, packed = self._limits, self._at - self._begin
        if self.position > limits.total:
            bound = f"more than {format_size(limits.total)}"
        elif self.position > limits.free and self.position > limits.ratio * packed:
            bound = f"{format_size(self.position)} from {format_size(packed)}, more than {limits.ratio:,} times as much"
        else:
            return
        self._fault = ExcessiveContent(
            f"{self._name} unpacks to {bound}: it is taken for a bomb, and not read on",
            hint="unpack it yourself if it is what you want to read",
        )

    def _damage(self, reason: str) -> DamagedContent:
        large = "emory" in reason or "indow" in reason
        return DamagedContent(
            f"{self._name} cannot be unpacked beyond {format_size(self.position)}: "
            f"its {self.compression} data are at fault ({reason.strip().rstrip('.')})",
            hint=f"pack it with a window of at most {format_size(_MOST_MEMORY)}" if large else "copy the file again",
        )


def _zstd_decoder() -> Decoder:
    window = {int(zstd.DecompressionParameter.window_log_max): _MOST_MEMORY.bit_length() - 1}
    return zstd.ZstdDecompressor(options=window)


_DECODERS: Final[dict[Compression, Callable[[], Decoder]]] = {
    "gzip": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
    "zstd": _zstd_decoder,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MOST_MEMORY),
}


def decoder_of(compression: Compression) -> Callable[[], Decoder]:
    """What makes a decoder for a packed stream. Raises KeyError for zip, which is no stream."""
    return _DECODERS[compression]


def deflate_decoder() -> Decoder:
    """A decoder for deflate without a mark, as it stands in zip archives."""
    decoder: Decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_DEFLATE)
    return decoder
