"""`tailrace rules suggest`: thresholds learnt from quiet history, as a rules file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer

from tailrace.cli.exits import ASKED_WRONGLY, DONE, FAULT, AskedWronglyError, exit_codes
from tailrace.cli.moments import show_moment
from tailrace.cli.options import AppPattern, Zone, check_app_pattern
from tailrace.cli.past_logs import PastLogs, read_shown, say_faults
from tailrace.logs.mail.words import count_words
from tailrace.logs.suggesting import Advice, Suggestion, rules_text
from tailrace.logs.suggesting import suggest as learn
from tailrace.logs.zones import check_zone
from tailrace.model.show import json_text, visible

_ACCESS = "access-log"


def suggest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Logs: files, directories, globs; packed too.")],
    output: Annotated[str | None, typer.Option("--output", "-o", help="Write the rules to this file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that stands already.")] = False,
    app: AppPattern = None,
    zone: Zone = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each suggestion.")] = False,
) -> None:
    """Learn thresholds from logs of quiet times.

    Prints a rules file: for each app a threshold on errors and on warnings that its history did not reach, a share of
    errors for access logs, and a rule for silence where it writes steadily. Each rule has its ground as a comment. Few
    stretches that stand out are taken for trouble, and named. Quiet times are the best to learn from, and several days
    are better than one.

    Examples:

    \b
      tailrace rules suggest /var/log/app
      tailrace rules suggest "logs/**/*.log" old/*.gz -o rules.yaml
      tailrace rules suggest logs | less

    Exit code: 0 done, 1 something could not be read, 2 a fault in what was asked.
    """
    with exit_codes(ASKED_WRONGLY):
        check_zone(zone)
        pattern = check_app_pattern(app)
        if output is not None and not force and Path(output).exists():
            raise AskedWronglyError(f"the file {output!r} stands already", hint="name another, or add --force")
        if output is not None and as_json:
            raise AskedWronglyError("--output and --json contradict each other", hint="--output writes a rules file")
    with exit_codes():
        past = read_shown(paths, zone=ZoneInfo(zone), pattern=pattern, least=_NOTHING)
        volumes = past.volume_frame()
        advice = learn(volumes, _access_apps(past)) if volumes.height else Advice()
        _give(advice, rules_text(advice, _source(paths, past, volumes)), output, as_json=as_json)
    raise typer.Exit(FAULT if say_faults(past) else DONE)


_NOTHING = 25
"""A severity above all that there are: only the counts are wanted."""


def _access_apps(past: PastLogs) -> frozenset[str]:
    """The applications most of whose lines are an access log's."""
    return frozenset(app for app, formats in past.formats.items() if formats.most_common(1)[0][0] == _ACCESS)


def _source(paths: Iterable[str], past: PastLogs, volumes: pl.DataFrame) -> str:
    named = " ".join(paths)
    amount = f"{count_words(past.lines, 'lines')} in {count_words(past.files, 'files')} ({named})"
    if not volumes.height:
        return amount
    first, last = volumes["time"].min(), volumes["time"].max()
    return f"{amount}, {show_moment(first)} to {show_moment(last)} UTC"  # type: ignore[arg-type]


def _give(advice: Advice, text: str, output: str | None, *, as_json: bool) -> None:
    if as_json:
        for each in advice.suggestions:
            typer.echo(json_text(_as_json(each)))
    elif output is None:
        typer.echo(text, nl=False)
    else:
        Path(output).write_text(text, encoding="utf-8")
        typer.echo(f"{count_words(len(advice.suggestions), 'rules')} in {visible(output)}", err=True)
        for app, why in advice.untold.items():
            typer.echo(f"nothing for {visible(app)}: {why}", err=True)


def _as_json(suggestion: Suggestion) -> dict[str, Any]:
    trouble = [
        {"from": each.start.isoformat(), "to": each.end.isoformat(), "most": each.most} for each in suggestion.trouble
    ]
    return {
        "app": suggestion.app,
        "name": suggestion.name,
        "when": suggestion.when,
        "ground": suggestion.ground,
        "trouble": trouble,
    }
