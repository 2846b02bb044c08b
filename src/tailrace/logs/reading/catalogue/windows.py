"""Windows' servicing logs (CBS.log, DISM's): time, a comma, the level padded to a column, the component, the message.

https://learn.microsoft.com/windows-hardware/manufacture/desktop/deployment-troubleshooting-and-log-files
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

CBS: Final = Format(
    "windows-cbs",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}), (?P<level>[A-Z][A-Za-z]+) +"
    r"(?:(?P<logger>[A-Z][A-Za-z]{1,15}) +)?" + BODY,
    1.0,
    Layout("YYYY-MM-DD hh:mm:ss"),
    {
        "Info": "INFO", "Perf": "INFO", "Warning": "WARN", "Error": "ERROR", "Fatal": "FATAL", "Debug": "DEBUG",
        "Verbose": "TRACE",
    },
    openings=("0000-00-00 00:00:00, A",),
)  # fmt: skip
FORMATS: Final = (CBS,)
