"""Android's logcat, in the forms `threadtime` (its default) and `time`, with or without a year and a zone.

https://developer.android.com/tools/logcat
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_LEVELS: Final = {
    "V": "TRACE", "D": "DEBUG", "I": "INFO", "W": "WARN", "E": "ERROR", "F": "FATAL", "A": "FATAL",
}  # fmt: skip
_TIME: Final = (
    r"^(?P<time>(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,9}(?: [+-][0-9]{4})?)[ ]+"
)
_LAYOUT: Final = Layout("MM-DD hh:mm:ss")
_LAYOUTS: Final = (Layout("YYYY-MM-DD hh:mm:ss"),)
_OPENINGS: Final = ("00-00 00:00:00.0", "0000-00-00 00:00:00.0")

THREADTIME: Final = Format(
    "logcat",
    "pattern",
    _TIME + r"(?:[A-Za-z]\w* +)?(?P<pid>[0-9]+) +(?P<thread>[0-9]+) (?P<level>[VDIWEFA]) "
    r"(?P<logger>[^\n]{0,128}?) *: " + BODY,
    1.0,
    _LAYOUT,
    _LEVELS,
    layouts=_LAYOUTS,
    openings=_OPENINGS,
)
TIME: Final = Format(
    "logcat-time",
    "pattern",
    _TIME + r"(?P<level>[VDIWEFA])/(?P<logger>[^\n(]{0,128}?) *\( *(?P<thread>[0-9]+)\): " + BODY,
    1.0,
    _LAYOUT,
    _LEVELS,
    layouts=_LAYOUTS,
    openings=_OPENINGS,
)
FORMATS: Final = (THREADTIME, TIME)
