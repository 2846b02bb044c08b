"""The bench: all rules at work, each held against what comes, rules of one basis together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, Protocol

import polars as pl
import pyarrow as pa

from tailrace.logs.records import Crossing
from tailrace.logs.rules.basis import Basis, basis_of
from tailrace.logs.rules.changes import Changes
from tailrace.logs.rules.drawers import Drawer, drawers_of
from tailrace.logs.rules.eras import Eras
from tailrace.logs.rules.evidence import Evidence
from tailrace.logs.rules.figures import figure_of
from tailrace.logs.rules.kinds import Change, New, Silence
from tailrace.logs.rules.measures import hop_of
from tailrace.logs.rules.novelties import Novelties
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import Sight
from tailrace.logs.rules.silences import Silences
from tailrace.logs.rules.telling import crossings_of
from tailrace.logs.rules.verdict import Moment, Verdict
from tailrace.logs.rules.windows import Windows

KEEPING: Final = "keep"
"""Where what belongs to no part stands."""
_SLACK: Final = timedelta(minutes=1)


class Part(Protocol):
    """What judges rules of one basis, and remembers what it needs for that."""

    identity: str
    basis: Basis

    def recall(self, entries: MutableMapping[str, bytes], rules: list[Rule]) -> None:
        """Go on from what was saved in the entries, for these rules."""

    def take(self, sight: Sight, moment: Moment) -> list[Verdict]:
        """Add what a step has brought, and judge it."""

    def look(self, moment: Moment) -> list[Verdict]:
        """Judge what time alone has changed."""


class Bench:
    """Holds rules against records and volumes, step by step. Its state are the entries given.

    A rule that was on the bench before goes on with its windows; one that is new to it, when others have been there
    before, holds from then on: for windows that end after everything that was seen of an application.
    """

    def __init__(self, rules: Sequence[Rule], entries: MutableMapping[str, bytes], lateness: timedelta) -> None:
        self.rules = tuple(rules)
        self.faults: list[str] = []
        """What could not be judged, and why; whoever runs the bench tells of it and empties the list."""
        drawers = drawers_of(entries)

        def drawer(name: str) -> Drawer:
            return drawers.pop(name, None) or Drawer(entries, name)

        self._eras = Eras(drawer(KEEPING), [rule.identity for rule in rules])
        self._parts: list[Part] = []
        for part, judged in _parts_of(self.rules, lateness):
            part.recall(drawer(part.identity), judged)
            self._parts.append(part)
        self._evidence = _evidence_of(self.rules)
        for each in self._evidence.values():
            each.recall(drawer(each.identity))
        for unused in drawers.values():
            unused.clear()
        self._bases = {part.basis for part in self._parts} | {each.basis for each in self._evidence.values()}

    def take(self, records: pl.DataFrame, volumes: pl.DataFrame, moment: Moment) -> list[Crossing]:
        """Hold every rule against what a step has brought: the crossings, in the order of their windows' ends."""
        sight = Sight(records, volumes)
        sight.prepare(self._bases)
        for each in self._evidence.values():
            with self._noting(each.basis):
                each.take(sight)
        found = self._judged(lambda part: part.take(sight, moment))
        told = self._told(found)
        self._eras.reach(records, volumes)
        return told

    def look(self, moment: Moment) -> list[Crossing]:
        """What time alone has made true: windows that are over, groups that have gone silent."""
        found = self._judged(lambda part: part.look(moment))
        return self._told(found)

    def _judged(self, judge: Callable[[Part], list[Verdict]]) -> list[Verdict]:
        """What all parts say. One that fails at what it is given must not keep the others from telling."""
        found = []
        for part in self._parts:
            with self._noting(part.basis):
                found += judge(part)
        return found

    def _told(self, found: list[Verdict]) -> list[Crossing]:
        told: list[Crossing] = []
        for verdict in found:
            with self._noting(basis_of(verdict.rule)):
                told += crossings_of(verdict, self._eras, self._evidence)
        return sorted(told, key=lambda each: (each.window_end, each.rule, each.app))

    @contextmanager
    def _noting(self, basis: Basis) -> Iterator[None]:
        try:
            yield
        except (pl.exceptions.PolarsError, pa.ArrowException, ArithmeticError, ValueError) as error:
            self.faults.append(f"{type(error).__name__}: {error} (by {basis})")

    def waits(self) -> bool:
        """Whether past logs were read whose silences nobody has looked for yet."""
        return any(isinstance(part, Silences) and part.unread for part in self._parts)


def _parts_of(rules: Sequence[Rule], lateness: timedelta) -> Iterator[tuple[Part, list[Rule]]]:
    """The parts that a set of rules needs, each with the rules it judges."""
    together: dict[tuple[object, ...], tuple[Callable[[], Part], list[Rule]]] = {}
    for rule in rules:
        key, build = _part_of(rule, lateness)
        together.setdefault(key, (build, []))[1].append(rule)
    for build, judged in together.values():
        yield build(), judged


def _part_of(rule: Rule, lateness: timedelta) -> tuple[tuple[object, ...], Callable[[], Part]]:
    basis = basis_of(rule)
    match rule.kind:
        case New(field=field):
            return (New, basis, field), lambda: Novelties(basis, field)
        case Change(field=field):
            return (Change, basis, field), lambda: Changes(basis, field)
        case Silence(apps=apps):
            return (Silence, basis, apps), lambda: Silences(basis, apps)
        case kind:
            figure = figure_of(kind)
            return (basis, rule.window, figure), lambda: Windows(basis, rule.window, figure, lateness)


def _evidence_of(rules: Sequence[Rule]) -> dict[Basis, Evidence]:
    """What remembers the causes of crossings, by the basis of the rules that need it."""
    windows: dict[Basis, list[timedelta]] = {}
    for rule in rules:
        if not isinstance(rule.kind, New | Change | Silence) and not basis_of(rule).goes_by_app_alone:
            windows.setdefault(basis_of(rule), []).append(rule.window)
    return {
        basis: Evidence(basis, hop_of(min(lengths)), 2 * max(lengths) + _SLACK) for basis, lengths in windows.items()
    }
