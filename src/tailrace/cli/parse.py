"""`tailrace parse`: how a log file is understood, and its records as JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from tailrace.cli.documents import (
    STANDARD_INPUT,
    Document,
    Piece,
    R,
    Reader,
    check_files,
    documents_of,
    read_document,
)
from tailrace.cli.exits import ASKED_WRONGLY, DONE, FAULT, AskedWronglyError, exit_codes, say_fault
from tailrace.cli.jsonl import json_lines
from tailrace.cli.moments import show_moment
from tailrace.cli.options import Zone
from tailrace.cli.terminal import fit, paint, room, table
from tailrace.cli.understanding import SAMPLE, Understanding, read_gist
from tailrace.logs.mail.words import count_words
from tailrace.logs.own_formats import load_formats
from tailrace.logs.reading.chunk import read_asked
from tailrace.logs.reading.formats import FORMATS, Format
from tailrace.logs.reading.levels import LEVELS, SEVERITIES, WARN
from tailrace.logs.reading.segments import Asked
from tailrace.logs.reading.state import ReaderState
from tailrace.logs.zones import check_zone
from tailrace.model.durations import format_size
from tailrace.model.errors import TailraceError
from tailrace.model.names import did_you_mean
from tailrace.model.show import json_text, visible

_SHOWN = 10
_COLOURS = {"WARN": "yellow", "ERROR": "red", "FATAL": "red"}


def parse(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Log files, packed ones too; - is the input.")],
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="Print each record as a JSON object.")] = False,
    zone: Zone = "UTC",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, help=f"End after so many records; else show so many causes, not {_SHOWN}."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is shown as one JSON object a file.")] = False,
    formats: Annotated[
        list[str],
        typer.Option(
            "--format", metavar="FILE|NAME", help="YAML file of your own formats to try, or a format to force."
        ),
    ] = [],  # noqa: B006
) -> None:
    """See how a log file is understood.

    Shows the format that was detected and how sure that is (the share of the first lines that fit, less what doubt is
    left by few lines or by other formats), the share of lines that were understood and samples of those that were not,
    levels, times, and the most frequent messages. With --jsonl prints the records themselves, of every level, in the
    order of the file; those of several files, or of several in an archive, name theirs.

    Formats of your own, from a YAML file, are preferred to those that Tailrace brings along. A format given by its name
    is the one that all of a file is read in.

    Examples:

    \b
      tailrace parse /var/log/syslog
      tailrace parse --jsonl app.log.gz | jq -r 'select(.level == "ERROR") | .message'
      kubectl logs deploy/orders | tailrace parse - --zone Europe/Berlin
      tailrace parse *.log --json | jq '[.file, .format, .understood]'
      tailrace parse till.log --format my-formats.yaml
      tailrace parse till.log --format my-formats.yaml --format till

    Exit code: 0 done, 1 a file is damaged or cut short, 2 a fault in what was asked.
    """
    with exit_codes(ASKED_WRONGLY):
        if as_json and as_jsonl:
            raise AskedWronglyError("--json and --jsonl contradict each other", hint="--jsonl prints the records")
        check_zone(zone)
        own, forced = _chosen(formats)
        check_files(files)
    manner = _Manner(ZoneInfo(zone), own, forced)
    with exit_codes():
        if as_jsonl:
            show: Callable[[Document], None] = _RecordPrinter(manner, limit, named=len(files) > 1).print
        else:
            show = _SummaryPrinter(manner, limit or _SHOWN, as_json=as_json).print
        whole = [_whole(name, show) for name in files]
    raise typer.Exit(DONE if all(whole) else FAULT)


@dataclass(frozen=True)
class _Manner:
    """How documents are to be read: the zone of times that name none, a user's own formats, the one that is forced."""

    zone: ZoneInfo
    own: tuple[Format, ...]
    forced: str

    def pieces(self, document: Document, read: Reader[R], **more: Any) -> Iterator[Piece[R]]:
        """The pieces of a document, as `read_document` gives them."""
        return read_document(document, self.zone, read, self.own, self.forced, **more)


def _chosen(options: list[str]) -> tuple[tuple[Format, ...], str]:
    """The formats of the files that are named, and the name that is none. Raises AskedWronglyError, TailraceError."""
    own: list[Format] = []
    names = []
    for option in options:
        if Path(option).is_file() or option.endswith((".yaml", ".yml")):
            own += load_formats(option)
        else:
            names.append(option)
    known = [form.name for form in (*own, *FORMATS)]
    for name in names:
        if name not in known:
            near = did_you_mean(name, known, "format")
            raise AskedWronglyError(f"there is neither a file nor a format {name!r}", hint=near)
    if len(names) > 1:
        raise AskedWronglyError("only one format can be forced", hint=f"--format {names[0]}")
    return tuple(own), names[0] if names else ""


class _Enough(Exception):
    """As many records as were asked for have been printed."""


def _whole(name: str, show: Callable[[Document], None]) -> bool:
    """Show the documents of a file; whether all of it could be read. The others are read all the same."""
    whole = True
    try:
        with _told() as outer, documents_of(name) as documents:
            for document in documents:
                with _told() as told:
                    show(document)
                    _check_end(document)
                whole &= not told
    except _Enough:
        return whole
    return whole and not outer


@contextmanager
def _told() -> Iterator[list[TailraceError]]:
    """Tell of a fault on standard error, and go on behind; it is in the list then."""
    faults: list[TailraceError] = []
    try:
        yield faults
    except TailraceError as fault:
        sys.stdout.flush()
        say_fault(fault)
        faults.append(fault)


def _check_end(document: Document) -> None:
    """Raise TailraceError for what is packed and does not end as it should."""
    content = document.content
    if content is not None and content.truncated:
        raise TailraceError(
            f"{document.name} is cut short: it ends within its {content.compression} data, after "
            f"{content.position:,} unpacked bytes",
            hint="wait until it is complete, or copy it again",
        )
    if content is not None and content.garbage:
        raise TailraceError(f"{document.name} holds something else behind its {content.compression} data, left out")


@dataclass(frozen=True)
class _Printed:
    """What is printed of a piece: a line for each record."""

    state: ReaderState
    text: bytes
    records: int


@dataclass(frozen=True)
class _Print:
    """Reads bytes that follow those read before, and prints their records; those of which file, if that is named."""

    file: str | None

    def __call__(
        self, chunk: bytes | memoryview, state: ReaderState, asked: Asked, *, final: bool = False, flush: bool = False
    ) -> _Printed:
        """Print the records of some bytes."""
        result = read_asked(chunk, state, asked, final=final, flush=flush)
        return _Printed(result.state, json_lines(result.records, self.file), len(result.records))


class _RecordPrinter:
    """Prints records as they are read, until there are enough."""

    def __init__(self, manner: _Manner, limit: int | None, *, named: bool) -> None:
        self._manner, self._left, self._named = manner, limit, named

    def print(self, document: Document) -> None:
        if self._left == 0:
            raise _Enough
        named = self._named or "!/" in document.name
        sys.stdout.flush()
        read = _Print(document.name if named else None)
        for piece in self._manner.pieces(document, read, alone=self._left is not None):
            text = piece.result.text
            if self._left is not None:
                if self._left < piece.result.records:
                    text = b"".join(text.splitlines(keepends=True)[: self._left])
                self._left -= min(piece.result.records, self._left)
            sys.stdout.buffer.write(text)
            sys.stdout.buffer.flush()
            if self._left == 0:
                raise _Enough


class _SummaryPrinter:
    """Prints how each document was understood, once it has been read; also when that ends in a fault."""

    def __init__(self, manner: _Manner, shown: int, *, as_json: bool) -> None:
        self._manner, self._shown, self._as_json = manner, shown, as_json
        self._later = False

    def print(self, document: Document) -> None:
        found = Understanding(self._manner.own, self._manner.forced)
        try:
            for piece in self._manner.pieces(document, read_gist, least=SEVERITIES[WARN], sample=SAMPLE):
                found.add(piece.chunk, piece.result)
        finally:
            if self._as_json:
                typer.echo(json_text(_as_json(document, found, self._shown)))
            else:
                lines = ["", *_lines(document, found, self._shown)]
                typer.echo("\n".join(lines[not self._later :]))
            self._later = True


def _as_json(document: Document, found: Understanding, shown: int) -> dict[str, Any]:
    detection = found.detection
    return {
        "file": document.name,
        "compression": document.content.compression if document.content else None,
        "format": detection.format.name if detection else None,
        "within": found.wrapper or None,
        "confidence": round(detection.confidence, 4) if detection else None,
        "formats": found.formats,
        "changes": found.changes,
        "bytes": found.size,
        "lines": found.lines,
        "records": found.records,
        "understood": None if found.share is None else round(found.share, 6),
        "not_utf8": found.invalid,
        "levels": {level: found.levels[level] for level in LEVELS if level and found.levels[level]},
        "without_level": found.levels[""],
        "first": found.first.isoformat() if found.first else None,
        "last": found.last.isoformat() if found.last else None,
        "not_understood": {
            "lines": found.strange,
            "samples": [{"line": line, "text": text} for line, text in found.samples],
        },
        "distinct": found.distinct,
        "grouped_bytes": found.grouped,
        "fingerprints": found.top(shown),
    }


def _lines(document: Document, found: Understanding, shown: int) -> Iterator[str]:
    name = "standard input" if document.name == STANDARD_INPUT else visible(document.name)
    yield paint(name, "bold")
    for title, text in _facts(document, found):
        yield f"  {title:<11} {text}"
    if found.samples:
        yield from ("", paint(f"Not understood: {count_words(found.strange, 'lines')}", "bold", "yellow"))
        width = room()
        for line, text in found.samples:
            yield fit(f"{line:>7,}  {visible(text)}", width)
    causes = found.top(shown)
    if causes:
        yield ""
        in_part = found.grouped < found.size
        more = "more than " if found.forgotten else "at least " if in_part else ""
        kinds = more + count_words(found.distinct, "kinds")
        yield paint(f"Messages: {kinds}{', the most frequent' if found.distinct > len(causes) else ''}", "bold")
        if in_part:
            seen = f"{format_size(found.grouped)} of {format_size(found.size)}"
            yield f"WARN and worse are counted; ~ is reckoned from {seen}, spread over the file"
        yield from table(
            ("count", "level", "line", "fingerprint", "message"),
            [
                (
                    f"{'~' if each['estimated'] else ''}{each['n']:,}",
                    str(each["level"] or "-"),
                    f"{each['line']:,}",
                    str(each["fingerprint"]),
                    _short(each),
                )
                for each in causes
            ],
            right=frozenset((0, 2)),
            marked=frozenset(n for n, each in enumerate(causes) if each["level"] in _COLOURS),
        )


def _short(cause: dict[str, Any]) -> str:
    return visible(str(cause["template"]).partition("\n")[0][:300])


def _facts(document: Document, found: Understanding) -> Iterator[tuple[str, str]]:
    """What is said in a line each, with its title."""
    content = document.content
    if content is not None and content.compression:
        yield "packed with", content.compression
    if content is not None and content.encoding:
        yield "written in", content.encoding
    if not found.lines:
        yield "lines", "none"
        return
    yield "format", _format(found)
    yield "lines", f"{found.lines:,} in {count_words(found.records, 'records')}, {format_size(found.size)}"
    yield "understood", _share(found)
    yield "levels", ", ".join(_levels(found))
    if found.first and found.last:
        yield "times", f"{show_moment(found.first)} to {show_moment(found.last)} UTC"
    if found.invalid:
        yield "not UTF-8", f"{count_words(found.invalid, 'records')}, read as Windows-1252"


def _format(found: Understanding) -> str:
    detection = found.detection
    assert detection is not None
    unlike = ": no format that is known fits" if detection.format.scanner == "free" else ""
    within = f" within {found.wrapper}'s lines" if found.wrapper else ""
    sure = f"{detection.format.name}{within}{unlike}, "
    if found.forced:
        sure += f"as asked: it matches {detection.matched:.0%} of the first lines that stand alone"
    else:
        sure += f"{detection.confidence:.0%} sure"
    others = list(dict.fromkeys(found.formats[1:]))
    changed = (
        f"; changes {count_words(found.changes, 'times')}, to {', '.join(others)}" if found.changes and others else ""
    )
    return sure + changed


def _share(found: Understanding) -> str:
    """The share in hundredths, never rounded up to all of it."""
    share = found.share or 0.0
    text = "all lines" if not found.strange else f"{min(int(share * 10_000) / 100, 99.99):.2f} % of lines"
    return paint(text, "green" if not found.strange else "yellow")


def _levels(found: Understanding) -> Iterator[str]:
    for level in reversed(LEVELS):
        if found.levels[level]:
            words = f"{level} {found.levels[level]:,}" if level else f"without {found.levels[level]:,}"
            yield paint(words, _COLOURS[level]) if level in _COLOURS else words
