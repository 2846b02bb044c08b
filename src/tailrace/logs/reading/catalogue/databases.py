"""Databases' own logs: MySQL and MariaDB, MongoDB before and since 4.4, Redis, Cassandra.

https://dev.mysql.com/doc/refman/8.4/en/error-log-format.html, https://mariadb.com/kb/en/error-log/,
https://www.mongodb.com/docs/manual/reference/log-messages/, https://redis.io/docs/latest/operate/ (src/server.c,
`serverLogRaw`), https://cassandra.apache.org/doc/latest/cassandra/troubleshooting/reading_logs.html
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_LETTERS: Final = {"F": "FATAL", "E": "ERROR", "W": "WARN", "I": "INFO", "D": "DEBUG", "D*": "DEBUG", "T": "TRACE"}
MYSQL: Final = Format(
    "mysql",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][ 0-9][0-9]:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
    r"|[0-9]{6} [ 0-9][0-9]:[0-9]{2}:[0-9]{2}) +(?:(?P<thread>[0-9]+) +)?"
    r"\[(?P<level>System|Note|Warning|ERROR|Error)\] (?:\[(?P<code>MY-[0-9]+)\] )?(?:\[(?P<logger>[A-Za-z]+)\] )?"
    + BODY,
    1.0,
    _ISO,
    {"System": "INFO", "Note": "INFO", "Warning": "WARN", "ERROR": "ERROR", "Error": "ERROR"},
    layouts=(Layout("YYMMDD hh:mm:ss"),),
    openings=("0000-00-00?_0:00:00", "000000 _0:00:00 "),
)
MONGO_JSON: Final = Format(
    "mongodb",
    "pattern",
    r'^\{"t":\{"\$date":"(?P<time>[^"\n]{19,40})"\}, *"s":"(?P<level>[FEWID][1-5]?)", *"c":"(?P<logger>[^"\n]*)", *'
    r'"id":(?P<id>[0-9]+), *(?:"svc":"[^"\n]*", *)?"ctx":"(?P<thread>[^"\n]*)", *"msg":"(?P<body>(?:[^"\\\n]|\\.)*)"'
    r",?(?P<rest>(?s:.*))$",
    1.0,
    _ISO,
    _LETTERS,
    openings=('{"t":{"$date":"00',),
)
MONGO: Final = Format(
    "mongodb-text",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|[+-][0-9]{4})) (?P<level>[FEWID]) +"
    r"(?P<logger>[A-Z_-]+) +\[(?P<thread>[^\]\n]*)\] " + BODY,
    1.0,
    _ISO,
    _LETTERS,
    openings=("0000-00-00T00:00:00.000",),
)
REDIS: Final = Format(
    "redis",
    "pattern",
    r"^(?:(?P<pid>[0-9]+):(?P<role>[XCSM])|\[(?P<process>[0-9]+)\]) "
    r"(?P<time>[0-9]{2} [A-Z][a-z]{2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?) (?P<level>[.*#-]) "
    + BODY,
    1.0,
    Layout("DD Mon YYYY hh:mm:ss"),
    {".": "DEBUG", "-": "DEBUG", "*": "INFO", "#": "WARN"},
    layouts=(Layout("DD Mon hh:mm:ss"),),
    openings=("0", "[0"),
)
FORMATS: Final = (MYSQL, MONGO_JSON, MONGO, REDIS)
