"""Daemons and tools with notations of their own: Tor, NATS, etcd before 3.5, Prosody, Dovecot, Samba, CUPS, Asterisk,
Nagios, Bacula, the kernel's buffer, Xorg, Linux' audit, apt's history.

https://spec.torproject.org, https://docs.nats.io/running-a-nats-service/configuration/logging,
https://github.com/coreos/pkg/tree/main/capnslog, https://prosody.im/doc/logging,
https://doc.dovecot.org/2.3/admin_manual/logging/, smb.conf(5) (`syslog`), cupsd-logs(5),
https://docs.asterisk.org/Operation/Logging/, https://assets.nagios.com/downloads/nagioscore/docs/,
https://www.bacula.org/documentation/, https://man7.org/linux/man-pages/man1/dmesg.1.html (`--decode`, `--raw`),
Xorg(1), auditd(8), apt(8)
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
DOVECOT: Final = Format(
    "dovecot",
    "pattern",
    r"^(?P<time>[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?) (?P<logger>[a-z][a-z0-9-]*)"
    r"(?P<session>[(<][^\s:]*)?: (?P<level>Debug|Info|Warning|Error|Fatal|Panic): " + BODY,
    1.0,
    _MONTH,
    openings=("Aaa _0 00:00:00",),
)
# Debug levels, as Samba itself gives them to syslog. The message stands in the lines that follow.
SAMBA: Final = Format(
    "samba",
    "pattern",
    r"^\[(?P<time>[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?), +(?P<level>[0-9]{1,2})"
    r"(?:, [^\]\n]*)?\] (?P<logger>\S+:[0-9]+\([^)\n]*\))\s*" + BODY,
    1.0,
    Layout("YYYY/MM/DD hh:mm:ss"),
    {
        "0": "ERROR", "1": "WARN", "2": "INFO", "3": "INFO",
        **{str(level): "DEBUG" for level in range(4, 11)},
    },
    openings=("[0000/00/00 00:00:00",),
)  # fmt: skip
CUPS: Final = Format(
    "cups",
    "pattern",
    r"^(?P<level>[XACEWNIDd]) \[(?P<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)? "
    r"[+-][0-9]{4}\] " + BODY,
    1.0,
    Layout("DD/Mon/YYYY:hh:mm:ss"),
    {
        "X": "FATAL", "A": "FATAL", "C": "FATAL", "E": "ERROR", "W": "WARN", "N": "INFO", "I": "INFO", "D": "DEBUG",
        "d": "TRACE",
    },
    openings=("A [00/Aaa/0000:", "d [00/Aaa/0000:"),
)  # fmt: skip
ASTERISK: Final = Format(
    "asterisk",
    "pattern",
    r"^\[(?P<time>(?:[A-Z][a-z]{2} [ 0-9][0-9]|[0-9]{4}-[0-9]{2}-[0-9]{2}) "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?)\] "
    r"(?P<level>NOTICE|WARNING|ERROR|VERBOSE|DEBUG|SECURITY|DTMF|FAX)\[(?P<thread>[0-9]+)\]"
    r"(?:\[(?P<call>C-[0-9a-f]+)\])?:? "
    r"(?:(?P<logger>[\w./-]+\.(?:c|cc|cpp)): )?" + BODY,
    1.0,
    _MONTH,
    {
        "ERROR": "ERROR", "WARNING": "WARN", "DEBUG": "DEBUG", "DTMF": "DEBUG", "VERBOSE": "TRACE",
        **dict.fromkeys(("NOTICE", "SECURITY", "FAX"), "INFO"),
    },
    layouts=(_ISO,),
    openings=("[Aaa _0 00:00:00", "[0000-00-00 00:00:00"),
)  # fmt: skip
# Of the state of what is watched that of an alert is the level; what only repeats it, and what was sent, has none.
NAGIOS: Final = Format(
    "nagios",
    "pattern",
    r"^\[(?P<time>[0-9]{10})\] (?P<body>(?:(?:SERVICE ALERT: [^;\n]*;|HOST ALERT: )[^;\n]*;"
    r"(?P<level>OK|UP|WARNING|UNKNOWN|CRITICAL|DOWN|UNREACHABLE);|(?P<level0>Warning|Error): "
    r"|(?:SERVICE|HOST|(?:CURRENT|INITIAL|PASSIVE) (?:SERVICE|HOST)|EXTERNAL|TIMEPERIOD|GLOBAL|LOG) [A-Z ]+: "
    r"|(?:Nagios|Icinga|Caught|Successfully|Finished|Event broker|Local time|Auto-save|Bailing out)\b|[a-z]+: )"
    r"(?s:.*))$",
    1.0,
    Layout("EEEEEEEEEE"),
    {
        "OK": "INFO", "UP": "INFO", "WARNING": "WARN", "UNKNOWN": "WARN", "CRITICAL": "ERROR", "DOWN": "ERROR",
        "UNREACHABLE": "ERROR",
    },
    openings=("[0000000000] ",),
)  # fmt: skip
BACULA: Final = Format(
    "bacula",
    "pattern",
    r"^(?P<time>[0-9]{2}-[A-Z][a-z]{2}(?:-[0-9]{4})? [0-9]{2}:[0-9]{2}(?::[0-9]{2})?) "
    r"(?P<logger>[\w.-]+-(?:dir|sd|fd)) JobId (?P<job>[0-9]+): (?:(?P<level>Warning|Error|Fatal)(?: error)?: )?" + BODY,
    1.0,
    Layout("DD-Mon hh:mm"),
    layouts=(Layout("DD-Mon-YYYY hh:mm:ss"), Layout("DD-Mon-YYYY hh:mm")),
    openings=("00-Aaa ", "00-Aaa-0000 "),
)
# The time is that since the machine's start, so records have none. It would match what the journal prints so, too.
KERNEL: Final = Format(
    "kernel-buffer",
    "pattern",
    r"^(?:<|(?P<facility>[a-z][a-z0-9]*) *:|)(?P<level>[0-9]{1,3}|emerg|alert|crit|err|warn|notice|info|debug|)"
    r"(?:>| *: |)\[ *(?P<uptime>[0-9]+\.[0-9]{6})\](?:\[ *[TC][0-9]+\])? " + BODY,
    0.98,
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
FORMATS: Final = (
    TOR, PROSODY, NATS, CAPNSLOG, DOVECOT, SAMBA, CUPS, ASTERISK, NAGIOS, BACULA, KERNEL, XORG, AUDIT, APT,
)  # fmt: skip
