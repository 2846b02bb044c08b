"""Erlang's reports, as its error logger writes them: kind and time between signs of equality, then more lines.

https://www.erlang.org/doc/apps/sasl/error_logging.html, https://www.erlang.org/doc/apps/kernel/logger_formatter.html
(`legacy_header`)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

ERLANG: Final = Format(
    "erlang",
    "pattern",
    r"^=(?P<level>EMERGENCY|ALERT|CRITICAL|ERROR|CRASH|SUPERVISOR|WARNING|NOTICE|INFO|PROGRESS|DEBUG) REPORT==== "
    r"(?P<time>[0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4}::[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?) ===\s*" + BODY,
    1.0,
    Layout("DD-Mon-YYYY::hh:mm:ss"),
    {
        "EMERGENCY": "FATAL", "ALERT": "FATAL", "CRITICAL": "FATAL", "ERROR": "ERROR", "CRASH": "ERROR",
        "SUPERVISOR": "ERROR", "WARNING": "WARN", "NOTICE": "INFO", "INFO": "INFO", "PROGRESS": "INFO",
        "DEBUG": "DEBUG",
    },
    layouts=(Layout("D-Mon-YYYY::hh:mm:ss"),),
    openings=("=A",),
)  # fmt: skip
FORMATS: Final = (ERLANG,)
