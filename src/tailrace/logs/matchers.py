"""Matchers choose alerts by their labels: `severity=critical`, `app=orders*`, `team!=payments`, `app=~ord.*`. Pure.

A label that an alert does not have counts as empty, so `team!=payments` takes what has no team, and `team=` only that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate

from tailrace.logs.patterns import check_regex, matches
from tailrace.logs.records import Alert
from tailrace.model.errors import TailraceError

_FORM = re.compile(r"\s*(?P<name>[^\s=!~\"']+)\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>.*?)\s*", re.DOTALL)
_LEVELS = {"FATAL": "critical", "ERROR": "error"}
_SEVERITIES = frozenset({"critical", "error", "warning", "info"})
_HINT = "as in severity=critical, app=orders*, team!=payments or app=~ord.*"


@dataclass(frozen=True)
class Matcher:
    """One condition on one label.

    `=` and `!=` compare with a glob (`*`, `?`, `[abc]`), `=~` and `!~` with a regular expression; either has to fit
    the whole value, and upper and lower case differ. `glob` is that of `=`, as Python's expression.
    """

    name: str
    operator: str
    value: str
    glob: re.Pattern[str] | None

    def matches(self, values: Mapping[str, str]) -> bool:
        """Whether the condition holds for these labels."""
        value = values.get(self.name, "")
        fits = matches(_whole(self.value), [value])[0] if self.glob is None else self.glob.fullmatch(value) is not None
        return fits is not self.operator.startswith("!")

    def __str__(self) -> str:
        return f"{self.name}{self.operator}{self.value}"


def parse_matcher(text: str) -> Matcher:
    """Read a matcher; its value may stand in quotes. Raises TailraceError when it is none."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise TailraceError(f"{text!r} is no matcher: a label, an operator (=, !=, =~, !~) and a value", hint=_HINT)
    name, operator, value = form["name"], form["operator"], _unquoted(form["value"])
    if not operator.endswith("~"):
        return Matcher(name, operator, value, re.compile(translate(value), re.DOTALL))
    check_regex(value)
    check_regex(_whole(value))
    return Matcher(name, operator, value, None)


def check_matchers(texts: Iterable[str]) -> None:
    """Raise TailraceError when one of the texts is no matcher."""
    for text in texts:
        parse_matcher(text)


def all_match(matchers: Iterable[Matcher], values: Mapping[str, str]) -> bool:
    """Whether every matcher holds for these labels; so it is if there is none."""
    return all(matcher.matches(values) for matcher in matchers)


def labels_of(alert: Alert) -> dict[str, str]:
    """What an alert can be chosen by: its rule's labels, the fields its rule goes by, app, rule, name and severity.

    Where two have the same name the later in this list counts. The name of a rule without one is its condition.
    """
    own = {"app": alert.app, "rule": alert.rule, "name": alert.name or alert.rule, "severity": severity_of(alert)}
    return {**alert.labels, **alert.group, **own}


def severity_of(alert: Alert) -> str:
    """`critical`, `error`, `warning` or `info`: what the rule says, or else by the worst level that was counted."""
    if alert.severity in _SEVERITIES:
        return alert.severity
    worst = {_LEVELS.get(cause.level, "") for cause in alert.causes} | ({"error"} if alert.errors else set())
    return next((name for name in ("critical", "error") if name in worst), "warning")


def _whole(pattern: str) -> str:
    return rf"\A(?s:{pattern})\z"


def _unquoted(value: str) -> str:
    quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
