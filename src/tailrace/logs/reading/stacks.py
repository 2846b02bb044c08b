"""Stacks: stack traces that stand in JSON as lists, of their lines or of frames that are objects, as the text they are.

A frame is written as virtual machines do, `at module.function (file:line)`, with what it names of these.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from tailrace.logs.reading.envelopes import find_elements
from tailrace.logs.reading.escapes import unescaped_texts
from tailrace.logs.reading.lines import text_lines
from tailrace.logs.reading.members import find_members
from tailrace.logs.reading.parsed import no_texts

_MODULE: Final = ("class", "className", "declaringClass", "module")
_FUNCTION: Final = ("function", "method", "methodName", "name", "func")
_FILE: Final = ("file", "filename", "fileName", "source", "path")
_LINE: Final = ("line", "lineno", "lineNumber", "line_number")
_PARTS: Final = {key: part for part, keys in enumerate((_MODULE, _FUNCTION, _FILE, _LINE)) for key in keys}
_NAMES: Final = ("module", "function", "file", "line")
_STRING: Final = r'"((?:[^"\\]|\\.)*)"'
_CALL: Final = r"^(?:at )?([\w.$<>/]+\([^()\n]*\))$"


def stack_texts(values: pl.Series) -> pl.Series:
    """Return values of JSON that are lists as text of several lines; null for those that are no stack traces."""
    lists = values.str.strip_prefix("[").str.strip_chars_start()
    texts = no_texts(len(values))
    for begin, told in (('"', _of_lines), ("{", _of_frames)):
        rows = lists.str.starts_with(begin).arg_true()
        if len(rows):
            texts = texts.scatter(rows, told(values.gather(rows)))
    return texts


def _of_lines(values: pl.Series) -> pl.Series:
    """Return the text of lists of lines."""
    frame = (
        pl.DataFrame({"row": np.arange(len(values)), "line": values.str.extract_all(_STRING)})
        .explode("line")
        .drop_nulls()
    )
    lines = text_lines(frame["line"])
    span = np.stack((lines.heads + 1, lines.ends - 1))
    text = unescaped_texts(lines, span, np.ones(len(lines), dtype=np.bool_))
    text = text.str.strip_chars_end("\r\n").str.replace(_CALL, "    at $1")
    return _joined(frame["row"], text, len(values))


def _of_frames(values: pl.Series) -> pl.Series:
    """Return the text of lists of frames; null of those of other objects."""
    place, elements = find_elements(text_lines(values))
    if not len(elements):
        return no_texts(len(values))
    found = find_members(elements)
    own = found.outer[0] == found.outer[1]
    key = unescaped_texts(elements, found.key, own).replace_strict(_PARTS, default=-1, return_dtype=pl.Int64)
    columns = {}
    for part, name in enumerate(_NAMES):
        chosen = np.full(len(elements), -1, dtype=np.intp)
        rows = np.flatnonzero(own & (key.to_numpy() == part))
        chosen[found.row[rows]] = rows
        some = np.flatnonzero(chosen >= 0)
        texts = unescaped_texts(elements, found.value[:, chosen[some]], found.text[chosen[some]])
        columns[name] = no_texts(len(elements)).scatter(some, texts)
    frames = pl.DataFrame(columns).select(_frame()).to_series()
    told = frames.is_not_null().to_numpy()
    return _joined(pl.Series(place[told]), frames.filter(pl.Series(told)), len(values))


def _frame() -> pl.Expr:
    """Return how a frame is written; null for one that names neither a function nor a file."""
    module, function, file, line = (
        pl.when(pl.col(name).str.len_bytes() > 0, pl.col(name) != "null").then(name) for name in _NAMES
    )
    called = pl.concat_str(module + ".", function, ignore_nulls=True)
    where = pl.concat_str(file, ":" + line, ignore_nulls=True)
    return pl.coalesce(
        pl.when(function.is_not_null() & file.is_not_null()).then("    at " + called + " (" + where + ")"),
        pl.when(function.is_not_null()).then("    at " + called),
        pl.when(file.is_not_null()).then("    at " + where),
    )


def _joined(row: pl.Series, text: pl.Series, count: int) -> pl.Series:
    """Return the texts of each of so many rows, one per line; null where there are none."""
    grouped = (
        pl.DataFrame({"row": row, "text": text}).group_by("row", maintain_order=True).agg(pl.col("text").str.join("\n"))
    )
    texts = no_texts(count)
    return texts.scatter(grouped["row"], grouped["text"])
