"""`tailrace rules`: what rules mean, what they would have told, and which ones the past suggests."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from tailrace.cli.app import CONTEXT, CommandEntry
from tailrace.cli.exits import ASKED_WRONGLY, AskedWronglyError
from tailrace.model.names import nearest

ENTRIES: Final = {
    "check": CommandEntry("Say in plain English what each rule does.", "rules_check:check"),
    "test": CommandEntry("See what rules would have told about past logs.", "rules_test:test"),
    "suggest": CommandEntry("Learn thresholds from quiet past logs.", "rules_suggest:suggest"),
}


class RulesGroup(TyperGroup):
    """The commands of `tailrace rules`, each imported when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """The names, in the order of the help."""
        return list(ENTRIES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command itself, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        entry = ENTRIES[cmd_name]
        function = getattr(import_module(_module(entry)), entry.place.partition(":")[2])
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(cmd_name, context_settings=CONTEXT)(function)
        return typer.main.get_command(single)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command. Raises AskedWronglyError with the nearest name for one that does not exist."""
        names = self.list_commands(ctx)
        if args[0] not in names and not ctx.resilient_parsing:
            near = nearest(args[0], names)
            hint = f"tailrace rules {near}" if near else f"one of {', '.join(names)}"
            raise AskedWronglyError(f"there is no command {f'rules {args[0]}'!r}", hint=hint)
        return super().resolve_command(ctx, args)


def _module(entry: CommandEntry) -> str:
    return f"tailrace.cli.{entry.place.partition(':')[0]}"


app = typer.Typer(cls=RulesGroup, add_completion=False, rich_markup_mode=None, context_settings=CONTEXT)


@app.callback(invoke_without_command=True)
def rules(context: typer.Context) -> None:
    """Check rules, try them on past logs, and have some suggested.

    Examples:

    \b
      tailrace rules check rules.yaml
      tailrace rules test rules.yaml /var/log/app
      tailrace rules suggest /var/log/app

    Exit code: 0 done, 1 the rules do not hold or a fault in the work, 2 a fault in what was asked.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(ASKED_WRONGLY)
