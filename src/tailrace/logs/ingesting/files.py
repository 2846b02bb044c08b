"""Reading announced files: what each announcement gives, chunk by chunk, and what is remembered of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from isal.isal_zlib import crc32

from tailrace.connect.ahead import ReadAhead
from tailrace.connect.compressed import LONGEST_MAGIC
from tailrace.connect.descriptors import SHARED
from tailrace.connect.directory import FileVanished
from tailrace.connect.encoded import Transcoder
from tailrace.connect.hands import Hands
from tailrace.connect.stretch import Stretch
from tailrace.logs.ingesting.abreast import LARGE, Large, Manners, read_abreast
from tailrace.logs.ingesting.documents import (
    Document,
    Documents,
    NotText,
    check_text,
    content_of,
    data_begin,
    documents_in,
    open_announced,
)
from tailrace.logs.ingesting.ledger import Ledger
from tailrace.logs.ingesting.manner import Manner
from tailrace.logs.ingesting.progress import Progress, emptied
from tailrace.logs.ingesting.trail import HEAD, find_likeness
from tailrace.logs.reading.beginning import first_day
from tailrace.logs.reading.chunk import ChunkResult, read_asked
from tailrace.logs.reading.clock import TimeContext
from tailrace.logs.reading.segments import Asked
from tailrace.logs.reading.state import ReaderState
from tailrace.logs.reading.together import Part, read_part
from tailrace.logs.records import Notification
from tailrace.model.errors import TailraceError
from tailrace.model.streamlet import Context

_PIECE: Final = 1 << 22
_BEGINNING: Final = 1 << 10  # bytes that tell whether a file holds text
_PACKED: Final = 8  # times as large is a log than packed, or more
_IDLE: Final = timedelta(seconds=10)

Outcome = Part | ChunkResult
Steps = Iterator[tuple[Progress, Outcome]]
"""How far a log has been read, and what came of its last chunk; what is remembered of it says so already."""


class FileReader:
    """Reads announced files on from where the ledger says, at most `chunk` bytes at once. To be closed.

    `context` is that of the streamlet: what time it is, and who is told of files that cannot be read. What is `large`
    is read by `hands` too, which are closed with it.
    """

    def __init__(
        self, ledger: Ledger, manner: Manner, chunk: int, context: Context, hands: Hands | None, large: Large = LARGE
    ) -> None:
        self._ledger = ledger
        self._manner = manner
        self._chunk = chunk
        self._context = context
        self._waiting: dict[str, Notification] = {}  # possible copies, as they were announced last
        self._unpacking: tuple[str, ReadAhead, int] | None = None
        self._listed: tuple[Notification, Documents | None] | None = None  # what the archive holds that is read
        self._taken: dict[int, int] = {}  # how much of a file in another encoding makes so much of UTF-8
        self._large = replace(large, piece=min(chunk, large.piece))
        self._hands = hands
        self._used = context.now  # when those were needed last

    def announced(self, notice: Notification) -> Steps:
        """What an announcement gives."""
        try:
            if not self.has_nothing_new(notice):
                yield from self._opened(notice)
        except FileVanished as error:
            self._tell_unread(notice, str(error))
        if notice.complete or notice.gone:
            for name in self._ledger.of_file(notice.identity):
                if not (notice.gone and self._ledger.copies_of(name)):
                    yield from self._ended(name)
        if notice.gone:
            yield from self._farewell(notice)

    def paused(self, since: datetime) -> Steps:
        """What is held of logs that were not read since then, by a clock that may have been set back."""
        now = self._context.now
        if self._hands is not None and self._hands.idle and self._used < self._context.now - _IDLE:
            self._hands.close()
        for name, held in [each for each in self._ledger.held() if not since < each[1].touched <= now]:
            result = read_part(held.state, b"", final=False, flush=True, **self._circumstances(held))
            progress = replace(held, state=result.state)
            self._ledger.keep(name, progress)
            self._ledger.set_down(name)  # an unfinished line may be left, which waits for its end
            yield progress, result

    def close(self) -> None:
        """End the thread that unpacks and the processes that read, if there are any."""
        self._stop_unpacking()
        if self._hands is not None:
            self._hands.close()

    def _stop_unpacking(self) -> None:
        if self._unpacking is not None:
            _, reader, descriptor = self._unpacking
            self._unpacking = None
            reader.close()
            os.close(descriptor)

    # -- announcements ------------------------------------------------------------------------------------------

    def has_nothing_new(self, notice: Notification) -> bool:
        """Whether all that was announced was read before, or is too little to tell what it is."""
        known = self._ledger.get(notice.identity)
        if known is None or known.origin:
            return notice.size < LONGEST_MAGIC and not (notice.complete or notice.gone)
        return bool(known.fault) or notice.size <= known.taken or (known.taken < 0 and notice.size <= known.position)

    def _opened(self, notice: Notification) -> Steps:
        """Read on in every log that a file holds."""
        descriptor = open_announced(notice)
        try:
            if self._listed is None or self._listed[0] != notice:
                self._listed = notice, documents_in(notice, descriptor)
            documents = self._listed[1]
            for document in documents.logs if documents is not None else ():
                yield from self._document(document, descriptor)
            self._close_archive(notice, documents)
            self._listed = None
        except TailraceError as error:
            self._listed = None
            self._refuse(Document.of(notice), error)
        except OSError as error:
            raise TailraceError(f"cannot read {notice.uri}: {error.strerror}") from None
        finally:
            os.close(descriptor)

    def _close_archive(self, notice: Notification, documents: Documents | None) -> None:
        """Note that every log in an archive was read, and tell what is wrong with it."""
        archive = documents.archive if documents is not None else None
        if documents is None or archive is None or not all(map(self._is_done, documents.logs)):
            return
        if archive.fault is not None:
            self._context.logger.warning("%s", archive.fault)
        whole = Document.of(notice, packed=archive.kind)
        self._ledger.keep(notice.identity, replace(self._progress_of(whole), taken=notice.size))

    def _is_done(self, document: Document) -> bool:
        """Whether a packed log was read as far as its file goes, or never will be."""
        known = self._ledger.get(document.name)
        return known is not None and (bool(known.fault) or known.taken == document.size)

    def _tell_unread(self, notice: Notification, reason: str) -> None:
        known = self._ledger.get(notice.identity)
        if not notice.gone:
            self._context.logger.warning("%s", reason)
        elif known is None or known.taken < 0:
            unread = notice.size - (known.position if known is not None else 0)
            said = "%s went with %d bytes unread; what a rotation copied of them is read there, if in sight"
            self._context.logger.warning(said, notice.uri, unread)

    def _farewell(self, notice: Notification) -> Steps:
        """Part with the logs in a file that is gone; what was held for their copies goes to these, or out."""
        for name in self._ledger.of_file(notice.identity):
            copies = self._ledger.copies_of(name)
            self._ledger.part_with(name)
            for waiting in [self._waiting.pop(copy) for copy in copies if copy in self._waiting]:
                yield from self.announced(waiting)
            yield from self._ended(name)
        SHARED.tell_read(notice.identity)

    def _ended(self, name: str) -> Steps:
        """What is held of a log that has come to its end."""
        progress = self._ledger.get(name)
        if progress is not None and progress.state.pending:
            result = read_part(progress.state, b"", final=True, **self._circumstances(progress))
            progress = replace(progress, state=result.state)
            self._ledger.keep(name, progress)
            yield progress, result

    # -- documents ----------------------------------------------------------------------------------------------

    def _document(self, document: Document, descriptor: int) -> Steps:
        """Read on in one log, unless it is too early or in vain."""
        progress = self._progress_of(document)
        if progress.fault or (document.packed and not self._ripe(document, progress, descriptor)):
            return
        try:
            if not progress.position:
                progress = self._begun(document, progress, descriptor)
            if progress.origin:
                return
            for chunk, result in self._read_on(document, progress, descriptor):
                progress = progress.moved(chunk, result.state)
                progress = replace(progress, taken=self._taken.pop(progress.position, progress.taken))
                self._ledger.keep(document.name, progress)
                yield progress, result
            if document.packed:
                self._ledger.keep(document.name, replace(progress, taken=document.size))
        except TailraceError as error:
            self._refuse(document, error)

    def _read_on(
        self, document: Document, progress: Progress, descriptor: int
    ) -> Iterator[tuple[bytes | memoryview, Outcome]]:
        """Read on from where a log was read to: its bytes, piece by piece, and what came of them."""
        circumstances = self._circumstances(progress)

        def read(state: ReaderState, chunk: bytes | memoryview) -> Outcome:
            if not state.format:
                check_text(bytes(chunk[:_BEGINNING]), document.uri)
            return self._read(document, state, chunk, descriptor, circumstances)

        chunks = self._chunks(document, progress, descriptor)
        asked = Asked(circumstances["clock"], self._context.now, self._manner.least, self._manner.formats)
        manners: Manners[Outcome] = Manners(asked, read_asked, read, _dated_alike)
        left = self._left(document, progress.position)
        for piece in read_abreast(progress.state, chunks, manners, self._hands, left=left, large=self._large):
            self._used = self._context.now
            yield piece

    def _left(self, document: Document, position: int) -> int | None:
        """How much is left to read of a log, for others to help with; None if that is not known.

        Of a file in another encoding it is known how much was taken at the ends of its chunks only.
        """
        if not document.packed:
            return 0 if document.encoding else document.size - position
        left = document.size * _PACKED - position
        enough = 4 * self._large.left  # since one core is at work already, on unpacking
        return left if document.archive is None and left >= enough else None

    def _read(
        self,
        document: Document,
        state: ReaderState,
        chunk: bytes | memoryview,
        descriptor: int,
        circumstances: dict[str, Any],
    ) -> Part:
        """Read a chunk; once more if it turns out to be the first with times that have no date.

        The last chunk of a file that is complete is read to its end at once: half the work for small files.
        """
        final = document.settled and self._ends_at(document, state.position + len(chunk))
        result = read_part(state, chunk, final=final, **circumstances)
        if _dated_alike(state, result):
            return result
        day = self._first_day(document, state, descriptor, circumstances["clock"])
        if day is None:
            return result
        circumstances = circumstances | {"clock": replace(circumstances["clock"], began=day)}
        return read_part(state, chunk, final=final, **circumstances)

    def _ends_at(self, document: Document, position: int) -> bool:
        """Whether a log is known to end there."""
        if document.packed:
            reader = self._unpacking[1] if self._unpacking is not None else None
            return reader is not None and reader.ended and reader.position == position
        return not document.encoding and document.size == position

    def _first_day(self, document: Document, state: ReaderState, descriptor: int, clock: TimeContext) -> date | None:
        """The day on which a log without dates begins, found by going through all that stands there."""
        content = content_of(document, descriptor)
        try:
            content.skip_to(state.position)
            pieces = iter(lambda: content.read(_PIECE), b"")
            return first_day(pieces, clock, formats=self._manner.formats, start=state)
        except TailraceError:
            return None  # damaged: what can be read of it is read all the same

    def _progress_of(self, document: Document) -> Progress:
        """How far a log was read, under the name that it has now."""
        now, known = self._context.now, self._ledger.get(document.name)
        if known is None:
            taken = 0 if document.packed or document.encoding else -1
            return Progress(document.app, document.uri, document.modified, now, taken=taken)
        return replace(known, app=document.app, uri=document.uri, modified=document.modified, touched=now)

    def _ripe(self, document: Document, progress: Progress, descriptor: int) -> bool:
        """Whether a packed log is there as a whole, or as much of it as ever will be."""
        if progress.taken == document.size or document.ended:
            return progress.taken != document.size
        if document.archive is not None:
            return True
        content = content_of(document, descriptor)
        try:
            while content.read(_PIECE):
                pass
        except TailraceError:
            return False  # what is not complete may look damaged
        return not content.truncated

    def _begun(self, document: Document, progress: Progress, descriptor: int) -> Progress:
        """Where to begin with a log of which nothing was read: at its start, or where another was read to.

        While it may become a copy of another it has an origin, and waits.
        """
        likeness = self._likeness(document, descriptor)
        self._waiting.pop(document.name, None)
        if likeness is None:
            begin = 0 if document.packed or document.encoding else data_begin(descriptor, document.size)
            return replace(progress, origin="", state=replace(progress.state, offset=begin))
        name, origin, whole = likeness
        if whole and (origin.gone or document.ended or origin.uri == document.uri):
            self._ledger.keep(name, replace(origin, state=emptied(origin.state)))
            progress = replace(progress, origin="", state=origin.state, trail=origin.trail)
        else:
            self._waiting[document.name] = document.notice
            progress = replace(progress, origin=name)
        self._ledger.keep(document.name, progress)
        return progress

    def _likeness(self, document: Document, descriptor: int) -> tuple[str, Progress, bool] | None:
        """The log that a new one begins as, and whether it holds all that was read of that; None if there is none."""
        content = content_of(document, descriptor)
        head = content.read(HEAD)
        packed = document.packed is not None
        trails = self._ledger.alike(document.name, document.app, document.uri, crc32(head), packed=packed)
        content.skip_to(0)
        found = find_likeness(trails, content.read) if trails and len(head) == HEAD else None
        origin = self._ledger.get(found.name) if found is not None else None
        return (found.name, origin, found.whole) if found is not None and origin is not None else None

    def _refuse(self, document: Document, error: TailraceError) -> None:
        """Tell once why a log is not read any further, and never try again."""
        if not document.ended and document.packed:
            return
        if isinstance(error, NotText):
            self._context.count("not_text")
            self._context.logger.info("%s", error)
        else:
            self._context.logger.warning("%s", error)
        self._ledger.keep(document.name, replace(self._progress_of(document), fault=str(error)))

    def _circumstances(self, progress: Progress) -> dict[str, Any]:
        clock = TimeContext(progress.modified, self._manner.zone, progress.uri)
        return {"clock": clock, "observed": self._context.now, **self._manner.options}

    # -- bytes --------------------------------------------------------------------------------------------------

    def _chunks(self, document: Document, progress: Progress, descriptor: int) -> Iterator[bytes | Stretch]:
        if document.packed:
            return self._unpacked(document, progress.position, descriptor)
        if document.encoding is None:
            return self._plain(document, progress.position, descriptor)
        return self._transcoded(document, progress, descriptor, Transcoder(document.encoding, max(progress.taken, 0)))

    def _plain(self, document: Document, position: int, descriptor: int) -> Iterator[Stretch]:
        """What stands in a file from an offset on, as one stretch, and a warning if it ends too early."""
        stretch = Stretch(descriptor, position, document.size)
        if stretch.left > 0:
            yield stretch
            if stretch.begin < document.size:
                self._context.logger.warning("%s became shorter while it was read", document.uri)

    def _transcoded(
        self, document: Document, progress: Progress, descriptor: int, transcoder: Transcoder
    ) -> Iterator[bytes]:
        """What stands in a file in another encoding, in UTF-8; what is left of a character waits for its rest.

        Where nothing is known of how much was taken, as of a log that was read in another file, it is found out.
        """
        self._taken.clear()
        known = 0 if transcoder.taken == 0 else progress.position
        stretches = self._plain(document, transcoder.taken, descriptor)
        for chunk in (chunk for stretch in stretches for chunk in iter(partial(stretch.read, self._chunk), b"")):
            text = transcoder.feed(chunk)
            known += len(text)
            self._taken[known] = transcoder.taken
            if text and known > progress.position:
                yield text[-(known - progress.position) :]

    def _unpacked(self, document: Document, position: int, descriptor: int) -> Iterator[bytes]:
        reader = self._reader(document, position, descriptor)
        try:
            while chunk := reader.read():
                yield chunk
        except TailraceError:
            self._stop_unpacking()
            raise
        self._stop_unpacking()
        if reader.content.truncated:
            self._context.logger.warning("%s is cut short: what stands in it was read", document.uri)
        if reader.content.garbage:
            self._context.logger.warning("%s holds something else behind its packed data, left out", document.uri)

    def _reader(self, document: Document, position: int, descriptor: int) -> ReadAhead:
        """What unpacks a log: the one from before a checkpoint, or a new one, which has to unpack up to there first."""
        if self._unpacking is not None:
            name, reader, _ = self._unpacking
            if name == document.name and reader.position == position:
                return reader
            self._stop_unpacking()
        descriptor = os.dup(descriptor)
        content = content_of(document, descriptor)
        content.skip_to(position)
        piece = min(self._chunk, self._large.piece)
        reader = ReadAhead(content, piece, first=_PIECE if self._left(document, position) is None else piece)
        self._unpacking = document.name, reader, descriptor
        return reader


def _dated_alike(before: ReaderState, result: Outcome) -> bool:
    """Whether times without a date did not come up for the first time."""
    return before.clock.day is not None or result.state.clock.day is None
