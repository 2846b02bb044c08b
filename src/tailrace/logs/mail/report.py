"""A report as one e-mail: `render_report`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tailrace.logs.mail import links, theme, words
from tailrace.logs.mail.compose import Letter, composed, fitting
from tailrace.logs.mail.identity import report_id
from tailrace.logs.mail.lens import Detail, Lens
from tailrace.logs.mail.mailbox import header_text
from tailrace.logs.mail.report_view import report_view
from tailrace.logs.mail.theme import Theme
from tailrace.logs.records import Report

# From rich to bare; the first that fits is taken. `alerts` counts the incidents, `sums` the applications.
_DETAILS = (
    Detail(alerts=60, listed=0, causes=20, bars=0, sample_lines=6, sample_width=240, sums=60),
    Detail(alerts=40, listed=0, causes=10, bars=0, sample_lines=3, sample_width=160, sums=40),
    Detail(alerts=20, listed=0, causes=10, bars=0, sample_lines=1, sample_width=120, sums=20),
    Detail(alerts=10, listed=0, causes=5, bars=0, sample_lines=1, sample_width=80, sums=10),
    Detail(alerts=3, listed=0, causes=3, bars=0, sample_lines=1, sample_width=80, sums=3),
)


def render_report(
    report: Report,
    *,
    sender: Address,
    recipients: Sequence[Address],
    now: datetime,
    zone: tzinfo = UTC,
    mask_secrets: bool = True,
    templates: Theme | None = None,
    link: str = "",
) -> EmailMessage:
    """Give the mail that tells of `report`, as text and as HTML, ready to be sent.

    `now` becomes the Date header. Times are told in the zone of the report's schedule, or in `zone` if that is unknown
    here. `templates` and `link` are as for `tailrace.logs.mail.render.render`. The same arguments give the same bytes;
    the Message-ID depends on nothing but the report's name, its span and the sender's domain.
    Raises ValueError when there are no recipients, or `now` has no zone; TailraceError when `link` is none.
    """
    if not recipients or now.tzinfo is None:
        raise ValueError("a mail needs at least one recipient and a time with a zone")
    links.check_link(link)
    seen: dict[str, str] = {}
    lenses = [Lens(_zone(report, zone), detail, mask_secrets, seen, link) for detail in _DETAILS]
    letter = Letter(sender, recipients, now, report_id(report, sender.domain))

    def look(lens: Lens, templates: Theme | None) -> EmailMessage:
        view = report_view(report, lens)
        day = words.day_words(report.start, lens.zone)
        subject = header_text(f"[{view.title}] {view.headline}, {day}", 250)
        values = {"report": view}
        message = composed(letter, subject, {theme.REPORT_TEXT: values, theme.REPORT_HTML: values}, templates)
        message["X-Tailrace-Report"] = quote(lens.line(report.name, 64), safe="", errors="replace")
        return message

    return fitting(lenses, look, templates)


def _zone(report: Report, otherwise: tzinfo) -> tzinfo:
    try:
        return ZoneInfo(report.zone)
    except (ValueError, OSError, KeyError):  # no such zone, or a name that is no path
        return otherwise
