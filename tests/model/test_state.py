from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tailrace.model.errors import TailraceError
from tailrace.model.fields import DefinitionError
from tailrace.model.state import KeyedState, State
from tailrace.model.streamlet import Streamlet


@dataclass
class Place:
    offset: int
    name: str = ""


class Counter(Streamlet):
    count = State(int, default=0)
    seen = State(dict[str, list[int]], factory=dict)
    place = State(Place, factory=lambda: Place(0))
    ratio = State(float, default=0)
    panes = KeyedState()


class Saved:
    """What a runtime does with state: it saves the changes of a step, or rejects them."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}

    def commit(self, one: Streamlet) -> dict[str, bytes | None]:
        changes = one.store.changes()
        for name, entry in changes.items():
            if entry is None:
                self.entries.pop(name, None)
            else:
                self.entries[name] = entry
        one.store.accept(changes)
        return changes

    def restart(self) -> Counter:
        counter = Counter()
        counter.restore(self.entries)
        return counter


def test_state_that_did_not_change_is_not_saved() -> None:
    assert Counter().store.changes() == {}


def test_state_survives_a_restart() -> None:
    saved, counter = Saved(), Counter()
    counter.count += 1
    counter.seen.setdefault("a", []).append(2)
    counter.place.offset = 7
    counter.ratio = float("inf")
    counter.panes["k"] = b"\xff"
    saved.commit(counter)
    again = saved.restart()
    assert (again.count, again.seen, again.place, again.ratio) == (1, {"a": [2]}, Place(7), float("inf"))
    assert dict(again.panes) == {"k": b"\xff"}
    assert again.store.changes() == {}


def test_only_what_a_step_changed_is_saved_mutation_in_place_included() -> None:
    saved, counter = Saved(), Counter()
    counter.seen["a"] = []
    assert list(saved.commit(counter)) == ["seen"]
    counter.seen["a"].append(1)
    assert saved.commit(counter) == {"seen": b'{"a":[1]}'}
    assert saved.commit(counter) == {}


def test_a_value_that_is_its_default_again_is_saved() -> None:
    saved, counter = Saved(), Counter()
    counter.count = 1
    saved.commit(counter)
    counter.count = 0
    assert saved.commit(counter) == {"count": b"0"}


def test_a_rejected_step_leaves_all_as_it_was() -> None:
    saved, counter = Saved(), Counter()
    counter.seen["a"] = [1]
    counter.panes.update(kept=b"1", gone=b"2")
    saved.commit(counter)
    counter.seen["a"].append(2)
    counter.count = 9
    counter.panes["new"] = b"3"
    del counter.panes["gone"]
    counter.store.reject()
    assert (counter.seen, counter.count, dict(counter.panes)) == ({"a": [1]}, 0, {"kept": b"1", "gone": b"2"})
    assert counter.store.changes() == {}


def test_the_factorys_value_is_not_shared() -> None:
    one, other = Counter(), Counter()
    one.seen["a"] = [1]
    assert other.seen == {}


def test_bytes_of_any_kind_are_saved() -> None:
    class Raw(Streamlet):
        raw = State(bytes, default=b"")

    one, other = Raw(), Raw()
    one.raw = b"\xff\x00"
    other.restore({name: entry for name, entry in one.store.changes().items() if entry is not None})
    assert other.raw == b"\xff\x00"


def test_an_optional_state_may_hold_nothing() -> None:
    class Last(Streamlet):
        last = State(datetime | None, default=None)

    one, other = Last(), Last()
    assert one.last is None
    one.last = datetime(2026, 1, 1, tzinfo=UTC)
    other.restore({name: entry for name, entry in one.store.changes().items() if entry is not None})
    assert other.last == one.last


def test_a_value_of_another_type_is_refused_before_it_is_saved() -> None:
    counter = Counter()
    counter.count = "many"  # type: ignore[assignment]
    with pytest.raises(TailraceError, match="the state 'count' holds what its type cannot save"):
        counter.store.changes()


def test_a_saved_entry_of_another_type_is_told() -> None:
    with pytest.raises(TailraceError, match="the saved state 'count' is not of the declared type") as caught:
        Counter().restore({"count": b'"many"'})
    assert "replay" in (caught.value.hint or "")


@pytest.mark.parametrize("more", [{}, {"default": 0, "factory": int}, {"default": "x"}, {"factory": object}])
def test_a_state_is_declared_with_one_default_of_its_type(more: dict[str, Any]) -> None:
    declare: Any = State
    with pytest.raises(DefinitionError):
        declare(int, **more)


def test_a_type_that_has_no_form_in_json_is_refused_where_it_is_declared() -> None:
    class Odd:
        pass

    with pytest.raises(DefinitionError, match="cannot be saved and read again"):
        State(Odd, factory=Odd)


def test_a_deleted_entry_is_saved_as_deleted_and_missing_from_then_on() -> None:
    saved, counter = Saved(), Counter()
    counter.panes["k"] = b"1"
    saved.commit(counter)
    del counter.panes["k"]
    assert "k" not in counter.panes
    with pytest.raises(KeyError):
        counter.panes["k"]
    with pytest.raises(KeyError):
        del counter.panes["k"]
    assert saved.commit(counter) == {"panes/k": None}
    assert saved.entries == {}
    assert len(counter.panes) == 0


def test_an_entry_that_came_and_went_in_one_step_or_did_not_change_is_not_saved() -> None:
    saved, counter = Saved(), Counter()
    counter.panes["k"] = b"1"
    saved.commit(counter)
    counter.panes["k"] = b"1"
    counter.panes["brief"] = b"2"
    del counter.panes["brief"]
    assert saved.commit(counter) == {}


def test_entries_may_be_changed_while_they_are_walked() -> None:
    saved, counter = Saved(), Counter()
    counter.panes.update(a=b"1", b=b"2")
    saved.commit(counter)
    counter.panes["c"] = b"3"
    walked = []
    for name in counter.panes:
        walked.append(name)
        counter.panes[name] = counter.panes[name] + b"!"
    assert walked == ["a", "b", "c"]
    assert len(counter.panes) == 3
    del counter.panes["a"]
    assert (len(counter.panes), list(counter.panes)) == (2, ["b", "c"])


def test_an_entry_is_bytes() -> None:
    with pytest.raises(TailraceError, match="the entry 'k' of a keyed state is bytes, but str came"):
        Counter().panes["k"] = "text"  # type: ignore[assignment]


def test_a_declaration_is_seen_on_the_class() -> None:
    assert isinstance(Counter.count, State)
    assert isinstance(Counter.panes, KeyedState)
