"""Switches, routers and firewalls: Cisco's IOS, NX-OS, IOS XR and ASA, MikroTik's RouterOS, FortiGate, SonicWall.

Cisco's messages carry a facility, a severity (0 to 7, those of syslog) and a mnemonic.
https://www.cisco.com/c/en/us/td/docs/routers/access/wireless/software/guide/SysMsgLogging.html,
https://help.mikrotik.com/docs/spaces/ROS/pages/328094/Log,
https://docs.fortinet.com/document/fortigate/latest/fortios-log-message-reference,
https://www.sonicwall.com/techdocs/pdf/sonicos-log-events-reference-guide.pdf
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.openings import DATE_WITHIN, MNEMONIC_WITHIN
from tailrace.logs.reading.stamps import Layout

_SEVERITIES: Final = {
    "0": "FATAL", "1": "FATAL", "2": "FATAL", "3": "ERROR", "4": "WARN", "5": "INFO", "6": "INFO", "7": "DEBUG",
}  # fmt: skip
_PRIORITY: Final = r"^(?:<[0-9]{1,3}>)?"
# A collector's time and host may stand before the device's own. What may stand where is told closely, so that lines of
# syslog are ruled out by their first bytes.
_STAMP: Final = r"(?:[0-9]{4} )?[A-Z][a-z]{2} [ 0-9]?[0-9] (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
_SLOT: Final = r"(?:[A-Z0-9]{1,8}/[A-Z0-9/]{1,24}:)?[*.]?"
_AFTER: Final = r"(?: [A-Z]{3,4})?(?: ?:)? "
_COLLECTED: Final = _PRIORITY + r"(?:[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9:]{8} [^\s=]+ (?:\S+: )?)?"
CISCO: Final = Format(
    "cisco",
    "pattern",
    rf"{_PRIORITY}(?:[0-9]{{1,10}}: +)?{_SLOT}(?P<time>{_STAMP}){_AFTER}(?:(?P<host>[^\s%\[]+) (?:: )?)?"
    rf"(?:[0-9]{{1,10}}: )?(?:{_SLOT}{_STAMP}{_AFTER})?(?:[a-z_]\w*\[[0-9]+\]: )?"
    r"%(?P<logger>[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*?)-(?P<level>[0-7])-(?P<mnemonic>[A-Z0-9_]+) ?: " + BODY,
    1.0,
    Layout("Mon DD hh:mm:ss"),
    _SEVERITIES,
    layouts=tuple(
        Layout(each)
        for each in (
            "Mon DD YYYY hh:mm:ss", "Mon D hh:mm:ss", "Mon D YYYY hh:mm:ss", "YYYY Mon DD hh:mm:ss",
            "YYYY Mon D hh:mm:ss",
        )
    ),
    openings=(MNEMONIC_WITHIN, "<", "A", "*A", ".A", "0"),
)  # fmt: skip
# Topics stand between commas, the level among them.
MIKROTIK: Final = Format(
    "mikrotik",
    "pattern",
    r"^(?P<time>(?:(?:[A-Za-z]{3}/[0-9]{2}(?:/[0-9]{4})?|[0-9]{4}-[0-9]{2}-[0-9]{2}) )?[0-9]{2}:[0-9]{2}:[0-9]{2}) "
    r"(?P<logger>[a-z0-9-]+(?:,[a-z0-9-]+)*?),(?P<level>critical|error|warning|info|debug)(?:,[a-z0-9-]+)* " + BODY,
    1.0,
    Layout("Mon/DD/YYYY hh:mm:ss"),
    layouts=(Layout("YYYY-MM-DD hh:mm:ss"), Layout("Mon/DD hh:mm:ss"), Layout("hh:mm:ss")),
    openings=("Aaa/00", "aaa/00", "0000-00-00 ", "00:00:00 "),
)
FORTIGATE: Final = Format(
    "fortigate",
    "pattern",
    _COLLECTED + r"date=(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}) "
    r"time=(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<body>(?:[^\n]*? )?"
    r'level="?(?P<level>emergency|alert|critical|error|warning|notice|information|debug)\b(?s:.*))$',
    1.0,
    Layout("hh:mm:ss"),
    {
        "emergency": "FATAL", "alert": "FATAL", "critical": "FATAL", "error": "ERROR", "warning": "WARN",
        "notice": "INFO", "information": "INFO", "debug": "DEBUG",
    },
    openings=(DATE_WITHIN, "<", "date=0", "A", "0"),
    date=Layout("YYYY-MM-DD"),
)  # fmt: skip
SONICWALL: Final = Format(
    "sonicwall",
    "pattern",
    _COLLECTED + r'id=(?P<host>\S+) sn=(?P<serial>\S+) time="(?P<time>[0-9: -]{19})(?: UTC)?" '
    r"(?P<body>(?:fw=\S+ )?pri=(?P<level>[0-7]) (?s:.*))$",
    1.0,
    Layout("YYYY-MM-DD hh:mm:ss"),
    _SEVERITIES,
    openings=(DATE_WITHIN, "<", "id=", "A"),
)
FORMATS: Final = (CISCO, MIKROTIK, FORTIGATE, SONICWALL)
