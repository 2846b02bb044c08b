"""Users' own templates."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from made import END, alert, cause
from mailed import html_of, text_of
from tailrace.logs.mail.causes import CauseView
from tailrace.logs.mail.chart import ChartView
from tailrace.logs.mail.mailbox import parse_mailbox, parse_mailboxes
from tailrace.logs.mail.render import MAIL_LIMIT, render
from tailrace.logs.mail.report import render_report
from tailrace.logs.mail.report_view import ReportView
from tailrace.logs.mail.sums import SumView
from tailrace.logs.mail.theme import Theme, load_theme
from tailrace.logs.mail.view import AlertView, MailView
from tailrace.logs.records import Report
from tailrace.model.errors import TailraceError

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "write-mail-templates.md"


class Dress:
    """A directory of templates, what is made with it, and which faults were told."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.faults: list[str] = []

    def write(self, name: str, content: str) -> None:
        (self.directory / name).write_text(content, encoding="utf-8")

    def load(self) -> Theme:
        return load_theme(self.directory, self.faults.append)

    def mail(self, **changes: Any) -> EmailMessage:
        made = alert(causes=[cause(template="Payment <n>", sample="<b>&</b> password=hunter2")])
        how: dict[str, Any] = {"sender": parse_mailbox("t@example.com"), "recipients": parse_mailboxes("o@example.com")}
        return render([made], **how, now=END, **{"templates": self.load()} | changes)


@pytest.fixture
def dress(tmp_path: Path) -> Dress:
    return Dress(tmp_path)


def test_a_template_takes_the_place_of_the_built_in_one_and_the_other_stays(dress: Dress) -> None:
    dress.write("alert.txt.j2", "ours: {{ mail.headline }}\n")
    made = dress.mail()
    assert text_of(made) == "ours: 14 errors in orders within 30 seconds\n"
    assert "Top causes" in html_of(made)
    assert dress.faults == []


def test_html_is_escaped_and_text_is_not_and_secrets_are_masked_in_both(dress: Dress) -> None:
    sample = "{% for line in mail.alerts[0].causes[0].sample %}{{ line }}{% endfor %}\n"
    dress.write("alert.txt.j2", sample)
    dress.write("alert.html.j2", sample)
    made = dress.mail()
    assert text_of(made) == "<b>&</b> password=[masked]\n"
    assert html_of(made) == "&lt;b&gt;&amp;&lt;/b&gt; password=[masked]\n"


def test_the_built_in_template_can_be_extended(dress: Dress) -> None:
    extended = '{% extends "tailrace/alert.html.j2" %}{% block footer %}ACME · {{ super() }}{% endblock %}'
    dress.write("alert.html.j2", extended)
    page = html_of(dress.mail())
    assert "ACME · Tailrace · alert a1" in page
    assert "Top causes" in page
    assert dress.faults == []


@pytest.mark.parametrize("block", ["headline", "alerts", "footer"])
@pytest.mark.parametrize("name", ["alert.html.j2", "alert.txt.j2"])
def test_every_block_can_be_replaced(dress: Dress, name: str, block: str) -> None:
    dress.write(name, f'{{% extends "tailrace/{name}" %}}{{% block {block} %}}OURS{{% endblock %}}')
    assert "OURS" in (text_of if "txt" in name else html_of)(dress.mail())
    assert dress.faults == []


def test_a_template_may_include_another_of_its_directory(dress: Dress) -> None:
    dress.write("alert.html.j2", '{% include "company.j2" %}')
    dress.write("company.j2", "{{ '<ACME>' }}")
    assert html_of(dress.mail()) == "&lt;ACME&gt;\n"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("one\n{% if %}\n", 2, "Expected an expression"),
        ("one\n\n{{ mail.headlin }}\n", 3, "no attribute 'headlin'"),
        ("{{ 1 / 0 }}", 1, "division by zero"),
        ("one\n{{ mail.__class__.__mro__ }}", 2, "unsafe"),
        ("{{ ''.__class__.__subclasses__() }}", 1, "unsafe"),
        ("{% for n in range(10 ** 9) %}x{% endfor %}", 1, "Range too big"),
        ('one\n{% include "nowhere.j2" %}', 2, "no template 'nowhere.j2'"),
        ('{% include "../../etc/passwd" %}', 1, "no template '../../etc/passwd'"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "recursion"),
    ],
)
def test_a_faulty_template_is_told_with_file_and_line_and_the_built_in_one_is_used(
    dress: Dress, content: str, line: int, said: str
) -> None:
    dress.write("alert.html.j2", content)
    made = dress.mail()
    assert "Top causes" in html_of(made)
    (fault,) = dress.faults
    assert f"{dress.directory / 'alert.html.j2'}, line {line}," in fault
    assert said in fault


def test_a_fault_in_an_included_template_names_that_template(dress: Dress) -> None:
    dress.write("alert.html.j2", '{% include "company.j2" %}')
    dress.write("company.j2", "ACME\n{{ nothing.at.all }}")
    assert "Top causes" in html_of(dress.mail())
    assert f"{dress.directory / 'company.j2'}, line 2," in dress.faults[0]


def test_a_fault_is_told_once_however_many_mails_are_made(dress: Dress) -> None:
    dress.write("alert.txt.j2", "{{ nothing }}")
    theme = dress.load()
    for _ in range(3):
        render(
            [alert()], sender=parse_mailbox("t@x.org"), recipients=parse_mailboxes("o@x.org"), now=END, templates=theme
        )
    assert len(dress.faults) == 1


def test_a_template_whose_mails_would_be_clipped_is_not_used(dress: Dress) -> None:
    dress.write("alert.html.j2", "x" * 120_000)
    made = dress.mail()
    assert len(made.as_bytes()) <= MAIL_LIMIT
    assert "Top causes" in html_of(made)
    assert "would be longer than 100,000 bytes" in dress.faults[0]


def test_a_directory_without_a_template_is_told(dress: Dress) -> None:
    dress.write("letter.j2", "x")
    with pytest.raises(TailraceError, match="has no mail template"):
        dress.load()


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TailraceError, match="cannot be read: No such file"):
        load_theme(tmp_path / "nowhere", print)


def test_a_template_that_is_no_text_or_too_long_is_told(dress: Dress) -> None:
    (dress.directory / "alert.txt.j2").write_bytes(b"ab\xff")
    with pytest.raises(TailraceError, match="is not UTF-8 at byte 2"):
        dress.load()
    dress.write("alert.txt.j2", "x" * 300_000)
    with pytest.raises(TailraceError, match="is longer than 262,144 bytes"):
        dress.load()


def test_too_many_templates_are_told(dress: Dress) -> None:
    dress.write("alert.txt.j2", "x")
    for number in range(100):
        dress.write(f"{number}.j2", "x")
    with pytest.raises(TailraceError, match="has 101 templates"):
        dress.load()


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("mail", MailView),
        ("alert", AlertView),
        ("cause", CauseView),
        ("sum", SumView),
        ("chart", ChartView),
        ("report", ReportView),
    ],
)
def test_the_page_about_templates_tells_every_variable_and_no_other(name: str, view: type[Any]) -> None:
    told = re.findall(rf"^\| `{name}\.(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(each.name for each in fields(view))


def test_a_report_has_templates_of_its_own(dress: Dress) -> None:
    dress.write("report.txt.j2", "ours: {{ report.headline }}\n")
    made = Report("daily", END, END - timedelta(days=1), END, "UTC", [], [], [])
    how: dict[str, Any] = {"sender": parse_mailbox("t@example.com"), "recipients": parse_mailboxes("o@example.com")}
    arrived = render_report(made, **how, now=END, templates=dress.load())
    assert text_of(arrived) == "ours: No errors and no warnings in 0 apps\n"
    assert "Tailrace · daily report" in html_of(arrived)
    assert dress.faults == []


@pytest.mark.parametrize("block", ["head", "preview", "headline", "body", "report", "footer"])
def test_every_block_of_a_report_can_be_replaced(dress: Dress, block: str) -> None:
    dress.write("report.html.j2", f'{{% extends "tailrace/report.html.j2" %}}{{% block {block} %}}OURS{{% endblock %}}')
    made = Report("daily", END, END - timedelta(days=1), END, "UTC", [], [], [])
    how: dict[str, Any] = {"sender": parse_mailbox("t@example.com"), "recipients": parse_mailboxes("o@example.com")}
    assert "OURS" in html_of(render_report(made, **how, now=END, templates=dress.load()))
    assert dress.faults == []
