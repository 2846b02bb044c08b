"""`tailrace alerts acknowledge`, `silence`, `unsilence`, `silences` and `resolve`: what people ask of alerting."""

from __future__ import annotations

import getpass
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Final

import typer

from tailrace.cli.alerting import Alerting, chosen, read_alerting, records_of
from tailrace.cli.exits import ASKED_WRONGLY, AskedWronglyError, exit_codes
from tailrace.cli.incidents import IncidentView
from tailrace.cli.moments import parse_moment, show_moment
from tailrace.cli.options import Database, Who
from tailrace.cli.places import existing_database
from tailrace.cli.terminal import paint, table
from tailrace.connect.commands_file import append, commands_path
from tailrace.log.owner import is_owned
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.incidents.orders import write_command
from tailrace.logs.incidents.silences import Silence, check_pattern
from tailrace.logs.mail.words import count_words
from tailrace.logs.records import Command
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError
from tailrace.model.show import visible

_PATIENCE_SECONDS: Final = 3.0
_POLL_SECONDS: Final = 0.05
_MOST_TEXT: Final = 1000  # characters of a reason or a name
_Id = Annotated[str, typer.Argument(metavar="ID", help="The alert's id, or how it begins.")]
_Reason = Annotated[str, typer.Option("--reason", help="Why, for the others.")]


def acknowledge(
    context: typer.Context, incident: _Id, reason: _Reason = "", who: Who = None, db: Database = None
) -> None:
    """Say that somebody looks after an alert: it is not told again.

    It is still told when it is 10 times as bad as now, and when it is resolved.

    Examples:

    \b
      tailrace alerts acknowledge 3f2a
      tailrace alerts acknowledge 3f2a --reason "disk is being replaced" --who ann

    Exit code: 0 done, 1 it cannot be written, 2 there is no such open alert.
    """
    with exit_codes():
        known = _known(context, db)
        found = _open(known, incident)
        said = f"acknowledged {_title(found)}; told again at 10 times as bad, and when it is resolved"
        _give(known, made_command("acknowledge", who, reason, incident=found.latest.id), said)


def resolve(context: typer.Context, incident: _Id, reason: _Reason = "", who: Who = None, db: Database = None) -> None:
    """End an alert by hand.

    Trouble that begins after what it is about opens another.

    Examples:

    \b
      tailrace alerts resolve 3f2a --reason "rolled back"

    Exit code: 0 done, 1 it cannot be written, 2 there is no such open alert.
    """
    with exit_codes():
        known = _known(context, db)
        found = _open(known, incident)
        _give(known, made_command("resolve", who, reason, incident=found.latest.id), f"resolved {_title(found)}")


def silence(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the others.")],
    app_glob: Annotated[str, typer.Option("--app", help="Of these apps only: a name, or a glob such as 'pay*'.")] = "",
    rule: Annotated[str, typer.Option("--rule", help="Of these rules only: a name, a condition, or a glob.")] = "",
    pattern: Annotated[
        str, typer.Option("--pattern", help="Only where every error (or warning) matches this regular expression.")
    ] = "",
    duration: Annotated[str | None, typer.Option("--for", help="For how long, as in 2h or 1d12h.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Until when: 2026-01-05T12:00 or 18:30, in UTC.")] = None,
    who: Who = None,
    db: Database = None,
) -> None:
    """Hear nothing of some alerts for a while.

    They open and are resolved all the same. One that is still open when the silence ends is told then; one that had
    been told before is told when it is resolved.

    Examples:

    \b
      tailrace alerts silence --app orders --for 2h --reason "deploy"
      tailrace alerts silence --rule "errors > 10*" --app "test-*" --until 18:30 --reason "load test"
      tailrace alerts silence --app "*" --pattern "connection reset" --for 1d --reason "new firewall"

    Exit code: 0 done, 1 it cannot be written, 2 a fault in what was asked.
    """
    with exit_codes():
        known = _known(context, db)
        if not (app_glob or rule or pattern):
            raise AskedWronglyError("this would silence everything", hint='say so with --app "*", or name an app')
        with exit_codes(ASKED_WRONGLY):
            check_pattern(pattern)
        command = made_command(
            "silence", who, reason, app=app_glob, rule=rule, pattern=pattern, until=_end(duration, until)
        )
        made = Silence.of(command)
        taken = [each for each in known.incidents if each.open and made.takes(each.latest)]
        said = f"{count_words(len(taken), 'open alerts')} it takes now; tailrace alerts unsilence {command.id} ends it"
        _give(known, command, f"silenced {_about(made)} until {_until(made)}: {command.id}", said)


def unsilence(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="The silence's id, or how it begins.")],
    reason: _Reason = "",
    who: Who = None,
    db: Database = None,
) -> None:
    """End a silence before its time.

    Exit code: 0 done, 1 it cannot be written, 2 there is no such silence.
    """
    with exit_codes():
        known = _known(context, db)
        active = {each.id: each for each in known.standing.active(datetime.now(UTC))}
        found = active[chosen(name, active, "silence", "`tailrace alerts silences` lists them")]
        _give(known, made_command("unsilence", who, reason, incident=found.id), f"ended the silence of {_about(found)}")


def silences(context: typer.Context, db: Database = None) -> None:
    """List the silences that hold.

    Exit code: 0 done, 1 the database cannot be read.
    """
    with exit_codes():
        active = _known(context, db).standing.active(datetime.now(UTC))
        rows = [[each.id, _until(each), _about(each), visible(each.who), visible(each.reason)] for each in active]
        lines = table(["id", "until (UTC)", "silenced", "by", "reason"], rows) if rows else ["nothing is silenced"]
        for line in lines:
            typer.echo(line)


# -- the inside -------------------------------------------------------------------------------------------------------


def _known(context: typer.Context, db: str | None) -> Alerting:
    return read_alerting(existing_database(db or context.obj))


def _open(known: Alerting, start: str) -> IncidentView:
    """The open incident that is meant. Raises AskedWronglyError."""
    name = known.find(start)
    found = known.incident(name)
    if found is None:
        raise AskedWronglyError(f"nobody was told of {name}", hint=f"tailrace alerts explain {name} says why")
    if not found.open:
        raise AskedWronglyError(f"{name} was resolved at {show_moment(found.latest.at)} UTC")
    return found


def made_command(do: str, who: str | None, reason: str = "", **more: object) -> Command:
    """What somebody asks for now. Raises AskedWronglyError for a text that is too long."""
    for text in (who or "", reason):
        if len(text) > _MOST_TEXT:
            raise AskedWronglyError(f"a text of {len(text):,} characters is too long; {_MOST_TEXT:,} are the most")
    return Command(
        id=secrets.token_hex(4),
        at=datetime.now(UTC),
        do=do,
        who=who or _login(),
        reason=reason,
        **more,  # type: ignore[arg-type]
    )


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return f"user {os.getuid()}"


def _give(known: Alerting, command: Command, *said: str) -> None:
    """Write a command down, say so, and see that it is taken up where somebody is there to do so."""
    running = is_owned(known.database)
    if running and not known.reads:
        raise TailraceError(
            "the application that uses the database reads no commands",
            hint="its blueprint needs a streamlet of the class tailrace.logs.desk.Desk, with a path",
        )
    append(commands_path(known.database), write_command(command))
    for line in said:
        typer.echo(line)
    if not running:
        typer.echo("nothing runs on the database: this takes effect when `tailrace watch` is started again", err=True)
    elif not _taken_up(known.database, command.id):
        typer.echo("noted, but not taken up yet: the application is busy, or reads its commands elsewhere", err=True)


def _taken_up(database: Path, name: str) -> bool:
    """Wait until a running application has read a command; False when it has not for some seconds."""
    deadline = monotonic() + _PATIENCE_SECONDS
    with SqliteLog.open_reader(database) as reader:
        while monotonic() < deadline:
            if any(each.id == name for each in records_of(reader, Command)):
                return True
            sleep(_POLL_SECONDS)
    return False


def _end(duration: str | None, until: str | None) -> datetime:
    """When a silence ends. Raises AskedWronglyError."""
    now = datetime.now(UTC)
    if (duration is None) == (until is None):
        raise AskedWronglyError("a silence needs an end", hint="give one of --for 2h and --until 18:30")
    try:
        end = now + parse_duration(duration) if duration is not None else _moment(until or "", now)
    except OverflowError:
        raise AskedWronglyError(f"--for {duration} is longer than time lasts") from None
    except TailraceError as error:
        raise AskedWronglyError(f"--{'for' if duration else 'until'}: {error}", hint=error.hint) from None
    if end <= now:
        raise AskedWronglyError(f"{show_moment(end)} UTC has passed: nothing would be silenced")
    return end


def _moment(text: str, now: datetime) -> datetime:
    """A point in time; a time of day that has passed is tomorrow's."""
    moment = parse_moment(text, now)
    return moment + timedelta(days=1) if moment <= now and len(text) <= len("00:00:00") and ":" in text else moment


def _title(found: IncidentView) -> str:
    alert = found.latest
    return f"{paint(alert.id, 'bold')} ({visible(alert.app or 'all apps')}: {visible(alert.name or alert.rule)})"


def _about(made: Silence) -> str:
    parts = [f"app {made.app}" if made.app else "", f"rule {made.rule}" if made.rule else ""]
    parts += [f"messages like {made.pattern!r}" if made.pattern else ""]
    return visible(", ".join(filter(None, parts)) or "everything")


def _until(made: Silence) -> str:
    return show_moment(made.until) if made.until is not None else "for ever"
