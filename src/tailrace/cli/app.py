"""The commands by name, each imported only when it is run: `tailrace --help` waits for no data library."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar, Final

import typer
from typer.core import TyperCommand, TyperGroup

from tailrace.cli.exits import ASKED_WRONGLY, AskedWronglyError
from tailrace.model.names import nearest

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@dataclass(frozen=True)
class CommandEntry:
    """A command: its line in the help, and where it is (`module:attribute`, a function or a typer app)."""

    line: str
    place: str

    def load(self, name: str) -> Any:
        """Import it; the command under that name, with its options."""
        module, _, attribute = self.place.partition(":")
        target = getattr(import_module(f"tailrace.cli.{module}"), attribute)
        if not isinstance(target, typer.Typer):
            function, target = target, typer.Typer(add_completion=False, rich_markup_mode=None)
            target.command(name, context_settings=CONTEXT)(function)
        return typer.main.get_command(target)


SECTIONS: Final[dict[str, dict[str, CommandEntry]]] = {
    "Logs": {
        "demo": CommandEntry("See it work, with made-up logs and real mails.", "demo:demo"),
        "watch": CommandEntry("Watch log files and tell people when errors pile up.", "watch:watch"),
        "parse": CommandEntry("See how a log file is understood.", "parse:parse"),
        "alerts": CommandEntry("Show open and past alerts.", "alerts:app"),
        "receivers": CommandEntry("Show who is told of alerts, try them, send again.", "receivers:app"),
        "rules": CommandEntry("Check rules, try them on past logs, have some suggested.", "rules:app"),
        "replay": CommandEntry("Read the past again into fresh windows.", "replay:replay"),
        "generate": CommandEntry("Write made-up log files.", "generate:generate"),
    },
    "Blueprints": {
        "new": CommandEntry("Make a small project of your own.", "new:new"),
        "verify": CommandEntry("Find every problem in a blueprint.", "verify:verify"),
        "graph": CommandEntry("Draw a blueprint.", "graph:graph"),
        "run": CommandEntry("Run a blueprint.", "run:run"),
    },
    "Topics": {
        "topics": CommandEntry("List topics, and how far their consumers are.", "topics:topics"),
        "tap": CommandEntry("Look at the records of a topic.", "tap:tap"),
    },
}
COMMANDS: Final = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def load_command(name: str) -> Any:
    """The command of that name, with its options. Raises KeyError."""
    return COMMANDS[name].load(name)


class LazyGroup(TyperGroup):
    """Knows its commands by name and line; loads the one that is asked for. Subclasses say which there are."""

    path: ClassVar[str]
    entries: ClassVar[dict[str, CommandEntry]]

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names, in the order of the help."""
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """A stand-in that knows the name and the line, for listings and completion."""
        entry = self.entries.get(cmd_name)
        return None if entry is None else TyperCommand(cmd_name, help=entry.line, rich_markup_mode=None)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command itself. Raises AskedWronglyError with the nearest name for one that does not exist."""
        name, *rest = args
        if name in self.entries:
            return name, self.entries[name].load(name), rest
        if ctx.resilient_parsing:
            return None, None, rest
        near = nearest(name, self.entries)
        hint = f"{self.path} {near}" if near else f"one of {', '.join(self.entries)}"
        raise AskedWronglyError(f"there is no command {f'{self.path} {name}'.removeprefix('tailrace ')!r}", hint=hint)


class CommandGroup(LazyGroup):
    """All commands."""

    path = "tailrace"
    entries = COMMANDS

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The commands by section."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<9}", entry.line) for name, entry in entries.items()])


app = typer.Typer(
    cls=CommandGroup, rich_markup_mode=None, context_settings=CONTEXT, subcommand_metavar="COMMAND [ARGUMENTS]..."
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"tailrace {version('tailrace')} (Python {sys.version.split()[0]})")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """From log files to an e-mail when errors pile up; and typed streaming pipelines of your own.

    \b
      tailrace watch /var/log/app --to ops@example.com
      tailrace new sensors && cd sensors && tailrace run blueprint.yaml --until-idle

    Each command's --help has examples.
    """
    help_without_command(context)


def help_without_command(context: typer.Context) -> None:
    """What a group says that was called with no command: its help, as a fault in what was asked."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ASKED_WRONGLY)


def command() -> Any:
    """All of `tailrace` as one command."""
    return typer.main.get_command(app)
