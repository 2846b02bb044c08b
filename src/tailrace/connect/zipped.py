"""Zip archives: which files are in one, and where their bytes stand."""

from __future__ import annotations

import os
import struct
import zipfile
from dataclasses import dataclass
from typing import Final

from tailrace.model.durations import format_size
from tailrace.model.errors import TailraceError

STORED, DEFLATED, BZIP2, ZSTANDARD = 0, 8, 12, 93
"""Methods of packing, by their numbers in the specification (APPNOTE 4.4.5)."""
_MOST_DIRECTORY: Final = 1 << 24
_LONGEST_ENDING: Final = 22 + 0xFFFF
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_ENCRYPTED: Final = 1


class UnfinishedZip(Exception):
    """The archive lacks its directory, which is written last."""


@dataclass(frozen=True)
class ZipMember:
    """A file in an archive: unpacked and packed size in bytes; the archive says when it was modified in local time."""

    name: str
    size: int
    packed: int
    method: int
    checksum: int
    encrypted: bool
    header: int

    def span(self, descriptor: int) -> tuple[int, int]:
        """Where the packed bytes begin and end in the archive. Raises TailraceError, OSError."""
        if self.encrypted:
            raise TailraceError(f"{self.name} in the zip archive is encrypted", hint="unpack it yourself")
        head = os.pread(descriptor, _LOCAL_HEADER.size, self.header)
        if len(head) < _LOCAL_HEADER.size or not head.startswith(b"PK\x03\x04"):
            raise TailraceError(f"{self.name} is not where the zip archive says", hint="copy the archive again")
        _, name, extra = _LOCAL_HEADER.unpack(head)
        begin = self.header + _LOCAL_HEADER.size + name + extra
        return begin, begin + self.packed


def find_members(descriptor: int, name: str) -> tuple[ZipMember, ...]:
    """The files in an archive, in the order of its directory.

    Raises UnfinishedZip, OSError; TailraceError for an archive that is damaged, or made to do harm.
    """
    _check_directory(descriptor, name)
    try:
        with os.fdopen(os.dup(descriptor), "rb") as file, zipfile.ZipFile(file) as archive:
            found = tuple(_member(each) for each in archive.infolist() if not each.is_dir())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise TailraceError(f"{name} is no zip archive that can be read: {error}", hint="copy it again") from None
    _check_overlap(found, name)
    return found


def _check_directory(descriptor: int, name: str) -> None:
    """Look at what the archive's ending says of its directory, before all of that is read at once."""
    size = os.fstat(descriptor).st_size
    ending = os.pread(descriptor, _LONGEST_ENDING, max(size - _LONGEST_ENDING, 0))
    at = ending.rfind(b"PK\x05\x06")
    if at < 0 or len(ending) - at < 22:
        raise UnfinishedZip
    directory = int.from_bytes(ending[at + 12 : at + 16], "little")
    if directory == 0xFFFFFFFF:  # zip64: the number stands in a record of its own, which a locator points at
        place = int.from_bytes(ending[max(at - 12, 0) : max(at - 4, 0)], "little")
        directory = int.from_bytes(os.pread(descriptor, 8, min(place, size) + 40), "little")
    if directory > _MOST_DIRECTORY:
        raise TailraceError(
            f"{name} has a zip directory of {format_size(directory)}, and {format_size(_MOST_DIRECTORY)} are allowed",
            hint="unpack it yourself",
        )


def _member(entry: zipfile.ZipInfo) -> ZipMember:
    encrypted = bool(entry.flag_bits & _ENCRYPTED)
    return ZipMember(
        entry.filename,
        entry.file_size,
        entry.compress_size,
        entry.compress_type,
        entry.CRC,
        encrypted,
        entry.header_offset,
    )


def _check_overlap(members: tuple[ZipMember, ...], name: str) -> None:
    """Refuse members that share bytes: that is how a small archive holds petabytes."""
    end = 0
    for member in sorted(members, key=lambda each: each.header):
        if member.header < end:
            raise TailraceError(f"{name} is a zip archive whose files overlap: it is taken for a bomb")
        end = member.header + _LOCAL_HEADER.size + member.packed
