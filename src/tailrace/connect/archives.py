"""Archives, and the layers that a log is wrapped in: from an open file to the text of each log in it.

    file -> unpacked -> a member of a tar or zip archive -> unpacked -> UTF-8

Every layer is told by its content and there for any file, also for one that holds a single log. What is packed is
unpacked once outside of an archive and once within; archives within archives are not opened.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from tailrace.connect.compressed import (
    LONGEST_MAGIC,
    USUAL,
    Compression,
    Decoder,
    Limits,
    PackedContent,
    decoder_of,
    deflate_decoder,
    detect_compression,
)
from tailrace.connect.content import (
    Content,
    HeldFile,
    PlainContent,
    ReadAt,
    SharedStream,
    StretchContent,
    TooShort,
)
from tailrace.connect.encoded import EncodedContent, detect_encoding
from tailrace.connect.tarred import BLOCK, TarMember, is_tar, list_tar
from tailrace.connect.zipped import BZIP2, DEFLATED, STORED, ZSTANDARD, UnfinishedZip, ZipMember, find_members
from tailrace.model.errors import TailraceError

HEAD: Final = BLOCK
"""How many bytes of a beginning tell what a file is wrapped in, and how its text is written."""
_AGAIN: Final = "copy it again"
_WITHIN: Final = 16  # a member that is packed itself may unpack to so much less before its ratio is looked at
_TARRED: Final[dict[Compression, str]] = {"gzip": "tar.gz", "zstd": "tar.zst", "bzip2": "tar.bz2", "xz": "tar.xz"}


@dataclass(frozen=True)
class Member:
    """A file in an archive, under the name that it has there; when it was modified, if the archive says so in UTC."""

    name: str
    modified: datetime | None


class Archive:
    """The files in an archive, each a log of its own, in their order there.

    `kind` is what it is packed as (`tar.gz`). `whole` tells whether it was found to go on to its end; `fault` what is
    wrong with it behind the last of its members, if anything is.
    """

    def __init__(self, kind: str, name: str, limits: Limits) -> None:
        self.kind = kind
        self.members: list[Member] = []
        self.whole = True
        self.fault: TailraceError | None = None
        self._name, self._limits = name, limits
        self._openers: list[Callable[[str], Content]] = []

    def open(self, number: int) -> Content:
        """The text of a member. Raises TailraceError for one that cannot be read, OSError."""
        name = self.name_of(number)
        return _unwrapped(self._openers[number](name), name, self._limits)

    def name_of(self, number: int) -> str:
        """What a member is called together with its archive: by the latter's name, if it is the only one."""
        return f"{self._name}!/{self.members[number].name}" if len(self.members) > 1 else self._name

    def add(self, member: Member, opener: Callable[[str], Content]) -> None:
        """Add a member, and what opens it under a name."""
        self.members.append(member)
        self._openers.append(opener)


def open_content(descriptor: int, *, name: str = "the file", limits: Limits = USUAL) -> Content:
    """The text in a file that is no archive: itself, if it is plain. An archive is given as it stands, unpacked.

    `descriptor` is of a regular file, stays the caller's to close, and must stay open; `name` is for sentences.
    Raises OSError.
    """
    return _encoded(_unpacked(descriptor, name, limits), name)


def find_archive(descriptor: int, *, name: str = "the file", limits: Limits = USUAL) -> Archive | None:
    """The archive that a file is; None if it is none. One that is packed is unpacked once to be looked through.

    The archive keeps the file open as long as anybody refers to it. Raises TailraceError for one that cannot be read,
    OSError.
    """
    head = os.pread(descriptor, HEAD, 0)
    packing = detect_compression(head[:LONGEST_MAGIC])
    if not is_wrapped(head):
        return None
    file = HeldFile(descriptor)
    if packing == "zip":
        return _zip_archive(file, name, limits)
    if packing is None:
        return _tar_archive("tar", file.read_at, lambda _: None, name, limits)
    if not is_tar(_beginning(_packed(file.read_at, packing, name, limits))):
        return None
    stream = SharedStream(_packed(file.read_at, packing, name, limits))
    return _tar_archive(_TARRED[packing], stream.read_at, stream.head_at, name, limits)


def is_wrapped(head: bytes) -> bool:
    """Whether a file that begins with these 512 bytes (or less, if it has no more) is packed, or an archive."""
    return detect_compression(head[:LONGEST_MAGIC]) is not None or is_tar(head)


# -- layers -------------------------------------------------------------------------------------------------------


def _unpacked(descriptor: int, name: str, limits: Limits) -> Content:
    packing = detect_compression(os.pread(descriptor, LONGEST_MAGIC, 0))
    if packing is None or packing == "zip":
        return PlainContent(descriptor, name=name)
    return _packed(partial(os.pread, descriptor), packing, name, limits)


def _packed(
    read_at: ReadAt, packing: Compression, name: str, limits: Limits, compression: str | None = None
) -> PackedContent:
    return PackedContent(read_at, packing, decoder_of(packing), name=name, limits=limits, compression=compression)


def _encoded(content: Content, name: str) -> Content:
    encoding = detect_encoding(_beginning(content))
    return content if encoding is None else EncodedContent(content, encoding, name=name)


def _beginning(content: Content) -> bytes:
    """What a content begins with; nothing, if that is damaged, which whoever reads on is told."""
    with suppress(TailraceError):
        head = content.read(HEAD)
        content.skip_to(0)
        return head
    return b""


def _unwrapped(content: Content, name: str, limits: Limits) -> Content:
    """The text of a member, which may be packed itself. Raises TailraceError for an archive."""
    head = _beginning(content)
    packing = detect_compression(head[:LONGEST_MAGIC])
    if packing is not None and packing != "zip":
        outer = SharedStream(content)
        within = replace(limits, free=limits.free // _WITHIN)
        content = _packed(outer.read_at, packing, name, within, f"{packing} in {content.compression}")
        head = _beginning(content)
    if packing == "zip" or is_tar(head):
        raise TailraceError(f"{name} is an archive within an archive, and is not opened", hint="unpack the outer one")
    return _encoded(content, name)


# -- kinds of archives ----------------------------------------------------------------------------------------------


def _zip_archive(file: HeldFile, name: str, limits: Limits) -> Archive:
    archive = Archive("zip", name, limits)
    try:
        found = find_members(file.descriptor, name)
    except UnfinishedZip:
        archive.whole = False
        archive.fault = TailraceError(f"{name} is cut short: a zip archive's directory is missing", hint=_AGAIN)
        return archive
    for each in found:
        archive.add(Member(each.name, None), partial(_zip_content, file, each, limits))
    return archive


def _zip_content(file: HeldFile, member: ZipMember, limits: Limits, name: str) -> Content:
    begin, end = member.span(file.descriptor)
    if member.method == STORED:
        return StretchContent(file.read_at, begin, end - begin, compression="zip", name=name)
    if member.method not in _METHODS:
        raise TailraceError(
            f"{name} is packed by method {member.method} of zip, which is not known here",
            hint="unpack it yourself, or pack it with deflate",
        )
    decoder = _METHODS[member.method]
    return PackedContent(
        file.read_at, "zip", decoder, name=name, limits=limits, begin=begin, end=end, checksum=member.checksum
    )


def _tar_archive(
    kind: str, read_at: ReadAt, head_at: Callable[[int], bytearray | None], name: str, limits: Limits
) -> Archive:
    archive = Archive(kind, name, limits)

    def read_on(max_bytes: int, at: int) -> bytes:
        try:
            return read_at(max_bytes, at)
        except TooShort:
            return b""
        except TailraceError as error:
            archive.fault = error
            return b""

    listing = list_tar(read_on)
    archive.whole = listing.whole
    if listing.fault and archive.fault is None:
        archive.fault = TailraceError(f"{name} is not read to its end: {listing.fault}", hint=_AGAIN)
    for each in listing.members:
        archive.add(Member(each.name, each.modified), partial(_tar_content, kind, read_at, head_at, each))
    return archive


def _tar_content(
    kind: str, read_at: ReadAt, head_at: Callable[[int], bytearray | None], member: TarMember, name: str
) -> Content:
    head = head_at(member.begin)
    return StretchContent(read_at, member.begin, member.size, compression=kind, name=name, head=head)


_METHODS: Final[dict[int, Callable[[], Decoder]]] = {
    DEFLATED: deflate_decoder,
    BZIP2: decoder_of("bzip2"),
    ZSTANDARD: decoder_of("zstd"),
}
