"""The shapes by the names that a receiver's settings give them."""

from __future__ import annotations

from typing import Final

from tailrace.logs.receivers.alertmanager import alertmanager
from tailrace.logs.receivers.generic import generic
from tailrace.logs.receivers.pagerduty import pagerduty
from tailrace.logs.receivers.shape import Shape
from tailrace.logs.receivers.slack import slack
from tailrace.logs.receivers.teams import teams

SHAPES: Final[dict[str, Shape]] = {
    "json": generic,
    "slack": slack,
    "teams": teams,
    "pagerduty": pagerduty,
    "alertmanager": alertmanager,
}
