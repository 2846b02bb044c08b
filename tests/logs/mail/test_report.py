"""One e-mail from a report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tailrace.logs.mail.render import MAIL_LIMIT
from tailrace.logs.mail.report import render_report
from tailrace.logs.records import AppSummary, IncidentSummary

DAY = datetime(2026, 1, 5, tzinfo=UTC)


def forms(post: Any, arrived: Any) -> tuple[str, str]:
    return " ".join(post.text(arrived).split()), post.page(arrived).text


def test_the_subject_says_which_report_how_much_how_it_compares_and_of_when(post: Any) -> None:
    assert post.report_mail()["Subject"] == (
        "[daily report] 1,323 errors (+39 %) and 273 warnings (\u22123 %) in 2 apps, 2 incidents, Monday 5 January 2026"
    )


def test_a_quiet_span_says_so(post: Any) -> None:
    quiet = post.report(name="Weekly report", apps=[AppSummary("web", 10, 0, 0, 0, 0)], causes=[], incidents=[])
    arrived = post.report_mail(quiet)
    assert arrived["Subject"] == "[Weekly report] No errors and no warnings in 1 app, Monday 5 January 2026"
    for form in forms(post, arrived):
        assert "Top causes" not in form
        assert "Incidents" not in form


def test_both_forms_tell_apps_incidents_and_causes(post: Any) -> None:
    arrived = post.report_mail(post.report(note="late by two hours"))
    for form in forms(post, arrived):
        for said in (
            "Monday 5 January 2026, UTC, compared with the day before",
            "Late by two hours",
            "1,804,233",
            "+40 %",
            "7 before",
            "errors > 10 in 30s",
            "219",
            "4m30s",
            "silence of 10m",
            "still open",
            "Mon 5 Jan, 10:41",
            "Payment <num> timed out",
            "first Mon 5 Jan, 10:41, last Mon 5 Jan, 10:41",
            "/var/log/orders.log:18342",
        ):
            assert said in form
    assert "1 still open" in post.page(arrived).text


def test_a_value_that_compares_nothing_is_not_told(post: Any) -> None:
    assert "600" not in post.text(post.report_mail())


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (140, 100, "+40 %"),
        (60, 100, "\u221240 %"),
        (300, 100, "3\u00d7 as many"),
        (101, 100, "as before"),
        (3, 0, "none before"),
        (0, 3, "3 before"),
    ],
)
def test_a_number_is_told_beside_the_one_before(post: Any, now: int, before: int, said: str) -> None:
    arrived = post.report_mail(post.report(apps=[AppSummary("a", 999, now, 0, before, 0)]))
    assert f"errors {now} ({said})" in post.text(arrived)


def test_new_causes_are_marked(post: Any) -> None:
    assert "new ERROR Payment" in " ".join(post.text(post.report_mail()).split())
    assert "new" in post.page(post.report_mail()).text.split()


def test_times_are_told_in_the_zone_of_the_schedule_or_else_in_the_readers(post: Any) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    start = datetime(2026, 1, 5, tzinfo=tokyo)
    there = post.report(zone="Asia/Tokyo", start=start, end=start + timedelta(days=7))
    assert "Monday 5 January 2026 to Sunday 11 January 2026, JST, compared with the week before" in post.text(
        post.report_mail(there)
    )
    for unknown in ("No/Where", "../../etc/passwd", "/etc/passwd", "\x00", ""):
        assert "09:00:00 JST" not in post.text(post.report_mail(post.report(zone=unknown)))
        assert "00:00:00 JST" not in post.text(post.report_mail(post.report(zone=unknown), zone=tokyo)).replace(
            "09", ""
        )
        assert "JST" in post.text(post.report_mail(post.report(zone=unknown), zone=tokyo))


def test_a_report_has_one_name_whenever_it_is_sent(post: Any) -> None:
    first, again = post.report_mail(), post.report_mail(post.report(note="late"), now=post.now + timedelta(days=1))
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@example.com>")
    others = [post.report(name="weekly"), post.report(start=DAY - timedelta(days=1)), post.report(end=DAY)]
    assert len({first["Message-ID"], *(post.report_mail(each)["Message-ID"] for each in others)}) == 4


def test_the_same_report_gives_the_same_bytes(post: Any) -> None:
    assert post.report_mail().as_bytes() == post.report_mail().as_bytes()


def test_the_headers_tell_programs_what_it_is(post: Any) -> None:
    arrived = post.report_mail()
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["List-Id"] == "Tailrace alerts <alerts.tailrace.example.com>"
    assert arrived["X-Tailrace-Report"] == "daily"


def test_a_report_of_very_much_is_not_clipped_and_says_what_is_left_out(post: Any) -> None:
    long = "<&>\u202e" * 100
    apps = [AppSummary(f"{number}{long}", 10**9, 10**6, 10**6, 1, 1) for number in range(500)]
    causes = [post.cause(template=long, sample=f"{long}\n" * 50, uri=long) for _ in range(50)]
    incidents = [IncidentSummary(str(n), f"{n}{long}", long, DAY, None, 1e9, "critical") for n in range(1000)]
    arrived = post.report_mail(post.report(apps=apps, causes=causes, incidents=incidents))
    assert len(arrived.as_bytes()) <= MAIL_LIMIT
    assert post.text(arrived).count("more") >= 3


@pytest.mark.parametrize("how", [{"recipients": []}, {"now": datetime(2026, 1, 5)}])  # noqa: DTZ001
def test_nobody_to_tell_or_no_zone_is_a_fault_of_the_caller(post: Any, how: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs at least one recipient"):
        post.report_mail(**how)
    assert render_report.__doc__
