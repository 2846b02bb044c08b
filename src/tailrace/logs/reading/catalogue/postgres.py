"""PostgreSQL's server log, with `log_line_prefix` at its default `%m [%p] ` or with more before the severity.

DETAIL, HINT, STATEMENT and their like belong to the message before.
https://www.postgresql.org/docs/current/runtime-config-logging.html (table "Message Severity Levels")
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

POSTGRES: Final = Format(
    "postgresql",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?: (?:[A-Z]{3,5}|[+-][0-9]{2,4}))?) "
    r"(?:\[(?P<thread>[0-9]+)(?:-[0-9]+)?\]:? )?(?:(?P<prefix>[^\n]{1,200}?) )??"
    r"(?:(?P<level>DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC)"
    r"|(?P<joined>DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION|BACKTRACE)):  " + BODY,
    1.0,
    Layout("YYYY-MM-DD?hh:mm:ss"),
    {
        "LOG": "INFO", "INFO": "INFO", "NOTICE": "INFO", "WARNING": "WARN", "ERROR": "ERROR", "FATAL": "FATAL",
        "PANIC": "FATAL", "DEBUG": "DEBUG", "DEBUG*": "DEBUG",
    },
    openings=("0000-00-00 00:00:00",),
)  # fmt: skip
FORMATS: Final = (POSTGRES,)
