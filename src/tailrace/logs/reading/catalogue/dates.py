"""Lines that begin with a date in another notation, or carry an ISO time a few words in: the last resort before text.

Days come before months unless AM or PM follows, or the second number can be no month. The level is the first word that
is one in upper case, or stands in brackets, or else between colons.
"""

from __future__ import annotations

import itertools
import re
from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.levels import LABELLED, LEVELS, PATTERN, SHOUTED_PATTERN, WORDS
from tailrace.logs.reading.openings import DATE_WITHIN
from tailrace.logs.reading.stamps import Layout

_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,:][0-9]{1,9})?"
_REST: Final = (
    r"[\])> \t|,:;-]*(?:(?:\S+[ \t]+){0,4}?[\[(<]?"
    rf"(?P<level>{SHOUTED_PATTERN}|[\[(<](?:{PATTERN})[\])>])(?:[\])>:,;|]|[ \t]|$)[\] \t|:-]*)?"
    rf"(?P<body>{LABELLED % '?P<level0>'}(?s:.*)|(?s:.*))$"
)
_LEVELS: Final = {
    f"{before}{word}{after}": LEVELS[code]
    for word, code in WORDS.items()
    for before, after in ("[]", "()", "<>", ("", ""))
}


def ways(*templates: str) -> tuple[str, ...]:
    """Each template, and what it is where days, months and hours go without a leading zero."""
    ways = []
    for template in templates:
        parts = [
            ("YYYY",) if part == "YYYY" else (part, part[0]) if part in ("DD", "MM", "hh") else (part,)
            for part in re.split("(YYYY|DD|MM|hh)", template)
        ]
        ways += ["".join(each) for each in itertools.product(*parts)]
    return tuple(ways)


def _dated(name: str, time: str, layouts: tuple[str, ...], openings: tuple[str, ...]) -> Format:
    first, *others = (Layout(template) for template in layouts)
    return Format(
        name,
        "pattern",
        rf"^[\[(<]?(?P<time>{time})(?: ?(?:Z|UTC|GMT|[AP]M\b|[+-][0-9]{{2}}:?[0-9]{{2}}))?{_REST}",
        0.8,
        first,
        _LEVELS,
        layouts=tuple(others),
        openings=(*openings, *(before + each for each in openings for before in "[(<")),
    )


DOTTED: Final = _dated(
    "day-month-dots",
    rf"[0-9]{{1,2}}\.[0-9]{{1,2}}\.[0-9]{{4}},? {_CLOCK}|[0-9]{{2}}\.[0-9]{{2}}\.[0-9]{{2}} {_CLOCK}",
    (
        "DD.MM.YY hh:mm:ss",
        "DD.MM.YYYY hh:mm:ss",
        "DD.MM.YYYY, hh:mm:ss",
        "D.M.YYYY hh:mm:ss",
        "D.M.YYYY h:mm:ss",
        "DD.MM.YYYY h:mm:ss",
    ),
    ("00.00.0000", "0.0.0000", "0.00.0000", "00.0.0000", "00.00.00 "),
)
MONTH_DAY: Final = _dated(
    "month-day-year",
    rf"(?:0?[1-9]|1[0-2])/[0-9]{{1,2}}/[0-9]{{4}},? {_CLOCK} [AP]M"
    rf"|(?:0[1-9]|1[0-2])/(?:1[3-9]|2[0-9]|3[01])/[0-9]{{4}},? {_CLOCK}",
    (
        *ways("MM/DD/YYYY hh:mm:ss pp", "MM/DD/YYYY, hh:mm:ss pp"),
        "MM/DD/YYYY hh:mm:ss", "MM/DD/YYYY, hh:mm:ss",
    ),
    ("00/00/0000", "0/0/0000", "0/00/0000", "00/0/0000"),
)  # fmt: skip
DAY_MONTH: Final = _dated(
    "day-month-year",
    rf"[0-9]{{2}}(?:/(?:0[1-9]|1[0-2])/|-(?:0[1-9]|1[0-2])-)[0-9]{{4}},? {_CLOCK}",
    ("DD/MM/YYYY hh:mm:ss", "DD/MM/YYYY, hh:mm:ss", "DD-MM-YYYY hh:mm:ss"),
    ("00/00/0000", "00-00-0000"),
)
NAMED_MONTH: Final = _dated(
    "named-month",
    rf"(?:[A-Z][a-z]{{2}} )?[A-Z][a-z]{{2}} [ 0-9]?[0-9] {_CLOCK}(?: [AP]M)?(?: (?P<zone>[A-Z]{{3,4}}))? [0-9]{{4}}"
    rf"|(?:[A-Z][a-z]{{2}},? )?[0-9]{{2}}[/ -][A-Z][A-Za-z]{{2}}[/ -][0-9]{{4}}[ :]{_CLOCK}(?: [AP]M)?"
    rf"|[A-Z][a-z]{{2}} [0-9]{{1,2}}, [0-9]{{4}},? {_CLOCK}(?: [AP]M)?"
    rf"|[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} [0-9]{{2}} [0-9]{{4}} {_CLOCK}",
    (
        *ways(  # date(1) in several languages, RFC 5322, Java's and JavaScript's dates
            "Www Mon DD hh:mm:ss pp www YYYY", "Www Mon DD hh:mm:ss pp wwww YYYY",
            "Www Mon DD hh:mm:ss www YYYY", "Www Mon DD hh:mm:ss wwww YYYY", "Www Mon DD hh:mm:ss YYYY",
        ),
        "Mon DD hh:mm:ss YYYY", "Mon D hh:mm:ss YYYY", "Www Mon DD YYYY hh:mm:ss",
        "Www DD Mon YYYY hh:mm:ss pp", "Www DD Mon YYYY hh:mm:ss", "Www, DD Mon YYYY hh:mm:ss",
        "DD Mon YYYY hh:mm:ss", "DD-Mon-YYYY hh:mm:ss pp", "DD-Mon-YYYY hh:mm:ss",
        "DD/Mon/YYYY hh:mm:ss", "DD/Mon/YYYY:hh:mm:ss",
        *ways("Mon DD, YYYY hh:mm:ss pp", "Mon DD, YYYY, hh:mm:ss pp", "Mon DD, YYYY hh:mm:ss"),
    ),
    (
        "Aaa Aaa _0 ", "Aaa Aaa 0 00:", "Aaa _0 00:00:00", "Aaa 0 00:00:00", "00 A?? 0000", "00-A??-0000",
        "00/A??/0000", "Aaa, 00 A?? 0000", "Aaa 00 A?? 0000", "Aaa 00, 0000", "Aaa 0, 0000",
    ),
)  # fmt: skip
YEAR_FIRST: Final = _dated(
    "year-month-day",
    rf"[0-9]{{4}}(?:\.[0-9]{{1,2}}\.|/[0-9]{{1,2}}/|-[0-9]{{1,2}}-)[0-9]{{1,2}},? {_CLOCK}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}[ _T][0-9]{2}-[0-9]{2}-[0-9]{2}",
    (
        *ways("YYYY-MM-DD hh:mm:ss", "YYYY.MM.DD hh:mm:ss", "YYYY/MM/DD hh:mm:ss", "YYYY/MM/DD, hh:mm:ss"),
        "YYYY-MM-DD?hh-mm-ss",
    ),
    ("0000-0", "0000.0", "0000/0"),
)
COMPACT: Final = _dated(
    "compact-date",
    r"[0-9]{8}[-T _]?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,:][0-9]{1,9})?|[0-9]{8}T[0-9]{6}(?:[.,][0-9]{1,9})?"
    r"|[0-9]{6} [ 0-9][0-9]:[0-9]{2}:[0-9]{2}|20[0-9]{6}[ -]?[0-9]{6}(?:[0-9]{3})?",
    (
        "YYYYMMDD?hh:mm:ss",
        "YYYYMMDD-hh:mm:ss",
        "YYYYMMDDThhmmss",
        "YYMMDD hh:mm:ss",
        "YYYYMMDD hhmmss",
        "YYYYMMDD-hhmmss",
        "YYYYMMDDhhmmss",
    ),
    ("00000000?00:00:0", "00000000T000000", "000000 _0:00:00", "00000000000000", "00000000 000000", "00000000-000000"),
)
EPOCH: Final = _dated("epoch", r"1[0-9]{9}(?:\.[0-9]{1,9}|[0-9]{3})?", ("EEEEEEEEEE",), ("0000000000",))
LEVEL_FIRST: Final = Format(
    "level-then-date",
    "pattern",
    rf"^\[?(?P<level>{SHOUTED_PATTERN}|STATUS|ADVICE)\]?"
    r"(?:[ \t]*\| (?P<logger>[a-z]+(?: [0-9]+)?) +\| |[ \t|:-]+)"
    rf"\[?(?P<time>[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}} {_CLOCK}|[0-9]{{2}}/[0-9]{{2}}/[0-9]{{4}} {_CLOCK}"
    rf"|[0-9]{{2}}\.[0-9]{{2}}\.[0-9]{{4}} {_CLOCK}|[0-9]{{2}}[ /-][A-Z][a-z]{{2}}[ /-][0-9]{{4}}[ :]{_CLOCK})\]?"
    r"[ \t|:-]*" + BODY,
    0.8,
    Layout("YYYY/MM/DD hh:mm:ss"),
    {**_LEVELS, "STATUS": "INFO", "ADVICE": "INFO"},
    layouts=tuple(
        Layout(each)
        for each in (
            "DD/MM/YYYY hh:mm:ss", "MM/DD/YYYY hh:mm:ss", "DD.MM.YYYY hh:mm:ss", "DD Mon YYYY hh:mm:ss",
            "DD-Mon-YYYY hh:mm:ss", "DD/Mon/YYYY hh:mm:ss", "DD/Mon/YYYY:hh:mm:ss",
        )
    ),
    openings=("A", "[A"),
)  # fmt: skip
INSIDE: Final = Format(
    "time-inside",
    "pattern",
    r"^(?P<before>[^\n\"{}=]{1,100}?)[ \t\[(<|,;]"
    r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?)"
    r"(?: ?(?:Z|UTC|GMT|[AP]M\b|[+-][0-9]{2}:?[0-9]{2}))?" + _REST,
    0.5,
    Layout("YYYY-MM-DD?hh:mm:ss"),
    _LEVELS,
    openings=(DATE_WITHIN,),
)
FORMATS: Final = (LEVEL_FIRST, DOTTED, MONTH_DAY, DAY_MONTH, NAMED_MONTH, YEAR_FIRST, COMPACT, EPOCH, INSIDE)
