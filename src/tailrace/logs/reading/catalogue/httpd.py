"""Web servers' error logs: Apache httpd 2.2 and 2.4, and nginx.

https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat, https://nginx.org/en/docs/ngx_core_module.html#error_log
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_LEVELS: Final = {
    "emerg": "FATAL", "alert": "FATAL", "crit": "FATAL", "error": "ERROR", "warn": "WARN", "notice": "INFO",
    "info": "INFO", "debug": "DEBUG", "trace*": "TRACE",
}  # fmt: skip

APACHE_ERROR: Final = Format(
    "apache-error",
    "pattern",
    r"^\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})? [0-9]{4})\] "
    r"\[(?:(?P<logger>[\w-]*):)?(?P<level>emerg|alert|crit|error|warn|notice|info|debug|trace[1-8])\] "
    r"(?:\[pid (?P<pid>[0-9]+)(?::tid (?P<thread>[0-9]+))?\] )?(?:\[client (?P<client>[^\]\n]*)\] ?)?" + BODY,
    1.0,
    Layout("Www Mon DD hh:mm:ss YYYY"),
    _LEVELS,
    layouts=(Layout("Www Mon DD hh:mm:ss.ffffff YYYY"),),
    openings=("[Aaa Aaa _0 0",),
)
NGINX_ERROR: Final = Format(
    "nginx-error",
    "pattern",
    r"^(?P<time>[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) \[(?P<level>[a-z]+)\] "
    r"(?P<pid>[0-9]+)#(?P<thread>[0-9]+): (?:\*(?P<connection>[0-9]+) )?" + BODY,
    1.0,
    Layout("YYYY/MM/DD hh:mm:ss"),
    _LEVELS,
    openings=("0000/00/00 00:00:00 [",),
)
FORMATS: Final = (APACHE_ERROR, NGINX_ERROR)
