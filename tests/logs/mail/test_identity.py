"""The names of events and mails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from made import alert
from tailrace.logs.mail.identity import event_key, message_id, opening_id, thread_of

AT = datetime(2026, 1, 5, 10, 41, 20, tzinfo=UTC)
LATER = AT + timedelta(minutes=1)


def test_the_message_id_follows_ids_and_states_alone() -> None:
    base = message_id([alert()], "example.com")
    assert base.endswith("@example.com>")
    assert base == message_id([alert(errors=99, at=LATER)], "example.com")
    others = [[alert("b")], [alert(state="resolved")], [alert(state="update")], [alert(state="update", at=LATER)]]
    assert len({base, *(message_id(other, "example.com") for other in others)}) == 5


def test_the_mail_of_an_opening_has_a_name_that_the_incident_gives() -> None:
    assert message_id([alert()], "example.com") == opening_id("a1", "example.com")
    assert message_id([alert(), alert(state="update")], "example.com") == opening_id("a1", "example.com")


def test_a_mail_about_several_incidents_has_a_name_of_its_own_whatever_their_order() -> None:
    both = message_id([alert("a1"), alert("b2")], "example.com")
    assert both == message_id([alert("b2"), alert("a1")], "example.com")
    assert both not in {opening_id("a1", "example.com"), opening_id("b2", "example.com")}


def test_what_comes_later_answers_to_the_opening() -> None:
    for state in ("update", "resolved", "acknowledged"):
        assert thread_of([alert(state=state)], "example.com") == opening_id("a1", "example.com")


def test_an_opening_and_a_mail_about_several_incidents_answer_to_nothing() -> None:
    assert thread_of([alert()], "example.com") is None
    assert thread_of([alert(state="update"), alert("b2", state="update")], "example.com") is None


def test_an_event_has_one_name_however_it_is_told() -> None:
    assert event_key(alert()) == event_key(alert(errors=99, at=LATER))
    names = [alert(), alert("b"), alert(state="resolved"), alert(state="update"), alert(state="update", at=LATER)]
    assert len({event_key(one) for one in names}) == 5
    assert all(len(event_key(one)) == 32 for one in [*names, alert("\ud800")])


def test_an_incident_that_opens_again_stays_in_its_thread_under_a_name_of_its_own() -> None:
    again, over, over_again = (
        alert(sequence=2),
        alert(state="resolved", sequence=1),
        alert(state="resolved", sequence=3),
    )
    assert thread_of([again], "example.com") == opening_id("a1", "example.com")
    assert len({message_id([each], "example.com") for each in (alert(), again, over, over_again)}) == 4
