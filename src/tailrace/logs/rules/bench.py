"""The bench: all rules at work, each held against what comes, rules of one basis together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from datetime import timedelta
from typing import Final, Protocol

import polars as pl

from tailrace.logs.records import Crossing
from tailrace.logs.rules.basis import basis_of
from tailrace.logs.rules.drawers import Drawer, drawers_of
from tailrace.logs.rules.eras import Eras
from tailrace.logs.rules.figures import figure_of
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import Sight
from tailrace.logs.rules.telling import crossings_of
from tailrace.logs.rules.verdict import Moment, Verdict
from tailrace.logs.rules.windows import Windows

KEEPING: Final = "keep"
"""Where what belongs to no part stands."""


class Part(Protocol):
    """What judges rules of one basis, and remembers what it needs for that."""

    identity: str

    def recall(self, entries: MutableMapping[str, bytes], rules: list[Rule]) -> None:
        """Go on from what was saved in the entries, for these rules."""

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:
        """Add what a step has brought, and judge it."""


class Bench:
    """Holds rules against records and volumes, step by step. Its state are the entries given.

    A rule that was on the bench before goes on with its windows; one that is new to it, when others have been there
    before, holds from then on: for windows that end after everything that was seen of an application.
    """

    def __init__(self, rules: Sequence[Rule], entries: MutableMapping[str, bytes], lateness: timedelta) -> None:
        self.rules = tuple(rules)
        drawers = drawers_of(entries)
        self._eras = Eras(drawers.get(KEEPING, Drawer(entries, KEEPING)), [rule.identity for rule in rules])
        self._parts: list[Part] = []
        for part, judged in _parts_of(self.rules, lateness):
            part.recall(drawers.get(part.identity, Drawer(entries, part.identity)), judged)
            self._parts.append(part)
        used = {KEEPING, *(part.identity for part in self._parts)}
        for name, drawer in drawers.items():
            if name not in used:
                drawer.clear()

    def take(self, records: pl.DataFrame, volumes: pl.DataFrame, moment: Moment) -> list[Crossing]:
        """Hold every rule against what a step has brought: the crossings, in the order of their windows' ends."""
        sight = Sight(records, volumes)
        sight.prepare({basis_of(rule) for rule in self.rules})
        found = [verdict for part in self._parts for verdict in part.take(sight, moment)]
        told = crossings_of(found, self._eras)
        self._eras.reach(records, volumes)
        return told


def _parts_of(rules: Sequence[Rule], lateness: timedelta) -> Iterator[tuple[Part, list[Rule]]]:
    """The parts that a set of rules needs, each with the rules it judges."""
    together: dict[tuple[object, ...], tuple[Callable[[], Part], list[Rule]]] = {}
    for rule in rules:
        key, build = _part_of(rule, lateness)
        together.setdefault(key, (build, []))[1].append(rule)
    for build, judged in together.values():
        yield build(), judged


def _part_of(rule: Rule, lateness: timedelta) -> tuple[tuple[object, ...], Callable[[], Part]]:
    basis, figure = basis_of(rule), figure_of(rule.kind)
    return (basis, rule.window, figure), lambda: Windows(basis, rule.window, figure, lateness)
