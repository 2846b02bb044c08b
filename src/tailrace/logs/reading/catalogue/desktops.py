"""Apps of phones and desktops: fields between bars after a compact time, and a program's connections.

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
FORMATS: Final = (BARRED, PROXIFIER)
