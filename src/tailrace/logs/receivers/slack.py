"""An alert for Slack: a message of blocks, for an incoming webhook.

Slack's limits, beyond which it answers `invalid_blocks`: a header has 150 characters and plain text alone
(https://docs.slack.dev/reference/block-kit/blocks/header-block), a section's text 3,000 and each of its at most ten
fields 2,000 (.../blocks/section-block), a message 50 blocks (.../blocks). All blocks together must not be longer than
about 13,200 characters (`msg_blocks_too_long`); that is written nowhere but was measured by users
(https://github.com/slackapi/bolt-js/issues/2509), so 12,000 bytes of JSON are the bound here.

`&`, `<` and `>` are the only characters by which a text can call people or make links; they are written as entities,
as https://api.slack.com/docs/message-formatting says, and count with their length. Whatever comes from a log stands in
a code span or block besides, where asterisks and the like mean nothing; a backtick in it becomes an apostrophe.
An incoming webhook cannot answer in a thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.logs.mail.causes import CauseView
from tailrace.logs.mail.plain import clip
from tailrace.logs.mail.view import AlertView
from tailrace.logs.receivers.shape import Json, Listing, Telling, fitted, fitted_listing, link_of
from tailrace.logs.records import Alert, Stage

LIMIT = 12_000
_HEADER, _SECTION, _CODE = 150, 2900, 475
_MOST = 40  # a message has 50 blocks
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def slack(alert: Alert, telling: Telling) -> bytes:
    """The alert as a message for Slack."""
    return fitted(alert, telling, lambda view: _message(alert, view), LIMIT)


def slack_digest(alerts: Sequence[Alert], telling: Telling) -> bytes:
    """Several alerts as one message: what they say together, and a line for each."""
    return fitted_listing(alerts, telling, _list, LIMIT, most=_MOST)


def _list(listing: Listing) -> Json:
    said = _unticked(listing.headline)
    lines = [_section(f"*{view.state}* {_code(view.where)} {_code(view.what)}\n{view.at}") for view in listing.views]
    more: list[Json] = [_section(f"and {listing.left_out:,} more")] if listing.left_out else []
    quiet: dict[str, Json] = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    return {"text": escaped(said, _SECTION), "blocks": [_header(said), *lines, *more], **quiet}


def _message(alert: Alert, view: AlertView) -> Json:
    said = _unticked(f"{view.state}: {view.headline}")
    causes = [block for cause in view.causes for block in _cause(cause)]
    more: list[Json] = [_section(f"and {view.more_causes:,} more")] if view.more_causes else []
    blocks: list[Json] = [_header(said), _facts(view), *causes, *more, _foot(alert, view)]
    quiet: dict[str, Json] = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
    return {"text": escaped(said, _SECTION), "blocks": blocks, **quiet}


def _header(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": escaped(text, _HEADER), "emoji": False}}


def _facts(view: AlertView) -> Json:
    counts = ", ".join(f"{number} {noun}" for number, noun, _ in view.counts)
    facts = [("App", _code(view.app)), ("Rule", _code(view.rule)), (view.counted or "Counts", counts)]
    if view.happened == Stage.RESOLVED:
        facts += [("Lasted", f"{view.opened} ({view.length})"), ("Worst", view.when)]
    else:
        facts += [("When", view.when)]
    if view.change:
        facts += [("Change", view.change)]
    return {"type": "section", "fields": [_text(f"*{name}*\n{said}") for name, said in facts]}


def _cause(cause: CauseView) -> list[Json]:
    words = [
        f"*{cause.number}\u00d7*",
        "*new*" if cause.new else "",
        _code(cause.level) if cause.level else "",
        cause.when,
    ]
    title = " · ".join(filter(None, (cause.template, cause.exception)))
    lines = [" ".join(filter(None, words)), _code(title)]
    if cause.place:
        lines.append(_code(cause.place))
    said: list[Json] = [_section("\n".join(lines))]
    if cause.sample:
        said.append(_section("```\n" + escaped(_unticked("\n".join(cause.sample)), _SECTION - 8) + "\n```"))
    return said


def _foot(alert: Alert, view: AlertView) -> Json:
    link = link_of(alert)
    said = f"Tailrace · alert {_code(view.id)}" + (f" · <{link.translate(_ENTITIES)}|runbook>" if link else "")
    return {"type": "context", "elements": [_text(said)]}


def _section(markup: str) -> Json:
    return {"type": "section", "text": _text(markup)}


def _text(markup: str) -> Json:
    return {"type": "mrkdwn", "text": markup, "verbatim": True}


def _code(text: str) -> str:
    """A text as a code span; an empty one cannot be."""
    return f"`{escaped(_unticked(text), _CODE)}`" if text.strip() else "-"


def _unticked(text: str) -> str:
    return text.replace("`", "'")


def escaped(text: str, limit: int) -> str:
    """A text with the three characters as entities, cut so that all of it has at most `limit` characters."""
    length = limit
    while len(written := clip(text, length).translate(_ENTITIES)) > limit:
        length -= max(1, (len(written) - limit) // len("&amp;"))
    return written
