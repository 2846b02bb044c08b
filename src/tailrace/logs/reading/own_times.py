"""How users say what a time looks like: `%d.%m.%Y %H:%M:%S`, as strftime writes it, or a word like `iso`."""

from __future__ import annotations

import itertools
import re
from typing import Final

from tailrace.logs.reading.named_zones import ABBREVIATIONS
from tailrace.logs.reading.stamps import LETTERS, Layout

WORDS: Final = {
    "iso": ("YYYY-MM-DD?hh:mm:ss",),
    "epoch": ("EEEEEEEEEE",),
    "epoch_ms": ("EEEEEEEEEE",),
    "epoch_us": ("EEEEEEEEEE",),
    "epoch_ns": ("EEEEEEEEEE",),
}
DIRECTIVES: Final = {
    "Y": "YYYY", "y": "YY", "m": "MM", "d": "DD", "e": "DD", "b": "Mon", "h": "Mon", "a": "Www", "H": "hh", "I": "hh",
    "M": "mm", "S": "ss", "p": "pp", "s": "EEEEEEEEEE", "F": "YYYY-MM-DD", "T": "hh:mm:ss", "R": "hh:mm",
    "D": "MM/DD/YY",
}  # fmt: skip
_SHORT: Final = {"DD": "D", "MM": "M", "hh": "h"}  # what may be written with one digit too
_FRACTIONS: Final = ("f", "L", "N")
_TOKEN: Final = re.compile(r"%-?(?P<directive>.)|(?P<literal>[^%])|(?P<odd>%$)", re.DOTALL)
_ZONE: Final = re.compile(r" ?(?:%z|%Z|%:z)$")
_AFTER_SECOND: Final = re.compile(r"(%-?[ST])[.,:]%[fLN]$")
_NUMBERS: Final = "YMDhmsEf"


class BadTimeError(ValueError):
    """A description of a time that cannot be used; says why."""


def layouts_of(text: str) -> tuple[Layout, ...]:
    """Return the layouts of a time's description, the usual one first.

    Digits after the second and a zone at the end are read wherever they stand, be they described or not.

    Raises:
        BadTimeError: a directive is not known, a letter cannot stand for itself, or no time of day is described.
    """
    if text in WORDS:
        return tuple(Layout(template) for template in WORDS[text])
    parts = [_part(match) for match in _TOKEN.finditer(_AFTER_SECOND.sub(r"\1", _ZONE.sub("", text)))]
    letters = "".join(parts)
    if "E" not in letters and ("h" not in letters or "m" not in letters):
        raise BadTimeError("it describes no hour and minute")
    if "D" in letters and "M" not in letters:
        raise BadTimeError("it describes a day but no month")
    return tuple(Layout(template) for template in _templates(parts))


def pattern_of(text: str) -> str:
    """Return a pattern of the times that a description describes, for `layouts_of` to read."""
    if text.startswith("epoch"):
        return r"[0-9]{10}[0-9.]*"
    end = rf"(?:[.,:][0-9]{{1,9}})?(?: ?(?:Z|{'|'.join(ABBREVIATIONS)}|[+-][0-9]{{2}}:?[0-9]{{2}})\b)?"
    return _shape(layouts_of(text)[0]) + end


def _part(match: re.Match[str]) -> str:
    directive, literal = match["directive"], match["literal"]
    if literal is not None:
        if literal in LETTERS:
            raise BadTimeError(f"the letter {literal!r} cannot stand for itself in a time")
        return literal
    if directive == "%":
        return "%"
    if directive in _FRACTIONS:
        return "ffffff"
    if directive in ("z", "Z"):
        raise BadTimeError(f"%{directive} can only stand at the end, where a zone is always read")
    if directive not in DIRECTIVES:
        known = " ".join(f"%{each}" for each in DIRECTIVES)
        raise BadTimeError(f"%{directive or ''} is not known; known are {known} %f %z")
    return DIRECTIVES[directive]


def _templates(parts: list[str]) -> list[str]:
    """Return every way of writing the parts: with and without leading zeros, with fractions of three or six digits."""
    ways = []
    for part in parts:
        if part in _SHORT:
            ways.append([part, _SHORT[part]])
        elif part == "ffffff":
            ways.append([part, "fff"])
        else:
            ways.append([part])
    return list(dict.fromkeys("".join(each) for each in itertools.product(*ways)))


def _shape(layout: Layout) -> str:
    """Return the pattern of a layout, and of those that are written with fewer digits."""
    kinds = {"n": "[A-Za-z]", "w": "[A-Za-z]", "p": "[AaPpMm]", "?": "[ T_]"} | dict.fromkeys(_NUMBERS, "[0-9]")
    shape = ""
    for letter, columns in itertools.groupby(layout.plain):
        count = len(list(columns))
        if letter * count in _SHORT:
            shape += "[ 0-9]?[0-9]"
        elif letter == "f":
            shape += "[0-9]{3,6}"
        else:
            shape += kinds.get(letter, re.escape(letter)) + (f"{{{count}}}" if count > 1 else "")
    return shape


def openings_of(layouts: tuple[Layout, ...]) -> tuple[str, ...]:
    """Return the shapes (as a format's `openings`) that lines beginning with such a time begin with."""
    kinds = dict.fromkeys("nwpAa_0", "?") | {"D": "_"} | dict.fromkeys(_NUMBERS.replace("D", ""), "0")
    return tuple(dict.fromkeys("".join(kinds.get(c, c) for c in layout.plain)[:16].rstrip("?") for layout in layouts))
