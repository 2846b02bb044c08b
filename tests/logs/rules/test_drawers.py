"""Drawers show the entries of one mapping that belong together, and no others."""

from __future__ import annotations

from tailrace.logs.rules.drawers import Drawer, drawers_of


def test_a_drawer_holds_what_its_name_stands_before():
    entries = {"a/x": b"1", "a/b/y": b"2", "ab/x": b"3"}
    drawers = drawers_of(entries)
    assert {name: dict(drawer) for name, drawer in drawers.items()} == {
        "a": {"x": b"1", "b/y": b"2"},
        "ab": {"x": b"3"},
    }
    assert dict(drawers["a"].drawer("b")) == {"y": b"2"}


def test_what_is_put_in_and_taken_out_is_so_in_the_mapping():
    entries: dict[str, bytes] = {}
    drawer = Drawer(entries, "a")
    drawer["x"] = drawer.drawer("b")["y"] = b"1"
    assert entries == {"a/x": b"1", "a/b/y": b"1"}
    del drawer["x"]
    assert entries == {"a/b/y": b"1"}
    assert len(drawer) == 1
    drawer.clear()
    assert entries == {}
