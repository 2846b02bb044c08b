"""The command line: what each `--help` says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from pages.markdown import block, code, document, table
from tailrace.blueprint.settings import variable_name
from tailrace.cli.app import SECTIONS, load_command
from tailrace.cli.main import DEBUG_VARIABLE
from tailrace.cli.places import HOME_VARIABLE
from tailrace.connect.smtp_server import PASSWORD_VARIABLE

_WIDTH = 100
_VARIABLES = (
    (HOME_VARIABLE, "the directory of the databases; `.tailrace` where you stand if it is not set"),
    (variable_name("STREAMLET", "SETTING"), "a setting of a blueprint's streamlet, dashes written as underscores"),
    (PASSWORD_VARIABLE, "the password for the mail server, so that it stands in no command and no file"),
    (DEBUG_VARIABLE, "`1` shows the traceback of a fault that is Tailrace's own"),
    ("NO_COLOR", "anything: no colours"),
)


def page() -> str:
    """The commands by section, and the environment."""
    sections = [
        f"| {title} | {', '.join(f'[{name}](#tailrace-{name})' for name in entries)} |"
        for title, entries in SECTIONS.items()
    ]
    names = [name for entries in SECTIONS.values() for name in entries]
    return document(
        "# Commands",
        "\n".join(["| | |", "|---|---|", *sections]),
        "Exit codes: 0 done, 1 a fault in the work, 2 a fault in what was asked, 130 stopped by Ctrl-C where that is "
        "not the usual end. Results go to standard output; progress, warnings and errors to standard error.",
        *(_section(f"tailrace {name}", load_command(name)) for name in names),
        "## Environment",
        table(("variable", "about"), [(code(name), about) for name, about in _VARIABLES]),
    )


def _section(path: str, command: Any) -> str:
    return document(*_helps(path, command))


def _helps(path: str, command: Any) -> Iterator[str]:
    context = typer.Context(
        command, info_name=path, terminal_width=_WIDTH, max_content_width=_WIDTH, help_option_names=["-h", "--help"]
    )
    yield f"## {path}"
    yield block(command.get_help(context))
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _helps(f"{path} {name}", command.resolve_command(context, [name])[1])
