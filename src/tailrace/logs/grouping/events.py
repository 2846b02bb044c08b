"""The events of one incident that nobody was told of yet, folded: what a later one says is not said twice."""

from __future__ import annotations

from dataclasses import replace

from tailrace.logs.records import Alert, Stage

_SAMPLE, _CAUSES = 300, 1


def fold(events: tuple[Alert, ...], alert: Alert) -> tuple[Alert, ...]:
    """The events with one more, in order.

    What grows before its opening is told is an opening with the newest figures. Updates and repeats in a row are one,
    which compares with what was told before the first of them. An end takes the place of what led to it, but for the
    opening. Of each stretch from opening to end at most these two are left.
    """
    if not events or events[-1].state == Stage.RESOLVED:
        return (*events, alert)
    *before, last = events
    if alert.state == Stage.RESOLVED:
        return (*events, alert) if last.state == Stage.OPEN else (*before, _followed(last, alert))
    return (*before, _followed(last, alert))


def _followed(last: Alert, alert: Alert) -> Alert:
    """What is to be told when `alert` has come after `last` and neither was told."""
    causes = alert.causes or last.causes
    if alert.state == Stage.RESOLVED:
        return replace(alert, causes=causes)
    if last.state == Stage.OPEN:
        return replace(alert, state=Stage.OPEN, told=None, causes=causes)
    state = Stage.UPDATE if Stage.UPDATE in (last.state, alert.state) else alert.state
    return replace(alert, state=state, told=last.told, causes=causes)


def slimmed(alert: Alert) -> Alert:
    """An alert without what only a full view of it shows, for one of very many."""
    causes = [
        replace(cause, sample=cause.sample[:_SAMPLE], before="", after="", template=cause.template[:_SAMPLE])
        for cause in alert.causes[:_CAUSES]
    ]
    return replace(alert, causes=causes, history=[])
