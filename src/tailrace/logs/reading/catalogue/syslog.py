"""Syslog: RFC 5424, RFC 3164 with and without a priority, and the file format of rsyslog with ISO times.

The severity is the priority modulo 8 (RFC 5424, section 6.2.1); a line without a priority has no level, whatever words
it holds, but for a stack trace. RFC 3164 (section 4.1.2) knows neither year nor zone; a year after the day is what
routers write, two blanks before the host Juniper's. rsyslog writes line feeds and tabs within a message as `#012` and
`#011`.
https://www.rfc-editor.org/rfc/rfc5424, https://www.rfc-editor.org/rfc/rfc3164,
https://www.rsyslog.com/doc/configuration/templates.html (RSYSLOG_FileFormat)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_SEVERITIES: Final = ("FATAL", "FATAL", "FATAL", "ERROR", "WARN", "INFO", "INFO", "DEBUG")
PRIORITIES: Final = {str(priority): _SEVERITIES[priority % 8] for priority in range(192)}

_ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_ISO_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
_BSD_TIME: Final = r"[A-Z][a-z]{2} [ 0-9]?[0-9] (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
# A tag of several words is one only if a process number follows it: `Microsoft Word[14463]:`. A program that writes its
# own file often leaves the host out: `dnsmasq[14463]:`.
_TAGGED: Final = (
    r"(?:(?P<host>[^\s\[\]]+) (?:(?:(?P<logger>[^\s:\[\]]{1,64})(?:\[(?P<thread>[^\]\s]{1,32})\])?"
    r"|(?P<logger1>[^:\[\]]{1,64}?)\[(?P<thread1>[0-9]{1,10})\]): ?)?"
    r"|(?P<logger2>[^\s:\[\]]{1,64})\[(?P<thread2>[^\]\s]{1,32})\]:? ?)" + BODY
)

RFC5424: Final = Format(
    "syslog-rfc5424",
    "pattern",
    rf"^<(?P<level>[0-9]{{1,3}})>1 (?:-|(?P<time>{_ISO_TIME}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}}))) (?:-|(?P<host>\S+)) "
    r"(?:-|(?P<logger>\S+)) (?:-|(?P<thread>\S+)) (?:-|(?P<msgid>\S+)) "
    r'(?:-|(?P<data>(?:\[[^\s\]="]+(?: [^\s\]="]+="(?:[^"\\\]]|\\.)*")*\])+)) ?\x{feff}? ?' + BODY,
    1.0,
    _ISO,
    PRIORITIES,
    openings=("<",),
    escaped=True,
)
RFC3164: Final = Format(
    "syslog-rfc3164",
    "pattern",
    rf"^(?:<(?P<level>[0-9]{{1,3}})>)?(?P<time>{_BSD_TIME}) {{1,2}}{_TAGGED}",
    0.95,
    Layout("Mon DD hh:mm:ss"),
    PRIORITIES,
    layouts=(Layout("Mon DD YYYY hh:mm:ss"), Layout("Mon D hh:mm:ss")),
    openings=("<", "Aaa _0 0", "Aaa 0 0"),
    escaped=True,
)
RSYSLOG: Final = Format(
    "syslog-iso",
    "pattern",
    rf"^(?:<(?P<level>[0-9]{{1,3}})>)?(?P<time>{_ISO_TIME}[+-][0-9]{{2}}:?[0-9]{{2}}) (?P<host>[0-9a-z][\w.:-]*) "
    r"(?P<logger>[^\s:\[\]]{1,64})(?:\[(?P<thread>[^\]\s]{1,32})\])?: ?" + BODY,
    0.95,
    _ISO,
    PRIORITIES,
    openings=("<", "0000-00-00T"),
    escaped=True,
)
FORMATS: Final = (RFC5424, RFC3164, RSYSLOG)
