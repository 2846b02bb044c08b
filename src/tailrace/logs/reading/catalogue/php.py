"""PHP: its error log, php-fpm's own, and Monolog's lines, which Laravel and Symfony write.

https://www.php.net/manual/en/errorfunc.configuration.php#ini.error-log,
https://github.com/Seldaek/monolog/blob/main/src/Monolog/Formatter/LineFormatter.php (`SIMPLE_FORMAT`)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_TIME: Final = Layout("DD-Mon-YYYY hh:mm:ss")
_STAMP: Final = r"(?P<time>[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?"
PHP: Final = Format(
    "php",
    "pattern",
    rf"^\[{_STAMP}(?: (?:UTC|[A-Z]{{3,5}}))?)(?: (?P<zone>[A-Z][A-Za-z]+/[A-Za-z_/+-]{{1,40}}))?\] "
    r"(?:PHP (?P<level>Fatal error|Parse error|Warning|Notice|Deprecated|Recoverable fatal error|Core error"
    r"|Compile error|User error|User warning|User notice|Startup):  ?)?" + BODY,
    0.95,
    _TIME,
    {
        "Fatal error": "FATAL", "Parse error": "FATAL", "Core error": "FATAL", "Compile error": "FATAL",
        "Recoverable fatal error": "ERROR", "User error": "ERROR", "Warning": "WARN", "User warning": "WARN",
        "Notice": "INFO", "User notice": "INFO", "Deprecated": "INFO", "Startup": "WARN",
    },
    openings=("[00-Aaa-0000 00:00:00",),
)  # fmt: skip
FPM: Final = Format(
    "php-fpm",
    "pattern",
    rf"^\[{_STAMP})\] (?P<level>DEBUG|NOTICE|WARNING|ERROR|ALERT): (?:pid (?P<thread>[0-9]+), )?" + BODY,
    1.0,
    _TIME,
    openings=("[00-Aaa-0000 00:00:00",),
)
MONOLOG: Final = Format(
    "monolog",
    "pattern",
    r"^\[(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:[+-][0-9]{2}:[0-9]{2})?)\] "
    r"(?P<logger>[\w-]{1,64})\.(?P<level>DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|ALERT|EMERGENCY): " + BODY,
    1.0,
    Layout("YYYY-MM-DD?hh:mm:ss"),
    openings=("[0000-00-00?00:00:00",),
)
FORMATS: Final = (FPM, PHP, MONOLOG)
