"""Documents: the logs that an announced file holds, and their bytes."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Final

from tailrace.connect.compressed import (
    LONGEST_MAGIC,
    Compression,
    Content,
    detect_compression,
    members_of,
    open_content,
)
from tailrace.connect.descriptors import SHARED
from tailrace.connect.directory import FileVanished, from_uri, open_at, print_of, to_uri
from tailrace.logs.apps import app_of
from tailrace.logs.records import Notification
from tailrace.model.errors import TailraceError, Transient

_PIECE: Final = 1 << 16
_SAMPLE: Final = 1024
_FEWEST: Final = 32
_CONTROLS: Final = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"}) + b"\x7f"
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16, of whose text about half are NULs


@dataclass(frozen=True)
class Document:
    """One log to be read: a file as announced, or the member of that number in an archive."""

    name: str
    app: str
    uri: str
    notice: Notification
    packed: Compression | None
    member: int = 0

    @classmethod
    def of(cls, notice: Notification, packed: Compression | None = None) -> Document:
        """The file itself."""
        return cls(notice.identity, notice.app, notice.uri, notice, packed)

    @property
    def size(self) -> int:
        """How far the file can be read, in bytes as they stand in it."""
        return self.notice.size

    @property
    def ended(self) -> bool:
        """Whether no more bytes will come, as far as anybody knows."""
        return self.notice.complete or self.notice.gone


def place_in(identity: str) -> str:
    """The place, in the sense of `connect.descriptors`, of a file with that identity."""
    return identity.rpartition("-")[0]


def open_announced(notice: Notification) -> int:
    """A descriptor of the announced file, whatever its name is now; the caller's to close.

    Raises FileVanished when it is gone or has other content, Transient when too many files are open, TailraceError for
    a file that cannot be read.
    """
    descriptor = SHARED.borrow(place_in(notice.identity))
    try:
        if descriptor is None:
            device, _, inode = place_in(notice.identity).partition(".")
            descriptor = open_at(from_uri(notice.uri), int(device, 16), int(inode, 16))
        _check_print(descriptor, notice)
    except OSError as error:
        _close(descriptor)
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise Transient(f"cannot open {notice.uri}: {error.strerror}") from None
        raise TailraceError(f"cannot read {notice.uri}: {error.strerror}", hint="check who may read it") from None
    except FileVanished:
        _close(descriptor)
        raise
    return descriptor


def _check_print(descriptor: int, notice: Notification) -> None:
    if notice.content and print_of(descriptor, notice.size) != notice.content:
        raise FileVanished(f"{notice.uri} was rewritten before it was read")


def _close(descriptor: int | None) -> None:
    if descriptor is not None:
        os.close(descriptor)


def documents_in(notice: Notification, descriptor: int) -> list[Document] | None:
    """The logs in a file: itself, or each member of an archive; None while the archive is not finished.

    Raises TailraceError for an archive that cannot be read, OSError.
    """
    packed = detect_compression(os.pread(descriptor, min(LONGEST_MAGIC, notice.size), 0))
    if packed != "zip":
        return [Document.of(notice, packed)]
    members = members_of(descriptor, name=notice.uri)
    if members is None:
        return None
    own = notice.app == app_of(notice.uri)  # told by the file's name: a member's says more
    apps = [to_uri(app_of(each.name)) if own else notice.app for each in members]
    if len(members) == 1:
        return [_member(notice, 0, apps[0], notice.uri)]
    uris = [f"{notice.uri}!/{to_uri(each.name)}" for each in members]
    return [_member(notice, number, app, uri) for number, (app, uri) in enumerate(zip(apps, uris, strict=True))]


def _member(notice: Notification, number: int, app: str, uri: str) -> Document:
    return Document(f"{notice.identity}!{number}", app, uri, notice, "zip", number)


def content_of(document: Document, descriptor: int) -> Content:
    """What a document holds, unpacked. Raises TailraceError for an archive that cannot be read, OSError."""
    return open_content(descriptor, name=document.uri, member=document.member)


def data_begin(descriptor: int, size: int) -> int:
    """Where in a plain file something else than NULs begins; `size` if nowhere.

    Who writes on at an old offset after the file was cut off leaves nothing before it.
    """
    if os.pread(descriptor, min(size, 1), 0) != b"\0":
        return 0
    at = 0
    while at < size:
        try:
            at = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError as error:  # no data any more, or a file system that cannot tell
            if error.errno == errno.ENXIO:
                return size
        piece = os.pread(descriptor, min(_PIECE, size - at), at)
        if stripped := piece.lstrip(b"\0"):
            return at + len(piece) - len(stripped)
        at += max(len(piece), 1)
    return size


class NotText(TailraceError):
    """A file holds something else than a log."""


def check_text(sample: bytes, uri: str) -> None:
    """Raise NotText for the beginning of a file that is no log: of its first KiB more than a tenth are controls.

    Raises TailraceError for a log in UTF-16, whose lines nothing here would understand.
    """
    sample = sample[:_SAMPLE]
    if sample.startswith(_MARKS) and sample.count(0) * 4 > len(sample):
        raise TailraceError(
            f"{uri} is written in UTF-16, and is not read",
            hint="let it be written in UTF-8, or convert it: iconv -f UTF-16 -t UTF-8",
        )
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if len(sample) >= _FEWEST and controls * 10 > len(sample):
        raise NotText(f"{uri} holds no text, and is not read")
