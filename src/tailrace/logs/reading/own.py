"""Users' own formats: read from YAML, checked, and tried on the samples that stand beside them.

    formats:
      - name: shop
        line: '{time} {level} [{thread}] {logger}: {message}'
        time: '%d.%m.%Y %H:%M:%S'
        levels: {W: WARN, E: ERROR}
        sample:
          - '05.01.2026 10:00:00 E [main] orders: order 7 is lost'

Instead of `line` a `pattern` may be given, a regular expression with the named groups time, level, logger, thread and
message. Patterns run in linear time, whatever stands in them, and what would make them large is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from tailrace.blueprint.problems import Place, Problem, Worded, problem_lines
from tailrace.blueprint.source import Entry, Mapping, Node, Scalar, Sequence, describe, read_source
from tailrace.logs.reading.form import Format
from tailrace.logs.reading.formats import FORMATS
from tailrace.logs.reading.levels import LEVELS, WORDS
from tailrace.logs.reading.lines import text_lines
from tailrace.logs.reading.own_patterns import BadPatternError, checked, pattern_of_line
from tailrace.logs.reading.own_times import BadTimeError, layouts_of, openings_of, pattern_of
from tailrace.logs.reading.scan_pattern import scan_pattern
from tailrace.logs.reading.stamps import BAD
from tailrace.model.errors import TailraceError
from tailrace.model.names import did_you_mean

_KEYS: Final = ("name", "line", "pattern", "time", "levels", "sample")
_LEVELS: Final = LEVELS[1:]
_USUAL: Final = {word: LEVELS[code] for word, code in WORDS.items()}


class BadFormat(Worded):
    """Something in a user's format that cannot be used."""


def read_formats(text: str, name: str) -> tuple[Format, ...] | tuple[Problem, ...]:
    """Return the formats that YAML declares under `formats`, or every problem found; `name` is the text's in places.

    Neither is ever empty.
    """
    source = read_source(text, name)
    if source.root is None:
        return source.problems or (BadFormat(Place(name), "there is nothing in it", _EXAMPLE),)
    found: list[Format] = []
    problems = [*source.problems, *_read(source.root, found)]
    return tuple(problems) if problems else tuple(found)


def load(text: str, name: str) -> tuple[Format, ...]:
    """Return the formats that YAML declares.

    Raises:
        TailraceError: with every problem of theirs.
    """
    found = read_formats(text, name)
    problems = [each for each in found if isinstance(each, Problem)]
    if problems:
        raise TailraceError(f"the formats in {name} cannot be used:\n" + "\n".join(problem_lines(problems)))
    return tuple(each for each in found if isinstance(each, Format))


_EXAMPLE: Final = "formats: [{name: shop, line: '{time} {level} {message}', time: iso}]"


def _read(root: Node, found: list[Format]) -> Iterator[Problem]:
    if not isinstance(root, Mapping):
        yield BadFormat(root.place, f"here must stand the key 'formats', not {describe(root)}", _EXAMPLE)
        return
    for entry in root:
        if entry.key != "formats":
            yield BadFormat(entry.place, f"there is no key {entry.key!r} in a file of formats", "known: formats")
    formats = root.get("formats")
    if formats is None:
        yield BadFormat(root.place, "the key 'formats' is missing", _EXAMPLE)
        return
    if not isinstance(formats.value, Sequence) or not formats.value.items:
        came = "an empty one" if isinstance(formats.value, Sequence) else describe(formats.value)
        yield BadFormat(formats.value.place, f"'formats' is a list of formats, but here is {came}", _EXAMPLE)
        return
    for item in formats.value.items:
        yield from _format(item, found)


def _format(node: Node, found: list[Format]) -> Iterator[Problem]:
    """Read one format, and put it among those found if nothing is wrong with it."""
    if not isinstance(node, Mapping):
        yield BadFormat(node.place, f"a format is a mapping, but here is {describe(node)}", _EXAMPLE)
        return
    faults = [*_unknown(node, _KEYS, "a format"), *_name_faults(node, [form.name for form in found])]
    levels: dict[str, str] = {}
    faults += _levels(node, levels)
    time = _text(node, "time", faults)
    pattern = _pattern(node, time, faults)
    yield from faults
    if faults or pattern is None:
        return
    layouts = layouts_of(time) if time else ()
    line = node.get("line")
    begins_with_time = line is not None and isinstance(line.value, Scalar) and line.value.text.startswith("{time}")
    form = Format(
        _text(node, "name", faults),
        "pattern",
        pattern,
        1.0,
        layouts[0] if layouts else None,
        {**_USUAL, **levels},
        layouts=layouts[1:],
        openings=openings_of(layouts) if begins_with_time else (),
        one_line=True,
    )
    bad = list(_sample_faults(node, form))
    yield from bad
    if not bad:
        found.append(form)


def _unknown(node: Mapping, known: tuple[str, ...], what: str) -> Iterator[Problem]:
    for entry in node:
        if entry.key not in known:
            hint = did_you_mean(entry.key, known, "key")
            yield BadFormat(entry.place, f"there is no key {entry.key!r} in {what}", hint)


def _text(node: Mapping, key: str, faults: list[Problem]) -> str:
    """Return the text under a key; "" if there is none, and a fault if it is something else."""
    entry = node.get(key)
    if entry is None:
        return ""
    if isinstance(entry.value, Scalar) and entry.value.value is not None:
        return entry.value.text
    faults.append(BadFormat(entry.value.place, f"{key!r} is a text, but here is {describe(entry.value)}"))
    return ""


def _name_faults(node: Mapping, others: list[str]) -> Iterator[Problem]:
    faults: list[Problem] = []
    name = _text(node, "name", faults)
    yield from faults
    entry = node.get("name")
    place = entry.value.place if entry else node.place
    if not name and not faults:
        yield BadFormat(place, "a format needs a name", "name: shop")
    elif name in others:
        yield BadFormat(place, f"there are two formats named {name!r}")
    elif any(name == known.name for known in FORMATS):
        yield BadFormat(place, f"{name!r} is the name of a format that Tailrace brings along", f"try my-{name}")


def _levels(node: Mapping, found: dict[str, str]) -> Iterator[Problem]:
    entry = node.get("levels")
    if entry is None:
        return
    if not isinstance(entry.value, Mapping):
        yield BadFormat(
            entry.value.place,
            f"'levels' says what words mean, but here is {describe(entry.value)}",
            "levels: {W: WARN}",
        )
        return
    for each in entry.value:
        meant = each.value.text.upper() if isinstance(each.value, Scalar) else ""
        if meant in _LEVELS:
            found[each.key] = meant
        else:
            hint = did_you_mean(meant, _LEVELS, "level")
            yield BadFormat(each.value.place, f"{each.key!r} means a level, but {describe(each.value)} is none", hint)


def _pattern(node: Mapping, time: str, faults: list[Problem]) -> str | None:
    """Return the pattern of a format, of its own or made of its line; None after a fault."""
    entry = _line_or_pattern(node, faults)
    try:
        times = pattern_of(time) if time else ""
    except BadTimeError as error:
        given = node.get("time")
        assert given is not None
        faults.append(BadFormat(given.value.place, f"the time {time!r} cannot be read: {error}"))
        return None
    if entry is None:
        return None
    text = _text(node, entry.key, faults)
    place = entry.value.place
    try:
        pattern = checked(pattern_of_line(text, times) if entry.key == "line" else text)
    except BadPatternError as error:
        faults.append(BadFormat(place, f"the {entry.key} cannot be used: {error}", error.hint))
        return None
    timed = "(?P<time>" in pattern
    if timed and not time:
        faults.append(BadFormat(node.place, "how a time is written is missing", "time: '%d.%m.%Y %H:%M:%S', or iso"))
    if time and not timed:
        faults.append(BadFormat(place, f"'time' is given, but the {entry.key} has none", "put {time} or (?P<time>...)"))
    return pattern


def _line_or_pattern(node: Mapping, faults: list[Problem]) -> Entry | None:
    line, pattern = node.get("line"), node.get("pattern")
    if line and pattern:
        faults.append(BadFormat(pattern.place, "a format has a line or a pattern, not both", "leave one out"))
        return None
    if line is None and pattern is None:
        faults.append(BadFormat(node.place, "a format needs a line", "line: '{time} {level} {message}'"))
    return line or pattern


def _sample_faults(node: Mapping, form: Format) -> Iterator[Problem]:
    """Try the format on its samples, each of which is the first line of a record."""
    entry = node.get("sample")
    if entry is None:
        return
    items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
    texts = [item for item in items if isinstance(item, Scalar) and item.value is not None]
    for item in items:
        if item not in texts:
            yield BadFormat(item.place, f"a sample is a line, but here is {describe(item)}", "put it in quotes")
    if not texts:
        return
    # One line feed after each, so that they are lines as in a file.
    lines = text_lines(pl.Series([item.text.rstrip("\n") for item in texts]))
    scan = scan_pattern(lines, form)
    runs = scan.stamps.run
    good = (runs >= 0) & (np.append(scan.stamps.seconds, BAD)[runs] != BAD)
    for item, start, level, timed in zip(texts, scan.start, scan.level, good, strict=True):
        if not start:
            yield BadFormat(item.place, f"the sample does not match: {item.text!r}")
        elif form.layout is not None and not timed:
            yield BadFormat(item.place, f"the sample's time cannot be read as 'time' says: {item.text!r}")
        elif "(?P<level>" in form.pattern and not level:
            yield BadFormat(item.place, f"the sample's level is not known: {item.text!r}", "levels: {W: WARN}")
