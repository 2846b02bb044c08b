"""What `--smtp` says, and good sentences for what it should not."""

from __future__ import annotations

import pytest

from tailrace.connect.smtp_server import Security, SmtpServer, parse_smtp_url, redact
from tailrace.model.errors import TailraceError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 25, Security.OFFERED)),
        ("smtp://mail.example.com:587", SmtpServer("mail.example.com", 587, Security.STARTTLS)),
        ("smtp://u:p@mail.example.com", SmtpServer("mail.example.com", 587, Security.STARTTLS, "u", "p")),
        ("smtp://u:p@mail.example.com:25/", SmtpServer("mail.example.com", 25, Security.STARTTLS, "u", "p")),
        ("smtps://u%40x:p%40q@mail.example.com", SmtpServer("mail.example.com", 465, Security.TLS, "u@x", "p@q")),
        ("smtp+insecure://localhost:2525", SmtpServer("localhost", 2525, Security.UNCHECKED)),
        ("smtp+insecure://localhost:587", SmtpServer("localhost", 587, Security.UNCHECKED)),
        ("smtp://[::1]:2525", SmtpServer("::1", 2525, Security.OFFERED)),
    ],
)
def test_a_url_says_where_and_how(url: str, expected: SmtpServer) -> None:
    assert parse_smtp_url(url, {}) == expected


def test_a_missing_password_is_taken_from_the_environment() -> None:
    assert parse_smtp_url("smtp://u@h", {"TAILRACE_SMTP_PASSWORD": "s3"}).password == "s3"


def test_the_password_of_the_url_goes_before_that_of_the_environment() -> None:
    assert parse_smtp_url("smtp://u:mine@h", {"TAILRACE_SMTP_PASSWORD": "other"}).password == "mine"


@pytest.mark.parametrize(
    ("url", "sentence", "hint"),
    [
        ("mail.example.com:587", "does not begin with smtp://", "smtp://user@mail.example.com:587"),
        ("", "does not begin with smtp://", "smtp://"),
        ("stmp://h", "stmp://, which is not known", "did you mean 'smtp://'?"),
        ("gopher://h", "gopher://, which is not known", "known: smtp://, smtps://, smtp+insecure://"),
        ("smtp://", "does not begin with smtp://", "smtp://"),
        ("smtp://:25", "names no host", "smtp://"),
        ("smtp://h:0", "names no port", "smtp://"),
        ("smtp://h:99999", "its port is no number from 1 to 65535", "smtp://"),
        ("smtp://h:smtp", "its port is no number from 1 to 65535", "smtp://"),
        ("smtp://[::1", "its host is malformed", "smtp://"),
        ("smtp://h/inbox", "goes on after host and port", "%2F"),
        ("smtp://h?x=1", "goes on after host and port", "%3F"),
        ("smtp://h\r\nRCPT TO:<x>", "a control character", "smtp://"),
        ("smtp://u@h", "logged in to as 'u', but there is no password", "TAILRACE_SMTP_PASSWORD"),
    ],
)
def test_a_faulty_url_gets_a_sentence_and_a_hint(url: str, sentence: str, hint: str) -> None:
    with pytest.raises(TailraceError) as caught:
        parse_smtp_url(url, {})
    assert sentence in str(caught.value)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    "url",
    [
        "stmp://u:hunter2@h",
        "smtp://u:hunter2@h:99999",
        "smtp://u:hunter2/x@h",
        "smtp://u:hunter2#x@h",
        "smtp://u:hunter2?x@h",
        "smtp://u:hunter2 x@h",
        "smtp://u:hunter2@x@[::1",
        "smtp://u:hunter2%0d%0a@h",
        "u:hunter2@h",
    ],
)
def test_no_sentence_shows_the_password(url: str) -> None:
    with pytest.raises(TailraceError) as caught:
        parse_smtp_url(url, {})
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"


def test_a_url_without_password_is_shown_as_it_is() -> None:
    assert redact("smtp://user@mail.example.com:587") == "smtp://user@mail.example.com:587"
