"""Open incidents mute others, as the inhibitions say and as long as they are open."""

from __future__ import annotations

import pytest

from tailrace.blueprint.problems import Problem
from tailrace.blueprint.source import read_source
from tailrace.logs.incidents.inhibition import DEFAULT, Inhibition, Inhibitors, parse_inhibition, read_inhibitions
from tailrace.model.errors import TailraceError


def labels(severity: str, app: str = "orders", **more: str) -> dict[str, str]:
    return {"app": app, "severity": severity, **more}


def inhibitors(*texts: str) -> Inhibitors:
    return Inhibitors(map(parse_inhibition, texts or (DEFAULT,)))


def test_a_critical_incident_mutes_the_warnings_of_its_app():
    known = inhibitors()
    known.note("a", labels("critical"), "disk full")
    mute = known.muting("b", labels("warning"))
    assert mute is not None
    assert (mute.kind, mute.reason) == ("inhibition", "muted by the open alert a: disk full")
    assert known.muting("c", labels("error")) is None
    assert known.muting("d", labels("warning", app="billing")) is None


def test_it_mutes_until_the_last_of_those_that_do_is_resolved():
    known = inhibitors()
    known.note("a", labels("critical"), "")
    known.note("b", labels("critical"), "")
    assert known.drop("a") == []
    mute = known.muting("c", labels("warning"))
    assert mute is not None
    assert known.drop("b") == [mute.key]
    assert known.muting("c", labels("warning")) is None


def test_one_that_is_no_longer_critical_mutes_no_longer():
    known = inhibitors()
    known.note("a", labels("critical"), "")
    mute = known.muting("b", labels("warning"))
    assert mute is not None
    assert known.note("a", labels("error"), "") == [mute.key]
    assert known.muting("b", labels("warning")) is None


def test_none_mutes_itself_and_no_two_mute_one_another():
    known = inhibitors("team=a mutes team=* by app")
    known.note("a", labels("error", team="a"), "")
    known.note("b", labels("error", team="a"), "")
    assert known.muting("a", labels("error", team="a")) is None
    assert known.muting("c", labels("error", team="b")) is not None


def test_without_by_it_mutes_everywhere():
    known = inhibitors("severity=critical, app=network mutes severity!=critical")
    known.note("a", labels("critical", app="network"), "")
    assert known.muting("b", labels("error", app="orders")) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("severity=critical", "does not say who mutes whom"),
        ("critical mutes severity=warning", "'critical' is no matcher"),
        ("severity=critical mutes app=~( by app", "cannot be understood"),
        ("severity=critical mutes severity=warning by a=b", "goes by 'a=b', which is no label"),
    ],
)
def test_what_is_no_inhibition_is_refused(text, said):
    with pytest.raises(TailraceError, match=f"^'{text[:10]}.*{said[:20]}"):
        parse_inhibition(text)


def read(text: str) -> tuple[Inhibition, ...] | tuple[Problem, ...]:
    root = read_source(text, "rules.yaml").root
    assert root is not None
    return read_inhibitions(root)


def test_a_section_of_a_rules_file_is_read():
    (found,) = read(f"- {DEFAULT}\n")
    assert isinstance(found, Inhibition)
    assert (found.text, found.by) == (DEFAULT, ("app",))


def test_every_fault_of_a_section_is_told_with_its_place():
    problems = read("- severity=critical mutes\n- 7\n- {a: b}\n")
    assert [str(each).partition(" ")[0] for each in problems if isinstance(each, Problem)] == [
        "rules.yaml:1:3:",
        "rules.yaml:2:3:",
        "rules.yaml:3:3:",
    ]


def test_a_section_that_is_no_list_is_a_problem():
    (problem,) = read("a: b")
    assert isinstance(problem, Problem)
    assert problem.sentence == "'inhibit' needs a list of texts, but a mapping came"
