"""The clock of a file: from the times that lines carry to UTC, in the order of the file.

A time without a date gets its day like this. The first record of a file takes the date in the file's name, if there is
one; else the latest day that does not put it after the file's modification time (a clock may be five minutes ahead).
From there on midnight is tracked: a fall of more than twelve hours is the next day. A file that grows or is read in
chunks goes on from the state. A file without a date anywhere that spans several midnights cannot be told from a shorter
one by its beginning, unless all of it is read first (`beginning.first_day`); so no record is ever put on a day after
the file's modification: a midnight that would do so is taken as the one before the modification, and the records before
it keep the day they had.

A time without a year gets the year that puts it closest to the date in the file's name, if there is one; else the
latest that does not put it more than a day after the file's modification, since no line is written later than that,
but its zone may be unknown. From there on the new year is tracked as midnight is: a fall of more than a month (not half
a year, since some logs are silent for months).

A time on the first or the last day that there is (0001-01-01, 9999-12-31), in UTC or in the file's zone if it names
none, is no time: it could not be shown in every zone, and programs write it where they have none (it is the zero time
of Go, and the least and greatest of .NET). Its record has the time of the one before, as one without a time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.named_zones import plain_offsets
from tailrace.logs.reading.stamps import BAD, NAIVE, YEAR_ONE
from tailrace.logs.reading.state import ClockState

_DAY: Final = 86_400
_HALF: Final = 12 * 3600
_AHEAD: Final = 300
_MONTH: Final = 31 * _DAY
_BACK_OVER_NEW_YEAR: Final = 366 * _DAY - 3600  # a rise this large is a line of the old year that came late
_BACK_OVER_MIDNIGHT: Final = _DAY - 600  # a rise this large is a line from just before midnight that came late
_FALL: Final = 1800  # local time falling by more than this within a repeated hour means its second pass
_FIRST: Final = -62_135_596_800 + _DAY  # 0001-01-02
_LAST: Final = 253_402_300_799 - _DAY  # 9999-12-30
_YEAR_ZERO: Final = YEAR_ONE - 366 * _DAY
_LEAP_DAY: Final = _YEAR_ZERO + 59 * _DAY
_NEVER: Final = 1 << 62
_NAMED: Final = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)",
)

Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TimeContext:
    """What is known of a file's times from outside its lines.

    `file_modified` is an aware datetime; `zone` holds for times that name none; `name` is the file's path or key.
    `began` is the day of the file's first record, if that is known: `beginning.first_day` finds it out.
    """

    file_modified: datetime
    zone: ZoneInfo
    name: str = ""
    began: date | None = None

    def named_day(self) -> date | None:
        """Return the last date that the name carries, else the day on which the file began if that is known."""
        for year, _, month, day in reversed(_NAMED.findall(self.name)):
            try:
                return date(int(year), int(month), int(day))
            except ValueError:
                continue
        return self.began


def resolve(
    seconds: Seconds, offset: Seconds, dated: NDArray[np.bool_], state: ClockState, context: TimeContext
) -> tuple[Seconds, ClockState]:
    """Return the UTC seconds of times in the order of the file (`BAD` stays), and the clock after them.

    `seconds` are local, since 1970 or, where not `dated`, since midnight; those before `YEAR_ONE` are of a year that is
    not known, as if it were the year 0; `offset` is their distance from UTC,
    `NAIVE`, or `NAMED` and more for a named zone.
    """
    good = np.flatnonzero(seconds != BAD)
    utc = np.full(len(seconds), BAD, dtype=np.int64)
    if not len(good):
        return utc, state
    local, offset = seconds[good], plain_offsets(offset[good], context.zone, context.file_modified.year)
    day, second = state.day, state.second
    bare = np.flatnonzero(~dated[good])
    if len(bare):
        days = _days(local[bare], state, context)
        day, second = int(days[-1]), int(local[bare[-1]])
        local[bare] += days * _DAY
    year, moment = state.year, state.moment
    yearless = np.flatnonzero(local < YEAR_ONE)
    if len(yearless):
        moments = local[yearless]
        years = _years(moments, state, context)
        year, moment = int(years[-1]), int(moments[-1])
        local[yearless] = _in_year(moments, years)
    named = offset != NAIVE
    utc[good] = local - np.where(named, offset, 0)
    fold = state.fold
    if not named.all():
        inside = good[~named]
        utc[inside], fold = _from_zone(local[~named], state, context.zone)
    utc[(utc < _FIRST) | (utc > _LAST)] = BAD
    known = good[utc[good] != BAD]
    last = int(utc[known[-1]]) if len(known) else state.last
    return utc, ClockState(day, second, int(local[-1]), fold, last, year, moment)


def latest_day(second: int, context: TimeContext) -> int:
    """Return the latest day, counted from 1970, on which a time of day is not after the file's modification."""
    modified = int(context.file_modified.astimezone(context.zone).replace(tzinfo=UTC).timestamp()) + _AHEAD
    return (modified - second) // _DAY


def _days(second: Seconds, state: ClockState, context: TimeContext) -> Seconds:
    """Return the day, counted from 1970, of each time of day."""
    named = context.named_day()
    modified = int(context.file_modified.astimezone(context.zone).replace(tzinfo=UTC).timestamp()) + _AHEAD
    if state.day is None:
        day = (named - date(1970, 1, 1)).days if named else (modified - int(second[0])) // _DAY
        before = int(second[0])
    else:
        day, before = state.day, state.second
    change = np.diff(second, prepend=before)
    step = (change < -_HALF).astype(np.int64) - (change > _BACK_OVER_MIDNIGHT)
    days = day + np.cumsum(step)
    if named:
        return days
    latest = (modified - second) // _DAY
    # How far every day so far has had to be moved back, so that none lies after the file's modification.
    return days - np.maximum.accumulate(np.maximum(days - latest, 0))


def _years(moments: Seconds, state: ClockState, context: TimeContext) -> Seconds:
    """Return the year of each moment of the year 0."""
    named = context.named_day()
    modified = int(context.file_modified.astimezone(context.zone).replace(tzinfo=UTC).timestamp()) + _DAY
    if state.year is None:
        target = modified if named is None else (named - date(1970, 1, 1)).days * _DAY
        year, before = _first_year(int(moments[0]), target, closest=named is not None), int(moments[0])
    else:
        year, before = state.year, state.moment
    change = np.diff(moments, prepend=before)
    years = year + np.cumsum((change < -_MONTH).astype(np.int64) - (change > _BACK_OVER_NEW_YEAR))
    if named:
        return years
    latest = _year_of(modified) - (_in_year(moments, np.full(len(moments), _year_of(modified))) > modified)
    # As with days: how far every year so far has had to be moved back, so that none lies after the modification.
    return years - np.maximum.accumulate(np.maximum(years - latest, 0))


def _first_year(moment: int, target: int, *, closest: bool) -> int:
    """Return the year that puts a moment of the year 0 closest to a time, or else the latest that is not after it."""
    around = _year_of(target)
    years = np.arange(around - 8, around + 2)  # a 29th of February may be eight years away
    gap = _in_year(np.full(len(years), moment), years) - target
    exists = (np.full(len(years), moment) < _LEAP_DAY) | (moment >= _LEAP_DAY + _DAY) | _is_leap(years)
    gap = np.abs(gap) if closest else np.where(gap > 0, _NEVER, -gap)
    return int(years[np.where(exists, gap, _NEVER).argmin()])


def _year_of(seconds: int) -> int:
    return datetime.fromtimestamp(seconds, UTC).year


def _is_leap(years: Seconds) -> NDArray[np.bool_]:
    leap: NDArray[np.bool_] = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    return leap


def _in_year(moments: Seconds, years: Seconds) -> Seconds:
    """Return moments of the year 0, which has a 29th of February, in other years; there that day may be 1 March."""
    later = (moments >= _LEAP_DAY + _DAY) & ~_is_leap(years)
    return _begin_of(years) + moments - _YEAR_ZERO - later * _DAY


def _from_zone(local: Seconds, state: ClockState, zone: ZoneInfo) -> tuple[Seconds, bool]:
    """Return the UTC seconds of local times in a zone, and whether the last is in an hour's second pass."""
    outside = (local < _FIRST) | (local > _LAST)
    local = np.where(outside, BAD, local)
    if zone.key == "UTC":
        return local, False
    clipped, moved = _known_years(np.clip(local, _FIRST, _LAST))
    early, late = (_localized(clipped, zone, pick) + moved for pick in ("earliest", "latest"))
    twice = early != late
    if not twice.any():
        return np.where(outside, BAD, early), False
    order = np.arange(len(local))
    before = local[0] if state.local is None else state.local
    fell = (np.diff(local, prepend=before) < -_FALL) & twice
    latest_fall = np.maximum.accumulate(np.where(fell, order, -1))
    latest_once = np.maximum.accumulate(np.where(twice, -1, order))
    second_pass = twice & ((latest_fall > latest_once) | (state.fold & (latest_once < 0)))
    return np.where(outside, BAD, np.where(second_pass, late, early)), bool(second_pass[-1])


def _known_years(local: Seconds) -> tuple[Seconds, Seconds]:
    """Return times with those after 2099 in a year before that has the same days, and how far each was moved back.

    The tables of zones that times are looked up in end with 2099; their rules go by weekdays.
    """
    moved = np.zeros(len(local), dtype=np.int64)
    late = np.flatnonzero(local >= _TABLES_END)
    if len(late):
        year = local[late].astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
        begin = _begin_of(year)
        moved[late] = begin - _begin_of(_ALIKE[_is_leap(year).astype(np.int64), begin // _DAY % 7])
    return local - moved, moved


def _begin_of(years: Seconds) -> Seconds:
    """Return the seconds since 1970 at which years begin."""
    before = years - 1
    return (before * 365 + before // 4 - before // 100 + before // 400) * _DAY + YEAR_ONE


_TABLES_END: Final = 4_102_444_800  # 2100-01-01
_LAST_YEARS: Final = np.arange(2072, 2100)  # one of each kind: leap or not, beginning with any weekday
_ALIKE: Final = np.zeros((2, 7), dtype=np.int64)
_ALIKE[_is_leap(_LAST_YEARS).astype(np.int64), _begin_of(_LAST_YEARS) // _DAY % 7] = _LAST_YEARS


def _localized(local: Seconds, zone: ZoneInfo, ambiguous: str) -> Seconds:
    """Return UTC seconds; a time that a spring change skips is read with the offset before the change."""
    frame = pl.DataFrame({"local": local}).select(pl.from_epoch("local", time_unit="s").cast(pl.Datetime("us")))

    def shifted(hours: int) -> pl.Expr:
        moved = pl.col("local").dt.offset_by(f"-{hours}h")
        placed = moved.dt.replace_time_zone(zone.key, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        return placed.dt.epoch("s") + hours * 3600

    return frame.select(pl.coalesce(shifted(0), shifted(1), shifted(2), shifted(24)))["local"].to_numpy()
