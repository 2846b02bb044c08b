"""From the name of a blueprint on the command line to a plan."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from tailrace.blueprint.importing import load_class, load_record
from tailrace.blueprint.plan import Plan
from tailrace.blueprint.problems import Problem, problem_lines
from tailrace.blueprint.settings import Sources, read_sources
from tailrace.blueprint.verify import Refused, Verified, verify_text
from tailrace.cli.exits import AskedWronglyError
from tailrace.logs.packaged import packaged_names, packaged_text
from tailrace.window.streamlet import compile_aggregate

FORMS = {"aggregate": compile_aggregate}


def read_blueprint(name: str) -> tuple[str, str]:
    """The text of a blueprint and what to call it in places: a file's path, or the name of a packaged blueprint."""
    path = Path(name)
    if path.is_file():
        return read_text(path, "the blueprint"), name
    if name in packaged_names():
        return packaged_text(name), name
    raise AskedWronglyError(
        f"there is no blueprint {name!r}",
        hint=f"name a YAML file, or a packaged blueprint: {', '.join(packaged_names())}",
    )


def sources_of(sets: Sequence[str], config: str | None) -> Sources:
    """Where settings come from beside the blueprint: `--set`, the environment, `--config`."""
    text = read_text(Path(config), "the config file") if config else None
    return read_sources(sets=sets, environment=os.environ, config=text, config_file=config or "config")


def verify_blueprint(text: str, file: str, sources: Sources | None = None) -> Verified | Refused:
    """Verify with everything this package knows.

    Classes are looked for beside the blueprint, in a folder `src` beside it, and where we stand.
    """
    beside = Path(file).resolve().parent
    for place in map(str, (Path.cwd(), beside, beside / "src")):
        if place not in sys.path:
            sys.path.insert(0, place)
    return verify_text(text, file, load=load_class, forms=FORMS, load_record=load_record, sources=sources)


def plan_of(text: str, file: str, sources: Sources | None = None) -> Plan:
    """The plan of a blueprint; its problems, if there are any, go to standard error.

    Raises AskedWronglyError for a blueprint that does not hold.
    """
    result = verify_blueprint(text, file, sources)
    if isinstance(result, Verified):
        _say(result.warnings)
        return result.plan
    _say(result.problems)
    count = sum(problem.severity == "error" for problem in result.problems)
    raise AskedWronglyError(f"the blueprint {file} has {count} fault{'s' * (count != 1)}")


def load_plan(path: str | Path, sets: Sequence[str] = ()) -> Plan:
    """The plan of a blueprint's file, or of a packaged blueprint: for tests and scripts. `sets` are as `--set`.

    Raises AskedWronglyError with all problems when it does not hold.
    """
    text, name = read_blueprint(str(path))
    result = verify_blueprint(text, name, sources_of(sets, None))
    if isinstance(result, Verified):
        return result.plan
    raise AskedWronglyError("the blueprint does not hold:\n" + "\n".join(problem_lines(result.problems)))


def _say(problems: Sequence[Problem]) -> None:
    for line in problem_lines(problems):
        typer.echo(line, err=True)


def read_text(path: Path, what: str) -> str:
    """The text of a file. Raises AskedWronglyError that calls it `what` when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise AskedWronglyError(f"{what} {str(path)!r} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise AskedWronglyError(
            f"{what} {str(path)!r} is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}"
        ) from None
