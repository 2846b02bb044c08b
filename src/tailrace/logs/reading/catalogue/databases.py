"""Databases' own logs: MySQL's and MariaDB's of errors, slow queries and all queries, MongoDB's before and since 4.4,
Redis'.

https://dev.mysql.com/doc/refman/8.4/en/error-log-format.html, https://mariadb.com/kb/en/error-log/,
https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html, https://dev.mysql.com/doc/refman/8.4/en/query-log.html,
https://www.mongodb.com/docs/manual/reference/log-messages/, https://redis.io/docs/latest/operate/ (src/server.c,
`serverLogRaw`, `serverLogFromHandler`)
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
# Both of MySQL's logs of queries begin with these lines at every start; they go on with whatever stood before.
_PREAMBLE: Final = r"[^\n]{1,200}, Version: [^\n]*started with:|Tcp port: |Time +Id Command"
_QUERY_TIME: Final = (
    r"(?P<time>[0-9]{6} [ 0-9][0-9]:[0-9]{2}:[0-9]{2}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}(?:Z|[+-][0-9]{2}:[0-9]{2}))"
)
_QUERY_LAYOUT: Final = Layout("YYMMDD hh:mm:ss")
# A query for which MariaDB writes no time, since it is of the same second, stays in the record before.
MYSQL_SLOW: Final = Format(
    "mysql-slow",
    "pattern",
    rf"^(?:# Time: {_QUERY_TIME}\s*|(?P<joined># [A-Z][\w@]*: |SET timestamp=[0-9]+;|use \S+;|{_PREAMBLE}))" + BODY,
    1.0,
    _QUERY_LAYOUT,
    layouts=(_ISO,),
    openings=("# Time: 0",),
    later=("# A", "SET timestamp=0", "use ", "A", "a", "/"),
)
MYSQL_QUERIES: Final = Format(
    "mysql-general",
    "pattern",
    rf"^(?:(?:{_QUERY_TIME}\t|\t\t) *(?P<thread>[0-9]+) (?P<command>[A-Z][a-z]+(?: [A-Za-z]+)?)(?:\t|$)"
    rf"|(?P<joined>{_PREAMBLE}))" + BODY,
    1.0,
    _QUERY_LAYOUT,
    layouts=(_ISO,),
    openings=("000000 _0:00:00\t", "0000-00-00T00:00:00.000000", "\t\t"),
    later=("A", "a", "/"),
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
    r"^(?:(?P<pid>[0-9]+):(?P<role>[XCSM]|signal-handler)|\[(?P<process>[0-9]+)\]) "
    r"(?:(?P<time>[0-9]{2} [A-Z][a-z]{2} (?:[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?|\([0-9]{10}\)) "
    r"(?:(?P<level>[.*#-]) )?)" + BODY,
    1.0,
    Layout("DD Mon YYYY hh:mm:ss"),
    {".": "DEBUG", "-": "DEBUG", "*": "INFO", "#": "WARN"},
    layouts=(Layout("DD Mon hh:mm:ss"), Layout("(EEEEEEEEEE)")),
    openings=("0", "[0"),
)
FORMATS: Final = (MYSQL, MYSQL_SLOW, MYSQL_QUERIES, MONGO_JSON, MONGO, REDIS)
