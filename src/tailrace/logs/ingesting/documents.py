"""Documents: the logs that an announced file holds, and their bytes."""

from __future__ import annotations

import codecs
import errno
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from tailrace.connect.archives import HEAD, Archive, find_archive, is_wrapped, open_content
from tailrace.connect.compressed import LONGEST_MAGIC, detect_compression, unread_packing
from tailrace.connect.content import Content
from tailrace.connect.descriptors import SHARED
from tailrace.connect.directory import FileVanished, from_uri, open_at, print_of, to_uri
from tailrace.connect.encoded import Encoding, detect_encoding
from tailrace.logs.apps import app_of
from tailrace.logs.records import Notification
from tailrace.model.errors import TailraceError, Transient

_PIECE: Final = 1 << 16
SAMPLE: Final = 1024
"""How many bytes of a beginning tell whether a file is text."""
_FEWEST: Final = 32
_CONTROLS: Final = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"}) + b"\x7f"
_SOON: Final = 1 << 24  # a packed file up to this size is looked through as soon as it comes; a larger one waits


@dataclass(frozen=True)
class Document:
    """One log to be read: a file as announced, or the member of that number in an archive.

    `packed` says with what, if it is packed or in an archive; `encoding`, what one is written in that is neither, if
    not in UTF-8.
    """

    name: str
    app: str
    uri: str
    notice: Notification
    packed: str | None = None
    encoding: Encoding | None = None
    archive: Archive | None = None
    member: int = 0

    @classmethod
    def of(cls, notice: Notification, *, packed: str | None = None, encoding: Encoding | None = None) -> Document:
        """The file itself."""
        return cls(notice.identity, notice.app, notice.uri, notice, packed, encoding)

    @property
    def modified(self) -> datetime:
        """When it was written to last, as far as anybody knows."""
        inner = self.archive.members[self.member].modified if self.archive is not None else None
        return inner or self.notice.modified

    @property
    def size(self) -> int:
        """How far the file can be read, in bytes as they stand in it."""
        return self.notice.size

    @property
    def ended(self) -> bool:
        """Whether no more bytes will come, as far as anybody knows."""
        return self.notice.complete or self.notice.gone

    @property
    def settled(self) -> bool:
        """Whether it is still there, and no more bytes will come: what goes may be going on in a copy."""
        return self.notice.complete and not self.notice.gone


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


class Documents(NamedTuple):
    """The logs in a file, and the archive that it is, if it is one."""

    logs: list[Document]
    archive: Archive | None = None


def documents_in(notice: Notification, descriptor: int) -> Documents | None:
    """The logs in a file: itself, or each member of an archive; None while it is too early to tell.

    Raises TailraceError for an archive that cannot be read, OSError.
    """
    ended = notice.complete or notice.gone
    head = os.pread(descriptor, min(HEAD, notice.size), 0)
    if not is_wrapped(head):
        return Documents([Document.of(notice, encoding=detect_encoding(head))])
    if notice.size > _SOON and not ended:
        return None
    archive = find_archive(descriptor, name=notice.uri)
    if archive is None:
        return Documents([Document.of(notice, packed=detect_compression(head[:LONGEST_MAGIC]))])
    if not archive.whole and not ended:
        return None
    return Documents([_member(notice, archive, number) for number in range(len(archive.members))], archive)


def _member(notice: Notification, archive: Archive, number: int) -> Document:
    own = notice.app == app_of(notice.uri)  # told by the file's name: a member's says more
    name = archive.members[number].name
    uri = f"{notice.uri}!/{to_uri(name)}" if len(archive.members) > 1 else notice.uri
    app = to_uri(app_of(name)) if own else notice.app
    return Document(f"{notice.identity}!{number}", app, uri, notice, archive.kind, archive=archive, member=number)


def content_of(document: Document, descriptor: int) -> Content:
    """What a document holds, unpacked and in UTF-8. Raises TailraceError for a member that cannot be read, OSError."""
    if document.archive is not None:
        return document.archive.open(document.member)
    return open_content(descriptor, name=document.uri)


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
    """Raise NotText for the beginning of a file that is no log.

    Of text in any encoding that ASCII is part of, few bytes are controls: at most a tenth of the first KiB, and at most
    a fiftieth if it is not UTF-8. Raises TailraceError for what is packed in a way that is not read.
    """
    sample = bytes(sample[:SAMPLE])
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if len(sample) < _FEWEST or controls * 50 <= len(sample):
        return
    packing = unread_packing(sample)
    if packing is not None:
        raise TailraceError(
            f"{uri} is packed with {packing}, which is not read", hint="unpack it, or pack it with gzip or zstd"
        )
    if controls * 10 > len(sample) or not _is_utf8(sample):
        raise NotText(f"{uri} holds no text, and is not read")


def _is_utf8(sample: bytes) -> bool:
    """Whether a sample is UTF-8 but for a character that may be cut at its end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
