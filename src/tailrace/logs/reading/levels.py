"""Levels: the seven that travel, and the many words that logs have for them.

Inside this package a level is a code, its index in `LEVELS`; 0 stands for "unknown". Outside, a level is a name and an
OpenTelemetry severity number.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.tables import Table
from tailrace.logs.reading.words import leading_letters, pack

LEVELS: Final = ("", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
SEVERITIES: Final = (0, 1, 5, 9, 13, 17, 21)
UNKNOWN, TRACE, DEBUG, INFO, WARN, ERROR, FATAL = range(7)

# Words that mean a level in upper, lower and title case wherever a level is expected.
_PLAIN: Final = {
    "trace": TRACE,
    "verbose": TRACE,
    "debug": DEBUG,
    "info": INFO,
    "notice": INFO,
    "warn": WARN,
    "warning": WARN,
    "err": ERROR,
    "error": ERROR,
    "severe": ERROR,
    "crit": FATAL,
    "critical": FATAL,
    "fatal": FATAL,
    "panic": FATAL,
    "emerg": FATAL,
    "information": INFO,
}
# Words that are levels only in upper case, since in lower case they are ordinary English.
_SHOUTED: Final = {
    "FINEST": TRACE,
    "FINER": TRACE,
    "FINE": DEBUG,
    "CONFIG": DEBUG,
    "VRB": TRACE,
    "TRC": TRACE,
    "DBG": DEBUG,
    "INF": INFO,
    "WRN": WARN,
    "FTL": FATAL,
    "PNC": FATAL,
    "FAILURE": ERROR,
    "ALERT": FATAL,
    "EMERGENCY": FATAL,
    "DPANIC": FATAL,
}
WORDS: Final[dict[str, int]] = {
    **{spelling: code for word, code in _PLAIN.items() for spelling in (word, word.upper(), word.title())},
    **_SHOUTED,
}
PATTERN: Final = "|".join(sorted(WORDS, key=lambda word: (-len(word), word)))
SHOUTED_PATTERN: Final = "|".join(sorted((w for w in WORDS if w.isupper()), key=lambda word: (-len(word), word)))
# A level in any case after words that end in colons, and before one itself: `zone: error: x`, `a.c:3: fatal error: x`,
# `general: debug 1: x`; a host may stand before a process. A pattern can name the word's group by filling in `%s`.
LABELLED: Final = (
    r"(?:\S+ +\S+\[[0-9]+\]: +)?(?:\S*[^\s:]: +|\S*\] +){0,3}?(%s(?i-u:"
    + "|".join(_PLAIN)
    + r"))(?: error)?(?: ?[0-9]{1,2})?:(?:\s|$)"
)
NUMBERS: Final = {10: TRACE, 20: DEBUG, 30: INFO, 40: WARN, 50: ERROR, 60: FATAL}


def severity_of(level: str) -> int:
    """Return the severity number that the level of a name begins with."""
    return SEVERITIES[LEVELS.index(level)]


def code_of_severity(severity: int) -> int:
    """Return the code of the level that an OpenTelemetry severity number (1 to 24) belongs to, else 0."""
    return (severity + 3) // 4 if 1 <= severity <= 24 else UNKNOWN


_TABLE: Final = Table({pack(word): code for word, code in WORDS.items() if len(word) <= 8}, np.uint8, none=UNKNOWN)


def codes_of(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return the level codes of eight-byte words, each judged by the letters it begins with (0: no level word).

    A word of more than eight letters is never found here, and `CRITICAL` is found whatever follows it.
    """
    return _TABLE.look_up(leading_letters(words))
