"""What a condition of any kind has to obey beyond its form: names, types, patterns, numbers that make sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tailrace.logs.patterns import check_regex
from tailrace.logs.rules.fields import field_faults, figure_faults
from tailrace.logs.rules.kinds import (
    Change,
    Distinct,
    Kind,
    Listed,
    Metric,
    New,
    Share,
    Silence,
    Spike,
    Threshold,
)
from tailrace.logs.rules.measures import LEVELS as MEASURED
from tailrace.logs.rules.measures import measure_faults, named_measures
from tailrace.logs.rules.rule import LEVELS, Rule
from tailrace.model.errors import TailraceError
from tailrace.window.faults import Fault

MOST_BEFORE: Final = 1000
"""Windows that a spike is compared with, at most."""


def rule_faults(rule: Rule) -> list[Fault]:
    """Everything wrong with a rule whose form is right; paths name `where`, `by`, and parts of the kind."""
    where = [each.under("where") for each in field_faults(rule.where, condition=True)] if rule.where else []
    by = [each.under("by") for name in rule.by for each in field_faults(name)]
    own = list(_kind_faults(rule.kind))
    faults = [*own, *where, *by]
    return faults or list(_unseen(rule))


def _kind_faults(kind: Kind) -> Iterator[Fault]:
    match kind:
        case Threshold():
            yield from (each.under("condition") for each in measure_faults(kind.condition, condition=True))
        case Share():
            for name, sql in (("part", kind.part), ("whole", kind.whole)):
                yield from (each.under(name) for each in measure_faults(sql))
        case Spike():
            yield from (each.under("measure") for each in measure_faults(kind.measure))
            yield from _spike_faults(kind)
        case Metric():
            yield from (each.under("field") for each in figure_faults(kind.field))
        case Distinct() | Change() | New() | Listed():
            yield from (each.under("field") for each in field_faults(kind.field))
            if isinstance(kind, Listed):
                yield from _pattern_faults(kind)
        case Silence():
            pass


def _spike_faults(kind: Spike) -> Iterator[Fault]:
    if kind.factor <= 1:
        yield Fault(("factor",), f"a factor of {kind.factor:g} is no spike", "it has to be more than 1, as in 3x")
    if not 1 <= kind.before <= MOST_BEFORE:
        hint = f"it can be held against 1 to {MOST_BEFORE}"
        yield Fault(("before",), f"a window cannot be held against {kind.before} windows before", hint)


def _pattern_faults(kind: Listed) -> Iterator[Fault]:
    if not kind.patterns:
        yield Fault(("patterns",), "the list has no pattern", "name one at least, as in [OutOfMemory]")
    for pattern in kind.patterns:
        try:
            check_regex(pattern)
        except TailraceError as error:
            yield Fault(("patterns",), str(error), error.hint)


def _unseen(rule: Rule) -> Iterator[Fault]:
    """Measures of levels that the rule never gets to see."""
    if rule.counts_volumes or not isinstance(rule.kind, Threshold | Share | Spike):
        return
    match rule.kind:
        case Threshold(condition=text):
            names = named_measures(text)
        case Share(part=part, whole=whole):
            names = named_measures(part) | named_measures(whole)
        case Spike(measure=text):
            names = named_measures(text)
    for name in sorted(names & MEASURED.keys()):
        named = [level or "ANY" for level in MEASURED[name]]
        if not any(LEVELS.index(level) >= LEVELS.index(rule.least) for level in named):
            level = named[0]
            sentence = f"{name} are never counted: with this where, by or level it sees {rule.least} and worse"
            yield Fault((), sentence, f"add level: {level}, so that these records are kept in full")
