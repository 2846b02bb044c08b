"""Windows: its servicing logs (CBS.log, DISM's), and events as the viewer exports them and `Get-WinEvent` prints them.

A servicing log has the time, a comma, the level padded to a column, the component, and the message.

https://learn.microsoft.com/windows-hardware/manufacture/desktop/deployment-troubleshooting-and-log-files
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.catalogue.dates import ways
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
_LEVELS: Final = {
    "Verbose": "TRACE", "Information": "INFO", "Audit Success": "INFO", "Audit Failure": "WARN", "Warning": "WARN",
    "Error": "ERROR", "Critical": "FATAL",
}  # fmt: skip
_LEVEL: Final = "Verbose|Information|Warning|Error|Critical|Audit Success|Audit Failure"
_TIME: Final = r"(?P<time>[0-9]{1,2}/[0-9]{1,2}/[0-9]{4} [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M)"
_US: Final = tuple(Layout(each) for each in ways("MM/DD/YYYY hh:mm:ss pp"))
EXPORTED: Final = Format(
    "windows-events-csv",
    "pattern",
    rf"^\x{{feff}}?(?:(?P<level>{_LEVEL}),{_TIME},(?P<logger>[^,\n]+),(?P<event>[0-9]+),[^,\n]*(?:,|$)"
    r"|(?P<joined>(?:Level|Keywords),Date and Time,))" + BODY,
    1.0,
    _US[0],
    _LEVELS,
    layouts=_US[1:],
    openings=("Verb", "Info", "Warn", "Erro", "Crit", "Audi"),
    later=("Level,", "Keyw", "\ufeff"),
)
LISTED: Final = Format(
    "windows-events",
    "pattern",
    rf"^{_TIME} +(?P<event>[0-9]+) +(?P<level>{_LEVEL}) +" + BODY,
    1.0,
    _US[0],
    _LEVELS,
    layouts=_US[1:],
    openings=("0/0", "00/0"),
)
FORMATS: Final = (CBS, EXPORTED, LISTED)
