"""What libraries print: env_logger, zap, zerolog, logrus, Loguru, NLog, Chromium's, Elasticsearch, and levels that
stand before the time.

https://pkg.go.dev/go.uber.org/zap/zapcore#NewConsoleEncoder, https://github.com/rs/zerolog#pretty-logging,
https://github.com/sirupsen/logrus#formatters, https://docs.rs/env_logger,
https://loguru.readthedocs.io, https://github.com/NLog/NLog/wiki/Configuration-file,
https://www.chromium.org/for-testers/enable-logging/,
https://www.elastic.co/docs/deploy-manage/monitor/logging-configuration
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.levels import PATTERN, SHOUTED_PATTERN
from tailrace.logs.reading.openings import DATE_WITHIN
from tailrace.logs.reading.stamps import Layout

_ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_ISO_TIME: Final = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?: ?(?:Z|[+-][0-9]{2}:?[0-9]{2}))?"
)
ZAP: Final = Format(
    "zap",
    "pattern",
    rf"^(?P<time>{_ISO_TIME}|[0-9]{{10}}\.[0-9]+)\t(?P<level>[A-Z]+|[a-z]+)\t(?:(?P<logger>[\w./-]+)\t)?"
    r"(?:(?P<caller>[\w./@-]+:[0-9]+)\t)?" + BODY,
    1.0,
    _ISO,
    layouts=(Layout("EEEEEEEEEE"),),
    openings=("0000-00-00T00:00:00", "0000000000.0"),
)
ZEROLOG: Final = Format(
    "zerolog",
    "pattern",
    rf"^(?:(?P<time>[0-9]{{1,2}}:[0-9]{{2}}(?:AM|PM)|{_ISO_TIME})|<nil>) (?P<level>TRC|DBG|INF|WRN|ERR|FTL|PNC|\?\?\?) "
    r"(?:(?P<caller>[^\s>]+:[0-9]+) > )?" + BODY,
    1.0,
    Layout("h:mmpp"),
    layouts=(Layout("hh:mmpp"), _ISO),
    openings=("0:00AM ", "0:00PM ", "00:00AM ", "00:00PM ", "0000-00-00T00:00:00", "<nil> A"),
)
LOGRUS: Final = Format(
    "logrus",
    "pattern",
    r"^(?P<level>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[(?:[0-9]{4}|(?P<time>[0-9T:+Z-]{19,25}))\] *" + BODY,
    1.0,
    _ISO,
    {
        "TRAC": "TRACE", "DEBU": "DEBUG", "INFO": "INFO", "WARN": "WARN", "ERRO": "ERROR", "FATA": "FATAL",
        "PANI": "FATAL",
    },
    openings=("AAAA[0",),
)  # fmt: skip
LEVEL_FIRST: Final = Format(
    "level-first",
    "pattern",
    rf"^\[?(?P<level>{SHOUTED_PATTERN})\]?[ \t|:-]*(?:\[(?P<thread>[^\]\n]{{1,80}}?)\][ \t]+)??"
    rf"\[?(?P<time>{_ISO_TIME})\]?[ \t|:-]+(?:(?P<logger>[A-Za-z_][\w.$-]*(?::[0-9]+)?)(?: +- +|: ))?" + BODY,
    0.95,
    _ISO,
    openings=(DATE_WITHIN, "A", "["),
)
ENV_LOGGER: Final = Format(
    "env-logger",
    "pattern",
    r"^\[(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z) "
    r"(?P<level>ERROR|WARN|INFO|DEBUG|TRACE) +(?P<logger>[\w:-]+)\] " + BODY,
    1.0,
    _ISO,
    openings=("[0000-00-00T00:00:00",),
)
ELASTIC: Final = Format(
    "elasticsearch",
    "pattern",
    r"^\[(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3})\]"
    r"\[(?P<level>[A-Z]+) *\]\[(?P<logger>[\w.$]+) *\] (?:\[(?P<node>[^\]\n]*)\] ?)?" + BODY,
    1.0,
    _ISO,
    openings=("[0000-00-00T00:00:00,000][A",),
)
LOGURU: Final = Format(
    "loguru",
    "pattern",
    rf"^(?P<time>{_ISO_TIME}) \| (?P<level>TRACE|DEBUG|INFO|SUCCESS|WARNING|ERROR|CRITICAL) *\| "
    r"(?P<logger>[\w.<>]+:[\w<>]+):[0-9]+ - " + BODY,
    1.0,
    _ISO,
    {
        "TRACE": "TRACE", "DEBUG": "DEBUG", "INFO": "INFO", "SUCCESS": "INFO", "WARNING": "WARN", "ERROR": "ERROR",
        "CRITICAL": "FATAL",
    },
    openings=("0000-00-00 00:00:00",),
)  # fmt: skip
# A level among the first fields between bars, where it does not follow the time: a word in capitals before it could be
# the level itself.
BARS: Final = Format(
    "bars",
    "pattern",
    rf"^(?P<time>{_ISO_TIME}) ?\|(?:[^|\n]{{0,60}}[a-z0-9][^|\n]{{0,60}}\|){{1,3}}? ?(?P<level>{PATTERN}) *\|" + BODY,
    0.95,
    _ISO,
    openings=("0000-00-00 00:00:00", "0000-00-00T00:00:00"),
)
CHROMIUM: Final = Format(
    "chromium",
    "pattern",
    r"^\[(?:(?P<process>[0-9]+):)?(?:(?P<thread>[0-9]+):)?(?P<time>[0-9]{4}/[0-9]{6}(?:\.[0-9]{1,6})?):"
    r"(?P<level>VERBOSE|INFO|WARNING|ERROR|FATAL)[0-9]*:(?P<logger>[\w.]+)[(:][0-9]+\)?\] ?" + BODY,
    1.0,
    Layout("MMDD/hhmmss"),
    openings=("[0",),
)
FORMATS: Final = (LOGURU, BARS, CHROMIUM, ENV_LOGGER, ELASTIC, ZAP, ZEROLOG, LOGRUS, LEVEL_FIRST)
