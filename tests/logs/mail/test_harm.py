"""Nothing that comes from a log, a rule or a name does harm in a mail, wherever it stands."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.mail.render import MAIL_LIMIT
from tailrace.logs.records import Alert, AppSummary, IncidentSummary, Report

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "' onmouseover='alert(1)",
    '" style="position:fixed;inset:0" x="',
    "</style></td></tr></table><h1>x",
    "</title><body onload=alert(1)>",
    "<!--[if mso]><a href=http://x>",
    "--><svg/onload=alert(1)>",
    "&lt;b&gt; &#60;script&#62;",
    "{{ 7 * 7 }}{% raw %}{# #}",
    "color:red;background:url(http://evil.example/x)",
    "javascript:alert(1)",
    "a\r\nBcc: evil@example.com\r\n\r\nbody",
    "a\nBcc: evil@example.com",
    "=?utf-8?q?=0ABcc:_evil@example.com?=",
    "--=_boundary\r\nContent-Type: text/html\r\n\r\n<b>x</b>\r\n--=_boundary--",
    "\u202egnp.exe\u2066\u200f\u061c",
    "in\u200bvis\u2060ible\ufeff\u00ad",
    "a\x00b\x1b[31mc\x07\x9b\x7f",
    "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07",
    "\ud800lone \udc80",
    "a\u2028Bcc: evil@example.com\u2029\u0085",
    "\U000e0041\U000e0042 \ue000",
    "x" * 5000,
    "🚒" * 300,
    "",
)


def everywhere(post: Any, text: str) -> Alert:
    """An alert with `text` wherever a text can stand."""
    cause = post.cause(template=text, sample=f"x\n{text}", uri=text, level=text, fingerprint=text, new=True)
    return post.rich(
        id=text,
        app=text,
        rule=f"{text} > 1 in 3s",
        name=text,
        severity=text,
        group={"app": text, text: text},
        labels={text: text},
        runbook=text,
        detail=text,
        causes=[replace(cause, before=f"{text}\nx", after=f"x\n{text}")],
    )


def all_of(post: Any, text: str) -> Report:
    """A report with `text` wherever a text can stand."""
    return post.report(
        name=text,
        zone=text,
        note=text,
        apps=[AppSummary(text, 1, 2, 3, 4, 5)],
        incidents=[IncidentSummary(text, text, text, post.start, None, 1.0, text)],
        causes=everywhere(post, text).causes,
    )


def check(post: Any, arrived: EmailMessage, honest: EmailMessage) -> None:
    """No tag, attribute, style or header comes from data, and nothing unseen stands in any text."""
    page, plain = post.page(arrived), post.page(honest)
    assert page.shape[0] <= plain.shape[0]
    assert page.shape[1] <= plain.shape[1]
    assert set(page.values("class")) <= set(plain.values("class")) | {
        "t-calm",
        "b-calm",
        "b-calm tile",
        "b-calm t-calm",
    }
    assert page.style == plain.style
    assert all("url(" not in style and "position" not in style for style in page.values("style"))
    assert all(address.startswith("https://") for address in page.values("href"))
    assert set(arrived.keys()) <= set(honest.keys())
    assert [part.get_content_type() for part in arrived.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert arrived.get_all("To") == honest.get_all("To")
    for shown in (page.source, post.text(arrived), str(arrived["Subject"])):
        assert not {char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}} - set(
            "\n\r\u200d"
        )


LINK = "https://logs.example.com/?file={uri}&line={line}&app={app}&f={fingerprint}"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_an_alert_becomes_markup_a_link_or_a_header(post: Any, text: str) -> None:
    honest = post.mail(post.rich(), link=LINK)
    check(post, post.mail(everywhere(post, text), link=LINK), honest)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_several_alerts_becomes_markup_a_link_or_a_header(post: Any, text: str) -> None:
    honest = post.mail(post.rich(), post.rich(id="b", state="resolved"), digest=True, link=LINK)
    hostile = [everywhere(post, text), replace(everywhere(post, text), id=f"{text}2", state="resolved")]
    check(post, post.mail(*hostile, digest=True, link=LINK), honest)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_report_becomes_markup_a_link_or_a_header(post: Any, text: str) -> None:
    honest = post.report_mail(post.report(note="late", causes=post.rich().causes), link=LINK)
    check(post, post.report_mail(all_of(post, text), link=LINK), honest)


@settings(max_examples=15, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_at_all_gives_mails_that_can_be_read_again(post: Any, text: str) -> None:
    check(post, post.mail(everywhere(post, text), link=LINK), post.mail(post.rich(), link=LINK))
    honest = post.report_mail(post.report(note="late", causes=post.rich().causes), link=LINK)
    check(post, post.report_mail(all_of(post, text), link=LINK), honest)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>x</script>",
        "file:///etc/passwd",
        "//evil.example",
        "https://evil.example@wiki.example.com/",
        "https://bob:hunter2@wiki.example.com/",
        "https://wiki.example.com/?token=abcdef123456",
        "https://wiki.example.com/\u202ex",
        'https://wiki.example.com/"onclick="x',
        "https://wiki.example.com/ x",
        "ask bob",
    ],
)
def test_a_runbook_that_is_no_plain_address_of_the_web_is_text(post: Any, address: str) -> None:
    arrived = post.mail(post.rich(runbook=address))
    page = post.page(arrived)
    assert page.values("href") == []
    assert "Runbook" in page.text
    assert "hunter2" not in page.text
    assert "abcdef123456" not in post.text(arrived)


def test_a_runbook_on_the_web_is_a_link(post: Any) -> None:
    arrived = post.mail(post.rich(runbook="https://wiki.example.com/orders?a=1&b=2#top"))
    assert post.page(arrived).values("href") == ["https://wiki.example.com/orders?a=1&b=2#top"]
    assert "Runbook  https://wiki.example.com/orders?a=1&b=2#top" in post.text(arrived)


def test_addresses_in_a_log_are_parted_so_that_few_readers_make_links_of_them(post: Any) -> None:
    sample = "see https://evil.example.com/login or mail bob@evil.example"
    page = post.page(post.mail(post.alert(causes=[post.cause(sample=sample, template="a.example.org")])))
    assert "https:<wbr>//evil<wbr>.example<wbr>.com/login" in page.source
    assert "bob<wbr>@evil<wbr>.example" in page.source
    assert "a<wbr>.example<wbr>.org" in page.source
    assert sample in page.text


def test_secrets_are_masked_wherever_they_stand(post: Any) -> None:
    secret = "password=hunter2"
    leaky = [replace(each, fingerprint="f1") for each in everywhere(post, secret).causes]
    alert = replace(everywhere(post, secret), id="a1", causes=leaky)
    report = replace(all_of(post, secret), causes=leaky)
    for arrived in (post.mail(alert, link=LINK), post.report_mail(report, link=LINK)):
        assert "Values that look like secrets are shown as [masked]." in post.text(arrived)
        kept = arrived.as_string() + post.text(arrived) + post.page(arrived).source
        assert "hunter2" not in kept


def test_a_message_cannot_forge_the_boundary_of_its_own_mail(post: Any) -> None:
    boundary = post.mail().get_boundary()
    forged = post.mail(post.alert(causes=[post.cause(sample=f"x\r\n--{boundary}\r\n\r\n<b>x</b>\r\n--{boundary}--")]))
    assert forged.get_boundary() != boundary
    assert len(list(forged.walk())) == 3


@pytest.mark.parametrize("filling", ["🚒", "a.b"])
def test_an_alert_that_is_too_long_in_every_way_is_not_clipped(post: Any, filling: str) -> None:
    long = filling * 400
    pairs = {f"{number}{long}": long for number in range(30)}
    alerts = [
        replace(everywhere(post, long), id=str(n), app=f"{n}{long}", group=pairs, labels=pairs) for n in range(12)
    ]
    for told in (alerts[:1], alerts):
        assert len(post.mail(*told, digest=True).as_bytes()) <= MAIL_LIMIT
