"""What a mail shows, as plain values: every text in it is cleaned, masked, cut and worded; none of it is markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from tailrace.logs.mail import plain, words
from tailrace.logs.mail.sample import bounded, cut_sample
from tailrace.logs.mail.secrets import MASK, mask_secrets
from tailrace.logs.records import Alert, AlertCause

_APP = 60
_RULE = 200
_PATH = 160
_TEMPLATE = 240
_STATES = {"open": "Alert", "update": "Update", "resolved": "Resolved"}


@dataclass(frozen=True)
class Detail:
    """How much of each alert is shown; a mail that grows too long is rendered again with less."""

    alerts: int
    listed: int
    causes: int
    sample_lines: int
    sample_width: int


@dataclass(frozen=True)
class CauseView:
    """One group of like messages. `sample` is empty when it says no more than the template."""

    number: str
    level: str
    tone: str
    template: str
    when: str
    place: str
    sample: tuple[str, ...]


@dataclass(frozen=True)
class AlertView:
    """One alert. `tone` is `error`, `warning` or `calm`; `counts` are (number, noun, tone)."""

    id: str
    state: str
    tone: str
    app: str
    what: str
    within: str
    when: str
    at: str
    rule: str
    rule_words: str
    counts: tuple[tuple[str, str, str], ...]
    causes: tuple[CauseView, ...]
    more_causes: int


@dataclass(frozen=True)
class MailView:
    """A whole mail. `listed` is empty for a single alert; the first of them stand in full in `alerts`."""

    headline: str
    preview: str
    tone: str
    alerts: tuple[AlertView, ...]
    listed: tuple[AlertView, ...]
    more_alerts: int
    masked: bool


@dataclass(frozen=True)
class Lens:
    """How values are looked at: in which zone, with how much detail, with secrets masked or not."""

    zone: tzinfo
    detail: Detail
    mask: bool
    seen: dict[str, str] = field(default_factory=dict)
    """Texts that have been masked before, by what they were: to mask is most of the work."""

    def line(self, text: str, limit: int) -> str:
        return plain.one_line(self.masked(text[: limit * 8]), limit)

    def masked(self, text: str) -> str:
        if not self.mask:
            return plain.without_colours(text)
        if text not in self.seen:
            self.seen[text] = mask_secrets(plain.without_colours(text))
        return self.seen[text]


def mail_view(alerts: Sequence[Alert], lens: Lens) -> MailView:
    """Look at `alerts`, which are in the order of their weight and at least one."""
    detail = lens.detail
    listed = tuple(_alert_view(alert, lens, at < detail.alerts) for at, alert in enumerate(alerts[: detail.listed]))
    full = listed[: detail.alerts]
    first = full[0]
    several = len(alerts) > 1
    headline = batch_words(alerts) if several else f"{first.what} in {first.app} within {first.within}"
    return MailView(
        headline=headline,
        preview=_preview(first, several),
        tone=first.tone,
        alerts=full,
        listed=listed if several else (),
        more_alerts=len(alerts) - len(listed),
        masked=lens.mask and any(MASK in text for alert in full for text in _texts(alert)),
    )


def what_words(alert: Alert) -> str:
    """What was counted: `14 errors`, `12 errors and 3 warnings`; it names what the rule counts."""
    numbers = {name: int(getattr(alert, name)) for name in words.COUNTED}
    measures = words.rule_measures(alert.rule) or ("errors", "warnings")
    parts = [words.count_words(numbers[name], name) for name in measures if numbers[name]]
    return words.and_words(parts or [words.count_words(numbers[measures[0]], measures[0])])


def batch_words(alerts: Sequence[Alert]) -> str:
    """What several alerts say together: `3 alerts in 2 apps: 40 errors and 12 warnings`."""
    apps = {alert.app for alert in alerts}
    parts = [words.count_words(total, name) for name in ("errors", "warnings") if (total := _total(alerts, name))]
    said = f"{words.count_words(len(alerts), 'alerts')} in {words.count_words(len(apps), 'apps')}"
    return f"{said}: {words.and_words(parts)}" if parts else said


def _total(alerts: Sequence[Alert], name: str) -> int:
    # Several rules may look at the same lines of one app: its greatest number is counted, not the sum.
    most: dict[str, int] = {}
    for alert in alerts:
        most[alert.app] = max(most.get(alert.app, 0), int(getattr(alert, name)))
    return sum(most.values())


def _alert_view(alert: Alert, lens: Lens, in_full: bool) -> AlertView:
    shown = alert.causes[: lens.detail.causes] if in_full else []
    return AlertView(
        id=plain.one_line(alert.id, 64),
        state=_STATES.get(alert.state, "Alert"),
        tone=_alert_tone(alert),
        app=lens.line(alert.app, _APP) or "unnamed",
        what=what_words(alert),
        within=words.duration_words(alert.window_end - alert.window_start),
        when=words.span_words(alert.window_start, alert.window_end, lens.zone),
        at=f"{words.clock_words(alert.at, lens.zone)} {words.zone_words(alert.at, lens.zone)}",
        rule=lens.line(alert.rule, _RULE),
        rule_words=lens.line(words.rule_words(alert.rule), _RULE),
        counts=_counts(alert),
        causes=tuple(_cause_view(cause, lens) for cause in shown),
        more_causes=len(alert.causes) - len(shown),
    )


def _alert_tone(alert: Alert) -> str:
    if alert.state == "resolved":
        return "calm"
    return "error" if alert.errors else "warning"


def _counts(alert: Alert) -> tuple[tuple[str, str, str], ...]:
    tones = {"errors": "error", "warnings": "warning", "lines": "calm"}
    counted = [(name, int(getattr(alert, name))) for name in words.COUNTED]
    return tuple(
        (f"{number:,}", "lines in all" if name == "lines" else words.count_words(number, name).split()[1],
         tones[name] if number else "calm")
        for name, number in counted
    )  # fmt: skip


def _cause_view(cause: AlertCause, lens: Lens) -> CauseView:
    # The sample is masked whole and cut afterwards: half a secret would not be recognised.
    whole = lens.masked(bounded(cause.sample))
    sample = cut_sample(whole, lines=lens.detail.sample_lines, width=lens.detail.sample_width)
    template = lens.line(cause.template, _TEMPLATE)
    level = plain.one_line(cause.level, 12).upper()
    return CauseView(
        number=f"{cause.n:,}",
        level=level,
        tone={"ERROR": "error", "FATAL": "error", "WARN": "warning"}.get(level, "calm"),
        template=template or "an empty message",
        when=_between(cause.first, cause.last, lens.zone),
        place=_place(cause, lens),
        sample=() if not any(sample) or sample == (template,) else sample,
    )


def _between(first: datetime, last: datetime, zone: tzinfo) -> str:
    start, end = words.clock_words(first, zone), words.clock_words(last, zone)
    return f"at {start}" if first == last else f"first {start}, last {end}"


def _place(cause: AlertCause, lens: Lens) -> str:
    path = plain.clip_path(lens.line(cause.uri.removeprefix("file://"), 1000), _PATH)
    return f"{path}:{cause.line}" if path and cause.line else path


def _preview(first: AlertView, several: bool) -> str:
    """The line an inbox shows beside the subject: the first cause says more than the headline would again."""
    said = [f"{cause.number}\u00d7 {cause.template}" for cause in first.causes[:2]]
    return plain.clip(" · ".join(([first.app] if several else []) + said), 140)


def _texts(alert: AlertView) -> list[str]:
    texts = [alert.app, alert.rule]
    for cause in alert.causes:
        texts += [cause.template, cause.place, *cause.sample]
    return texts
