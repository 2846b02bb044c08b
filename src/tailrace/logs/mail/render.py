"""A list of alerts as one e-mail: `render`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from tailrace.logs.mail import words
from tailrace.logs.mail.mailbox import header_text
from tailrace.logs.mail.view import Detail, Lens, MailView, batch_words, mail_view, what_words
from tailrace.logs.records import Alert
from tailrace.model.durations import format_duration

MAIL_LIMIT = 100_000
"""The greatest size of a mail in bytes, as it is sent: Gmail clips what is longer than 102 kB."""

# From rich to bare; the first that fits is taken, and the last always fits.
_DETAILS = (
    Detail(alerts=10, listed=60, causes=10, sample_lines=14, sample_width=400),
    Detail(alerts=10, listed=60, causes=5, sample_lines=10, sample_width=240),
    Detail(alerts=10, listed=40, causes=3, sample_lines=6, sample_width=160),
    Detail(alerts=5, listed=30, causes=3, sample_lines=3, sample_width=120),
    Detail(alerts=3, listed=20, causes=1, sample_lines=1, sample_width=80),
    Detail(alerts=1, listed=10, causes=1, sample_lines=1, sample_width=80),
)
_APP_IN_SUBJECT = 40
_APPS_IN_SUBJECT = 3
_ALERT_HEADERS = 20


def render(
    alerts: Sequence[Alert],
    *,
    sender: Address,
    recipients: Sequence[Address],
    now: datetime,
    zone: tzinfo = UTC,
    mask_secrets: bool = True,
) -> EmailMessage:
    """Give the one mail that tells of `alerts`, as text and as HTML, ready to be sent.

    `now` becomes the Date header, times are told in `zone`. The same alerts in any order, told to the same people at
    the same time, give the same bytes; the Message-ID depends on nothing but the alerts and the sender's domain.
    Raises ValueError when there are no alerts, no recipients, or `now` has no zone.
    """
    if not alerts or not recipients or now.tzinfo is None:
        raise ValueError("a mail needs at least one alert, one recipient and a time with a zone")
    ordered = _by_weight(alerts)
    seen: dict[str, str] = {}
    for detail in _DETAILS:
        message = _message(ordered, sender, recipients, now, Lens(zone, detail, mask_secrets, seen))
        if len(message.as_bytes()) <= MAIL_LIMIT:
            break
    return message


def _subject(alerts: Sequence[Alert], now: datetime, lens: Lens) -> str:
    """Say app, what, how many and when: `[orders] 14 errors in 30s, 10:41:20 UTC`; the day too if it is not today."""
    first, zone = alerts[0], lens.zone
    latest = max(alert.at for alert in alerts)
    day = "" if words.day_words(latest, zone) == words.day_words(now, zone) else f"{latest.astimezone(zone):%Y-%m-%d} "
    when = f"{day}{words.clock_words(latest, zone)} {words.zone_words(latest, zone)}"
    if len(alerts) > 1:
        return header_text(f"[{_apps(alerts, lens)}] {batch_words(alerts)}, {when}", 250)
    within = format_duration(first.window_end - first.window_start)
    return header_text(f"[{_apps(alerts, lens)}] {what_words(first)} in {within}, {when}", 250)


def message_id(alerts: Sequence[Alert], domain: str) -> str:
    """The Message-ID that the alerts' ids and states give, whatever their order: `<...@domain>`.

    An alert opens once and resolves once, but is updated often, so an update's time takes part.
    """
    said = sorted({f"{alert.id}\n{alert.state}\n{alert.at if alert.state == 'update' else ''}" for alert in alerts})
    return f"<{hashlib.sha256(chr(0).join(said).encode(errors='surrogatepass')).hexdigest()[:32]}@{domain}>"


def _by_weight(alerts: Sequence[Alert]) -> list[Alert]:
    once = {(alert.id, alert.state, alert.at): alert for alert in alerts}
    return sorted(once.values(), key=lambda one: (-one.errors, -one.warnings, one.app, one.id, one.state, one.at))


def _apps(alerts: Sequence[Alert], lens: Lens) -> str:
    apps = list(
        dict.fromkeys(
            header_text(lens.line(alert.app, _APP_IN_SUBJECT), _APP_IN_SUBJECT) or "unnamed" for alert in alerts
        )
    )
    more = f" +{len(apps) - _APPS_IN_SUBJECT}" if len(apps) > _APPS_IN_SUBJECT else ""
    return ", ".join(apps[:_APPS_IN_SUBJECT]) + more


def _message(
    alerts: Sequence[Alert], sender: Address, recipients: Sequence[Address], now: datetime, lens: Lens
) -> EmailMessage:
    view = mail_view(alerts, lens)
    text, html = _template("alert.txt.j2", view), _template("alert.html.j2", view)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = _subject(alerts, now, lens)
    message["From"] = sender
    message["To"] = list(recipients)
    message["Date"] = now
    message["Message-ID"] = message_id(alerts, sender.domain)
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


def _template(name: str, view: MailView) -> str:
    return _environment().get_template(name).render(mail=view)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tailrace.logs.mail"),
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["hard_indent"] = _hard_indent
    return environment


def _hard_indent(line: str) -> str:
    """Make leading blanks unbreakable, which not every mail reader keeps, and keep the `at` of a frame by its place."""
    bare = line.lstrip(" ")
    indent = len(line) - len(bare)
    return "\u00a0" * indent + (bare.replace(" ", "\u00a0", 1) if indent else bare)
