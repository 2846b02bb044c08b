"""klog and glog: a letter, month and day, the time with microseconds, the thread, and the place in the source.

https://github.com/kubernetes/klog/blob/main/klog.go (`formatHeader`: `Lmmdd hh:mm:ss.uuuuuu threadid file:line] msg`);
glog since 0.6 writes the year too: https://google.github.io/glog/stable/logging/
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

KLOG: Final = Format(
    "klog",
    "pattern",
    r"^(?P<level>[IWEF])(?P<time>(?:[0-9]{4})?[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}) +(?P<thread>[0-9]+) "
    r"(?P<logger>[^\s:\]]+):(?P<source_line>[0-9]+)\] ?" + BODY,
    1.0,
    Layout("MMDD hh:mm:ss"),
    {"I": "INFO", "W": "WARN", "E": "ERROR", "F": "FATAL"},
    layouts=(Layout("YYYYMMDD hh:mm:ss"),),
    openings=("A0000 00:00:00.0", "A00000000 00:00:00.0"),
)
FORMATS: Final = (KLOG,)
