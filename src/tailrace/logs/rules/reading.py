"""A rule from its short form alone, as a command line takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tailrace.logs.rules.checks import rule_faults
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.short import HINT, read_short
from tailrace.model.errors import TailraceError

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse_rule(text: str) -> Rule:
    """Read a rule. Raises TailraceError that quotes the rule and says what cannot be understood."""
    plain = " ".join(text.split())
    try:
        rule = Rule(plain, read_short(plain), written=plain)
    except TailraceError as error:
        raise TailraceError(f"the rule {plain!r} {error}", hint=error.hint) from None
    faults = rule_faults(rule)
    if faults:
        first = faults[0]
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        sentence = f"the rule {plain!r} cannot be understood: {first.sentence}{more}"
        raise TailraceError(sentence, hint=first.hint or HINT)
    return rule


def check_texts(texts: Sequence[str]) -> None:
    """Refuse rules that cannot be read, or one given twice. Raises TailraceError."""
    seen: set[str] = set()
    for text in texts:
        rule = parse_rule(text)
        if rule.text in seen:
            raise TailraceError(f"the rule {rule.text!r} is given twice")
        seen.add(rule.text)
