"""What to do with an alert is a function over alerts."""

from __future__ import annotations

from typing import Annotated

from tailrace import Help, Record, streamlet
from tailrace.logs.records import Alert


class Page(Record):
    """Somebody is to be woken."""

    who: str
    text: str


@streamlet
def on_call(
    alert: Alert,
    *,
    who: Annotated[str, Help("whom to wake")],
    least: Annotated[int, Help("fewer errors than this wake nobody")] = 10,
) -> Page | None:
    """A page for each incident that opens with at least so many errors."""
    if alert.state != "open" or alert.errors < least:
        return None
    cause = alert.causes[0].template if alert.causes else "of unknown cause"
    return Page(who, f"{alert.app}: {alert.errors} errors, mostly {cause}")
