"""The line formats: each joins stamps, names and messages into whole lines, a column at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.logs.generating.access import AccessFormat
from tailrace.logs.generating.dice import Dice, Ints
from tailrace.logs.generating.likelihood import LEVELS
from tailrace.logs.generating.messages import Levels, messages_of
from tailrace.logs.generating.pools import draw, pool
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.logs.generating.stamps import clock_stamps, json_stamps, log4j_stamps
from tailrace.logs.generating.traces import trace_list

_TRACES = 64


class LineFormat(Protocol):
    """Writes the lines of one app, in order; every entry of the column ends in a newline."""

    def lines(self, times: Ints, levels: Levels) -> pa.Array: ...

    def as_read(self, levels: Levels) -> Levels:
        """The levels that a reader can tell from the lines."""
        ...


@dataclass(frozen=True)
class Layout:
    """What tells one text format from another: its stamp, the text between stamp and message, and the line's end."""

    stamps: Callable[[Ints], pa.Array]
    middle: Callable[[str, str, str], str]
    """Thread, level and logger, as they stand between stamp and message."""
    end: Callable[[str], str]
    """The end of a line that has the given stack trace, or none when it is empty."""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


LAYOUTS = {
    "logback": Layout(
        stamps=clock_stamps,
        middle=lambda thread, level, logger: f" [{thread}] {level:<5} {logger} - ",
        end=lambda trace: f"\n{trace}",
    ),
    "log4j": Layout(
        stamps=log4j_stamps,
        middle=lambda thread, level, logger: f" {level} [{thread}] {logger}: ",
        end=lambda trace: f"\n{trace}",
    ),
    "json": Layout(
        stamps=json_stamps,
        middle=lambda thread, level, logger: (
            f'","level":"{level}","thread":{_quoted(thread)},"logger":{_quoted(logger)},"message":"'
        ),
        end=lambda trace: f'","stack_trace":{_quoted(trace)}}}\n' if trace else '"}\n',
    ),
}


class TextFormat:
    """Lines of stamp, thread, level, logger and message, laid out as a `Layout` says."""

    def __init__(self, layout: Layout, settings: GeneratorSettings, app: str) -> None:
        self._stamps = layout.stamps
        self._names = [(thread, logger) for thread in settings.threads for logger in settings.loggers]
        self._middles = pool(layout.middle(thread, level, logger) for level in LEVELS for thread, logger in self._names)
        self._name_dice = Dice(settings.seed, app, "names")
        self._ends = _Ends(layout, settings, app) if settings.stack_traces else None
        # Without stack traces every line ends alike, so the end rides on the message and a column is saved.
        self._messages = messages_of(settings, app, "" if self._ends else layout.end(""))

    def lines(self, times: Ints, levels: Levels) -> pa.Array:
        places = levels.astype(np.int64) * len(self._names) + self._name_dice.below(len(levels), len(self._names))
        columns = [self._stamps(times), draw(self._middles, places), self._messages.draw(levels)]
        if self._ends:
            columns.append(self._ends.draw(levels))
        return pc.binary_join_element_wise(*columns, b"")

    def as_read(self, levels: Levels) -> Levels:
        return levels


class _Ends:
    """The ends of lines when a share of the errors carries a stack trace."""

    def __init__(self, layout: Layout, settings: GeneratorSettings, app: str) -> None:
        self._dice = Dice(settings.seed, app, "traces")
        self._share = settings.stack_traces
        self._pool = pool(layout.end(trace) for trace in ["", *trace_list(self._dice, _TRACES)])

    def draw(self, levels: Levels) -> pa.Array:
        traced = (self._dice.unit(len(levels)) < self._share) & (levels == LEVELS.index("ERROR"))
        return draw(self._pool, traced * (1 + self._dice.below(len(levels), _TRACES)))


def format_of(settings: GeneratorSettings, app: str) -> LineFormat:
    """The format that the settings name, with draws of its own for the app."""
    if settings.is_access_log:
        return AccessFormat(settings, app)
    return TextFormat(LAYOUTS[settings.format], settings, app)
