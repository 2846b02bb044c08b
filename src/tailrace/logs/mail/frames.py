"""Stack traces taken apart: lines that name a fault, runs of frames, and the text between, in the languages people use.

Known are the traces of the JVM, Python, Go, .NET, Node, Ruby, Rust and PHP. What is not recognised counts as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

_FRAME = re.compile(
    r"""(?x)
      \s+ at \s+ \S
    | \s* File \s "[^"\n]{1,500}", \s line \s \d
    | \s+ from \s \S{1,500}? : \d+ : in \b
    | \s* \# \d{1,4} \s+ \S
    | \s+ \d{1,4} : \s+ (?: 0x[0-9a-f]+ \s - \s )? [\w<]
    | (?: created \s by \s )? [\w./*-]{1,400} \( [^\n]{0,400} \)? $
    """
)
_GO_PLACE = re.compile(r"\s+(?:/|[A-Za-z]:[\\/])\S{1,500}\.go:\d")
_PYTHON = re.compile(r'\s*File "')
_MORE = re.compile(r"\s*\.\.\. (\d{1,9}) (?:more|common frames omitted)")
_TELLING = re.compile(
    r"\s{0,8}(?:Caused by\b|Suppressed:|panic:|goroutine \d+ \[running|thread '.{1,60}' panicked|--->|\[cause\]:"
    r"|The above exception|During handling|(?:[A-Za-z_$][\w$]{0,80}[.:]{1,2}){0,12}[A-Z]\w{0,80}(?:Error|Exception)\b)"
)
_LIBRARY = re.compile(
    r"""(?x)
      \b (?: java | javax | jdk | sun | com\.sun | jakarta | kotlin | kotlinx | scala | groovy | clojure ) \. [\w$.]* \(
    | \b at \s (?: java | jdk ) \. [\w.]+ (?: @[\w.]+ )? /
    | \b (?: org\.(?: springframework | apache | hibernate | eclipse | jboss | junit | postgresql | aspectj )
        | io\.(?: netty | grpc | vertx | micrometer | undertow | reactivex )
        | com\.(?: fasterxml | google | zaxxer | mysql )
        | reactor | akka | okhttp3 | retrofit2 | feign | cglib | net\.sf ) \.
    | [/\\] (?: site-packages | dist-packages | node_modules | gems | vendor | \.cargo | \.rustup | pkg/mod ) [/\\]
    | [/\\] (?: lib(?:64)? [/\\] (?: python | ruby ) | usr/local/go/src | usr/lib | rustc ) [/\\\d]
    | <frozen\s | node:internal | \( internal/ | \( native | <anonymous>
    | \b at \s (?: System | Microsoft | MS\.Internal ) \.
    | ^\s* (?: \d+: \s+ (?: 0x[0-9a-f]+\s-\s )? )? (?: <? (?: std | core | alloc | tokio ) :: | rust_begin_unwind )
    | ^ (?: runtime | net/http | database/sql | reflect | sync | created\sby\snet/http ) [./(]
    """
)


@dataclass(frozen=True)
class Unit:
    """One frame or one line of text: `size` lines from `start`. `own` says that it is no frame of a known library."""

    start: int
    size: int
    own: bool = True


@dataclass(frozen=True)
class Part:
    """A stretch of a message that is of one kind: `text`, `head` (names a fault), `frames` or `more` (frames left out
    by whoever wrote the log). `units` are in the order of their importance."""

    kind: str
    units: tuple[Unit, ...]


def parts_of(lines: Sequence[str]) -> list[Part]:
    """Take a message apart. Every line belongs to exactly one unit of one part."""
    units = list(_units(lines))
    parts: list[Part] = []
    for kind, group in groupby(units, key=lambda each: each[0]):
        run = [unit for _, unit in group]
        if kind in {"head", "more"}:
            parts += [Part(kind, (unit,)) for unit in run]
        else:
            parts.append(Part(kind, tuple(_ranked(run, lines)) if kind == "frames" else tuple(run)))
    return parts


def omitted(line: str) -> int:
    """How many frames a line such as `... 31 more` stands for; 0 if it is none."""
    match = _MORE.match(line)
    return int(match[1]) if match else 0


def _units(lines: Sequence[str]) -> Iterator[tuple[str, Unit]]:
    at, kind = 0, "text"
    while at < len(lines):
        was_python = kind == "frames" and any(_PYTHON.match(line) for line in lines[max(at - 4, 0) : at])
        kind, size = _kind(lines, at)
        if kind == "text" and was_python and not lines[at][:1].isspace():
            kind = "head"  # a traceback ends with its exception, whatever it is called
        text = "\n".join(lines[at : at + size])
        yield kind, Unit(at, size, own=kind != "frames" or not _LIBRARY.search(text))
        at += size


def _kind(lines: Sequence[str], at: int) -> tuple[str, int]:
    line = lines[at]
    if omitted(line):
        return "more", 1
    size = _frame_size(lines, at)
    if size:
        return "frames", size
    return ("head" if at and _TELLING.match(line) else "text"), 1


def _frame_size(lines: Sequence[str], at: int) -> int:
    """How many lines the frame that begins here has; 0 where none does."""
    line = lines[at][:2000]
    if not _FRAME.match(line):
        return 0
    following = lines[at + 1][:2000] if at + 1 < len(lines) else ""
    if _PYTHON.match(line):
        return 1 + _code_lines(lines, at)
    if _GO_PLACE.match(following):
        return 2
    if not line[:1].isspace() and not line.startswith("#"):
        return 0  # what looks like a call is one of Go's only above a place
    rust = re.match(r"\s+\d{1,4}: ", line)
    if rust:
        return 2 if re.match(r"\s+at \S", following) else 0
    return 1


def _code_lines(lines: Sequence[str], at: int) -> int:
    """Lines of code and marks that Python prints below a frame."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    count = 0
    for line in lines[at + 1 : at + 4]:
        if len(line) - len(line.lstrip()) <= indent or _PYTHON.match(line):
            break
        count += 1
    return count


def _ranked(run: Sequence[Unit], lines: Sequence[str]) -> list[Unit]:
    """Frames in the order of their importance: where it happened, then one's own code, then the rest."""
    inner_first = run[::-1] if _PYTHON.match(lines[run[0].start]) else list(run)
    return [*inner_first[:1], *sorted(inner_first[1:], key=lambda unit: not unit.own)]
