"""The extended format of W3C: a line `#Fields: date time c-ip sc-status` says which columns follow, until the next.

IIS writes it, so do other servers of Microsoft, CloudFront and many proxies, at each start anew. A status of 5xx is an
error, 4xx a warning. Times are UTC, as the format demands, but for those of the firewall of Windows.

https://www.w3.org/TR/WD-logfile.html, https://learn.microsoft.com/windows/win32/http/w3c-logging,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.stamps import Layout
from tailrace.logs.reading.words import U64, pack

NAME: Final = "w3c"
_FIELDS: Final = "#Fields:"
_LONGEST: Final = 4096  # bytes of a line that names fields
_STATUS: Final = {"5**": "ERROR", "4**": "WARN", "1**": "INFO", "2**": "INFO", "3**": "INFO"}
_LEVEL: Final = ("sc-status", "rs-status", "s-status", "status")
_MESSAGE: Final = ("cs-method", "action", "s-action", "x-event", "event-id")  # what was done; else it follows the time
_NAMES: Final = {
    "s-ip": "server", "c-ip": "client", "cs-method": "method", "cs-uri-stem": "path", "cs-uri-query": "query",
    "s-port": "port", "cs-username": "user", "cs-user-agent": "agent", "cs-referer": "referer", "sc-bytes": "size",
    "sc-substatus": "substatus", "sc-win32-status": "win32",
}  # fmt: skip
_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK: Final = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?"
_TIMES: Final = {"date": _DAY, "time": _CLOCK, "date-time": rf"{_DAY}[T ]{_CLOCK}Z?"}
_LOCAL: Final = "tcpflags"  # a field of the firewall of Windows, which writes local times
# What stands between the names of fields: what between their values, what these are, and whether they may be empty.
_GAPS: Final = (
    (",", ",", r'(?:"[^"\n]*"|[^",\n][^,\n]*)', "?"),
    ("\t", r"\t", r"[^\t\n]+", "?"),
    ("", r"[ \t]", r'(?:"[^"\n]*"|[^\s"]\S*)', ""),
)
_REMARK: Final = r"#[A-Z][A-Za-z -]{1,30}:[^\n]*"


@lru_cache(64)
def w3c(fields: str) -> Format:
    """Return the format of lines that have these columns; `fields` is what stands behind `#Fields:`."""
    columns = re.split(r"[,\s]+", fields.strip()) if fields.strip() else []
    gap, value, may_lack = next(each for mark, *each in _GAPS if mark in fields.strip())
    groups = [_group(column, columns, value) + may_lack for column in columns]
    begin = next((columns.index(each) for each in _MESSAGE if each in columns), 0)
    begin = begin or sum(column in _TIMES for column in columns[:2])
    before, after = (gap.join(part) for part in (groups[:begin], groups[begin:]))
    rows = rf"(?:{before}{gap})?(?P<body>{_REMARK}|{after}(?:{gap}[^\n]*)?)" if after else rf"(?P<body>{_REMARK})"
    apart = "date" in columns and "time" in columns
    return Format(
        NAME,
        "pattern",
        rf"^{rows}\r?$",
        1.0,
        Layout("hh:mm:ss") if "date-time" not in columns else Layout("YYYY-MM-DD?hh:mm:ss"),
        _STATUS,
        (fields, ""),
        date=Layout("YYYY-MM-DD") if apart else None,
        zone="" if _LOCAL in columns else "UTC",
    )


def _group(column: str, columns: list[str], value: str) -> str:
    """Return the pattern of a value. One of which there is none (`-`) is no attribute."""
    if column in _TIMES:
        name = column if column == "date" else "time"
        return rf"(?P<{name}>{_TIMES[column]})" if columns.count(column) == 1 else value
    name = re.sub(r"[^a-z0-9]+", "-", column.lower()).strip("-")
    name = _NAMES.get(name, name).replace("-", "_")
    if column == next((each for each in _LEVEL if each in columns), None):
        return rf"(?:(?P<level>[0-9]{{3}})|{value})"
    if not re.fullmatch(r"[a-z]\w{0,40}", name) or name in _TAKEN or columns.count(column) > 1:
        return value
    return rf"(?:-|(?P<{name}>{value}))"


_TAKEN: Final = frozenset(("body", "level", "time", "date", "zone", "joined", "logger", "thread"))


def says_fields(lines: Lines) -> NDArray[np.intp]:
    """Return the lines that name fields."""
    rows = np.flatnonzero(lines.word(lines.heads) == U64(pack(_FIELDS)))
    return rows[lines.ends[rows] - lines.heads[rows] <= _LONGEST]


def described(lines: Lines) -> Format | None:
    """Return the format that the first of some lines which names fields describes; None if none does."""
    rows = says_fields(lines)[:1]
    return w3c(fields_in(lines, rows)[0]) if len(rows) else None


def fields_in(lines: Lines, rows: NDArray[np.intp]) -> list[str]:
    """Return the fields that chosen lines name."""
    texts = head_texts(lines.pick(rows), lines.heads[rows], limit=_LONGEST)
    return [text[len(_FIELDS) :].strip() for text in texts.to_list()]
