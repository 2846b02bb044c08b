"""Parsing JSON: the records of JSON lines as columns, whatever their shapes.

Fields are found where they stand (`members`) and cut out; only texts are changed, by undoing their escapes. Numbers and
inner objects and lists are the text that they are in the file.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.alike import fields_of
from tailrace.logs.reading.envelopes import find_elements
from tailrace.logs.reading.escapes import unescaped_texts
from tailrace.logs.reading.journal import with_messages
from tailrace.logs.reading.json_keys import LEVEL_KEYS, TIME_KEYS
from tailrace.logs.reading.lines import Lines, text_lines
from tailrace.logs.reading.members import Members, find_members, is_null
from tailrace.logs.reading.parsed import BLANKS, PARSED, listed
from tailrace.logs.reading.search import stands
from tailrace.logs.reading.stacks import stack_texts

_BODY: Final = (
    "msg", "message", "body", "log", "short_message", "event", "record.message", "text", "@m", "@mt", "@message",
    "body.stringValue", "MESSAGE", "Message", "RenderedMessage", "MessageTemplate", "fields.message",
    "jsonPayload.message", "textPayload",
)  # fmt: skip
_LOGGER: Final = (
    "logger", "logger_name", "loggerName", "log.logger", "record.name", "name", "category", "target", "SourceContext",
    "SYSLOG_IDENTIFIER", "Category", "@module", "component", "channel", "scope.name",
)  # fmt: skip
_THREAD: Final = ("thread", "thread_name", "process.thread.name", "threadName")
_STACK: Final = (
    "stack_trace", "stack", "error.stack_trace", "exception", "stacktrace", "exc_info", "full_message", "Exception",
    "@x", "err.stack", "error.stack", "thrown.extendedStackTrace", "traceback", "stackTrace", "exc_text",
    "exception.stacktrace", "exception.stack_trace", "exception.stackTrace", "exception.stack", "exception.traceback",
    "error.stacktrace", "error.stackTrace", "error.traceback", "exc_info.traceback", "err.stack_trace",
    "attributes.exception.stacktrace",
)  # fmt: skip
_STACKS: Final = 3
_PLACES: Final = (_BODY, _LOGGER, _THREAD, _STACK)
_PARTS_OF_TIMES: Final = ("instant.epochSecond", "instant.nanoOfSecond", "timestamp.seconds", "timestamp.nanos")
_LISTS: Final = ("attributes", "resource.attributes", "scope.attributes")  # OpenTelemetry's, of keys and values
_OBJECT: Final = r"^(\{\n(?:[ \t][^\n]*\n)+\},?|[^\n]*)(?s:\n(.*))?$"  # or a line, and what follows
_PAIRS, _KEY = b'[{"key":', b"key"
_LISTED, _TAKEN = 254, 255
_PLACE: Final = 50  # more than the keys of any place
# What a key says by its number: the place it has and its rank in it, or that it is a level's, a time's or a list's.
_CODES: Final = {
    **{key: place * _PLACE + rank + 1 for place, keys in enumerate(_PLACES) for rank, key in enumerate(keys)},
    **dict.fromkeys((*LEVEL_KEYS, *TIME_KEYS, *_PARTS_OF_TIMES), _TAKEN),
    **dict.fromkeys(_LISTS, _LISTED),
}

Rows = NDArray[np.intp]
_Pairs = tuple[Rows, pl.Series, pl.Series]  # in which records keys and values stand, and these


def parse_json(texts: pl.Series) -> pl.DataFrame:
    """Return the columns of `PARSED` for records whose first line is a JSON object, or was meant to be one.

    Fields of an object that is itself a field's value are fields too, under both names. Of those with the same name
    the last counts. What is not built like an object is a message as it stands.
    """
    if not len(texts):
        return pl.DataFrame(schema=PARSED)
    texts, rests = _first_lines(texts)
    texts = with_messages(texts)
    lines = text_lines(texts)
    members = fields_of(lines)
    keys, values = _names(lines, members), _values(lines, members)
    named = keys.to_arrow(compat_level=pl.CompatLevel.oldest()).dictionary_encode()
    name = named.indices.to_numpy().astype(np.intp)
    last = _last_of_each(members.row, name) & ~is_null(lines, members)
    code = np.array([_CODES.get(key, 0) for key in named.dictionary.to_pylist()], dtype=np.uint8)[name]
    special = np.flatnonzero(code)
    values, listed_there = _with_stacks(lines, members, values, special[code[special] // _PLACE == _STACKS])
    text = members.text | listed_there
    filled = (code[special] >= _PLACE) | (members.value[1] > members.value[0])[special]  # an empty message is none
    special = special[filled & (last & text)[special] & (code[special] != _TAKEN)]
    body, logger, thread, stack = (
        _chosen(members.row, code, special[code[special] // _PLACE == place], len(texts)) for place in range(4)
    )
    rest = last & (code != _TAKEN)
    for chosen in (body, logger, thread, stack):
        rest[chosen[chosen >= 0]] = False
    lists = np.flatnonzero(rest & (code == _LISTED))
    lists = lists[stands(lines, members.value[0, lists], _PAIRS)]
    rest[lists] = False
    fields = np.flatnonzero(rest)
    found = members.row[fields], keys.gather(fields), values.gather(fields)
    message = pl.select(pl.coalesce(_at(values, body), texts)).to_series()
    return pl.DataFrame(
        {
            "body": _joined([message, _at(values, stack).fill_null(""), rests]),
            "logger": _at(values, logger),
            "thread": _at(values, thread),
            "attributes": _attributes(found, _pairs(lines, members, lists) if len(lists) else None, len(texts)),
        }
    )


def _with_stacks(
    lines: Lines, members: Members, values: pl.Series, stacks: Rows
) -> tuple[pl.Series, NDArray[np.bool_]]:
    """Return values with those of some fields as text that are stack traces in lists, and which these are."""
    listed_there = np.zeros(len(values), dtype=np.bool_)
    stacks = stacks[~members.text[stacks] & (lines.byte(members.value[0, stacks]) == ord("["))]
    if not len(stacks):
        return values, listed_there
    texts = stack_texts(values.gather(stacks))
    told = texts.is_not_null()
    listed_there[stacks[told.to_numpy()]] = True
    return values.clone().scatter(stacks[told.to_numpy()], texts.filter(told)), listed_there


def _first_lines(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Split records into their first lines, or an object laid out over several, and what follows, mostly nothing.

    The first have no blanks around them.
    """
    if not texts.str.contains("\n", literal=True).any():
        return texts.str.strip_chars(BLANKS), pl.Series([""]).new_from_index(0, len(texts))
    parts = texts.str.extract_groups(_OBJECT).struct.unnest()
    return parts.to_series(0).fill_null("").str.strip_chars(BLANKS), parts.to_series(1).fill_null("")


def _names(lines: Lines, members: Members) -> pl.Series:
    """Return the names of fields, those of inner objects after their outer field's."""
    keys = unescaped_texts(lines, members.key, np.ones(len(members.row), dtype=np.bool_))
    inner = np.flatnonzero(members.outer[1] > members.outer[0])
    if not len(inner):
        return keys
    first = np.diff(members.outer[0, inner], prepend=-1) != 0
    outer = unescaped_texts(lines, members.outer[:, inner[first]], np.ones(np.count_nonzero(first), dtype=np.bool_))
    once = np.cumsum(first) - 1
    return keys.scatter(inner, outer.gather(once) + "." + keys.gather(inner))


def _values(lines: Lines, members: Members) -> pl.Series:
    return unescaped_texts(lines, members.value, members.text)


def _last_of_each(row: Rows, name: Rows) -> NDArray[np.bool_]:
    """Tell which fields are the last of their name in their record: all but a very few."""
    marks = pl.Series(row * (name.max(initial=0) + 1) + name)
    if marks.n_unique() == len(marks):
        return np.ones(len(row), dtype=np.bool_)
    return marks.is_last_distinct().to_numpy()


def _chosen(row: Rows, code: NDArray[np.uint8], some: Rows, count: int) -> Rows:
    """Return, of each record, which of some fields has the lowest code; -1 for none."""
    chosen = np.full(count, -1, dtype=np.intp)
    begins = np.flatnonzero(np.diff(row[some], prepend=-1))
    if len(some):
        least = np.minimum.reduceat((code[some].astype(np.int64) << 40) + some, begins)
        chosen[row[some[begins]]] = least & ((1 << 40) - 1)
    return chosen


def _at(values: pl.Series, chosen: Rows) -> pl.Series:
    """Return the values of the chosen fields, null where that is -1."""
    return values.gather(pl.Series(chosen).replace(-1, None))


def _attributes(found: _Pairs, more: _Pairs | None, count: int) -> pl.Series:
    """Return the attributes of records, given in which each key and value stands, ascending."""
    row, keys, values = found
    if more is not None:
        order = np.argsort(row := np.concatenate((row, more[0])), kind="stable")
        row, keys, values = row[order], keys.append(more[1])[order], values.append(more[2])[order]
    pairs = pl.DataFrame({"key": keys, "value": values}).to_struct()
    return listed(pairs, np.searchsorted(row, np.arange(count + 1)))


def _joined(parts: list[pl.Series]) -> pl.Series:
    """Join texts by line feeds, without the blanks at their ends, and without those that are empty then."""
    frame = pl.DataFrame([part.str.strip_chars_end(BLANKS).alias(str(i)) for i, part in enumerate(parts)])
    if all((frame.to_series(i).str.len_bytes() == 0).all() for i in range(1, len(parts))):
        return frame.to_series(0)
    first, *others = (pl.col(name) for name in frame.columns)
    present = [pl.when(other != "").then("\n" + other) for other in others]
    joined = pl.concat_str(first, *present, ignore_nulls=True)
    return frame.select(pl.when(first == "").then(joined.str.strip_prefix("\n")).otherwise(joined)).to_series()


def _pairs(lines: Lines, members: Members, rows: Rows) -> _Pairs:
    """Return in which record, and what, stand keys and values of some fields that are lists of these."""
    texts = unescaped_texts(lines, members.value[:, rows], np.zeros(len(rows), dtype=np.bool_))
    place, elements = find_elements(text_lines(texts))
    found = find_members(elements)
    within = found.outer[1] > found.outer[0]
    named = found.key[1] - found.key[0] == len(_KEY)
    named &= ~within & found.text & stands(elements, found.key[0], _KEY)
    key, value = (np.full(len(elements), -1, dtype=np.intp) for _ in range(2))
    key[found.row[named]], value[found.row[~named]] = np.flatnonzero(named), np.flatnonzero(~named)
    both = np.flatnonzero((key >= 0) & (value >= 0))
    names, values = (
        unescaped_texts(elements, found.value[:, some], found.text[some]) for some in (key[both], value[both])
    )
    return members.row[rows][place[both]], names, values
