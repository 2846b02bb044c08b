"""Senders: who says each line of a file that many write to, and what is said, without the header before it.

A syslog daemon, or the journal, takes what a program writes apart into lines, and puts the host, the program's name and
the number of its process before each. The lines of one process are those of one sender.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.escapes import unescaped_texts
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.journal import TIME
from tailrace.logs.reading.lines import Lines, head_texts, text_lines
from tailrace.logs.reading.search import holds, search
from tailrace.logs.reading.words import U64, Positions, pack, places

_NAMES: Final = ("host", "logger", "thread")
_BLOCK: Final = 1 << 18
_BLANK, _BLANKS = 0x20, 0x2020
_TABS: Final = b"\t#"
_PAIRS: Final = (0x2022, 0x5C22)  # a quote and a blank, a quote and a backslash
_MESSAGE: Final = '"MESSAGE":"'
_WRITTEN: Final = re.compile(rf'{_MESSAGE}([^"\\]*(?:\\.[^"\\]*)*)"')
_JOURNAL: Final = ("_HOSTNAME", "SYSLOG_IDENTIFIER", "_PID")
_HINTS: Final = ("`RUST_BACKTRACE", "# A fatal error")
_MOST_TABS: Final = 4

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said in the lines `rows`, ascending, and by whom: senders are the same that have the same number."""

    rows: Rows
    sender: NDArray[np.uint64]
    text: pl.Series


def tells_sender(form: Format) -> bool:
    """Whether each line of a format says which program wrote it, and says nothing else before its message."""
    if form.scanner == "json":
        return form.keys[1] == TIME
    return form.scanner == "pattern" and all(f"(?P<{name}>" in form.pattern for name in _NAMES)


def find_indented(lines: Lines, form: Format) -> Rows:
    """Return the lines whose message may begin with blanks, or is known of traces without: most traces have some.

    Each line is judged by itself, and nearly none is of the kind, so this is all that most lines are asked.
    """
    if not len(lines):
        return np.empty(0, dtype=np.intp)
    if form.scanner == "json":
        hits = _quoted(lines) - len(_MESSAGE) + 1
        hits = hits[(lines.word(hits) == U64(pack(_MESSAGE))) & (lines.byte(hits + 8) == ord('"'))]
    else:
        hits = _indented_after(lines, "]-" if "(?P<msgid>" in form.pattern else ":")
    hits = np.concatenate((hits, find_hints(lines)))
    if not len(hits):
        return hits
    return np.unique(np.searchsorted(lines.starts, hits, "right") - 1)


def find_hints(lines: Lines) -> Positions:
    """Return where something stands that traces hold none of whose lines need be indented."""
    found = [hint for hint in _HINTS if holds(lines, hint.encode())]
    return np.concatenate([np.empty(0, dtype=np.int64), *(search(lines, hint) for hint in found)])


def _quoted(lines: Lines) -> Positions:
    """Return where a quote stands before a blank or a backslash; two bytes are looked at at once."""
    data, end, found = lines.bytes, lines.after + lines.after % 2, []
    wanted = _PAIRS if b"\\" in lines.data else _PAIRS[:1]
    for at in (begin + odd for begin in range(0, end, _BLOCK) for odd in range(2)):
        pairs = data[at : min(at + _BLOCK, end + at % 2)].view("<u2")
        for pair in wanted:
            marks = pairs == pair
            if marks.any():
                found.append(np.flatnonzero(marks) * 2 + at)
    hits = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
    return hits[hits >= len(_MESSAGE)]


def _indented_after(lines: Lines, before: str) -> Positions:
    """Return where a blank after one of some characters stands before two blanks, a tab, or one as rsyslog writes it.

    One blank more may belong to the header. Where three blanks stand, two are found at an even place.
    """
    data, found = lines.bytes, []
    even = places(data[: lines.after + lines.after % 2].view("<u2") == _BLANKS) * 2
    for at in (even, even[data[np.maximum(even - 1, 0)] == _BLANK] - 1):
        found.append(at[data[at + 2] == _BLANK])
    for mark in (each for each in _TABS if each in lines.data):  # nearly always none, and that is seen at once
        at = places(data[: lines.after] == mark) - 1
        at = at[(at >= 1) & (data[at] == _BLANK)]
        found.append(at - (data[at - 1] == _BLANK))
    hits = np.concatenate(found)
    hits = hits[hits > 0]
    chosen: Positions = hits[np.isin(data[hits - 1], [ord(each) for each in before])]
    return chosen


def raw_message(entry: str) -> str:
    """Return the message of an entry of the journal, as it stands there but for quotes."""
    found = _WRITTEN.search(entry)
    return found[1].replace('\\"', '"') if found else ""


def what_is_said(lines: Lines, rows: Rows, form: Format) -> Said:
    """Return what is said in lines of a format that tells its senders; those that do not say who are left out."""
    texts = head_texts(lines.pick(rows), lines.heads[rows])
    names, message = _of_entries(texts) if form.scanner == "json" else _of_pattern(texts, form)
    sender = names.select(pl.concat_str(pl.all().fill_null(""), separator="\0")).to_series()
    named = names.select(pl.any_horizontal(pl.all().exclude(_NAMES[0]).is_not_null())).to_series()
    chosen = (named & message.is_not_null()).arg_true()
    return Said(rows[chosen.to_numpy()], sender.gather(chosen).hash().to_numpy(), message.gather(chosen))


def _of_pattern(texts: pl.Series, form: Format) -> tuple[pl.DataFrame, pl.Series]:
    groups = texts.str.extract_groups(form.pattern).struct.unnest()
    names = [name for name in groups.columns if name.rstrip("0123456789") in _NAMES]
    body = groups.get_column("body")
    for _ in range(_MOST_TABS if form.escaped else 0):
        body = body.str.replace("^(\t*)#011", "$1\t")
    return groups.select(names), body


def _of_entries(texts: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    names = [texts.str.extract(rf'"{name}":"([^"]*)"').alias(name) for name in _JOURNAL]
    message = texts.str.extract(_WRITTEN.pattern)
    written = text_lines(message.fill_null(""))
    plain = unescaped_texts(written, np.stack((written.heads, written.ends)), np.ones(len(texts), dtype=np.bool_))
    plain = pl.select(pl.when(message.is_not_null()).then(plain)).to_series()
    return pl.DataFrame(names).rename({_JOURNAL[0]: _NAMES[0]}), plain
