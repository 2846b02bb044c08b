"""`tailrace rules test`: what rules would have told about past logs, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import typer

from tailrace.blueprint.plan import Plan
from tailrace.cli.blueprints import plan_of
from tailrace.cli.exits import ASKED_WRONGLY, DONE, FAULT, AskedWronglyError, exit_codes
from tailrace.cli.incidents import IncidentView, gather, json_line
from tailrace.cli.moments import show_moment
from tailrace.cli.options import AppPattern, Zone, check_app_pattern
from tailrace.cli.past_logs import PastLogs, read_shown, say_faults
from tailrace.cli.rules_files import refuse_rules, text_of_rules
from tailrace.cli.ruling import ruling_of
from tailrace.cli.terminal import breadth, fit, paint, room, status
from tailrace.cli.timeline import Row, Span, Timeline
from tailrace.logs.mail.words import and_words, count_words
from tailrace.logs.packaged import watch_blueprint
from tailrace.logs.records import LogRecord, Volume
from tailrace.logs.replaying import replay, silences_of, sources_of_alerts
from tailrace.logs.rules.file import RulesFile, read_rules
from tailrace.logs.rules.reading import parse_rule
from tailrace.logs.rules.rule import Rule
from tailrace.logs.rules.sight import SEVERITY
from tailrace.logs.strides import Past
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.durations import format_duration
from tailrace.model.show import json_text, visible

_SHOWN: Final = 10
_GROUPS: Final = 5
_NAMED_APPS: Final = 3


def test(
    rules: Annotated[
        str, typer.Argument(metavar="RULES", help="A rules file; or a single rule, as in 'errors > 10 in 30s'.")
    ],
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Logs: files, directories, globs; packed too.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="Show so many incidents of a rule.")] = _SHOWN,
    app: AppPattern = None,
    zone: Zone = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with all incidents.")] = False,
) -> None:
    """See what rules would have told about past logs.

    Reads the logs and lets their time go by as if it were now: what opens, when it is resolved, and how high it gets.
    Nothing is kept, and nobody is told.

    Examples:

    \b
      tailrace rules test rules.yaml /var/log/app
      tailrace rules test "errors > 10 in 30s" app.log old/app.log.*.gz
      tailrace rules test rules.yaml logs --json | jq '.rules[] | [.name, (.incidents | length)]'

    Exit code: 0 done, whatever was found; 1 something could not be read, 2 a fault in what was asked.
    """
    with exit_codes(ASKED_WRONGLY):
        check_zone(zone)
        pattern = check_app_pattern(app)
        asked = _asked(rules)
        plan = _plan(rules, asked)
    with exit_codes():
        least = min((SEVERITY[rule.least] for rule in asked), default=SEVERITY["WARN"])
        past = read_shown(paths, zone=ZoneInfo(zone), pattern=pattern, least=min(least, SEVERITY["WARN"]))
        outcome = _outcome(plan, asked, past)
        if as_json:
            typer.echo(json_text(_as_json(outcome)))
        else:
            for line in _lines(outcome, limit):
                typer.echo(line)
    raise typer.Exit(FAULT if say_faults(past) else DONE)


def _asked(rules: str) -> tuple[Rule, ...]:
    """The rules of a file, or the one that is written. Raises AskedWronglyError, having said what is wrong."""
    path = Path(rules)
    if not path.is_file() and path.suffix.lower() not in (".yaml", ".yml"):
        return (parse_rule(rules),)
    found = read_rules(text_of_rules(rules), rules)
    if not isinstance(found, RulesFile):
        refuse_rules(rules, found)
    if found.rules:
        return found.rules
    raise AskedWronglyError(f"the rules file {rules!r} has no rules", hint="add one, as in - errors > 10 in 30s")


def _plan(rules: str, asked: Sequence[Rule]) -> Plan:
    """The blueprint that watches with these rules, but nobody gets anything."""
    if not Path(rules).is_file():
        return plan_of(watch_blueprint([rule.text for rule in asked], {}), "watch")
    return plan_of(watch_blueprint([], {}, ruling=replace(ruling_of(rules), receivers=(), reports=())), rules)


# -- what came of it --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What the rules told about the logs: incidents by rule, in the order of their opening; the logs' own time."""

    past: PastLogs
    volumes: pl.DataFrame
    first: datetime
    last: datetime
    told: dict[str, list[IncidentView]]
    rules: dict[str, Rule]


def _outcome(plan: Plan, asked: Sequence[Rule], past: PastLogs) -> Outcome:
    volumes = past.volume_frame()
    told: dict[str, list[IncidentView]] = {rule.name: [] for rule in asked}
    first, last = _extent(volumes)
    if volumes.height:
        counted = Past.of(Volume, Batch.from_frame(Volume, volumes).arrow)
        parts = {LogRecord: past.records.past(), Volume: counted}
        fed = {topic.name: parts[topic.record_type] for topic in sources_of_alerts(plan)}
        with status("letting time go by") as show:
            alerts = replay(
                plan,
                fed,
                last,
                silences=silences_of(asked),
                on_progress=lambda share: show(f"letting time go by, {share:.0%} done"),
            )
        for view in sorted(gather(alerts), key=lambda each: (each.latest.opened, each.latest.id)):
            told.setdefault(view.latest.name or view.latest.rule, []).append(view)
    return Outcome(past, volumes, first, last, told, {rule.name: rule for rule in asked})


def _extent(volumes: pl.DataFrame) -> tuple[datetime, datetime]:
    """The first second with a line, and the end of the last."""
    if not volumes.height:
        return datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
    first, last = volumes.select(first=pl.col("time").min(), last=pl.col("time").max()).row(0)
    return first, last + timedelta(seconds=1)


def _peak(view: IncidentView) -> float:
    return max((event.value for event in view.events), key=abs)


def _group_words(view: IncidentView) -> str:
    """What an incident is about: its application, and whatever else the rule goes by."""
    alert = view.latest
    parts = [alert.app, *(f"{name}={value}" for name, value in alert.group.items() if name != "app")]
    return " ".join(filter(None, parts)) or "all"


# -- for people -------------------------------------------------------------------------------------------------------


def _lines(outcome: Outcome, limit: int) -> Iterator[str]:
    yield paint(_heading(outcome), "bold")
    if not outcome.volumes.height:
        return
    yield ""
    yield from _drawing(outcome)
    for name, views in outcome.told.items():
        yield ""
        yield from _listing(outcome, name, views, limit)


def _heading(outcome: Outcome) -> str:
    past = outcome.past
    said = f"{count_words(past.lines, 'lines')} in {count_words(past.files, 'files')}"
    if not outcome.volumes.height:
        return said
    apps = outcome.volumes["app"].unique().sort().to_list()
    whose = and_words(apps) if len(apps) <= _NAMED_APPS else f"{len(apps)} applications"
    return visible(f"{said} of {whose}, {show_moment(outcome.first)} to {show_moment(outcome.last)} UTC")


def _drawing(outcome: Outcome) -> Iterator[str]:
    rows = [row for name, views in outcome.told.items() for row in _rows(name, views)]
    labels = ["warnings", *(f"  {row.label}" if row.inner else row.label for row in rows)]
    timeline = Timeline(outcome.first, outcome.last, labels)
    yield timeline.axis()
    for label, levels in (("errors", ["ERROR", "FATAL"]), ("warnings", ["WARN"])):
        counted = outcome.volumes.filter(pl.col("level").is_in(levels))
        if counted.height:
            seconds = counted["time"].dt.epoch("s").to_numpy()
            yield timeline.bars(label, seconds, counted["lines"].to_numpy())
    for row in rows:
        yield timeline.row(row)
    yield timeline.legend()


def _rows(name: str, views: Sequence[IncidentView]) -> Iterator[Row]:
    """A row for the rule, and below it one for each of what it went by, if there are several."""
    yield Row(name, tuple(_span(view) for view in views))
    groups: dict[str, list[Span]] = {}
    for view in views:
        groups.setdefault(_group_words(view), []).append(_span(view))
    if len(groups) > 1:
        most = sorted(groups.items(), key=lambda each: (-len(each[1]), each[0]))
        for group, spans in most[:_GROUPS]:
            yield Row(group, tuple(spans), inner=True)
        if len(most) > _GROUPS:
            rest = [span for _, spans in most[_GROUPS:] for span in spans]
            yield Row(f"{len(most) - _GROUPS} more", tuple(rest), inner=True)


def _span(view: IncidentView) -> Span:
    return Span(view.latest.opened, None if view.open else view.latest.at)


def _listing(outcome: Outcome, name: str, views: Sequence[IncidentView], limit: int) -> Iterator[str]:
    rule = outcome.rules.get(name)
    title = paint(visible(name), "bold") + (f" ({visible(rule.text)})" if rule and rule.text != name else "")
    if not views:
        yield f"{title}: would have told nothing"
        return
    lasted = sum((_length(outcome, view) for view in views), timedelta())
    yield f"{title}: {count_words(len(views), 'incidents')}, {format_duration(_seconds(lasted))} in all"
    groups = min(max(breadth(visible(_group_words(view))) for view in views[:limit]), 30) if limit else 0
    for view in views[:limit]:
        group = fit(visible(_group_words(view)), 30)
        length = "goes on" if view.open else format_duration(_seconds(view.length))
        cause = _cause(view)
        padded = group + " " * (groups - breadth(group))
        yield fit(
            f"  {show_moment(view.latest.opened)}  {padded}  {length:>8}  {_peak(view):>8,.6g}  {cause}", room()
        ).rstrip()
    if len(views) > limit:
        yield paint(f"  and {count_words(len(views) - limit, 'incidents')} more", "dim")


def _length(outcome: Outcome, view: IncidentView) -> timedelta:
    """From its opening to its end, or to that of the logs."""
    return outcome.last - view.latest.opened if view.open else view.length


def _cause(view: IncidentView) -> str:
    if view.latest.detail:
        return visible(view.latest.detail)
    if not view.causes:
        return ""
    cause = view.causes[0]
    return visible(f"{cause.n:,}x {cause.level} {cause.template.partition(chr(10))[0]}")


def _seconds(length: timedelta) -> timedelta:
    return timedelta(seconds=round(length.total_seconds()))


# -- for programs -----------------------------------------------------------------------------------------------------


def _as_json(outcome: Outcome) -> dict[str, Any]:
    some = bool(outcome.volumes.height)
    return {
        "files": outcome.past.files,
        "lines": outcome.past.lines,
        "first": outcome.first if some else None,
        "last": outcome.last if some else None,
        "rules": [
            {
                "name": name,
                "condition": outcome.rules[name].text if name in outcome.rules else None,
                "incidents": [_incident_as_json(outcome, view) for view in views],
            }
            for name, views in outcome.told.items()
        ],
    }


def _incident_as_json(outcome: Outcome, view: IncidentView) -> dict[str, Any]:
    """As `tailrace alerts --json` shows it, with the greatest value that was told and the length in seconds."""
    said: dict[str, Any] = json.loads(json_line(view))
    return said | {"peak": _peak(view), "seconds": _length(outcome, view).total_seconds()}
