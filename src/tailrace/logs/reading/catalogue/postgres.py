"""PostgreSQL's server log: `log_line_prefix` at its default `%m [%p] `, with more before the severity, or with no time;
and its `csvlog`.

DETAIL, HINT, STATEMENT and their like belong to the message before.
https://www.postgresql.org/docs/current/runtime-config-logging.html (table "Message Severity Levels", "Using CSV-Format
Log Output"); Amazon's prefix is `%t:%r:%u@%d:[%p]:`.
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_LAYOUT: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_TIME: Final = (
    r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?: (?:[A-Z]{3,5}|[+-][0-9]{2,4}))?)"
)
_WORDS: Final = ("DEBUG", "LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC")
_MORE: Final = ("DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT", "LOCATION", "BACKTRACE")
_SEVERITY: Final = "DEBUG[1-5]?|" + "|".join(_WORDS[1:])
_CODE: Final = "[0-9][0-9A-Z]{4}|[A-Z]{2}[0-9]{2}[0-9A-Z]|[A-Z][0-9][0-9A-Z]{3}"
# With `log_error_verbosity = verbose` the SQLSTATE stands before the message.
_BEGINNING: Final = rf"(?:(?P<level>{_SEVERITY})|(?P<joined>{'|'.join(_MORE)})):  (?:(?P<code>{_CODE}): )?"
_MESSAGE: Final = _BEGINNING + BODY
_LEVELS: Final = {
    "LOG": "INFO", "INFO": "INFO", "NOTICE": "INFO", "WARNING": "WARN", "ERROR": "ERROR", "FATAL": "FATAL",
    "PANIC": "FATAL", "DEBUG": "DEBUG", "DEBUG*": "DEBUG",
}  # fmt: skip


def _quoted(name: str) -> str:
    return rf'(?:"(?P<{name}>(?:[^"\n]|"")*)")?'


POSTGRES: Final = Format(
    "postgresql",
    "pattern",
    rf"^{_TIME}[ :](?:\[(?P<thread>[0-9]+)(?:-[0-9]+)?\]:? )?"
    rf"(?:(?P<prefix>[^\n]{{1,200}}?)(?: |:\[(?P<thread1>[0-9]+)\]:))??{_MESSAGE}",
    1.0,
    _LAYOUT,
    _LEVELS,
    openings=("0000-00-00 00:00:00",),
)
UNTIMED: Final = Format(
    "postgresql-untimed",
    "pattern",
    rf"^{_BEGINNING}(?P<body>\S(?s:.*))$",  # others pad their words with more blanks
    1.0,
    None,
    _LEVELS,
    openings=(*(f"{word}:  " for word in _WORDS), "DEBUG0:  "),
    later=tuple(f"{word}:  " for word in _MORE),
)
CSV: Final = Format(
    "postgresql-csv",
    "pattern",
    rf"^{_TIME},{_quoted('user')},{_quoted('database')},(?P<thread>[0-9]*),{_quoted('client')},(?P<session>[0-9a-f.]*),"
    rf"[0-9]*,{_quoted('command')},[^,\n]*,[^,\n]*,[0-9]*,(?P<level>{_SEVERITY}),(?P<code>[0-9A-Z]{{5}}),"
    r'"(?P<body>(?:[^"]|"")*)(?:"(?P<rest>(?s:.*)))?$',
    1.0,
    _LAYOUT,
    _LEVELS,
    openings=("0000-00-00 00:00:00",),
)
FORMATS: Final = (CSV, POSTGRES, UNTIMED)
