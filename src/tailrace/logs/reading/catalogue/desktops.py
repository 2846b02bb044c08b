"""Apps of phones and desktops: fields between bars after a compact time, a program's connections, a game's server, and
what `log show` prints of macOS.

https://www.proxifier.com/docs/win-v4/log.html; the fields between bars are those of Huawei's health app as described by
J. Zhu et al., "Loghub", ISSRE 2023.
"""

from __future__ import annotations

from itertools import product
from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

# Hours, minutes and seconds are written without leading zeros.
_COMPACT: Final = tuple(Layout(f"YYYYMMDD-{h}:{m}:{s}") for h, m, s in product(("hh", "h"), ("mm", "m"), ("ss", "s")))
BARRED: Final = Format(
    "barred",
    "pattern",
    r"^(?P<time>[0-9]{8}-[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,3})?)\|(?P<logger>[^|\n]{1,64})\|"
    r"(?P<thread>[0-9]+)\|" + BODY,
    1.0,
    _COMPACT[0],
    layouts=_COMPACT[1:],
    openings=("00000000-0",),
)
PROXIFIER: Final = Format(
    "proxifier",
    "pattern",
    r"^\[(?P<time>[0-9]{2}\.[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})\] (?P<logger>[^\n]{1,80}?) - " + BODY,
    1.0,
    Layout("MM.DD hh:mm:ss"),
    openings=("[00.00 00:00:00] ",),
)
# A thread's name, and the level behind it.
MINECRAFT: Final = Format(
    "minecraft",
    "pattern",
    r"^\[(?P<time>(?:[0-9]{2}[A-Z][a-z]{2}[0-9]{4} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?)\] "
    r"\[(?P<thread>[^\]\n]*)/(?P<level>TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\](?: \[(?P<logger>[^\]\n]*)\])?: " + BODY,
    1.0,
    Layout("hh:mm:ss"),
    layouts=(Layout("DDMonYYYY hh:mm:ss"),),
    openings=("[00:00:00] [", "[00:00:00.000] [", "[00Aaa0000 00:00:00"),
)
MACOS: Final = Format(
    "macos-unified",
    "pattern",
    r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}[+-][0-9]{4}) +(?P<thread>0x[0-9a-f]+) +"
    r"(?P<level>Default|Info|Debug|Error|Fault|Activity|Release|Create) +0x[0-9a-f]+ +[0-9]+ +[0-9]+ +"
    r"(?P<logger>[^:\n]{1,64}): " + BODY,
    1.0,
    Layout("YYYY-MM-DD hh:mm:ss"),
    {
        "Debug": "DEBUG", "Error": "ERROR", "Fault": "ERROR",
        **dict.fromkeys(("Default", "Info", "Activity", "Release", "Create"), "INFO"),
    },
    openings=("0000-00-00 00:00:00.000000",),
)  # fmt: skip
FORMATS: Final = (BARRED, PROXIFIER, MINECRAFT, MACOS)
