"""Mailboxes as people write them: `ops@example.com`, `Ops <ops@example.com>`, several parted by commas."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import getaddresses

from tailrace.logs.mail.plain import one_line
from tailrace.model.errors import TailraceError

# Dot-atoms only: quoted local parts (`"a b"@x`) are legal, hardly anybody has one, and they hide tricks.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HINT = "write it as in ops@example.com or 'Ops <ops@example.com>'; part several with commas"


def parse_mailboxes(text: str) -> tuple[Address, ...]:
    """Read one or more mailboxes parted by commas; a mailbox named twice is given once.

    Raises TailraceError when there is none, or when one of them is no e-mail address.
    """
    if _CONTROL.search(text):
        raise TailraceError(f"the mail address {text!r} has a control character or a line break in it", hint=_HINT)
    pairs = [pair for pair in getaddresses([text]) if any(pair)]
    if not pairs or (len(pairs) == 1 and not pairs[0][1]):
        raise TailraceError(f"{text!r} names no mail address", hint=_HINT)
    found: dict[str, Address] = {}
    for name, spec in pairs:
        mailbox = _mailbox(name, spec, text)
        found.setdefault(mailbox.addr_spec.lower(), mailbox)
    return tuple(found.values())


def parse_mailbox(text: str) -> Address:
    """Read exactly one mailbox. Raises TailraceError when it is none or several."""
    mailboxes = parse_mailboxes(text)
    if len(mailboxes) > 1:
        raise TailraceError(f"{text!r} names {len(mailboxes)} mail addresses where one was needed", hint=_HINT)
    return mailboxes[0]


def _mailbox(name: str, spec: str, text: str) -> Address:
    local, at, domain = spec.rpartition("@")
    if not at:
        raise TailraceError(f"the mail address {spec or name or text!r} has no '@'", hint=_HINT)
    if not local.isascii():
        raise TailraceError(f"the mail address {spec!r} has letters that not every server takes", hint=_HINT)
    if not _LOCAL.fullmatch(local) or len(local) > 64:
        raise TailraceError(f"the mail address {spec!r} has {local!r} before the '@'", hint=_HINT)
    try:
        return Address(display_name=header_text(name, 80), username=local, domain=_domain(domain))
    except (ValueError, MessageError):
        raise TailraceError(f"the mail address {spec!r} has {domain!r} for a host", hint=_HINT) from None


def _domain(domain: str) -> str:
    ascii_domain = domain.encode("idna").decode("ascii")
    if len(ascii_domain) > 253 or not all(_LABEL.fullmatch(label) for label in ascii_domain.split(".")):
        raise ValueError(domain)
    return ascii_domain


def header_text(text: str, limit: int) -> str:
    """Give `text` as it may stand in a header: one line, at most `limit` characters, and no encoded word.

    An encoded word (`=?utf-8?q?=0ABcc:...?=`) is decoded by many readers, and may bring a line break with it.
    """
    return one_line(text, limit).replace("=?", "= ?")
