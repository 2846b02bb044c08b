"""Which mail server, and how it is spoken to: what `--smtp` says."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import SplitResult, unquote, urlsplit

from tailrace.model.errors import TailraceError
from tailrace.model.names import did_you_mean

PASSWORD_VARIABLE = "TAILRACE_SMTP_PASSWORD"
_EXAMPLE = "write it as in smtp://user@mail.example.com:587 or smtps://mail.example.com"
_SUBMISSION, _RELAY, _IMPLICIT_TLS = 587, 25, 465
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]")
_PASSWORD = re.compile(r"^((?:[\w+.-]*://)?+[^:@/]*):.*@", re.DOTALL)


class Security(Enum):
    """How the connection is protected."""

    TLS = "tls"  # from the first byte
    STARTTLS = "starttls"  # refused by us if the server does not offer it
    OFFERED = "offered"  # STARTTLS if the server offers it, its certificate checked
    UNCHECKED = "unchecked"  # STARTTLS if the server offers it, its certificate not checked


@dataclass(frozen=True)
class SmtpServer:
    """A mail server: `host`, `port`, the protection asked for, and who logs in, if anybody does."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_smtp_url(url: str, environ: Mapping[str, str] | None = None) -> SmtpServer:
    """Read `smtp://[user[:password]@]host[:port]`; also `smtps://` and `smtp+insecure://`.

    `smtps` speaks TLS from the start (port 465). `smtp` takes STARTTLS where it is offered, and insists on it on port
    587 and for a login, so that no password crosses the network in clear; its port is 587 with a login, else 25.
    `smtp+insecure` insists on nothing and checks no certificate: for a relay on this machine or a trusted network.
    A password that the URL does not carry is taken from `TAILRACE_SMTP_PASSWORD` in `environ` (the process's own).

    Raises TailraceError, without the password in its message, when the URL is faulty or the password is missing.
    """
    shown = redact(url)
    if _CONTROL.search(url):
        raise TailraceError(f"the mail server {shown!r} has a blank or a control character in it", hint=_EXAMPLE)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise TailraceError(f"the mail server {shown!r} cannot be read: {_reason(fault)}", hint=_EXAMPLE) from None
    _check(parts, shown)
    if not host or port == 0:
        raise TailraceError(f"the mail server {shown!r} names no {'port' if host else 'host'}", hint=_EXAMPLE)
    user, password = _login(parts, os.environ if environ is None else environ, shown)
    port = port or _usual_port(parts.scheme, user)
    return SmtpServer(host, port, _security(parts.scheme, port, user), user, password)


def redact(url: str) -> str:
    """Give `url` with its password, if it has one, replaced by `***`."""
    return _PASSWORD.sub(r"\1:***@", url)


def _check(parts: SplitResult, shown: str) -> None:
    known = ("smtp", "smtps", "smtp+insecure")
    if not parts.scheme or not parts.netloc:
        raise TailraceError(f"the mail server {shown!r} does not begin with smtp:// or smtps://", hint=_EXAMPLE)
    if parts.scheme not in known:
        raise TailraceError(
            f"the mail server {shown!r} is spoken to by {parts.scheme}://, which is not known",
            hint=did_you_mean(f"{parts.scheme}://", [f"{each}://" for each in known], "scheme"),
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise TailraceError(
            f"the mail server {shown!r} goes on after host and port",
            hint="a '/', '?', '#' or '@' in the password is written %2F, %3F, %23, %40",
        )


def _login(parts: SplitResult, environ: Mapping[str, str], shown: str) -> tuple[str | None, str | None]:
    if not parts.username:
        return None, None
    user = unquote(parts.username)
    password = unquote(parts.password) if parts.password else environ.get(PASSWORD_VARIABLE)
    if not password:
        raise TailraceError(
            f"the mail server {shown!r} is to be logged in to as {user!r}, but there is no password",
            hint=f"set the environment variable {PASSWORD_VARIABLE}",
        )
    if _CONTROL.search(user) or "\n" in password or "\r" in password or "\0" in password:
        raise TailraceError(f"the login for the mail server {shown!r} has a control character in it")
    return user, password


def _usual_port(scheme: str, user: str | None) -> int:
    if scheme == "smtps":
        return _IMPLICIT_TLS
    return _SUBMISSION if user else _RELAY


def _security(scheme: str, port: int, user: str | None) -> Security:
    if scheme == "smtps":
        return Security.TLS
    if scheme == "smtp+insecure":
        return Security.UNCHECKED
    return Security.STARTTLS if user or port == _SUBMISSION else Security.OFFERED


def _reason(fault: ValueError) -> str:
    # The library quotes parts of the address in some of its sentences, so the password could come with them.
    return "its port is no number from 1 to 65535" if "ort" in str(fault) else "its host is malformed"
