"""Parsing JSON: the records of JSON lines as columns.

Flat records of one shape are read as columns (`parse_flat`). All others are decoded by one call; those with the same
keys make columns; the few that are unlike any other, nested or broken are taken one by one. The result is the same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Set
from math import isfinite
from typing import Any, Final

import numpy as np
import polars as pl

from tailrace.logs.reading.parse_flat import FEWEST, flat_records
from tailrace.logs.reading.parsed import BLANKS, as_attributes, listed
from tailrace.logs.reading.scan_json import LEVEL_KEYS, TIME_KEYS

_BODY: Final = (
    "msg", "message", "body", "log", "short_message", "event", "text", "@m", "@mt", "body.stringValue", "MESSAGE",
    "Message",
)  # fmt: skip
_LOGGER: Final = (
    "logger", "logger_name", "log.logger", "name", "category", "target", "SourceContext", "SYSLOG_IDENTIFIER",
    "Category",
)  # fmt: skip
_THREAD: Final = ("thread", "thread_name", "process.thread.name", "threadName")
_STACK: Final = (
    "stack_trace",
    "stack",
    "error.stack_trace",
    "exception",
    "stacktrace",
    "exc_info",
    "full_message",
    "Exception",
    "@x",
)
_PLACES: Final = {key: place for place, keys in enumerate((_BODY, _LOGGER, _THREAD, _STACK)) for key in keys}
_RANKS: Final = {key: rank for rank, key in enumerate((*_BODY, *_LOGGER, *_THREAD, *_STACK))}
_TAKEN: Final = frozenset((*LEVEL_KEYS, *TIME_KEYS))
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode  # made once: that costs more than most values
_decode: Final = json.JSONDecoder(strict=False).decode


def parse_json(texts: pl.Series) -> pl.DataFrame:
    """Return the columns of `PARSED` for records whose first line is a JSON object, or was meant to be one."""
    frames, order = [], []
    left = np.ones(len(texts), dtype=np.bool_)
    for flat in flat_records(texts, _TAKEN):
        frame = _framed(flat.values, flat.texts, pl.Series([""]).new_from_index(0, len(flat.rows)))
        if frame is not None:
            frames.append(frame)
            order.append(flat.rows)
            left[flat.rows] = False
    rest = np.flatnonzero(left)
    if len(rest):
        frames.append(_parse_decoded(texts.gather(rest) if frames else texts))
        order.append(rest)
    return frames[0] if len(frames) == 1 else pl.concat(frames)[np.argsort(np.concatenate(order))]


def _parse_decoded(texts: pl.Series) -> pl.DataFrame:
    """Do as `parse_json` does, by decoding every record."""
    lines, rests = _first_lines(texts)
    found = [_flattened(_worst(value)) if type(value) is dict else None for value in _decoded(lines)]
    shapes: dict[tuple[str, ...] | None, list[int]] = defaultdict(list)
    for index, value in enumerate(found):
        shapes[None if value is None else tuple(value)].append(index)
    frames, order, odd = [], [], []
    for shape, rows in shapes.items():
        frame = None
        if shape and len(rows) >= FEWEST:
            frame = _columns(shape, [value for row in rows if (value := found[row])], rests.gather(rows))
        if frame is None:
            odd += rows
        else:
            frames.append(frame)
            order += rows
    more = rests.gather(odd).to_list()
    frames.append(_single([found[row] for row in odd], [lines[row] for row in odd], more))
    return pl.concat(frames)[np.argsort(np.array(order + odd, dtype=np.int64))]


def _single(found: list[dict[str, Any] | None], lines: list[str], rests: list[str]) -> pl.DataFrame:
    """Return records as columns that are taken apart one by one."""
    keys: list[str] = []
    values: list[str] = []
    bodies, loggers, threads, ends = [], [], [], [0]
    for value, line, rest in zip(found, lines, rests, strict=True):
        body, logger, thread = _taken_apart(value, line, rest, keys, values)
        bodies.append(body)
        loggers.append(logger)
        threads.append(thread)
        ends.append(len(keys))
    columns = {"body": bodies, "logger": loggers, "thread": threads}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    pairs = pl.DataFrame([keys, values], schema={"key": pl.String, "value": pl.String}).to_struct()
    return frame.with_columns(listed(pairs, np.array(ends, dtype=np.int64)))


def _worst(value: dict[str, Any]) -> dict[str, Any]:
    """Return the worst of the records that an object of OpenTelemetry's collector holds; any other object as it is."""
    try:
        records = [
            r for resource in value["resourceLogs"] for scope in resource["scopeLogs"] for r in scope["logRecords"]
        ]
        worst: dict[str, Any] = max(records, key=lambda record: int(record.get("severityNumber", 0)))
        return {**worst, "records": len(records)}
    except (KeyError, TypeError, ValueError, AttributeError):
        return value


def _first_lines(texts: pl.Series) -> tuple[list[str], pl.Series]:
    """Split records into their first lines and what follows, empty for nearly all."""
    parts = texts.str.splitn("\n", 2).struct.unnest()
    return parts.to_series(0).fill_null("").to_list(), parts.to_series(1).fill_null("")


def _decoded(lines: list[str]) -> list[Any]:
    """Return what each line holds as JSON; None for one that holds none."""
    # The number between two lines makes sure that broken neighbours cannot add up to something whole.
    try:
        found: list[Any] = _decode("[" + ",7,".join(lines) + "]")[::2]
        if len(found) == len(lines) and all(type(value) is dict for value in found):
            return found
    except (ValueError, RecursionError):
        pass
    return [_decoded_one(line) for line in lines]


def _decoded_one(line: str) -> Any:
    try:
        return _decode(line)
    except (ValueError, RecursionError):
        return None


def _columns(shape: tuple[str, ...], rows: list[dict[str, Any]], rests: pl.Series) -> pl.DataFrame | None:
    """Return records of one shape as columns, or None if some field of theirs is not plain text or a number."""
    columns: dict[str, pl.Series] = {}
    texts = set()
    for key, values in zip(shape, zip(*map(dict.values, rows), strict=True), strict=True):
        kinds = set(map(type, values))
        if kinds == {str}:
            texts.add(key)
        elif str in kinds and key in _SPECIAL:
            return None
        column = _text_column(key, values, kinds)
        if column is None:
            return None
        columns[key] = column
    return _framed(columns, texts, rests)


def _framed(columns: dict[str, pl.Series], texts: Set[str], rests: pl.Series) -> pl.DataFrame | None:
    """Return the values of records by key as columns, given which of them are texts; None if none is the message."""
    body, logger, thread, stack = (
        next((key for key in keys if key in texts), None) for keys in (_BODY, _LOGGER, _THREAD, _STACK)
    )
    if body is None:
        return None
    parts = [columns[key].str.strip_chars_end(BLANKS) for key in (body, stack) if key] + [
        rests.str.strip_chars_end(BLANKS)
    ]
    extra = [key for key in columns if key not in _TAKEN and key not in (body, logger, thread, stack)]
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(rests))
    return pl.DataFrame(
        {
            "body": _joined(parts),
            "logger": columns[logger] if logger else nothing,
            "thread": columns[thread] if thread else nothing,
            "attributes": as_attributes({key: columns[key] for key in extra}, len(rests)),
        }
    )


def _text_column(key: str, values: tuple[Any, ...], kinds: set[type]) -> pl.Series | None:
    """Return values as text, or None if some text among them is no valid Unicode."""
    try:
        if kinds == {int}:
            return pl.Series(key, values, dtype=pl.Int64).cast(pl.String)
        if not kinds <= {str, type(None)}:
            return pl.Series(key, [_nullable(value) for value in values], dtype=pl.String)
        return pl.Series(key, values, dtype=pl.String)
    except UnicodeEncodeError:
        return None
    except (OverflowError, TypeError):
        return pl.Series(key, [_nullable(value) for value in values], dtype=pl.String)


_SPECIAL: Final = frozenset((*_BODY, *_LOGGER, *_THREAD, *_STACK))


def _joined(parts: list[pl.Series]) -> pl.Series:
    """Join the parts that are not empty by line feeds."""
    frame = pl.DataFrame([part.alias(str(i)) for i, part in enumerate(parts)])
    present = [pl.when(pl.col(name) != "").then(name) for name in frame.columns]
    return frame.select(pl.concat_str(present, separator="\n", ignore_nulls=True)).to_series()


def _taken_apart(
    flat: dict[str, Any] | None, line: str, rest: str, keys: list[str], values: list[str]
) -> tuple[str, str | None, str | None]:
    """Return message, logger and thread of one record, whatever came of its first line; the rest goes to the lists."""
    if flat is None:
        return _lines(line, "", rest), None, None
    chosen = _chosen(flat)
    for key, value in flat.items():
        if value is not None and key not in _TAKEN and key not in chosen:
            keys.append(_plain(key))
            values.append(_plain(value))
    body, logger, thread, stack = (None if key is None else _plain(flat[key]) for key in chosen)
    return _lines(line if body is None else body, stack or "", rest), logger, thread


def _flattened(found: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the fields of the objects in it as its own, under both names."""
    if dict not in map(type, found.values()):
        return found
    flat = {}
    for key, value in found.items():
        if type(value) is dict:
            flat.update({f"{key}.{inner}": deeper for inner, deeper in value.items()})
        else:
            flat[key] = value
    return flat


def _chosen(flat: dict[str, Any]) -> list[str | None]:
    """Return the keys under which message, logger, thread and stack stand as text, those first in their order."""
    chosen: list[str | None] = [None] * 4
    for key, value in flat.items():
        if key in _PLACES and isinstance(value, str):
            place = _PLACES[key]
            other = chosen[place]
            if other is None or _RANKS[key] < _RANKS[other]:
                chosen[place] = key
    return chosen


def _lines(first: str, *others: str) -> str:
    """Join texts by line feeds, without the blanks at their ends, and without those that are empty then."""
    first = first.rstrip(BLANKS)
    if not any(others):
        return first
    return "\n".join(stripped for part in (first, *others) if (stripped := part.rstrip(BLANKS)))


def _nullable(value: Any) -> str | None:
    return None if value is None else _plain(value)


def _plain(value: Any) -> str:
    """Return any JSON value as text that is valid UTF-8; text as it is."""
    kind = type(value)
    if kind is str and value.isascii():
        return str(value)
    if kind is int or (kind is float and isfinite(value)):
        return repr(value)
    try:
        text = value if isinstance(value, str) else _encode(value)
    except RecursionError:
        text = "(nested too deep)"
    # A lone surrogate is legal in JSON's escapes, but in no text that leaves here.
    return text.encode("utf-8", "replace").decode()
