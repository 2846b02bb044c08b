"""Signatures: which formats a line can be of, told by its first bytes, for all formats at once.

The beginnings of all patterns together make one automaton over bytes. It is run over the first bytes of every line,
column by column, and says which patterns have not failed yet; only these few are tried in earnest. It is made as lines
come that need it: its table entry by entry, its nodes as they are reached, and no pattern is so much as read before a
line begins with one of the bytes that its format may open with. Where a pattern is too wide to be followed the
automaton says that the line may be of it, never that it is not while it is.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.lines import Lines
from tailrace.logs.reading.openings import first_bytes, looks_within
from tailrace.logs.reading.stamps import LETTERS

REACH: Final = 48  # bytes of a line that are looked at
_MOST_STATES: Final = 4096  # of the table; beyond it every pattern is possible
_MOST_COPIES: Final = 8  # of a part that repeats; beyond it any number of them passes
_WIDE: Final = 200  # of 256 bytes: a pattern that begins with any of so many is vague
_FEW: Final = 24  # lines that are followed one by one
_END: Final = 256  # stands for what follows a line's last byte
_SHIFT: Final = 9  # states stand this far left in the table, so that a byte, or the end, may be added to them
_ROW: Final = 1 << _SHIFT
_MOST_KNOWN: Final = 64
_ELSEWHERE: Final = (
    r"(?<!\\)\[\[|&&|~~|\|\||\[[^\]]*--|\\[pPzQ]"  # what Python's patterns do not know, or read otherwise
)
_OPEN: Final = {"json": r"\{[ \"}\n]", "logfmt": r"[A-Za-z_@][A-Za-z0-9_.@/-]*="}

Node = int
Bytes = int  # a bit for each byte that is among them, and for the end of a line
_ANY: Final[Bytes] = (1 << 256) - 1
_ASCII: Final[Bytes] = (1 << 128) - 1
_BEYOND: Final[Bytes] = _ANY ^ _ASCII  # any letter that is not ASCII
_ALL: Final[Bytes] = _ANY | 1 << _END


def _these(characters: bytes) -> Bytes:
    return sum(1 << code for code in set(characters))


_DIGITS: Final = _these(b"0123456789")
_WORD: Final = _these(b"0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_SPACE: Final = _these(b" \t\n\r\f\v\x1c\x1d\x1e\x1f")
_CATEGORIES: Final[dict[str, Bytes]] = {
    "CATEGORY_DIGIT": _DIGITS | _BEYOND,
    "CATEGORY_NOT_DIGIT": _ANY & ~_DIGITS,
    "CATEGORY_WORD": _WORD | _BEYOND,
    "CATEGORY_NOT_WORD": _ANY & ~_WORD,
    "CATEGORY_SPACE": _SPACE | _BEYOND,
    "CATEGORY_NOT_SPACE": _ANY & ~_SPACE,
}


class _Ahead(NamedTuple):
    """What is to be followed from a node that has not been reached yet: the parts of a pattern from `first` on."""

    items: list[Any]
    first: int
    end: Node


class Signatures:
    """The beginnings of some formats' lines.

    `vague` are the numbers of formats, as far as any line came near them, that begin with nearly anything.
    """

    def __init__(self, formats: Sequence[Format]) -> None:
        self.formats = tuple(formats)
        self.vague: set[int] = set()
        self._within = {number for number, form in enumerate(self.formats) if looks_within(form.openings)}
        self._step: list[list[tuple[Bytes, Node]]] = []
        self._free: list[list[Node]] = []
        self._owner: list[int] = []
        self._ahead: dict[Node, _Ahead] = {}
        self._folded: set[int] = set()
        for goal in range(len(self.formats)):
            self._step[self._node(goal)].append((_ALL, goal))
        self._gates = [_gate(form) for form in self.formats]
        self._starts: dict[int, frozenset[Node]] = {}
        self._states: dict[frozenset[Node], int] = {}
        # Of every state, of which the first is that before any byte:
        self._nodes: list[frozenset[Node]] = [frozenset()]
        self._known = [False]  # whether nothing that follows matters
        self._possible = [tuple(range(len(self.formats)))]
        # and for every byte the state after it, shifted, and whether nothing that follows matters to a pattern that is
        # neither vague nor told by what stands further on; 0 for what is not known yet.
        self._table = array("q", bytes(8 * _ROW))
        self._everything = self._state(frozenset(range(len(self.formats))))

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

    def _ends_of_few(self, lines: Lines) -> NDArray[np.int64]:
        """Return the state that each line ends in, one after the other."""
        table, known = self._table, self._known
        ends = []
        for begin, end in zip(lines.heads.tolist(), lines.ends.tolist(), strict=True):
            state = 0
            text = lines.data[begin : min(end, begin + REACH)]
            for byte in (*text, _END) if len(text) < REACH else text:
                if known[state]:
                    break
                following = table[state << _SHIFT | byte]
                if not following:
                    following = self._follow(state << _SHIFT | byte)
                    table = self._table
                state = following >> _SHIFT
            ends.append(state)
        return np.array(ends, dtype=np.int64)

    def _ends_of_many(self, lines: Lines) -> NDArray[np.int64]:
        """Return the state that each line ends in, column by column."""
        first, common = 0, _common(lines)
        for byte in common:
            first = self._table[first & -2 | byte] or self._follow(first & -2 | byte)
        if first & 1:
            return np.full(len(lines), first >> _SHIFT)
        at, ends = lines.heads + len(common), lines.ends
        shortest = int((ends - lines.heads).min())
        rows, here = np.arange(len(lines)), np.full(len(lines), first, dtype=np.int64)
        found = here.copy()
        for column in range(len(common), REACH):
            entry = here + lines.byte(at)
            if column >= shortest:
                entry = np.where(at < ends, entry, here + _END)
            here = self._following(entry)
            settled = (here & 1).astype(np.bool_)
            if settled.any():
                found[rows[settled]] = here[settled]
                left = np.flatnonzero(~settled)
                rows, here, at, ends = rows[left], here[left], at[left], ends[left]
                if not len(rows):
                    break
            at = at + 1
        found[rows] = here
        return found >> _SHIFT

    def _following(self, entries: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what stands in the table at some entries, those that come for the first time found out."""
        following = np.frombuffer(self._table, np.int64).take(entries)
        if following.all():
            return following
        for entry in np.unique(entries[following == 0]).tolist():
            if not self._table[entry]:
                self._follow(entry)
        return np.frombuffer(self._table, np.int64).take(entries)

    # -- the automaton ------------------------------------------------------------------------------------------

    def _follow(self, entry: int) -> int:
        """Return, and put into the table, the state after a byte, for all bytes that lead to the same."""
        state, byte = entry >> _SHIFT, entry & (_ROW - 1)
        alike, reached = _ALL, []
        for allowed, node in self._steps(state, byte):
            inside = allowed >> byte & 1
            alike &= allowed if inside else ~allowed
            if inside and node >= 0:
                reached.append(node)
        following = self._state(self._closure(reached))
        left = self._owners(self._nodes[following])
        value = following << _SHIFT | (left <= self.vague | self._within)
        bits = np.unpackbits(np.frombuffer(alike.to_bytes(_ROW // 8, "little"), np.uint8), bitorder="little")
        np.frombuffer(self._table, np.int64)[(state << _SHIFT) + np.flatnonzero(bits)] = value
        return value

    def _steps(self, state: int, byte: int) -> Iterator[tuple[Bytes, Node]]:
        """Yield the steps that lead on from a state; from the first, through the gates that a byte opens."""
        if state:
            yield from (step for node in self._nodes[state] for step in self._step[node])
            return
        for number, gate in enumerate(self._gates):
            yield gate, -1
            if gate >> byte & 1:
                yield from (step for node in self._begin(number) for step in self._step[node])

    def _begin(self, number: int) -> frozenset[Node]:
        """Return the nodes that a format's lines begin at."""
        if number not in self._starts:
            parsed, folded = _parsed(self.formats[number])
            if folded:
                self._folded.add(number)
            start = number if parsed is None else self._sequence(number, list(parsed), 0, number)
            nodes = self._starts[number] = self._closure([start])
            if any(allowed.bit_count() > _WIDE for node in nodes for allowed, _ in self._step[node]):
                self.vague.add(number)
        return self._starts[number]

    def _owners(self, nodes: frozenset[Node]) -> set[int]:
        """Return the formats that are followed further from some nodes."""
        return {self._owner[node] for node in nodes if node >= len(self.formats)}

    def _state(self, nodes: frozenset[Node]) -> int:
        """Return the number of a state, a new one if need be."""
        if nodes in self._states:
            return self._states[nodes]
        if len(self._nodes) >= _MOST_STATES:
            return self._everything
        return self._add(nodes)

    def _add(self, nodes: frozenset[Node]) -> int:
        number = self._states[nodes] = len(self._nodes)
        self._nodes.append(nodes)
        self._known.append(not self._owners(nodes))
        self._possible.append(tuple(sorted({self._owner[node] for node in nodes})))
        if len(self._table) < len(self._nodes) << _SHIFT:
            self._table = self._table + array("q", bytes(8 * len(self._table)))
        return number

    def _closure(self, nodes: Iterable[Node]) -> frozenset[Node]:
        """Return nodes and those reached without a byte; a format that has reached its goal counts only with that."""
        found, left = set(), list(nodes)
        while left:
            node = left.pop()
            if node not in found:
                found.add(node)
                if node in self._ahead:
                    self._go_on(node, *self._ahead.pop(node))
                left += self._free[node]
        count = len(self.formats)
        done = {node for node in found if node < count}
        return frozenset(n for n in found if n < count or (self._step[n] and self._owner[n] not in done))

    # -- patterns -----------------------------------------------------------------------------------------------

    def _node(self, owner: int) -> Node:
        self._step.append([])
        self._free.append([])
        self._owner.append(owner)
        return len(self._step) - 1

    def _sequence(self, owner: int, items: list[Any], index: int, end: Node) -> Node:
        """Return the node from which the parts of a pattern from `index` on lead to `end`, made when it is reached."""
        if index == len(items):
            return end
        node = self._node(owner)
        self._ahead[node] = _Ahead(items, index, end)
        return node

    def _go_on(self, node: Node, items: list[Any], index: int, end: Node) -> None:
        """Lead on from a node that is reached, through one part of a pattern."""
        operation, argument, owner = str(items[index][0]), items[index][1], self._owner[node]
        end = self._sequence(owner, items, index + 1, end)
        if operation in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
            allowed = _bytes_of(operation, argument, folded=owner in self._folded)
            self._step[node].append((allowed, end))
            if allowed & _BEYOND:  # a character that is not ASCII is of several bytes
                self._step[node].append((_BEYOND, node))
        elif operation == "SUBPATTERN":
            self._free[node] = [self._sequence(owner, list(argument[-1]), 0, end)]
        elif operation == "BRANCH":
            self._free[node] = [self._sequence(owner, list(part), 0, end) for part in argument[1]]
        elif operation.endswith("_REPEAT"):
            self._free[node] = self._again(node, argument, end)
        else:  # places, such as the end of a word: passed
            self._free[node] = [end]

    def _again(self, node: Node, repeat: tuple[int, int, Any], end: Node) -> list[Node]:
        """Return the nodes that lead on from one at which a part of a pattern repeats."""
        least, most, part = repeat
        owner, least = self._owner[node], min(least, REACH)
        if not most:
            return [end]
        if most > least + _MOST_COPIES and not least:
            return [end, self._sequence(owner, list(part), 0, node)]
        rest = [("MAX_REPEAT", (max(least - 1, 0), most - 1, part))]
        once = self._sequence(owner, list(part), 0, self._sequence(owner, rest, 0, end))
        return [once] if least else [end, once]


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


def _gate(form: Format) -> Bytes:
    """Return the bytes that lines of a format may open with, as far as it says so."""
    if form.scanner != "pattern" or not form.openings:
        return _ALL
    return _these(bytes(np.flatnonzero(first_bytes(form.openings + form.later)).tolist()))


def _bytes_of(operation: str, argument: Any, *, folded: bool) -> Bytes:
    """Return the bytes that a character of a pattern may begin or go on with."""
    if operation == "ANY":
        return _ANY
    if operation == "LITERAL":
        return _literal(argument, folded=folded)
    if operation == "NOT_LITERAL":
        return _ANY & ~(1 << argument) if argument < 128 else _ANY
    negated = str(argument[0][0]) == "NEGATE"
    found: Bytes = 0
    for kind, value in argument[negated:]:
        if str(kind) == "LITERAL":
            found |= _literal(value, folded=folded and not negated)
        elif str(kind) == "RANGE":
            found |= _range(*value, folded=folded and not negated)
        else:
            found |= _CATEGORIES.get(str(value), _ANY)
    return _ANY & ~(found & _ASCII) if negated else found


def _range(low: int, high: int, *, folded: bool) -> Bytes:
    found = _BEYOND if high > 127 else 0
    for code in range(low, min(high, 127) + 1):
        found |= _literal(code, folded=folded)
    return found


@cache
def _literal(code: int, *, folded: bool) -> Bytes:
    if code > 127:
        return _BEYOND
    text = chr(code)
    return _these((text.lower() + text.upper()).encode()) | _BEYOND if folded else 1 << code


_KNOWN: Final[dict[tuple[int, ...], Signatures]] = {}  # they keep their formats, so that no identity is used again


def signatures_of(formats: Sequence[Format]) -> Signatures:
    """Return the signatures of formats, made once for the same ones."""
    key = tuple(map(id, formats))
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = Signatures(formats)
    return _KNOWN[key]
