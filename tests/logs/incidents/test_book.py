"""The book knows who is due, who waits and who is muted, also after a restart, and forgets the past in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tailrace.logs.incidents.book import REMEMBERED, Book
from tailrace.logs.incidents.case import Case, End, Mute, case_key
from tailrace.logs.incidents.life import Event, cross, end, mute, next_event, tell


def told(case: Case, now) -> Case:
    event = next_event(case, now, lambda _: True)
    assert event is not None
    return tell(case, event, now)


@pytest.fixture(params=["as it is", "after a restart"])
def reopen(request):
    """A function that gives the book as it is, or another from the same entries."""
    return lambda book, entries: Book(entries) if request.param == "after a restart" else book


def test_an_incident_is_found_by_its_id_while_it_is_open(crossing, at, reopen):
    entries: dict[str, bytes] = {}
    book = Book(entries)
    key = case_key(crossing(0))
    case = cross(Case(), crossing(0), at(0))
    assert case.open is not None
    book.put(key, case)
    book = reopen(book, entries)
    assert (book.key_of(case.open.id), [each.id for each in book.open()]) == (key, [case.open.id])
    book.put(key, end(case, End(at(60))))
    assert (book.key_of(case.open.id), list(book.open())) == (None, [])


def test_it_knows_who_waits_and_who_is_due(crossing, at, reopen):
    entries: dict[str, bytes] = {}
    book = Book(entries)
    case = cross(Case(), crossing(0), at(0))
    book.put("a", case)
    book = reopen(book, entries)
    assert (list(book.waiting), book.due(at(2)), book.due(at(3))) == (["a"], [], ["a"])
    book.put("a", told(case, at(3)))
    book = reopen(book, entries)
    assert (list(book.waiting), book.due(at(59)), book.due(at(60))) == ([], [], ["a"])


def test_it_knows_who_is_muted_by_what(crossing, at, reopen):
    entries: dict[str, bytes] = {}
    book = Book(entries)
    case = cross(Case(), crossing(0), at(0))
    event = next_event(case, at(0), lambda _: True)
    assert isinstance(event, Event)
    book.put("a", mute(case, event, Mute("silence", "s1", "")))
    book = reopen(book, entries)
    assert (book.muted_by("s1"), book.muted_by("s2")) == (["a"], [])
    book.put("a", told(case, at(0)))
    assert book.muted_by("s1") == []


def test_a_case_with_nothing_open_is_forgotten_after_two_days(crossing, at, reopen):
    entries: dict[str, bytes] = {}
    book = Book(entries)
    case = told(end(told(cross(Case(), crossing(0), at(0)), at(0)), End(at(60))), at(60))
    book.put("a", case)
    book.put("b", told(cross(Case(), crossing(0), at(0)), at(0)))
    book = reopen(book, entries)
    book.forget(at(59) + REMEMBERED)
    assert set(entries) == {"a", "b"}
    book.forget(at(60) + REMEMBERED)
    assert set(entries) == {"b"}
    assert book.get("a") == Case()


def test_of_too_many_with_nothing_open_the_oldest_are_forgotten(crossing, at, monkeypatch):
    monkeypatch.setattr("tailrace.logs.incidents.book.MOST_IDLE", 2)
    entries: dict[str, bytes] = {}
    book = Book(entries)
    for number in range(4):
        book.put(str(number), replace(Case(), idle=at(number)))
    book.forget(at(10))
    assert set(entries) == {"2", "3"}


def test_a_case_that_is_as_it_was_is_not_saved_again(crossing, at):
    book = Book(entries := {})
    case = cross(Case(), crossing(0), at(0))
    book.put("a", case)
    entries.clear()
    book.put("a", book.get("a"))
    assert entries == {}


def test_groups_are_told_apart_whatever_their_order(crossing):
    one = crossing(0, group={"app": "a", "host": "b"})
    other = crossing(0, group={"host": "b", "app": "a"})
    assert case_key(one) == case_key(other) != case_key(crossing(0))
