"""Very many alerts summed up by application and rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tailrace.logs.mail import sentences
from tailrace.logs.mail.lens import Lens
from tailrace.logs.records import Alert, Stage

_APP, _RULE = 60, 120


@dataclass(frozen=True)
class SumView:
    """The incidents of one application under one rule: how many go on, how many are over, and the worst of them."""

    app: str
    rule: str
    tone: str
    going_on: str
    resolved: str
    errors: str
    warnings: str


def sum_views(alerts: Sequence[Alert], lens: Lens) -> tuple[tuple[SumView, ...], int]:
    """The sums of `alerts`, which are in the order of their weight, the heaviest first, and how many were left out."""
    grouped: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        grouped.setdefault((alert.app, alert.name or alert.rule), []).append(alert)
    ranked = sorted(grouped.items(), key=lambda each: -len(each[1]))
    shown = ranked[: lens.detail.sums]
    return tuple(_sum(app, rule, group, lens) for (app, rule), group in shown), len(ranked) - len(shown)


def _sum(app: str, rule: str, group: Sequence[Alert], lens: Lens) -> SumView:
    going_on = [alert for alert in group if alert.state != Stage.RESOLVED]
    errors, warnings = (sum(int(getattr(alert, name)) for alert in going_on) for name in ("errors", "warnings"))
    return SumView(
        app=lens.line(app, _APP) or sentences.EVERYWHERE,
        rule=lens.line(rule, _RULE),
        tone=("error" if errors else "warning") if going_on else "good",
        going_on=f"{len(going_on):,}" if going_on else "",
        resolved=f"{len(group) - len(going_on):,}" if len(group) > len(going_on) else "",
        errors=f"{errors:,}" if errors else "",
        warnings=f"{warnings:,}" if warnings else "",
    )
