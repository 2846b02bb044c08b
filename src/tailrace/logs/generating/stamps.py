"""The time of a line, written in bulk as fixed-width text.

Every function takes times as microseconds since 1970 UTC, in ascending order, and gives a column of byte strings. No
digit is worked out: seconds of the day and milliseconds are looked up in tables that hold each text once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tailrace.logs.generating.dice import Ints

_DAY = 86_400_000_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCKS = np.array([f"{h:02}:{m:02}:{s:02}" for h in range(24) for m in range(60) for s in range(60)], "S8").view("u8")
_DOT_MILLIS = np.array([f".{n:03}" for n in range(1000)], "S4").view("u4")
_COMMA_MILLIS = np.array([f",{n:03}" for n in range(1000)], "S4").view("u4")

_CLOCK = np.dtype([("clock", "u8"), ("millis", "u4")])
_LOG4J = np.dtype([("date", "S11"), ("clock", "u8"), ("millis", "u4")])
_JSON = np.dtype([("before", "S9"), ("date", "S11"), ("clock", "u8"), ("millis", "u4"), ("zone", "S1")])
_ACCESS = np.dtype([("date", "S12"), ("clock", "u8")])


def clock_stamps(times: Ints) -> pa.Array:
    """`09:58:55.569`."""
    text = np.empty(len(times), _CLOCK)
    text["clock"] = _clocks(times)
    text["millis"] = _DOT_MILLIS[_millis(times)]
    return _column(text)


def log4j_stamps(times: Ints) -> pa.Array:
    """`2026-01-05 09:58:55,569`."""
    text = np.empty(len(times), _LOG4J)
    text["date"] = _dates(times, lambda days: np.char.add(np.datetime_as_string(days), " "))
    text["clock"] = _clocks(times)
    text["millis"] = _COMMA_MILLIS[_millis(times)]
    return _column(text)


def json_stamps(times: Ints) -> pa.Array:
    """`{"time":"2026-01-05T09:58:55.569Z`, the start of a JSON line."""
    text = np.empty(len(times), _JSON)
    text["before"] = b'{"time":"'
    text["date"] = _dates(times, lambda days: np.char.add(np.datetime_as_string(days), "T"))
    text["clock"] = _clocks(times)
    text["millis"] = _DOT_MILLIS[_millis(times)]
    text["zone"] = b"Z"
    return _column(text)


def access_stamps(times: Ints) -> pa.Array:
    """`05/Jan/2026:09:58:55`."""
    text = np.empty(len(times), _ACCESS)
    text["date"] = _dates(times, lambda days: np.array([_access_date(str(day)) for day in days]))
    text["clock"] = _clocks(times)
    return _column(text)


def _clocks(times: Ints) -> npt.NDArray[np.uint64]:
    return _CLOCKS[(times // 1_000_000) % 86_400]


def _millis(times: Ints) -> Ints:
    return (times // 1000) % 1000


def _dates(times: Ints, write: Any) -> npt.NDArray[np.bytes_]:
    """The date of each time; `write` is given the distinct days and gives their texts."""
    days = times // _DAY
    turns = np.flatnonzero(np.diff(days)) + 1
    starts = np.concatenate([[0], turns])
    texts = write(days[starts].astype("datetime64[D]")).astype(np.bytes_)
    return np.repeat(texts, np.diff(np.append(starts, len(times))))


def _access_date(day: str) -> str:
    year, month, number = day.split("-")
    return f"{number}/{_MONTHS[int(month) - 1]}/{year}:"


def _column(text: npt.NDArray[np.void]) -> pa.Array:
    width = text.dtype.itemsize
    offsets = np.arange(0, width * len(text) + 1, width, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), len(text), [None, pa.py_buffer(offsets), pa.py_buffer(text)])
