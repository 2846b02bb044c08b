"""A rule: its condition, which records it is about, what goes by itself, and what an alert of it will say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final

from tailrace.logs.rules.fields import columns_named
from tailrace.logs.rules.kinds import Change, Distinct, Kind, Listed, Metric, New, Share, Silence, Spike, Threshold
from tailrace.logs.rules.measures import is_falling

COUNTED: Final = frozenset({"app", "level"})
"""The fields that volumes have too: they count records of every level, also those not sent in full."""
_SHORTEST_QUIET: Final = timedelta(minutes=1)
_MOMENT: Final = timedelta(seconds=10)


LEVELS: Final = ("ANY", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
"""What a rule may name as the least level it looks at; ANY takes in records of no level."""


@dataclass(frozen=True)
class Rule:
    """A condition, held against the records that `where` admits, for each set of values of the fields `by` by itself.

    `name` is unique among the rules of an application. `level` is the least level that the rule looks at, ANY for
    records of no level too; without one it looks at WARN and worse, or at all volumes if these can tell. `severity` is
    critical, error, warning or info, or empty to go by the levels; an open incident is told again after `cooldown` (0:
    never). `written` is the condition as it was written, if that was its short form.
    """

    name: str
    kind: Kind
    where: str = ""
    by: tuple[str, ...] = ("app",)
    level: str = ""
    severity: str = ""
    runbook: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    given_quiet: timedelta | None = None
    cooldown: timedelta = timedelta()
    written: str = ""

    @property
    def text(self) -> str:
        """The condition as it was written; in its short form if it was written by keys."""
        return self.written or self.kind.text

    @property
    def window(self) -> timedelta:
        """The length of time that the condition is about; of kinds without a window, a moment of ten seconds."""
        match self.kind:
            case Silence(length=length):
                return length
            case Change() | New():
                return _MOMENT
            case _:
                return self.kind.window

    @property
    def quiet(self) -> timedelta:
        """How long no crossing resolves an incident: as given, or else the window, a minute at least.

        A silence is told all the while it lasts, so a minute is enough.
        """
        if self.given_quiet is not None:
            return self.given_quiet
        return _SHORTEST_QUIET if isinstance(self.kind, Silence) else max(self.window, _SHORTEST_QUIET)

    @cached_property
    def counts_volumes(self) -> bool:
        """Whether volumes can tell all that the rule asks for: then it sees every level. Else it needs records."""
        return not self.level and self._fields() <= COUNTED

    @cached_property
    def counts_all(self) -> bool:
        """Whether every line counts: of each application if the rule goes by it, else of all of them together."""
        if not self.counts_volumes or not set(self.by) <= {"app"}:
            return False
        return not self.where or (self.by == ("app",) and columns_named(self.where) <= {"app"})

    @cached_property
    def falls(self) -> bool:
        """Whether the rule warns of values that are too small."""
        match self.kind:
            case Threshold(condition=condition):
                return is_falling(condition)
            case Share(comparison=comparison) | Distinct(comparison=comparison) | Metric(comparison=comparison):
                return comparison in ("<", "<=")
            case Spike(direction=direction):
                return direction == "down"
            case _:
                return False

    @property
    def least(self) -> str:
        """The lowest level that has to be kept in full for this rule: WARN, which always is, if volumes are enough."""
        return self.level or "WARN"

    @cached_property
    def identity(self) -> str:
        """What the rule judges by, in few characters: it does not change with name, severity, labels and the like."""
        content = [type(self.kind).__name__, asdict(self.kind), self.where, self.by, self.level]
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()[:16]

    def _fields(self) -> frozenset[str]:
        """The fields of records that the rule speaks of."""
        named = columns_named(self.where) | frozenset().union(*(columns_named(each) for each in self.by))
        if isinstance(self.kind, Distinct | Metric | Listed | Change | New):
            named |= columns_named(self.kind.field)
        return named


def least_of(rules: Iterable[Rule]) -> str:
    """The lowest level that has to be kept in full for all of the rules, WARN at the most."""
    return min(("WARN", *(rule.least for rule in rules)), key=LEVELS.index)
