"""The message of each line, a column at a time."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tailrace.logs.generating.dice import Dice, Ints
from tailrace.logs.generating.pattern import draw_patterns, pattern_list
from tailrace.logs.generating.phrases import phrase_list
from tailrace.logs.generating.pools import draw, pool
from tailrace.logs.generating.settings import SHORTEST_PATTERN, GeneratorSettings

Levels = npt.NDArray[np.uint8]

_INK = b"abcdefghijklmnopqrstuvwxyz" * 6 + b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()*+,-./:;<=>?@[]^_{|}~`"
_PRINTABLE = (_INK + b" " * 256)[:256]
"""What each random byte becomes: mostly small letters, a seventh blanks. Quotes and backslashes are left out, so that a
message reads the same in every format."""
_EDGES = (_INK * 2)[:256]
_PHRASES_PER_LEVEL = 1024


class Messages(Protocol):
    """Draws one message per line; every message ends in the same few bytes, such as a newline."""

    def draw(self, levels: Levels) -> pa.Array: ...


def messages_of(settings: GeneratorSettings, app: str, end: str) -> Messages:
    """The kind of messages that the settings ask for, each with `end` after it."""
    dice = Dice(settings.seed, app, "messages")
    return RandomMessages(settings, dice, end) if settings.messages == "random" else PhraseMessages(settings, dice, end)


class RandomMessages:
    """Random printable text of a random length, the pattern somewhere within at its frequency; no two are alike."""

    def __init__(self, settings: GeneratorSettings, dice: Dice, end: str) -> None:
        self._least, self._most = settings.length
        self._frequency = settings.pattern_frequency
        self._dice = dice
        self._end = end.encode()

    def draw(self, levels: Levels) -> pa.Array:
        n = len(levels)
        lengths = self._least + self._dice.below(n, self._most - self._least + 1)
        chosen = np.flatnonzero(self._dice.unit(n) < self._frequency)
        patterns, widths = draw_patterns(self._dice, len(chosen), max(self._most, SHORTEST_PATTERN))
        lengths[chosen] = np.maximum(lengths[chosen], widths)
        offsets = np.concatenate([[0], np.cumsum(lengths + len(self._end))])
        text = self._printable(int(offsets[-1]), offsets[:-1], lengths)
        room = lengths[chosen] - widths
        starts = offsets[chosen] + (self._dice.unit(len(chosen)) * (room + 1)).astype(np.int64)
        text[_spans(starts, widths)] = patterns
        for place, octet in enumerate(self._end):
            text[offsets[:-1] + lengths + place] = octet
        return pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(text)])

    def _printable(self, size: int, starts: Ints, lengths: Ints) -> npt.NDArray[np.uint8]:
        """Random text of `size` bytes in which no message starts or ends with a blank."""
        drawn = self._dice.octets(size)
        text = np.frombuffer(bytearray(drawn).translate(_PRINTABLE), np.uint8)
        edges = np.concatenate([starts, starts + lengths - 1])
        text[edges] = np.frombuffer(_EDGES, np.uint8)[np.frombuffer(drawn, np.uint8)[edges]]
        return text


class PhraseMessages:
    """Sentences such as an application writes, a few of them far more often than the rest."""

    def __init__(self, settings: GeneratorSettings, dice: Dice, end: str) -> None:
        phrases = phrase_list(dice, _PHRASES_PER_LEVEL)
        patterns = pattern_list(dice, len(phrases))
        plain = [phrase + end for phrase in phrases]
        marked = [f"{phrase} {pattern}{end}" for phrase, pattern in zip(phrases, patterns, strict=True)]
        self._pool = pool([*plain, *marked])
        self._plain = len(plain)
        self._frequency = settings.pattern_frequency
        self._dice = dice

    def draw(self, levels: Levels) -> pa.Array:
        n = len(levels)
        low = self._dice.unit(n)
        marked = self._dice.unit(n) < self._frequency
        # The square leans towards the start of a level's phrases: causes in the field are never equally common.
        place = (low * low * _PHRASES_PER_LEVEL).astype(np.int64)
        return draw(self._pool, levels.astype(np.int64) * _PHRASES_PER_LEVEL + place + marked * self._plain)


def _spans(starts: Ints, widths: Ints) -> Ints:
    """Every index of the spans that begin at `starts` and are `widths` wide, span after span."""
    before = np.cumsum(widths) - widths
    return np.repeat(starts - before, widths) + np.arange(int(widths.sum()))
