"""Parsing: taking the few records that are kept in full apart into columns."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tailrace.logs.reading.catalogue.journald import VERBOSE
from tailrace.logs.reading.formats import Format, Scanner
from tailrace.logs.reading.header import read_headers
from tailrace.logs.reading.lines import as_text, buffers, cut_out, text_lines, trimmed
from tailrace.logs.reading.parse_access import parse_access
from tailrace.logs.reading.parse_json import parse_json
from tailrace.logs.reading.parse_logfmt import parse_logfmt
from tailrace.logs.reading.parse_verbose import parse_verbose
from tailrace.logs.reading.parsed import BLANKS, as_attributes, no_texts
from tailrace.logs.reading.stamps import read_stamps

_LOGGER_NAME: Final = re.compile(rb"[A-Za-z_.](?:[A-Za-z0-9_.$/*\[\]-]|::)*")
_DOTTED: Final = re.compile(rb"[.$]|::")


def parse_records(texts: pl.Series, form: Format) -> pl.DataFrame:
    """Return the columns body, logger, thread and attributes of records' texts, which may be of several lines."""
    if form.scanner == "json":
        return parse_json(texts)
    if form.scanner == "logfmt":
        return parse_logfmt(texts)
    if form.name == VERBOSE.name:
        return parse_verbose(texts)
    if form.scanner not in _FAST:
        return _parse_pattern(texts, form)
    frame, known = _FAST[form.scanner](texts, form)
    rest = np.flatnonzero(~known)
    if not len(rest):
        return frame
    slow = _parse_pattern(texts.gather(rest), form)
    order = np.arange(len(frame))
    order[rest] = len(frame) + np.arange(len(rest))
    return pl.concat((frame, slow))[order]


def _parse_stamped(texts: pl.Series, form: Format) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """Take records apart that begin with a time by following their fields, and tell which went by them."""
    lines = text_lines(texts)
    assert form.layout is not None
    at = lines.heads + (lines.byte(lines.heads) == ord("["))
    stamps = read_stamps(lines, at, form.layout)
    headers = read_headers(lines, np.minimum(stamps.end, lines.ends))
    logger = cut_out(lines.data, np.minimum(*headers.logger), headers.logger[1]).dictionary_encode()
    name, dotted = (_told(logger, matches) for matches in (_LOGGER_NAME.fullmatch, _DOTTED.search))
    threaded = headers.thread[1] > headers.thread[0]
    # One plain word before a colon, or between two hyphens, is as likely the message's own, unless a thread stands
    # before it.
    dashed = (lines.byte(np.maximum(headers.body - 2, 0)) == ord("-")) & (headers.logger[0] == headers.body)
    named = name & (threaded | ((lines.byte(headers.logger[1]) != ord(":")) & ~dashed) | dotted)
    begin = np.where(named, headers.after_logger, headers.body)
    columns = {
        "body": as_text(cut_out(lines.data, begin, trimmed(lines, begin, lines.ends, BLANKS)))[0],
        "logger": as_text(logger.dictionary.take(pa.array(logger.indices.to_numpy(), mask=~named)))[0],
        "thread": _stripped(cut_out(lines.data, np.minimum(*headers.thread), headers.thread[1])),
        "attributes": as_attributes({}, len(texts)),
    }
    return pl.DataFrame(columns), headers.known & (stamps.run >= 0)


def _told(column: pa.DictionaryArray, matches: Callable[[bytes], object]) -> NDArray[np.bool_]:
    """Tell which values match, each of the different ones looked at once."""
    of_each = np.array([matches(value) is not None for value in column.dictionary.to_pylist()], dtype=np.bool_)
    told: NDArray[np.bool_] = of_each[column.indices.to_numpy()]
    return told


def _stripped(column: pa.LargeBinaryArray) -> pl.Series:
    """Return texts without the blanks around them; null where nothing is left."""
    encoded = column.dictionary_encode()
    values = [text.strip() or None for text in as_text(encoded.dictionary)[0].to_list()]
    return pl.Series(pa.array(values, pa.large_string()).take(encoded.indices))


def _parse_free(texts: pl.Series, form: Format) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """Take records of free text, which are their messages."""
    del form
    data, offsets = buffers(texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
    ends = data[offsets[1:][offsets[1:] > offsets[:-1]] - 1]
    body = texts.str.strip_chars_end(BLANKS) if np.isin(ends, _BLANKS).any() else texts
    nothing = no_texts(len(texts))
    columns = {"body": body, "logger": nothing, "thread": nothing, "attributes": as_attributes({}, len(texts))}
    return pl.DataFrame(columns), np.ones(len(texts), dtype=np.bool_)


_BLANKS: Final = np.frombuffer(BLANKS.encode(), dtype=np.uint8)
_FAST: Final[dict[Scanner, Callable[[pl.Series, Format], tuple[pl.DataFrame, NDArray[np.bool_]]]]] = {
    "stamped": _parse_stamped,
    "access": parse_access,
    "free": _parse_free,
}


def _parse_pattern(texts: pl.Series, form: Format) -> pl.DataFrame:
    if form.one_line:
        return _parse_first_lines(texts, form)
    groups = pl.DataFrame({"text": texts}).select(
        pl.col("text"), pl.col("text").str.extract_groups(form.pattern).alias("g")
    )
    groups = groups.unnest("g")
    extra = [name for name in groups.columns if name not in _KNOWN]
    body = pl.coalesce("body", "text")
    return groups.select(
        (_unescaped(body) if form.escaped else body).str.strip_chars_end(BLANKS).alias("body"),
        _first(groups, "logger"),
        _first(groups, "thread"),
        as_attributes({name: groups[name] for name in extra}, len(groups)),
    )


def _unescaped(body: pl.Expr) -> pl.Expr:
    """Return messages with the line feeds and tabs that rsyslog writes as numbers, but not where `#012` is a number."""
    plain = body.str.replace_all("#012", "\n", literal=True).str.replace_all("#011", "\t", literal=True)
    return pl.when(body.str.contains(r"[^\s(]#012|#012(?:#011|$)")).then(plain).otherwise(body)


def _parse_first_lines(texts: pl.Series, form: Format) -> pl.DataFrame:
    """Take records apart whose first lines the pattern is of; what follows goes to the end of the body."""
    parts = texts.str.splitn("\n", 2).struct.unnest()
    first, rest = parts.to_series(0).fill_null("").str.strip_chars_end("\r"), parts.to_series(1)
    parsed = _parse_pattern(first, replace(form, one_line=False))
    whole = pl.concat_str("body", pl.lit("\n"), rest).str.strip_chars_end(BLANKS)
    return parsed.with_columns(body=pl.when(rest.is_null()).then("body").otherwise(whole))


_KNOWN: Final = frozenset(
    (
        "text",
        "body",
        "time",
        "date",
        "level",
        "level0",
        *(f"{n}{i}" for n in ("logger", "thread") for i in ("", 0, 1, 2)),
    )
)


def _first(groups: pl.DataFrame, name: str) -> pl.Expr:
    """Return the first of the groups `name`, `name0`, `name1`… that matched anything."""
    present = [c for c in groups.columns if c.rstrip("012") == name]
    if not present:
        return pl.lit(None, dtype=pl.String).alias(name)
    return pl.coalesce(
        [pl.when(pl.col(c).str.len_bytes() > 0).then(pl.col(c).str.strip_chars()) for c in present]
    ).alias(name)
