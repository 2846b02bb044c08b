"""The problems that `tailrace verify` can find."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from pages.markdown import code, document, table
from tailrace.blueprint import faults
from tailrace.blueprint.problems import Place, Problem

_TITLES = {
    "writing": "How it is written",
    "streamlets": "Streamlets",
    "wiring": "Topics and ports",
    "values": "Settings",
}


def page() -> str:
    """Every problem by its code, grouped as in the code."""
    modules = [info.name for info in pkgutil.iter_modules(faults.__path__)]
    ordered = [*_TITLES, *(name for name in modules if name not in _TITLES)]
    return document(
        "# Problems",
        "What `tailrace verify` can find. `--json` gives each with its code, its place and a sentence that names what "
        "was found and what to try.",
        *(_section(_TITLES.get(name, name), list(_problems(name))) for name in ordered),
    )


def _problems(name: str) -> Iterator[type[Problem]]:
    module = import_module(f"{faults.__name__}.{name}")
    inner = {base for each in vars(module).values() if isinstance(each, type) for base in each.__bases__}
    for each in vars(module).values():
        ours = isinstance(each, type) and issubclass(each, Problem) and each.__module__ == module.__name__
        if ours and each not in inner:
            yield each


def _section(title: str, problems: list[type[Problem]]) -> str:
    rows = [(code(_code(each)), each.severity, (each.__doc__ or "").splitlines()[0]) for each in problems]
    return document(f"## {title}", table(("code", "", "about"), rows))


def _code(problem: type[Problem]) -> str:
    """The code, which depends on the class alone."""
    bare = problem.__new__(problem)
    object.__setattr__(bare, "place", Place(""))
    return bare.code
