"""Formats: every kind of log line that is recognised, as data, one entry each.

A format names the scanner that finds its records and the pattern that takes a record apart. The pattern runs only on
the records that are kept in full; its groups `logger`, `thread` and `body` become columns, any other named group an
attribute. A format without a scanner of its own is scanned by its pattern alone, which then has the groups `time` and
`level` too: that is slower, and all that a new format needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from tailrace.logs.reading.levels import PATTERN, SHOUTED_PATTERN
from tailrace.logs.reading.stamps import Layout

ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
CLOCK: Final = Layout("hh:mm:ss")
ACCESS: Final = Layout("DD/Mon/YYYY:hh:mm:ss")

Scanner = Literal["stamped", "json", "access", "free", "pattern"]


@dataclass(frozen=True)
class Format:
    """One kind of log line.

    `weight`, 0 to 1, breaks ties between formats that match equally many lines: the more particular, the heavier.
    `layout` is how its time is written. `levels` maps what the group `level` holds to level names, for formats that
    use other than the usual words; `*` stands for one character. `keys` are the keys of level and time that a file of
    JSON lines was found to use ("" if none).
    """

    name: str
    scanner: Scanner
    pattern: str
    weight: float
    layout: Layout | None = None
    levels: dict[str, str] = field(default_factory=dict)
    keys: tuple[str, str] = ("", "")


_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_LOGGER = r"(?:(?P<logger>[A-Za-z_][\w.$/*-]*)(?: *: +| +- +))?"
_AFTER_LEVEL = (
    r"\]?[ \t]*(?:[-|:] +)?(?:\d+ --- )?(?:\[(?P<thread2>[^\n]*?)\](?:[ \t]+|$))?(?:[-|:] +)?"
    + _LOGGER
    + r"(?P<body>(?s:.*))$"
)


def _stamped(time: str) -> str:
    """Return the pattern of lines that begin with a time, then the level and the thread in either order."""
    between = rf"(?:\[(?:(?:{PATTERN})\b|(?P<thread1>[^\n]*?)\][ \t|:-]+\[?(?:{PATTERN})\b)|(?:{PATTERN})\b)"
    loose = rf"(?:(?P<logger0>[\w.$/-]+) +- +)?(?:\S+ +){{0,4}}?\[?(?:{SHOUTED_PATTERN})\b"
    return rf"^\[?{time}{_ZONE}[\] \t|:-]*(?:{between}|{loose}|){_AFTER_LEVEL}"


LOGBACK: Final = Format("logback", "stamped", _stamped(r"\d\d:\d\d:\d\d(?:[.,]\d+)?"), 0.9, CLOCK)
LOG4J: Final = Format("log4j", "stamped", _stamped(r"\d{4}-\d\d-\d\d[T_ ]\d\d:\d\d:\d\d(?:[.,]\d+)?"), 0.9, ISO)
JSON_LINES: Final = Format("json-lines", "json", "", 1.0)
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

FORMATS: Final[tuple[Format, ...]] = (JSON_LINES, LOG4J, LOGBACK, ACCESS_LOG, FREE_TEXT)


def format_named(name: str) -> Format:
    """Return the format of a name; free text for a name that is not known (any more)."""
    return next((known for known in FORMATS if known.name == name), FREE_TEXT)
