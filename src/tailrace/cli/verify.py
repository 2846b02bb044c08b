"""`tailrace verify`: every problem at once, of a blueprint, a file of rules or a file of formats."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from tailrace.blueprint.plan import Plan
from tailrace.blueprint.problems import Problem
from tailrace.blueprint.verify import Refused, Verified
from tailrace.cli.blueprints import problem_lines, read_blueprint, sources_of, verify_blueprint
from tailrace.cli.exits import DONE, FAULT, exit_codes
from tailrace.cli.terminal import paint
from tailrace.cli.verifying import Findings, other_file, with_rules
from tailrace.logs.mail.words import and_words, count_words


def verify(
    blueprint: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A blueprint's file, the name of a packaged one (alerts), a rules or formats file."
        ),
    ],
    sets: Annotated[list[str], typer.Option("--set", help="A setting, as in ingest.zone=Europe/Berlin; repeat.")] = [],  # noqa: B006
    config: Annotated[str | None, typer.Option(help="YAML file of settings: streamlet, setting, value.")] = None,
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
        about = other_file(text, name)
        if about is not None:
            _print_other(name, about, as_json=as_json)
            raise typer.Exit(FAULT if about.problems else DONE)
        result = with_rules(verify_blueprint(text, name, sources_of(sets, config)), name)
        if as_json:
            _print_json(name, result)
        else:
            _print_text(name, result)
        raise typer.Exit(DONE if isinstance(result, Verified) else FAULT)


def _print_text(name: str, result: Verified | Refused) -> None:
    problems = result.warnings if isinstance(result, Verified) else result.problems
    for line in problem_lines(problems):
        typer.echo(line)
    if isinstance(result, Verified):
        warned = f", with {_counted(problems)}" if problems else ""
        typer.echo(f"{name} {paint('holds', 'green')}: {_extent(result.plan)}{warned}")
    else:
        typer.echo(f"{name} {paint('does not hold', 'red')}: {_counted(problems)}")


def _print_other(name: str, about: Findings, *, as_json: bool) -> None:
    if as_json:
        problems = [problem.to_json() for problem in about.problems]
        said = {about.kind: name, "holds": not problems, "problems": problems}
        typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
        return
    for line in problem_lines(about.problems):
        typer.echo(line)
    if about.problems:
        typer.echo(f"{name} {paint('does not hold', 'red')}: {_counted(about.problems)}")
    else:
        typer.echo(f"{name} {paint('holds', 'green')}: {about.extent}")


def _counted(problems: Sequence[Problem]) -> str:
    severities = Counter(problem.severity for problem in problems)
    return and_words([count_words(severities[each], f"{each}s") for each in ("error", "warning") if severities[each]])


def _extent(plan: Plan) -> str:
    topics = sum(topic.dead_letters_of is None for topic in plan.topics)
    return f"{count_words(len(plan.streamlets), 'streamlets')}, {count_words(topics, 'topics')}"


def _print_json(name: str, result: Verified | Refused) -> None:
    holds = isinstance(result, Verified)
    problems = result.warnings if isinstance(result, Verified) else result.problems
    said = {"blueprint": name, "holds": holds, "problems": [problem.to_json() for problem in problems]}
    if isinstance(result, Verified):
        said["plan"] = result.plan.to_json()
    typer.echo(json.dumps(said, ensure_ascii=False, indent=2))
