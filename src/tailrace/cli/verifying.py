"""What `tailrace verify` looks at beside blueprints: files of rules and of formats, and the rules of a blueprint."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.blueprint.faults.values import WrongSetting
from tailrace.blueprint.plan import Plan
from tailrace.blueprint.problems import Place, Problem, sort_problems
from tailrace.blueprint.source import Mapping, describe, read_source
from tailrace.blueprint.verify import Refused, Verified
from tailrace.cli.exits import AskedWronglyError
from tailrace.cli.rules_files import read_checked, text_of_rules
from tailrace.logs.judge import Judge
from tailrace.logs.mail.words import count_words
from tailrace.logs.reading.own import read_formats
from tailrace.logs.rules.file import SECTIONS, RulesFile

_BLUEPRINT = frozenset({"app", "streamlets", "topics"})


@dataclass(frozen=True)
class NothingToVerify(Problem):
    """A file without any keys: nobody can tell what it is meant to be."""

    came: str
    hint = "begin with the key app for a blueprint, with rules for rules, or with formats for formats"

    @property
    def sentence(self) -> str:
        return f"a blueprint, a file of rules or one of formats is a mapping, {self.came} came"


@dataclass(frozen=True)
class Findings:
    """What a file is (`blueprint`, `rules`, `formats`; `file` where nothing tells), its problems; how much is in it."""

    kind: str
    problems: tuple[Problem, ...]
    extent: str = ""
    plan: Plan | None = None

    @property
    def holds(self) -> bool:
        """Whether it has no faults; it may have warnings."""
        return all(problem.severity == "warning" for problem in self.problems)


def other_file(text: str, name: str) -> Findings | None:
    """The findings of a file of rules or formats, told by its keys; None for a blueprint, or what may be one."""
    source = read_source(text, name)
    root = source.root
    if not isinstance(root, Mapping) and not source.problems:
        came = NothingToVerify(root.place, describe(root)) if root else NothingToVerify(Place(name, 1, 1), "nothing")
        return Findings("file", (came,))
    keys = {entry.key for entry in root} if isinstance(root, Mapping) else set()
    if keys & _BLUEPRINT:
        return None
    if "formats" in keys:
        formats = read_formats(text, name)
        problems = tuple(each for each in formats if isinstance(each, Problem))
        return Findings("formats", problems, count_words(len(formats), "formats"))
    if not keys & set(SECTIONS):
        return None
    found = read_checked(text, name)
    if not isinstance(found, RulesFile):
        return Findings("rules", found)
    return Findings("rules", (), ", ".join([count_words(len(found.rules), "rules"), *found.sections]))


def with_rules(result: Verified | Refused, name: str) -> Verified | Refused:
    """The result of verifying a blueprint, with the problems of the rules files that its judges name."""
    if not isinstance(result, Verified):
        return result
    problems = _problems_of_judges(result.plan, name)
    return Refused(sort_problems((*result.warnings, *problems), name)) if problems else result


def _problems_of_judges(plan: Plan, name: str) -> list[Problem]:
    problems: list[Problem] = []
    for part in plan.streamlets:
        file = part.settings.get("file") if issubclass(part.streamlet_class, Judge) else None
        if not file:
            continue
        try:
            found = read_checked(text_of_rules(file), file)
        except AskedWronglyError as error:
            problems.append(WrongSetting(Place(name), part.name, "file", f"cannot be followed: {error}", error.hint))
            continue
        problems += () if isinstance(found, RulesFile) else found
    return problems
