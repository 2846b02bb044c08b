"""What `journalctl` prints as text in other ways than syslog's: `-o short-full`, `-o with-unit`, `-o short-unix`,
`-o short-monotonic`, and `-o verbose`, which prints every field of an entry in a line of its own.

No level is printed but by the last, and no day by the one before it: its times are those since the machine's start,
which `-o short-delta` adds those since the line before to. `-o short`, `short-precise`, `short-iso` and
`short-iso-precise` are as syslog's.

https://www.freedesktop.org/software/systemd/man/latest/journalctl.html#Output%20Options
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.catalogue.syslog import PRIORITIES
from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_SENDER: Final = r"(?P<host>\S+) (?P<logger>[^\s:\[\]]{1,128})(?:\[(?P<thread>[0-9]{1,10})\])?: ?" + BODY

FULL: Final = Format(
    "journal-full",
    "pattern",
    r"^[A-Z][a-z]{2} (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?"
    rf"(?: (?:[A-Z]{{2,5}}|[+-][0-9]{{2,4}}))?) {_SENDER}",
    1.0,
    Layout("YYYY-MM-DD hh:mm:ss"),
    openings=("Aaa 0000-00-00 00:00:00",),
)
UNIX: Final = Format(
    "journal-unix",
    "pattern",
    rf"^(?P<time>[0-9]{{10}}\.[0-9]{{6}}) {_SENDER}",
    1.0,
    Layout("EEEEEEEEEE"),
    openings=("0000000000.000000 ",),
)
# In the kernel's own buffer a name with a process number, or the kernel's, stands first.
MONOTONIC: Final = Format(
    "journal-monotonic",
    "pattern",
    r"^\[ *(?P<uptime>[0-9]+\.[0-9]{6})(?: <[ *0-9.]*>)?\] (?P<host>[0-9A-Za-z][\w.-]*) "
    r"(?:(?P<logger>kernel)|(?P<logger1>[^\s:\[\]]{1,128})\[(?P<thread>[0-9]{1,10})\]): ?" + BODY,
    1.0,
    None,
    openings=("[ ", "[0"),
)
VERBOSE: Final = Format(
    "journal-verbose",
    "pattern",
    r"^[A-Z][a-z]{2} (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?"
    r"(?: (?:[A-Z]{2,5}|[+-][0-9]{2,4}))?) \[s=[0-9a-f]+;[^\]\n]*\]"
    r"(?:(?:\n {4}[^\n]*)*?\n {4}PRIORITY=(?P<level>[0-7])(?m:$))?" + BODY,
    1.0,
    Layout("YYYY-MM-DD hh:mm:ss"),
    PRIORITIES,
    openings=("Aaa 0000-00-00 00:00:00",),
    lines=100,
)
FORMATS: Final = (FULL, UNIX, MONOTONIC, VERBOSE)
