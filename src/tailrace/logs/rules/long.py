"""The long form of a condition: a mapping with a word for the kind, such as `{spike: errors, factor: 3, in: 5m}`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from tailrace.blueprint.problems import Problem
from tailrace.blueprint.source import Mapping, Node, describe
from tailrace.logs.rules import values as v
from tailrace.logs.rules.kinds import (
    LEARNING,
    LEAST_SPIKE,
    LIST_WINDOW,
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
from tailrace.logs.rules.problems import MissingRulesKey, UnknownRulesKey, WrongRulesValue
from tailrace.logs.rules.values import Keys

KINDS: Final = (
    *("threshold", "share", "spike", "distinct", "metric"),
    *("blacklist", "whitelist", "change", "new", "silence"),
)
"""The words that a condition in its long form begins with."""
PARTS: Final = {
    "condition": ("threshold",),
    "part": ("share",),
    "whole": ("of",),
    "measure": ("spike",),
    "before": ("windows",),
    "patterns": ("blacklist", "whitelist"),
    "field": ("field", "distinct", "metric", "change", "new"),
}
"""Under which keys the parts of a condition stand."""
_EXAMPLES: Final = {"in": "in: 5m", "above": "above: 100, or below: 100"}
_NONE: Final = timedelta()
_FIGURE: Final = re.compile(r"\s*(count|sum|mean|avg|min|max|p[1-9]\d?)\s*\((.+)\)\s*", re.IGNORECASE | re.DOTALL)


def read_long(node: Mapping, problems: list[Problem]) -> Kind | None:
    """The condition of a mapping; None when its kind cannot be told. Faults are added to the problems."""
    found = [v.plain(entry.key) for entry in node if v.plain(entry.key) in KINDS]
    if len(found) != 1:
        problems.append(_kind_fault(node, found))
        return None
    keys = Keys(node, f"a {found[0]} condition", problems)
    kind = _READERS[found[0]](keys)
    keys.refuse_others()
    return kind


def _kind_fault(node: Mapping, found: list[str]) -> Problem:
    if found:
        return WrongRulesValue(
            node.place, f"when says two things at once: {' and '.join(found)}", "make them two rules"
        )
    if node.entries:
        return UnknownRulesKey(node.entries[0].place, node.entries[0].key, KINDS, "when")
    return MissingRulesKey(node.place, "threshold", "when", "when: {threshold: errors > 10, in: 30s}")


def _window(keys: Keys) -> timedelta:
    return keys.need("in", v.window, _NONE, _EXAMPLES["in"])


def _limit(keys: Keys, read: Callable[[Node], float] = v.number) -> tuple[str, float]:
    """The comparison and the number of `above: 5` or `below: 5`."""
    given = [name for name in ("above", "below") if keys.entry(name) is not None]
    if len(given) == 2:
        keys.problems.append(WrongRulesValue(keys.node.place, "above and below exclude each other", "make two rules"))
    if not given:
        keys.problems.append(MissingRulesKey(keys.node.place, "above", keys.of, _EXAMPLES["above"]))
        return ">", 0.0
    return (">" if given[0] == "above" else "<"), keys.take(given[0], read, 0.0)


def _threshold(keys: Keys) -> Kind:
    return Threshold(keys.take("threshold", v.text, ""), _window(keys))


def _share(keys: Keys) -> Kind:
    part = keys.take("share", v.text, "")
    whole = keys.take("of", v.text, "lines")
    comparison, percent = _limit(keys, v.percentage)
    return Share(part, comparison, percent, whole, _window(keys), keys.take("at least", v.number, 0.0))


def _spike(keys: Keys) -> Kind:
    return Spike(
        keys.take("spike", v.text, ""),
        keys.need("factor", v.number, 2.0, "factor: 3"),
        keys.take("windows", v.whole, 1),
        _window(keys),
        keys.take("direction", v.choice("up", "down", "both"), "up"),
        keys.take("at least", v.number, LEAST_SPIKE),
    )


def _distinct(keys: Keys) -> Kind:
    comparison, limit = _limit(keys)
    return Distinct(keys.take("distinct", v.text, ""), comparison, limit, _window(keys))


def _metric(keys: Keys) -> Kind:
    function, field = keys.take("metric", _figure, ("count", ""))
    comparison, limit = _limit(keys)
    return Metric(function, field, comparison, limit, _window(keys), keys.take("at least", v.number, 0.0))


def _figure(node: Node) -> tuple[str, str]:
    match = _FIGURE.fullmatch(v.text(node))
    if match is None:
        sentence = f"has to be a figure of a field, {describe(node)} came"
        raise v.Wrong(sentence, "count, sum, mean, min, max or p1 to p99, as in p99(attributes.ms)")
    function = match[1].lower()
    return {"avg": "mean"}.get(function, function), match[2].strip()


def _listed(name: str) -> Callable[[Keys], Kind]:
    def read(keys: Keys) -> Kind:
        return Listed(
            keys.take("field", v.text, "body"),
            keys.take(name, v.patterns, ("",)),
            name == "whitelist",
            keys.take("in", v.window, LIST_WINDOW),
        )

    return read


def _change(keys: Keys) -> Kind:
    return Change(keys.take("change", v.text, ""))


def _new(keys: Keys) -> Kind:
    return New(keys.take("new", v.text, ""), keys.take("after", v.duration, LEARNING))


def _silence(keys: Keys) -> Kind:
    return Silence(keys.take("silence", v.window, _NONE), keys.take("apps", v.texts, ()))


_READERS: Final[dict[str, Callable[[Keys], Kind]]] = {
    "threshold": _threshold,
    "share": _share,
    "spike": _spike,
    "distinct": _distinct,
    "metric": _metric,
    "blacklist": _listed("blacklist"),
    "whitelist": _listed("whitelist"),
    "change": _change,
    "new": _new,
    "silence": _silence,
}
