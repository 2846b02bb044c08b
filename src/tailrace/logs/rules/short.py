"""Short forms: a condition as a sentence, such as `errors > 5% of lines in 5m, at least 100 lines`.

Each kind has its pattern, the order of which decides; whatever fits none is a threshold, `<condition> in <window>`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from tailrace.logs.rules.kinds import (
    LEARNING,
    LEAST_SPIKE,
    LIST_WINDOW,
    Change,
    Distinct,
    Kind,
    Listed,
    Metric,
    New,
    Share,
    Silence,
    Spike,
    Threshold,
)
from tailrace.model.durations import format_duration, parse_duration
from tailrace.model.errors import TailraceError

LONGEST: Final = timedelta(days=7)
HINT: Final = "write a condition and a window, as in 'errors > 10 in 30s' or 'warnings + errors >= 2 in 10s'"
_NUMBER: Final = r"\d[\d_]*(?:\.\d+)?"
_COMPARISON: Final = r"<>|!=|>=|<=|=|>|<"
_AT_LEAST: Final = rf"(?:,?\s+at\s+least\s+(?P<least>{_NUMBER})(?:\s+[\w ]+)?)?"
_IN: Final = rf"\s+in\s+(?P<window>[^,]+?){_AT_LEAST}"
_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'")


def read_short(text: str) -> Kind:
    """The condition that a short form says. Raises TailraceError with a sentence that goes on from 'the rule ...'."""
    for pattern, build in _FORMS:
        match = pattern.fullmatch(text)
        if match:
            return build(match)
    raise TailraceError("has no window", hint=HINT)


def read_window(text: str) -> timedelta:
    """A window's length, or that of a silence. Raises TailraceError for no duration, or one that is out of bounds."""
    try:
        window = parse_duration(text)
    except TailraceError as error:
        raise TailraceError(f"has no proper window: {error}", hint=error.hint or HINT) from None
    if not timedelta(seconds=1) <= window <= LONGEST or window % timedelta(seconds=1):
        raise TailraceError(
            f"has a window of {format_duration(window)}; it can be of 1s to 7d, in whole seconds",
            hint="volumes are counted per second, and kept for seven days",
        )
    return window


def _silence(match: re.Match[str]) -> Kind:
    apps = tuple(each.strip() for each in (match["apps"] or "").split(",") if each.strip())
    return Silence(read_window(match["window"]), apps)


def _new(match: re.Match[str]) -> Kind:
    learn = match["learn"]
    try:
        return New(match["field"].strip(), LEARNING if learn is None else parse_duration(learn))
    except TailraceError as error:
        raise TailraceError(f"has no proper time to learn: {error}", hint="as in: new fingerprint after 10m") from None


def _change(match: re.Match[str]) -> Kind:
    return Change((match["field"] or match["of"]).strip())


def _listed(match: re.Match[str]) -> Kind:
    patterns = tuple(each.replace("''", "'") for each in _QUOTED.findall(match["patterns"]))
    window = LIST_WINDOW if match["window"] is None else read_window(match["window"])
    return Listed(match["field"].strip(), patterns, match["none"] is not None, window)


def _distinct(match: re.Match[str]) -> Kind:
    return Distinct(
        match["field"].strip(), comparison(match["comparison"]), _number(match["limit"]), read_window(match["window"])
    )


def _metric(match: re.Match[str]) -> Kind:
    function = match["function"].lower()
    return Metric(
        {"avg": "mean"}.get(function, function),
        match["field"].strip(),
        comparison(match["comparison"]),
        float(match["sign"] + match["limit"].replace("_", "")),
        read_window(match["window"]),
        _number(match["least"] or "0"),
    )


def _share(match: re.Match[str]) -> Kind:
    return Share(
        match["part"].strip(),
        comparison(match["comparison"]),
        _number(match["percent"]),
        match["whole"].strip(),
        read_window(match["window"]),
        _number(match["least"] or "0"),
    )


def _spike(match: re.Match[str]) -> Kind:
    way = " ".join((match["way"] or "up").lower().split())
    return Spike(
        match["measure"].strip(),
        _number(match["factor"]),
        int(match["before"] or 1),
        read_window(match["window"]),
        {"up": "up", "down": "down"}.get(way, "both"),
        _number(match["least"]) if match["least"] else LEAST_SPIKE,
    )


def _threshold(match: re.Match[str]) -> Kind:
    return Threshold(match["condition"], read_window(match["window"]))


def comparison(sign: str) -> str:
    """A comparison's sign in its usual spelling."""
    return {"!=": "<>", "==": "="}.get(sign, sign)


def _number(text: str) -> float:
    return float(text.replace("_", ""))


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Kind]], ...]] = (
    (_form(r"silence\s+of\s+(?P<window>\S+?)(?:\s+(?:from|of|for)\s+(?P<apps>.+))?"), _silence),
    (_form(r"new\s+(?P<field>\S+?)(?:,?\s+after\s+(?P<learn>\S+))?"), _new),
    (_form(r"(?P<field>\S+)\s+changes|change\s+of\s+(?P<of>\S+)"), _change),
    (
        _form(
            r"(?P<field>\S+)\s+matches\s+(?P<none>none\s+of\s+)?"
            r"(?P<patterns>'(?:[^']|'')*'(?:\s*,\s*'(?:[^']|'')*')*)(?:\s+in\s+(?P<window>\S+))?"
        ),
        _listed,
    ),
    (
        _form(rf"distinct\s+(?P<field>.+?)\s*(?P<comparison>{_COMPARISON})\s*(?P<limit>{_NUMBER}){_IN}"),
        _distinct,
    ),
    (
        _form(
            rf"(?P<function>count|sum|mean|avg|min|max|p[1-9]\d?)\s*\((?P<field>.+)\)\s*"
            rf"(?P<comparison>{_COMPARISON})\s*(?P<sign>-?)(?P<limit>{_NUMBER}){_IN}"
        ),
        _metric,
    ),
    (
        _form(
            rf"(?P<part>.+?)\s*(?P<comparison>{_COMPARISON})\s*(?P<percent>{_NUMBER})\s*%\s*of\s+(?P<whole>.+?){_IN}"
        ),
        _share,
    ),
    (
        _form(
            rf"(?P<measure>.+?)\s+(?:(?P<way>up\s+or\s+down|up|down)\s+)?(?P<factor>{_NUMBER})\s*x\s+"
            rf"(?:the\s+)?(?:(?P<before>\d+)\s+)?windows?\s+before{_IN}"
        ),
        _spike,
    ),
    (_form(r"(?P<condition>.+\S)\s+in\s+(?P<window>\S.*)"), _threshold),
)
