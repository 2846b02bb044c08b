"""Faults of a rules file: what is wrong, where, and what to try."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.blueprint.problems import Place, Problem, Worded
from tailrace.model.names import did_you_mean, nearest

_MEANT = {
    "condition": "when",
    "if": "when",
    "expr": "when",
    "rule": "when",
    "type": "when",
    "query": "where",
    "filter": "where",
    "query_key": "by",
    "group_by": "by",
    "group by": "by",
    "per": "by",
    "alert": "name",
    "title": "name",
    "priority": "severity",
    "url": "runbook",
    "link": "runbook",
    "tags": "labels",
    "realert": "cooldown",
    "repeat": "cooldown",
    "for": "in",
    "timeframe": "in",
    "window": "in",
    "within": "in",
    "num_events": "at least",
    "min": "at least",
    "threshold": "when",
}
"""What other programs call the keys of a rule."""


@dataclass(frozen=True)
class NoRules(Problem):
    """The file says nothing, or is no mapping."""

    came: str
    hint = "begin with 'rules:' and write below it '  - errors > 10 in 30s'"

    @property
    def sentence(self) -> str:
        return f"a rules file is a mapping with the key rules, {self.came} came"


@dataclass(frozen=True)
class UnknownRulesKey(Problem):
    """A key that nobody reads, of the file or of a rule."""

    key: str
    known: tuple[str, ...]
    of: str = "a rule"

    @property
    def sentence(self) -> str:
        return f"{self.of} has no key {self.key!r}"

    @property
    def hint(self) -> str | None:
        if " " in self.key and self.key.lower() not in _MEANT and nearest(self.key, self.known) is None:
            return "a text that holds ': ' stands in quotes"
        meant = _MEANT.get(self.key.lower())
        return did_you_mean(meant if meant in self.known else self.key, self.known, "key")


@dataclass(frozen=True)
class MissingRulesKey(Problem):
    """A rule lacks what it cannot do without."""

    key: str
    of: str
    example: str

    @property
    def sentence(self) -> str:
        return f"{self.of} needs the key {self.key!r}"

    @property
    def hint(self) -> str | None:
        return f"as in {self.example}"


class WrongRulesValue(Worded):
    """A value under a key that does not fit it."""


class RuleNotUnderstood(Worded):
    """SQL, a pattern or a short form that cannot be understood, or that speaks of what is not there."""


@dataclass(frozen=True)
class DuplicateRuleName(Problem):
    """Two rules of one name: their alerts could not be told apart."""

    name: str
    first: Place
    hint = "give one of them another name"

    @property
    def sentence(self) -> str:
        return f"the rule {self.name!r} is given twice, first in line {self.first.line}"
