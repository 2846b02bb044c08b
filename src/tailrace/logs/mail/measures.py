"""What a rule measures, told by its condition as it is written: a count, a share of lines, a figure, a silence.

A condition of an unknown form is no fault: it is shown as it stands, and its value as a bare number.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta

from tailrace.logs.mail import words
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError

COUNTED = ("errors", "warnings", "lines")
"""The measures of an alert that count lines and have a plain name."""

_COMPARISON = re.compile(
    r"\s*(?P<measure>[^<>=!]*[^<>=!\s])\s*(?P<op>>=|<=|<>|!=|==|=|>|<)\s*(?P<limit>-?[\d_.]+)\s*(?P<unit>%|[a-zA-Zµ]{0,8})"
    r"(?:\s+of\s+(?P<whole>[^,]{1,80}?))?\s+in\s+(?P<window>[\d.a-z ]+)(?P<rest>,.*)?",
    re.IGNORECASE,
)
_SPIKE = re.compile(
    r"\s*(?P<measure>.{1,80}?)\s+(?:up\s+or\s+down\s+|up\s+|down\s+)?[\d_.]+\s*x\s+(?:the\s+)?(?:\d+\s+)?windows?\s+before\s.*",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*\S+\s+matches\s.*", re.IGNORECASE | re.DOTALL)
_SILENCE = re.compile(r"\s*silence\s+of\s.*", re.IGNORECASE)
_SUM = re.compile(r"[a-z]+(?:\s*\+\s*[a-z]+)*")
_WORDS = {">": "more than", ">=": "at least", "<": "fewer than", "<=": "at most", "=": "exactly", "==": "exactly"}
_LARGEST = 1e15  # beyond it a number is no longer written out


def counts(rule: str) -> tuple[str, ...]:
    """The counts that a rule adds up (`warnings + errors > 10 in 30s`), in the order of `COUNTED`; else none."""
    match = _compared(rule)
    if match is None:
        match = _SPIKE.fullmatch(rule)
    elif match["unit"] or match["whole"]:
        return ()
    return _summed(match["measure"]) if match else ()


def compares(rule: str) -> bool:
    """Whether a rule's value is a figure that says something by itself."""
    return bool(_LISTED.fullmatch(rule) or _SPIKE.fullmatch(rule) or _compared(rule))


def is_spike(rule: str) -> bool:
    """Whether a rule compares a window with those before: what these had belongs beside its value."""
    return _SPIKE.fullmatch(rule) is not None


def is_listed(rule: str) -> bool:
    """Whether a rule looks for patterns (`body matches 'refused' in 5m`): its value counts lines."""
    return _LISTED.fullmatch(rule) is not None


def is_silence(rule: str) -> bool:
    """Whether a rule waits for lines that do not come: its value is how long, in seconds."""
    return _SILENCE.fullmatch(rule) is not None


def rule_words(rule: str) -> str:
    """A rule in plain words: `more than 10 errors within 30 seconds`; empty if it is of another form."""
    match = _compared(rule)
    if not match:
        return ""
    try:
        within = f"within {words.duration_words(parse_duration(match['window']))}{match['rest'] or ''}"
    except TailraceError:
        return ""
    if not counts(rule) or match["op"] not in _WORDS:
        return f"{match['measure']} {match['op']} {_limit_words(match)} {within}"
    one = match["limit"] == "1"
    nouns = [name.removesuffix("s") if one else name for name in counts(rule)]
    together = " together" if len(nouns) > 1 and not one else ""
    joined = " or ".join(nouns) if one else words.and_words(nouns)
    return f"{_WORDS[match['op']]} {match['limit']} {joined}{together} {within}"


def value_sentence(rule: str, value: float) -> str:
    """What was seen: `errors are 7.2 % of lines`, `p95(ms) is 512.3`, `no lines for 10 minutes`; empty if unknown."""
    if is_silence(rule):
        return f"no lines for {_length_words(value)}"
    if is_listed(rule):
        return words.count_words(round(value), "lines") if math.isfinite(value) else ""
    match = _compared(rule) or _SPIKE.fullmatch(rule)
    if not match:
        return ""
    measure, told = match["measure"], value_words(rule, value)
    if measure.lower().startswith("distinct "):
        return f"{told} different values of {measure[9:].strip().removeprefix('attributes.')}"
    verb = "are" if set(re.split(r"[\s+]+", measure.lower())) <= set(COUNTED) else "is"
    whole = match.groupdict().get("whole")
    return f"{measure} {verb} {told}{f' of {whole}' if whole else ''}"


def value_words(rule: str, value: float) -> str:
    """A rule's value in its unit: `7.2 %`, `512.3 ms`, `14`, `10 minutes`."""
    if is_silence(rule):
        return _length_words(value)
    match = _compared(rule)
    return f"{number_words(value)} {match['unit']}" if match and match["unit"] else number_words(value)


def number_words(value: float) -> str:
    """A number for people: whole ones with commas, others to two digits after the point, small ones to three digits."""
    if not math.isfinite(value):
        return "no number"
    if abs(value) >= _LARGEST or 0 < abs(value) < 1:
        return f"{value:.3g}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _compared(rule: str) -> re.Match[str] | None:
    return None if _LISTED.fullmatch(rule) or _SPIKE.fullmatch(rule) else _COMPARISON.fullmatch(rule)


def _summed(measure: str) -> tuple[str, ...]:
    if not _SUM.fullmatch(measure.lower()):
        return ()
    terms = {term.strip() for term in measure.lower().split("+")}
    return tuple(name for name in COUNTED if name in terms) if terms <= set(COUNTED) else ()


def _limit_words(match: re.Match[str]) -> str:
    unit = f" {match['unit']}" if match["unit"] else ""
    whole = f" of {match['whole']}" if match["whole"] else ""
    return f"{match['limit']}{unit}{whole}"


def _length_words(seconds: float) -> str:
    within = math.isfinite(seconds) and 0 <= seconds < 1e9
    return words.length_words(timedelta(seconds=seconds)) if within else "a time unknown"
