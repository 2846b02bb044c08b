"""Documents: what a name on the command line holds to be read as a log, one after the other."""

from __future__ import annotations

import atexit
import os
import select
import stat
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

import typer

from tailrace.cli.exits import AskedWronglyError
from tailrace.connect.ahead import ReadAhead
from tailrace.connect.archives import Archive, find_archive, open_content
from tailrace.connect.content import Content
from tailrace.connect.hands import Hands
from tailrace.connect.piped import Unpacker
from tailrace.connect.stretch import Stretch
from tailrace.logs.ingesting.abreast import LARGE, Manners, Outcome, hands_for_reading, read_abreast
from tailrace.logs.ingesting.documents import SAMPLE, NotText, check_text, data_begin
from tailrace.logs.reading.beginning import first_day
from tailrace.logs.reading.chunk import ChunkResult, read_asked
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.segments import Asked, Sample
from tailrace.logs.reading.state import ReaderState
from tailrace.model.errors import TailraceError

STANDARD_INPUT: Final = "-"
CHUNK: Final = 1 << 23
_FIRST: Final = CHUNK >> 1
_STDIN: Final = "standard input"
_PAUSE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Document:
    """One log: its name, the time (aware) at which it was written to last, what it holds; None for standard input.

    What stands before `begin` are NULs: the file was cut off, and written to on at an old offset. `size` is that of a
    file that is read as it stands, in bytes, and open as `descriptor`; None if it is not known before. A `member` of an
    archive does not grow.
    """

    name: str
    modified: datetime
    content: Content | None
    begin: int = 0
    size: int | None = None
    descriptor: int = -1
    member: bool = False

    def is_all(self, chunk: bytes | memoryview) -> bool:
        """Whether the bytes that were read last are known to be all of it: there may be thousands of small ones."""
        return self.member and self.content is not None and len(chunk) == self.content.position < _FIRST

    def pieces(self) -> Generator[bytes | Stretch]:
        """Its bytes as `chunks` gives them; of a large file what it holds by now as it stands there."""
        if self.content is not None and self.size is not None and self.size - self.begin >= LARGE.left:
            yield Stretch(self.descriptor, self.begin, self.size)
            self.content.skip_to(self.size)
        yield from self.chunks()

    def chunks(self) -> Generator[bytes]:
        """Its bytes, piece by piece; from standard input an empty piece for each pause. Raises TailraceError."""
        if self.content is None:
            yield from _piped()
            return
        try:
            with closing(ReadAhead(self.content, LARGE.piece, first=_FIRST)) as reader:
                yield from iter(reader.read, b"")
        except OSError as error:
            raise self.unreadable(error) from None

    def unreadable(self, error: OSError) -> TailraceError:
        """What to say when it cannot be read any further."""
        return TailraceError(f"{self.name} cannot be read any further: {error.strerror}")


R = TypeVar("R", bound=Outcome)
R_co = TypeVar("R_co", bound=Outcome, covariant=True)


class Reader(Protocol[R_co]):
    """How bytes that follow those read before are read, as `chunk.read_asked` does."""

    def __call__(
        self, chunk: bytes | memoryview, state: ReaderState, asked: Asked, *, final: bool = False, flush: bool = False
    ) -> R_co:
        """What came of them."""


@dataclass(frozen=True)
class Piece(Generic[R]):
    """A piece of a document as it was read: the bytes, to be looked at before the next piece, and what came of them."""

    chunk: bytes | memoryview
    result: R


def check_files(files: list[str]) -> None:
    """Find what cannot be read before anything is. Raises AskedWronglyError."""
    for name in files:
        if name != STANDARD_INPUT:
            os.close(_open(name))
    if files.count(STANDARD_INPUT) > 1:
        raise AskedWronglyError("standard input can be read once only")


@contextmanager
def documents_of(name: str) -> Iterator[Iterator[Document]]:
    """The documents that a file holds: itself, or each file in an archive. Raises TailraceError."""
    if name == STANDARD_INPUT:
        yield iter((Document(name, datetime.now(UTC), None),))
        return
    descriptor = _open(name)
    try:
        yield _held(name, descriptor)
    finally:
        os.close(descriptor)


def pieces_of(
    document: Document,
    zone: ZoneInfo,
    formats: tuple[Format, ...] = (),
    forced: str = "",
    least: int = 0,
) -> Iterator[Piece[ChunkResult]]:
    """Read a document to its end. Raises TailraceError after what stands before a fault.

    Records of at least the severity `least` are given in full. `formats` are a user's own, `forced` names the one that
    the whole document is read in.
    """
    return read_document(document, zone, read_asked, formats, forced, least)


def read_document(
    document: Document,
    zone: ZoneInfo,
    read: Reader[R],
    formats: tuple[Format, ...] = (),
    forced: str = "",
    least: int = 0,
    sample: Sample | None = None,
    *,
    alone: bool = False,
) -> Iterator[Piece[R]]:
    """Do as `pieces_of` does, with a function of a module that reads the bytes of each piece.

    Other processes may read too, unless it is to be done here `alone`. Of records below `least`, those in the `sample`
    are given in full too.
    """
    state = ReaderState(format=forced, forced=bool(forced), offset=document.begin)
    clock = TimeContext(document.modified, zone, document.name)
    clock = replace(clock, began=_first_day(document, clock, formats, state))
    hands = None if alone or document.content is None else _hands()
    return _read_through(document, state, Asked(clock, datetime.now(UTC), least, formats, sample), read, hands)


def _read_through(
    document: Document, state: ReaderState, asked: Asked, read: Reader[R], hands: Hands | None
) -> Iterator[Piece[R]]:
    """Read a document to its end from a state on."""
    fault: TailraceError | None = None
    ended = False

    def here(state: ReaderState, chunk: bytes | memoryview) -> R:
        now = replace(asked, observed=datetime.now(UTC))
        return read(chunk, state, now, final=document.is_all(chunk), flush=not chunk)

    left = None if document.size is None else document.size - document.begin
    with closing(document.pieces()) as chunks:
        try:
            for chunk, result in read_abreast(state, chunks, Manners(asked, read, here), hands, left=left):
                state, ended = result.state, document.is_all(chunk)
                yield Piece(chunk, result)
        except TailraceError as error:
            fault = error
        except OSError as error:
            fault = document.unreadable(error)
    if not ended:
        yield Piece(b"", read(b"", state, replace(asked, observed=datetime.now(UTC)), final=True))
    if fault is not None:
        raise fault


@cache
def _hands() -> Hands | None:
    """What helps to read, for all documents."""
    hands = hands_for_reading()
    if hands is not None:
        atexit.register(hands.close)
    return hands


def _first_day(document: Document, clock: TimeContext, formats: tuple[Format, ...], start: ReaderState) -> date | None:
    """The day on which a document without dates begins; that of a pipe cannot be known."""
    content = document.content
    if content is None:
        return None
    day = None
    with suppress(TailraceError), closing(document.chunks()) as chunks:
        day = first_day(chunks, clock, formats=formats, start=start)
    if content.position != document.begin:
        content.skip_to(document.begin)
    return day


def _open(name: str) -> int:
    """A descriptor of a regular file. Raises AskedWronglyError."""
    try:
        # Not to block: a named pipe would wait for its writer.
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise AskedWronglyError(f"there is no file {name!r}", hint="name log files, or - for standard input") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise AskedWronglyError(f"{name!r} cannot be read: {reason}") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise AskedWronglyError(f"{name!r} is a directory", hint=f"name the files in it: {Path(name) / '*'}")
    raise AskedWronglyError(f"{name!r} is no regular file", hint=f"tailrace parse - < {name}")


def _held(name: str, descriptor: int) -> Iterator[Document]:
    try:
        modified = datetime.fromtimestamp(os.fstat(descriptor).st_mtime, UTC)
        archive = find_archive(descriptor, name=name)
        if archive is None:
            content = open_content(descriptor, name=name)
            size = None if content.compression or content.encoding else os.fstat(descriptor).st_size
            begin = 0 if size is None else data_begin(descriptor, size)
            content.skip_to(begin)
            check_text(content.read(SAMPLE), name)
            content.skip_to(begin)
            yield Document(name, modified, content, begin, size, descriptor)
        else:
            yield from _members(archive, modified)
    except OSError as error:
        raise TailraceError(f"{name} cannot be read: {error.strerror}") from None


def _members(archive: Archive, modified: datetime) -> Iterator[Document]:
    """The logs in an archive, one after the other; what is none is told and left out."""
    unread = 0
    for number, member in enumerate(archive.members):
        try:
            content = archive.open(number)
            check_text(content.read(SAMPLE), archive.name_of(number))
            content.skip_to(0)
        except TailraceError as error:
            if len(archive.members) == 1:
                raise
            unread += not isinstance(error, NotText)
            typer.echo(f"left out: {error}", err=True)
            continue
        yield Document(archive.name_of(number), member.modified or modified, content, member=True)
    if archive.fault is not None:
        raise archive.fault
    if unread:
        raise TailraceError(f"{unread} of {len(archive.members)} files in it were not read")


def _piped() -> Iterator[bytes]:
    """What comes through standard input, as soon as it does, unpacked. Raises TailraceError."""
    descriptor, unpacker, checked, ended = sys.stdin.fileno(), Unpacker(_STDIN), False, False
    while not ended:
        if not select.select([descriptor], [], [], _PAUSE_SECONDS)[0]:
            yield b""
            select.select([descriptor], [], [])
        chunk, ended = _standing(descriptor)
        unpacker.feed(chunk, final=ended)
        while text := unpacker.read(CHUNK):
            if not checked:
                check_text(text, _STDIN)
            checked = True
            yield text
    if unpacker.truncated:
        raise TailraceError(f"{_STDIN} is cut short: what came of it was read")


def _standing(descriptor: int) -> tuple[bytes, bool]:
    """What stands ready, up to a chunk, and whether that was all there will be."""
    parts: list[bytes] = []
    room = CHUNK
    while room and select.select([descriptor], [], [], 0)[0]:
        part = os.read(descriptor, room)
        if not part:
            return b"".join(parts), True
        parts.append(part)
        room -= len(part)
    return b"".join(parts), False
