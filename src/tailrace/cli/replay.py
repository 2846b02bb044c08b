"""`tailrace replay`: the past read again into fresh windows, with the same rules or others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from tailrace.blueprint.plan import Plan, TopicPlan
from tailrace.blueprint.settings import Sources
from tailrace.cli.blueprints import plan_of, read_blueprint, sources_of
from tailrace.cli.databases import find_topic, read_topic
from tailrace.cli.exits import ASKED_WRONGLY, AskedWronglyError, exit_codes
from tailrace.cli.incidents import extent, gather, json_line, list_lines
from tailrace.cli.moments import FORMS, parse_moment, show_moment
from tailrace.cli.options import DEFAULT_RULE, Config, Database, Rules, Sets
from tailrace.cli.places import existing_database
from tailrace.cli.rules_files import text_of_rules
from tailrace.cli.ruling import ruling_of
from tailrace.cli.spilling import Spill
from tailrace.cli.terminal import paint, status
from tailrace.log.contract import LogReader, TopicPartition
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.mail.words import and_words, count_words
from tailrace.logs.packaged import watch_blueprint
from tailrace.logs.replaying import replay as run_again
from tailrace.logs.replaying import silences_of, sources_of_alerts
from tailrace.logs.rules.file import RulesFile, read_rules
from tailrace.logs.rules.reading import parse_rule
from tailrace.logs.rules.rule import Rule
from tailrace.logs.strides import Past
from tailrace.model.batch import Batch


@dataclass(frozen=True)
class Span:
    """The part of the past to read: what was appended from `start` on, and before `end` if one is given."""

    start: datetime
    end: datetime | None

    @classmethod
    def of(cls, start: str, end: str | None, now: datetime) -> Span:
        """Read both ends. Raises AskedWronglyError when they are no times, or in the wrong order."""
        span = cls(parse_moment(start, now), parse_moment(end, now) if end is not None else None)
        if span.start >= (span.end or now):
            raise AskedWronglyError(
                f"--from {show_moment(span.start)} is not before {show_moment(span.end or now)} UTC",
                hint="turn them round",
            )
        return span


def replay(
    start: Annotated[str, typer.Option("--from", help=f"From when on, by the time of reading: {FORMS}.")],
    end: Annotated[str | None, typer.Option("--to", help="Until when; else until now.")] = None,
    rules: Rules = [],  # noqa: B006
    rules_file: Annotated[str | None, typer.Option("--rules", help="A rules file, in the place of --rule.")] = None,
    blueprint: Annotated[
        str | None, typer.Option(help="A blueprint whose aggregates and rules to use, in the place of --rule.")
    ] = None,
    sets: Sets = [],  # noqa: B006
    config: Config = None,
    mail: Annotated[bool, typer.Option("--mail", help="Send one mail that tells of all the alerts.")] = False,
    db: Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each alert.")] = False,
) -> None:
    """Read the past again into fresh windows, and show the alerts that come of it.

    Takes what `tailrace watch` or `tailrace run` has read from the given time on, as far as it is still kept. The
    database stays as it is; nothing is mailed unless --mail is given.

    Examples:

    \b
      tailrace replay --from -2h
      tailrace replay --from -1d --rule "errors > 50 in 1m" --rule "warnings + errors >= 500 in 5m"
      tailrace replay --from 2026-01-05T09:00 --to 2026-01-05T10:00 --blueprint blueprint.yaml
      tailrace replay --from -1h --mail --set mailer.to=ops@example.com

    Exit code: 0 done, 1 a fault in the work, 2 a fault in what was asked.
    """
    now = datetime.now(UTC)
    with exit_codes():
        with exit_codes(ASKED_WRONGLY):
            span = Span.of(start, end, now)
            plan = _plan(blueprint, rules, rules_file, sources_of(sets, config))
        with SqliteLog.open_reader(existing_database(db)) as reader:
            past = {topic.name: _past(reader, topic, span) for topic in sources_of_alerts(plan)}
        _say_what(plan, past, span)
        with status("reading again") as show:
            until, mail_at, silences = span.end or now, now if mail else None, silences_of(_rules_of(plan))
            alerts = run_again(
                plan,
                past,
                until,
                mail_at=mail_at,
                silences=silences,
                on_progress=lambda share: show(f"reading again, {share:.0%} done"),
            )
        found = gather(alerts)
        for line in map(json_line, found) if as_json else list_lines(found):
            typer.echo(line)
        if not as_json:
            typer.echo(paint(extent(found), "bold"))


def _plan(blueprint: str | None, rules: list[str], rules_file: str | None, sources: Sources) -> Plan:
    given = [name for name, value in (("--rule", rules), ("--rules", rules_file), ("--blueprint", blueprint)) if value]
    if len(given) > 1:
        raise AskedWronglyError(f"{and_words(given)} cannot both be given", hint="write all rules in one place")
    if blueprint is not None:
        return plan_of(*read_blueprint(blueprint), sources)
    if rules_file is not None:
        return plan_of(watch_blueprint([], {}, ruling=ruling_of(rules_file)), rules_file, sources)
    return plan_of(watch_blueprint(rules or [DEFAULT_RULE], {}), "watch", sources)


def _rules_of(plan: Plan) -> list[Rule]:
    """The rules that the plan's judges hold."""
    found = []
    for part in plan.streamlets:
        found += [parse_rule(text) for text in part.settings.get("rules", ())]
        read = (
            read_rules(text_of_rules(part.settings["file"]), part.settings["file"])
            if part.settings.get("file")
            else None
        )
        found += read.rules if isinstance(read, RulesFile) else ()
    return found


def _past(reader: LogReader, topic: TopicPlan, span: Span) -> Past:
    """The records of a topic that were appended within the span, as the plan's type."""
    name = find_topic(reader, topic.name).name
    partitions = [TopicPartition(name, partition) for partition in reader.ends(name)]
    first = {each.partition: reader.offset_at(each, span.start) for each in partitions}
    last = {each.partition: reader.offset_at(each, span.end) for each in partitions} if span.end else None
    found = Spill(topic.record_type)
    for batch in read_topic(reader, name, first, last):
        found.add(Batch.from_arrow(topic.record_type, batch).arrow)
    return found.past()


def _say_what(plan: Plan, past: dict[str, Past], span: Span) -> None:
    """What is read again and with which rules, on standard error."""
    amounts = and_words([count_words(each.rows, name) for name, each in past.items()])
    until = f"{show_moment(span.end)} UTC" if span.end else "now"
    typer.echo(f"reading again {amounts}, from {show_moment(span.start)} UTC to {until}", err=True)
    typer.echo(f"with {and_words([repr(rule.name) for rule in _rules_of(plan)])}", err=True)
