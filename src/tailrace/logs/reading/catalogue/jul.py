"""java.util.logging's SimpleFormatter: time, class and method in one line, level and message in the next.

https://docs.oracle.com/en/java/javase/21/docs/api/java.logging/java/util/logging/SimpleFormatter.html; Tomcat's
OneLineFormatter: https://tomcat.apache.org/tomcat-10.1-doc/logging.html
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_LEVEL: Final = "SEVERE|WARNING|INFO|CONFIG|FINEST|FINER|FINE"
JUL: Final = Format(
    "java-util-logging",
    "pattern",
    r"^(?:(?P<time>[A-Z][a-z]{2} [0-9]{2}, [0-9]{4} [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M) "
    rf"(?P<logger>[^\s]+)(?: (?P<method>[^\s]+))?[ \t]*(?:\r?\n(?:(?P<level>{_LEVEL}): )?|$)|(?P<joined>{_LEVEL}): )"
    + BODY,
    1.0,
    Layout("Mon DD, YYYY hh:mm:ss pp"),
    layouts=(Layout("Mon DD, YYYY h:mm:ss pp"),),
    openings=("Aaa 00, 0000 0",),
    later=tuple(f"{word}: " for word in _LEVEL.split("|")),
    lines=2,
)
TOMCAT: Final = Format(
    "tomcat",
    "pattern",
    r"^(?P<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}) "
    rf"(?P<level>{_LEVEL}) \[(?P<thread>[^\]\n]*)\] (?P<logger>\S+) ?" + BODY,
    1.0,
    Layout("DD-Mon-YYYY hh:mm:ss"),
    openings=("00-Aaa-0000 00:00:00.000 A",),
)
FORMATS: Final = (JUL, TOMCAT)
