"""Colour, width and tables; on a pipe, and on a terminal made of a pseudo-terminal."""

import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from tailrace.cli.terminal import breadth, fit, table
from tailrace.model.show import visible, visible_json


def _on_a_terminal(database: Any, **environment: str) -> str:
    """What `tailrace alerts` shows on a terminal of 60 columns."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tailrace.cli.main", "alerts", "--db", str(database.path)]
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    surroundings = {**kept, "TERM": "xterm", "COLUMNS": "60", **environment}
    with subprocess.Popen(command, stdout=theirs, env=surroundings) as running:
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
        assert running.wait(timeout=30) == 0
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other side is closed
        return b""


@pytest.fixture
def alerts(database: Any, records: Any) -> Any:
    database.append("shop.alerts", [records.alert("a1")])
    return database


def test_a_terminal_gets_colours(alerts: Any) -> None:
    assert "\x1b[31;1mOPEN" in _on_a_terminal(alerts)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_gets_no_colours_where_none_are_wanted(alerts: Any, environment: dict[str, str]) -> None:
    said = _on_a_terminal(alerts, **environment)
    assert "OPEN" in said
    assert "\x1b" not in said


def test_a_pipe_gets_no_colours(tailrace: Any, alerts: Any) -> None:
    assert "\x1b" not in tailrace("alerts", "--db", alerts.path).out


def test_columns_are_as_wide_as_what_they_hold() -> None:
    lines = table(("NAME", "N"), [("a", "1"), ("日本", "10")], right=frozenset({1}))
    assert lines == ["NAME   N", "a      1", "日本  10"]


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1)])
def test_the_breadth_of_a_text_is_counted_in_columns(text: str, columns: int) -> None:
    assert breadth(text) == columns


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [("abcdef", None, "abcdef"), ("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("日本語", 4, "日…")],
)
def test_a_text_is_cut_where_there_is_no_room(text: str, columns: int | None, expected: str) -> None:
    assert fit(text, columns) == expected


def test_control_characters_are_made_visible() -> None:
    assert visible("a\x1b[0m\x9b\t\u202eb") == "a\\x1b[0m\\x9b\\t\\u202eb"
    assert visible_json('{"a": "\x9b"}') == '{"a": "\\u009b"}'
