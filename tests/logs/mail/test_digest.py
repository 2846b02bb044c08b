"""Very many alerts in one mail, and several events of one incident as one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tailrace.logs.mail.render import MAIL_LIMIT
from tailrace.logs.records import Alert


def flood(post: Any, number: int) -> list[Alert]:
    """Incidents of seven apps under two rules, by fingerprint; every tenth is resolved."""
    return [
        post.alert(
            id=f"i{n}",
            app=f"app-{n % 7}",
            rule=("errors > 10 in 30s", "warnings > 5 in 1m")[n % 2],
            group={"app": f"app-{n % 7}", "fingerprint": f"f{n}"},
            state="open" if n % 10 else "resolved",
            errors=n % 50,
            causes=[post.cause(sample="Payment 881204 timed out\n" + "  at x.Y.z(Y.java:1)\n" * 20)] * 3,
        )
        for n in range(number)
    ]


def test_a_digest_begins_with_sums_by_application_and_rule(post: Any) -> None:
    arrived = post.mail(*flood(post, 280), digest=True)
    assert arrived["Subject"] == (
        "[app-0, app-1, app-2 +4] digest of 252 alerts and 28 resolved in 7 apps: 3,350 errors and 420 warnings,"
        " 10:41:20 UTC"
    )
    page, text = post.page(arrived).text, post.text(arrived)
    assert "Digest" in page
    assert "app-0 warnings > 5 in 1m 20" in page
    assert "app-0 errors > 10 in 30s 16 4 resolved" in page
    assert "  app-0: warnings > 5 in 1m\r\n      20 going on, 500 errors, 60 warnings\r\n" in text
    assert text.index("By application and rule") < text.index("app-6 (fingerprint")


def test_a_few_stand_in_full_more_are_listed_and_the_rest_is_counted(post: Any) -> None:
    arrived = post.mail(*flood(post, 280), digest=True)
    text = post.text(arrived)
    listed = [line for line in text.splitlines() if line.startswith("  app-") and "(fingerprint" in line]
    full = text.count("Counts   ")
    assert 1 <= full < len(listed) < 280
    assert f"and {280 - len(listed)} more" in text


def test_ten_thousand_alerts_make_a_mail_that_is_not_clipped(post: Any) -> None:
    arrived = post.mail(*flood(post, 10_000), digest=True)
    assert len(arrived.as_bytes()) <= MAIL_LIMIT
    assert "9,000 alerts and 1,000 resolved in 7 apps" in arrived["Subject"]


def test_more_alerts_than_can_be_listed_are_summed_without_being_asked_for(post: Any) -> None:
    assert "By application and rule" in post.text(post.mail(*flood(post, 70)))
    assert "By application and rule" not in post.text(post.mail(*flood(post, 7)))


def test_a_digest_of_one_is_a_plain_mail(post: Any) -> None:
    assert post.mail(post.alert(), digest=True)["Subject"] == "[orders] 14 errors in 30s, 10:41:20 UTC"


def test_an_incident_that_opened_and_ended_is_told_once(post: Any) -> None:
    later = post.end + timedelta(minutes=1)
    over = post.alert(state="resolved", at=later, sequence=1, causes=[], total_errors=20, total_lines=2000)
    arrived = post.mail(over, post.alert())
    assert arrived["Subject"] == "[orders] resolved after 1m: 20 errors in all, 10:42:20 UTC"
    assert post.page(arrived).text.count("Payment <num> timed out") == 2  # in the preview and as a cause
    assert arrived["In-Reply-To"] is None
    assert arrived["Message-ID"] == post.mail(post.alert())["Message-ID"]


def test_who_was_not_told_of_the_opening_is_told_of_it_and_not_of_its_growth(post: Any) -> None:
    grown = post.alert(state="update", at=post.end + timedelta(minutes=1), sequence=1, errors=70, value=70.0, told=14.0)
    assert post.mail(post.alert(), grown)["Subject"] == "[orders] 70 errors in 30s, 10:42:20 UTC"


def test_an_incident_that_grew_twice_is_compared_with_what_was_told_before(post: Any) -> None:
    later = [post.end + timedelta(minutes=n) for n in (1, 2)]
    first = post.alert(state="update", at=later[0], sequence=1, errors=28, value=28.0, told=14.0)
    second = post.alert(state="update", at=later[1], sequence=2, errors=70, value=70.0, told=28.0)
    assert (
        post.mail(second, first)["Subject"] == "[orders] now 5 times as many: 70 errors in 30s (was 14), 10:43:20 UTC"
    )


def test_a_critical_alert_comes_first_and_its_mail_stands_out(post: Any) -> None:
    arrived = post.mail(post.alert(errors=900, app="web"), post.alert(id="b", severity="critical"))
    assert arrived["Subject"].startswith("[orders, web] CRITICAL: 2 alerts")
    assert (arrived["Importance"], arrived["X-Priority"]) == ("high", "1")
    assert arrived.get_all("X-Tailrace-Alert")[0] == "b; state=open; app=orders; severity=critical"
    assert "CRITICAL" in post.page(arrived).text
    over = post.mail(post.alert(severity="critical", state="resolved"))
    assert over["Importance"] is None
    assert "CRITICAL" not in over["Subject"]
