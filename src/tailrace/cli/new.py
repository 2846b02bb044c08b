"""`tailrace new`: a small project of one's own, that runs and passes its tests."""

from __future__ import annotations

import importlib.util
import keyword
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Final

import typer

from tailrace.cli.exits import ASKED_WRONGLY, AskedWronglyError, exit_codes
from tailrace.cli.terminal import paint
from tailrace.model.errors import TailraceError
from tailrace.model.names import check_app_name

_FILES: Final = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    ".gitignore": "gitignore",
    "blueprint.yaml": "blueprint.yaml",
    "src/{package}/__init__.py": "init.py",
    "src/{package}/streamlets.py": "streamlets.py",
    "tests/test_streamlets.py": "test_streamlets.py",
}
"""The project's files, and the templates that they are made of."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class ProjectName:
    """A project's names: the package's, which is imported, and the app's, which names topics and the database."""

    package: str
    app: str

    @classmethod
    def of(cls, name: str) -> ProjectName:
        """Both names, from the one that was given. Raises AskedWronglyError for one that cannot be imported."""
        package = name.lower().replace("-", "_")
        found = cls(package, package.replace("_", "-"))
        fault = found._fault(name)
        if fault is not None:
            raise AskedWronglyError(fault, hint="take a name such as sensors or my-sensors")
        return found

    def _fault(self, name: str) -> str | None:
        if not name:
            return "the name of the project is empty"
        if not _NAME.fullmatch(name):
            return f"the name {name!r} is no name of a Python package: a letter, then letters, digits, '_' and '-'"
        if keyword.iskeyword(self.package):
            return f"the name {name!r} is a word of Python itself"
        if self.package in sys.stdlib_module_names or _installed(self.package):
            return f"the name {name!r} is that of a module which exists, and would hide it"
        return check_app_name(self.app)


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The project's name: letters, digits, dashes.")],
    directory: Annotated[
        str | None, typer.Option("--dir", help="Where to make it; else in a directory of its name.")
    ] = None,
) -> None:
    """Make a small project of your own: record types, streamlets, a blueprint, tests.

    It runs and passes its tests as it is; change it from there.

    Examples:

    \b
      tailrace new sensors
      cd sensors && tailrace run blueprint.yaml --until-idle
      tailrace new my-sensors --dir work/sensors

    Exit code: 0 done, 1 the files cannot be written, 2 a fault in what was asked.
    """
    with exit_codes():
        project = ProjectName.of(name)
        target = Path(directory if directory is not None else name)
        with exit_codes(ASKED_WRONGLY):
            _check_free(target)
        written = _write(project, target)
        for line in _told(target, written):
            typer.echo(line)


def _installed(package: str) -> bool:
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return True
    return found is not None and found.origin is not None


def _check_free(target: Path) -> None:
    """Raises TailraceError unless the directory is empty or yet to be made."""
    try:
        if target.is_dir() and not any(target.iterdir()):
            return
        taken = target.is_dir()
        exists = taken or target.exists() or target.is_symlink()
    except OSError as error:
        raise TailraceError(f"the directory {str(target)!r} cannot be looked into: {error.strerror}") from None
    if taken:
        raise TailraceError(f"the directory {str(target)!r} is not empty", hint="name another with --dir")
    if exists:
        raise TailraceError(f"{str(target)!r} exists, and is no directory", hint="name another with --dir")


def _write(project: ProjectName, target: Path) -> list[str]:
    """Write every file; their paths within the project."""
    templates = files("tailrace.cli") / "template"
    written = []
    for name, template in _FILES.items():
        text = (templates / f"{template}.tmpl").read_text(encoding="utf-8")
        path = name.format(package=project.package)
        _write_file(target / path, Template(text).substitute(app=project.app, package=project.package))
        written.append(path)
    return written


def _write_file(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TailraceError(f"{str(path)!r} cannot be written: {error.strerror}") from None


def _told(target: Path, written: list[str]) -> list[str]:
    return [
        f"made {paint(str(target), 'bold')} with {', '.join(written)}",
        "",
        "now try:",
        f"  cd {target}",
        "  tailrace run blueprint.yaml --until-idle",
        "  python -m pytest",
    ]
