"""Formats: every kind of log line that is recognised, as data, one entry each.

A format names the scanner that finds its records and the pattern that takes a record apart. The pattern runs only on
the records that are kept in full; its groups `logger`, `thread` and `body` become columns, any other named group an
attribute. A format without a scanner of its own is scanned by its pattern alone, which then has the groups `time` and
`level` too: that is slower, and all that a new format needs. Here are the formats with scanners of their own; those
that are a pattern alone are in `catalogue`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tailrace.logs.reading.catalogue import CATALOGUE, dates
from tailrace.logs.reading.catalogue.extended import w3c
from tailrace.logs.reading.form import Format, Scanner, stamped_pattern
from tailrace.logs.reading.stamps import Layout

__all__ = ["FORMATS", "FREE_TEXT", "W3C", "Format", "Scanner", "format_named", "keyed"]

ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
CLOCK: Final = Layout("hh:mm:ss")
ACCESS: Final = Layout("DD/Mon/YYYY:hh:mm:ss")

LOGBACK: Final = Format("logback", "stamped", stamped_pattern(r"\d\d:\d\d:\d\d(?:[.,]\d+)?"), 0.9, CLOCK)
LOG4J: Final = Format("log4j", "stamped", stamped_pattern(r"\d{4}-\d\d-\d\d[T_ ]\d\d:\d\d:\d\d(?:[.,]\d+)?"), 0.9, ISO)
JSON_LINES: Final = Format("json-lines", "json", "", 0.97)
ACCESS_LOG: Final = Format(
    "access-log",
    "access",
    r"^(?P<client>[^ \t-\r]+) (?P<ident>[^ \t-\r]+) (?P<user>.{1,64}?) "
    r"\[(?P<time>[0-9]{2}/[A-Za-z]{3}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?: [+-][0-9]{4})?)\] "
    r'(?P<body>"(?P<request>(?:[^"\\]|\\.)*)" (?P<level>[0-9]{3}) (?P<size>[0-9]+|-)(?s:.*))$',
    1.0,
    ACCESS,
    {"5**": "ERROR", "4**": "WARN", "1**": "INFO", "2**": "INFO", "3**": "INFO"},
)
FREE_TEXT: Final = Format("free-text", "free", r"^(?P<body>(?s:.*))$", 0.0)

W3C: Final = w3c("")  # what its lines look like, each file says itself, so it is not among those that are tried
# The more particular before the more general, since the first of equals is chosen where a file changes its format.
FORMATS: Final[tuple[Format, ...]] = (ACCESS_LOG, *CATALOGUE, JSON_LINES, LOG4J, LOGBACK, *dates.FORMATS, FREE_TEXT)


def format_named(name: str, own: Sequence[Format] = ()) -> Format:
    """Return the format of a name, `own` ones first; free text for a name that is not known (any more)."""
    return next((known for known in (*own, *FORMATS, W3C) if known.name == name), FREE_TEXT)


def keyed(form: Format, keys: tuple[str, str]) -> Format:
    """Return a format with what only a file itself could tell: the keys of JSON lines, the columns of W3C's format."""
    return w3c(keys[0]) if form is W3C else replace(form, keys=keys)
