"""An alert for Microsoft Teams: a message with an Adaptive Card, for a webhook of Workflows or of a channel.

A message has at most 28 KB
(https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook); users have
been refused from 21 KB on (https://www.rubydoc.info/gems/msteams_hermes/MsTeamsHermes/Message), so 20,000 bytes are the
bound here.

A TextBlock and the facts of a FactSet read Markdown (https://learn.microsoft.com/microsoftteams/platform/
task-modules-and-cards/cards/cards-format), a TextRun does not (https://learn.microsoft.com/adaptive-cards/
schema-explorer/text-run): everything here is a TextRun. What it would still read is `{{DATE(...)}}`, so two braces
in a row are parted by a blank.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.logs.mail.causes import CauseView
from tailrace.logs.mail.view import AlertView
from tailrace.logs.receivers.shape import Json, Listing, Telling, fitted, fitted_listing, link_of
from tailrace.logs.records import Alert, Stage

LIMIT = 20_000
_COLORS = {"error": "Attention", "warning": "Warning", "good": "Good", "calm": "Default"}


def teams(alert: Alert, telling: Telling) -> bytes:
    """The alert as a message for Teams."""
    return fitted(alert, telling, lambda view: _message(view.state, view.headline, _body(view), link_of(alert)), LIMIT)


def teams_digest(alerts: Sequence[Alert], telling: Telling) -> bytes:
    """Several alerts as one message: what they say together, and a line for each."""
    return fitted_listing(alerts, telling, _list, LIMIT)


def _list(listing: Listing) -> Json:
    body = [_block(_run(listing.headline, size="Large", weight="Bolder"))]
    for view in listing.views:
        state = _run(f"{view.state} · ", weight="Bolder", color=_COLORS[view.tone])
        body.append(_block(state, _run(f"{view.where} · {view.what}"), _run(f"  {view.at}", isSubtle=True)))
    if listing.left_out:
        body.append(_block(_run(f"and {listing.left_out:,} more", isSubtle=True)))
    return _message("Alerts", listing.headline, body, "")


def _message(state: str, headline: str, body: list[Json], link: str) -> Json:
    card: dict[str, Json] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "fallbackText": _literal(f"{state}: {headline}"),
        "body": body,
    }
    if link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Runbook", "url": link}]
    attachment: Json = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(view: AlertView) -> list[Json]:
    color = _COLORS[view.tone]
    body = [
        _block(_run(f"{view.state} · {view.app}", weight="Bolder", color=color)),
        _block(_run(view.headline, size="Large", weight="Bolder")),
        *(_block(_run(f"{name}  ", isSubtle=True), _run(said)) for name, said in _facts(view)),
    ]
    for cause in view.causes:
        body += _cause(cause)
    if view.more_causes:
        body.append(_block(_run(f"and {view.more_causes:,} more", isSubtle=True)))
    return [*body, _block(_run(f"Tailrace · alert {view.id}", isSubtle=True, size="Small"))]


def _facts(view: AlertView) -> list[tuple[str, str]]:
    counts = ", ".join(f"{number} {noun}" for number, noun, _ in view.counts)
    if view.happened == Stage.RESOLVED:
        times = [("Lasted", f"{view.opened} ({view.length})"), ("Worst", view.when)]
    else:
        times = [("When", view.when)]
    change = [("Change", view.change)] if view.change else []
    return [*change, *times, ("Rule", view.rule), (view.counted or "Counts", counts)]


def _cause(cause: CauseView) -> list[Json]:
    color = _COLORS[cause.tone]
    title = [_run(f"{cause.number} \u00d7 ", weight="Bolder", color=color), _run(cause.template, weight="Bolder")]
    if cause.exception:
        title.append(_run(f" · {cause.exception}", isSubtle=True))
    words = filter(None, ("new" if cause.new else "", cause.level, cause.when, cause.place))
    said = [
        _block(*title, separator=True, spacing="Medium"),
        _block(_run(" · ".join(words), isSubtle=True, size="Small")),
    ]
    # A line feed in a run is shown as a blank by some of Teams' readers, so each line has a block.
    return said + [
        _block(_run(_indented(line), fontType="Monospace", size="Small"), spacing="None")
        for line in cause.sample
        if line
    ]


def _block(*runs: Json, **how: Json) -> Json:
    return {"type": "RichTextBlock", "inlines": list(runs), **how}


def _run(text: str, **how: Json) -> Json:
    return {"type": "TextRun", "text": _literal(text) or "-", **how}


def _indented(line: str) -> str:
    """A line whose leading blanks are kept, as some of Teams' readers do not."""
    bare = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(bare)) + bare


def _literal(text: str) -> str:
    while "{{" in text:
        text = text.replace("{{", "{ {")
    return text
