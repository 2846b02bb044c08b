"""`tailrace watch`: log files in, e-mails out, without a blueprint to write."""

from __future__ import annotations

import glob
import os
import re
import sys
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

import typer

from tailrace.cli.blueprints import plan_of
from tailrace.cli.exits import ASKED_WRONGLY, AskedWronglyError, exit_codes
from tailrace.cli.options import DEFAULT_RULE, AppPattern, FinalJson, Metrics, Quiet, Rules, check_app_pattern
from tailrace.cli.places import home
from tailrace.cli.ruling import ruling_of
from tailrace.cli.running import Run, run_plan
from tailrace.connect.directory import find_files, is_glob
from tailrace.connect.smtp import SmtpTransport
from tailrace.connect.smtp_server import parse_smtp_url
from tailrace.logs.mail.mailbox import parse_mailboxes
from tailrace.logs.own_formats import load_formats
from tailrace.logs.packaged import Ruling, watch_blueprint
from tailrace.runtime.application import Options

_EVER = timedelta(days=3650)
_TIDY = timedelta(seconds=5)
_TIDY_IN_MEMORY = timedelta(milliseconds=200)  # what is worked off is let go at once: it can be 100 MB a second


def watch(
    paths: Annotated[list[str], typer.Argument(help="Files, directories, globs, or - for standard input.")],
    rules: Rules = [],  # noqa: B006
    rules_file: Annotated[
        str | None,
        typer.Option("--rules", help="A file of rules, receivers and reports; its rules are read again as it changes."),
    ] = None,
    to: Annotated[list[str], typer.Option("--to", help="Who gets the mail; repeat for several.")] = [],  # noqa: B006
    smtp: Annotated[
        str | None, typer.Option(help="The mail server: smtp://user@host:587. Without it, the outbox.")
    ] = None,
    sender: Annotated[str | None, typer.Option("--from", help="Who the mail is from.")] = None,
    outbox: Annotated[str | None, typer.Option(help="Directory that mails are laid down in; else outbox.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Read what stands now, from its start, and end.")] = False,
    app: AppPattern = None,
    exclude: Annotated[list[str], typer.Option("--exclude", help="Glob of files to pass over; repeat.")] = [],  # noqa: B006
    formats: Annotated[str | None, typer.Option(help="A file of log formats of your own.")] = None,
    zone: Annotated[str, typer.Option(help="Zone of times that name none, and of times in mails.")] = "UTC",
    db: Annotated[str | None, typer.Option(help="The database; else one for these paths in .tailrace.")] = None,
    metrics: Metrics = None,
    quiet: Quiet = False,
    as_json: FinalJson = False,
) -> None:
    """Watch log files and tell people when errors pile up.

    Formats are told from the files' content. Files are followed until Ctrl-C, and a restart goes on where the last
    run ended; --once starts anew each time and keeps nothing but the mails.

    Examples:

    \b
      tailrace watch /var/log/app
      tailrace watch app.log --rule "errors > 10 in 30s" --to ops@example.com --smtp smtp://ops@mail.example.com:587
      tailrace watch "logs/**/*.log" --rule "warnings + errors >= 2 in 10s" --once
      tailrace watch /var/log --rules rules.yaml
      kubectl logs -f deploy/orders | tailrace watch - --app orders

    Exit code: 0 stopped or at the end, 1 a fault in the work, 2 a fault in what was asked.
    """
    with exit_codes(ASKED_WRONGLY):
        paths = [os.path.expanduser(path) for path in paths]  # noqa: PTH111 - never fails
        _check_paths(paths, once=once, quiet=quiet or as_json)
        check_app_pattern(app)
        load_formats(formats or "")
        _check_mail(to, smtp)
        ruling = ruling_of(rules_file, zone) if rules_file is not None else None
        stdin = paths == ["-"]
        once = once or stdin
        database = None if once and db is None else Path(db) if db else _database(paths)
        settings = _settings(paths, app, [*exclude, *_own_files(database, outbox, ruling)], zone, formats)
        if to or smtp or sender or outbox is not None or ruling is None or not ruling.receivers:
            settings["mailer"] = _mailer(to, smtp, sender, outbox, zone)
        text = watch_blueprint(
            rules if rules or ruling is not None else [DEFAULT_RULE],
            settings,
            ruling=ruling,
            lateness=_EVER if once and not stdin else None,
            stdin=stdin,
            passing=once and db is None,
        )
        plan = plan_of(text, "watch")
    with exit_codes():
        options = Options(exhaust=once, expire_every=_TIDY if database else _TIDY_IN_MEMORY)
        code = run_plan(plan, Run(database, once, quiet, as_json, metrics), options)
    raise typer.Exit(code)


def _check_paths(paths: list[str], *, once: bool, quiet: bool) -> None:
    if "-" in paths and len(paths) > 1:
        raise AskedWronglyError("standard input cannot be watched together with files", hint="run two watches")
    if paths == ["-"] and sys.stdin.isatty():
        typer.echo("reading what is typed here, until Ctrl-D", err=True)
    for path in paths:
        if path == "-" or Path(path).exists() or (is_glob(path) and not once):
            continue
        if is_glob(path):
            if next(find_files([path]), None) is None and not quiet:
                typer.echo(f"nothing matches {path!r}", err=True)
        elif once or not Path(path).absolute().parent.exists():
            raise AskedWronglyError(
                f"there is no file or directory {path!r}",
                hint='quote a glob, as in "logs/*.log", to wait for files to come',
            )
        elif not quiet:  # a rotation may just have taken it
            typer.echo(f"there is no {path!r} yet; waiting for it", err=True)


def _own_files(database: Path | None, outbox: str | None, ruling: Ruling | None) -> list[str]:
    """Globs of what Tailrace writes itself: its mails tell of errors, and must not be taken for logs."""
    outboxes = {outbox or "outbox"}
    for receiver in ruling.receivers if ruling is not None else ():
        outboxes |= {value for key, value in receiver.settings.items() if key == "outbox" and value}
    own = [glob.escape(str(Path(each).absolute())) for each in sorted(outboxes)]
    if database is not None:
        name = glob.escape(str(database.absolute()))
        own += [name, f"{name}-*", f"{name}.lock"]
    return own


def _check_mail(to: list[str], smtp: str | None) -> None:
    """Find faults in the addresses, and in the server's willingness, before any log is read."""
    for text in to:
        parse_mailboxes(text)
    if smtp is None:
        return
    server = parse_smtp_url(smtp)
    if not to:
        raise AskedWronglyError("a mail server is given, but nobody to send to", hint="add --to ops@example.com")
    with SmtpTransport(server) as transport:
        transport.check()


def _settings(
    paths: list[str], app: str | None, exclude: list[str], zone: str, formats: str | None
) -> dict[str, dict[str, Any]]:
    ingest = {"zone": zone, **({"formats": formats} if formats else {})}
    if paths == ["-"]:
        return {"ingest": {**ingest, **({"app": app} if app else {})}}
    source: dict[str, Any] = {"paths": [str(Path(path)) for path in paths], "exclude": exclude}
    if app:
        source["app"] = app
    return {"source": source, "ingest": ingest}


def _mailer(to: list[str], smtp: str | None, sender: str | None, outbox: str | None, zone: str) -> dict[str, Any]:
    given: dict[str, Any] = {"zone": zone, "outbox": outbox if outbox is not None else "" if smtp else "outbox"}
    if to:
        given["to"] = to
    if smtp:
        given["smtp"] = smtp
    if sender:
        given["sender"] = sender
    return given


def _database(paths: list[str]) -> Path:
    """One database for each set of paths, wherever the command is given from."""
    whole = sorted(str(Path(path).absolute()) for path in paths)
    digest = blake2b("\0".join(whole).encode("utf-8", "surrogateescape"), digest_size=3).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", Path(whole[0]).name.lower()).strip("-")[:30]
    return home() / f"watch-{slug or 'root'}-{digest}.db"
