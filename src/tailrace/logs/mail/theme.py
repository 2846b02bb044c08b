"""The templates a mail is made from: Tailrace's own, or a user's in their place.

A directory may hold `alert.html.j2`, `alert.txt.j2`, `report.html.j2` and `report.txt.j2`, each of which replaces the
built-in one, and other files named `*.j2` that these include or import. The built-in ones can be extended under their
names in `tailrace/`, as in `tailrace/alert.html.j2`; they have the blocks `head` (HTML alone), `headline`, `alerts` (or
`report`) and `footer`. A template is given one value, `mail` or `report`, a `tailrace.logs.mail.view.MailView` or
`tailrace.logs.mail.report_view.ReportView`: all in it is cleaned and masked already. What a template named `*.txt.j2`
prints stands as it is, in all others it is escaped for HTML.

Users' templates run in Jinja's sandbox. A faulty one is told of in a sentence and the built-in one is used, since an
alert in plain dress is better than none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from traceback import walk_tb
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FunctionLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tailrace.logs.mail.filters import code, hard_indent, unlinked
from tailrace.model.errors import TailraceError

HTML, TEXT = "alert.html.j2", "alert.txt.j2"
REPORT_HTML, REPORT_TEXT = "report.html.j2", "report.txt.j2"
_NAMES = (HTML, TEXT, REPORT_HTML, REPORT_TEXT)
_PACKAGE = "tailrace.logs.mail"
_LARGEST = 256 * 1024  # bytes of a template
_MOST = 100  # templates in a directory


class Theme:
    """A user's templates, as they were when they were read. A fault is told to `report` once, as a sentence."""

    def __init__(self, sources: Mapping[str, str], directory: str, report: Callable[[str], None]) -> None:
        """Take templates by their names. `directory` is only for telling where a fault is; nothing is read from it."""
        self._sources = dict(sources)
        self._directory = directory
        self._report = report
        self._told: set[str] = set()
        self._environment = _dressed(ImmutableSandboxedEnvironment, self._loader())
        for name in _NAMES:
            if name in self._sources:
                self._try(name, lambda name=name: self._environment.get_template(name))  # type: ignore[misc]

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Print values through the template `name`: the user's, or the built-in one where that is missing or faulty."""
        if name in self._sources:
            text = self._try(name, lambda: self._environment.get_template(name).render(values))
            if isinstance(text, str):
                return text
        return render_plainly(name, values)

    def give_up(self, reason: str) -> None:
        """Say once why the built-in templates are used for a mail."""
        self._tell(f"the templates in {self._directory!r} are not used: {reason}")

    def _loader(self) -> BaseLoader:
        own = FunctionLoader(
            lambda name: (self._sources[name], self._path(name), lambda: True) if name in self._sources else None
        )
        return ChoiceLoader([own, PrefixLoader({"tailrace": PackageLoader(_PACKAGE)})])

    def _path(self, name: str) -> str:
        return str(Path(self._directory) / name)

    def _try(self, name: str, step: Callable[[], object]) -> object:
        """Do what a template asks for; whatever it does wrong is the user's fault, told and passed over."""
        try:
            return step()
        except TemplateSyntaxError as fault:
            self._tell(_sentence(self._path(fault.name or name), fault.lineno, fault.message or "it cannot be read"))
        except TemplateNotFound as fault:
            self._tell(_sentence(*self._place(fault, name), f"there is no template {fault.name!r}"))
        except Exception as fault:
            self._tell(_sentence(*self._place(fault, name), str(fault) or type(fault).__name__))
        return None

    def _place(self, fault: BaseException, name: str) -> tuple[str, int | None]:
        """In which of the user's templates a fault came up, and in which line, as far as is known."""
        own = {self._path(each) for each in self._sources}
        frames = ((frame.f_code.co_filename, line) for frame, line in walk_tb(fault.__traceback__))
        places = [place for place in frames if place[0] in own]
        return places[-1] if places else (self._path(name), None)

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._report(sentence)


def load_theme(directory: Path, report: Callable[[str], None]) -> Theme:
    """Read a user's templates, and try whether they can be compiled; faults in them go to `report`.

    Raises TailraceError when the directory has none, too many, or one that cannot be read.
    """
    try:
        paths = sorted(path for path in directory.iterdir() if path.name.endswith(".j2") and path.is_file())
        if not any(path.name in _NAMES for path in paths):
            raise TailraceError(
                f"the directory {str(directory)!r} has no mail template", hint=f"name one {' or '.join(_NAMES)}"
            )
        if len(paths) > _MOST:
            raise TailraceError(f"the directory {str(directory)!r} has {len(paths)} templates; {_MOST} are allowed")
        return Theme({path.name: _source(path) for path in paths}, str(directory), report)
    except OSError as fault:
        raise TailraceError(f"the mail templates in {str(directory)!r} cannot be read: {fault.strerror}") from None


def render_plainly(name: str, values: Mapping[str, Any]) -> str:
    """Print values through the built-in template `name`."""
    return _built_in().get_template(name).render(values)


def _source(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise TailraceError(f"the mail template {str(path)!r} is longer than {_LARGEST:,} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as fault:
        raise TailraceError(f"the mail template {str(path)!r} is not UTF-8 at byte {fault.start:,}") from None


def _sentence(path: str, line: int | None, reason: str) -> str:
    return f"the mail template {path}{f', line {line},' if line else ''} is faulty and not used: {reason}"


@cache
def _built_in() -> Environment:
    return _dressed(
        Environment, ChoiceLoader([PackageLoader(_PACKAGE), PrefixLoader({"tailrace": PackageLoader(_PACKAGE)})])
    )


def _dressed(kind: type[Environment], loader: BaseLoader) -> Environment:
    environment = kind(
        loader=loader,
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"hard_indent": hard_indent, "unlinked": unlinked, "code": code}
    return environment
