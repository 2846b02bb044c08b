"""OpenStack: what oslo.log writes, perhaps after the name of the file that the line was taken from.

A traceback repeats time, process, level and logger on every line, but not the request in brackets: such lines go on
with the record before. https://docs.openstack.org/oslo.log/latest/configuration/index.html
(`logging_context_format_string`, `logging_exception_prefix`)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.stamps import Layout

_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}"
_LEVELS: Final = {
    "TRACE": "TRACE", "DEBUG": "DEBUG", "INFO": "INFO", "AUDIT": "INFO", "WARNING": "WARN", "ERROR": "ERROR",
    "CRITICAL": "FATAL",
}  # fmt: skip


def _oslo(name: str, before: str, openings: tuple[str, ...]) -> Format:
    return Format(
        name,
        "pattern",
        rf"^{before}(?P<time>{_TIME}) (?P<thread>[0-9]+) (?P<level>TRACE|DEBUG|INFO|AUDIT|WARNING|ERROR|CRITICAL) "
        r"(?P<logger>[\w.$:-]+) "
        r"(?:\[(?P<request>-|[\w-]+(?: [^\]\n]*)?)\] ?(?P<body>(?s:.*))|(?P<joined>[^\[\n][^\n]*)?)$",
        1.0,
        Layout("YYYY-MM-DD?hh:mm:ss"),
        _LEVELS,
        openings=openings,
    )


OPENSTACK: Final = _oslo("openstack", "", ("0000-00-00 00:00:00.000 0",))
OPENSTACK_NAMED: Final = _oslo(
    "openstack-named", r"(?P<file>[^\s:]{1,128}?\.log\S{0,64}) ", ("* 0000-00-00 00:00:00.000 0",)
)
FORMATS: Final = (OPENSTACK, OPENSTACK_NAMED)
