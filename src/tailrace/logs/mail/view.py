"""What a mail shows, as plain values: every text in it is cleaned, masked, cut and worded; none of it is markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tailrace.logs.mail import links, measures, plain, sentences, words
from tailrace.logs.mail.causes import CauseView, cause_view
from tailrace.logs.mail.chart import ChartView, chart_view
from tailrace.logs.mail.lens import Detail, Lens
from tailrace.logs.mail.secrets import MASK
from tailrace.logs.mail.sums import SumView, sum_views
from tailrace.logs.records import Alert, Stage

__all__ = ["AlertView", "CauseView", "Detail", "Lens", "MailView", "alert_view", "cleaned", "mail_view"]

_APP, _RULE, _NAME, _FIELD = 60, 200, 80, 120
_FIELDS = 6  # that a rule goes by
_STATES = {
    "open": "Alert",
    "update": "Update",
    "repeat": "Reminder",
    "resolved": "Resolved",
    "acknowledged": "Acknowledged",
}
_TONES = {"critical": "error", "error": "error", "warning": "warning", "info": "calm"}


@dataclass(frozen=True)
class AlertView:
    """One alert. `tone` is `error`, `warning`, `calm` or `good`; `counts` are (number, noun, tone).

    `happened` is `open`, `update`, `repeat`, `acknowledged` or `resolved`, and `state` says it to people. `headline`
    says it all, `what` is for a list, and `summary` for a heading. `change` has the old and the new figure of an
    update. `opened` and `length` tell since when and how long; `counted` says what the counts are of, where it is not
    the window that `when` names. `where` is `app` with the other fields that the rule goes by, which `group` has as
    pairs; `labels` are pairs too. `value` is what the rule's left side came to, in its unit; `so_far` counts what came
    since the incident opened, while it goes on. `runbook` is an address of the web, or empty; `advice` is the runbook
    where it is something else. `apart` tells that an alert that opens is told by a window that does not hold the
    opening, the worst so far. What is not known is empty.
    """

    id: str
    happened: str
    state: str
    tone: str
    app: str
    headline: str
    what: str
    change: str
    within: str
    when: str
    at: str
    opened: str
    length: str
    rule: str
    rule_words: str
    counted: str
    counts: tuple[tuple[str, str, str], ...]
    chart: ChartView | None
    causes: tuple[CauseView, ...]
    more_causes: int
    apart: bool = False
    summary: str = ""
    name: str = ""
    where: str = ""
    severity: str = ""
    value: str = ""
    so_far: str = ""
    detail: str = ""
    group: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    runbook: str = ""
    advice: str = ""


@dataclass(frozen=True)
class MailView:
    """A whole mail. `listed` is empty for a single alert; the first of them stand in full in `alerts`.

    `sums` has how many alerts there are by application and rule, where there are too many to be read one by one.
    """

    headline: str
    preview: str
    tone: str
    alerts: tuple[AlertView, ...]
    listed: tuple[AlertView, ...]
    more_alerts: int
    masked: bool
    digest: bool = False
    sums: tuple[SumView, ...] = ()
    more_sums: int = 0


def mail_view(alerts: Sequence[Alert], lens: Lens, *, digest: bool = False) -> MailView:
    """Look at `alerts`, which are in the order of their weight and at least one."""
    detail = lens.detail
    listed = tuple(alert_view(alert, lens, at < detail.alerts) for at, alert in enumerate(alerts[: detail.listed]))
    full = listed[: detail.alerts]
    first = full[0]
    several = len(alerts) > 1
    sums, more_sums = sum_views(alerts, lens) if several and (digest or len(alerts) > detail.listed) else ((), 0)
    return MailView(
        headline=sentences.batch_words(alerts) if several else first.headline,
        preview=_preview(first, several),
        tone=first.tone,
        alerts=full,
        listed=listed if several else (),
        more_alerts=len(alerts) - len(listed),
        masked=lens.mask and any(MASK in text for alert in full for text in _texts(alert)),
        digest=digest and several,
        sums=sums,
        more_sums=more_sums,
    )


def cleaned(alert: Alert, lens: Lens) -> Alert:
    """The alert with every text of it harmless, masked and bounded, but for its id and its causes."""
    return replace(
        alert,
        app=lens.line(alert.app, _APP),
        rule=lens.line(alert.rule, _RULE),
        name=lens.line(alert.name, _NAME),
        severity=alert.severity if alert.severity in _TONES else "",
        detail=lens.line(alert.detail, _RULE),
        group=_group(alert, lens),
    )


def _group(alert: Alert, lens: Lens) -> dict[str, str]:
    fields = [(name, value) for name, value in alert.group.items() if name != "app"][: min(lens.detail.labels, _FIELDS)]
    return {lens.line(name, _APP): lens.line(value, _FIELD) for name, value in fields}


def alert_view(alert: Alert, lens: Lens, in_full: bool = True) -> AlertView:
    """Look at one alert; if not in full, at what a list has of it."""
    alert = cleaned(alert, lens)
    shown = alert.causes[: lens.detail.causes] if in_full else []
    counted, counts = _counts(alert)
    runbook = _runbook(alert, lens)
    what = sentences.what_words(alert)
    return AlertView(
        id=plain.one_line(alert.id, 64),
        happened=alert.state if alert.state in _STATES else Stage.OPEN,
        state=_STATES.get(alert.state, "Alert"),
        tone=_tone(alert),
        app=alert.app or sentences.EVERYWHERE,
        headline=sentences.headline_words(alert),
        what=sentences.listed_words(alert),
        change=sentences.change_words(alert),
        within=words.duration_words(alert.window_end - alert.window_start),
        when=words.span_words(alert.window_start, alert.window_end, lens.zone),
        at=words.moment_words(alert.at, lens.zone),
        opened=words.span_words(alert.opened, max(alert.at, alert.opened), lens.zone),
        length=words.length_words(sentences.lasted(alert)),
        rule=alert.rule,
        rule_words=measures.rule_words(alert.rule),
        counted=counted,
        counts=counts,
        chart=_chart(alert, lens) if in_full else None,
        causes=tuple(cause_view(cause, alert.app, lens) for cause in shown),
        more_causes=len(alert.causes) - len(shown),
        apart=alert.state == Stage.OPEN and not alert.window_start <= alert.at <= alert.window_end,
        summary=sentences.summary_words(alert),
        name=alert.name if alert.name != alert.rule else "",
        where=sentences.where_words(alert),
        severity=alert.severity,
        value=measures.value_words(alert.rule, alert.value),
        so_far=sentences.so_far_words(alert),
        detail=alert.detail if alert.detail not in what else "",
        group=sentences.group_of(alert),
        labels=tuple(
            (lens.line(name, _APP), lens.line(value, _FIELD))
            for name, value in list(alert.labels.items())[: lens.detail.labels]
        ),
        runbook=runbook,
        advice="" if runbook else lens.line(alert.runbook, _RULE),
    )


def _runbook(alert: Alert, lens: Lens) -> str:
    """The runbook's address, if it is one of the web and has no secret in it."""
    return links.web_address(alert.runbook) if lens.masked(alert.runbook) == alert.runbook else ""


def _chart(alert: Alert, lens: Lens) -> ChartView | None:
    return chart_view(alert.history, alert.window_start, alert.window_end, most=lens.detail.bars, zone=lens.zone)


def _tone(alert: Alert) -> str:
    if alert.state == Stage.RESOLVED:
        return "good"
    return _TONES.get(alert.severity) or ("error" if alert.errors else "warning")


def _counts(alert: Alert) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """What is counted, if it has to be said, and the counts: of the whole incident if it is over and they are known."""
    tones = {"errors": "error", "warnings": "warning", "lines": "calm"}
    totals = sentences.totals_of(alert) if alert.state == Stage.RESOLVED else None
    of: object = totals or alert
    counted = [(name, int(getattr(of, name))) for name in measures.COUNTED]
    within = words.duration_words(alert.window_end - alert.window_start)
    said = ("From opening to end" if totals else f"At worst, within {within}") if alert.state == Stage.RESOLVED else ""
    if not measures.counts(alert.rule) and not any(number for name, number in counted if name != "lines"):
        return "", ()
    return said, tuple(
        (f"{number:,}", "lines in all" if name == "lines" else words.count_words(number, name).split()[1],
         tones[name] if number else "calm")
        for name, number in counted
    )  # fmt: skip


def _preview(first: AlertView, several: bool) -> str:
    """The line an inbox shows beside the subject: the first cause says more than the headline would again."""
    said = [f"{cause.number}\u00d7 {cause.template}" for cause in first.causes[:2]]
    said = [first.change, *said] if first.change and not several else said
    return plain.clip(" · ".join(([first.where] if several else []) + said), 140)


def _texts(alert: AlertView) -> list[str]:
    texts = [alert.where, alert.rule, alert.name, alert.detail, alert.advice, *(value for _, value in alert.labels)]
    for cause in alert.causes:
        texts += [cause.template, cause.place, *cause.sample]
        texts += [line.text for line in (*cause.before, *cause.after)]
    return texts
