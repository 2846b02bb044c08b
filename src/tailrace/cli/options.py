"""Options that several commands have, each told in the same words."""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from tailrace.cli.exits import AskedWronglyError
from tailrace.logs.apps import check_pattern

Database = Annotated[str | None, typer.Option("--db", help="The database; else the only one in .tailrace.")]
Sets = Annotated[list[str], typer.Option("--set", help="A setting, as in ingest.zone=Europe/Berlin; repeat.")]
Config = Annotated[str | None, typer.Option(help="YAML file of settings: streamlet, setting, value.")]
Who = Annotated[str | None, typer.Option("--who", help="Who asks for it; else the login name.")]
DEFAULT_RULE: Final = "errors > 10 in 30s"
Rules = Annotated[list[str], typer.Option("--rule", help=f"When to alert; repeat for several. Else {DEFAULT_RULE!r}.")]
Zone = Annotated[str, typer.Option(help="Zone of times that name none.")]
AppPattern = Annotated[
    str | None, typer.Option(help="Pattern that finds the app's name in a path; else the file's stem.")
]
Metrics = Annotated[int | None, typer.Option(help="Serve Prometheus metrics on this port of 127.0.0.1.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing but faults.")]
FinalJson = Annotated[bool, typer.Option("--json", help="Print the final figures as JSON, and nothing else.")]


def check_app_pattern(text: str | None) -> re.Pattern[str] | None:
    """The pattern that finds an app's name in a path. Raises AskedWronglyError."""
    try:
        pattern = re.compile(text) if text is not None else None
    except re.error as error:
        raise AskedWronglyError(
            f"the pattern {text!r} for the app's name is none: {error}", hint="write one such as '/logs/([^/]+)/'"
        ) from None
    if pattern is not None:
        check_pattern(pattern)
    return pattern
