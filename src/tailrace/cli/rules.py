"""`tailrace rules`: what rules mean, what they would have told, and which ones the past suggests."""

from __future__ import annotations

from typing import ClassVar

import typer

from tailrace.cli.app import CONTEXT, CommandEntry, LazyGroup, help_without_command


class RulesGroup(LazyGroup):
    """The commands of `tailrace rules`."""

    path = "tailrace rules"
    entries: ClassVar = {
        "check": CommandEntry("Say in plain English what each rule does.", "rules_check:check"),
        "test": CommandEntry("See what rules would have told about past logs.", "rules_test:test"),
        "suggest": CommandEntry("Learn thresholds from logs of quiet times.", "rules_suggest:suggest"),
    }


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
    help_without_command(context)
