"""One e-mail from a list of alerts."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from made import END, START, alert, cause
from mailed import arrived, page_of, text_of
from tailrace.logs.mail.mailbox import parse_mailbox, parse_mailboxes
from tailrace.logs.mail.render import MAIL_LIMIT, render
from tailrace.logs.records import Alert, LevelCount

NOW = END + timedelta(seconds=1)
SENDER = parse_mailbox("Tailrace <tailrace@example.com>")
RECIPIENTS = parse_mailboxes("Ops <ops@example.com>, dev@example.com")
IN_ALL = {"total_errors": 323, "total_warnings": 73, "total_lines": 10_904}


def mail(*alerts: Alert, **how: Any) -> EmailMessage:
    """The mail as it arrives: rendered, made bytes, and read again."""
    how = {"sender": SENDER, "recipients": RECIPIENTS, "now": NOW} | how
    return arrived(render(alerts or (alert(),), **how))


def test_the_subject_says_app_what_how_many_and_when() -> None:
    assert mail()["Subject"] == "[orders] 14 errors in 30s, 10:41:20 UTC"


def test_the_subject_names_what_the_rule_counts() -> None:
    both = alert(rule="warnings + errors >= 2 in 30s")
    assert mail(both)["Subject"] == "[orders] 14 errors and 3 warnings in 30s, 10:41:20 UTC"
    none = alert(rule="lines < 5 in 30s", lines=0, errors=0, warnings=0)
    assert mail(none)["Subject"] == "[orders] 0 lines in 30s, 10:41:20 UTC"


def test_the_subject_names_the_zone_it_is_told_in_and_the_day_if_it_is_not_today() -> None:
    arrived = mail(now=NOW + timedelta(days=1), zone=ZoneInfo("Asia/Tokyo"))
    assert arrived["Subject"] == "[orders] 14 errors in 30s, 2026-01-05 19:41:20 JST"


def test_a_subject_of_any_length_begins_without_a_blank() -> None:
    for length in range(1, 90):
        assert str(mail(alert(app="a" * length))["Subject"]).startswith("[a")


def test_several_alerts_make_one_mail_whose_subject_counts_them() -> None:
    alerts = [alert(id=str(n), app=app) for n, app in enumerate(["orders", "billing", "orders", "search", "web"])]
    arrived = mail(*alerts)
    assert arrived["Subject"] == (
        "[billing, orders, search +1] 5 alerts in 4 apps: 70 errors and 15 warnings, 10:41:20 UTC"
    )
    for app in ("orders", "billing", "search", "web"):
        assert app in page_of(arrived).text
        assert app in text_of(arrived)


def test_alerts_that_hold_no_errors_or_warnings_are_still_counted() -> None:
    quiet = [alert(id=name, errors=0, warnings=0, rule="lines < 5 in 30s") for name in "ab"]
    assert mail(*quiet)["Subject"] == "[orders] 2 alerts in 1 app, 10:41:20 UTC"


def test_both_forms_tell_what_when_why_and_where() -> None:
    arrived = mail()
    for form in (" ".join(text_of(arrived).split()), page_of(arrived).text):
        for said in (
            "14 errors in orders within 30 seconds",
            "Monday 5 January 2026, 10:40:50 to 10:41:20 UTC",
            "more than 10 errors within 30 seconds",
            "errors > 10 in 30s",
            "1,204",
            "Payment <num> timed out",
            "ERROR",
            "first 10:41:02, last 10:41:20",
            "/var/log/orders.log:18342",
            "at Gateway.charge(Gateway.java:91)",
        ):
            assert said in form


def test_a_place_or_level_that_is_not_known_is_left_out() -> None:
    page = page_of(mail(alert(causes=[cause(line=0, level="", first=END)])))
    assert "/var/log/orders.log " in f"{page.text} "
    assert "log:0" not in page.text
    assert "at 10:41:20" in page.text
    assert ".log" not in page_of(mail(alert(causes=[cause(uri="")]))).text


def test_a_sample_that_only_repeats_the_template_is_left_out() -> None:
    assert text_of(mail(alert(causes=[cause(template="Disk full", sample="Disk full\n")]))).count("Disk full") == 1


def test_causes_keep_their_order_and_the_rest_is_counted() -> None:
    page = page_of(mail(alert(causes=[cause(template=f"cause {number:02}", n=50 - number) for number in range(14)])))
    assert page.text.index("cause 00") < page.text.index("cause 09")
    assert "cause 10" not in page.text
    assert "and 4 more" in page.text


def test_an_alert_without_causes_is_told() -> None:
    arrived = mail(alert(causes=[]))
    assert "Top causes" not in page_of(arrived).text + text_of(arrived)


def test_a_resolved_alert_says_so() -> None:
    assert "Resolved · orders" in page_of(mail(alert(state="resolved"))).text


def test_a_warning_alone_is_shown_in_its_own_colour() -> None:
    page = page_of(mail(alert(errors=0, causes=[])))
    assert ("class", "t-warning") in page.attributes
    assert ("class", "t-error") not in page.attributes


def test_the_headers_tell_programs_that_no_person_wrote() -> None:
    arrived = mail(alert(), alert(id="b2", app="billing"))
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["List-Id"] == "Tailrace alerts <alerts.tailrace.example.com>"
    assert arrived.get_all("X-Tailrace-Alert") == ["b2; state=open; app=billing", "a1; state=open; app=orders"]
    assert arrived["From"] == "Tailrace <tailrace@example.com>"
    assert arrived["To"] == "Ops <ops@example.com>, dev@example.com"
    assert arrived["Date"].datetime == NOW


def test_the_same_alerts_in_any_order_and_number_give_the_same_bytes() -> None:
    alerts = [alert(id=name, app=name) for name in "abc"]
    again = [*reversed(alerts), alerts[0]]
    how: dict[str, Any] = {"sender": SENDER, "recipients": RECIPIENTS, "now": NOW}
    assert render(alerts, **how).as_bytes() == render(again, **how).as_bytes()


def test_the_message_id_depends_on_nothing_but_what_is_told() -> None:
    assert mail()["Message-ID"] == mail(now=NOW + timedelta(1))["Message-ID"]
    assert mail()["Message-ID"].endswith("@example.com>")


def test_all_mails_about_an_incident_answer_to_that_of_its_opening() -> None:
    opening = mail(alert(errors=3))
    assert opening["In-Reply-To"] is None
    for state in ("update", "resolved"):
        later = mail(alert(state=state, errors=80, at=END + timedelta(minutes=2)))
        assert later["In-Reply-To"] == later["References"] == opening["Message-ID"]
        assert later["Message-ID"] != opening["Message-ID"]


def test_a_mail_about_several_incidents_answers_to_none() -> None:
    both = mail(alert(state="update"), alert(id="b2", state="update"))
    assert both["In-Reply-To"] is both["References"] is None


def test_an_update_has_the_old_and_the_new_figure() -> None:
    grown = alert(state="update", errors=70, value=70.0, at=END + timedelta(minutes=1), told=14.0)
    arrived = mail(grown)
    assert arrived["Subject"] == "[orders] now 5 times as many: 70 errors in 30s (was 14), 10:42:20 UTC"
    for form in (" ".join(text_of(arrived).split()), page_of(arrived).text):
        assert "Now 5 times as many: 70 errors in orders within 30 seconds" in form
        assert "70, was 14 when last told" in form
        assert "for 1 minute at 10:42:20 UTC" in form


def test_a_resolved_notice_has_the_length_and_the_total() -> None:
    over = alert(state="resolved", at=END + timedelta(minutes=4, seconds=20), **IN_ALL)
    arrived = mail(over)
    assert arrived["Subject"] == "[orders] resolved after 4m20s: 323 errors in all, 10:45:40 UTC"
    for form in (" ".join(text_of(arrived).split()), page_of(arrived).text):
        assert "Resolved after 4 minutes 20 seconds: 323 errors in orders" in form
        assert "10:41:20 to 10:45:40 UTC" in form
        assert "10,904" in form
    assert ("class", "t-good") in page_of(arrived).attributes


def test_what_goes_on_stands_before_what_is_over() -> None:
    page = page_of(mail(alert(state="resolved", errors=900, app="billing"), alert(id="b2")))
    assert "1 alert and 1 resolved in 2 apps: 14 errors and 3 warnings" in page.text
    assert page.text.index("orders") < page.text.index("billing")


def test_an_opening_told_by_a_worse_window_that_came_later_says_so() -> None:
    at = START - timedelta(minutes=2)
    said = text_of(mail(alert(opened=at, at=at)))
    assert "Worst    Monday 5 January 2026, 10:40:50 to 10:41:20 UTC, so far\r\n" in said
    assert "so far" not in text_of(mail())


def test_levels_over_the_last_windows_are_drawn_with_cells() -> None:
    arrived = mail(alert(history=[LevelCount(START + timedelta(seconds=30 * n), n, 1, 99) for n in range(4)]))
    page = page_of(arrived)
    heights = [int(value) for name, value in page.attributes if name == "height"]
    assert heights.count(48) == 1
    assert ("bgcolor", "#c0282d") in page.attributes
    assert "most in 30 seconds: 3 errors and 1 warning" in page.text
    assert "Levels   10:40:50 to 10:42:50, each 30 seconds" in text_of(arrived)
    assert "·▃▆█  errors, at most 3" in text_of(arrived)


def test_without_a_history_nothing_is_drawn() -> None:
    assert ("role", "img") not in page_of(mail()).attributes
    assert "Levels" not in text_of(mail())


def test_causes_never_seen_before_are_marked() -> None:
    causes = [cause(template="one"), cause(fingerprint="f2", template="two", new=True)]
    arrived = mail(alert(causes=causes))
    assert "new ERROR two" in " ".join(text_of(arrived).split())
    assert "new ERROR one" not in " ".join(text_of(arrived).split())
    assert page_of(arrived).text.split().count("new") == 1


def test_of_a_template_the_first_line_and_the_exception_are_shown() -> None:
    template = (
        "Payment <n> failed\njava.net.SocketTimeoutException\nCaused by: java.io.IOException\nat a.b.Gateway.charge"
    )
    for form in (
        text_of(mail(alert(causes=[cause(template=template)]))),
        page_of(mail(alert(causes=[cause(template=template)]))).text,
    ):
        assert "Payment <n> failed · SocketTimeoutException" in form.replace("\u00a0", " ")
        assert "IOException" not in form
        assert "Gateway.charge" not in form.replace("Gateway.charge(Gateway.java:91)", "")


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("java.lang.IllegalStateException: x\njava.lang.IllegalStateException\nat q.r", "IllegalStateException: x"),
        ('failed\nValueError\nFile "<text>", line <n>, in f', "failed · ValueError"),
        ("failed\nCaused by: a.b.Outer$InnerException", "failed · InnerException"),
        ("failed\nat a.b.C", "failed"),
        ("\nValueError", "an empty message · ValueError"),
    ],
)
def test_an_exception_is_named_once_and_briefly(template: str, shown: str) -> None:
    lines = text_of(mail(alert(causes=[cause(template=template, sample="", n=4711)]))).splitlines()
    assert next(line for line in lines if "4,711" in line).endswith(shown)


def test_there_are_colours_for_the_dark() -> None:
    page = page_of(mail())
    assert "@media (prefers-color-scheme:dark)" in page.source
    assert ("content", "light dark") in page.attributes


def test_leading_blanks_of_a_sample_are_kept() -> None:
    assert "\u00a0\u00a0at\u00a0Gateway<wbr>.charge" in page_of(mail()).source


def test_a_sample_stands_among_its_neighbours_with_their_numbers() -> None:
    lines = cause(sample="Payment 881204 timed out", before="one\n  two\nthree", after="four\nfive")
    arrived = mail(alert(causes=[lines]))
    assert (
        "      |  18339  one\r\n      |  18340    two\r\n      |  18341  three\r\n"
        "      |  18342  Payment 881204 timed out\r\n      |  18343  four\r\n      |  18344  five\r\n"
    ) in text_of(arrived)
    assert "18341 three 18342 Payment 881204 timed out 18343 four" in page_of(arrived).text.replace("\u00a0", "")


def test_numbers_that_are_not_known_are_left_out() -> None:
    traced = text_of(mail(alert(causes=[cause(before="one", after="two")])))
    assert "      |  18341  one\r\n      |  18342  Payment" in traced
    assert "      |         two\r\n" in traced
    nowhere = text_of(mail(alert(causes=[cause(line=0, sample="x", before="one", after="two")])))
    assert "      | one\r\n      | x\r\n      | two\r\n" in nowhere
    first = text_of(mail(alert(causes=[cause(line=1, sample="x", before="of another file")])))
    assert "      |     of another file\r\n      |  1  x\r\n" in first


def test_labels_runbook_severity_name_and_group_are_told() -> None:
    told = alert(
        name="order errors",
        severity="warning",
        labels={"team": "payments", "tier": "1"},
        runbook="https://wiki.example.com/orders",
        group={"app": "orders", "attributes.host": "web-3"},
        detail="only at night",
    )
    arrived = mail(told)
    for form in (" ".join(text_of(arrived).split()), page_of(arrived).text):
        for said in ("order errors", "team=payments, tier=1", "https://wiki.example.com/orders", "host web-3"):
            assert said in form
        assert "only at night" in form
    assert arrived["Subject"] == "[orders (host web-3)] 14 errors in 30s, 10:41:20 UTC"
    assert ("class", "t-warning") in page_of(arrived).attributes


def test_a_rule_that_counts_nothing_has_no_counts() -> None:
    silent = alert(
        rule="silence of 10m", value=600.0, errors=0, warnings=0, lines=0, detail="no lines for 10 minutes", causes=[]
    )
    arrived = mail(silent)
    assert arrived["Subject"] == "[orders] no lines for 10 minutes, 10:41:20 UTC"
    assert "Counts" not in text_of(arrived)
    assert "Detail" not in text_of(arrived)


def test_hostile_text_is_still_there_to_be_read() -> None:
    page = page_of(mail(alert(causes=[cause(sample="<script>alert(1)</script> & \u202ex")])))
    assert "<script>alert(1)</script> & <U+202E>x" in page.text


def test_secrets_are_masked_in_both_forms_and_the_mail_says_so() -> None:
    leaky = cause(template="login token=abcdef123456", sample="x\npassword=hunter2", uri="/logs/a?token=abcdef123456")
    arrived = mail(alert(app="password=hunter2", causes=[leaky]))
    for form in (text_of(arrived), page_of(arrived).text):
        assert "hunter2" not in form
        assert "abcdef123456" not in form
        assert "Values that look like secrets are shown as [masked]." in form
    assert "hunter2" not in arrived.as_string()


def test_secrets_stay_where_masking_is_switched_off() -> None:
    arrived = mail(alert(causes=[cause(sample="password=hunter2")]), mask_secrets=False)
    assert "hunter2" in text_of(arrived)
    assert "look like secrets" not in text_of(arrived)


@pytest.mark.parametrize("filling", ["<&>\"'", "日本語", "🚒", "\x00\u202e", "word ", "\U000e0041"])
def test_a_mail_is_never_so_long_that_it_is_clipped(filling: str) -> None:
    long = filling * 800
    causes = [cause(template=long, sample=f"{long[:1000]}\n" * 16, uri=long, fingerprint=str(n)) for n in range(12)]
    history = [LevelCount(START + timedelta(seconds=n), n, n, n) for n in range(200)]
    alerts = [
        alert(id=f"{n}{long[:200]}", app=f"{n}{long}", rule=long, causes=causes, history=history) for n in range(16)
    ]
    arrived = render(alerts, sender=SENDER, recipients=RECIPIENTS, now=NOW)
    assert len(arrived.as_bytes()) <= MAIL_LIMIT
    assert "more" in page_of(arrived).text


@pytest.mark.parametrize("how", [{"alerts": []}, {"recipients": []}, {"now": datetime(2026, 1, 5)}])  # noqa: DTZ001
def test_nothing_to_tell_nobody_to_tell_or_no_zone_is_a_fault_of_the_caller(how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs at least one alert"):
        render(**{"alerts": [alert()], "sender": SENDER, "recipients": RECIPIENTS, "now": NOW} | how)
