"""What a mail shows, as plain values: every text in it is cleaned, masked, cut and worded; none of it is markup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from tailrace.logs.mail import plain, sentences, words
from tailrace.logs.mail.chart import ChartView, chart_view
from tailrace.logs.mail.sample import bounded, cut_sample
from tailrace.logs.mail.secrets import MASK, mask_secrets
from tailrace.logs.mail.sentences import RESOLVED, Background
from tailrace.logs.records import Alert, AlertCause

_APP = 60
_RULE = 200
_PATH = 160
_TEMPLATE = 240
_EXCEPTION = re.compile(r"\s*(?:Caused by: )?(?:[A-Za-z_][\w$]{0,100}\.){0,20}([A-Z][\w$]{0,100})\s*")
_STATES = {"open": "Alert", "update": "Update", "resolved": "Resolved", "acknowledged": "Acknowledged"}


@dataclass(frozen=True)
class Detail:
    """How much of each alert is shown; a mail that grows too long is rendered again with less."""

    alerts: int
    listed: int
    causes: int
    bars: int
    sample_lines: int
    sample_width: int


@dataclass(frozen=True)
class CauseView:
    """One group of like messages. `template` is the first line of the masked message, `exception` the class of what was
    thrown, if that line does not say it; `sample` is empty when it says no more than the template. `new` says that
    nothing like it was ever seen before."""

    number: str
    fingerprint: str
    level: str
    tone: str
    new: bool
    template: str
    exception: str
    when: str
    file: str
    place: str
    sample: tuple[str, ...]


@dataclass(frozen=True)
class AlertView:
    """One alert. `tone` is `error`, `warning`, `calm` or `good`; `counts` are (number, noun, tone).

    `happened` is `open`, `update`, `acknowledged` or `resolved`, and `state` says it to people. `headline` says it all,
    `what` is for a list. `change` has the old and the new figure of an update. `opened` and `length` tell since when
    and how long; `counted` says what the counts are of, where it is not the window that `when` names.
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
    background: Background = field(default_factory=Background)
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
    listed = tuple(alert_view(alert, lens, at < detail.alerts) for at, alert in enumerate(alerts[: detail.listed]))
    full = listed[: detail.alerts]
    first = full[0]
    several = len(alerts) > 1
    return MailView(
        headline=sentences.batch_words(alerts) if several else first.headline,
        preview=_preview(first, several),
        tone=first.tone,
        alerts=full,
        listed=listed if several else (),
        more_alerts=len(alerts) - len(listed),
        masked=lens.mask and any(MASK in text for alert in full for text in _texts(alert)),
    )


def alert_view(alert: Alert, lens: Lens, in_full: bool = True) -> AlertView:
    """Look at one alert; if not in full, at what a list has of it."""
    shown = alert.causes[: lens.detail.causes] if in_full else []
    app = lens.line(alert.app, _APP) or "unnamed"
    counted, counts = _counts(alert, lens)
    return AlertView(
        id=plain.one_line(alert.id, 64),
        happened=alert.state if alert.state in _STATES else "open",
        state=_STATES.get(alert.state, "Alert"),
        tone=_alert_tone(alert),
        app=app,
        headline=sentences.headline_words(alert, app, lens.background),
        what=sentences.listed_words(alert, lens.background),
        change=sentences.change_words(alert, lens.background),
        within=words.duration_words(alert.window_end - alert.window_start),
        when=words.span_words(alert.window_start, alert.window_end, lens.zone),
        at=_moment(alert.at, lens.zone),
        opened=words.span_words(alert.opened, max(alert.at, alert.opened), lens.zone),
        length=words.length_words(sentences.lasted(alert)),
        rule=lens.line(alert.rule, _RULE),
        rule_words=lens.line(words.rule_words(alert.rule), _RULE),
        counted=counted,
        counts=counts,
        chart=_chart(alert, lens) if in_full else None,
        causes=tuple(_cause_view(cause, lens) for cause in shown),
        more_causes=len(alert.causes) - len(shown),
    )


def _chart(alert: Alert, lens: Lens) -> ChartView | None:
    start, end = alert.window_start, alert.window_end
    return chart_view(lens.background.history, alert.app, start, end, most=lens.detail.bars, zone=lens.zone)


def _alert_tone(alert: Alert) -> str:
    if alert.state == RESOLVED:
        return "good"
    return "error" if alert.errors else "warning"


def _counts(alert: Alert, lens: Lens) -> tuple[str, tuple[tuple[str, str, str], ...]]:
    """What is counted, if it has to be said, and the counts: of the whole incident if it is over and they are known."""
    tones = {"errors": "error", "warnings": "warning", "lines": "calm"}
    totals = lens.background.totals.get(alert.id) if alert.state == RESOLVED else None
    of: object = totals or alert
    counted = [(name, int(getattr(of, name))) for name in words.COUNTED]
    within = words.duration_words(alert.window_end - alert.window_start)
    said = ("From opening to end" if totals else f"At worst, within {within}") if alert.state == RESOLVED else ""
    return said, tuple(
        (f"{number:,}", "lines in all" if name == "lines" else words.count_words(number, name).split()[1],
         tones[name] if number else "calm")
        for name, number in counted
    )  # fmt: skip


def _cause_view(cause: AlertCause, lens: Lens) -> CauseView:
    # The sample is masked whole and cut afterwards: half a secret would not be recognised.
    whole = lens.masked(bounded(cause.sample))
    sample = cut_sample(whole, lines=lens.detail.sample_lines, width=lens.detail.sample_width)
    first, *others = plain.split_lines(cause.template)
    template = lens.line(first, _TEMPLATE)
    file = plain.clip_path(lens.line(cause.uri.removeprefix("file://"), 1000), _PATH)
    level = plain.one_line(cause.level, 12).upper()
    return CauseView(
        number=f"{cause.n:,}",
        fingerprint=plain.one_line(cause.fingerprint, 64),
        level=level,
        tone={"ERROR": "error", "FATAL": "error", "WARN": "warning"}.get(level, "calm"),
        new=cause.fingerprint in lens.background.new,
        template=template or "an empty message",
        exception=_exception(first, others),
        when=_between(cause.first, cause.last, lens.zone),
        file=file,
        place=f"{file}:{cause.line}" if file and cause.line else file,
        sample=() if not any(sample) or sample == (template,) else sample,
    )


def _exception(first: str, others: Sequence[str]) -> str:
    """The class of what was thrown, as the template's further lines name it, unless its first line does."""
    found = (match[1] for line in others[:20] if (match := _EXCEPTION.fullmatch(line[:2000])))
    name = next(found, "").rpartition("$")[2]
    return "" if name in first else name


def _moment(moment: datetime, zone: tzinfo) -> str:
    return f"{words.clock_words(moment, zone)} {words.zone_words(moment, zone)}"


def _between(first: datetime, last: datetime, zone: tzinfo) -> str:
    start, end = words.clock_words(first, zone), words.clock_words(last, zone)
    return f"at {start}" if first == last else f"first {start}, last {end}"


def _preview(first: AlertView, several: bool) -> str:
    """The line an inbox shows beside the subject: the first cause says more than the headline would again."""
    said = [f"{cause.number}\u00d7 {cause.template}" for cause in first.causes[:2]]
    said = [first.change, *said] if first.change and not several else said
    return plain.clip(" · ".join(([first.app] if several else []) + said), 140)


def _texts(alert: AlertView) -> list[str]:
    texts = [alert.app, alert.rule]
    for cause in alert.causes:
        texts += [cause.template, cause.place, *cause.sample]
    return texts
