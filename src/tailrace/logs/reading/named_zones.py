"""Named zones: abbreviations such as CET that stand after a time, and names such as Europe/Berlin.

An abbreviation may mean several zones (CST: Chicago, Shanghai, Havana). If the zone that a file's times are read in
uses it, that is what it means; else what `ABBREVIATIONS` says, which for those of several meanings is the one of North
America, then Europe's, then India's (IST). Abbreviations that are English words (EAT, CAT, ART) are left out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.words import U64, Words, keep, leading_letters, pack

_MINUTES: Final[dict[str, int]] = {
    "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "AKST": -540, "AKDT": -480, "HST": -600, "AST": -240, "ADT": -180, "NST": -210, "NDT": -150,
    "BRT": -180, "BRST": -120, "CLT": -240, "CLST": -180,
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120, "MET": 60,
    "MEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "TRT": 180, "IDT": 180, "SAST": 120,
    "GST": 240, "PKT": 300, "IST": 330, "NPT": 345, "ICT": 420, "WIB": 420, "HKT": 480, "SGT": 480, "AWST": 480,
    "JST": 540, "KST": 540, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
}  # fmt: skip
ABBREVIATIONS: Final[dict[str, int]] = {name: minutes * 60 for name, minutes in _MINUTES.items()}
NAMED: Final = -(1 << 30)  # plus a name's place in `ABBREVIATIONS`: stands where an offset from UTC would

_PLACES: Final = {name: place for place, name in enumerate(ABBREVIATIONS)}
_KEYS: Final = np.array([pack(name) for name in ABBREVIATIONS], dtype=np.uint64)
_ORDER: Final = np.argsort(_KEYS)
_SORTED: Final = _KEYS[_ORDER]
_PAIRS: Final = np.zeros(1 << 16, dtype=np.bool_)
_PAIRS[[pack(name[:2]) for name in ABBREVIATIONS]] = True
_PAIRS[[pack(f"{sign}{digit}") for sign in "+-" for digit in range(10)]] = True
_PAIRS[ord("Z") :: 256] = True
_PAIRS[[pack("AM"), pack("PM")]] = True  # stand where a zone would

Offsets = NDArray[np.int64]


def may_be_zone(words: Words) -> NDArray[np.bool_]:
    """Tell, by its first two bytes, which words may begin with a zone."""
    return _PAIRS[keep(words, 2).astype(np.intp)]


def names_in(words: Words) -> Words:
    """Return the abbreviation that each word begins with, zeros after it; 0 where it begins with none."""
    letters = leading_letters(words)
    place = np.minimum(np.searchsorted(_SORTED, letters), len(_SORTED) - 1)
    return np.where(_SORTED[place] == letters, letters, U64(0))


def codes_of_zones(names: Words) -> Offsets:
    """Return `NAMED` plus the place of each abbreviation, as `names_in` returns them, all of them known."""
    return NAMED + _ORDER[np.minimum(np.searchsorted(_SORTED, names), len(_SORTED) - 1)]


def plain_offsets(offset: Offsets, zone: ZoneInfo, year: int) -> Offsets:
    """Return offsets with those of abbreviations as seconds east of UTC, read as `zone` uses them in a year."""
    named = (offset >= NAMED) & (offset < NAMED + len(ABBREVIATIONS))
    if not named.any():
        return offset
    table = np.array(list((ABBREVIATIONS | _used(zone, year)).values())[: len(ABBREVIATIONS)], dtype=np.int64)
    return np.where(named, table[np.where(named, offset - NAMED, 0)], offset)


@cache
def _used(zone: ZoneInfo, year: int) -> dict[str, int]:
    """Return the offsets of the abbreviations that a zone itself uses within a year."""
    used = {}
    for month in range(1, 13):
        moment = datetime(year, month, 1, tzinfo=zone)
        offset = moment.utcoffset()
        name = moment.tzname()
        if name in ABBREVIATIONS and offset is not None:
            used[name] = int(offset.total_seconds())
    return used


def offsets_in_zones(names: pl.Series, local: NDArray[np.int64], naive: int) -> Offsets:
    """Return the offsets from UTC that full names of zones (Europe/Berlin) mean at local seconds since 1970.

    An hour that comes twice is read as its first pass; `naive` stands where there is no such zone. Abbreviations are
    left as `codes_of_zones` gives them.
    """
    offset = np.full(len(local), naive, dtype=np.int64)
    for name in names.drop_nulls().unique().to_list():
        if name in ABBREVIATIONS:
            offset[(names == name).fill_null(value=False).to_numpy()] = NAMED + _PLACES[name]
            continue
        zone = _zone_named(name)
        if zone is None:
            continue
        for row in (names == name).fill_null(value=False).arg_true().to_list():
            moment = datetime.fromtimestamp(max(min(int(local[row]), _LATEST), _EARLIEST), UTC).replace(tzinfo=zone)
            offset[row] = int((moment.utcoffset() or datetime.resolution * 0).total_seconds())
    return offset


_EARLIEST: Final = -62_135_596_800 + 86_400
_LATEST: Final = 253_402_300_799 - 86_400


@cache
def _zone_named(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
