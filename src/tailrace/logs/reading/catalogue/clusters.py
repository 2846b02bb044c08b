"""Supercomputers' logs as they are collected: BlueGene/L's and others' with an alert's label, and LANL's event logs.

USENIX Computer Failure Data Repository, https://www.usenix.org/cfdr-data; A. Oliner and J. Stearley, "What
Supercomputers Say", DSN 2007. The first field is `-` or the category of an alert.
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_LABEL: Final = r"^(?P<label>-|[A-Z0-9_]{2,16}) (?P<epoch>[0-9]{9,10}) "
_OPENINGS: Final = ("- 00000000", "A* 0000000000 0000.00.00 ")
BLUEGENE: Final = Format(
    "bluegene",
    "pattern",
    _LABEL + r"[0-9]{4}\.[0-9]{2}\.[0-9]{2} (?P<node>\S+) "
    r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{6}) \S+ (?P<kind>[A-Z]+) "
    r"(?P<logger>[A-Z_0-9]+) (?P<level>[A-Z]+) ?" + BODY,
    1.0,
    Layout("YYYY-MM-DD-hh.mm.ss"),
    openings=_OPENINGS,
)
LABELLED_SYSLOG: Final = Format(
    "labelled-syslog",
    "pattern",
    _LABEL + r"(?P<date>[0-9]{4}\.[0-9]{2}\.[0-9]{2}) (?P<node>\S+) [A-Z][a-z]{2} +[0-9]{1,2} "
    r"(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<host>\S+) "
    r"(?:(?P<logger>[^\s:\[\]]{1,64}?)(?:\[(?P<thread>[^\]\s]{0,32})\])?: ?)?" + BODY,
    1.0,
    Layout("hh:mm:ss"),
    date=Layout("YYYY.MM.DD"),
    openings=_OPENINGS,
)
EVENTS: Final = Format(
    "cluster-events",
    "pattern",
    r"^(?P<id>[0-9]+) (?P<node>\S+) (?P<logger>[a-z][\w.]*) (?P<state>[\w.]+) (?P<time>[0-9]{10}) (?P<flag>[0-9]+) "
    + BODY,
    1.0,
    Layout("EEEEEEEEEE"),
    openings=("0",),
)
FORMATS: Final = (BLUEGENE, LABELLED_SYSLOG, EVENTS)
