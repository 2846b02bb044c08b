"""Rules files: YAML with a list of rules, and sections that others read.

rules:
  - errors > 10 in 30s
  - name: checkout fails
    when: errors > 5% of lines in 5m, at least 100 lines
    where: app LIKE 'checkout%'
    severity: critical
"""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from tailrace.blueprint.problems import Place, Problem, sort_problems
from tailrace.blueprint.source import Mapping, Node, Scalar, Sequence, describe, read_source
from tailrace.logs.rules import values as v
from tailrace.logs.rules.checks import rule_faults
from tailrace.logs.rules.kinds import Kind
from tailrace.logs.rules.long import PARTS, read_long
from tailrace.logs.rules.problems import (
    DuplicateRuleName,
    MissingRulesKey,
    NoRules,
    RuleNotUnderstood,
    WrongRulesValue,
)
from tailrace.logs.rules.rule import LEVELS, Rule
from tailrace.logs.rules.short import read_short
from tailrace.logs.rules.values import Keys, Wrong
from tailrace.model.errors import TailraceError
from tailrace.window.faults import Fault

RULES: Final = "rules"
SECTIONS: Final = (RULES, "inhibit", "receivers", "reports")
"""The keys that a rules file may have."""
SEVERITIES: Final = ("critical", "error", "warning", "info")
KEYS: Final = ("name", "when", "where", "by", "level", "severity", "runbook", "labels", "quiet", "cooldown")
"""The keys that a rule may have."""
_BY: Final[tuple[str, ...]] = ("app",)
_NO_LABELS: Final[dict[str, str]] = {}


@dataclass(frozen=True)
class RulesFile:
    """A rules file that holds: its rules in order, the places where they stand, and the other sections, unread."""

    rules: tuple[Rule, ...]
    sections: Mapped[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    places: tuple[Place, ...] = ()


def read_rules(text: str, name: str) -> RulesFile | tuple[Problem, ...]:
    """Read a rules file, or find every problem in it. `name` only names the text in places."""
    source = read_source(text, name)
    if source.root is None and source.problems:
        return source.problems
    if not isinstance(source.root, Mapping) or not source.root.entries:
        place = source.root.place if source.root is not None else Place(name, 1, 1)
        return (*source.problems, NoRules(place, describe(source.root) if source.root is not None else "nothing"))
    problems = list(source.problems)
    Keys(source.root, "a rules file", problems).refuse_others(SECTIONS)
    listed = source.root.get(RULES)
    placed = _read_list(listed.value, problems) if listed is not None else []
    if any(each.severity == "error" for each in problems):
        return sort_problems(problems, name)
    sections = {each.key: each.value for each in source.root if each.key != RULES}
    rules, places = tuple(rule for rule, _ in placed), tuple(place for _, place in placed)
    return RulesFile(rules, MappingProxyType(sections), places)


def _read_list(node: Node, problems: list[Problem]) -> list[tuple[Rule, Place]]:
    if isinstance(node, Scalar) and node.value is None:
        return []
    if not isinstance(node, Sequence):
        hint = "write each rule on a line of its own, behind '- '"
        problems.append(WrongRulesValue(node.place, f"rules has to be a list, {describe(node)} came", hint))
        return []
    first: dict[str, Place] = {}
    rules = []
    for item in node.items:
        rule = _read_rule(item, problems)
        if rule is None:
            continue
        if rule.name in first:
            problems.append(DuplicateRuleName(item.place, rule.name, first[rule.name]))
        first.setdefault(rule.name, item.place)
        rules.append((rule, item.place))
    return rules


def _read_rule(node: Node, problems: list[Problem]) -> Rule | None:
    """One rule, a mapping or a short form; None when it has no condition that can be read."""
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _checked(_short(node, problems), Mapping(node.place, ()), node, problems)
    if not isinstance(node, Mapping):
        hint = "write a condition, as in 'errors > 10 in 30s', or a mapping with the key when"
        problems.append(WrongRulesValue(node.place, f"a rule is a text or a mapping, {describe(node)} came", hint))
        return None
    when = node.get("when")
    if when is None:
        Keys(node, "a rule", problems).refuse_others(KEYS)
        problems.append(MissingRulesKey(node.place, "when", "a rule", "when: errors > 10 in 30s"))
        return None
    if not isinstance(when.value, Mapping):
        return _checked(_short(when.value, problems), node, when.value, problems)
    before = len(problems)
    kind = read_long(when.value, problems)
    return _checked(Rule(kind.text, kind) if kind and len(problems) == before else None, node, when.value, problems)


def _short(node: Node, problems: list[Problem]) -> Rule | None:
    try:
        text = v.text(node)
    except Wrong as wrong:
        problems.append(WrongRulesValue(node.place, f"when {wrong.sentence}", "as in when: errors > 10 in 30s"))
        return None
    try:
        return Rule(text, read_short(text), written=text)
    except TailraceError as error:
        problems.append(RuleNotUnderstood(node.place, f"the condition {text!r} {error}", error.hint))
        return None


def _checked(rule: Rule | None, node: Mapping, when: Node, problems: list[Problem]) -> Rule | None:
    """The rule with everything that stands beside its condition, held against what rules have to obey."""
    keys = Keys(node, "a rule", problems)
    given = _beside(keys)
    keys.refuse_others(KEYS)
    if rule is None:
        return None
    whole = replace(rule, **{**given, "name": given["name"] or rule.text})  # type: ignore[arg-type]
    problems.extend(_located(fault, whole.kind, node, when) for fault in rule_faults(whole))
    return whole


def _beside(keys: Keys) -> dict[str, object]:
    return {
        "name": keys.take("name", v.text, ""),
        "where": keys.take("where", v.text, ""),
        "by": keys.take("by", _fields, _BY),
        "level": keys.take("level", v.choice(*LEVELS), ""),
        "severity": keys.take("severity", v.choice(*SEVERITIES), ""),
        "runbook": keys.take("runbook", _link, ""),
        "labels": keys.take("labels", _labels, _NO_LABELS),
        "given_quiet": keys.take("quiet", _quiet, None),
        "cooldown": keys.take("cooldown", v.duration, timedelta()),
    }


def _fields(node: Node) -> tuple[str, ...]:
    found = v.texts(node)
    if len(set(found)) < len(found):
        raise Wrong("names a field twice")
    return found


def _quiet(node: Node) -> timedelta | None:
    quiet = v.duration(node)
    if quiet < timedelta(seconds=1):
        raise Wrong("has to be a second at least", "it is how long no crossing resolves an alert, as in 5m")
    return quiet


def _link(node: Node) -> str:
    link = v.text(node)
    try:
        parts = urlsplit(link)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not any(each.isspace() for each in link)
    except ValueError:
        good = False
    if not good:
        raise Wrong(f"has to be a link, {link!r} came", "begin with https://, as in https://wiki.example.com/orders")
    return link


def _labels(node: Node) -> dict[str, str]:
    if not isinstance(node, Mapping):
        raise Wrong(f"has to be a mapping of names to texts, {describe(node)} came", "as in labels: {team: payments}")
    return {entry.key: v.text(entry.value) for entry in node}


def _located(fault: Fault, kind: Kind, node: Mapping, when: Node) -> Problem:
    """The fault at the place of the text that it is about."""
    part = fault.path[0] if fault.path else ""
    entry = node.get(part) if part in ("where", "by") else None
    at, sql = when, str(getattr(kind, part, ""))
    if entry is not None:
        at, sql = entry.value, ""
    elif isinstance(when, Mapping):
        names = PARTS.get(part, (part,))
        at = next((each.value for each in when if v.plain(each.key) in names), when)
    return RuleNotUnderstood(_within(at, sql, fault.column), fault.sentence, fault.hint)


def _within(node: Node, sql: str, column: int | None) -> Place:
    """The place of a character (from 1) of SQL that stands somewhere in a node's text."""
    if not isinstance(node, Scalar) or node.inset is None:
        return node.place
    start = max(node.text.find(sql), 0) if sql else 0
    return replace(node.place, column=node.place.column + node.inset + start + (column or 1) - 1)
