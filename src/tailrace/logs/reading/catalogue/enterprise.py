"""Application servers and databases of large vendors: WebLogic, WebSphere, Db2, SAP HANA, SQL Server; VMware's hosts.

https://docs.oracle.com/en/middleware/standalone/weblogic-server/14.1.1.0/wllog/,
https://www.ibm.com/docs/en/was/9.0.5?topic=SSEQTP_9.0.5/com.ibm.websphere.base.doc/ae/rtrb_readmsglogs.htm,
https://www.ibm.com/docs/en/db2/11.5?topic=logs-interpretation-diagnostic-log-file-entries,
https://help.sap.com/docs/SAP_HANA_PLATFORM (diagnosis files),
https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-error-severities,
https://knowledge.broadcom.com/external/article/306962 (ESXi's log files)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.catalogue.dates import ways
from tailrace.logs.reading.catalogue.syslog import PRIORITIES
from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_ESX_TIME: Final = (
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|[+-][0-9]{2}:?[0-9]{2}))"
)
_US: Final = tuple(
    Layout(each)
    for each in ways(
        "Mon DD, YYYY hh:mm:ss pp", "Mon DD, YYYY, hh:mm:ss pp", "Mon DD, YYYY hh:mm:ss,fff pp",
        "Mon DD, YYYY, hh:mm:ss,fff pp",
    )
)  # fmt: skip
WEBLOGIC: Final = Format(
    "weblogic",
    "pattern",
    r"^(?:####)?<(?P<time>[A-Z][a-z]{2} [0-9]{1,2}, [0-9]{4},? [0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:,[0-9]{3})? [AP]M)"
    r"(?: [^>\n]{1,40})?> "
    r"<(?P<level>Trace|Debug|Info|Notice|Warning|Error|Critical|Alert|Emergency)> <(?P<logger>[^>\n]*)> "
    r"(?:[^\n]*<(?P<id>BEA-[0-9]{5,6})> )?" + BODY,
    1.0,
    _US[0],
    {
        "Trace": "TRACE", "Debug": "DEBUG", "Info": "INFO", "Notice": "INFO", "Warning": "WARN", "Error": "ERROR",
        "Critical": "FATAL", "Alert": "FATAL", "Emergency": "FATAL",
    },
    layouts=_US[1:],
    openings=("####<Aaa ", "<Aaa "),
)  # fmt: skip
_WAS: Final = tuple(Layout(each) for each in ways("MM/DD/YY hh:mm:ss:fff"))
WEBSPHERE: Final = Format(
    "websphere",
    "pattern",
    r"^\[(?P<time>[0-9]{1,2}/[0-9]{1,2}/[0-9]{2} [0-9]{1,2}:[0-9]{2}:[0-9]{2}:[0-9]{3}) [A-Z][A-Z0-9:+-]{1,9}\] "
    r"(?P<thread>[0-9a-f]{8}) (?P<logger>\S+) +(?P<level>[FEWAICDORZ123<>]) +" + BODY,
    1.0,
    _WAS[0],
    {
        "F": "FATAL", "E": "ERROR", "R": "ERROR", "W": "WARN", "1": "DEBUG", **dict.fromkeys("23<>", "TRACE"),
        **dict.fromkeys("AICDO", "INFO"),
    },
    layouts=_WAS[1:],
    openings=("[00/", "[0/"),
)  # fmt: skip
# What follows the time is its distance from UTC in minutes.
DB2: Final = Format(
    "db2",
    "pattern",
    r"^(?:(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{6})[+-][0-9]{3} +(?P<id>\S+) +"
    r"LEVEL: (?P<level>Critical|Severe|Error|Warning|Info|Event)[^\n]*(?:\n|$)"
    r"|(?P<joined>[A-Z][A-Z0-9]{1,11}(?: ?#[0-9]+)? *: ))" + BODY,
    1.0,
    Layout("YYYY-MM-DD-hh.mm.ss"),
    {
        "Critical": "FATAL", "Severe": "ERROR", "Error": "ERROR", "Warning": "WARN", "Info": "INFO", "Event": "INFO",
    },
    openings=("0000-00-00-00.00.00.0",),
    later=("A",),
)  # fmt: skip
HANA: Final = Format(
    "sap-hana",
    "pattern",
    r"^\[(?P<thread>[0-9]+)\]\{-?[0-9]+\}\[[^\]\n]*\] "
    r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}) (?P<level>[diwef]) (?P<logger>\S+) +"
    r"(?P<source>\S+) : " + BODY,
    1.0,
    _ISO,
    {"d": "DEBUG", "i": "INFO", "w": "WARN", "e": "ERROR", "f": "FATAL"},
    openings=("[0",),
)
SQL_SERVER: Final = Format(
    "sql-server",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{2}) "
    r"(?P<logger>spid[0-9]+s?|Server|Logon|Backup) +"
    r"(?P<body>(?:Error: [0-9]+, Severity: (?P<level>[0-9]{1,2}), State: )?(?s:.*))$",
    1.0,
    _ISO,
    {
        **{str(severity): "INFO" for severity in range(11)}, **{str(severity): "ERROR" for severity in range(11, 20)},
        **{str(severity): "FATAL" for severity in range(20, 26)},
    },
    openings=("0000-00-00 00:00:00.00 ",),
)  # fmt: skip
VMKERNEL: Final = Format(
    "vmkernel",
    "pattern",
    _ESX_TIME + r" cpu[0-9]+:(?P<thread>[0-9]+)(?: opID=[0-9a-f]+)?\)(?:(?P<level>WARNING|ALERT): )?"
    r"(?:(?P<logger>[A-Za-z][\w-]*): )?" + BODY,
    1.0,
    _ISO,
    {"WARNING": "WARN", "ALERT": "FATAL"},
    openings=("0000-00-00T00:00:00.000",),
)
# Since version 8 every line has a priority as that of syslog: `Wa(180)`; before, those of machines have a letter.
ESX: Final = Format(
    "esx",
    "pattern",
    _ESX_TIME
    + r" [A-Z][a-z]\((?P<level>[0-9]{1,3})\) (?P<logger>[^\s:\[]+)(?:\[(?P<thread>[0-9]+)\])?(?::| -) "
    + BODY,
    1.0,
    _ISO,
    PRIORITIES,
    openings=("0000-00-00T00:00:00.000",),
)
VMX: Final = Format(
    "vmx",
    "pattern",
    _ESX_TIME + r"\| (?P<logger>[^|\n]{1,32})\| (?P<level>[TVIWE])[0-9]{3}(?:\+ |: ?)" + BODY,
    1.0,
    _ISO,
    {"T": "TRACE", "V": "TRACE", "I": "INFO", "W": "WARN", "E": "ERROR"},
    openings=("0000-00-00T00:00:00.000",),
)
FORMATS: Final = (WEBLOGIC, WEBSPHERE, DB2, HANA, SQL_SERVER, VMKERNEL, ESX, VMX)
