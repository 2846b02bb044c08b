"""`tailrace alerts`: open and past alerts, and one of them in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from tailrace.cli.databases import read_topic, type_name
from tailrace.cli.exits import AskedWronglyError, exit_codes
from tailrace.cli.incidents import IncidentView, detail_lines, extent, gather, json_line, list_lines
from tailrace.cli.places import existing_database
from tailrace.cli.terminal import paint, visible_json
from tailrace.log.contract import LogReader
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.records import Alert
from tailrace.model.batch import Batch
from tailrace.model.names import nearest

_SHOWN_PAST = 10
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_Database = Annotated[str | None, typer.Option("--db", help="The database; else the only one in .tailrace.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for each alert.")]

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_CONTEXT)


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    db: _Database = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"Show all past alerts, not the last {_SHOWN_PAST}.")
    ] = False,
    only_open: Annotated[bool, typer.Option("--open", help="Show open alerts only.")] = False,
    app_name: Annotated[str | None, typer.Option("--app", help="Show alerts of this app only.")] = None,
    as_json: _Json = False,
) -> None:
    """Show open and past alerts.

    Open ones come first, the newest first. Times are those of the logs, in UTC. Works while `tailrace watch` or
    `tailrace run` uses the database.

    Examples:

    \b
      tailrace alerts
      tailrace alerts --open --app orders
      tailrace alerts show 3f2a
      tailrace alerts --all --json | jq 'select(.errors > 100) | .rule'

    Exit code: 0 done, 1 the database cannot be read, 2 a fault in what was asked.
    """
    context.obj = db
    if context.invoked_subcommand is not None:
        return
    with exit_codes():
        if everything and only_open:
            raise AskedWronglyError("--all and --open contradict each other", hint="--all is about past alerts")
        found = _of_app(_incidents(db), app_name)
        shown = [each for each in found if each.open] if only_open else found if everything or as_json else _some(found)
        for line in (visible_json(json_line(each)) for each in shown) if as_json else _listing(shown, found):
            typer.echo(line)


@app.command("show", context_settings=_CONTEXT)
def show(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(metavar="ID", help="An alert's id, or how it begins.")],
    db: _Database = None,
    as_json: _Json = False,
) -> None:
    """Show one alert in full: its events, its causes, a sample of each.

    Examples:

    \b
      tailrace alerts show 3f2a51c09b7e
      tailrace alerts show 3f --json | jq .causes

    Exit code: 0 done, 1 the database cannot be read, 2 there is no such alert.
    """
    with exit_codes():
        found = _incident(incident, _incidents(db or context.obj))
        for line in [visible_json(json_line(found, events=True))] if as_json else detail_lines(found):
            typer.echo(line)


def _incidents(db: str | None) -> list[IncidentView]:
    with SqliteLog.open_reader(existing_database(db)) as reader:
        return gather(_alerts(reader))


def _alerts(reader: LogReader) -> Iterator[Alert]:
    """The records of every topic that holds alerts."""
    for name, spec in sorted(reader.topics().items()):
        if type_name(spec) == Alert.__name__:
            for batch in read_topic(reader, name):
                yield from Batch.from_arrow(Alert, batch).records()


def _of_app(found: list[IncidentView], app_name: str | None) -> list[IncidentView]:
    """Those of one application. Raises AskedWronglyError when others have alerts, and one of a like name."""
    chosen = [each for each in found if app_name in (None, each.latest.app)]
    near = None if chosen or app_name is None else nearest(app_name, {each.latest.app for each in found})
    if near is not None:
        raise AskedWronglyError(f"the app {app_name!r} has no alerts", hint=f"did you mean {near!r}?")
    return chosen


def _some(found: list[IncidentView]) -> list[IncidentView]:
    past = [each for each in found if not each.open]
    return [*(each for each in found if each.open), *past[:_SHOWN_PAST]]


def _listing(shown: list[IncidentView], found: list[IncidentView]) -> Iterator[str]:
    yield from list_lines(shown)
    more = f"; {len(found) - len(shown)} not shown" if len(shown) < len(found) else ""
    yield paint(f"{extent(found)}{more}", "bold")


def _incident(start: str, found: list[IncidentView]) -> IncidentView:
    chosen = [each for each in found if each.latest.id.startswith(start)]
    if len(chosen) == 1 or (chosen and chosen[0].latest.id == start):
        return chosen[0]
    if chosen:
        raise AskedWronglyError(
            f"several alerts begin with {start!r}", hint=f"one of {', '.join(each.latest.id for each in chosen)}"
        )
    raise AskedWronglyError(f"there is no alert {start!r}", hint="`tailrace alerts --all` lists them")
