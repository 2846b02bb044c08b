"""A list of alerts as one e-mail: `render`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from types import MappingProxyType
from urllib.parse import quote

from tailrace.logs.mail import theme, words
from tailrace.logs.mail.chart import LevelCount
from tailrace.logs.mail.identity import message_id, thread_of
from tailrace.logs.mail.mailbox import header_text
from tailrace.logs.mail.sentences import RESOLVED, Background, Totals, batch_words, subject_words
from tailrace.logs.mail.theme import Theme
from tailrace.logs.mail.view import Detail, Lens, mail_view
from tailrace.logs.records import Alert

MAIL_LIMIT = 100_000
"""The greatest size of a mail in bytes, as it is sent: Gmail clips what is longer than 102 kB."""

# From rich to bare; the first that fits is taken, and the last always fits.
_DETAILS = (
    Detail(alerts=10, listed=60, causes=10, bars=30, sample_lines=14, sample_width=400),
    Detail(alerts=10, listed=60, causes=5, bars=30, sample_lines=10, sample_width=240),
    Detail(alerts=10, listed=40, causes=3, bars=24, sample_lines=6, sample_width=160),
    Detail(alerts=5, listed=30, causes=3, bars=16, sample_lines=3, sample_width=120),
    Detail(alerts=3, listed=20, causes=1, bars=0, sample_lines=1, sample_width=80),
    Detail(alerts=1, listed=10, causes=1, bars=0, sample_lines=1, sample_width=80),
)
_APP_IN_SUBJECT = 40
_APPS_IN_SUBJECT = 3
_ALERT_HEADERS = 20
_NO_VALUES: Mapping[str, float] = MappingProxyType({})
_NO_TOTALS: Mapping[str, Totals] = MappingProxyType({})


def render(
    alerts: Sequence[Alert],
    *,
    sender: Address,
    recipients: Sequence[Address],
    now: datetime,
    zone: tzinfo = UTC,
    mask_secrets: bool = True,
    told: Mapping[str, float] = _NO_VALUES,
    totals: Mapping[str, Totals] = _NO_TOTALS,
    history: Sequence[LevelCount] = (),
    new: frozenset[str] = frozenset(),
    templates: Theme | None = None,
) -> EmailMessage:
    """Give the one mail that tells of `alerts`, as text and as HTML, ready to be sent.

    `now` becomes the Date header, times are told in `zone`. What is known beside the alerts may be given: by their ids
    the value `told` last, so that an update can say how it has grown, and the `totals` of incidents that are resolved;
    the levels over the last windows, drawn as a chart, and the fingerprints that are `new`. `templates` are the
    user's own.

    The same arguments, the alerts in any order, give the same bytes; the Message-ID depends on nothing but the alerts
    and the sender's domain. Every mail about one incident alone refers to the mail of its opening.
    Raises ValueError when there are no alerts, no recipients, or `now` has no zone.
    """
    if not alerts or not recipients or now.tzinfo is None:
        raise ValueError("a mail needs at least one alert, one recipient and a time with a zone")
    ordered = _by_weight(alerts)
    lenses = _lenses(zone, mask_secrets, Background(told, totals, history, new))
    message = _fitting(lenses, lambda lens: _message(ordered, sender, recipients, now, lens, templates))
    if templates and len(message.as_bytes()) > MAIL_LIMIT:
        templates.give_up(f"a mail would be longer than {MAIL_LIMIT:,} bytes")
        message = _fitting(lenses, lambda lens: _message(ordered, sender, recipients, now, lens, None))
    return message


def _lenses(zone: tzinfo, mask: bool, background: Background) -> list[Lens]:
    """From rich to bare; what has been masked once is known to all of them."""
    seen: dict[str, str] = {}
    return [Lens(zone, detail, mask, background, seen) for detail in _DETAILS]


def _fitting(lenses: Sequence[Lens], look: Callable[[Lens], EmailMessage]) -> EmailMessage:
    """The richest of a mail's looks that is not clipped, or the barest."""
    for lens in lenses:
        message = look(lens)
        if len(message.as_bytes()) <= MAIL_LIMIT:
            break
    return message


def _subject(alerts: Sequence[Alert], now: datetime, lens: Lens) -> str:
    """Say app, what, how many and when: `[orders] 14 errors in 30s, 10:41:20 UTC`; the day too if it is not today."""
    first, zone = alerts[0], lens.zone
    latest = max(alert.at for alert in alerts)
    day = "" if words.day_words(latest, zone) == words.day_words(now, zone) else f"{latest.astimezone(zone):%Y-%m-%d} "
    when = f"{day}{words.clock_words(latest, zone)} {words.zone_words(latest, zone)}"
    said = batch_words(alerts) if len(alerts) > 1 else subject_words(first, lens.background)
    return header_text(f"[{_apps(alerts, lens)}] {said}, {when}", 250)


def _by_weight(alerts: Sequence[Alert]) -> list[Alert]:
    once = {(alert.id, alert.state, alert.at): alert for alert in alerts}
    return sorted(once.values(), key=_weight)


def _weight(alert: Alert) -> tuple[bool, int, int, str, str, str, datetime]:
    return alert.state == RESOLVED, -alert.errors, -alert.warnings, alert.app, alert.id, alert.state, alert.at


def _apps(alerts: Sequence[Alert], lens: Lens) -> str:
    apps = list(
        dict.fromkeys(
            header_text(lens.line(alert.app, _APP_IN_SUBJECT), _APP_IN_SUBJECT) or "unnamed" for alert in alerts
        )
    )
    more = f" +{len(apps) - _APPS_IN_SUBJECT}" if len(apps) > _APPS_IN_SUBJECT else ""
    return ", ".join(apps[:_APPS_IN_SUBJECT]) + more


def _message(
    alerts: Sequence[Alert],
    sender: Address,
    recipients: Sequence[Address],
    now: datetime,
    lens: Lens,
    templates: Theme | None,
) -> EmailMessage:
    view = mail_view(alerts, lens)
    printed = templates.render if templates else theme.render_plainly
    text, html = printed(theme.TEXT, view), printed(theme.HTML, view)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _subject(alerts, now, lens)
    message["From"] = sender
    message["To"] = list(recipients)
    message["Date"] = now
    message["Message-ID"] = message_id(alerts, sender.domain)
    if thread := thread_of(alerts, sender.domain):
        message["In-Reply-To"] = thread
        message["References"] = thread
    _add_marks(message, alerts, sender.domain, lens)
    message.set_content(text, cte=_transfer_encoding(text))
    message.add_alternative(html, subtype="html", cte=_transfer_encoding(html))
    # The library would draw a boundary by chance; a hash of what it parts cannot occur in it either.
    message.set_boundary(f"=_{hashlib.sha256((text + html).encode()).hexdigest()[:32]}")
    return message


def _add_marks(message: EmailMessage, alerts: Sequence[Alert], domain: str, lens: Lens) -> None:
    """Add what tells other programs that no person wrote this, and what filters can go by."""
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"Tailrace alerts <alerts.tailrace.{domain}>"
    for alert in alerts[:_ALERT_HEADERS]:
        parts = (
            _token(alert.id, 64),
            f"state={_token(alert.state, 16)}",
            f"app={_token(lens.line(alert.app, 60), 60)}",
        )
        message["X-Tailrace-Alert"] = "; ".join(parts)


def _token(text: str, limit: int) -> str:
    return quote(text[:limit], safe="", errors="replace")[: limit * 3]


def _transfer_encoding(text: str) -> str:
    # Quoted-printable keeps a mail readable in its source, but writes three bytes for every byte beyond ASCII.
    size = len(text.encode())
    beyond = size - sum(char.isascii() for char in text)
    return "base64" if beyond * 6 > size else "quoted-printable"
