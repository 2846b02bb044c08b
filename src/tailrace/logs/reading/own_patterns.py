"""The patterns of users' own formats: made of a line with names in braces, or given, and kept within bounds.

Patterns run on an engine without backtracking, so that time grows with a line's length and with the pattern's size,
and no faster; the size is bounded here.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

_FIELD: Final = re.compile(r"\{(?P<name>[^{}]*)\}|(?P<blank>[ \t]+)|(?P<text>.)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_]\w{0,63}")
_LARGEST: Final = 1000  # characters that a pattern stands for, its repetitions written out
_BODY: Final = "body"
_ATOM: Final = re.compile(
    r"(?P<escape>\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.)|(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])"
    r"|(?P<open>\((?:\?(?:P?<\w*>|[a-zA-Z-]*:?))?)|(?P<close>\))|\{(?P<least>[0-9]*)(?P<comma>,?)(?P<most>[0-9]*)\}"
    r"|(?P<more>[*+?])|(?P<plain>.)",
    re.DOTALL,
)


class BadPatternError(ValueError):
    """A pattern or a line that cannot be used; says why, and perhaps what to try."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


def pattern_of_line(line: str, time: str) -> str:
    """Return the pattern of a line in which names in braces stand for what varies; `time` is the pattern of times.

    Blanks match any number of blanks, `{message}` the rest of the line, `{_}` what does not matter, and any other
    name what then becomes an attribute of that name.

    Raises:
        BadPatternError: a name cannot be used, stands twice, or `{message}` is missing.
    """
    parts, seen = [], set[str]()
    for match in _FIELD.finditer(line):
        name = match["name"]
        if name is None:
            parts.append(r"[ \t]+" if match["blank"] else re.escape(match["text"]))
            continue
        if not _NAME.fullmatch(name):
            raise BadPatternError(f"{{{name}}} is no name", "names are of letters, digits and _")
        if name in seen and name != "_":
            raise BadPatternError(f"{{{name}}} stands there twice")
        seen.add(name)
        last = match.end() == len(line)
        parts.append(_field(name, time, last=last))
    if "message" not in seen:
        raise BadPatternError("{message} is missing")
    return "^" + "".join(parts) + "$"


def _field(name: str, time: str, *, last: bool) -> str:
    if name == "time":
        return f"(?P<time>{time or '.+?'})"
    shape = ".*" if last else r"[^ \t]+?" if name in ("level", "logger") else ".*?"
    return f"(?:{shape})" if name == "_" else f"(?P<{name}>{shape})"


def checked(pattern: str) -> str:
    """Return a pattern with `message` as the group that formats call `body`, the rest of a record if it ends the line.

    Raises:
        BadPatternError: it is no regular expression, too large, or without a message.
    """
    pattern = pattern.replace("(?<", "(?P<").replace("(?P<message>", f"(?P<{_BODY}>")
    if len(pattern) > 4000 or _size(pattern) > _LARGEST:
        raise BadPatternError(
            f"it stands for more than {_LARGEST} characters, its repetitions written out",
            "use * or + instead of large numbers in braces",
        )
    try:
        groups = pl.Series([""]).str.extract_groups(pattern).struct.fields if "(" in pattern else []
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        raise BadPatternError(*_told(str(error))) from None
    if _BODY not in groups:
        raise BadPatternError("it has no group for the message", "(?P<message>.*)")
    return pattern


def _told(error: str) -> tuple[str, str | None]:
    """Return what is wrong with a pattern, in the words of the engine without its drawing."""
    reason = next((line.removeprefix("error: ") for line in error.splitlines() if line.startswith("error: ")), "")
    reason = reason or error.splitlines()[0].removeprefix("regex error: ").rstrip(".")
    hint = "patterns run in linear time, which leaves these out" if "not supported" in reason else None
    return reason[:1].lower() + reason[1:], hint


def _size(pattern: str) -> int:
    """Return about how many characters a pattern stands for when its repetitions are written out."""
    totals, last = [0], 0
    for match in _ATOM.finditer(pattern):
        if match["open"]:
            totals.append(0)
            last = 0
        elif match["close"] and len(totals) > 1:
            last = totals.pop() + 1
            totals[-1] += last
        elif match["comma"] is not None and (match["least"] or match["most"]):
            times = max(int(match["least"] or 0), int(match["most"] or 0), 1)
            totals[-1] += last * (min(times, 10_000) - 1)
            last *= min(times, 10_000)
        elif not match["more"]:
            last = 1
            totals[-1] += 1
    return sum(totals)
