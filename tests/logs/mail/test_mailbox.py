"""Mail addresses as people write them."""

from __future__ import annotations

import pytest

from tailrace.logs.mail.mailbox import header_text, parse_mailbox, parse_mailboxes
from tailrace.model.errors import TailraceError


@pytest.mark.parametrize(
    ("text", "specs"),
    [
        ("ops@example.com", ["ops@example.com"]),
        ("ops@example.com, Dev Team <dev@example.com>", ["ops@example.com", "dev@example.com"]),
        ('"Team, Ops" <ops@example.com>', ["ops@example.com"]),
        ("ops@example.com,OPS@example.com", ["ops@example.com"]),
        ("root@localhost", ["root@localhost"]),
        ("ops+alerts@bücher.example", ["ops+alerts@xn--bcher-kva.example"]),
    ],
)
def test_mailboxes_are_read(text: str, specs: list[str]) -> None:
    assert [mailbox.addr_spec for mailbox in parse_mailboxes(text)] == specs


def test_a_name_is_kept_with_its_address() -> None:
    assert parse_mailbox("Jörg <ops@example.com>").display_name == "Jörg"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no mail address"),
        ("  ", "names no mail address"),
        ("ops", "'ops' has no '@'"),
        ("ops@", "names no mail address"),
        ("@example.com", "has '' before the '@'"),
        ("ops@exa_mple.com", "has 'exa_mple.com' for a host"),
        ("ops@-x.com", "has '-x.com' for a host"),
        ("ops@a..b", "for a host"),
        ("o..ps@example.com", "before the '@'"),
        ("jörg@example.com", "has letters that not every server takes"),
        ("ops@example.com\r\nBcc: x@example.com", "a control character or a line break"),
        ("ops@example.com, nobody", "'nobody' has no '@'"),
    ],
)
def test_a_faulty_address_gets_a_sentence_and_a_hint(text: str, sentence: str) -> None:
    with pytest.raises(TailraceError) as caught:
        parse_mailboxes(text)
    assert sentence in str(caught.value)
    assert "ops@example.com" in str(caught.value.hint)


def test_several_addresses_where_one_is_needed_are_a_fault() -> None:
    with pytest.raises(TailraceError, match="names 2 mail addresses where one was needed"):
        parse_mailbox("a@example.com, b@example.com")


def test_a_header_text_holds_no_line_break_and_no_encoded_word() -> None:
    assert header_text("a\r\nBcc: b =?utf-8?q?=0ABcc:_c?=", 80) == "a Bcc: b = ?utf-8?q?=0ABcc:_c?="
