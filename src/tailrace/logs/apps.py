"""Which application a log file belongs to, told from its path. Pure."""

from __future__ import annotations

import re
from pathlib import PurePath

from tailrace.model.errors import TailraceError

_EXTENSIONS = re.compile(r"(\.(log|txt|out|err|json|jsonl|ndjson|gz|zst|bz2|xz|zip|\d{1,4}))+$", re.IGNORECASE)
_COUNTERS = re.compile(r"([-_.]?(\d{4}-\d{2}-\d{2}|\d{8}([-T_]?\d{4,6}Z?)?|\d{2}-\d{2}-\d{2}|(?<=[-_.])\d+))+$")


def app_of(path: str, pattern: re.Pattern[str] | None = None) -> str:
    """The application's name: the file's stem, or what the pattern finds in the path.

    The stem is taken without extensions, dates, times and counters, so that rotated files (`orders.log.1`,
    `orders.log-20260105.gz`, `orders-20260105T100000-0003.log`) are one application. A pattern's group `app`, or its
    first group, or its whole match is the name; where it does not match, the stem is.
    """
    if pattern is not None and (match := pattern.search(path)):
        groups = match.groupdict()
        found = groups.get("app") or (match.group(1) if pattern.groups else match.group())
        if found:
            return found
    stem, name = PurePath(path).name, ""
    while stem != name:
        name = stem
        stem = _EXTENSIONS.sub("", name) or name
        stem = _COUNTERS.sub("", stem) or stem
    return stem


def is_rotated(path: str, origin: str) -> bool:
    """Whether a file's name was made from another's by a rotation: `app.log.1` or `app-20260105.log` from `app.log`."""
    name, before = PurePath(path).name, PurePath(origin).name
    stem, suffix = PurePath(before).stem, PurePath(before).suffix
    return name != before and (name.startswith(before) or (name.startswith(stem) and name.endswith(suffix)))


def check_pattern(pattern: re.Pattern[str]) -> None:
    """Refuse a pattern with several groups of which none is called `app`. Raises TailraceError."""
    if pattern.groups > 1 and "app" not in pattern.groupindex:
        raise TailraceError(
            f"the pattern {pattern.pattern!r} has {pattern.groups} groups, and none is named", hint="write (?P<app>...)"
        )
