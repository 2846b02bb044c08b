"""The console of .NET: four letters of a level, category and event; the message stands on the lines that follow.

https://learn.microsoft.com/dotnet/core/extensions/console-log-formatter (formatter "simple", no timestamp by default)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format

DOTNET: Final = Format(
    "dotnet-console",
    "pattern",
    r"^(?P<level>trce|dbug|info|warn|fail|crit): (?P<logger>[\w.`+<>-]+)\[(?P<event>-?[0-9]+)\]\s*" + BODY,
    1.0,
    None,
    {"trce": "TRACE", "dbug": "DEBUG", "info": "INFO", "warn": "WARN", "fail": "ERROR", "crit": "FATAL"},
    openings=("aaaa: ",),
)
FORMATS: Final = (DOTNET,)
