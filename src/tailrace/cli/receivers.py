"""`tailrace receivers`: who is told of alerts, whether they can be, and what they could not be given."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from tailrace.cli.alerting import records_of
from tailrace.cli.app import CONTEXT
from tailrace.cli.blueprints import plan_of, read_blueprint, sources_of
from tailrace.cli.commanding import made_command
from tailrace.cli.exits import FAULT, AskedWronglyError, exit_codes
from tailrace.cli.moments import show_moment
from tailrace.cli.options import Database, Who
from tailrace.cli.places import existing_database
from tailrace.cli.rules_files import refuse_rules, text_of_rules
from tailrace.cli.terminal import table
from tailrace.connect.commands_file import append, commands_path
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.incidents.orders import write_command
from tailrace.logs.mail.words import count_words
from tailrace.logs.receiver import RESEND, Receiver, deliver_now
from tailrace.logs.receivers_file import make_receiver, read_receivers
from tailrace.logs.records import Alert, AlertCause, Undelivered
from tailrace.logs.rules.file import RulesFile, read_rules
from tailrace.model.names import did_you_mean
from tailrace.model.show import json_text, visible
from tailrace.model.streamlet import Context

_Rules = Annotated[str | None, typer.Option("--rules", help="The rules file that names them.")]
_Blueprint = Annotated[str | None, typer.Option("--blueprint", help="The blueprint that has them.")]

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=CONTEXT)


@dataclass(frozen=True)
class Known:
    """A receiver by its name, and the word for what it is."""

    name: str
    kind: str
    receiver: Receiver


@app.callback(invoke_without_command=True)
def receivers(
    context: typer.Context,
    rules: _Rules = None,
    blueprint: _Blueprint = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each receiver.")] = False,
) -> None:
    """Show who is told of alerts.

    Secrets are not shown.

    Examples:

    \b
      tailrace receivers --rules rules.yaml
      tailrace receivers test oncall --rules rules.yaml
      tailrace receivers undelivered
      tailrace receivers resend ops

    Exit code: 0 done, 1 a fault in the work, 2 a fault in what was asked.
    """
    if context.invoked_subcommand is None:
        with exit_codes():
            _list(rules, blueprint, as_json)


@app.command("list", context_settings=CONTEXT)
def list_(
    rules: _Rules = None,
    blueprint: _Blueprint = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each receiver.")] = False,
) -> None:
    """Show who is told of alerts.

    Exit code: 0 done, 2 a fault in what was asked.
    """
    with exit_codes():
        _list(rules, blueprint, as_json)


@app.command("test", context_settings=CONTEXT)
def test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The receiver's name.")],
    rules: _Rules = None,
    blueprint: _Blueprint = None,
) -> None:
    """Send one made-up alert, and say what came of it.

    It goes whatever the receiver takes otherwise, and at once.

    Examples:

    \b
      tailrace receivers test oncall --rules rules.yaml
      tailrace receivers test mailer --blueprint alerts

    Exit code: 0 it was delivered, 1 it was not, 2 a fault in what was asked.
    """
    with exit_codes():
        known = _find(name, _known(rules, blueprint))
        typer.echo(f"trying {known.name}: {visible(known.receiver.where())}", err=True)
        receiver = known.receiver
        now = datetime.now(UTC)
        receiver.on_start()
        try:
            handed = deliver_now(receiver, _made_up(now), now)
        finally:
            receiver.on_stop()
        for whom, why in handed.refused.items():
            typer.echo(f"error: {visible(whom)} was refused: {visible(why)}", err=True)
        if handed.said:
            typer.echo(visible(handed.said))
        if handed.fault is not None:
            raise handed.fault
        if handed.refused:
            raise typer.Exit(FAULT)


@app.command("undelivered", context_settings=CONTEXT)
def undelivered(
    db: Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each.")] = False,
) -> None:
    """List what was refused for good and has not been sent again since.

    Examples:

    \b
      tailrace receivers undelivered
      tailrace receivers resend ops

    Exit code: 0 done, 1 the database cannot be read, 2 a fault in what was asked.
    """
    with exit_codes():
        found = _undelivered(db)
        if as_json:
            for each in found:
                typer.echo(json_text(asdict(each)))
            return
        if not found:
            typer.echo("everything was delivered")
            return
        rows = [
            [
                f"{show_moment(each.at)} UTC",
                each.receiver,
                count_words(len(each.incidents), "alerts"),
                visible(each.reason),
            ]
            for each in found
        ]
        for line in table(["when", "receiver", "what", "why"], rows):
            typer.echo(line)


@app.command("resend", context_settings=CONTEXT)
def resend(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The receiver's name.")],
    incident: Annotated[str, typer.Option("--alert", help="Only what tells of the alert with this id.")] = "",
    who: Who = None,
    db: Database = None,
) -> None:
    """Send again what a receiver has refused.

    The application that uses the database does it; if none runs, the next one does. What was refused by one of several
    readers of a mail goes to that one alone.

    Examples:

    \b
      tailrace receivers resend ops
      tailrace receivers resend oncall --alert 3f2a51c09b7e

    Exit code: 0 it was asked for, 1 it cannot be written, 2 nothing was refused.
    """
    with exit_codes():
        found = [each for each in _undelivered(db) if not incident or incident in each.incidents]
        names = sorted({each.receiver for each in found})
        if name not in names:
            hint = did_you_mean(name, names, "receiver")
            raise AskedWronglyError(f"there is nothing undelivered for a receiver {name!r}", hint=hint)
        command = made_command(RESEND, who, incident=incident, receiver=name)
        append(commands_path(existing_database(db)), write_command(command))
        count = sum(each.receiver == name for each in found)
        typer.echo(f"asked {name} to send again: {count:,} {'delivery' if count == 1 else 'deliveries'}")


# -- the inside -------------------------------------------------------------------------------------------------------


def _list(rules: str | None, blueprint: str | None, as_json: bool) -> None:
    known = _known(rules, blueprint)
    if as_json:
        for each in known:
            said = {"name": each.name, "type": each.kind, "where": each.receiver.where(), "match": each.receiver.match}
            typer.echo(json_text(said))
        return
    rows = [
        [each.name, each.kind, visible(each.receiver.where()), visible(", ".join(each.receiver.match)) or "every alert"]
        for each in known
    ]
    for line in table(["name", "type", "where to", "takes"], rows) if rows else ["there are no receivers"]:
        typer.echo(line)


def _known(rules: str | None, blueprint: str | None) -> list[Known]:
    """The receivers of a rules file or of a blueprint. Raises AskedWronglyError."""
    if (rules is None) == (blueprint is None):
        raise AskedWronglyError("receivers stand in a rules file or in a blueprint", hint="give --rules or --blueprint")
    return _of_rules(rules) if rules is not None else _of_blueprint(blueprint or "")


def _of_rules(file: str) -> list[Known]:
    found = read_rules(text_of_rules(file), file)
    section = found.sections.get("receivers") if isinstance(found, RulesFile) else None
    specs: Sequence[Any] = () if section is None else read_receivers(section)
    problems = [each for each in (specs if isinstance(found, RulesFile) else found) if hasattr(each, "sentence")]
    if problems:
        refuse_rules(file, problems)
    return [Known(spec.name, spec.kind, make_receiver(spec)) for spec in specs]


def _of_blueprint(name: str) -> list[Known]:
    text, file = read_blueprint(name)
    plan = plan_of(text, file, sources_of((), None))
    found = []
    for part in plan.streamlets:
        if issubclass(part.streamlet_class, Receiver):
            receiver = part.streamlet_class(part.settings, Context(name=part.name, app=plan.app))
            found.append(Known(part.name, getattr(receiver, "shape", part.streamlet_class.__name__), receiver))
    return found


def _find(name: str, known: Sequence[Known]) -> Known:
    for each in known:
        if each.name == name:
            return each
    hint = did_you_mean(name, [each.name for each in known], "receiver")
    raise AskedWronglyError(f"there is no receiver {name!r}", hint=hint)


def _undelivered(db: str | None) -> list[Undelivered]:
    """What was refused last, by receiver and delivery; what has gone since is left out."""
    with SqliteLog.open_reader(existing_database(db)) as reader:
        latest = {(each.receiver, each.key): each for each in records_of(reader, Undelivered)}
    return sorted((each for each in latest.values() if each.reason), key=lambda each: each.at)


def _made_up(now: datetime) -> Alert:
    """An alert that says of itself that it is a trial."""
    cause = AlertCause(
        fingerprint="0" * 16,
        template="this is a trial of a receiver, nothing has happened",
        level="ERROR",
        n=1,
        first=now,
        last=now,
        sample="this is a trial of a receiver, nothing has happened",
        uri="trial.log",
        line=1,
    )
    return Alert(
        id=f"trial-{secrets.token_hex(6)}",
        app="tailrace-trial",
        rule="errors >= 1 in 10s",
        state="open",
        opened=now,
        at=now,
        window_start=now - timedelta(seconds=10),
        window_end=now,
        value=1.0,
        lines=1,
        errors=1,
        warnings=0,
        causes=[cause],
        severity="info",
    )
