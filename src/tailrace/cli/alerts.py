"""`tailrace alerts`: open and past alerts, and one of them in full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from tailrace.cli import commanding
from tailrace.cli.alerting import Alerting, chosen, read_alerting
from tailrace.cli.app import CONTEXT
from tailrace.cli.exits import AskedWronglyError, exit_codes
from tailrace.cli.explaining import explain
from tailrace.cli.incidents import IncidentView, detail_lines, extent, json_line, list_lines
from tailrace.cli.moments import show_moment
from tailrace.cli.options import Database
from tailrace.cli.places import existing_database
from tailrace.cli.terminal import paint
from tailrace.logs.mail.words import count_words
from tailrace.model.names import nearest
from tailrace.model.show import visible

_SHOWN_PAST = 10
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for each alert.")]

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=CONTEXT)


@app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    db: Database = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"Show all past alerts, not the last {_SHOWN_PAST}.")
    ] = False,
    only_open: Annotated[bool, typer.Option("--open", help="Show open alerts only.")] = False,
    untold: Annotated[bool, typer.Option("--untold", help="Show those that nobody was told of, and why.")] = False,
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
      tailrace alerts acknowledge 3f2a --reason "looking into it"
      tailrace alerts explain 3f2a
      tailrace alerts --all --json | jq 'select(.errors > 100) | .rule'

    Exit code: 0 done, 1 the database cannot be read, 2 a fault in what was asked.
    """
    context.obj = db
    if context.invoked_subcommand is not None:
        return
    with exit_codes():
        if everything and only_open:
            raise AskedWronglyError("--all and --open contradict each other", hint="--all is about past alerts")
        known = read_alerting(existing_database(db))
        found = _of_app(known.incidents, app_name)
        shown = [each for each in found if each.open] if only_open else found if everything or as_json else _some(found)
        notes = known.notes(datetime.now(UTC))
        if untold:
            lines: Iterator[str] = _untold(known)
        elif as_json:
            lines = (json_line(each, notes=notes.get(each.latest.id)) for each in shown)
        else:
            lines = _listing(known, shown, found)
        for line in lines:
            typer.echo(line)


@app.command("show", context_settings=CONTEXT)
def show(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(metavar="ID", help="An alert's id, or how it begins.")],
    db: Database = None,
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
        known = read_alerting(existing_database(db or context.obj))
        found = _incident(incident, known.incidents)
        notes = known.notes(datetime.now(UTC)).get(found.latest.id)
        lines = [json_line(found, events=True, notes=notes)] if as_json else detail_lines(found, notes)
        for line in lines:
            typer.echo(line)


app.command("explain", context_settings=CONTEXT)(explain)
app.command("acknowledge", context_settings=CONTEXT)(commanding.acknowledge)
app.command("silence", context_settings=CONTEXT)(commanding.silence)
app.command("silences", context_settings=CONTEXT)(commanding.silences)
app.command("unsilence", context_settings=CONTEXT)(commanding.unsilence)
app.command("resolve", context_settings=CONTEXT)(commanding.resolve)


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


def _listing(known: Alerting, shown: list[IncidentView], found: list[IncidentView]) -> Iterator[str]:
    yield from list_lines(shown, known.notes(datetime.now(UTC)))
    more = f"; {len(found) - len(shown)} not shown" if len(shown) < len(found) else ""
    quiet = len(known.untold())
    more += f"; {count_words(quiet, 'others')} that nobody was told of: tailrace alerts --untold" if quiet else ""
    yield paint(f"{extent(found)}{more}", "bold")


def _untold(known: Alerting) -> Iterator[str]:
    """The incidents that nobody was told of, the latest first, each with the last reason."""
    found = known.untold()
    for decision in found:
        yield f"{paint(visible(decision.incident), 'bold')}  {show_moment(decision.at)} UTC"
        yield f"          {visible(decision.reason)}"
    if not found:
        yield "there is none that nobody was told of"


def _incident(start: str, found: list[IncidentView]) -> IncidentView:
    by_id = {each.latest.id: each for each in found}
    return by_id[chosen(start, by_id, "alert", "`tailrace alerts --all` lists them")]
