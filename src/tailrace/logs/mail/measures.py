"""What a rule measures, told by its condition as it is written: a count, a share of lines, or another number.

A condition of an unknown form is no fault: it is shown as it stands, and its value as a bare number.
"""

from __future__ import annotations

import math
import re

from tailrace.logs.mail import words
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError

COUNTED = ("errors", "warnings", "lines")
"""The measures of an alert that count lines and have a plain name."""

_RULE = re.compile(
    r"\s*(?P<measure>[^<>=]*[^<>=\s])\s*(?P<op>>=|<=|==|=|>|<)\s*(?P<limit>[\d_.]+)\s*(?P<unit>%|[a-zA-Zµ]{0,8})"
    r"(?:\s+of\s+(?P<whole>[a-z]+))?\s+in\s+(?P<window>[\d.a-z ]+)(?P<rest>,.*)?",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*\S+\s+matches\s", re.IGNORECASE)
_SUM = re.compile(r"[a-z]+(?:\s*\+\s*[a-z]+)*")
_COMPARISONS = {">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most", "=": "exactly", "==": "exactly"}
_LARGEST = 1e15  # beyond it a number is no longer written out


def counts(rule: str) -> tuple[str, ...]:
    """The counts that a rule adds up (`warnings + errors > 10 in 30s`), in the order of `COUNTED`; else none."""
    match = _RULE.fullmatch(rule)
    if not match or match["unit"] or match["whole"] or lists(rule) or not _SUM.fullmatch(match["measure"].lower()):
        return ()
    terms = {term.strip() for term in match["measure"].lower().split("+")}
    return tuple(name for name in COUNTED if name in terms) if terms <= set(COUNTED) else ()


def rule_words(rule: str) -> str:
    """A rule in plain words: `more than 10 errors within 30 seconds`; empty if it is of another form."""
    match = _RULE.fullmatch(rule)
    if not match or lists(rule):
        return ""
    try:
        within = f"within {words.duration_words(parse_duration(match['window']))}{match['rest'] or ''}"
    except TailraceError:
        return ""
    if not counts(rule):
        return f"{match['measure']} {match['op']} {_limit_words(match)} {within}"
    one = match["limit"] == "1"
    nouns = [name.removesuffix("s") if one else name for name in counts(rule)]
    together = " together" if len(nouns) > 1 and not one else ""
    joined = " or ".join(nouns) if one else words.and_words(nouns)
    return f"{_COMPARISONS[match['op']]} {match['limit']} {joined}{together} {within}"


def value_sentence(rule: str, value: float) -> str:
    """What a comparison saw: `errors are 7.2 % of lines`, `p95(ms) is 512.3`; empty where nothing is compared."""
    match = _RULE.fullmatch(rule)
    if not match or lists(rule):
        return ""
    verb = "are" if set(re.split(r"[\s+]+", match["measure"].lower())) <= set(COUNTED) else "is"
    return f"{match['measure']} {verb} {value_words(rule, value)}{_whole_words(match)}"


def compares(rule: str) -> bool:
    """Whether a rule's value is a figure that says something by itself."""
    return lists(rule) or _RULE.fullmatch(rule) is not None


def lists(rule: str) -> bool:
    """Whether a rule looks for patterns (`body matches 'refused' in 5m`): its value counts lines."""
    return _LISTED.match(rule) is not None


def value_words(rule: str, value: float) -> str:
    """A rule's value in its unit: `7.2 %`, `512.3 ms`, `14`."""
    match = _RULE.fullmatch(rule)
    if not match or not match["unit"]:
        return number_words(value)
    return f"{number_words(value)} {match['unit']}"


def number_words(value: float) -> str:
    """A number for people: whole ones with commas, others to two digits after the point, small ones to three digits."""
    if not math.isfinite(value):
        return "no number"
    if abs(value) >= _LARGEST:
        return f"{value:.3g}"
    if 0 < abs(value) < 1:
        return f"{value:.3g}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _limit_words(match: re.Match[str]) -> str:
    unit = f" {match['unit']}" if match["unit"] else ""
    return f"{match['limit']}{unit}{_whole_words(match)}"


def _whole_words(match: re.Match[str]) -> str:
    return f" of {match['whole']}" if match["whole"] else ""
