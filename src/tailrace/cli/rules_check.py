"""`tailrace rules check`: each rule in plain English, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tailrace.blueprint.problems import Place, Problem, problem_lines
from tailrace.cli.exits import DONE, FAULT, AskedWronglyError, exit_codes
from tailrace.cli.rules_files import read_checked, text_of_rules
from tailrace.cli.terminal import paint
from tailrace.logs.mail.words import count_words
from tailrace.logs.rules.describe import describe
from tailrace.logs.rules.file import RulesFile
from tailrace.logs.rules.reading import parse_rule
from tailrace.logs.rules.rule import Rule
from tailrace.model.errors import TailraceError
from tailrace.model.show import json_text, visible


def check(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A rules file; or a single rule, as in 'errors > 10 in 30s'.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object: the problems, or the rules.")] = False,
) -> None:
    """Say in plain English what each rule does.

    A file with mistakes is refused as a whole: each mistake is told as file:line:column, what is wrong, and what to
    try.

    Examples:

    \b
      tailrace rules check rules.yaml
      tailrace rules check "errors > 5% of lines in 5m, at least 100 lines"
      tailrace rules check rules.yaml --json | jq -r '.rules[].name'

    Exit code: 0 the rules hold, 1 they do not, 2 a fault in what was asked.
    """
    with exit_codes():
        found = _read(file)
        if as_json:
            typer.echo(json_text(_as_json(file, found), indent=2))
        else:
            for line in _as_lines(file, found):
                typer.echo(line)
        raise typer.Exit(DONE if isinstance(found, RulesFile) else FAULT)


def _read(file: str) -> RulesFile | tuple[Problem, ...]:
    if Path(file).is_file() or " " not in file:
        return read_checked(text_of_rules(file), file)
    try:
        return RulesFile((parse_rule(file),), places=(Place("the command line"),))
    except TailraceError as error:
        raise AskedWronglyError(str(error), hint=error.hint) from None


def _as_lines(file: str, found: RulesFile | tuple[Problem, ...]) -> Iterator[str]:
    if not isinstance(found, RulesFile):
        yield from map(visible, problem_lines(found))
        yield f"{file} {paint('does not hold', 'red')}: {count_words(len(found), 'problems')}"
        return
    for rule, place in zip(found.rules, found.places, strict=True):
        severity = f"  {rule.severity}" if rule.severity else ""
        yield f"{paint(visible(rule.name), 'bold')}{severity}  {paint(str(place), 'dim')}"
        if rule.name != rule.text:
            yield f"  {visible(rule.text)}"
        yield f"  {visible(describe(rule))}"
        extra = [f"{key}={value}" for key, value in rule.labels.items()] + ([rule.runbook] if rule.runbook else [])
        if extra:
            yield f"  {visible('  '.join(extra))}"
        yield ""
    others = f", and {', '.join(found.sections)}" if found.sections else ""
    yield f"{file} {paint('holds', 'green')}: {count_words(len(found.rules), 'rules')}{others}"


def _as_json(file: str, found: RulesFile | tuple[Problem, ...]) -> dict[str, Any]:
    holds = isinstance(found, RulesFile)
    problems: Sequence[Problem] = () if isinstance(found, RulesFile) else found
    rules = zip(found.rules, found.places, strict=True) if isinstance(found, RulesFile) else ()
    return {
        "file": file,
        "holds": holds,
        "problems": [each.to_json() for each in problems],
        "rules": [_rule_json(rule, place) for rule, place in rules],
    }


def _rule_json(rule: Rule, place: Place) -> dict[str, Any]:
    return {
        "name": rule.name,
        "condition": rule.text,
        "kind": type(rule.kind).__name__.lower(),
        "description": describe(rule),
        "where": rule.where,
        "by": list(rule.by),
        "level": rule.least,
        "severity": rule.severity,
        "labels": rule.labels,
        "runbook": rule.runbook,
        "quiet": rule.quiet.total_seconds(),
        "cooldown": rule.cooldown.total_seconds(),
        "line": place.line,
        "column": place.column,
    }
