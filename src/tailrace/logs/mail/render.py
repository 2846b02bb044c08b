"""A list of alerts as one e-mail: `render`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote

from tailrace.logs.mail import links, theme, words
from tailrace.logs.mail.compose import MAIL_LIMIT, Letter, composed, fitting
from tailrace.logs.mail.identity import message_id, thread_of
from tailrace.logs.mail.lens import Detail, Lens
from tailrace.logs.mail.mailbox import header_text
from tailrace.logs.mail.plain import clip
from tailrace.logs.mail.sentences import (
    EVERYWHERE,
    batch_words,
    subject_words,
    where_words,
)
from tailrace.logs.mail.theme import Theme
from tailrace.logs.mail.view import cleaned, mail_view
from tailrace.logs.records import Alert, Stage

__all__ = ["MAIL_LIMIT", "render"]

# From rich to bare; the first that fits is taken, and the last always fits.
_DETAILS = (
    Detail(alerts=10, listed=60, causes=10, bars=30, sample_lines=16, sample_width=400, neighbours=3, sums=40),
    Detail(alerts=10, listed=60, causes=5, bars=30, sample_lines=12, sample_width=240, neighbours=2, sums=40),
    Detail(alerts=8, listed=40, causes=3, bars=24, sample_lines=8, sample_width=160, neighbours=1, sums=30),
    Detail(alerts=5, listed=30, causes=3, bars=16, sample_lines=5, sample_width=120, sums=20),
    Detail(alerts=3, listed=20, causes=1, bars=0, sample_lines=1, sample_width=80, sums=10, labels=8),
    Detail(alerts=1, listed=5, causes=1, bars=0, sample_lines=1, sample_width=80, sums=5, labels=3),
    Detail(alerts=1, listed=1, causes=1, bars=0, sample_lines=1, sample_width=40, sums=1, labels=1),
)
_WHERE_IN_SUBJECT = 40
_APPS_IN_SUBJECT = 3
_ALERT_HEADERS = 20
_CRITICAL = "critical"


def render(
    alerts: Sequence[Alert],
    *,
    sender: Address,
    recipients: Sequence[Address],
    now: datetime,
    zone: tzinfo = UTC,
    mask_secrets: bool = True,
    templates: Theme | None = None,
    digest: bool = False,
    link: str = "",
) -> EmailMessage:
    """Give the one mail that tells of `alerts`, as text and as HTML, ready to be sent.

    `now` becomes the Date header, times are told in `zone`. A `digest` begins with sums by application and rule, as
    every mail does that has too many alerts to name them all. `templates` are the user's own. `link` is an address
    with fields, see `tailrace.logs.mail.links`, that leads to the place in a log. Several events of one incident are
    told as one, by the last of them.

    The same arguments, the alerts in any order, give the same bytes; the Message-ID depends on nothing but the alerts
    and the sender's domain. Every mail about one incident alone refers to the mail of its opening.
    Raises ValueError when there are no alerts, no recipients, or `now` has no zone; TailraceError when `link` is none.
    """
    if not alerts or not recipients or now.tzinfo is None:
        raise ValueError("a mail needs at least one alert, one recipient and a time with a zone")
    links.check_link(link)
    ordered = sorted(_by_incident(alerts), key=_weight)
    seen: dict[str, str] = {}
    lenses = [Lens(zone, detail, mask_secrets, seen, link) for detail in _DETAILS]
    letter = Letter(sender, recipients, now, message_id(alerts, sender.domain), thread_of(alerts, sender.domain))

    def look(lens: Lens, templates: Theme | None) -> EmailMessage:
        view = mail_view(ordered, lens, digest=digest)
        subject = _subject(ordered, now, lens, digest=view.digest)
        message = composed(letter, subject, {theme.TEXT: {"mail": view}, theme.HTML: {"mail": view}}, templates)
        _add_marks(message, ordered, lens)
        return message

    return fitting(lenses, look, templates)


def _subject(alerts: Sequence[Alert], now: datetime, lens: Lens, *, digest: bool) -> str:
    """Say app, what, how many and when: `[orders] 14 errors in 30s, 10:41:20 UTC`; the day too if it is not today."""
    zone = lens.zone
    latest = max(alert.at for alert in alerts)
    day = "" if words.day_words(latest, zone) == words.day_words(now, zone) else f"{latest.astimezone(zone):%Y-%m-%d} "
    when = f"{day}{words.moment_words(latest, zone)}"
    said = batch_words(alerts) if len(alerts) > 1 else subject_words(cleaned(alerts[0], lens))
    critical = any(alert.severity == _CRITICAL and alert.state != Stage.RESOLVED for alert in alerts)
    said = f"{'CRITICAL: ' if critical else ''}{'digest of ' if digest else ''}{said}"
    return header_text(f"[{_places(alerts, lens)}] {clip(said, 140)}, {when}", 300)


def _places(alerts: Sequence[Alert], lens: Lens) -> str:
    """The applications, the first few of them; of a single alert the other fields too that its rule goes by."""
    if len(alerts) == 1:
        place = where_words(cleaned(alerts[0], lens))
        return header_text(place, _WHERE_IN_SUBJECT * 2)
    apps = list(dict.fromkeys(alert.app for alert in alerts))
    shown = [
        header_text(lens.line(app, _WHERE_IN_SUBJECT) or EVERYWHERE, _WHERE_IN_SUBJECT)
        for app in apps[:_APPS_IN_SUBJECT]
    ]
    more = f" +{len(apps) - _APPS_IN_SUBJECT:,}" if len(apps) > _APPS_IN_SUBJECT else ""
    return ", ".join(shown) + more


def _by_incident(alerts: Sequence[Alert]) -> list[Alert]:
    """One alert for each incident: its last event, with what only an earlier one still knows.

    Whoever is told of an opening and of what came of it at once was not told of the opening before.
    """
    events: dict[str, list[Alert]] = {}
    for alert in sorted(alerts, key=_age):
        events.setdefault(alert.id, []).append(alert)
    return [_merged(each) for each in events.values()]


def _merged(events: Sequence[Alert]) -> Alert:
    last = events[-1]
    if len(events) == 1:
        return last
    first_told = any(each.state == Stage.OPEN for each in events)
    return replace(
        last,
        state=Stage.OPEN if first_told and last.state != Stage.RESOLVED else last.state,
        told=None if first_told else events[0].told,
        causes=next((each.causes for each in reversed(events) if each.causes), []),
        history=next((each.history for each in reversed(events) if each.history), []),
    )


def _age(alert: Alert) -> tuple[int, datetime, bool, str]:
    return alert.sequence, alert.at, alert.state == Stage.RESOLVED, alert.state


def _weight(alert: Alert) -> tuple[bool, bool, int, int, str, str]:
    critical = alert.severity == _CRITICAL
    return alert.state == Stage.RESOLVED, not critical, -alert.errors, -alert.warnings, alert.app, alert.id


def _add_marks(message: EmailMessage, alerts: Sequence[Alert], lens: Lens) -> None:
    """Add what filters can go by, and for a critical alert what makes a mail stand out."""
    if any(alert.severity == _CRITICAL and alert.state == Stage.OPEN for alert in alerts):
        message["Importance"] = "high"
        message["X-Priority"] = "1"
    for alert in alerts[:_ALERT_HEADERS]:
        parts = (
            _token(alert.id, 64),
            f"state={_token(alert.state, 16)}",
            f"app={_token(lens.line(alert.app, 60), 60)}",
            *([f"severity={known}"] if (known := cleaned(alert, lens).severity) else []),
        )
        message["X-Tailrace-Alert"] = "; ".join(parts)


def _token(text: str, limit: int) -> str:
    return quote(text[:limit], safe="", errors="replace")[: limit * 3]
