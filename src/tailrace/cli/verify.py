"""`tailrace verify`: every problem at once, of a blueprint, a file of rules or a file of formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from tailrace.blueprint.plan import Plan
from tailrace.blueprint.problems import Problem, problem_lines
from tailrace.blueprint.verify import Refused, Verified
from tailrace.cli.blueprints import read_blueprint, sources_of, verify_blueprint
from tailrace.cli.exits import DONE, FAULT, exit_codes
from tailrace.cli.options import Config, Sets
from tailrace.cli.terminal import paint
from tailrace.cli.verifying import Findings, other_file, with_rules
from tailrace.logs.mail.words import and_words, count_words
from tailrace.model.show import json_text


def verify(
    blueprint: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A blueprint's file, the name of a packaged one (alerts), a rules or formats file."
        ),
    ],
    sets: Sets = [],  # noqa: B006
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object: the problems, and the plan if it holds.")
    ] = False,
) -> None:
    """Find every problem in a blueprint, a file of rules or a file of formats.

    Each problem is told as file:line:column, what is wrong, and what to try. Settings are checked as `tailrace run`
    would take them, the environment included; the rules file that a blueprint names is checked too.

    Examples:

    \b
      tailrace verify blueprint.yaml
      tailrace verify blueprint.yaml --config prod.yaml --set split.limit=80
      tailrace verify alerts --set source.paths=/var/log --json
      tailrace verify rules.yaml

    Exit code: 0 the file holds (there may be warnings), 1 it does not, 2 a fault in what was asked.
    """
    with exit_codes():
        text, name = read_blueprint(blueprint)
        found = other_file(text, name) or _findings(verify_blueprint(text, name, sources_of(sets, config)), name)
        if as_json:
            said = {found.kind: name, "holds": found.holds, "problems": [each.to_json() for each in found.problems]}
            typer.echo(json_text(said if found.plan is None else said | {"plan": found.plan.to_json()}, indent=2))
        else:
            for line in _lines(found, name):
                typer.echo(line)
        raise typer.Exit(DONE if found.holds else FAULT)


def _findings(result: Verified | Refused, name: str) -> Findings:
    """What was found out about a blueprint and the rules files that it names."""
    result = with_rules(result, name)
    if isinstance(result, Refused):
        return Findings("blueprint", result.problems)
    return Findings("blueprint", result.warnings, _extent(result.plan), result.plan)


def _lines(found: Findings, name: str) -> Iterator[str]:
    yield from problem_lines(found.problems)
    if not found.holds:
        yield f"{name} {paint('does not hold', 'red')}: {_counted(found.problems)}"
        return
    warned = f", with {_counted(found.problems)}" if found.problems else ""
    yield f"{name} {paint('holds', 'green')}: {found.extent}{warned}"


def _counted(problems: Sequence[Problem]) -> str:
    severities = Counter(problem.severity for problem in problems)
    return and_words([count_words(severities[each], f"{each}s") for each in ("error", "warning") if severities[each]])


def _extent(plan: Plan) -> str:
    topics = sum(topic.dead_letters_of is None for topic in plan.topics)
    return f"{count_words(len(plan.streamlets), 'streamlets')}, {count_words(topics, 'topics')}"
