"""Ruby's Logger: a letter, time and process in brackets, the level, the program's name, the message.

https://docs.ruby-lang.org/en/master/Logger.html (section "Entries")
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

RUBY: Final = Format(
    "ruby",
    "pattern",
    r"^[DIWEFA], \[(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?) +"
    r"#(?P<thread>[0-9]+)\] +(?P<level>DEBUG|INFO|WARN|ERROR|FATAL|ANY) -- (?P<logger>[^:\n]{0,64}): ?" + BODY,
    1.0,
    Layout("YYYY-MM-DD?hh:mm:ss"),
    openings=("A, [0000-00-00T",),
)
FORMATS: Final = (RUBY,)
