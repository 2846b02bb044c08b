"""The shapes by the names that a receiver's settings give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tailrace.logs.receivers.alertmanager import alertmanager, alertmanager_digest
from tailrace.logs.receivers.generic import generic, generic_digest
from tailrace.logs.receivers.pagerduty import pagerduty, pagerduty_digest
from tailrace.logs.receivers.shape import Several, Shape
from tailrace.logs.receivers.slack import slack, slack_digest
from tailrace.logs.receivers.teams import teams, teams_digest


@dataclass(frozen=True)
class Form:
    """How a target wants to be told: of one alert, of `several` at once, and whether `each` event by itself.

    `url` is the target's address if it is the same for everybody.
    """

    one: Shape
    several: Several
    each: bool
    url: str = ""


SHAPES: Final[dict[str, Form]] = {
    "json": Form(generic, generic_digest, each=True),
    "slack": Form(slack, slack_digest, each=False),
    "teams": Form(teams, teams_digest, each=False),
    "pagerduty": Form(pagerduty, pagerduty_digest, each=True, url="https://events.pagerduty.com/v2/enqueue"),
    "alertmanager": Form(alertmanager, alertmanager_digest, each=True),
}
