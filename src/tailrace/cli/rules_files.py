"""Rules files on the command line: read, and checked in all their sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import typer

from tailrace.blueprint.problems import Problem, problem_lines, sort_problems
from tailrace.blueprint.source import Node
from tailrace.cli.blueprints import read_text
from tailrace.cli.exits import AskedWronglyError
from tailrace.logs.mail.words import count_words
from tailrace.logs.rules.file import RulesFile, read_rules

READERS: Final[Mapping[str, tuple[str, str]]] = {
    "receivers": ("tailrace.logs.receivers_file", "read_receivers"),
    "reports": ("tailrace.logs.reports.schedule", "read_reports"),
    "inhibit": ("tailrace.logs.incidents.inhibition", "read_inhibitions"),
}
"""Who reads the other sections of a rules file; each is imported when there is one to read."""


def text_of_rules(file: str) -> str:
    """The text of a rules file. Raises AskedWronglyError when it cannot be read."""
    if not Path(file).exists():
        hint = "name a YAML file with the key rules, or put a rule in quotes: 'errors > 10 in 30s'"
        raise AskedWronglyError(f"there is no rules file {file!r}", hint=hint)
    return read_text(Path(file), "the rules file")


def read_checked(text: str, name: str) -> RulesFile | tuple[Problem, ...]:
    """A rules file with every section checked, or every problem in it."""
    found = read_rules(text, name)
    if not isinstance(found, RulesFile):
        return found
    problems = [problem for key, node in found.sections.items() for problem in _section_problems(key, node)]
    return sort_problems(problems, name) if problems else found


def _section_problems(key: str, node: Node) -> Iterator[Problem]:
    module, function = READERS[key]
    found = getattr(import_module(module), function)(node)
    yield from (each for each in found if isinstance(each, Problem))


def refuse_rules(name: str, problems: Sequence[Problem]) -> NoReturn:
    """Say every problem of a rules file on standard error, and raise AskedWronglyError."""
    for line in problem_lines(problems):
        typer.echo(line, err=True)
    raise AskedWronglyError(f"the rules file {name!r} has {count_words(len(problems), 'faults')}")
