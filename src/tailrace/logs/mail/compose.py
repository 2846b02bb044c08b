"""A mail put together: headers, the text and the HTML, in as much detail as is not clipped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from typing import Any

from tailrace.logs.mail import theme
from tailrace.logs.mail.lens import Lens
from tailrace.logs.mail.theme import Theme

MAIL_LIMIT = 100_000
"""The greatest size of a mail in bytes, as it is sent: Gmail clips what is longer than 102 kB."""


class _Post(EmailPolicy):
    """Leaves a subject of plain ASCII on one line.

    The library moves one that just fits to a line of its own, and readers then show a blank before it.
    """

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}" if _is_plain(name, value) else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii") if _is_plain(name, value) else super().fold_binary(name, value)


def _is_plain(name: str, value: str) -> bool:
    return name == "Subject" and value.isascii() and value.isprintable() and len(value) < _LINE


_POLICY = _Post(**{name: getattr(SMTP, name) for name in ("linesep", "raise_on_defect", "cte_type", "max_line_length")})
_LINE = 900  # characters; a mail's line has 998 at most


@dataclass(frozen=True)
class Letter:
    """Who writes to whom and when; the mail's own name, and the name of the one that it answers to."""

    sender: Address
    recipients: Sequence[Address]
    date: datetime
    message_id: str
    thread: str | None = None


def fitting(
    lenses: Sequence[Lens], look: Callable[[Lens, Theme | None], EmailMessage], templates: Theme | None
) -> EmailMessage:
    """The richest of a mail's looks that is not clipped, or the barest; `lenses` go from rich to bare.

    Where users' templates make none that fits, the built-in ones do.
    """
    message = _first_fitting(lenses, lambda lens: look(lens, templates))
    if templates is not None and len(message.as_bytes()) > MAIL_LIMIT:
        templates.give_up(f"a mail would be longer than {MAIL_LIMIT:,} bytes")
        message = _first_fitting(lenses, lambda lens: look(lens, None))
    return message


def composed(
    letter: Letter, subject: str, forms: Mapping[str, Mapping[str, Any]], templates: Theme | None
) -> EmailMessage:
    """The mail; `forms` are the templates for its text and its HTML, in this order, and what each is given."""
    printed = templates.render if templates is not None else theme.render_plainly
    text, html = (printed(name, values) for name, values in forms.items())
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = subject
    message["From"] = letter.sender
    message["To"] = list(letter.recipients)
    message["Date"] = letter.date
    message["Message-ID"] = letter.message_id
    if letter.thread:
        message["In-Reply-To"] = letter.thread
        message["References"] = letter.thread
    # What tells other programs that no person wrote this, and gives filters something to go by.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"Tailrace alerts <alerts.tailrace.{letter.sender.domain}>"
    message.set_content(text, cte=_transfer_encoding(text))
    message.add_alternative(html, subtype="html", cte=_transfer_encoding(html))
    # The library would draw a boundary by chance; a hash of what it parts cannot occur in it either.
    message.set_boundary(f"=_{hashlib.sha256((text + html).encode()).hexdigest()[:32]}")
    return message


def _first_fitting(lenses: Sequence[Lens], look: Callable[[Lens], EmailMessage]) -> EmailMessage:
    for lens in lenses:
        message = look(lens)
        if len(message.as_bytes()) <= MAIL_LIMIT:
            break
    return message


def _transfer_encoding(text: str) -> str:
    # Quoted-printable keeps a mail readable in its source, but writes three bytes for every byte beyond ASCII.
    size = len(text.encode())
    beyond = size - sum(char.isascii() for char in text)
    return "base64" if beyond * 6 > size else "quoted-printable"
