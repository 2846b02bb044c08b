"""The JVM's worlds, where they differ from the usual layout of log4j: Spark's short year, the old HDFS's bare digits.

ZooKeeper's layout is one of those that `log4j` covers, but for the one with its server's number since version 3.4.
https://github.com/apache/spark/blob/master/conf/log4j2.properties.template (`%d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n`)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format, stamped_pattern
from tailrace.logs.reading.stamps import Layout

SPARK: Final = Format(
    "spark",
    "stamped",
    stamped_pattern(r"[0-9]{2}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?"),
    0.95,
    Layout("YY/MM/DD hh:mm:ss"),
)
SLASHED: Final = Format(
    "slashed-date",
    "stamped",
    stamped_pattern(r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?"),
    0.9,
    Layout("YYYY/MM/DD hh:mm:ss"),
)
HDFS: Final = Format(
    "hdfs",
    "pattern",
    r"^(?P<time>[0-9]{6} [0-9]{6}) (?P<thread>[0-9]+) (?P<level>[A-Z]+) (?P<logger>[\w.$-]+): " + BODY,
    1.0,
    Layout("YYMMDD hhmmss"),
    openings=("000000 000000 0",),
)
ZOOKEEPER: Final = Format(
    "zookeeper",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3}) \[myid:(?P<myid>[^\]\n]*)\] - "
    r"(?P<level>[A-Z]+) +\[(?P<thread>[^\n]*?)\] - " + BODY,
    1.0,
    Layout("YYYY-MM-DD hh:mm:ss"),
    openings=("0000-00-00 00:00:00,000 [myid:",),
)
FORMATS: Final = (ZOOKEEPER, SPARK, SLASHED, HDFS)
