"""Signatures: which formats a line can be of, told by its first bytes, for all formats at once.

The beginnings of all patterns together make one automaton over bytes. It is run over the first bytes of every line,
column by column, and says which patterns have not failed yet; only these few are tried in earnest. Its table is made as
lines come that need it. Where a pattern is too wide to be followed the automaton says that the line may be of it, never
that it is not while it is.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.openings import looks_within
from tailrace.logs.reading.stamps import LETTERS

REACH: Final = 48  # bytes of a line that are looked at
_MOST_STATES: Final = 4096  # of the table; beyond it every pattern is possible
_MOST_COPIES: Final = 8  # of a part that repeats; beyond it any number of them passes
_WIDE: Final = 200  # of 256 bytes: a pattern that begins with any of so many is vague
_FEW: Final = 24  # lines that are followed one by one
_END: Final = 256  # stands for what follows a line's last byte
_MOST_KNOWN: Final = 64
_ELSEWHERE: Final = (
    r"(?<!\\)\[\[|&&|~~|\|\||\[[^\]]*--|\\[pPzQ]"  # what Python's patterns do not know, or read otherwise
)
_OPEN: Final = {"json": r"\{[ \"}]", "logfmt": r"[A-Za-z_@][A-Za-z0-9_.@/-]*="}

Node = int
Bytes = frozenset[int]
_ANY: Final[Bytes] = frozenset(range(256))
_BEYOND: Final[Bytes] = frozenset(range(128, 256))  # any letter that is not ASCII
_DIGITS: Final[Bytes] = frozenset(b"0123456789")
_WORD: Final[Bytes] = frozenset(b"0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SPACE: Final[Bytes] = frozenset(b" \t\n\r\f\v\x1c\x1d\x1e\x1f")
_CATEGORIES: Final[dict[str, Bytes]] = {
    "CATEGORY_DIGIT": _DIGITS | _BEYOND,
    "CATEGORY_NOT_DIGIT": _ANY - _DIGITS,
    "CATEGORY_WORD": _WORD | _BEYOND,
    "CATEGORY_NOT_WORD": _ANY - _WORD,
    "CATEGORY_SPACE": _SPACE | _BEYOND,
    "CATEGORY_NOT_SPACE": _ANY - _SPACE,
}


class Signatures:
    """The beginnings of some formats' lines."""

    def __init__(self, formats: Sequence[Format]) -> None:
        self.formats = tuple(formats)
        self._step: list[list[tuple[Bytes, Node]]] = []
        self._free: list[list[Node]] = []
        self._owner: list[int] = []
        starts = [self._start(number, form) for number, form in enumerate(self.formats)]
        self._class_of, self._samples = self._classes()
        begin = self._closure(starts)
        self.vague = {self._owner[n] for n in begin for allowed, _ in self._step[n] if len(allowed) > _WIDE}
        self._aside = self.vague | {n for n, form in enumerate(self.formats) if looks_within(form.openings)}
        self._states: dict[frozenset[Node], int] = {}
        self._nodes: list[frozenset[Node]] = []
        self._table: list[list[int]] = []
        self._known: list[bool] = []  # whether nothing that follows matters
        self._settled: list[bool] = []  # or only to patterns that are vague, or told by what stands further on
        self._possible: list[tuple[int, ...]] = []
        self._everything = self._state(frozenset(range(len(self.formats))))
        self._begin = self._state(begin)
        self._arrays: tuple[NDArray[np.int32], NDArray[np.bool_]] | None = None

    def rows(self, lines: Lines, wanted: Container[int] | None = None) -> dict[int, NDArray[np.intp]]:
        """Return which lines, by index, ascending, may be of each (wanted) format, by its number, if any may."""
        ends = self._ends_of_few(lines) if len(lines) <= _FEW else self._ends_of_many(lines)
        states: dict[int, list[int]] = {}
        for state in np.flatnonzero(np.bincount(ends)).tolist():
            for number in self._possible[state]:
                if wanted is None or number in wanted:
                    states.setdefault(number, []).append(state)
        known: dict[tuple[int, ...], NDArray[np.intp]] = {}  # by states, which are the same for many formats
        for each in map(tuple, states.values()):
            if each not in known:
                among = np.zeros(len(self._nodes), dtype=np.bool_)
                among[list(each)] = True
                known[each] = np.flatnonzero(among[ends])
        return {number: known[tuple(states[number])] for number in sorted(states)}

    # -- following lines ----------------------------------------------------------------------------------------

    def _ends_of_few(self, lines: Lines) -> NDArray[np.int32]:
        """Return the state that each line ends in, one after the other."""
        table, known, class_of = self._table, self._known, self._class_of
        ends = []
        for begin, end in zip(lines.heads.tolist(), lines.ends.tolist(), strict=True):
            state = self._begin
            text = lines.data[begin : min(end, begin + REACH)]
            for byte in (*text, _END) if len(text) < REACH else text:
                if known[state]:
                    break
                kind = class_of[byte]
                following = table[state][kind]
                state = following if following >= 0 else self._follow(state, kind)
            ends.append(state)
        return np.array(ends, dtype=np.int32)

    def _ends_of_many(self, lines: Lines) -> NDArray[np.int32]:
        """Return the state that each line ends in, column by column."""
        classes = np.array(self._class_of, dtype=np.intp)
        first, common = self._begin, _common(lines)
        for kind in classes[np.frombuffer(common, dtype=np.uint8)].tolist():
            following = self._table[first][kind]
            first = following if following >= 0 else self._follow(first, kind)
        state = np.full(len(lines), first, dtype=np.int32)
        rows = np.arange(0 if self._settled[first] else len(lines))
        for column in range(len(common), REACH if len(rows) else 0):
            table, settled = self._as_arrays()
            at = lines.heads[rows] + column
            kind = np.where(at < lines.ends[rows], classes[lines.byte(np.minimum(at, lines.after))], classes[_END])
            here = state[rows]
            following = table[here, kind]
            if following.min(initial=0) < 0:
                missing = np.flatnonzero(following < 0)
                for key in np.unique(here[missing].astype(np.int64) * len(self._samples) + kind[missing]).tolist():
                    self._follow(*divmod(key, len(self._samples)))
                table, settled = self._as_arrays()
                following = table[here, kind]
            state[rows] = following
            rows = rows[~settled[following]]
            if not len(rows):
                break
        return state

    def _as_arrays(self) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        if self._arrays is None:
            self._arrays = np.array(self._table, dtype=np.int32), np.array(self._settled)
        return self._arrays

    # -- the automaton ------------------------------------------------------------------------------------------

    def _follow(self, state: int, kind: int) -> int:
        """Return, and remember, the state after a byte of a kind."""
        byte = self._samples[kind]
        reached = (node for each in self._nodes[state] for allowed, node in self._step[each] if byte in allowed)
        following = self._state(self._closure(reached))
        self._table[state][kind] = following
        self._arrays = None
        return following

    def _state(self, nodes: frozenset[Node]) -> int:
        """Return the number of a state, a new one if need be."""
        if nodes in self._states:
            return self._states[nodes]
        if len(self._states) >= _MOST_STATES:
            return self._everything
        number = self._states[nodes] = len(self._nodes)
        self._nodes.append(nodes)
        self._table.append([-1] * len(self._samples))
        left = {self._owner[node] for node in nodes if node >= len(self.formats)}
        self._known.append(not left)
        self._settled.append(left <= self._aside)
        self._possible.append(tuple(sorted({self._owner[node] for node in nodes})))
        return number

    def _closure(self, nodes: Iterable[Node]) -> frozenset[Node]:
        """Return nodes and those reached without a byte; a format that has reached its goal counts only with that."""
        found, left = set(), list(nodes)
        while left:
            node = left.pop()
            if node not in found:
                found.add(node)
                left += self._free[node]
        count = len(self.formats)
        done = {node for node in found if node < count}
        return frozenset(n for n in found if n < count or (self._step[n] and self._owner[n] not in done))

    def _classes(self) -> tuple[list[int], list[int]]:
        """Return the kind of each byte (and of the end), and a byte of each kind: one that no pattern tells apart."""
        sets = list({allowed for steps in self._step for allowed, _ in steps})
        within: list[list[int]] = [[] for _ in range(_END + 1)]
        for number, allowed in enumerate(sets):
            for byte in allowed:
                within[byte].append(number)
        kinds: dict[tuple[int, ...], int] = {}
        class_of, samples = [], []
        for byte, numbers in enumerate(within):
            key = tuple(numbers)
            if key not in kinds:
                kinds[key] = len(kinds)
                samples.append(byte)
            class_of.append(kinds[key])
        return class_of, samples

    # -- patterns -----------------------------------------------------------------------------------------------

    def _start(self, number: int, form: Format) -> Node:
        """Return the node that a format's pattern begins at; it leads to the node that is the format's number."""
        if not number:
            for goal in range(len(self.formats)):
                self._making = goal
                self._node([(_ANY | {_END}, goal)])
        self._making = number
        parsed, self._folded = _parsed(form)
        return number if parsed is None else self._sequence(list(parsed), number)

    def _node(self, steps: list[tuple[Bytes, Node]]) -> Node:
        self._step.append(steps)
        self._free.append([])
        self._owner.append(self._making)
        return len(self._step) - 1

    def _sequence(self, items: list[Any], end: Node) -> Node:
        for operation, argument in reversed(items):
            end = self._item(str(operation), argument, end)
        return end

    def _item(self, operation: str, argument: Any, end: Node) -> Node:
        """Return the node from which a part of a pattern leads to `end`."""
        if operation in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            return self._character(_bytes_of(operation, argument, folded=self._folded), end)
        if operation == "SUBPATTERN":
            return self._sequence(list(argument[-1]), end)
        if operation == "BRANCH":
            return self._either([self._sequence(list(part), end) for part in argument[1]])
        if operation in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, part = argument
            return self._repeat(least, most, part, end)
        return end  # places, such as the end of a word: passed

    def _character(self, allowed: Bytes, end: Node) -> Node:
        """Return the node from which one character leads to `end`; one that is not ASCII is of several bytes."""
        node = self._node([(allowed, end)])
        if not allowed.isdisjoint(_BEYOND):
            self._step[node].append((_BEYOND, node))
        return node

    def _either(self, nodes: list[Node]) -> Node:
        node = self._node([])
        self._free[node] = nodes
        return node

    def _repeat(self, least: int, most: int, part: Any, end: Node) -> Node:
        least = min(least, REACH)
        if most > least + _MOST_COPIES:
            loop = self._either([end])
            self._free[loop].append(self._sequence(list(part), loop))
            end = loop
        else:
            for _ in range(most - least):
                end = self._either([end, self._sequence(list(part), end)])
        for _ in range(least):
            end = self._sequence(list(part), end)
        return end


def _common(lines: Lines) -> bytes:
    """Return bytes that all lines begin with, eight at most: often enough to tell that they are of one format."""
    words = lines.word(lines.heads)
    differ = int(np.bitwise_or.reduce(words ^ words[0]))
    alike = 8 if not differ else ((differ & -differ).bit_length() - 1) // 8
    return int(words[0]).to_bytes(8, "little")[: max(0, min(alike, int((lines.ends - lines.heads).min())))]


def _parsed(form: Format) -> tuple[Any, bool]:
    """Return the parts of a format's pattern and whether case makes no difference in it.

    None if they cannot be told, so that any line may be of it.
    """
    text = _layout_pattern(form) if form.scanner == "stamped" else _OPEN.get(form.scanner) or form.pattern
    # Patterns are those of Polars: what Python writes otherwise is put in its terms, or given up.
    text = re.sub(r"\\x\{[0-9a-fA-F]+\}", r"[^\\x00-\\x7f]", text).replace("(?i-u:", "(?i:")
    if re.search(_ELSEWHERE, text):
        return None, False
    try:
        return import_module("re._parser").parse(text), re.search(r"\(\?[a-z]*i", text) is not None
    except (re.error, ImportError, OverflowError, RecursionError):
        return None, False


def _layout_pattern(form: Format) -> str:
    """Return a pattern of the time that lines begin with, perhaps within brackets."""
    assert form.layout is not None
    columns = ("[ T_]" if c == "?" else "[ 0-9]" if c in LETTERS else re.escape(c) for c in form.layout.template)
    return r"\[?" + "".join(columns)


def _bytes_of(operation: str, argument: Any, *, folded: bool) -> Bytes:
    """Return the bytes that a character of a pattern may begin or go on with."""
    if operation == "ANY":
        return _ANY
    if operation == "LITERAL":
        return _literal(argument, folded=folded)
    if operation == "NOT_LITERAL":
        return _ANY - {argument}
    negated = str(argument[0][0]) == "NEGATE"
    found: set[int] = set()
    for kind, value in argument[negated:]:
        if str(kind) == "LITERAL":
            found |= _literal(value, folded=folded and not negated)
        elif str(kind) == "RANGE":
            low, high = value
            for code in range(low, min(high, 127) + 1):
                found |= _literal(code, folded=folded and not negated)
            found |= _BEYOND if high > 127 else frozenset()
        else:
            found |= _CATEGORIES.get(str(value), _ANY)
    return _ANY - {byte for byte in found if byte < 128} if negated else frozenset(found)


@cache
def _literal(code: int, *, folded: bool) -> Bytes:
    if code > 127:
        return _BEYOND
    text = chr(code)
    return frozenset((text.lower() + text.upper()).encode()) | _BEYOND if folded else frozenset(text.encode())


_KNOWN: Final[dict[tuple[int, ...], Signatures]] = {}  # they keep their formats, so that no identity is used again


def signatures_of(formats: Sequence[Format]) -> Signatures:
    """Return the signatures of formats, made once for the same ones."""
    key = tuple(map(id, formats))
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = Signatures(formats)
    return _KNOWN[key]
