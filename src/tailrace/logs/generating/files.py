"""Log files, put in place whole: nobody who looks into the directory ever sees half of one."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from tailrace.logs.generating.chunks import moment_of
from tailrace.logs.generating.likelihood import LEVELS
from tailrace.logs.generating.pace import Pace
from tailrace.logs.generating.pieces import Cuts, Piece, generate_pieces
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.model.errors import TailraceError, Transient

_ROOM_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class TargetError(TailraceError):
    """What was asked for cannot be: the target is no directory, or a file of that name stands there already."""


@dataclass(frozen=True)
class FileLayout:
    """How files are cut and named: `<app>-<yyyymmddThhmmss>-<nnnn>.log`, by the simulated time of the first line (UTC).

    With `folders` each app has a directory of its own, and the app's name is left out of its files' names. A file that
    stands already is an error unless `overwrite` says to write over it.
    """

    cuts: Cuts = field(default_factory=Cuts)
    folders: bool = False
    overwrite: bool = False

    def path(self, directory: Path, app: str, first: datetime, number: int) -> Path:
        """Where the app's file goes that begins at `first` and is the `number`th of its app, counted from 0."""
        # Not strftime: it writes years before 1000 with fewer digits on some platforms.
        stamp = first.isoformat(timespec="seconds")[:19].replace("-", "").replace(":", "")
        name = f"{stamp}-{number:04}.log"
        return directory / app / name if self.folders else directory / f"{app}-{name}"


@dataclass(frozen=True)
class GeneratedFile:
    """A file that stands, and the truth about it.

    `records` counts log records, `lines` the newlines, which are more when there are stack traces. `by_level` counts
    records by the level that a reader can tell: in an access log nothing tells DEBUG from INFO. Times are in UTC.
    """

    path: Path
    app: str
    lines: int
    records: int
    bytes: int
    by_level: dict[str, int]
    first: datetime
    last: datetime


@dataclass
class Totals:
    """What a run has written so far; `files` counts those that stand, the rest also what is still under way."""

    files: int = 0
    lines: int = 0
    records: int = 0
    bytes: int = 0
    by_level: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVELS, 0))

    def add(self, piece: Piece) -> None:
        """Count a piece in."""
        self.lines += piece.lines
        self.records += piece.stop - piece.start
        self.bytes += len(piece.data)
        for level, n in zip(LEVELS, piece.by_level, strict=True):
            self.by_level[level] += n


def generate_files(
    settings: GeneratorSettings,
    directory: str | os.PathLike[str],
    *,
    layout: FileLayout | None = None,
    pace: Pace | None = None,
    on_file: Callable[[GeneratedFile], object] = lambda _: None,
    on_progress: Callable[[Totals], object] = lambda _: None,
) -> Totals:
    """Write the files of a run into the directory, which is made if need be.

    Each file is written under a hidden name beside its place and renamed when it is whole. At a pace, a file appears
    when the time of its last line has come. `on_file` hears of each file once it stands, `on_progress` of every few
    thousand lines. When the pace is told to stop, or anything is raised, unfinished files are removed and finished ones
    stay.

    Raises TargetError when the directory cannot be one or a file stands in the way, Transient when the disk is full,
    TailraceError when the directory cannot be written or the simulated time passes the year 9999.
    """
    run = _Run(Path(directory), layout or FileLayout(), on_file)
    pace = pace or Pace()
    try:
        with _said_plainly(run.directory):
            run.prepare()
            for piece in generate_pieces(settings, run.layout.cuts):
                if not pace.wait(settings.start, piece.last):
                    return run.totals
                run.take(piece)
                on_progress(run.totals)
            run.finish()
    finally:
        run.discard()
    return run.totals


@contextmanager
def _said_plainly(directory: Path) -> Iterator[None]:
    """Turns what the file system complains of into sentences."""
    try:
        yield
    except (FileExistsError, NotADirectoryError) as fault:
        place = fault.filename or directory
        raise TargetError(f"{place} is not a directory", hint="name a directory to write into") from fault
    except OSError as fault:
        if fault.errno in _ROOM_ERRORS:
            sentence = f"no room left for log files in {directory}: {fault.strerror}"
            raise Transient(sentence, hint="free some space, or generate fewer lines") from fault
        raise TailraceError(f"cannot write {fault.filename or directory}: {fault.strerror}") from fault


class _Run:
    """The files under way, one per app at most."""

    def __init__(self, directory: Path, layout: FileLayout, on_file: Callable[[GeneratedFile], object]) -> None:
        self.directory = directory
        self.layout = layout
        self.totals = Totals()
        self._on_file = on_file
        self._open: dict[str, _Draft] = {}
        self._numbers: dict[str, int] = {}

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)

    def take(self, piece: Piece) -> None:
        app = piece.chunk.app
        if piece.opens:
            self._publish(app)
            self._open[app] = self._draft(app, moment_of(int(piece.chunk.times[piece.start])))
        self._open[app].write(piece)
        self.totals.add(piece)
        if piece.closes:
            self._publish(app)

    def finish(self) -> None:
        for app in list(self._open):
            self._publish(app)

    def discard(self) -> None:
        for draft in self._open.values():
            draft.discard()
        self._open.clear()

    def _draft(self, app: str, first: datetime) -> _Draft:
        number = self._numbers.get(app, 0)
        self._numbers[app] = number + 1
        path = self.layout.path(self.directory, app, first, number)
        path.parent.mkdir(exist_ok=True)
        if path.exists() and not self.layout.overwrite:
            raise TargetError(f"{path} stands already", hint="choose another directory, or --force to write over it")
        return _Draft(path, app, first)

    def _publish(self, app: str) -> None:
        if app in self._open:
            file = self._open[app].publish()
            del self._open[app]
            self.totals.files += 1
            self._on_file(file)


class _Draft:
    """A file under way, hidden until it is whole."""

    def __init__(self, path: Path, app: str, first: datetime) -> None:
        self._path = path
        self._app = app
        self._first = first
        self._hidden = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._file: BinaryIO = self._hidden.open("wb")
        self._written = Totals()
        self._last = 0

    def write(self, piece: Piece) -> None:
        self._file.write(piece.data)
        self._written.add(piece)
        self._last = piece.last

    def publish(self) -> GeneratedFile:
        self._file.close()
        self._hidden.replace(self._path)
        done, last = self._written, moment_of(self._last)
        return GeneratedFile(
            self._path, self._app, done.lines, done.records, done.bytes, done.by_level, self._first, last
        )

    def discard(self) -> None:
        with suppress(OSError):  # closing flushes, which fails once more on a full disk
            self._file.close()
        self._hidden.unlink(missing_ok=True)
