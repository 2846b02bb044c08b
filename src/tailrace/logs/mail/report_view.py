"""What the mail of a report shows, as plain values: all texts cleaned, masked, cut and worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tailrace.logs.mail import measures, plain, sentences, words
from tailrace.logs.mail.causes import CauseView, cause_view
from tailrace.logs.mail.lens import Lens
from tailrace.logs.mail.secrets import MASK
from tailrace.logs.records import AppSummary, IncidentSummary, Report
from tailrace.model.durations import format_duration

_APP, _RULE, _NAME, _NOTE = 60, 120, 60, 300
_STEADY = 0.02  # a change by less is none


@dataclass(frozen=True)
class CountView:
    """A number beside that of the span before: `number`, `noun`, `tone`, and `change`, such as `+40 %` or `as before`.

    `worse` says that there is more than before; `change` is empty where there is nothing to compare.
    """

    number: str
    noun: str
    tone: str
    change: str
    worse: bool


@dataclass(frozen=True)
class AppRow:
    """One application: its `errors` and `warnings` beside those of the span before, and its lines."""

    app: str
    errors: CountView
    warnings: CountView
    lines: str


@dataclass(frozen=True)
class IncidentRow:
    """One incident: when it opened, how long it took (or that it goes on), and the value it was told with last,
    empty for a rule that compares nothing."""

    app: str
    rule: str
    tone: str
    severity: str
    opened: str
    length: str
    open: bool
    value: str


@dataclass(frozen=True)
class ReportView:
    """A whole report. What was left out of a list is counted in `more_...`."""

    title: str
    headline: str
    span: str
    before: str
    note: str
    preview: str
    tone: str
    totals: tuple[CountView, ...]
    apps: tuple[AppRow, ...]
    more_apps: int
    causes: tuple[CauseView, ...]
    more_causes: int
    incidents: tuple[IncidentRow, ...]
    more_incidents: int
    masked: bool


def report_view(report: Report, lens: Lens) -> ReportView:
    """Look at `report` as closely as the lens does."""
    detail = lens.detail
    errors, warnings = (_total(report.apps, name) for name in ("errors", "warnings"))
    causes = tuple(cause_view(cause, "", lens, days=True) for cause in report.causes[: detail.causes])
    incidents = tuple(_incident(each, lens) for each in report.incidents[: detail.alerts])
    apps = tuple(_app(each, lens) for each in report.apps[: detail.sums])
    name = lens.line(report.name, _NAME)
    return ReportView(
        title=name if "report" in name.lower() else f"{name} report".strip(),
        headline=words.capital(_headline(report, errors, warnings)),
        span=words.days_words(report.start, report.end, lens.zone),
        before=_before(report),
        note=words.capital(lens.line(report.note, _NOTE)),
        preview=plain.clip(" · ".join(f"{each.number}\u00d7 {each.template}" for each in causes[:2]), 140),
        tone=next((each.tone for each in (errors, warnings) if each.number != "0"), "good"),
        totals=(errors, warnings, _incidents(report.incidents)),
        apps=apps,
        more_apps=len(report.apps) - len(apps),
        causes=causes,
        more_causes=len(report.causes) - len(causes),
        incidents=incidents,
        more_incidents=len(report.incidents) - len(incidents),
        masked=lens.mask and any(MASK in text for text in _texts(name, apps, causes, incidents)),
    )


def _before(report: Report) -> str:
    """What a report's span is compared with: `the day before`."""
    length = report.end - report.start
    known = {timedelta(days=1): "day", timedelta(days=7): "week", timedelta(hours=1): "hour"}
    return f"the {known.get(length) or words.length_words(length)} before"


def _headline(report: Report, errors: CountView, warnings: CountView) -> str:
    """`1,204 errors (+40 %) and 96 warnings in 3 apps, 4 incidents`."""
    counted = [f"{each.number} {each.noun}{_beside(each)}" for each in (errors, warnings) if each.number != "0"]
    apps = words.count_words(len(report.apps), "apps")
    said = f"{words.and_words(counted)} in {apps}" if counted else f"no errors and no warnings in {apps}"
    return f"{said}, {words.count_words(len(report.incidents), 'incidents')}" if report.incidents else said


def _beside(count: CountView) -> str:
    return f" ({count.change})" if count.change and count.change != "as before" else ""


def _total(apps: Sequence[AppSummary], name: str) -> CountView:
    return _count(
        sum(getattr(each, name) for each in apps), sum(getattr(each, f"{name}_before") for each in apps), name
    )


def _app(summary: AppSummary, lens: Lens) -> AppRow:
    return AppRow(
        app=lens.line(summary.app, _APP) or sentences.EVERYWHERE,
        errors=_count(summary.errors, summary.errors_before, "errors"),
        warnings=_count(summary.warnings, summary.warnings_before, "warnings"),
        lines=f"{summary.lines:,}",
    )


def _count(number: int, before: int, noun: str) -> CountView:
    tone = {"errors": "error", "warnings": "warning"}[noun] if number else "calm"
    said = words.count_words(number, noun).split()[1]
    return CountView(f"{number:,}", said, tone, _change(number, before), worse=number > before * (1 + _STEADY))


def _change(number: int, before: int) -> str:
    """How a number compares with that of the span before: `+40 %`, `none before`, `as before`."""
    if before == 0:
        return "none before" if number else ""
    if number == 0:
        return f"{before:,} before"
    share = number / before - 1
    if abs(share) < _STEADY:
        return "as before"
    if share >= 2:
        return f"{number / before:,.0f}\u00d7 as many"
    return f"+{share * 100:.0f} %" if share > 0 else f"\u2212{-share * 100:.0f} %"


def _incidents(incidents: Sequence[IncidentSummary]) -> CountView:
    going_on = sum(each.resolved is None for each in incidents)
    said = words.count_words(len(incidents), "incidents").split()[1]
    change = f"{going_on:,} still open" if going_on else ""
    return CountView(f"{len(incidents):,}", said, "calm", change, worse=bool(going_on))


def _incident(incident: IncidentSummary, lens: Lens) -> IncidentRow:
    lasted = None if incident.resolved is None else words.brief(incident.resolved - incident.opened)
    tone = {"critical": "error", "error": "error", "warning": "warning", "info": "calm"}.get(incident.severity, "calm")
    return IncidentRow(
        app=lens.line(incident.app, _APP) or sentences.EVERYWHERE,
        rule=lens.line(incident.rule, _RULE),
        tone=tone,
        severity=incident.severity if incident.severity in {"critical", "error", "warning", "info"} else "",
        opened=words.day_time_words(incident.opened, lens.zone),
        length="still open" if lasted is None else format_duration(lasted),
        open=incident.resolved is None,
        value=measures.value_words(incident.rule, incident.value) if measures.compares(incident.rule) else "",
    )


def _texts(
    name: str, apps: Sequence[AppRow], causes: Sequence[CauseView], incidents: Sequence[IncidentRow]
) -> list[str]:
    texts = [name, *(each.app for each in apps), *(text for each in incidents for text in (each.app, each.rule))]
    for cause in causes:
        texts += [cause.template, cause.place, *cause.sample]
    return texts
