"""Form: one kind of log line, as data, and the pattern that the formats beginning with a time share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from tailrace.logs.reading.levels import PATTERN, SHOUTED_PATTERN
from tailrace.logs.reading.stamps import Layout

Scanner = Literal["stamped", "json", "access", "free", "pattern", "logfmt"]


@dataclass(frozen=True)
class Format:
    """One kind of log line.

    `pattern` has the groups `logger`, `thread` and `body`, and for the scanner `pattern` also `time` and `level`, each
    of them optional but `body`; any other named group is an attribute. A line on which a group `joined` matches is of
    the format but goes on with the record before it.

    `weight`, 0 to 1, decides between formats that match about equally many lines: the more particular, the heavier.
    `layout` is how its time is written, `layouts` are other ways that are tried where it does not fit. `levels` maps
    what the group `level` holds to level names, for formats that use other than the usual words; `*` stands for one
    character. `keys` are the keys of level and time that a file of JSON lines was found to use ("" if none).

    `openings` are shapes, any one of which every line of the format begins with: `0` stands for a digit, `_` for a
    digit or blank, `A` and `a` for a capital and a small letter, `?` for anything, `* ` at the beginning for a word of
    less than 256 bytes, `A* ` for one that begins so, and `*-` for a date anywhere in the line; a line of no such shape
    is not shown to the pattern, which is slow. `later` are further ones, of lines that are `joined`.

    `one_line` says that the pattern is of a record's first line alone, whose further lines go to the end of the body;
    `lines`, that so many of a record's first lines tell its level. `date` is how a group `date` is written, for
    formats whose `layout` is of a time of day that does not stand beside it; a group `zone` is a full name
    (Europe/Berlin); `zone` is that of times that name none, where the format itself says so. `escaped` says that line
    feeds and tabs may stand in its messages as `#012` and `#011`.
    """

    name: str
    scanner: Scanner
    pattern: str
    weight: float
    layout: Layout | None = None
    levels: dict[str, str] = field(default_factory=dict)
    keys: tuple[str, str] = ("", "")
    layouts: tuple[Layout, ...] = ()
    openings: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    one_line: bool = False
    lines: int = 1
    date: Layout | None = None
    zone: str = ""
    escaped: bool = False


BODY: Final = r"(?P<body>(?s:.*))$"  # the rest of a record, of however many lines
_ZONE: Final = r"(?: ?(?:Z|UTC|GMT|[AP]M\b|[+-]\d\d:?\d\d))?"
_LOGGER: Final = r"(?:(?P<logger>[A-Za-z_.](?:[\w.$/*\[\]-]|::)*)(?: *: +| +- +))?"
_AFTER_LEVEL: Final = (
    r"\]?[ \t]*(?:[-|:] +)?(?:\d+ --- )?(?:\[(?P<thread2>[^\n]*?)\](?:[ \t]+|$))?(?:[-|:] +)?" + _LOGGER + BODY
)


def stamped_pattern(time: str) -> str:
    """Return the pattern of lines that begin with a time, then the level and the thread in either order."""
    between = rf"(?:\[(?:(?:{PATTERN})\b|(?P<thread1>[^\n]*?)\][ \t|:-]+\[?(?:{PATTERN})\b)|(?:{PATTERN})\b)"
    loose = rf"(?:(?P<logger0>[\w.$/-]+) +- +)?(?:\S+ +){{0,4}}?(?:\[?(?:{SHOUTED_PATTERN})\b|\[(?:{PATTERN})\])"
    return rf"^\[?{time}{_ZONE}[\] \t|:-]*(?:{between}|{loose}|){_AFTER_LEVEL}"
