"""Daemons and tools with notations of their own: Tor, NATS, etcd before 3.5, Prosody, the kernel's buffer, Xorg, Linux'
audit, apt's history.

https://spec.torproject.org, https://docs.nats.io/running-a-nats-service/configuration/logging,
https://github.com/coreos/pkg/tree/main/capnslog, https://prosody.im/doc/logging,
https://man7.org/linux/man-pages/man1/dmesg.1.html (`--decode`, `--raw`), Xorg(1), auditd(8), apt(8)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.catalogue.syslog import PRIORITIES
from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_MONTH: Final = Layout("Mon DD hh:mm:ss")
_WORDS: Final = {
    "emerg": "FATAL", "alert": "FATAL", "crit": "FATAL", "err": "ERROR", "warn": "WARN", "notice": "INFO",
    "info": "INFO", "debug": "DEBUG",
}  # fmt: skip
TOR: Final = Format(
    "tor",
    "pattern",
    r"^(?P<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?) "
    r"\[(?P<level>debug|info|notice|warn|err)\] " + BODY,
    1.0,
    _MONTH,
    openings=("Aaa _0 00:00:00",),
)
NATS: Final = Format(
    "nats",
    "pattern",
    r"^\[(?P<thread>[0-9]+)\] (?P<time>[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?) "
    r"\[(?P<level>TRC|DBG|INF|WRN|ERR|FTL)\] " + BODY,
    1.0,
    Layout("YYYY/MM/DD hh:mm:ss"),
    {"TRC": "TRACE", "DBG": "DEBUG", "INF": "INFO", "WRN": "WARN", "ERR": "ERROR", "FTL": "FATAL"},
    openings=("[0",),
)
CAPNSLOG: Final = Format(
    "capnslog",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}) (?P<level>[CEWNIDT]) \| "
    r"(?P<logger>[\w./-]+): " + BODY,
    1.0,
    _ISO,
    {"C": "FATAL", "E": "ERROR", "W": "WARN", "N": "INFO", "I": "INFO", "D": "DEBUG", "T": "TRACE"},
    openings=("0000-00-00 00:00:00.000000 A | ",),
)
PROSODY: Final = Format(
    "prosody",
    "pattern",
    r"^(?P<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<logger>\S+)\t"
    r"(?P<level>debug|info|warn|error)\t" + BODY,
    1.0,
    _MONTH,
    openings=("Aaa _0 00:00:00 ",),
)
# The time is that since the machine's start, so records have none.
KERNEL: Final = Format(
    "kernel-buffer",
    "pattern",
    r"^(?:<|(?P<facility>[a-z][a-z0-9]*) *:|)(?P<level>[0-9]{1,3}|emerg|alert|crit|err|warn|notice|info|debug|)"
    r"(?:>| *: |)\[ *(?P<uptime>[0-9]+\.[0-9]{6})\](?:\[ *[TC][0-9]+\])? " + BODY,
    1.0,
    None,
    {**PRIORITIES, **_WORDS},
    openings=("[ ", "[0", "<0", "kern ", "user ", "daemon", "syslog"),
)
XORG: Final = Format(
    "xorg",
    "pattern",
    r"^\[ *(?P<uptime>[0-9]+\.[0-9]{3})\] (?:\((?P<level>EE|WW|II|NI|!!|==|\*\*|\+\+|--|\?\?)\) ?)?" + BODY,
    1.0,
    None,
    {"EE": "ERROR", "WW": "WARN", **dict.fromkeys(("II", "NI", "!!", "==", "**", "++", "--", "??"), "INFO")},
    openings=("[ ", "[0"),
)
AUDIT: Final = Format(
    "linux-audit",
    "pattern",
    r"^(?:node=(?P<node>\S+) )?type=(?P<logger>\w+) msg=audit\((?P<time>[0-9]{10}\.[0-9]{3}):(?P<event>[0-9]+)\): +"
    + BODY,
    1.0,
    Layout("EEEEEEEEEE"),
    openings=("type=A", "node="),
)
APT: Final = Format(
    "apt-history",
    "pattern",
    r"^(?:Start-Date: (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}  [0-9]{2}:[0-9]{2}:[0-9]{2})\s*"
    r"|(?P<joined>(?:Commandline|Requested-By|Comment|Install|Reinstall|Upgrade|Downgrade|Remove|Purge|Disappeared|Error"
    r"|End-Date): ))" + BODY,
    1.0,
    Layout("YYYY-MM-DD  hh:mm:ss"),
    openings=("Start-Date: 0",),
    later=("Aa",),
)
FORMATS: Final = (TOR, PROSODY, NATS, CAPNSLOG, KERNEL, XORG, AUDIT, APT)
