"""Links to places in logs, by a template."""

from __future__ import annotations

from typing import Any

import pytest

from tailrace.logs.mail.links import check_link, place_link, web_address
from tailrace.model.errors import TailraceError

VALUES = {"uri": "/var/log/a b.log", "line": "7", "app": "é&=?#/", "fingerprint": "f", "first": "1", "last": "2"}


def test_what_comes_from_a_log_stands_percent_encoded() -> None:
    link = place_link("https://logs.example.com/{app}?file={uri}&line={line}", VALUES)
    assert link == "https://logs.example.com/%C3%A9%26%3D%3F%23%2F?file=%2Fvar%2Flog%2Fa%20b.log&line=7"
    assert web_address(link) == link


def test_without_a_template_there_is_no_link() -> None:
    assert place_link("", VALUES) == ""


def test_a_link_that_is_too_long_is_none() -> None:
    assert place_link("https://x.example/{uri}", VALUES | {"uri": "é" * 400}) == ""


@pytest.mark.parametrize(
    "template", ["", "https://x.example/?f={uri}", "http://localhost:8080/{app}/{fingerprint}#{line}"]
)
def test_an_address_of_the_web_with_known_fields_will_do(template: str) -> None:
    check_link(template)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("file://{uri}", "is no address of the web with a fixed host"),
        ("javascript:alert({line})", "is no address of the web with a fixed host"),
        ("https://{app}.example.com/", "is no address of the web with a fixed host"),
        ("https://bob:pw@x.example/{uri}", "is no address of the web with a fixed host"),
        ("https://x.example/ {uri}", "is no address of the web with a fixed host"),
        ("https://x.example/{path}", "has {path}, which is no field of it"),
        ("https://x.example/{uri.__class__}", "has {uri.__class__}, which is no field of it"),
        ("https://x.example/{line:9999999}", "has {line}, which is no field of it"),
        ("https://x.example/{}", "has {}, which is no field of it"),
        ("https://x.example/{uri", "cannot be read"),
    ],
)
def test_any_other_is_refused_with_a_sentence(template: str, said: str) -> None:
    with pytest.raises(TailraceError, match="link") as fault:
        check_link(template)
    assert said in str(fault.value)


def test_a_place_in_a_log_is_a_link_where_there_is_a_template(post: Any) -> None:
    arrived = post.mail(link="https://logs.example.com/?file={uri}&line={line}")
    address = "https://logs.example.com/?file=%2Fvar%2Flog%2Forders.log&line=18342"
    assert post.page(arrived).values("href") == [address]
    assert address in post.text(arrived)
    assert post.page(post.mail()).values("href") == []


def test_a_place_with_a_secret_in_it_is_no_link(post: Any) -> None:
    presigned = post.cause(uri="https://b.example/k?X-Amz-Signature=0af3bc")
    arrived = post.mail(post.alert(causes=[presigned]), link="https://logs.example.com/?file={uri}")
    assert post.page(arrived).values("href") == []
    assert "0af3bc" not in post.page(arrived).source


def test_a_link_that_is_none_is_told_to_whoever_renders(post: Any) -> None:
    with pytest.raises(TailraceError, match="fixed host"):
        post.mail(link="ftp://x")
