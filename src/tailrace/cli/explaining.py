"""`tailrace alerts explain`: the story of one incident, and why somebody heard nothing of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final

import typer

from tailrace.cli.alerting import Alerting, read_alerting
from tailrace.cli.exits import exit_codes
from tailrace.cli.incidents import IncidentView, heading_lines
from tailrace.cli.options import Database
from tailrace.cli.places import existing_database
from tailrace.cli.terminal import paint
from tailrace.logs.mail.words import and_words, count_words
from tailrace.logs.records import Command, Decision
from tailrace.model.show import json_text, visible

_DELIVERED: Final = "delivered"
_STYLES: Final = {"told": "green", "delivered": "green", "held": "yellow", "muted": "yellow", "undelivered": "red"}
_NUMBER: Final = re.compile(r"[\d.,:]+")
_ASKED: Final = {"acknowledge": "acknowledges it", "resolve": "asks to resolve it", "resend": "asks to send it again"}


@dataclass(frozen=True)
class Line:
    """One line of a story, at a time of day; `times` decisions alike, the first of them at `since`."""

    at: datetime
    by: str
    outcome: str
    text: str
    since: datetime
    times: int = 1


def explain(
    context: typer.Context,
    incident: Annotated[str, typer.Argument(metavar="ID", help="An alert's id, or how it begins.")],
    db: Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each decision.")] = False,
) -> None:
    """Tell the story of an alert: what was decided about it, by whom, when and why.

    Says why somebody was told nothing: it had not grown, was acknowledged, silenced, muted by another, grouped, capped
    or could not be delivered. Times are times of day, in UTC.

    Examples:

    \b
      tailrace alerts explain 3f2a
      tailrace alerts explain 3f2a --json | jq -r .reason

    Exit code: 0 done, 1 the database cannot be read, 2 there is no such alert.
    """
    with exit_codes():
        known = read_alerting(existing_database(db or context.obj))
        name = known.find(incident)
        decisions = known.decided(name)
        lines = (json_text(asdict(each)) for each in decisions) if as_json else _story(known, name, decisions)
        for line in lines:
            typer.echo(line)


def _story(known: Alerting, name: str, decisions: list[Decision]) -> Iterator[str]:
    found = known.incident(name)
    if found is not None:
        yield from heading_lines(found, known.notes(datetime.now(UTC)).get(name))
    else:
        yield f"{paint(name, 'bold')}  was told to nobody"
    yield ""
    lines = sorted([*_decided(decisions), *_asked(known.commands, name, decisions)], key=lambda line: line.at)
    if lines:
        yield from _timeline(_folded(lines))
    else:
        yield "nothing was recorded of why it was told or not; it is from before that was done"
    yield ""
    yield _summary(found, decisions)


def _decided(decisions: list[Decision]) -> Iterator[Line]:
    for each in decisions:
        by = f"{each.by} {each.receiver}" if each.receiver and each.receiver != each.by else each.by
        yield Line(each.at, by, each.outcome, each.reason, each.at)


def _asked(commands: list[Command], name: str, decisions: list[Decision]) -> Iterator[Line]:
    """What people asked for and nobody has said anything of yet."""
    for each in commands:
        answered = any(each.at <= other.at and each.who in other.reason for other in decisions)
        if each.incident == name and each.do in _ASKED and not answered:
            why = f" ({each.reason})" if each.reason else ""
            yield Line(each.at, each.who, "asked", f"{_ASKED[each.do]}{why}; not taken up yet", each.at)


def _folded(lines: list[Line]) -> list[Line]:
    """The lines with those that say the same again and again, but for numbers, put together as the last of them."""
    folded: list[Line] = []
    for line in lines:
        before = folded[-1] if folded else None
        if before is not None and _gist(before) == _gist(line):
            folded[-1] = Line(line.at, line.by, line.outcome, line.text, before.since, before.times + 1)
        else:
            folded.append(line)
    return folded


def _gist(line: Line) -> tuple[str, str, str]:
    return line.by, line.outcome, _NUMBER.sub("#", line.text)


def _timeline(lines: Sequence[Line]) -> Iterator[str]:
    width = max(len(visible(line.by)) for line in lines)
    day: date | None = None
    for line in lines:
        at = line.at.astimezone(UTC)
        if at.date() != day:
            day = at.date()
            yield paint(f"{day}", "bold")
        style = _STYLES.get(line.outcome)
        text = paint(visible(line.text), style) if style else visible(line.text)
        yield f"  {at:%H:%M:%S}  {visible(line.by):<{width}}  {text}"
        if line.times > 1:
            since = line.since.astimezone(UTC)
            more = f"and {count_words(line.times - 1, 'times')} before, since {since:%H:%M:%S}"
            yield paint(f"{'':{width + 14}}{more}", "dim")


def _summary(found: IncidentView | None, decisions: list[Decision]) -> str:
    outcomes = Counter(each.outcome for each in decisions)
    told = len(found.events) if found is not None else 0
    receivers = Counter(each.receiver or each.by for each in decisions if each.outcome == _DELIVERED)
    said = [f"told {count_words(told, 'times')}"]
    if receivers:
        said.append(f"delivered by {and_words([f'{name} ({n})' for name, n in sorted(receivers.items())])}")
    said += [f"{outcome} {n}" for outcome, n in sorted(outcomes.items()) if outcome not in {"told", _DELIVERED}]
    return paint(", ".join(said), "bold")
