"""Parsing: taking the few records that are kept in full apart into columns."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.scan_json import LEVEL_KEYS, TIME_KEYS

ATTRIBUTES: Final = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
PARSED: Final = {"body": pl.String, "logger": pl.String, "thread": pl.String, "attributes": ATTRIBUTES}
_BODY: Final = ("msg", "message", "body", "log", "short_message", "event", "text", "@m", "@mt")
_LOGGER: Final = ("logger", "logger_name", "log.logger", "name", "category", "target", "SourceContext")
_THREAD: Final = ("thread", "thread_name", "process.thread.name", "threadName")
_STACK: Final = ("stack_trace", "stack", "error.stack_trace", "exception", "stacktrace", "exc_info", "full_message")
_TAKEN: Final = frozenset((*LEVEL_KEYS, *TIME_KEYS))


def parse_records(texts: pl.Series, form: Format) -> pl.DataFrame:
    """Return the columns body, logger, thread and attributes of records' texts, which may be of several lines."""
    return _parse_json(texts) if form.scanner == "json" else _parse_pattern(texts, form)


def _parse_pattern(texts: pl.Series, form: Format) -> pl.DataFrame:
    groups = pl.DataFrame({"text": texts}).select(
        pl.col("text"), pl.col("text").str.extract_groups(form.pattern).alias("g")
    )
    groups = groups.unnest("g")
    extra = [name for name in groups.columns if name not in _KNOWN]
    return groups.select(
        pl.coalesce("body", "text").str.strip_chars_end().alias("body"),
        _first(groups, "logger"),
        _first(groups, "thread"),
        _as_attributes(extra),
    )


_KNOWN: Final = frozenset(
    ("text", "body", "time", "level", *(f"{n}{i}" for n in ("logger", "thread") for i in ("", 0, 1, 2)))
)


def _first(groups: pl.DataFrame, name: str) -> pl.Expr:
    """Return the first of the groups `name`, `name0`, `name1`… that matched anything."""
    present = [c for c in groups.columns if c.rstrip("012") == name]
    if not present:
        return pl.lit(None, dtype=pl.String).alias(name)
    return pl.coalesce(
        [pl.when(pl.col(c).str.len_bytes() > 0).then(pl.col(c).str.strip_chars()) for c in present]
    ).alias(name)


def _as_attributes(names: list[str]) -> pl.Expr:
    if not names:
        return pl.lit([], dtype=ATTRIBUTES).alias("attributes")
    pairs = [
        pl.when(pl.col(name).is_not_null()).then(pl.struct(pl.lit(name).alias("key"), pl.col(name).alias("value")))
        for name in names
    ]
    return pl.concat_list(pairs).list.drop_nulls().alias("attributes")


def _parse_json(texts: pl.Series) -> pl.DataFrame:
    rows = [_parse_object(text) for text in texts.to_list()]
    return pl.DataFrame(rows, schema=PARSED, orient="row")


def _parse_object(text: str) -> tuple[str, str | None, str | None, list[dict[str, str]]]:
    line, _, rest = text.partition("\n")
    try:
        found = json.loads(line, strict=False)
    except (ValueError, RecursionError):
        return text, None, None, []
    flat = {}
    for key, value in found.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": deeper for inner, deeper in value.items()})
        else:
            flat[key] = value
    body = _take(flat, _BODY) or _take(flat, ("body.stringValue",))
    logger, thread, stack = _take(flat, _LOGGER), _take(flat, _THREAD), _take(flat, _STACK)
    whole = "\n".join(part.rstrip() for part in (line if body is None else body, stack, rest) if part)
    attributes = [
        {"key": key, "value": _plain(value)} for key, value in flat.items() if key not in _TAKEN and value is not None
    ]
    return whole, logger, thread, attributes


def _take(flat: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    """Take the first of the keys that holds text out of a flat object."""
    for key in keys:
        if isinstance(flat.get(key), str):
            return str(flat.pop(key))
    return None


def _plain(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "(nested too deep)"
    # A lone surrogate is legal in JSON's escapes, but in no text that leaves here.
    return text.encode("utf-8", "replace").decode()
